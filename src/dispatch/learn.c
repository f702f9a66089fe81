#include "dispatch/learn.h"

/* --- a station's clock ----------------------------------------------------- */

enum { QUARTER_MS = 900000, DAY_MS = 86400000 };

void clock_reset(struct station_clock *clock)
{
    *clock = (struct station_clock){ 0 };
}

void clock_saw(struct station_clock *clock, utc_ms at, utc_ms received_at)
{
    int64_t differs_ms;

    if (at == UTC_UNKNOWN || at == UTC_NEVER ||
        __builtin_sub_overflow(at, received_at, &differs_ms))
        return;
    if (!clock->known) {
        *clock = (struct station_clock){ .best_ms = differs_ms,
                                         .next_ms = differs_ms,
                                         .since = received_at,
                                         .seen_at = received_at,
                                         .known = true };
        return;
    }
    clock->seen_at = received_at;
    if (received_at - clock->since >= QUARTER_MS) {
        /* What is older than two quarters counts no more: clocks drift, and are set. */
        clock->best_ms = clock->next_ms;
        clock->next_ms = INT64_MIN;
        clock->since = received_at;
    }
    if (differs_ms > clock->next_ms)
        clock->next_ms = differs_ms;
    if (differs_ms > clock->best_ms)
        clock->best_ms = differs_ms;
}

bool clock_offset(const struct station_clock *clock, utc_ms now, int64_t *offset_ms)
{
    if (!clock->known || now - clock->seen_at > DAY_MS)
        return false;
    *offset_ms = clock->best_ms;
    return true;
}

/* --- a car ----------------------------------------------------------------- */

enum {
    DRAWS_DA = 10,   /* less is standby: pilot, fan, pre-heating begins above */
    IDLE_MS = 90000, /* a car that starts takes up to a minute (IEC 61851-1 annex A: 10 s; Zoe) */
    LIMIT_MAX_DA = 200, /* one that does not charge with that much is full */
    LINES_TIMES = 2,
    ALL_LINES = 7,
    NORM_DA = 60, /* IEC 61851-1: the least that a pilot can say */
};

static int32_t most_of(const struct power_meter *meter, uint8_t *lines)
{
    int32_t most = meter->current_any_da != POWER_UNKNOWN ? meter->current_any_da : 0;

    *lines = 0;
    for (int i = 0; i < 3; i++) {
        if (meter->current_da[i] == POWER_UNKNOWN)
            continue;
        if (meter->current_da[i] > most)
            most = meter->current_da[i];
        if (meter->current_da[i] >= DRAWS_DA)
            *lines |= (uint8_t)(1u << i);
    }
    return most;
}

/* Does more power flow than the currents that are told can carry? Then they are not all of them. */
static bool currents_are_missing(const struct power_meter *meter)
{
    enum { VOLTS_MOST = 277, SLACK_PERCENT = 120 };
    int64_t sum_da = 0;

    for (int i = 0; i < 3; i++)
        if (meter->current_da[i] != POWER_UNKNOWN && meter->current_da[i] > 0)
            sum_da += meter->current_da[i];
    return meter->power_w != POWER_UNKNOWN &&
           meter->power_w * 10 * 100 > sum_da * VOLTS_MOST * SLACK_PERCENT;
}

static void saw_lines(struct car_seen *car, uint8_t lines)
{
    if (lines == 0)
        return;
    if (lines == car->lines) {
        if (car->lines_times < UINT8_MAX)
            car->lines_times++;
        return;
    }
    car->lines = lines;
    car->lines_times = 1;
}

static void saw_charging(struct car_seen *car, int32_t limit_da, int32_t draw_da)
{
    car->idle_since = 0;
    if (draw_da > car->most_da)
        car->most_da = draw_da;
    if (limit_da < NORM_DA)
        return; /* it does not obey yet: says nothing about the car */
    if (car->works_da == 0 || limit_da < car->works_da)
        car->works_da = limit_da;
    if (car->stops_da >= limit_da)
        car->stops_da = 0; /* it was something else that kept it from charging */
}

static void saw_idle(struct car_seen *car, utc_ms now, int32_t limit_da)
{
    if (car->idle_since == 0 || car->idle_limit_da != limit_da) {
        car->idle_since = now;
        car->idle_limit_da = limit_da;
        return;
    }
    if (now - car->idle_since >= IDLE_MS && limit_da > car->stops_da)
        car->stops_da = limit_da;
}

void car_saw_lines(struct car_seen *car, const struct power_meter *meter)
{
    uint8_t lines;

    (void)most_of(meter, &lines); /* where it flows, not how much */
    saw_lines(car, currents_are_missing(meter) ? ALL_LINES : lines);
}

void car_saw(struct car_seen *car, utc_ms now, int32_t limit_da, const struct power_meter *meter,
             bool wants)
{
    uint8_t lines;
    int32_t draw_da = most_of(meter, &lines);

    if (draw_da >= DRAWS_DA)
        saw_charging(car, limit_da, draw_da);
    else if (wants && limit_da >= NORM_DA && limit_da <= LIMIT_MAX_DA)
        saw_idle(car, now, limit_da);
    else
        car->idle_since = 0;
}

/* Between what did not work and what did lies the truth: the higher one is safe. */
int32_t car_min_da(const struct car_seen *car)
{
    if (car->stops_da == 0)
        return car->works_da != 0 && car->works_da <= NORM_DA ? NORM_DA : 0;
    return car->works_da > car->stops_da ? car->works_da : car->stops_da + 10;
}

int32_t car_phases(const struct car_seen *car)
{
    return car->lines_times >= LINES_TIMES
               ? (int32_t)((car->lines & 1u) + (car->lines >> 1 & 1u) + (car->lines >> 2 & 1u))
               : 0;
}
