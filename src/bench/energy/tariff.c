#include "bench/energy/tariff.h"

enum { HOURS = 24, WEEKEND = 5, SUMMER_FIRST = 6, SUMMER_LAST = 9 };
#define DAY_MS ((int64_t)86400000)

/* Micro-dollars per kWh of the hours from 0, 8, 12, 18 and 23 o'clock. */
static const struct prices {
    int32_t from_0, from_8, from_12, from_18, from_23;
} summer_weekday = { 56230, 92500, 266680, 92500, 56230 },
  summer_weekend = { 56230, 56230, 56230, 56230, 56230 },
  winter_weekday = { 60870, 74920, 86900, 74920, 60870 },
  winter_weekend = { 60870, 60870, 60870, 60870, 60870 };

static int64_t local_ms(const struct sessions *sessions, int64_t period)
{
    return sessions->start + period * PERIOD_S * 1000 + sessions_offset_ms(sessions, period);
}

static int days_in(int year, int month)
{
    static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return days[month - 1] + (month == 2 && leap);
}

struct local_day tariff_day(const struct sessions *sessions, int64_t period)
{
    int64_t days = local_ms(sessions, period) / DAY_MS;
    /* 1970-01-01 was a Thursday. */
    struct local_day out = { .year = 1970, .month = 1, .weekday = (int)((days + 3) % 7) };

    while (days >= days_in(out.year, out.month)) {
        days -= days_in(out.year, out.month);
        out.month = out.month == 12 ? 1 : out.month + 1;
        out.year += out.month == 1;
    }
    out.day = (int)days + 1;
    out.days_left = days_in(out.year, out.month) - out.day + 1;
    return out;
}

int tariff_quarter(const struct sessions *sessions, int64_t period)
{
    return (int)(local_ms(sessions, period) % DAY_MS / (QUARTER_S * INT64_C(1000)));
}

int32_t tariff_price(const struct sessions *sessions, int64_t period)
{
    struct local_day day = tariff_day(sessions, period);
    bool summer = day.month >= SUMMER_FIRST && day.month <= SUMMER_LAST;
    bool weekend = day.weekday >= WEEKEND;
    const struct prices *prices = summer ? (weekend ? &summer_weekend : &summer_weekday)
                                         : (weekend ? &winter_weekend : &winter_weekday);
    int hour = tariff_quarter(sessions, period) / 4;

    return hour < 8    ? prices->from_0
           : hour < 12 ? prices->from_8
           : hour < 18 ? prices->from_12
           : hour < 23 ? prices->from_18
                       : prices->from_23;
}
