/* document_fleet.c: vehicles that are known: what they need and when they leave. */
#include "dispatch/reading.h"

static void read_ready(struct reading *reading, uint32_t item, const struct form_vehicle *form,
                       struct document_vehicle *vehicle)
{
    for (int day = 0; day < 7; day++)
        vehicle->ready_min[day] = -1;
    for (uint32_t i = 0; i < form->ready_by_count; i++) {
        const struct form_ready *ready = &form->ready_by[i];
        struct spot spot =
            SPOT("fleet", item, arena_printf(reading->scratch, "ready_by[%u]", i).ptr);
        int16_t minute;
        uint8_t days;
        if (!ready->at.ptr || !reading_clock(reading, spot, ready->at, &minute) ||
            !reading_days(reading, spot, ready->days, ready->days_count, &days))
            continue; /* it was found wrong */
        for (int day = 0; day < 7; day++)
            if (days >> day & 1)
                vehicle->ready_min[day] = minute;
    }
}

enum { BATTERY_WH_MIN = 1000 }; /* less is said in kWh, most likely */

static void read_vehicle(struct reading *reading, uint32_t item, const struct form_vehicle *form,
                         struct document_vehicle *vehicle)
{
    *vehicle = (struct document_vehicle){
        .token = arena_copy(reading->arena, form->token.ptr ? form->token : STR_NONE),
        .name = arena_copy(reading->arena, form->name.ptr ? form->name : STR_NONE),
        .battery_wh = form->has_battery_wh ? form_whole(form->battery_wh) : 0,
        .need_wh = form->has_need_wh ? form_whole(form->need_wh) : 0,
        .class = (int8_t)reading_word(reading, SPOT("fleet", item, "class"), form->class,
                                      site_class_words, CLASS_COUNT, -1),
    };
    if (vehicle->battery_wh < 0 || vehicle->battery_wh > DOCUMENT_BATTERY_WH_MAX ||
        (vehicle->battery_wh > 0 && vehicle->battery_wh < BATTERY_WH_MIN))
        ERROR_AT(reading, SPOT("fleet", item, "battery_wh"), "battery_unit",
                 "No battery has {battery_wh} Wh: is it in another unit?",
                 ARGS(ARG_INT("battery_wh", vehicle->battery_wh)));
    if (vehicle->need_wh < 0)
        ERROR_AT(reading, SPOT("fleet", item, "need_wh"), "need_negative",
                 "A need is not negative.", NO_ARGS);
    if (vehicle->battery_wh > 0 && vehicle->need_wh > vehicle->battery_wh)
        ERROR_AT(reading, SPOT("fleet", item, "need_wh"), "need_over_battery",
                 "It needs more than its battery of {battery_wh} Wh holds.",
                 ARGS(ARG_INT("battery_wh", vehicle->battery_wh)));
    read_ready(reading, item, form, vehicle);
}

void reading_make_fleet(struct reading *reading, struct str text)
{
    struct reading_list list = { .name = "fleet",
                                 .desc = &form_vehicle_desc,
                                 .max = DOCUMENT_FLEET_MAX };
    struct document *document = reading->document;
    struct document_vehicle *fleet = reading_list_begin(reading, &list, text, sizeof *fleet);
    struct form_vehicle form;

    document->fleet = fleet;
    while (!reading->full && reading_list_next(reading, &list, &form)) {
        read_vehicle(reading, list.item, &form, &fleet[document->fleet_count]);
        if (form.token.ptr && document_vehicle(document, form.token))
            ERROR_AT(reading, SPOT("fleet", list.item, "token"), "token_twice",
                     "The token {token} is there twice.", ARGS(ARG_STR("token", form.token)));
        document->fleet_count++;
    }
}
