#include "bench/energy/hindsight.h"

#include <math.h>
#include <stdlib.h>

#include "bench/energy/tariff.h"

enum { CAR_W = 6600 };

static struct plan_node node_of(int32_t parent, int64_t limit_w)
{
    return (struct plan_node){ .node = { .parent = parent,
                                         .limit_da = { TREE_NO_LIMIT_DA, TREE_NO_LIMIT_DA,
                                                       TREE_NO_LIMIT_DA },
                                         .limit_w = limit_w } };
}

/* Its sessions as cars; how many. */
static uint32_t cars_of(const struct hindsight *hindsight, struct plan_car *cars)
{
    const struct network *network = hindsight->network;
    uint32_t count = 0;

    for (uint32_t i = 0; i < hindsight->sessions->count; i++) {
        const struct session *session = &hindsight->sessions->items[i];
        if (session->arrive < hindsight->from || session->arrive >= hindsight->until)
            continue;
        const struct stand *stand =
            &network->stands[network_stand(hindsight->network, session->station)];
        cars[count++] = (struct plan_car){
            .id = i,
            .leaf = { .node = stand->pod == NO_POD ? 0 : 1 + (uint32_t)stand->pod,
                      .wires = WIRE_BIT(WIRE_L12),
                      .wires_live = 1,
                      .volts = (int16_t)network->volts },
            .from_s = (int32_t)(session->arrive - hindsight->from) * PERIOD_S,
            .until_s = (int32_t)(session->depart - hindsight->from) * PERIOD_S,
            .need_wh = (int64_t)ceil(session->energy_kwh * 1000),
            .max_w = CAR_W,
            .may_suspend = true,
        };
    }
    return count;
}

/* What others draw at the same meter takes nothing from what the transformer of the cars carries.
 */
static struct plan_limit *limits_with_base(const struct hindsight *hindsight, uint32_t slots)
{
    struct plan_limit *limits = calloc(slots, sizeof *limits);
    struct plan_node bare = node_of(-1, 0);

    check(limits != NULL);
    for (uint32_t t = 0; t < slots; t++) {
        int64_t base_w = hindsight->base_w(hindsight->data, hindsight->sessions,
                                           hindsight->from + (int64_t)t * PERIODS_A_QUARTER);
        memcpy(limits[t].limit_da, bare.node.limit_da, sizeof limits[t].limit_da);
        limits[t].base_w = base_w;
        limits[t].limit_w = (int64_t)(hindsight->network->cap_kw * 1000) + base_w;
    }
    return limits;
}

void hindsight_plan(const struct hindsight *hindsight, struct arena *arena, struct plan **plan)
{
    const struct network *network = hindsight->network;
    struct plan_car *cars = calloc(hindsight->sessions->count + 1, sizeof *cars);
    struct plan_limit *limits = NULL;
    int32_t cost[PLAN_SLOTS_MAX];
    struct plan_node nodes[1 + PODS_MAX] = { node_of(-1, (int64_t)(network->cap_kw * 1000)) };
    struct plan_input input = { .slot_s = QUARTER_S,
                                .nodes = nodes,
                                .cars = cars,
                                .cost = cost,
                                .value = hindsight->value,
                                .demand = { hindsight->demand, 0, 1 } };
    int64_t slots = (hindsight->until - hindsight->from) / PERIODS_A_QUARTER + QUARTERS_A_DAY;
    enum err err;

    check(cars != NULL);
    input.car_count = cars_of(hindsight, cars);
    input.node_count = 1 + network->pods;
    for (uint32_t i = 0; i < network->pods; i++)
        nodes[1 + i] = node_of(0, (int64_t)(network->pod_limit_a[i] * network->volts));
    input.slot_count = slots < PLAN_SLOTS_MAX ? (uint32_t)slots : PLAN_SLOTS_MAX;
    for (uint32_t t = 0; t < input.slot_count; t++)
        cost[t] = hindsight->cost(hindsight->data, hindsight->sessions,
                                  hindsight->from + (int64_t)t * PERIODS_A_QUARTER);
    if (hindsight->base_w)
        nodes[0].slots = limits = limits_with_base(hindsight, input.slot_count);
    err = plan_make(&input, NULL, arena, plan);
    check(err == ERR_NONE);
    free(limits);
    free(cars);
}
