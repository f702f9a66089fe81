/* plan_augment.h: the largest flow through what is open. For plan_flow.c only. */
#pragma once
#include "energy/plan_flow.h"

/* Raises the flow to its maximum. False: time was out before. */
bool flow_augment(struct flow *flow);

/* Where energy is missing, it shall be missing to few: cars that miss little get it from those that
 * miss more, as far as that can be; what the slots carry stays as it is. */
void flow_settle(struct flow *flow);

/* plan_flow.c: what a node can carry more in a slot, and changes of the flow. */
int32_t flow_node_room(const struct flow *flow, uint32_t slot, uint32_t node);
void flow_node_add(struct flow *flow, uint32_t slot, uint32_t node, int32_t wh);
int32_t flow_car_floor(const struct flow *flow, uint32_t slot, uint32_t car);
void flow_car_add(struct flow *flow, uint32_t slot, uint32_t car, int32_t wh);
