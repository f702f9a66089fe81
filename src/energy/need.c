#include "energy/need.h"

enum { MS_PER_S = 1000, S_PER_H = 3600, DA_PER_A = 10 };

/* Larger needs are no car's. */
#define NEED_WH_MAX 100000000

static int64_t watts_of_ten_amperes(const struct tree_leaf *leaf)
{
    return (int64_t)leaf->volts * leaf->wires_live * DA_PER_A;
}

int64_t need_duration_ms(const struct tree_leaf *leaf, int64_t need_wh, int32_t da)
{
    int64_t power = watts_of_ten_amperes(leaf) * da; /* 0.01 W */

    if (need_wh <= 0)
        return 0;
    if (power <= 0)
        return INT64_MAX;
    need_wh = need_wh < NEED_WH_MAX ? need_wh : NEED_WH_MAX;
    return (need_wh * S_PER_H * MS_PER_S * DA_PER_A * DA_PER_A + power - 1) / power;
}

static int64_t left_ms(const struct site_evse *evse, utc_ms now)
{
    if (evse->departs_at == UTC_NEVER || evse->departs_at == UTC_UNKNOWN)
        return INT64_MAX;
    return evse->departs_at > now ? evse->departs_at - now : 0;
}

int64_t need_laxity_ms(const struct site_evse *evse, utc_ms now)
{
    int64_t left = left_ms(evse, now);
    int64_t takes = need_duration_ms(&evse->leaf, evse->need_wh, evse->max_da);

    if (left == INT64_MAX || evse->need_wh <= 0 || takes == INT64_MAX)
        return INT64_MAX;
    return left - takes;
}

int32_t need_most_da(const struct site_evse *evse, int32_t period_ms)
{
    int32_t most = evse->max_da > 0 ? evse->max_da : 0;
    int64_t power = watts_of_ten_amperes(&evse->leaf) * period_ms, takes;

    if (evse->need_wh < 0 || evse->need_wh > NEED_WH_MAX || power <= 0)
        return most;
    takes = (evse->need_wh * S_PER_H * MS_PER_S * DA_PER_A * DA_PER_A + power - 1) / power;
    return takes < most ? (int32_t)takes : most;
}

struct phase_car need_car(const struct site_evse *evse, uint32_t leaf, int32_t bound_da, utc_ms now,
                          int32_t period_ms)
{
    int32_t most = need_most_da(evse, period_ms);

    return (struct phase_car){
        .leaf = leaf,
        .most_da = most < bound_da ? most : bound_da,
        .laxity_ms = need_laxity_ms(evse, now),
        .need_wh = evse->need_wh,
        .left_ms = left_ms(evse, now),
    };
}
