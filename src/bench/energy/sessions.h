/* sessions.h: charging sessions of the past, read from files: what a scenario plays again.
 *
 * Read are, gzipped or not: the events of ACN-Sim (JSON, or JSON inside a JSON string; periods of
 * five minutes) and tables (CSV) with the columns "arrival", "departure", "delivered_energy (kWh)"
 * and "station_id".
 */
#pragma once
#include "base/base.h"

enum { PERIOD_S = 300, STATION_SIZE = 24 };

struct session {
    int64_t arrive, depart; /* periods from the start of the file's first day; depart excluded */
    double energy_kwh;
    char station[STATION_SIZE];
};

struct sessions {
    struct session *items; /* by arrival */
    uint32_t count;
    utc_ms start;            /* of period 0: midnight where the cars are */
    int64_t local_offset_ms; /* there, at the start: added to UTC */
};

/* ERR_NOT_FOUND: cannot be read; ERR_BAD_FORMAT: no such format, or no session in it. `why`
 * (BENCH_WHY_SIZE bytes) says it. */
MUST_CHECK enum err sessions_read(const char *path, struct sessions *sessions, char *why);
void sessions_fini(struct sessions *sessions);
/* By arrival. */
void sessions_sort(struct sessions *sessions);
/* What has to be added to UTC for the clock on the wall in California: its summer time. */
int64_t sessions_offset_ms(const struct sessions *sessions, int64_t period);
