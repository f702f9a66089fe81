/* document_check.c: what contradicts itself though each part is right. */
#include <stdlib.h>

#include "dispatch/reading.h"

/* No car charges below 6 A on one phase. */
enum { LEAST_DA = 60, LEAST_W = 1380, UNIT_FACTOR = 50, PLAUSIBLE_FACTOR = 10 };

/* A connection may well be made for more than its EVSEs, but not for so much more. */
enum { TOO_MUCH_DA = 10000, TOO_MUCH_FACTOR = 50 };

/* Of a meter: what it measures by current and by power may differ by so much; a load of so much is
 * told in kW. */
enum { APPARENT_FACTOR = 2, APPARENT_LEAST_W = 1000, KILO = 1000, UNKNOWN_W = -1 };

#define NODE_AT(reading, node, member) SPOT("nodes", (reading)->node_items[node], (member))
#define EVSE_AT(reading, evse, member) SPOT("nodes", (reading)->evse_items[evse], (member))

/* As people call it. */
static struct str title(const struct document_node *node)
{
    return node->name.len ? node->name : node->id;
}

static const char *line_member(const struct document_node *node)
{
    const int32_t *da = node->tree.limit_da;

    return da[0] == da[1] && da[1] == da[2] ? "limit_a" : "limit_phases_a";
}

/* --- stations and EVSEs */

static int by_station(const void *a, const void *b)
{
    const struct document_node *left = *(const struct document_node *const *)a;
    const struct document_node *right = *(const struct document_node *const *)b;
    int order = str_compare(left->station, right->station);

    return order ? order : left < right ? -1 : left > right;
}

/* The nodes with a station, by its identity. */
struct placed {
    const struct document_node **list;
    uint32_t count;
};

static void sort_stations(struct reading *reading, struct placed *placed)
{
    const struct document *document = reading->document;

    *placed =
        (struct placed){ .list = ARENA_NEW_ARRAY(reading->scratch, const struct document_node *,
                                                 document->node_count) };
    if (!placed->list) {
        reading->full = true;
        return;
    }
    for (uint32_t i = 0; i < document->node_count; i++)
        if (document->nodes[i].station.len)
            placed->list[placed->count++] = &document->nodes[i];
    if (placed->count)
        qsort(placed->list, placed->count, sizeof(struct document_node *), by_station);
}

static void check_stations_once(struct reading *reading, const struct placed *placed)
{
    const struct document *document = reading->document;
    const struct document_node *const *list = placed->list;

    for (uint32_t i = 1; i < placed->count; i++)
        if (str_equal(list[i]->station, list[i - 1]->station))
            ERROR_AT(reading, NODE_AT(reading, list[i] - document->nodes, "station"),
                     "station_twice", "Station {station} stands in two places: {one} and {other}.",
                     ARGS(ARG_STR("station", list[i]->station), ARG_STR("one", title(list[i - 1])),
                          ARG_STR("other", title(list[i]))));
}

static void check_evse_numbers(struct reading *reading)
{
    const struct document *document = reading->document;

    for (uint32_t i = 0; i < document->evse_count; i++)
        for (uint32_t j = i;
             j > 0 && document->evses[j - 1].leaf.node == document->evses[i].leaf.node; j--)
            if (document->evses[j - 1].evse == document->evses[i].evse)
                ERROR_AT(reading, EVSE_AT(reading, i, "evse"), "evse_twice",
                         "Station {station} has the EVSE {evse} twice.",
                         ARGS(ARG_STR("station", document->evses[i].station),
                              ARG_INT("evse", document->evses[i].evse)));
}

/* What stations say of themselves against their breakers. */
static void check_ratings(struct reading *reading)
{
    const struct document_around *around = reading->around;
    const struct document *document = reading->document;

    for (uint32_t i = 0; around && i < document->evse_count; i++) {
        const struct document_evse *evse = &document->evses[i];
        int64_t rating_w = evse->station_row
                               ? around->rating_w(around->context, evse->station_row, evse->evse)
                               : 0;
        int64_t allowed_w = (int64_t)evse->max_da * evse->leaf.volts * evse->leaf.wires_live / 10;
        if (rating_w > 0 && allowed_w * 21 < rating_w * 20) /* a rounding is none */
            WARNING_AT(reading, EVSE_AT(reading, i, "limit_a"), "above_breaker",
                       "EVSE {evse} of {station} can draw {rating_w} W, more than its breaker of "
                       "{breaker_a} A: it is held down only as long as it obeys.",
                       ARGS(ARG_INT("evse", evse->evse), ARG_STR("station", evse->station),
                            ARG_INT("rating_w", rating_w), ARG_DA("breaker_a", evse->max_da)));
    }
}

static bool is_placed(const struct placed *placed, struct str station)
{
    uint32_t low = 0, high = placed->count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int order = str_compare(station, placed->list[middle]->station);
        if (order == 0)
            return true;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return false;
}

static void check_all_stations_placed(struct reading *reading, const struct placed *placed)
{
    const struct document_around *around = reading->around;
    const struct str *station = NULL;

    if (!around || !around->next || reading->document->node_count == 0)
        return;
    while ((station = around->next(around->context, station)) != NULL)
        if (!is_placed(placed, *station))
            WARNING_AT(reading, SPOT("nodes", NO_ITEM, NULL), "station_left_out",
                       "Station {station} belongs to this site and stands nowhere in the tree: "
                       "nothing limits it.",
                       ARGS(ARG_STR("station", *station)));
}

/* --- limits */

/* The nearest limit above a node for this line, or NULL. */
static const struct document_node *limit_above(const struct document *document,
                                               const struct document_node *node, int line)
{
    while (node->tree.parent >= 0 && node->tree.ratio_permille == 0) {
        node = &document->nodes[node->tree.parent];
        if (line < LINE_COUNT ? node->tree.limit_da[line] != TREE_NO_LIMIT_DA
                              : node->tree.limit_w != TREE_NO_LIMIT_W)
            return node;
    }
    return NULL;
}

/* The most that a node lets through at any hour. */
static int32_t highest_da(const struct document_node *node, int line)
{
    int32_t highest = node->tree.limit_da[line];

    for (uint32_t i = 0; i < node->time_count; i++)
        if (node->times[i].limit_da[line] != TREE_NO_LIMIT_DA &&
            node->times[i].limit_da[line] > highest)
            highest = node->times[i].limit_da[line];
    return highest;
}

static int64_t highest_w(const struct document_node *node)
{
    int64_t highest = node->tree.limit_w;

    for (uint32_t i = 0; i < node->time_count; i++)
        if (node->times[i].limit_w != TREE_NO_LIMIT_W && node->times[i].limit_w > highest)
            highest = node->times[i].limit_w;
    return highest;
}

static void check_time_against_parent(struct reading *reading, uint32_t index, uint32_t item)
{
    const struct document *document = reading->document;
    const struct document_node *node = &document->nodes[index], *above;
    const struct document_time *time = &node->times[item];
    const struct spot spot =
        NODE_AT(reading, index, arena_printf(reading->scratch, "times[%u]", item).ptr);

    for (int line = 0; line < LINE_COUNT; line++) {
        int32_t da = time->limit_da[line];
        above = da == TREE_NO_LIMIT_DA ? NULL : limit_above(document, node, line);
        if (!above || da <= highest_da(above, line))
            continue;
        WARNING_AT(reading, spot, "above_parent_a",
                   "Its limit of {limit_a} A is above the {parent_a} A of {parent}, which counts.",
                   ARGS(ARG_DA("limit_a", da), ARG_DA("parent_a", highest_da(above, line)),
                        ARG_STR("parent", title(above))));
        break;
    }
    above = time->limit_w == TREE_NO_LIMIT_W ? NULL : limit_above(document, node, LINE_COUNT);
    if (above && time->limit_w > highest_w(above))
        WARNING_AT(reading, spot, "above_parent_w",
                   "Its limit of {limit_w} W is above the {parent_w} W of {parent}, which counts.",
                   ARGS(ARG_INT("limit_w", time->limit_w), ARG_INT("parent_w", highest_w(above)),
                        ARG_STR("parent", title(above))));
}

/* W that the line limits let through; TREE_NO_LIMIT_W: one of them is open. */
static int64_t carried_w(const struct document_node *node)
{
    int64_t da = 0;

    for (int line = 0; line < LINE_COUNT; line++) {
        if (node->tree.limit_da[line] == TREE_NO_LIMIT_DA)
            return TREE_NO_LIMIT_W;
        da += node->tree.limit_da[line];
    }
    return da * node->volts / 10;
}

/* The nearest node above whose limits in A carry less W than this one's limit. */
static const struct document_node *lines_above(const struct document *document,
                                               const struct document_node *node)
{
    int64_t limit_w = node->tree.limit_w;

    while (limit_w != TREE_NO_LIMIT_W && node->tree.parent >= 0 && node->tree.ratio_permille == 0) {
        node = &document->nodes[node->tree.parent];
        if (carried_w(node) != TREE_NO_LIMIT_W && limit_w > carried_w(node))
            return node;
    }
    return NULL;
}

static void check_against_parent(struct reading *reading, uint32_t index)
{
    const struct document *document = reading->document;
    const struct document_node *node = &document->nodes[index], *above;
    int64_t above_w;

    for (int line = 0; line < LINE_COUNT; line++) {
        int32_t da = node->tree.limit_da[line];
        above = da == TREE_NO_LIMIT_DA ? NULL : limit_above(document, node, line);
        if (!above || da <= above->tree.limit_da[line])
            continue;
        WARNING_AT(reading, NODE_AT(reading, index, line_member(node)), "above_parent_a",
                   "Its limit of {limit_a} A is above the {parent_a} A of {parent}, which counts.",
                   ARGS(ARG_DA("limit_a", da), ARG_DA("parent_a", above->tree.limit_da[line]),
                        ARG_STR("parent", title(above))));
        break;
    }
    above = node->tree.limit_w == TREE_NO_LIMIT_W ? NULL : limit_above(document, node, LINE_COUNT);
    if (above && node->tree.limit_w > above->tree.limit_w) {
        above_w = above->tree.limit_w;
    } else {
        above = lines_above(document, node);
        above_w = above ? carried_w(above) : 0;
    }
    if (above)
        WARNING_AT(reading, NODE_AT(reading, index, "limit_w"), "above_parent_w",
                   "Its limit of {limit_w} W is above the {parent_w} W of {parent}, which counts.",
                   ARGS(ARG_INT("limit_w", node->tree.limit_w), ARG_INT("parent_w", above_w),
                        ARG_STR("parent", title(above))));
}

static void check_units(struct reading *reading, uint32_t index)
{
    const struct document_node *node = &reading->document->nodes[index];
    int64_t carried = carried_w(node);
    int32_t highest = 0;

    for (int line = 0; line < LINE_COUNT; line++)
        if (node->tree.limit_da[line] > highest)
            highest = node->tree.limit_da[line];
    if (node->tree.limit_w != TREE_NO_LIMIT_W && carried != TREE_NO_LIMIT_W &&
        (node->tree.limit_w < carried / UNIT_FACTOR || node->tree.limit_w / UNIT_FACTOR > carried))
        ERROR_AT(reading, NODE_AT(reading, index, "limit_w"), "power_unlike_current",
                 "{limit_w} W do not fit to its limit in A, which carries {carries_w} W: is one of "
                 "them in another unit?",
                 ARGS(ARG_INT("limit_w", node->tree.limit_w), ARG_INT("carries_w", carried)));
    else if (node->tree.limit_w < LEAST_W)
        WARNING_AT(reading, NODE_AT(reading, index, "limit_w"), "too_little_w",
                   "With {limit_w} W no car charges: is it in another unit?",
                   ARGS(ARG_INT("limit_w", node->tree.limit_w)));
    if (highest < LEAST_DA)
        WARNING_AT(reading, NODE_AT(reading, index, line_member(node)), "too_little_a",
                   "With {limit_a} A no car charges: is it in another unit?",
                   ARGS(ARG_DA("limit_a", highest)));
}

/* mA for A: far more than all EVSEs of the document together could draw. */
static void check_too_much(struct reading *reading, uint32_t index, int64_t all_da)
{
    const struct document_node *node = &reading->document->nodes[index];

    for (int line = 0; line < LINE_COUNT; line++) {
        int32_t da = node->tree.limit_da[line];
        if (da == TREE_NO_LIMIT_DA || da <= TOO_MUCH_DA || da / TOO_MUCH_FACTOR <= all_da)
            continue;
        WARNING_AT(reading, NODE_AT(reading, index, line_member(node)), "too_much_a",
                   "{limit_a} A, where all EVSEs together draw {all_a} A at the most: is it in "
                   "another unit?",
                   ARGS(ARG_DA("limit_a", da), ARG_DA("all_a", all_da)));
        return;
    }
}

static int64_t all_evses_da(const struct document *document)
{
    int64_t sum = 0;

    for (uint32_t i = 0; i < document->evse_count; i++)
        sum += document->evses[i].max_da;
    return sum;
}

static void check_load(struct reading *reading, uint32_t index)
{
    const struct document_node *node = &reading->document->nodes[index];
    const struct tree_node *tree = &node->tree;

    for (int line = 0; line < LINE_COUNT; line++)
        if (tree->base_da[line] > TREE_DA_MAX) {
            ERROR_AT(reading, NODE_AT(reading, index, "load_a"), "load_unit",
                     "No site has a load of {load_a} A: is it in another unit?",
                     ARGS(ARG_DA("load_a", tree->base_da[line])));
            return;
        }
    for (int line = 0; line < LINE_COUNT; line++)
        if (tree->base_da[line] > tree->limit_da[line]) {
            WARNING_AT(reading, NODE_AT(reading, index, "load_a"), "load_over_a",
                       "The load of {load_a} A with its margin is above its limit: nothing is left "
                       "for cars.",
                       ARGS(ARG_DA("load_a", tree->base_da[line])));
            return;
        }
    if (tree->base_w > tree->limit_w)
        WARNING_AT(
            reading, NODE_AT(reading, index, "load_w"), "load_over_w",
            "The load of {load_w} W with its margin is above its limit: nothing is left for cars.",
            ARGS(ARG_INT("load_w", tree->base_w)));
}

static void check_transformers(struct reading *reading, uint32_t index)
{
    const struct document *document = reading->document;
    const struct document_node *node = &document->nodes[index], *above = node;

    if (node->tree.ratio_permille == 0)
        return;
    while (above->tree.parent >= 0) {
        above = &document->nodes[above->tree.parent];
        if (above->tree.ratio_permille == 0)
            continue;
        ERROR_AT(reading, NODE_AT(reading, index, "primary_volts"), "transformer_below",
                 "It is below the transformer {above}: only one on a path can couple its phases. "
                 "Leave primary_volts out at one of them.",
                 ARGS(ARG_STR("above", title(above))));
        return;
    }
}

static bool has_meter(const struct document *document, uint32_t node, enum meter_measures measures)
{
    for (uint32_t i = 0; i < document->meter_count; i++)
        if (document->meters[i].node == node && document->meters[i].measures == measures)
            return true;
    return false;
}

static void check_sources(struct reading *reading, uint32_t index)
{
    const struct document *document = reading->document;
    const struct document_node *node = &document->nodes[index];

    if (node->solar_peak_w && !has_meter(document, index, MEASURES_SOLAR))
        WARNING_AT(reading, NODE_AT(reading, index, "solar_peak_w"), "solar_unmeasured",
                   "No meter measures its solar power: it counts as nothing.", NO_ARGS);
    if (node->battery_w && !has_meter(document, index, MEASURES_BATTERY))
        WARNING_AT(reading, NODE_AT(reading, index, "battery_w"), "battery_unmeasured",
                   "No meter measures its battery: it counts as nothing.", NO_ARGS);
}

static void check_roots(struct reading *reading, uint32_t index)
{
    const struct document_node *node = &reading->document->nodes[index];

    if (node->tree.parent < 0 && node->time_count == 0 && node->tree.limit_w == TREE_NO_LIMIT_W &&
        node->tree.limit_da[0] == TREE_NO_LIMIT_DA)
        WARNING_AT(reading, NODE_AT(reading, index, "limit_a"), "grid_without_limit",
                   "The grid connection has no limit.", NO_ARGS);
}

/* --- fail-safes: what stations draw when nobody tells them anything */

static void check_fail_safes(struct reading *reading)
{
    const struct document *document = reading->document;
    struct tree_node *nodes =
        ARENA_NEW_ARRAY(reading->scratch, struct tree_node, document->node_count);
    struct tree_leaf *leaves =
        ARENA_NEW_ARRAY(reading->scratch, struct tree_leaf, document->evse_count);
    bool *over = ARENA_NEW_ARRAY(reading->scratch, bool, document->node_count);
    struct tree_excess excess;
    struct tree *tree = NULL;

    if (!nodes || !leaves || !over) {
        reading->full = true;
        return;
    }
    for (uint32_t i = 0; i < document->node_count; i++)
        nodes[i] = document->nodes[i].tree;
    for (uint32_t i = 0; i < document->evse_count; i++)
        leaves[i] = document->evses[i].leaf;
    if (document->node_count == 0 || reading->findings->errors)
        return; /* nothing is computed with what is wrong */
    if (tree_new(reading->scratch, nodes, document->node_count, leaves, document->evse_count,
                 &tree) != ERR_NONE) {
        ERROR_AT(reading, SPOT("nodes", NO_ITEM, NULL), "no_tree",
                 "No tree can be made of them: loads and volts are not those of a site.", NO_ARGS);
        return;
    }
    for (uint32_t i = 0; i < document->node_count; i++)
        over[i] = tree_over(tree, i, &excess); /* by its load alone: that was told */
    for (uint32_t i = 0; i < document->evse_count; i++)
        if (document->evses[i].fail_safe_da > 0)
            tree_book(tree, i, document->evses[i].fail_safe_da);
    for (uint32_t i = 0; i < document->node_count; i++) {
        if (over[i] || !tree_over(tree, i, &excess))
            continue;
        if (excess.line < 0)
            WARNING_AT(reading, NODE_AT(reading, i, "limit_w"), "failsafe_over_w",
                       "When its stations lose the server they may draw {over_w} W more than it "
                       "allows: lower their fail_safe_a.",
                       ARGS(ARG_INT("over_w", excess.over)));
        else
            WARNING_AT(reading, NODE_AT(reading, i, line_member(&document->nodes[i])),
                       "failsafe_over_a",
                       "When its stations lose the server they may draw {over_a} A more than it "
                       "allows on L{phase}: lower their fail_safe_a.",
                       ARGS(ARG_DA("over_a", excess.over), ARG_INT("phase", excess.line + 1)));
    }
}

/* --- mode */

static bool has_series(const struct reading *reading, enum series_kind kind)
{
    const struct document_around *around = reading->around;

    return !around || around->has_series(around->context, kind);
}

static void check_mode(struct reading *reading)
{
    static const struct str day_words[7] = { STR_INIT("Monday"),    STR_INIT("Tuesday"),
                                             STR_INIT("Wednesday"), STR_INIT("Thursday"),
                                             STR_INIT("Friday"),    STR_INIT("Saturday"),
                                             STR_INIT("Sunday") };
    const struct document *document = reading->document;
    struct document_gap gap;
    bool solar = false;

    for (uint32_t i = 0; i < document->meter_count; i++)
        solar |= document->meters[i].measures == MEASURES_SOLAR;
    if (document->mode == SITE_CHEAP && document->price_count == 0 &&
        !has_series(reading, SERIES_PRICE))
        WARNING_AT(reading, SPOT(NULL, 0, "mode"), "no_prices",
                   "There are no prices yet: until then it charges as mode need does.", NO_ARGS);
    if (document->mode == SITE_CHEAP && document->price_count != 0 &&
        document_price_gap(document, &gap))
        WARNING_AT(reading, SPOT("prices", NO_ITEM, NULL), "price_gap",
                   "There is a gap: at {time} on {day}, in month {month}, none of them holds. Such "
                   "hours count as the dearest, unless a series has them.",
                   ARGS(ARG_STR("time", arena_printf(reading->scratch, "%02d:%02d", gap.minute / 60,
                                                     gap.minute % 60)),
                        ARG_STR("day", day_words[gap.weekday]), ARG_INT("month", gap.month)));
    if (document->mode == SITE_GREEN && !has_series(reading, SERIES_CO2))
        WARNING_AT(reading, SPOT(NULL, 0, "mode"), "no_co2",
                   "There is no CO2 series yet: until then it charges as mode need does.", NO_ARGS);
    if (document->mode == SITE_SURPLUS && !solar)
        WARNING_AT(reading, SPOT(NULL, 0, "mode"), "no_solar",
                   "No meter measures solar power: there is never a surplus.", NO_ARGS);
}

void reading_check(struct reading *reading)
{
    int64_t all_da = all_evses_da(reading->document);
    struct placed placed;

    sort_stations(reading, &placed);
    if (reading->full)
        return;
    check_stations_once(reading, &placed);
    check_evse_numbers(reading);
    for (uint32_t i = 0; i < reading->document->node_count; i++) {
        check_against_parent(reading, i);
        for (uint32_t k = 0; k < reading->document->nodes[i].time_count; k++)
            check_time_against_parent(reading, i, k);
        check_units(reading, i);
        if (reading->document->evse_count)
            check_too_much(reading, i, all_da);
        check_load(reading, i);
        check_transformers(reading, i);
        check_sources(reading, i);
        check_roots(reading, i);
    }
    check_ratings(reading);
    check_all_stations_placed(reading, &placed);
    check_fail_safes(reading);
    check_mode(reading);
}

/* --- readings of meters */

/* The most that may flow at a node by its own limit or one above; TREE_NO_LIMIT. */
static void most_at(const struct document *document, uint32_t index, int64_t *da, int64_t *w)
{
    const struct document_node *node = &document->nodes[index];
    int64_t carried;

    *da = TREE_NO_LIMIT_DA;
    *w = TREE_NO_LIMIT_W;
    for (;;) { /* until the root */
        int32_t highest = 0;
        for (int line = 0; line < LINE_COUNT; line++)
            highest = highest_da(node, line) > highest ? highest_da(node, line) : highest;
        carried = carried_w(node);
        *da = highest < *da ? highest : *da;
        *w = node->tree.limit_w < *w ? node->tree.limit_w : *w;
        *w = carried < *w ? carried : *w;
        if (node->tree.parent < 0 || node->tree.ratio_permille)
            break;
        node = &document->nodes[node->tree.parent];
    }
    if (*da == TREE_NO_LIMIT_DA && *w != TREE_NO_LIMIT_W)
        *da = *w * 10 / node->volts;
}

/* Power of three currents that are known; UNKNOWN_W: they are not, or flow both ways. */
static int64_t apparent_w(const int32_t line_da[LINE_COUNT], int32_t volts)
{
    int64_t sum_da = 0;

    for (int line = 0; line < LINE_COUNT; line++) {
        if (line_da[line] == TREE_NO_LIMIT_DA || line_da[line] < 0)
            return UNKNOWN_W;
        sum_da += line_da[line];
    }
    return sum_da * volts / 10;
}

/* No more power than its currents carry, and not just the thousandth part. */
static bool power_fits(int64_t power_w, int64_t apparent_w)
{
    int64_t w = power_w < 0 ? -power_w : power_w;

    if (apparent_w == UNKNOWN_W || power_w == TREE_NO_LIMIT_W)
        return true;
    if (w > apparent_w * APPARENT_FACTOR + APPARENT_LEAST_W)
        return false;
    return apparent_w < APPARENT_LEAST_W || w * KILO < apparent_w / APPARENT_FACTOR ||
           w * KILO > apparent_w * APPARENT_FACTOR;
}

/* NOLINTNEXTLINE(readability-function-size): a sample, and what tells of it */
bool document_plausible(const struct document *document, const struct document_meter *meter,
                        const int32_t line_da[LINE_COUNT], int64_t power_w, struct arena *arena,
                        struct sentence *sentence)
{
    const struct document_node *node = &document->nodes[meter->node];
    int64_t most_da, most_w;

    most_at(document, meter->node, &most_da, &most_w);
    if (meter->measures == MEASURES_SOLAR && node->solar_peak_w)
        most_w = node->solar_peak_w;
    if (meter->measures == MEASURES_BATTERY && node->battery_w)
        most_w = node->battery_w;
    for (int line = 0; line < LINE_COUNT && most_da != TREE_NO_LIMIT_DA; line++) {
        int64_t da = line_da[line] < 0 ? -(int64_t)line_da[line] : line_da[line];
        if (line_da[line] == TREE_NO_LIMIT_DA || da <= most_da * PLAUSIBLE_FACTOR)
            continue;
        *sentence = SENTENCE(
            arena, "reading_unit_a",
            "{current_a} A at {node}, where at most {most_a} A may flow: are these mA?",
            ARGS(ARG_DA("current_a", da), ARG_STR("node", title(node)), ARG_DA("most_a", most_da)));
        return false;
    }
    if (power_w != TREE_NO_LIMIT_W && most_w != TREE_NO_LIMIT_W &&
        (power_w < 0 ? -power_w : power_w) / PLAUSIBLE_FACTOR > most_w) {
        *sentence =
            SENTENCE(arena, "reading_unit_w",
                     "{power_w} W at {node}, where at most {most_w} W may flow: are these mW?",
                     ARGS(ARG_INT("power_w", power_w), ARG_STR("node", title(node)),
                          ARG_INT("most_w", most_w)));
        return false;
    }
    if (!power_fits(power_w, apparent_w(line_da, node->volts))) {
        *sentence =
            SENTENCE(arena, "reading_power_unlike_current",
                     "{power_w} W do not fit to its currents, which carry {carries_w} W: is one of "
                     "them in another unit?",
                     ARGS(ARG_INT("power_w", power_w),
                          ARG_INT("carries_w", apparent_w(line_da, node->volts))));
        return false;
    }
    return true;
}
