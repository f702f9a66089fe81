/* depot.c: a hundred buses and vans of 50 to 150 kW that come back in the evening and have to be
 * full in the morning, behind 2 MW, with prices of the day ahead. */
#include <stdlib.h>

#include "base/rand.h"
#include "bench/energy/lot.h"

enum { VEHICLES = 100, NIGHTS = 3, HOUR_S = 3600, DAY_S = 86400, QUARTERS = (NIGHTS + 1) * 96 };
enum { ROWS = 5, ROW_W = 600000, FEED_W = 2000000 };

enum err scenario_depot_100(struct energy_bench *bench);

static double max_a_of(uint32_t vehicle)
{
    static const double kw[] = { 50, 100, 150 };

    return (double)(int)(kw[vehicle % COUNT(kw)] * 1000 / (230 * LINE_COUNT));
}

static void build(struct yard *yard)
{
    int32_t feed, row = 0;

    yard_init(yard, 1 + ROWS, VEHICLES);
    feed = yard_node(yard, -1, 0, FEED_W);
    for (uint32_t i = 0; i < VEHICLES; i++) {
        if (i % (VEHICLES / ROWS) == 0)
            row = yard_node(yard, feed, 0, ROW_W);
        yard->evses[i] =
            (struct yard_evse){ .leaf = { (uint32_t)row, WIRES_THREE_PHASE, LINE_COUNT, 230 },
                                .max_a = max_a_of(i) };
    }
}

static int by_arrival(const void *a, const void *b)
{
    const struct lot_stay *x = a, *y = b;

    return (x->arrive_s > y->arrive_s) - (x->arrive_s < y->arrive_s);
}

/* Back between 17 and 22, out between 4 and 7. */
static uint32_t invent(struct lot_stay *stays)
{
    struct rand rand = { 100 };
    uint32_t count = 0;

    for (int night = 0; night < NIGHTS; night++)
        for (int32_t i = 0; i < VEHICLES; i++) {
            int64_t day_s = (int64_t)night * DAY_S;
            double battery_wh = i % 3 == 0 ? 120000 : 350000;
            stays[count++] = (struct lot_stay){
                .arrive_s = day_s + 17L * HOUR_S + rand_range(&rand, 0, 5L * HOUR_S),
                .depart_s = day_s + 28L * HOUR_S + rand_range(&rand, 0, 3L * HOUR_S),
                .place = i,
                .need_wh = battery_wh * (double)rand_range(&rand, 30, 75) / 100,
                .max_a = max_a_of((uint32_t)i),
            };
        }
    qsort(stays, count, sizeof *stays, by_arrival);
    return count;
}

/* A day-ahead market: dear in the evening, cheap at night, by the quarter hour. */
static void set_prices(int32_t *cost)
{
    static const int32_t by_hour[24] = { 80, 72, 66, 62, 64,  78,  104, 128, 120, 98,  84,  76,
                                         70, 68, 72, 88, 116, 158, 186, 178, 150, 122, 104, 92 };
    struct rand rand = { 101 };

    for (int q = 0; q < QUARTERS; q++)
        cost[q] = by_hour[q / 4 % 24] * 1000 + (int32_t)rand_range(&rand, -9000, 9000);
}

enum err scenario_depot_100(struct energy_bench *bench)
{
    static struct lot_stay stays[NIGHTS * VEHICLES];
    static int32_t cost[QUARTERS];
    const struct lot_plan plan = {
        .until_s = (NIGHTS + 1L) * DAY_S, .stays = stays, .count = invent(stays), .cost = cost
    };

    set_prices(cost);
    lot_run(bench, build, &plan);
    return ERR_NONE;
}
