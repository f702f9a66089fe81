/* tariff.h: what energy costs a site at each hour, and its months. The prices are those of Southern
 * California Edison, TOU-EV-4, as of March 2019: by season and weekday, and a charge for the
 * highest quarter hour of a month.
 */
#pragma once
#include "bench/energy/sessions.h"

enum { QUARTER_S = 900, PERIODS_A_QUARTER = QUARTER_S / PERIOD_S, QUARTERS_A_DAY = 96 };
/* Micro-dollars: per kW and month; per kWh that a driver pays. */
#define TARIFF_DEMAND  15510000
#define TARIFF_REVENUE 300000

struct local_day {
    int year, month, day; /* month 1..12 */
    int weekday;          /* 0: Monday */
    int days_left;        /* of the month, this one included */
};

/* The day on the wall where the cars are. */
struct local_day tariff_day(const struct sessions *sessions, int64_t period);
/* Quarter hours of that day that have passed. */
int tariff_quarter(const struct sessions *sessions, int64_t period);
/* Micro-dollars per kWh in the quarter hour of a period. */
int32_t tariff_price(const struct sessions *sessions, int64_t period);
