/* lot.h: made-up days of a place where vehicles charge, played with each rule of yard.h: a depot, a
 * motorway. A vehicle has its own place and leaves at its time, or takes the first that is free and
 * leaves when it is full.
 */
#pragma once
#include "bench/energy/yard.h"

struct lot_stay {
    int64_t arrive_s, depart_s; /* depart_s 0: when it is full */
    int32_t place;              /* -1: any that is free; it waits for one */
    double need_wh, max_a;
};

/* A battery at the first node: it gives what passes the node's own limit, and takes what is free.
 */
struct lot_battery {
    double wh, max_w; /* 0: none */
};

struct lot_plan {
    int64_t until_s;
    struct lot_stay *stays; /* by arrival */
    uint32_t count;
    struct lot_battery battery;
    const int32_t *cost; /* micro-units per kWh, by quarter hour until until_s; NULL: none */
};

/* What a rule made of it. */
struct lot_result {
    double requested_wh, delivered_wh, peak_w, cost, wait_s, charge_s;
    uint32_t stays, met, misses;
    uint64_t violations;
};

/* The rows of a scenario, for all rules of yard.h and, where energy has a price, the plan. */
void lot_run(struct energy_bench *bench, void (*build)(struct yard *yard),
             const struct lot_plan *plan);
