#include "bench/energy/baselines.h"
#include "bench/energy/voltd.h"

#include <math.h>
#include <stdlib.h>

enum { BISECTIONS = 30, CARS_MAX = 1024 };

static void uncontrolled(struct play *play)
{
    for (uint32_t i = 0; i < play->count; i++)
        play->cars[i].may_a = play->network->max_a;
}

/* --- one after the other, by a key: each gets all that fits */

struct ranked {
    struct car *car;
    double key;
};

static int by_key(const void *a, const void *b)
{
    const struct ranked *left = a, *right = b;

    if (left->key != right->key)
        return left->key < right->key ? -1 : 1;
    return (left->car > right->car) - (left->car < right->car);
}

static const struct stand *stand_of(const struct play *play, const struct car *car)
{
    return &play->network->stands[car->stand];
}

static bool fits(const struct play *play, const struct flows *flows, const struct car *car,
                 double amperes)
{
    struct flows with = *flows;

    flows_add(&with, stand_of(play, car), amperes);
    return network_allows(play->network, &with);
}

/* The most that fits beside what flows, up to `bound`. */
static double most(const struct play *play, const struct flows *flows, const struct car *car,
                   double bound)
{
    double low = 0, high = bound;

    if (fits(play, flows, car, bound))
        return bound;
    for (int i = 0; i < BISECTIONS; i++) {
        double middle = (low + high) / 2;
        if (fits(play, flows, car, middle))
            low = middle;
        else
            high = middle;
    }
    return low;
}

static void one_by_one(struct play *play, double (*key)(const struct play *, const struct car *))
{
    static struct ranked ranked[CARS_MAX];
    struct flows flows = { 0 };

    check(play->count <= CARS_MAX);
    for (uint32_t i = 0; i < play->count; i++)
        ranked[i] = (struct ranked){ &play->cars[i], key(play, &play->cars[i]) };
    qsort(ranked, play->count, sizeof *ranked, by_key);
    for (uint32_t i = 0; i < play->count; i++) {
        struct car *car = ranked[i].car;
        double amperes = most(play, &flows, car, car_bound_a(play, car));
        car->may_a = play->quantised ? stand_floor(stand_of(play, car), amperes) : amperes;
        flows_add(&flows, stand_of(play, car), car->may_a);
    }
}

static double arrival(const struct play *play, const struct car *car)
{
    (void)play;
    return (double)car->session->arrive;
}

static double departure(const struct play *play, const struct car *car)
{
    (void)play;
    return (double)car->session->depart;
}

static void first_come(struct play *play)
{
    one_by_one(play, arrival);
}

static void earliest_deadline(struct play *play)
{
    one_by_one(play, departure);
}

static void least_laxity(struct play *play)
{
    one_by_one(play, car_laxity);
}

/* --- in turns: a step for each, again and again, until none takes one more */

#define TURN_STEP_A 0.1

static double next_step(const struct play *play, const struct car *car)
{
    double bound = car_bound_a(play, car);

    if (!play->quantised)
        return fmin(car->may_a + TURN_STEP_A, bound);
    return fmin(stand_above(stand_of(play, car), car->may_a),
                fmax(stand_floor(stand_of(play, car), bound), car->may_a));
}

static void round_robin(struct play *play)
{
    static bool done[CARS_MAX];
    struct flows flows = { 0 };
    uint32_t left = play->count;

    check(play->count <= CARS_MAX);
    for (uint32_t i = 0; i < play->count; i++) {
        play->cars[i].may_a = 0;
        done[i] = false;
    }
    while (left > 0)
        for (uint32_t i = 0; i < play->count; i++) {
            struct car *car = &play->cars[i];
            double step = done[i] ? 0 : next_step(play, car) - car->may_a;
            if (done[i])
                continue;
            if (step > 0 && fits(play, &flows, car, step)) {
                flows_add(&flows, stand_of(play, car), step);
                car->may_a += step;
            } else {
                done[i] = true;
                left--;
            }
        }
}

/* --- equal share: all rise together; who cannot rise stays, the others rise on */

/* What flows when those that are not frozen have min(level, bound). */
static struct flows at_level(const struct play *play, const bool *frozen, double level)
{
    struct flows flows = { 0 };

    for (uint32_t i = 0; i < play->count; i++) {
        const struct car *car = &play->cars[i];
        flows_add(&flows, stand_of(play, car),
                  frozen[i] ? car->may_a : fmin(level, car_bound_a(play, car)));
    }
    return flows;
}

static double highest_level(const struct play *play, const bool *frozen)
{
    double low = 0, high = play->network->max_a;
    struct flows flows = at_level(play, frozen, high);

    if (network_allows(play->network, &flows))
        return high;
    for (int i = 0; i < BISECTIONS; i++) {
        double middle = (low + high) / 2;
        flows = at_level(play, frozen, middle);
        if (network_allows(play->network, &flows))
            low = middle;
        else
            high = middle;
    }
    return low;
}

static void equal_share(struct play *play)
{
    static bool frozen[CARS_MAX];
    static const double more = 1e-4;
    uint32_t left = play->count;

    check(play->count <= CARS_MAX);
    memset(frozen, 0, sizeof frozen);
    while (left > 0) {
        double level = highest_level(play, frozen);
        struct flows flows;
        uint32_t before = left;
        for (uint32_t i = 0; i < play->count; i++)
            if (!frozen[i])
                play->cars[i].may_a = fmin(level, car_bound_a(play, &play->cars[i]));
        flows = at_level(play, frozen, level);
        for (uint32_t i = 0; i < play->count; i++)
            if (!frozen[i] && (play->cars[i].may_a < level || level >= play->network->max_a ||
                               !fits(play, &flows, &play->cars[i], more))) {
                frozen[i] = true;
                left--;
            }
        if (left == before)
            break; /* by rounding none of them was found to be stuck */
    }
    for (uint32_t i = 0; play->quantised && i < play->count; i++)
        play->cars[i].may_a = stand_floor(stand_of(play, &play->cars[i]), play->cars[i].may_a);
}

const struct algorithm baselines[] = {
    { .name = "voltd", .begin = voltd_begin, .decide = voltd_decide, .end = voltd_end },
    { .name = "uncontrolled", .decide = uncontrolled },
    { .name = "fcfs", .decide = first_come },
    { .name = "edf", .decide = earliest_deadline },
    { .name = "llf", .decide = least_laxity },
    { .name = "rr", .decide = round_robin },
    { .name = "equal", .decide = equal_share },
};
const uint32_t baseline_count = COUNT(baselines);
