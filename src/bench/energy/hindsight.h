/* hindsight.h: the plan of one who knew all that would come: what the rules of a scenario are held
 * against. Exact, within power and pods; that it does not know the phases of the transformer only
 * makes it better.
 */
#pragma once
#include "bench/energy/network.h"
#include "energy/plan.h"

struct hindsight {
    const struct sessions *sessions;
    struct network *network;
    int64_t from, until; /* periods: who comes in these is planned; PLAN_SLOTS_MAX quarter hours */
    /* Of a kWh in the quarter hour that begins with a period. */
    int32_t (*cost)(const void *data, const struct sessions *sessions, int64_t period);
    /* What else its meter shows then; NULL: nothing. */
    int64_t (*base_w)(const void *data, const struct sessions *sessions, int64_t period);
    const void *data;
    int32_t value;  /* of a kWh delivered; 0: all that can be is delivered */
    int64_t demand; /* per kW of the highest quarter hour; 0: none */
};

void hindsight_plan(const struct hindsight *hindsight, struct arena *arena, struct plan **plan);
