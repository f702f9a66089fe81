/* motorway.c: twelve stations of two outlets at a motorway, each cabinet of 400 kW, behind 2 MW and
 * a battery of 300 kWh: who comes waits for an outlet and leaves when it is full enough. */
#include <stdlib.h>

#include "base/rand.h"
#include "bench/energy/lot.h"

enum { STATIONS = 12, OUTLETS = 24, HOUR_S = 3600, DAY_S = 86400, CARS_MAX = 1000 };
enum { FEED_W = 2000000, CABINET_W = 400000 };

enum err scenario_motorway_24(struct energy_bench *bench);

static double amperes(double kw)
{
    return (double)(int)(kw * 1000 / (230 * LINE_COUNT));
}

static void build(struct yard *yard)
{
    int32_t feed, cabinet = 0;

    yard_init(yard, 1 + STATIONS, OUTLETS);
    feed = yard_node(yard, -1, 0, FEED_W);
    for (uint32_t i = 0; i < OUTLETS; i++) {
        if (i % 2 == 0)
            cabinet = yard_node(yard, feed, 0, CABINET_W);
        yard->evses[i] = (struct yard_evse){
            .leaf = { (uint32_t)cabinet, WIRES_THREE_PHASE, LINE_COUNT, 230 },
            .max_a = amperes(400),
        };
    }
}

/* A holiday: few at night, a car every minute and a half around noon; most take 100 to 250 kW. */
static uint32_t invent(struct lot_stay *stays)
{
    static const int an_hour[24] = { 4,  3,  2,  2,  3,  6,  12, 20, 28, 34, 40, 42,
                                     42, 40, 40, 38, 38, 36, 30, 24, 18, 12, 8,  6 };
    struct rand rand = { 24 };
    uint32_t count = 0;

    for (int64_t now_s = 0; now_s < DAY_S; now_s += 60)
        if ((int)rand_below(&rand, 60) < an_hour[now_s / HOUR_S]) {
            check(count < CARS_MAX);
            stays[count++] = (struct lot_stay){
                .arrive_s = now_s,
                .place = -1,
                .need_wh = (double)rand_range(&rand, 15, 55) * 1000,
                .max_a = amperes((double)rand_range(&rand, 80, 300)),
            };
        }
    return count;
}

enum err scenario_motorway_24(struct energy_bench *bench)
{
    static struct lot_stay stays[CARS_MAX];
    const struct lot_plan plan = { .until_s = DAY_S + 4L * HOUR_S,
                                   .stays = stays,
                                   .count = invent(stays),
                                   .battery = { .wh = 300000, .max_w = 600000 } };

    lot_run(bench, build, &plan);
    return ERR_NONE;
}
