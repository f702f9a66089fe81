/* series.c: what is known for a moment: prices, CO2, forecasts of sun and loads. */
#include "dispatch/decides.h"

static int64_t value_at(const struct series_row *row, int64_t index)
{
    const unsigned char *at = (const unsigned char *)row->data.ptr + index * 8;
    uint64_t value = 0;

    for (int i = 7; i >= 0; i--)
        value = value << 8 | at[i];
    return (int64_t)value;
}

int64_t series_at(const struct power_site *site, enum series_kind kind, utc_ms at)
{
    const struct world *world = &site->dispatch->engine->world;
    const struct series_row *row;

    for (uint32_t i = 0; (row = world_next(world, ROW_series, &i));) {
        int64_t index;
        if (row->site != site->row || row->kind != (int64_t)kind || at < row->from_at ||
            row->step_s <= 0)
            continue;
        index = (at - row->from_at) / (row->step_s * 1000);
        if (index < row->count && (uint64_t)index * 8 + 8 <= row->data.len)
            return value_at(row, index);
    }
    return DISPATCH_NO_VALUE;
}

int64_t price_at(const struct power_site *site, utc_ms at)
{
    int64_t price = series_at(site, SERIES_PRICE, at);

    if (price == DISPATCH_NO_VALUE && !document_price(&site->document, site->zone, at, &price))
        return DISPATCH_NO_VALUE;
    return price;
}

int32_t cost_at(const struct power_site *site, utc_ms at)
{
    bool green = site->document.mode == SITE_GREEN;
    int64_t value = green ? series_at(site, SERIES_CO2, at) : price_at(site, at);

    if (value == DISPATCH_NO_VALUE)
        return PLAN_COST_UNKNOWN;
    value *= green ? 1000 : 10; /* mg; millionths of the currency */
    return value > INT32_MAX / 2    ? INT32_MAX / 2
           : value < -INT32_MAX / 2 ? -INT32_MAX / 2
                                    : (int32_t)value;
}
