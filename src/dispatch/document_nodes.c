/* document_nodes.c: the nodes as written become a tree: each below its parent, parents first. */
#include <stdlib.h>

#include "dispatch/reading.h"

enum { ALL_LINES = 7, VOLTS = 230 };

static int by_id(const void *a, const void *b)
{
    const struct draft *left = *(struct draft *const *)a, *right = *(struct draft *const *)b;
    int order = str_compare(left->form.id, right->form.id);

    return order ? order : left->item < right->item ? -1 : left->item > right->item;
}

struct draft *reading_node(const struct reading *reading, struct str id)
{
    uint32_t low = 0, high = reading->draft_count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int order = str_compare(id, reading->by_id[middle]->form.id);
        if (order == 0)
            return reading->by_id[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

/* --- reading */

static uint32_t count_items(struct str text)
{
    struct json_items items;
    struct str value;
    uint32_t count = 0;

    if (!text.ptr || !json_items_open(&items, text))
        return 0;
    while (count <= TREE_NODES_MAX && json_items_next(&items, &value) == ERR_NONE && value.ptr)
        count++;
    return count;
}

static bool id_is_plain(struct str id)
{
    for (uint32_t i = 0; i < id.len; i++) {
        char c = id.ptr[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              c == '-' || c == '_' || c == '.' || c == ':' || c == '*'))
            return false;
    }
    return id.len != 0;
}

static void read_drafts(struct reading *reading, struct str text)
{
    struct reading_list list = { .name = "nodes", .desc = &form_node_desc, .max = TREE_NODES_MAX };
    uint32_t count = count_items(text);

    reading->drafts = ARENA_NEW_ARRAY(reading->scratch, struct draft, count);
    reading->by_id = ARENA_NEW_ARRAY(reading->scratch, struct draft *, count);
    if (!reading->drafts || !reading->by_id) {
        reading->full = true;
        return;
    }
    reading_list_open(reading, &list, text);
    while (reading->draft_count < count &&
           reading_list_next(reading, &list, &reading->drafts[reading->draft_count].form)) {
        struct draft *draft = &reading->drafts[reading->draft_count];
        draft->item = list.item;
        draft->depth = draft->index = DOCUMENT_NONE;
        draft->kind = (uint8_t)reading_word(reading, NODE_SPOT(draft, "kind"), draft->form.kind,
                                            node_kind_words, NODE_KIND_COUNT, NODE_KIND_COUNT);
        if (draft->form.id.ptr && !id_is_plain(draft->form.id))
            ERROR_AT(reading, NODE_SPOT(draft, "id"), "id_letters",
                     "An id has letters, digits and - _ . : * only, and at least one of them.",
                     NO_ARGS);
        if (!draft->form.id.ptr)
            draft->form.id = STR_NONE;
        reading->by_id[reading->draft_count++] = draft;
    }
    if (reading->draft_count)
        qsort(reading->by_id, reading->draft_count, sizeof(struct draft *), by_id);
    for (uint32_t i = 1; i < reading->draft_count; i++)
        if (reading->by_id[i]->form.id.len &&
            str_equal(reading->by_id[i]->form.id, reading->by_id[i - 1]->form.id))
            ERROR_AT(reading, NODE_SPOT(reading->by_id[i], "id"), "id_twice",
                     "The id {id} is there twice: each node has its own.",
                     ARGS(ARG_STR("id", reading->by_id[i]->form.id)));
}

/* --- parents */

/* Which kinds may stand below which. */
static void check_parent(struct reading *reading, const struct draft *draft)
{
    const struct draft *parent = draft->parent;
    struct spot spot = NODE_SPOT(draft, "parent");

    if (draft->kind == NODE_KIND_COUNT || (!parent && draft->kind == NODE_GRID))
        return;
    if (!parent)
        ERROR_AT(reading, spot, "no_parent",
                 "It has no parent: only a grid connection (kind grid) stands at the top.",
                 NO_ARGS);
    else if (draft->kind == NODE_GRID)
        ERROR_AT(reading, spot, "grid_on_top",
                 "A grid connection stands at the top: it has no parent.", NO_ARGS);
    else if (draft->kind == NODE_EVSE && parent->kind != NODE_STATION)
        ERROR_AT(reading, spot, "evse_parent", "An EVSE's parent is its station.", NO_ARGS);
    else if (parent->kind == NODE_EVSE)
        ERROR_AT(reading, spot, "below_evse", "Nothing stands below an EVSE.", NO_ARGS);
    else if (draft->kind != NODE_EVSE && parent->kind == NODE_STATION)
        ERROR_AT(reading, spot, "below_station", "Below a station there are only its EVSEs.",
                 NO_ARGS);
}

static void find_parents(struct reading *reading)
{
    for (uint32_t i = 0; i < reading->draft_count; i++) {
        struct draft *draft = &reading->drafts[i];
        struct str parent = draft->form.parent;
        if (parent.ptr)
            draft->parent = reading_node(reading, parent);
        if (parent.ptr && !draft->parent) {
            ERROR_AT(reading, NODE_SPOT(draft, "parent"), "no_node", "There is no node {node}.",
                     ARGS(ARG_STR("node", parent)));
            continue;
        }
        check_parent(reading, draft);
    }
}

/* "a → b → a"; cut where it is long. */
static struct str cycle_text(struct reading *reading, const struct draft *start)
{
    enum { NAMES_MAX = 8 };
    const struct draft *at = start;
    struct buf out;
    int names = 0;

    buf_init_arena(&out, reading->scratch, 4096);
    do {
        buf_printf(&out, "%.*s → ", STR_ARGS(at->form.id));
        at = at->parent;
    } while (at != start && ++names < NAMES_MAX);
    buf_put(&out, at == start ? start->form.id : STR("…"));
    return buf_str(&out);
}

/* A cycle is told once: at its first node in the text. */
static bool is_first_of_cycle(const struct reading *reading, const struct draft *start)
{
    const struct draft *at = start->parent;

    for (uint32_t steps = 0; at && steps < reading->draft_count; steps++, at = at->parent) {
        if (at == start)
            return true;
        if (at->item < start->item)
            return false;
    }
    return false;
}

static void find_depths(struct reading *reading)
{
    for (uint32_t i = 0; i < reading->draft_count; i++) {
        struct draft *draft = &reading->drafts[i];
        const struct draft *at = draft;
        int32_t depth = 0;
        while (at->parent && depth <= (int32_t)TREE_DEPTH_MAX) {
            at = at->parent;
            depth++;
        }
        if (!at->parent && depth < (int32_t)TREE_DEPTH_MAX)
            draft->depth = depth;
        else if (!at->parent)
            ERROR_AT(reading, NODE_SPOT(draft, "parent"), "too_deep",
                     "The tree is deeper than {max} levels.", ARGS(ARG_INT("max", TREE_DEPTH_MAX)));
        else if (is_first_of_cycle(reading, draft))
            ERROR_AT(reading, NODE_SPOT(draft, "parent"), "circle",
                     "These nodes stand in a circle: {nodes}. One of them needs another parent.",
                     ARGS(ARG_STR("nodes", cycle_text(reading, draft))));
    }
}

/* --- one node */

static const char *const own_members[] = { "limit_a", "limit_phases_a", "limit_w" };

static void check_limit_signs(struct reading *reading, const struct draft *draft)
{
    const struct form_node *form = &draft->form;
    const bool bad[] = { form->has_limit_a && form->limit_a <= 0, false,
                         form->has_limit_w && form->limit_w <= 0 };

    for (size_t i = 0; i < COUNT(bad); i++)
        if (bad[i])
            ERROR_AT(reading, NODE_SPOT(draft, own_members[i]), "limit_positive",
                     "A limit is more than zero: leave it out where there is none.", NO_ARGS);
    for (uint32_t line = 0; line < form->limit_phases_a_count && line < LINE_COUNT; line++)
        if (form->limit_phases_a[line] <= 0) {
            ERROR_AT(
                reading, NODE_SPOT(draft, "limit_phases_a"), "phase_limit_positive",
                "A limit is more than zero: leave a phase out of “phases” where it is not there.",
                NO_ARGS);
            break;
        }
    if (form->has_limit_a && form->limit_phases_a_count)
        ERROR_AT(reading, NODE_SPOT(draft, "limit_phases_a"), "limit_both",
                 "Give limit_a for all phases or limit_phases_a for each, not both.", NO_ARGS);
}

static void read_lines_present(struct reading *reading, struct draft *draft)
{
    static const struct str words[] = { STR_INIT("L1"), STR_INIT("L2"), STR_INIT("L3") };
    uint8_t own = draft->form.phases_count ? 0 : ALL_LINES;
    uint8_t above = draft->parent ? draft->parent->lines : ALL_LINES;

    for (uint32_t i = 0; i < draft->form.phases_count; i++) {
        int line = reading_word(reading, NODE_SPOT(draft, "phases"), draft->form.phases[i], words,
                                COUNT(words), -1);
        if (line >= 0)
            own |= (uint8_t)(1u << line);
    }
    if (draft->parent && draft->form.phases_count && (own & ~above))
        ERROR_AT(reading, NODE_SPOT(draft, "phases"), "phase_not_above",
                 "It has a phase that its parent {parent} does not have.",
                 ARGS(ARG_STR("parent", draft->parent->form.id)));
    draft->lines = own & above;
}

static int64_t with_margin(int64_t load, const struct document_node *node, bool is_current)
{
    int64_t loaded = load + (load * node->margin_permille + 999) / 1000;

    return is_current ? loaded + node->margin_da : loaded;
}

/* What is assumed of the unmanaged load: of a power alone, that it lies on all phases alike. */
static void read_load(struct document_node *node, const struct form_node *form, uint8_t lines)
{
    int32_t load_da[LINE_COUNT] = { 0 };
    int64_t sum_da = 0, load_w;
    int64_t present = __builtin_popcount(lines);
    bool has_current = form_lines(form->has_load_a, form->load_a, form->load_phases_a,
                                  form->load_phases_a_count, load_da);

    if (!has_current && !form->has_load_w && node->margin_da == 0)
        return;
    for (int line = 0; line < LINE_COUNT; line++) {
        if (!(lines >> line & 1))
            load_da[line] = 0;
        else if (!has_current && form->has_load_w && present)
            load_da[line] = (int32_t)((form_whole(form->load_w) * 10 + present * node->volts - 1) /
                                      (present * node->volts));
        node->tree.base_da[line] =
            lines >> line & 1 ? (int32_t)with_margin(load_da[line], node, true) : 0;
        sum_da += node->tree.base_da[line];
    }
    load_w = form->has_load_w ? with_margin(form_whole(form->load_w), node, false) +
                                    present * node->margin_da * node->volts / 10
                              : (sum_da * node->volts + 9) / 10;
    node->tree.base_w = load_w;
}

static void read_times(struct reading *reading, const struct draft *draft,
                       struct document_node *node)
{
    uint32_t count = draft->form.times_count;
    struct document_time *times = ARENA_NEW_ARRAY(reading->arena, struct document_time, count);

    if (!times) {
        reading->full = true;
        return;
    }
    if (count > DOCUMENT_TIMES_MAX) {
        ERROR_AT(reading, NODE_SPOT(draft, "times"), "too_many", "There are more than {max}.",
                 ARGS(ARG_INT("max", DOCUMENT_TIMES_MAX)));
        return;
    }
    for (uint32_t i = 0; i < count; i++) {
        const struct form_time *form = &draft->form.times[i];
        struct document_time *time = &times[i];
        struct spot spot = NODE_SPOT(draft, arena_printf(reading->scratch, "times[%u]", i).ptr);
        bool has = form_lines(form->has_limit_a, form->limit_a, form->limit_phases_a,
                              form->limit_phases_a_count, time->limit_da);
        if (!has)
            time->limit_da[0] = time->limit_da[1] = time->limit_da[2] = TREE_NO_LIMIT_DA;
        time->limit_w = form->has_limit_w ? form_whole(form->limit_w) : TREE_NO_LIMIT_W;
        if (!has && !form->has_limit_w)
            ERROR_AT(reading, spot, "hours_without_limit", "It has hours but no limit.", NO_ARGS);
        if (time->limit_da[0] < 0 || time->limit_da[1] < 0 || time->limit_da[2] < 0 ||
            time->limit_w < 0)
            ERROR_AT(reading, spot, "limit_negative", "A limit cannot be negative.", NO_ARGS);
        if (!reading_days(reading, spot, form->days, form->days_count, &time->hours.days) ||
            !form->from.ptr || !form->to.ptr ||
            !reading_clock(reading, spot, form->from, &time->hours.from_min) ||
            !reading_clock(reading, spot, form->to, &time->hours.to_min))
            continue; /* it was found wrong */
    }
    node->times = times;
    node->time_count = count;
}

static void read_node(struct reading *reading, const struct draft *draft,
                      struct document_node *node)
{
    const struct form_node *form = &draft->form;
    struct tree_node *tree = &node->tree;
    bool limited;

    node->id = arena_copy(reading->arena, form->id);
    node->name = arena_copy(reading->arena, form->name.ptr ? form->name : STR_NONE);
    node->kind = draft->kind;
    node->volts = (int16_t)draft->volts;
    tree->parent = draft->parent ? draft->parent->index : DOCUMENT_NONE;
    limited = form_lines(form->has_limit_a, form->limit_a, form->limit_phases_a,
                         form->limit_phases_a_count, tree->limit_da);
    for (int line = 0; line < LINE_COUNT; line++)
        if (!(draft->lines >> line & 1))
            tree->limit_da[line] = 0;
        else if (!limited)
            tree->limit_da[line] = TREE_NO_LIMIT_DA;
    tree->limit_w = form->has_limit_w ? form_whole(form->limit_w) : TREE_NO_LIMIT_W;
    if (form->has_primary_volts)
        tree->ratio_permille = (int32_t)(form_whole(form->primary_volts) * 1000 / draft->volts);
    node->margin_permille = form->has_margin_percent ? form_da(form->margin_percent) : 0;
    node->margin_da = form->has_margin_a ? form_da(form->margin_a) : 0;
    node->solar_peak_w = form->has_solar_peak_w ? form_whole(form->solar_peak_w) : 0;
    node->battery_w = form->has_battery_w ? form_whole(form->battery_w) : 0;
    node->battery_wh = form->has_battery_wh ? form_whole(form->battery_wh) : 0;
    read_load(node, form, draft->lines);
    read_times(reading, draft, node);
}

static void check_signs(struct reading *reading, const struct draft *draft)
{
    const struct form_node *form = &draft->form;
    const struct {
        const char *member;
        int64_t value;
    } positive[] = {
        { "load_a", form->load_a },       { "load_w", form->load_w },
        { "margin_a", form->margin_a },   { "solar_peak_w", form->solar_peak_w },
        { "battery_w", form->battery_w }, { "battery_wh", form->battery_wh },
    };

    check_limit_signs(reading, draft);
    for (size_t i = 0; i < COUNT(positive); i++)
        if (positive[i].value < 0)
            ERROR_AT(reading, NODE_SPOT(draft, positive[i].member), "negative",
                     "It cannot be negative.", NO_ARGS);
    for (uint32_t i = 0; i < form->load_phases_a_count; i++)
        if (form->load_phases_a[i] < 0)
            ERROR_AT(reading, NODE_SPOT(draft, "load_phases_a"), "negative",
                     "It cannot be negative.", NO_ARGS);
}

/* Level by level, so that parents come first; EVSEs are no nodes of their own. */
static void place(struct reading *reading)
{
    struct document *document = reading->document;

    for (int32_t depth = 0; depth < (int32_t)TREE_DEPTH_MAX && !reading->full; depth++)
        for (uint32_t i = 0; i < reading->draft_count && !reading->full; i++) {
            struct draft *draft = &reading->drafts[i];
            if (draft->depth != depth || draft->kind == NODE_KIND_COUNT ||
                (draft->parent && draft->parent->index < 0))
                continue;
            draft->volts = draft->form.has_volts ? (int32_t)form_whole(draft->form.volts)
                           : draft->parent       ? draft->parent->volts
                                                 : VOLTS;
            read_lines_present(reading, draft);
            check_signs(reading, draft);
            if (draft->kind == NODE_EVSE) {
                draft->index = draft->parent ? draft->parent->index : DOCUMENT_NONE;
                continue;
            }
            draft->index = (int32_t)document->node_count;
            reading->node_items[document->node_count] = draft->item;
            read_node(reading, draft, &reading->nodes[document->node_count++]);
        }
}

void reading_place_nodes(struct reading *reading, struct str list)
{
    read_drafts(reading, list);
    if (reading->full)
        return;
    find_parents(reading);
    find_depths(reading);
    reading->nodes = ARENA_NEW_ARRAY(reading->arena, struct document_node, reading->draft_count);
    reading->node_items = ARENA_NEW_ARRAY(reading->scratch, uint32_t, reading->draft_count);
    reading->full = !reading->nodes || !reading->node_items;
    reading->document->nodes = reading->nodes;
    if (!reading->full)
        place(reading);
}
