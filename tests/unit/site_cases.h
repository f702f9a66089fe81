/* site_cases.h: a car, its limit and an input of them, for the tests of decisions. */
#pragma once
#include "energy/site.h"
#include "energy_random.h"

#define NOW INT64_C(1790000000000)
enum { MINUTE_MS = 60000, HOUR_MS = 3600000 };

static const struct site_pilots pilot_sets[] = {
    { .step_da = 10 },
    { .step_da = 1 },
    { .count = 4, .list_da = { 80, 160, 240, 320 } },
};

static inline struct site_evse car_of(int64_t id)
{
    return (struct site_evse){
        .id = id,
        .leaf = { 0, WIRE_BIT(WIRE_L1), 1, 230 },
        .plugged = true,
        .controlled = true,
        .may_suspend = true,
        .class = CLASS_BEST_EFFORT,
        .min_da = 60,
        .max_da = 320,
        .draw_da = -1,
        .draw_at = UTC_UNKNOWN,
        .arrived_at = NOW - HOUR_MS + id * 1000,
        .departs_at = UTC_NEVER,
        .need_wh = -1,
        .plan_da = -1,
        .override_da = -1,
    };
}

static inline struct tree_node feed_of(int32_t limit_da)
{
    struct tree_node node = random_free;

    for (int l = 0; l < LINE_COUNT; l++)
        node.limit_da[l] = limit_da;
    return node;
}

static inline struct site_input input_of(const struct tree_node *node,
                                         const struct site_evse *evses, uint32_t count)
{
    return (struct site_input){
        .now = NOW,
        .mode = SITE_EQUAL,
        .rules = site_rules_default(),
        .surplus_w = -1,
        .node_count = 1,
        .evse_count = count,
        .pilots_count = COUNT(pilot_sets),
        .nodes = node,
        .evses = evses,
        .pilots = pilot_sets,
    };
}
