/* document_evses.c: stations and their EVSEs. What an EVSE does not say, its station says for it.
 */
#include "dispatch/reading.h"

enum { MIN_DA = 60, DC_MIN_DA = 10, STEP_DA = 10, WEIGHT_MAX = 1000 };

/* The wires of an EVSE by their words, seen from its terminals. */
enum wiring {
    WIRING_THREE,
    WIRING_L1,
    WIRING_L2,
    WIRING_L3,
    WIRING_L12,
    WIRING_L23,
    WIRING_L31,
    WIRING_UNKNOWN,
    WIRING_COUNT
};
static const struct str wiring_words[WIRING_COUNT] = {
    STR_INIT("three_phase"), STR_INIT("L1"),  STR_INIT("L2"),  STR_INIT("L3"),
    STR_INIT("L12"),         STR_INIT("L23"), STR_INIT("L31"), STR_INIT("unknown"),
};
static const struct str current_words[] = { STR_INIT("ac"), STR_INIT("dc") };

/* Volts between two lines, as they are named. */
static int16_t line_volts(int32_t phase_volts)
{
    static const struct {
        int16_t phase, line;
    } named[] = {
        { 230, 400 }, { 120, 208 }, { 220, 380 }, { 240, 415 }, { 277, 480 }, { 127, 220 }
    };

    for (size_t i = 0; i < COUNT(named); i++)
        if (named[i].phase == phase_volts)
            return named[i].line;
    return (int16_t)((phase_volts * 1732 + 500) / 1000);
}

/* --- what an EVSE says, and its station for it */

struct source {
    const struct draft *own, *station; /* own may be the station */
};

#define HAS(source, member) \
    ((source)->own->form.has_##member || (source)->station->form.has_##member)
#define VALUE(source, member) \
    ((source)->own->form.has_##member ? (source)->own->form.member : (source)->station->form.member)
#define WHERE(source, test) ((source)->own->form.test ? (source)->own : (source)->station)

/* NOLINTNEXTLINE(readability-function-size): a member, and the words it may be */
static int read_word_of(struct reading *reading, const struct source *source, const char *member,
                        size_t offset, const struct str *words, int count, int absent)
{
    const struct draft *at = source->own;
    struct str word = *(const struct str *)(const void *)((const char *)&at->form + offset);

    if (!word.ptr && source->station != at) {
        at = source->station;
        word = *(const struct str *)(const void *)((const char *)&at->form + offset);
    }
    return reading_word(reading, NODE_SPOT(at, member), word, words, count, absent);
}
#define WORD_OF(reading, source, member, words, absent)                                     \
    read_word_of((reading), (source), #member, offsetof(struct form_node, member), (words), \
                 (int)COUNT(words), (absent))

/* --- wires */

static enum wire pair_of(int a, int b)
{
    int third = 3 - a - b;

    return third == 2 ? WIRE_L12 : third == 0 ? WIRE_L23 : WIRE_L31;
}

static void read_wires(struct reading *reading, const struct source *source,
                       struct document_evse *evse)
{
    uint8_t lines = source->own->lines;
    bool one_line = __builtin_popcount(lines) == 1;
    int wiring = WORD_OF(reading, source, wires, wiring_words, one_line ? WIRING_L1 : WIRING_THREE);
    struct tree_leaf *leaf = &evse->leaf;
    uint8_t used = 0;
    int a, b;

    evse->rotation = (uint8_t)WORD_OF(reading, source, rotation, rotation_words, ROTATION_RST);
    leaf->wires_live = 1;
    leaf->volts = (int16_t)source->own->volts;
    if (one_line && !WHERE(source, wires.ptr)->form.wires.ptr) {
        leaf->wires = lines; /* there is no other */
        return;
    }
    if (wiring == WIRING_THREE || wiring == WIRING_UNKNOWN) {
        leaf->wires = WIRES_THREE_PHASE;
        leaf->wires_live = wiring == WIRING_THREE ? 3 : 1;
        if (wiring == WIRING_UNKNOWN && lines)
            leaf->wires &= lines;
        used = leaf->wires;
    } else if (wiring <= WIRING_L3) {
        a = rotation_line((enum rotation)evse->rotation, wiring - WIRING_L1);
        leaf->wires = WIRE_BIT(WIRE_L1 + a);
        used = leaf->wires;
    } else {
        a = rotation_line((enum rotation)evse->rotation, wiring - WIRING_L12);
        b = rotation_line((enum rotation)evse->rotation, (wiring - WIRING_L12 + 1) % 3);
        leaf->wires = WIRE_BIT(pair_of(a, b));
        leaf->volts = line_volts(source->own->volts);
        used = (uint8_t)(1u << a | 1u << b);
    }
    if (used & ~lines)
        ERROR_AT(reading, NODE_SPOT(WHERE(source, wires.ptr), "wires"), "phase_absent",
                 "It is on a phase that does not exist at {node}.",
                 ARGS(ARG_STR("node", source->station->parent ? source->station->parent->form.id
                                                              : source->station->form.id)));
}

/* --- currents */

static int32_t da_of_w(int64_t w, const struct document_evse *evse)
{
    int64_t volts = (int64_t)evse->leaf.volts * evse->leaf.wires_live;
    int64_t supply = w * 1000 / evse->efficiency_permille;

    /* Of a DC station power is its rating: what it may really draw is rounded up. */
    supply = (supply * 10 + (evse->is_dc ? volts - 1 : 0)) / volts;
    return supply < INT32_MAX ? (int32_t)supply : INT32_MAX - 1;
}

static int32_t least_line(const struct form_node *form)
{
    int32_t da[LINE_COUNT], least = INT32_MAX;

    if (!form_lines(form->has_limit_a, form->limit_a, form->limit_phases_a,
                    form->limit_phases_a_count, da))
        return least;
    for (int line = 0; line < LINE_COUNT; line++)
        least = da[line] < least ? da[line] : least;
    return least;
}

static void read_rating(struct reading *reading, const struct source *source,
                        struct document_evse *evse)
{
    const struct draft *const drafts[] = { source->own, source->station };
    int32_t least = INT32_MAX;

    for (size_t i = 0; i < COUNT(drafts); i++) {
        const struct form_node *form = &drafts[i]->form;
        int32_t da = least_line(form);
        least = da < least ? da : least;
        if (form->has_limit_w && form->limit_w > 0) {
            da = da_of_w(form_whole(form->limit_w), evse);
            least = da < least ? da : least;
        }
    }
    if (least == INT32_MAX)
        ERROR_AT(
            reading, NODE_SPOT(source->own, "limit_a"), "no_rating",
            "Nothing says what {node} can draw: give limit_a (its breaker or cable), or limit_w.",
            ARGS(ARG_STR("node", source->own->form.id)));
    else if (least > TREE_DA_MAX)
        ERROR_AT(reading, NODE_SPOT(source->own, "limit_a"), "rating_unit",
                 "No EVSE draws {current_a} A: is it in another unit?",
                 ARGS(ARG_DA("current_a", least)));
    evse->max_da = least < TREE_DA_MAX ? least : TREE_DA_MAX;
}

static bool same_pilots(const struct site_pilots *a, const struct site_pilots *b)
{
    return a->step_da == b->step_da && a->count == b->count &&
           memcmp(a->list_da, b->list_da, sizeof a->list_da[0] * a->count) == 0;
}

static void keep_pilots(struct reading *reading, const struct source *source,
                        const struct site_pilots *pilots, struct document_evse *evse)
{
    struct document *document = reading->document;
    uint32_t i = 0;

    while (i < document->pilots_count && !same_pilots(&reading->pilots[i], pilots))
        i++;
    evse->pilots = (uint8_t)i;
    if (i < document->pilots_count)
        return;
    if (document->pilots_count == DOCUMENT_PILOTS_MAX) {
        evse->pilots = 0;
        ERROR_AT(reading, NODE_SPOT(source->own, "pilots_a"), "steps_too_many",
                 "There are more than {max} different lists of steps.",
                 ARGS(ARG_INT("max", DOCUMENT_PILOTS_MAX)));
        return;
    }
    reading->pilots[document->pilots_count++] = *pilots;
}

static void read_pilots_list(struct reading *reading, const struct draft *listed,
                             struct site_pilots *pilots)
{
    pilots->step_da = 0;
    pilots->count = (uint8_t)listed->form.pilots_a_count;
    for (uint32_t i = 0; i < pilots->count && i < DOCUMENT_PILOTS_MAX; i++) {
        pilots->list_da[i] = form_da(listed->form.pilots_a[i]);
        if (pilots->list_da[i] <= (i ? pilots->list_da[i - 1] : 0)) {
            ERROR_AT(reading, NODE_SPOT(listed, "pilots_a"), "steps_ascend",
                     "Its steps ascend, from more than zero on (0 itself is left out).", NO_ARGS);
            pilots->count = (uint8_t)i;
        }
    }
}

static void read_pilots(struct reading *reading, const struct source *source,
                        struct document_evse *evse)
{
    const struct draft *listed = WHERE(source, pilots_a_count);
    struct site_pilots pilots = { .step_da = STEP_DA };

    if (HAS(source, step_a))
        pilots.step_da = form_da(VALUE(source, step_a));
    if (pilots.step_da <= 0) {
        ERROR_AT(reading, NODE_SPOT(WHERE(source, has_step_a), "step_a"), "step_positive",
                 "A step is more than zero.", NO_ARGS);
        pilots.step_da = STEP_DA;
    }
    if (listed->form.pilots_a_count)
        read_pilots_list(reading, listed, &pilots);
    keep_pilots(reading, source, &pilots, evse);
}

static void read_currents(struct reading *reading, const struct source *source,
                          struct document_evse *evse)
{
    read_rating(reading, source, evse);
    read_pilots(reading, source, evse);
    evse->min_da = HAS(source, min_a) ? form_da(VALUE(source, min_a))
                   : evse->is_dc      ? DC_MIN_DA
                                      : MIN_DA;
    evse->fail_safe_da = HAS(source, fail_safe_a) ? form_da(VALUE(source, fail_safe_a)) : -1;
    if (evse->is_dc && evse->min_da < 1)
        ERROR_AT(reading, NODE_SPOT(WHERE(source, has_min_a), "min_a"), "least_positive",
                 "The least current is more than zero.", NO_ARGS);
    else if (!evse->is_dc && evse->min_da < MIN_DA)
        ERROR_AT(reading, NODE_SPOT(WHERE(source, has_min_a), "min_a"), "least_below_6_a",
                 "No car charges with less than 6 A (IEC 61851).", NO_ARGS);
    else if (evse->min_da > evse->max_da)
        ERROR_AT(reading,
                 NODE_SPOT(HAS(source, min_a) ? WHERE(source, has_min_a) : source->own, "min_a"),
                 "least_above_most",
                 "It needs at least {least_a} A and may draw {most_a} A at the most.",
                 ARGS(ARG_DA("least_a", evse->min_da), ARG_DA("most_a", evse->max_da)));
    if (!HAS(source, fail_safe_a))
        return;
    if (evse->fail_safe_da < 0 || evse->fail_safe_da > evse->max_da ||
        (evse->fail_safe_da > 0 && evse->fail_safe_da < evse->min_da))
        ERROR_AT(reading, NODE_SPOT(WHERE(source, has_fail_safe_a), "fail_safe_a"),
                 "failsafe_range",
                 "It is 0, or from the least current ({least_a} A) up to what {node} may draw.",
                 ARGS(ARG_DA("least_a", evse->min_da), ARG_STR("node", source->own->form.id)));
}

/* --- one */

static void make_evse(struct reading *reading, const struct source *source, int32_t number)
{
    struct document *document = reading->document;
    struct document_node *station = &reading->nodes[source->station->index];
    struct document_evse *evse;
    const struct form_node *own = &source->own->form;

    if (document->evse_count == reading->evse_cap)
        return; /* cannot be: one a draft */
    reading->evse_items[document->evse_count] = source->own->item;
    evse = &reading->evses[document->evse_count++];
    evse->id = arena_copy(reading->arena, own->id);
    evse->name = arena_copy(reading->arena, own->name.ptr ? own->name : STR_NONE);
    evse->station = station->station;
    evse->station_row = station->station_row;
    evse->evse = number;
    evse->leaf.node = (uint32_t)source->station->index;
    evse->is_dc = WORD_OF(reading, source, current, current_words, 0) == 1;
    evse->efficiency_permille = HAS(source, efficiency_percent)
                                    ? form_da(VALUE(source, efficiency_percent))
                                : evse->is_dc ? 940
                                              : 1000;
    evse->class = (uint8_t)WORD_OF(reading, source, class, site_class_words, CLASS_BEST_EFFORT);
    evse->weight = (uint16_t)(HAS(source, weight) ? form_whole(VALUE(source, weight)) : 1);
    evse->may_suspend = HAS(source, may_suspend) ? VALUE(source, may_suspend) : true;
    read_wires(reading, source, evse);
    read_currents(reading, source, evse);
}

/* --- stations */

static void check_station(struct reading *reading, const struct draft *draft,
                          struct document_node *node)
{
    const struct document_around *around = reading->around;
    struct str elsewhere;

    if (!draft->form.station.ptr || draft->form.station.len == 0) {
        ERROR_AT(reading, NODE_SPOT(draft, "station"), "station_unnamed",
                 "A station node names its station.", NO_ARGS);
        return;
    }
    node->station = arena_copy(reading->arena, draft->form.station);
    if (!around)
        return;
    node->station_row = around->station(around->context, node->station);
    if (node->station_row == 0) {
        ERROR_AT(reading, NODE_SPOT(draft, "station"), "station_unknown",
                 "There is no station {station}.", ARGS(ARG_STR("station", node->station)));
        return;
    }
    elsewhere = around->elsewhere(around->context, node->station_row);
    if (elsewhere.len)
        ERROR_AT(reading, NODE_SPOT(draft, "station"), "station_elsewhere",
                 "Station {station} belongs to the site {site}.",
                 ARGS(ARG_STR("station", node->station), ARG_STR("site", elsewhere)));
}

static void refuse_members(struct reading *reading, const struct draft *draft)
{
    const struct form_node *form = &draft->form;
    const struct {
        const char *member;
        bool given;
    } of_tree[] = {
        { "times", form->times_count != 0 },
        { "load_a", form->has_load_a },
        { "load_phases_a", form->load_phases_a_count != 0 },
        { "load_w", form->has_load_w },
        { "solar_peak_w", form->has_solar_peak_w },
        { "battery_w", form->has_battery_w },
        { "primary_volts", form->has_primary_volts },
    }, of_stations[] = {
        { "station", form->station.ptr != NULL },
        { "rotation", form->rotation.ptr != NULL },
        { "wires", form->wires.ptr != NULL },
        { "min_a", form->has_min_a },
        { "step_a", form->has_step_a },
        { "pilots_a", form->pilots_a_count != 0 },
        { "class", form->class.ptr != NULL },
        { "weight", form->has_weight },
        { "fail_safe_a", form->has_fail_safe_a },
        { "may_suspend", form->has_may_suspend },
    };

    for (size_t i = 0; draft->kind == NODE_EVSE && i < COUNT(of_tree); i++)
        if (of_tree[i].given)
            ERROR_AT(reading, NODE_SPOT(draft, of_tree[i].member), "evse_has_no",
                     "An EVSE has no {member}: give it to its station or further up.",
                     ARGS(ARG_STR("member", str_of(of_tree[i].member))));
    for (size_t i = 0; draft->kind < NODE_STATION && i < COUNT(of_stations); i++)
        if (of_stations[i].given)
            ERROR_AT(reading, NODE_SPOT(draft, of_stations[i].member), "only_stations_have",
                     "Only stations and EVSEs have {member}.",
                     ARGS(ARG_STR("member", str_of(of_stations[i].member))));
    if (form->has_evse && draft->kind != NODE_EVSE)
        ERROR_AT(reading, NODE_SPOT(draft, "evse"), "only_evse_number",
                 "Only a node of kind evse has a number.", NO_ARGS);
    if (!form->has_evse && draft->kind == NODE_EVSE)
        ERROR_AT(reading, NODE_SPOT(draft, "evse"), "evse_number",
                 "An EVSE has its number at the station, from 1.", NO_ARGS);
    if (form->has_primary_volts && draft->kind != NODE_TRANSFORMER && draft->kind != NODE_EVSE)
        ERROR_AT(reading, NODE_SPOT(draft, "primary_volts"), "only_transformer",
                 "Only a transformer has two sides.", NO_ARGS);
}

/* Stations by node, and the EVSEs of each, in the text's order, as a list of drafts. */
static void sort_drafts(struct reading *reading, struct draft **stations, int32_t *first,
                        int32_t *next)
{
    for (uint32_t i = 0; i < reading->draft_count; i++)
        first[i] = DOCUMENT_NONE;
    for (uint32_t i = reading->draft_count; i-- > 0;) {
        struct draft *draft = &reading->drafts[i];
        refuse_members(reading, draft);
        if (draft->index < 0)
            continue;
        if (draft->kind == NODE_STATION)
            stations[draft->index] = draft;
        if (draft->kind == NODE_EVSE && draft->parent->kind == NODE_STATION) {
            next[i] = first[draft->index];
            first[draft->index] = (int32_t)i;
        }
    }
}

/* EVSEs of stations, as the text lists them, are put where the nodes' order wants them: station by
 * station. */
void reading_make_evses(struct reading *reading)
{
    struct document *document = reading->document;
    uint32_t count = reading->draft_count;
    struct draft **stations = ARENA_NEW_ARRAY(reading->scratch, struct draft *, count);
    int32_t *first = ARENA_NEW_ARRAY(reading->scratch, int32_t, count);
    int32_t *next = ARENA_NEW_ARRAY(reading->scratch, int32_t, count);

    reading->evse_cap = count;
    reading->evses = ARENA_NEW_ARRAY(reading->arena, struct document_evse, count);
    reading->evse_items = ARENA_NEW_ARRAY(reading->scratch, uint32_t, count);
    reading->pilots = ARENA_NEW_ARRAY(reading->arena, struct site_pilots, DOCUMENT_PILOTS_MAX);
    if (!stations || !first || !next || !reading->evses || !reading->evse_items ||
        !reading->pilots) {
        reading->full = true;
        return;
    }
    document->evses = reading->evses;
    document->pilots = reading->pilots;
    sort_drafts(reading, stations, first, next);
    for (uint32_t n = 0; n < document->node_count; n++) {
        if (!stations[n])
            continue;
        check_station(reading, stations[n], &reading->nodes[n]);
        if (first[n] < 0)
            make_evse(reading, &(struct source){ stations[n], stations[n] }, 1);
        for (int32_t i = first[n]; i >= 0; i = next[i]) {
            const struct draft *own = &reading->drafts[i];
            if (own->form.has_evse)
                make_evse(reading, &(struct source){ own, stations[n] },
                          (int32_t)form_whole(own->form.evse));
        }
    }
}
