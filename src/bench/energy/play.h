/* play.h: sessions played again, period by period: cars come and go, an algorithm says what each
 * may draw, batteries take what they take, the checker looks at it.
 */
#pragma once
#include "bench/energy/battery.h"
#include "bench/energy/checker.h"
#include "bench/energy/energy.h"
#include "bench/energy/network.h"
#include "energy/site.h"

/* A car that is plugged in. */
struct car {
    const struct session *session;
    uint32_t stand;
    struct battery battery;
    double need_kwh;           /* what of the requested energy is still missing */
    double known_max_a;        /* the most that it ever takes: known, as its need is */
    double may_a;              /* said by the algorithm for this period */
    double drew_a;             /* in the last one; < 0: it has not been there */
    double believed_a;         /* most that it takes, as the baselines learn it */
    struct site_memory memory; /* for src/energy */
};

struct play {
    const struct sessions *sessions;
    const struct network *network;
    struct network grown; /* of play_run: the network and the stations it did not know */
    bool quantised, two_stage;
    int64_t period;   /* now */
    struct car *cars; /* those that are there now, by arrival */
    uint32_t count;
    double *period_kwh; /* what all drew, by period; NULL: nobody asks */
    bool *met;          /* by session; NULL: nobody asks */
    void *state;        /* the algorithm's own */
};

struct algorithm {
    const char *name;
    /* Sets may_a of each car. */
    void (*decide)(struct play *play);
    /* May be NULL. Before the first period; after the last. */
    void (*begin)(struct play *play);
    void (*end)(struct play *play);
};

struct play_result {
    double requested_kwh, delivered_kwh, peak_kw, jain;
    uint32_t sessions, met;
    uint32_t possible; /* of them: those that would be met alone, at full current all the time */
    struct checker checker;
};

/* The whole file. Times of the decisions in which a car was there are added. */
void play_run(struct play *play, const struct algorithm *algorithm, struct energy_times *times,
              struct play_result *result);

/* The most that a car may draw now, by what is known of it: EVSE, energy that is missing, what it
 * was seen to take. */
double car_bound_a(const struct play *play, const struct car *car);
/* Periods of time left beyond what its need takes at full current. */
double car_laxity(const struct play *play, const struct car *car);
