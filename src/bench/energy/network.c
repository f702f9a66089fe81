#include "bench/energy/network.h"

#include <stdio.h>

#include "base/check.h"

/* Station numbers, by group and pod; 0 ends each. */
struct row {
    enum group group;
    int pod;
    bool clipper;
    uint16_t numbers[26];
};

enum { POD_AV, POD_CC };

static const struct row caltech[] = {
    { GROUP_AB, NO_POD, false, { 308, 508, 303, 513, 310, 506, 316, 500, 318, 498 } },
    { GROUP_AB, POD_AV, false, { 324, 325, 326, 327, 489, 490, 491, 492 } },
    { GROUP_AB, POD_CC, true, { 320, 321, 322, 323, 493, 494, 495, 496 } },
    { GROUP_BC,
      NO_POD,
      false,
      { 304, 512, 305, 511, 313, 503, 311, 505, 317, 499, 148, 149, 212, 213 } },
    { GROUP_CA,
      NO_POD,
      false,
      { 307, 509, 309, 507, 306, 510, 315, 501, 319, 497, 312, 504, 314, 502 } },
};
static const struct row office[] = {
    { GROUP_AB, NO_POD, false, { 1, 4, 7 } },
    { GROUP_BC, NO_POD, false, { 2, 5, 8 } },
    { GROUP_CA, NO_POD, false, { 3, 6 } },
};

static void build(struct network *network, const struct row *rows, size_t count, const char *format)
{
    *network = (struct network){ .volts = 208, .max_a = 32 };
    for (size_t r = 0; r < count; r++)
        for (size_t i = 0; i < COUNT(rows[r].numbers) && rows[r].numbers[i]; i++) {
            struct stand *stand = &network->stands[network->count++];
            *stand = (struct stand){ .group = rows[r].group,
                                     .pod = rows[r].pod,
                                     .clipper = rows[r].clipper };
            (void)snprintf(stand->station, sizeof stand->station, "%s%u", format,
                           rows[r].numbers[i]);
        }
}

void network_caltech(struct network *network)
{
    build(network, caltech, COUNT(caltech), "CA-");
    network->pods = 2;
    network->pod_limit_a[POD_AV] = network->pod_limit_a[POD_CC] = 80;
    check(network->count == 54);
}

void network_office(struct network *network)
{
    build(network, office, COUNT(office), "0");
}

void network_unknown(struct network *network, const struct sessions *sessions)
{
    *network = (struct network){ .volts = 208, .max_a = 32 };
    for (uint32_t i = 0; i < sessions->count; i++)
        (void)network_stand(network, sessions->items[i].station); /* is made by being asked for */
}

void network_set_cap(struct network *network, bool three_phase, double cap_kw)
{
    network->three_phase = three_phase;
    network->cap_kw = cap_kw;
    network->secondary_a = cap_kw * 1000 / 3 / 120;
    network->primary_a = cap_kw * 1000 / 3 / 277;
    network->line_a = cap_kw * 1000 / network->volts;
}

uint32_t network_stand(struct network *network, const char *station)
{
    for (uint32_t i = 0; i < network->count; i++)
        if (strcmp(network->stands[i].station, station) == 0)
            return i;
    if (network->count == STANDS_MAX)
        return 0;
    network->stands[network->count] =
        (struct stand){ .group = (enum group)(network->count % GROUP_COUNT), .pod = NO_POD };
    (void)snprintf(network->stands[network->count].station, STATION_SIZE, "%s", station);
    return network->count++;
}

void flows_add(struct flows *flows, const struct stand *stand, double amperes)
{
    flows->group_a[stand->group] += amperes;
    if (stand->pod != NO_POD)
        flows->pod_a[stand->pod] += amperes;
}

/* The currents of the groups are 120 degrees apart, so the squares of the lines' currents are
 * quadratic forms of the groups' sums (docs/energy.md). */
bool network_allows(const struct network *network, const struct flows *flows)
{
    static const double slack = 1e-7;
    double second = network->secondary_a + slack, first = 4 * (network->primary_a + slack);

    if (!network->three_phase)
        return flows->group_a[0] + flows->group_a[1] + flows->group_a[2] <= network->line_a + slack;
    for (uint32_t i = 0; i < network->pods; i++)
        if (flows->pod_a[i] > network->pod_limit_a[i] + slack)
            return false;
    for (int g = 0; g < GROUP_COUNT; g++) {
        double x = flows->group_a[g], y = flows->group_a[(g + 1) % GROUP_COUNT],
               z = flows->group_a[(g + 2) % GROUP_COUNT];
        if (x * x + y * y + x * y > second * second)
            return false;
        if (x * x + y * y + 4 * z * z - x * y + 2 * x * z + 2 * y * z > first * first)
            return false;
    }
    return true;
}

double stand_floor(const struct stand *stand, double amperes)
{
    double step = stand->clipper ? 8 : 1, least = stand->clipper ? 8 : 6, value = least;

    if (amperes + 1e-9 < least)
        return 0;
    while (value + step <= amperes + 1e-9 && value + step <= 32)
        value += step;
    return value;
}

double stand_above(const struct stand *stand, double amperes)
{
    double step = stand->clipper ? 8 : 1, least = stand->clipper ? 8 : 6;
    double now = stand_floor(stand, amperes);

    if (now == 0)
        return least;
    return now + step <= 32 ? now + step : 32;
}
