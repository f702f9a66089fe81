/* document_prices.c: prices by the hour. */
#include "dispatch/reading.h"

static void read_price(struct reading *reading, uint32_t item, const struct form_price *form,
                       struct document_price *price)
{
    const struct spot spot = SPOT("prices", item, NULL);

    *price = (struct document_price){ .months = form->months_count ? 0 : 0xfff };
    for (uint32_t i = 0; i < form->months_count; i++) {
        int64_t month = form_whole(form->months[i]);
        if (month >= 1 && month <= 12) /* else it was found out of range */
            price->months |= (uint16_t)(1u << (month - 1));
    }
    if (!form->has_price_minor_per_kwh)
        ERROR_AT(reading, SPOT("prices", item, "price_minor_per_kwh"), "price_missing",
                 "It is missing.", NO_ARGS);
    price->price_milli = form->price_minor_per_kwh / (JSON_NUMBER_UNIT / 1000);
    if (form->from.ptr)
        (void)reading_clock(reading, spot, form->from, &price->hours.from_min);
    if (form->to.ptr)
        (void)reading_clock(reading, spot, form->to, &price->hours.to_min);
    (void)reading_days(reading, spot, form->days, form->days_count, &price->hours.days);
}

void reading_make_prices(struct reading *reading, struct str text)
{
    struct reading_list list = { .name = "prices",
                                 .desc = &form_price_desc,
                                 .max = DOCUMENT_PRICES_MAX };
    struct document *document = reading->document;
    struct document_price *prices = reading_list_begin(reading, &list, text, sizeof *prices);
    struct form_price form;

    document->prices = prices;
    while (!reading->full && reading_list_next(reading, &list, &form))
        read_price(reading, list.item, &form, &prices[document->price_count++]);
}
