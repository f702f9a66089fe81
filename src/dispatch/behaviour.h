/* behaviour.h: what a station has shown of how it takes limits: the record that a probe (probe.h)
 * fills and that later sessions sharpen.
 *
 * Pure. Kept as JSON in a `behaviour` row. A station is trusted for what it proved alone: what it
 * said, or only accepted, is not enough (docs/charging-limits.md).
 */
#pragma once
#include "energy/commit.h"
#include "ocpp/charging.h"
#include "json/sentence.h"

enum proof { PROOF_NONE, PROOF_YES, PROOF_NO };

#define LATENCIES_KEPT 16

struct behaviour {
    /* First part: accepted and reported, without a car. */
    enum proof smart;         /* any charging profile at all */
    enum proof fallback;      /* a default (TxDefaultProfile) is accepted */
    enum proof station_max;   /* a station maximum is accepted */
    enum proof zero;          /* 0 A is accepted in a default */
    enum proof tenths;        /* 0.1 A are kept; else whole amps */
    enum proof reports;       /* composite schedules come, and fit what was set */
    enum proof reports_lease; /* and show the end of a lease */
    enum proof dynamic;       /* 2.1 Dynamic: said by itself */
    enum proof offline;       /* 2.1 maxOfflineDuration: said by itself */
    enum proof switches;      /* 2.x ACPhaseSwitchingSupported: it puts a car of one phase on the
                                 phase that it is told; said by itself */
    enum charging_unit unit;  /* to use */
    bool has_a, has_w;        /* said by itself, or accepted */
    bool default_on_station;  /* defaults are taken for evse 0 alone */
    bool default_relative;    /* and as Relative alone */
    int32_t stack_max, periods_max, profiles_max; /* said by itself; -1: not */
    /* Second part: obeyed, by the meter. */
    enum proof profile; /* a session's profile (TxProfile) is accepted */
    enum proof obeys;   /* what flows falls to a lower limit */
    enum proof leases;  /* and after the lease to the default, or up to it */
    enum proof clears;  /* clearing a profile has an effect */
    enum proof updates; /* 2.1: obeys an update of a dynamic profile */
    enum proof drops;   /* 2.1: and has the default when it was without us for too long */
    enum proof spreads; /* divides watts by three, also where a car uses one phase */
    enum proof keeps;   /* its limits, when it restarts */
    int32_t latency_ms[LATENCIES_KEPT]; /* from the answer to the effect, the latest ones */
    uint8_t latency_count, latency_next;
    int32_t obeyed_ms[LATENCIES_KEPT]; /* from the answer until a meter showed it, in every day's
                                          sessions; the latest ones */
    uint8_t obeyed_count, obeyed_next;
    int32_t relapses;           /* so often it was seen not to obey */
    int32_t stops;              /* so often a car that charged was seen to stop by 0 A */
    utc_ms asked_at, proven_at; /* when each part ended; UTC_UNKNOWN: not yet */
};

struct behaviour behaviour_none(void);
/* Of a station that takes all limits, and obeys within `latency_ms`: for makes that are known. */
struct behaviour behaviour_proven(enum charging_unit unit, int32_t latency_ms, utc_ms at);

/* An effect that took so long was seen; also outside a probe. */
void behaviour_saw_latency(struct behaviour *behaviour, int32_t latency_ms);
/* 95 of 100 effects came within; 30,000 while fewer than three were seen (libocpp#811). */
int32_t behaviour_latency_p95(const struct behaviour *behaviour);
/* A car that drew `before_da` in one sample draws `draw_da` in the next, and was told 0 between
 * them. True: that is news. */
bool behaviour_saw_stop(struct behaviour *behaviour, int32_t before_da, int32_t draw_da);
/* A lower limit was obeyed after so long, or before, in a session that was no probe. What came soon
 * counts, and what was seen to take longer; a meter that looked late says nothing. True: that
 * changes what counts as proven. */
bool behaviour_saw_obeyed(struct behaviour *behaviour, int32_t took_ms, bool was_late);
/* It did not obey: how soon it did so far is no guide, nor that its cars stopped. */
void behaviour_fell(struct behaviour *behaviour);
/* The settle_ms of the quickest. */
int32_t behaviour_least_settle_ms(void);
/* For commit.h: what counts as proven. settle_ms is the longest that was seen, and a fifth: a probe
 * sees too few effects to know, and then it is long. After an answer (quick_ms) it is by what every
 * day's sessions have shown, once that was often enough. */
struct commit_trust behaviour_trust(const struct behaviour *behaviour);
/* A profile in the form that this station takes: unit, whole amps; the caller says the rest. */
void behaviour_shape(const struct behaviour *behaviour, struct charging_profile *profile);
/* The same limit in the unit that it takes: 0.1 A in each of `phases` phases, whose lowest voltage
 * is `volts_dv`. Never more. */
int32_t behaviour_limit(const struct behaviour *behaviour, int32_t da, int32_t volts_dv,
                        int32_t phases);
/* The fail-safe that can be left on it: at least 6 A where it refuses 0. */
int32_t behaviour_failsafe(const struct behaviour *behaviour, int32_t wanted_da);
/* Why it is not trusted, for people; without a code: it is. */
struct sentence behaviour_trouble(const struct behaviour *behaviour, struct arena *arena);

MUST_CHECK enum err behaviour_write(const struct behaviour *behaviour, struct arena *arena,
                                    struct str *json);
/* What is missing is not known; ERR_BAD_FORMAT. */
MUST_CHECK enum err behaviour_read(struct str json, struct behaviour *behaviour);
