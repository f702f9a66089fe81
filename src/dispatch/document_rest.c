/* document_rest.c: meters, prices by the hour, vehicles. */
#include "dispatch/reading.h"

enum { STALE_MS = 60000 };

/* --- meters */

static void need_text(struct reading *reading, uint32_t item, const char *member, struct str text,
                      const char *why)
{
    if (!text.ptr || text.len == 0)
        ERROR_AT(reading, SPOT("meters", item, member), "%s", why);
}

static void read_place(struct reading *reading, uint32_t item, const struct form_meter *form,
                       struct document_meter *meter)
{
    static const struct str units[] = { STR_INIT("A"), STR_INIT("mA"), STR_INIT("W"),
                                        STR_INIT("kW") };
    const struct document_around *around = reading->around;

    switch ((enum meter_source)meter->source) {
    case METER_MODBUS:
        need_text(reading, item, "address", form->address,
                  "A Modbus meter has an address, like 192.0.2.7:502.");
        need_text(reading, item, "map", form->map,
                  "A Modbus meter names its register map, like sunspec.");
        break;
    case METER_MQTT:
        need_text(reading, item, "address", form->address,
                  "An MQTT meter has the address of its broker, like 192.0.2.7:1883.");
        need_text(reading, item, "topic", form->topic, "An MQTT meter has a topic.");
        need_text(reading, item, "unit", form->unit,
                  "An MQTT meter says in which unit its value is: A, mA, W or kW.");
        (void)reading_word(reading, SPOT("meters", item, "unit"), form->unit, units, COUNT(units),
                           0); /* told when it is none of them */
        break;
    case METER_STATION:
        need_text(reading, item, "station", form->station,
                  "A meter of a station names the station.");
        if (around && form->station.len)
            meter->station_row = around->station(around->context, form->station);
        if (around && form->station.len && meter->station_row == 0)
            ERROR_AT(reading, SPOT("meters", item, "station"), "There is no station %.*s.",
                     STR_ARGS(form->station));
        break;
    case METER_PUSH:
    case METER_SOURCE_COUNT:
        break;
    }
}

/* What is assumed while it is silent: as it says, else the node's own load; the sun and a battery
 * give nothing then. */
static void read_safe(struct reading *reading, uint32_t item, const struct form_meter *form,
                      struct document_meter *meter)
{
    const struct document_node *node = &reading->nodes[meter->node];
    bool is_load = meter->measures == MEASURES_NODE || meter->measures == MEASURES_LOAD;
    bool has = form_lines(form->has_safe_a, form->safe_a, form->safe_phases_a,
                          form->safe_phases_a_count, meter->safe_da);

    if (!has && !form->has_safe_w && is_load) {
        memcpy(meter->safe_da, node->tree.base_da, sizeof meter->safe_da);
        meter->safe_w = node->tree.base_w;
        return;
    }
    meter->safe_w = form->has_safe_w ? form_whole(form->safe_w) : 0;
    for (int line = 0; line < LINE_COUNT; line++) {
        if (!has && form->has_safe_w)
            meter->safe_da[line] =
                (int32_t)((meter->safe_w * 10 + 3 * node->volts - 1) / (3 * node->volts));
        else if (has && !form->has_safe_w)
            meter->safe_w += (int64_t)meter->safe_da[line] * node->volts / 10;
    }
    if (is_load && (meter->safe_w < 0 || meter->safe_da[0] < 0 || meter->safe_da[1] < 0 ||
                    meter->safe_da[2] < 0))
        ERROR_AT(reading, SPOT("meters", item, "safe_a"), "A load cannot be negative.");
}

static void read_meter(struct reading *reading, uint32_t item, const struct form_meter *form,
                       struct document_meter *meter)
{
    struct arena *arena = reading->arena;
    const struct draft *draft = form->node.ptr ? reading_node(reading, form->node) : NULL;
    static const int32_t none[LINE_COUNT] = { TREE_NO_LIMIT_DA, TREE_NO_LIMIT_DA,
                                              TREE_NO_LIMIT_DA };
    struct str sentence;

#define COPY(member) arena_copy(arena, form->member.ptr ? form->member : STR_NONE)
    *meter = (struct document_meter){ .id = COPY(id),
                                      .address = COPY(address),
                                      .map = COPY(map),
                                      .topic = COPY(topic),
                                      .path = COPY(path),
                                      .unit = COPY(unit),
                                      .station = COPY(station),
                                      .stale_after_ms = STALE_MS,
                                      .unit_id = 1 };
#undef COPY
    meter->source = (uint8_t)reading_word(reading, SPOT("meters", item, "source"), form->source,
                                          meter_source_words, METER_SOURCE_COUNT, METER_PUSH);
    meter->measures =
        (uint8_t)reading_word(reading, SPOT("meters", item, "measures"), form->measures,
                              meter_measures_words, MEASURES_COUNT, MEASURES_NODE);
    if (form->has_stale_after_s)
        meter->stale_after_ms = (int32_t)form_whole(form->stale_after_s) * 1000;
    if (form->has_unit_id)
        meter->unit_id = (int32_t)form_whole(form->unit_id);
    if (form->has_evse)
        meter->evse = (int32_t)form_whole(form->evse);
    read_place(reading, item, form, meter);
    if (form->node.ptr && (!draft || draft->kind == NODE_EVSE)) {
        ERROR_AT(reading, SPOT("meters", item, "node"),
                 draft ? "A meter of an EVSE needs no mention: its station sends its values."
                       : "There is no node %.*s.",
                 STR_ARGS(form->node));
        return;
    }
    if (!draft || draft->index < 0)
        return;
    meter->node = (uint32_t)draft->index;
    read_safe(reading, item, form, meter);
    if (!document_plausible(reading->document, meter,
                            form->has_safe_a || form->safe_phases_a_count ? meter->safe_da : none,
                            form->has_safe_w ? meter->safe_w : TREE_NO_LIMIT_W, arena, &sentence))
        ERROR_AT(reading, SPOT("meters", item, form->has_safe_w ? "safe_w" : "safe_a"), "%.*s",
                 STR_ARGS(sentence));
}

void reading_make_meters(struct reading *reading, struct str text)
{
    struct reading_list list = { .name = "meters",
                                 .desc = &form_meter_desc,
                                 .max = DOCUMENT_METERS_MAX };
    struct document *document = reading->document;
    struct document_meter *meters =
        ARENA_NEW_ARRAY(reading->arena, struct document_meter, text.ptr ? DOCUMENT_METERS_MAX : 0);
    struct form_meter form;

    if (!meters) {
        reading->full = true;
        return;
    }
    document->meters = meters;
    reading_list_open(reading, &list, text);
    while (!reading->full && reading_list_next(reading, &list, &form)) {
        read_meter(reading, list.item, &form, &meters[document->meter_count]);
        for (uint32_t i = 0; i < document->meter_count; i++)
            if (str_equal(meters[i].id, meters[document->meter_count].id))
                ERROR_AT(reading, SPOT("meters", list.item, "id"), "The id %.*s is there twice.",
                         STR_ARGS(meters[i].id));
        document->meter_count++;
    }
}

/* --- prices */

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
        ERROR_AT(reading, SPOT("prices", item, "price_minor_per_kwh"), "It is missing.");
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
    struct document_price *prices =
        ARENA_NEW_ARRAY(reading->arena, struct document_price, text.ptr ? DOCUMENT_PRICES_MAX : 0);
    struct form_price form;

    if (!prices) {
        reading->full = true;
        return;
    }
    document->prices = prices;
    reading_list_open(reading, &list, text);
    while (reading_list_next(reading, &list, &form))
        read_price(reading, list.item, &form, &prices[document->price_count++]);
}

/* --- fleet */

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
    if (vehicle->battery_wh < 0 || vehicle->battery_wh > DOCUMENT_BATTERY_WH_MAX)
        ERROR_AT(reading, SPOT("fleet", item, "battery_wh"),
                 "No battery has %lld Wh: is it in another unit?", (long long)vehicle->battery_wh);
    if (vehicle->need_wh < 0)
        ERROR_AT(reading, SPOT("fleet", item, "need_wh"), "A need is not negative.");
    if (vehicle->battery_wh > 0 && vehicle->need_wh > vehicle->battery_wh)
        ERROR_AT(reading, SPOT("fleet", item, "need_wh"),
                 "It needs more than its battery of %lld Wh holds.",
                 (long long)vehicle->battery_wh);
    read_ready(reading, item, form, vehicle);
}

void reading_make_fleet(struct reading *reading, struct str text)
{
    struct reading_list list = { .name = "fleet",
                                 .desc = &form_vehicle_desc,
                                 .max = DOCUMENT_FLEET_MAX };
    struct document *document = reading->document;
    struct document_vehicle *fleet =
        ARENA_NEW_ARRAY(reading->arena, struct document_vehicle, text.ptr ? DOCUMENT_FLEET_MAX : 0);
    struct form_vehicle form;

    if (!fleet) {
        reading->full = true;
        return;
    }
    document->fleet = fleet;
    reading_list_open(reading, &list, text);
    while (!reading->full && reading_list_next(reading, &list, &form)) {
        read_vehicle(reading, list.item, &form, &fleet[document->fleet_count]);
        if (form.token.ptr && document_vehicle(document, form.token))
            ERROR_AT(reading, SPOT("fleet", list.item, "token"), "The token %.*s is there twice.",
                     STR_ARGS(form.token));
        document->fleet_count++;
    }
}
