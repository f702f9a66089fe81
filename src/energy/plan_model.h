/* plan_model.h: a plan's input in the form that the methods work on: Wh per slot. For plan*.c only.
 *
 * Cars lie in the order of their nodes. Node 0 is above all roots and stands for the grid
 * connection: what it carries is opened in steps of rising cost (`arcs`), solar surplus among them.
 */
#pragma once
#include "energy/plan.h"

#define MODEL_WH_MAX 1000000000 /* what a node may carry in a slot: 1 GWh stands for no limit */

struct model_car {
    uint32_t index;           /* in plan_input.cars */
    uint32_t node;            /* of the model */
    uint32_t first, end;      /* slots; first == end: none */
    uint32_t late;            /* the slot from which on it can take less; end - 1 at most */
    int32_t cap, cap_first;   /* Wh in a whole slot, in the first */
    const int32_t *caps_late; /* from `late` on */
    int64_t need;
};

/* Energy of one cost in one slot. */
struct model_arc {
    int32_t cost; /* per kWh */
    uint32_t slot;
    int32_t cap;
};

/* Current that a car draws from a line, per A at the EVSE: a phasor in millionths. */
struct phasor {
    int32_t re, im;
};

struct plan_model {
    const struct plan_input *input;
    uint32_t slots, words; /* words: of 64 slots, in a set of slots */
    uint32_t nodes, cars, arc_count;
    uint32_t *parent;    /* [node], smaller than its own; of node 0: 0 */
    int32_t *cap;        /* [slot * nodes + node]; Wh */
    uint32_t *node_cars; /* [node + 1]: its cars are [node_cars[n], node_cars[n + 1]) */
    struct model_car *car;
    uint32_t *slot_from, *slot_cars; /* [slot + 1]: who is there in a slot, in order */
    struct model_arc *arcs;          /* by cost, then slot */
    int32_t *floor;  /* [slot * cars + car]: what a car that may not be suspended holds;
                        NULL: nothing */
    int32_t *slot_s; /* length of each slot */
    int32_t *cost, *surplus_cost; /* [slot] */
    uint32_t cost_gaps;
    int32_t value; /* of a kWh: twice the dearest, if the caller named none */
    bool one_commodity;
};

/* ERR_BAD_VALUE, ERR_FULL as plan_make. */
MUST_CHECK enum err model_new(const struct plan_input *input, struct arena *arena,
                              struct plan_model **model);
/* The arcs anew, with no slot's meter above peak_w (INT64_MAX: no such cap). */
MUST_CHECK enum err model_cap_peak(struct plan_model *model, int64_t peak_w, struct arena *arena);

/* What the meter of the site shows in a slot without cars. */
int64_t model_base_w(const struct plan_input *input, uint32_t slot);
int32_t model_surplus_wh(const struct plan_model *model, uint32_t slot);
/* What energy costs in a slot, in micro-units × Wh per kWh. */
int64_t model_cost(const struct plan_model *model, uint32_t slot, int64_t wh);

/* What a car can take in a slot. */
static inline int32_t model_car_cap(const struct model_car *car, uint32_t slot)
{
    if (slot < car->first || slot >= car->end)
        return 0;
    if (slot >= car->late)
        return car->caps_late[slot - car->late];
    return slot == car->first ? car->cap_first : car->cap;
}

/* Words of a set of slots that a car's own lie in: [first, end). */
static inline uint32_t model_car_word(const struct model_car *car)
{
    return car->first / 64;
}

static inline uint32_t model_car_words_end(const struct model_car *car)
{
    return (car->end + 63) / 64;
}

/* Base load and limit of a caller's node in a slot. */
struct plan_limit model_limit(const struct plan_input *input, uint32_t node, uint32_t slot);
/* The phasor of a leaf's wires on a line of its node. */
struct phasor model_leaf_phasor(wire_set wires, uint8_t line);
/* The same on the primary side of a delta-wye transformer. */
void model_through_transformer(struct phasor lines[LINE_COUNT], int32_t ratio_permille);
/* Its length, rounded up. */
int64_t model_length(int64_t re, int64_t im);
