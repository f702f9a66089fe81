/* network.h: where the cars of a scenario stand: EVSEs in three groups between the lines, pods that
 * share a cable, and a transformer. The networks are those of ACN-Sim (caltech, office001).
 */
#pragma once
#include "bench/energy/sessions.h"

enum group { GROUP_AB, GROUP_BC, GROUP_CA, GROUP_COUNT };
enum { STANDS_MAX = 128, PODS_MAX = 2, NO_POD = -1 };

struct stand {
    char station[STATION_SIZE];
    enum group group;
    int pod;      /* NO_POD: none */
    bool clipper; /* can be set to 8, 16, 24, 32 A; the others to 6, 7 .. 32 A */
};

struct network {
    struct stand stands[STANDS_MAX];
    uint32_t count, pods;
    double pod_limit_a[PODS_MAX];
    double volts, max_a;
    bool three_phase; /* else: one line, all on it */
    double cap_kw;
    /* Of the transformer: on its secondary (wye) and primary (delta) side; or of the one line. */
    double secondary_a, primary_a, line_a;
};

void network_caltech(struct network *network);
void network_office(struct network *network);
/* The stations of a file that nobody knows, spread over the groups as they come. */
void network_unknown(struct network *network, const struct sessions *sessions);
/* A transformer or line of so many kW. */
void network_set_cap(struct network *network, bool three_phase, double cap_kw);
/* The stand of a station; a new one if there is none and there is room, else the first. */
uint32_t network_stand(struct network *network, const char *station);

/* What flows, added up by group and pod. */
struct flows {
    double group_a[GROUP_COUNT], pod_a[PODS_MAX];
};
void flows_add(struct flows *flows, const struct stand *stand, double amperes);
/* Within all limits? This is what the baselines ask; the checker (checker.h) has its own way. */
bool network_allows(const struct network *network, const struct flows *flows);
/* The set of an EVSE: the largest current of it that does not pass `amperes`, and the next above
 * `amperes` (max_a at most). */
double stand_floor(const struct stand *stand, double amperes);
double stand_above(const struct stand *stand, double amperes);
