#include "energy/usual.h"

enum { DAYS_A_WEEK = 7, SAMPLES_MIN = 3, SAMPLES_MAX = 64 };
#define HOUR_MS INT64_C(3600000)
#define DAY_MS  (24 * HOUR_MS)

static int64_t day_of(int64_t local_ms)
{
    return local_ms >= 0 ? local_ms / DAY_MS : (local_ms - DAY_MS + 1) / DAY_MS;
}

/* 1970-01-01 was a Thursday. */
static bool is_weekend(int64_t day)
{
    return ((day + 3) % DAYS_A_WEEK + DAYS_A_WEEK) % DAYS_A_WEEK >= 5;
}

static bool is_sound(const struct usual_past *past)
{
    return past->stay_s > 0 && past->energy_wh > 0;
}

static void insert(int32_t *sorted, uint32_t count, int32_t value)
{
    while (count > 0 && sorted[count - 1] > value) {
        sorted[count] = sorted[count - 1];
        count--;
    }
    sorted[count] = value;
}

bool usual_stay(const struct usual_past *past, uint32_t count, int64_t arrived_local_ms,
                int32_t *stay_s, int32_t *energy_wh)
{
    int32_t stays[SAMPLES_MAX], energies[SAMPLES_MAX];
    int64_t today = day_of(arrived_local_ms), of_day = arrived_local_ms - today * DAY_MS;
    uint32_t found = 0;

    for (uint32_t i = 0; i < count && found < SAMPLES_MAX; i++) {
        int64_t day = day_of(past[i].arrived_local_ms);
        int64_t apart = past[i].arrived_local_ms - day * DAY_MS - of_day;
        apart = apart < 0 ? -apart : apart;
        apart = apart > DAY_MS / 2 ? DAY_MS - apart : apart;
        if (!is_sound(&past[i]) || day >= today || day < today - USUAL_DAYS_MAX ||
            apart > HOUR_MS || is_weekend(day) != is_weekend(today))
            continue;
        insert(stays, found, past[i].stay_s);
        insert(energies, found, past[i].energy_wh);
        found++;
    }
    if (found < SAMPLES_MIN)
        return false;
    *stay_s = stays[(found - 1) / 2];
    *energy_wh = energies[(found - 1) / 2];
    return true;
}
