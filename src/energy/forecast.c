#include "energy/forecast.h"

enum {
    HOURS = SITE_FORECAST_HOURS,
    SAME_DAY = 3, /* weights of days before */
    SAME_KIND = 1,
    DAYS_A_WEEK = 7,
    PERMILLE = 1000,
    SAMPLES_MIN = 3,
    SAMPLES_MAX = 64,
};
#define HOUR_MS INT64_C(3600000)
#define DAY_MS  (24 * HOUR_MS)

static int64_t day_of(int64_t local_ms)
{
    return local_ms >= 0 ? local_ms / DAY_MS : (local_ms - DAY_MS + 1) / DAY_MS;
}

/* 0: Monday. 1970-01-01 was a Thursday. */
static int64_t weekday(int64_t day)
{
    return ((day + 3) % DAYS_A_WEEK + DAYS_A_WEEK) % DAYS_A_WEEK;
}

static bool is_weekend(int64_t day)
{
    return weekday(day) >= 5;
}

static uint32_t likeness(int64_t day, int64_t other)
{
    if (weekday(day) == weekday(other))
        return SAME_DAY;
    return is_weekend(day) == is_weekend(other) ? SAME_KIND : 0;
}

static bool is_sound(const struct forecast_past *past)
{
    return past->stay_s > 0 && past->energy_wh > 0;
}

/* The first day that counts, of the days before `today`; `today` when there is none. */
static int64_t first_day(const struct forecast_past *past, uint32_t count, int64_t today)
{
    int64_t first = today;

    for (uint32_t i = 0; i < count; i++) {
        int64_t day = day_of(past[i].arrived_local_ms);
        if (is_sound(&past[i]) && day < first && day >= today - FORECAST_DAYS_MAX)
            first = day;
    }
    return first;
}

struct sums {
    uint64_t days, cars, energy_wh, stay_s, wires[WIRE_COUNT];
};

static void add(struct sums *sums, const struct forecast_past *past, uint32_t weight)
{
    uint32_t wires = (uint32_t)__builtin_popcount(past->wires);

    sums->cars += weight;
    sums->energy_wh += (uint64_t)past->energy_wh * weight;
    sums->stay_s += (uint64_t)past->stay_s * weight;
    for (int w = 0; w < WIRE_COUNT; w++)
        if (past->wires & WIRE_BIT(w))
            sums->wires[w] += (uint64_t)weight * PERMILLE / wires;
}

static struct site_arrivals arrivals(const struct sums *sums)
{
    struct site_arrivals mean = { 0 };

    if (sums->cars == 0 || sums->days == 0)
        return mean;
    mean.cars_milli = (uint32_t)(sums->cars * 1000 / sums->days);
    mean.energy_wh = (int32_t)(sums->energy_wh / sums->cars);
    mean.stay_s = (int32_t)(sums->stay_s / sums->cars);
    for (int w = 0; w < WIRE_COUNT; w++)
        mean.wires_permille[w] = (uint32_t)(sums->wires[w] / sums->cars);
    return mean;
}

void forecast_build(const struct forecast_past *past, uint32_t count, int64_t now_local_ms,
                    struct site_forecast *forecast)
{
    int64_t today = day_of(now_local_ms), first = first_day(past, count, today);

    *forecast = (struct site_forecast){ 0 };
    if (first == today)
        return;
    forecast->hours = HOURS;
    for (int64_t h = 0; h < HOURS; h++) {
        int64_t begin = now_local_ms + h * HOUR_MS, target = day_of(begin);
        int64_t of_day = begin - target * DAY_MS;
        struct sums sums = { 0 };
        for (int64_t day = first; day < today; day++)
            sums.days += likeness(day, target);
        for (uint32_t i = 0; i < count; i++) {
            int64_t day = day_of(past[i].arrived_local_ms);
            int64_t after = past[i].arrived_local_ms - day * DAY_MS - of_day;
            if (after < 0)
                after += DAY_MS; /* an hour that ends after midnight */
            if (is_sound(&past[i]) && day >= first && day < today && after < HOUR_MS)
                add(&sums, &past[i], likeness(day, target));
        }
        forecast->hour[h] = arrivals(&sums);
    }
}

static void insert(int32_t *sorted, uint32_t count, int32_t value)
{
    while (count > 0 && sorted[count - 1] > value) {
        sorted[count] = sorted[count - 1];
        count--;
    }
    sorted[count] = value;
}

bool forecast_default(const struct forecast_past *past, uint32_t count, int64_t arrived_local_ms,
                      int32_t *stay_s, int32_t *energy_wh)
{
    int32_t stays[SAMPLES_MAX], energies[SAMPLES_MAX];
    int64_t today = day_of(arrived_local_ms), of_day = arrived_local_ms - today * DAY_MS;
    uint32_t found = 0;

    for (uint32_t i = count; i-- > 0 && found < SAMPLES_MAX;) {
        int64_t day = day_of(past[i].arrived_local_ms);
        int64_t apart = past[i].arrived_local_ms - day * DAY_MS - of_day;
        apart = apart < 0 ? -apart : apart;
        apart = apart > DAY_MS / 2 ? DAY_MS - apart : apart;
        if (!is_sound(&past[i]) || day >= today || day < today - FORECAST_DAYS_MAX ||
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
