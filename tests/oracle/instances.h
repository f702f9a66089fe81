/* instances.h: made-up plans to be made, from a seed; small enough for an LP solver. */
#pragma once
#include "energy/plan.h"

enum instance_kind {
    INSTANCE_POWER,    /* limits in W alone */
    INSTANCE_BALANCED, /* limits in A, all cars three-phase */
    INSTANCE_MIXED,    /* limits in A, one and three phases; some W */
    INSTANCE_KINDS
};

struct instance {
    struct plan_input input;
    struct plan_node *nodes;
    struct plan_limit *limits; /* of the nodes that have a profile */
    struct plan_car *cars;
    int32_t *cost, *surplus_cost;
};

/* What an instance is made with. */
struct instance_size {
    enum instance_kind kind;
    uint32_t cars_max, slots_max;
    bool demand;
};

/* All in the arena. */
void instance_make(uint64_t seed, const struct instance_size *size, struct arena *arena,
                   struct instance *instance);
