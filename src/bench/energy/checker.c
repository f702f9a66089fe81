#include "bench/energy/checker.h"

#include <complex.h>
#include <math.h>

enum line { A, B, C, LINES };

/* Numbers of this size have 1e-14 of rounding; a real excess is far larger than this. */
#define NOISE_A 1e-6

static void compare(struct checker *checker, double amperes, double limit)
{
    if (amperes <= limit + NOISE_A)
        return;
    checker->violations++;
    checker->over_as += (amperes - limit) * (double)PERIOD_S;
}

/* Unit power factor: the current of a car is in phase with the voltage it stands between. */
static double complex phasor(enum group group, double amperes)
{
    static const double degrees[GROUP_COUNT] = { 30, -90, 150 };

    return amperes * cexp(I * degrees[group] * M_PI / 180);
}

static void look_at_transformer(struct checker *checker, const struct network *network,
                                const double *amperes)
{
    double complex line[LINES] = { 0 };

    for (uint32_t i = 0; i < network->count; i++) {
        enum group group = network->stands[i].group;
        double complex current = phasor(group, amperes[i]);
        line[group] += current; /* leaves by the first line, comes back by the next */
        line[(group + 1) % LINES] -= current;
    }
    for (int i = 0; i < LINES; i++) {
        /* Delta to wye, four to one: a line of the primary feeds two windings. */
        double complex primary = (line[i] - line[(i + 2) % LINES]) / 4;
        compare(checker, cabs(line[i]), network->secondary_a);
        compare(checker, cabs(primary), network->primary_a);
    }
}

void checker_look(struct checker *checker, const struct network *network, const double *amperes)
{
    double pod[PODS_MAX] = { 0 }, all = 0;

    for (uint32_t i = 0; i < network->count; i++) {
        all += amperes[i];
        if (network->stands[i].pod != NO_POD)
            pod[network->stands[i].pod] += amperes[i];
    }
    if (!network->three_phase) {
        compare(checker, all, network->line_a);
        return;
    }
    for (uint32_t i = 0; i < network->pods; i++)
        compare(checker, pod[i], network->pod_limit_a[i]);
    look_at_transformer(checker, network, amperes);
}
