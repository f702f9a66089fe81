/* plan_flow.h: the exact plan where all limits concern one commodity. For plan*.c only.
 *
 * Energy flows from cars through (slot, node) up the tree to the grid connection of each slot. What
 * the slots can carry together is a polymatroid, so the greedy is exact: open slots from the
 * cheapest to the dearest; each time raise the flow to its maximum. Opened slots never lose flow.
 * (Megiddo 1974, "Optimal flows in networks with multiple sources and sinks".)
 *
 * A slot is filled directly first, those first whose time runs out; then augmenting paths move
 * cars that could go elsewhere out of the way of those that cannot. The search for paths works on
 * sets of slots, a bit each, so a round costs about a word per car, node and 64 slots.
 */
#pragma once
#include "energy/plan_model.h"

struct flow {
    const struct plan_model *model;
    int32_t *wh;            /* [slot * cars + car] */
    int32_t *used;          /* [slot * nodes + node] */
    int32_t *open;          /* [slot]: opened at the grid connection */
    int64_t *left;          /* [car]: of its need */
    int64_t *ahead;         /* [car]: what the slots that are not opened yet could give it */
    uint64_t *room, *flows; /* [car * words]: slots where it can take more; where it can give */
    uint32_t *child_from, *children; /* [node + 1]: a node's children */
    uint64_t *free;                  /* [node * words]: slots where it can carry more */
    uint64_t *seen, *fresh; /* [node * words]: slots from which the search reached the grid */
    uint8_t *layer, *down;  /* [slot * nodes + node]: cars that have to move; by one below it */
    uint8_t *car_layer;     /* [car] */
    uint32_t *order, *key;  /* [car], [car] */
    int64_t *load;          /* [node]: what a slot takes over from the plan before */
    int64_t *level_wh;      /* [arc]: most that the arcs up to here carry; only while exact */
    uint32_t levels_exact;  /* arcs that level_wh is proven for */
    uint32_t rounds;
    bool stopped; /* time is out */
};

MUST_CHECK enum err flow_new(const struct plan_model *model, struct arena *arena,
                             struct flow **flow);
/* Plans from nothing, or from `before`: [slot * cars + car], NULL. Can be run again, for another
 * peak. */
void flow_run(struct flow *flow, const int32_t *before);
/* No plan within the limits gains more; micro-units × Wh per kWh. */
int64_t flow_bound(const struct flow *flow);
