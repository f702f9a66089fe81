/* document_meters.c: meters: where each is asked, what it measures, what is assumed while it is
 * silent. */
#include "dispatch/reading.h"
#include "meters/map.h"
#include "meters/pick.h"

enum { STALE_MS = 60000 };

static bool lacks(struct str text)
{
    return !text.ptr || text.len == 0;
}

/* "192.0.2.7", "meter.lan:502", "[2001:db8::7]:502". */
static void read_address(struct reading *reading, uint32_t item, struct str text,
                         struct document_meter *meter)
{
    struct str host = text, port = STR_NONE;
    int64_t number = 0, end = text.len && text.ptr[0] == '[' ? str_find_byte(text, ']') : -1;
    int64_t colon = str_find_byte(text, ':');

    if (end > 0) {
        host = str_first(str_from(text, 1), (uint32_t)end - 1);
        port = str_from(text, (uint32_t)end + 1);
    } else if (colon >= 0) {
        host = str_first(text, (uint32_t)colon);
        port = str_from(text, (uint32_t)colon);
    }
    meter->host = arena_copy(reading->arena, host);
    if (host.len == 0 || host.len >= METER_TEXT_MAX ||
        (port.len && (port.ptr[0] != ':' || !str_to_i64(str_from(port, 1), &number) || number < 1 ||
                      number > 65535)))
        ERROR_AT(reading, SPOT("meters", item, "address"), "address_form",
                 "It is written like meter.lan, 192.0.2.7:502 or [2001:db8::7]:502.", NO_ARGS);
    else
        meter->port = (uint16_t)number;
}

static void read_map(struct reading *reading, uint32_t item, struct str map)
{
    struct buf list;

    if (!map.len || meter_map_find(map))
        return;
    buf_init_arena(&list, reading->scratch, 4096);
    for (uint32_t i = 0; i < meter_map_count; i++) {
        buf_put(&list, i ? STR(", ") : STR_NONE);
        buf_put(&list, meter_maps[i].id);
    }
    ERROR_AT(reading, SPOT("meters", item, "map"), "map_unknown",
             "There is no register map {map}: there are {maps}.",
             ARGS(ARG_STR("map", map), ARG_STR("maps", buf_str(&list))));
}

/* A file that the server keeps, by its name alone: nobody reads others through a document. */
static void read_file(struct reading *reading, uint32_t item, const char *member, struct str name)
{
    if (name.len && (str_find_byte(name, '/') >= 0 || name.ptr[0] == '.'))
        ERROR_AT(reading, SPOT("meters", item, member), "file_name",
                 "It is a file's name alone: the file lies in the directory energy.credentials.",
                 NO_ARGS);
}

static void read_values(struct reading *reading, uint32_t item, const struct form_meter *form,
                        struct document_meter *meter)
{
    struct document_value *values =
        ARENA_NEW_ARRAY(reading->arena, struct document_value, form->values_count);

    if (!values) {
        reading->full = true;
        return;
    }
    if (form->values_count == 0 || form->values_count > DOCUMENT_VALUES_MAX)
        ERROR_AT(reading, SPOT("meters", item, "values"), "values_count",
                 "It says where 1 to {max} values stand in a message.",
                 ARGS(ARG_INT("max", DOCUMENT_VALUES_MAX)));
    for (uint32_t i = 0; i < form->values_count; i++) {
        const struct form_value *from = &form->values[i];
        struct spot spot =
            SPOT("meters", item, arena_printf(reading->scratch, "values[%u]", i).ptr);
        struct str path = from->path.ptr ? from->path : STR_NONE;
        values[i] = (struct document_value){
            .what = (uint8_t)reading_word(reading, spot, from->what, meter_what_words,
                                          METER_WHAT_COUNT, METER_POWER),
            .unit = (uint8_t)reading_word(reading, spot, from->unit, meter_unit_words,
                                          METER_UNIT_COUNT, METER_W),
            .negate = from->negate,
            .path = arena_copy(reading->arena, path),
        };
        if (from->what.ptr && from->unit.ptr &&
            !meter_unit_fits((enum meter_what)values[i].what, (enum meter_unit)values[i].unit))
            ERROR_AT(reading, spot, "unit_unfit", "{what} is not measured in {unit}.",
                     ARGS(ARG_STR("what", from->what), ARG_STR("unit", from->unit)));
        if (!meter_path_valid(path))
            ERROR_AT(reading, spot, "path_form", "Its path is written like phases[0].current.",
                     NO_ARGS);
    }
    meter->values = values;
    meter->value_count = form->values_count;
}

static void read_place(struct reading *reading, uint32_t item, const struct form_meter *form,
                       struct document_meter *meter)
{
    const struct document_around *around = reading->around;

    switch ((enum meter_source)meter->source) {
    case SOURCE_MODBUS:
        if (lacks(form->address))
            ERROR_AT(reading, SPOT("meters", item, "address"), "modbus_address",
                     "A Modbus meter has an address, like 192.0.2.7:502.", NO_ARGS);
        if (lacks(form->map))
            ERROR_AT(reading, SPOT("meters", item, "map"), "modbus_map",
                     "A Modbus meter names its register map (contracts/meters).", NO_ARGS);
        read_map(reading, item, meter->map);
        break;
    case SOURCE_MQTT:
        if (lacks(form->address))
            ERROR_AT(reading, SPOT("meters", item, "address"), "mqtt_address",
                     "An MQTT meter has the address of its broker, like 192.0.2.7:1883.", NO_ARGS);
        if (lacks(form->topic))
            ERROR_AT(reading, SPOT("meters", item, "topic"), "mqtt_topic",
                     "An MQTT meter has a topic.", NO_ARGS);
        read_file(reading, item, "password_file", meter->password_file);
        read_file(reading, item, "ca_file", meter->ca_file);
        read_values(reading, item, form, meter);
        break;
    case SOURCE_STATION:
        if (lacks(form->station))
            ERROR_AT(reading, SPOT("meters", item, "station"), "meter_station",
                     "A meter of a station names the station.", NO_ARGS);
        if (around && form->station.len)
            meter->station_row = around->station(around->context, form->station);
        if (around && form->station.len && meter->station_row == 0)
            ERROR_AT(reading, SPOT("meters", item, "station"), "station_unknown",
                     "There is no station {station}.", ARGS(ARG_STR("station", form->station)));
        break;
    case SOURCE_PUSH:
    case SOURCE_COUNT:
        break;
    }
    if (form->address.len)
        read_address(reading, item, form->address, meter);
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

    meter->safe_said = has || form->has_safe_w;
    if (!meter->safe_said && is_load) {
        memcpy(meter->safe_da, node->tree.base_da, sizeof meter->safe_da);
        meter->safe_w = node->tree.base_w;
        if (node->tree.base_w <= 0 && node->tree.base_da[0] <= 0 && node->tree.base_da[1] <= 0 &&
            node->tree.base_da[2] <= 0)
            WARNING_AT(reading, SPOT("meters", item, "safe_a"), "meter_no_safe",
                       "While it is silent no more is assumed than it has shown since voltd "
                       "started: say here what may flow then.",
                       NO_ARGS);
        return;
    }
    meter->safe_w = form->has_safe_w ? form_whole(form->safe_w) : 0;
    for (int line = 0; line < LINE_COUNT; line++) {
        if (!has && form->has_safe_w)
            meter->safe_da[line] = (int32_t)((meter->safe_w * 10 + INT64_C(3) * node->volts - 1) /
                                             (INT64_C(3) * node->volts));
        else if (has && !form->has_safe_w)
            meter->safe_w += (int64_t)meter->safe_da[line] * node->volts / 10;
    }
    if (is_load && (meter->safe_w < 0 || meter->safe_da[0] < 0 || meter->safe_da[1] < 0 ||
                    meter->safe_da[2] < 0))
        ERROR_AT(reading, SPOT("meters", item, "safe_a"), "load_negative",
                 "A load cannot be negative.", NO_ARGS);
}

static void read_meter(struct reading *reading, uint32_t item, const struct form_meter *form,
                       struct document_meter *meter)
{
    struct arena *arena = reading->arena;
    const struct draft *draft = form->node.ptr ? reading_node(reading, form->node) : NULL;
    static const int32_t none[LINE_COUNT] = { TREE_NO_LIMIT_DA, TREE_NO_LIMIT_DA,
                                              TREE_NO_LIMIT_DA };
    struct sentence sentence;

#define COPY(member) arena_copy(arena, form->member.ptr ? form->member : STR_NONE)
    *meter = (struct document_meter){ .id = COPY(id),
                                      .host = STR_NONE,
                                      .map = COPY(map),
                                      .negate = form->negate,
                                      .topic = COPY(topic),
                                      .login = COPY(login),
                                      .password_file = COPY(password_file),
                                      .ca_file = COPY(ca_file),
                                      .station = COPY(station),
                                      .stale_after_ms = STALE_MS,
                                      .unit_id = 1 };
#undef COPY
    meter->source = (uint8_t)reading_word(reading, SPOT("meters", item, "source"), form->source,
                                          meter_source_words, SOURCE_COUNT, SOURCE_PUSH);
    meter->measures =
        (uint8_t)reading_word(reading, SPOT("meters", item, "measures"), form->measures,
                              meter_measures_words, MEASURES_COUNT, MEASURES_NODE);
    if (form->has_stale_after_s)
        meter->stale_after_ms = (int32_t)form_whole(form->stale_after_s) * 1000;
    if (form->has_unit_id)
        meter->unit_id = (uint8_t)form_whole(form->unit_id);
    if (form->has_period_s)
        meter->period_ms = form_da(form->period_s) * 100;
    if (form->has_evse)
        meter->evse = (int32_t)form_whole(form->evse);
    read_place(reading, item, form, meter);
    if (form->node.ptr && !draft)
        ERROR_AT(reading, SPOT("meters", item, "node"), "no_node", "There is no node {node}.",
                 ARGS(ARG_STR("node", form->node)));
    else if (draft && draft->kind == NODE_EVSE)
        ERROR_AT(reading, SPOT("meters", item, "node"), "meter_of_evse",
                 "A meter of an EVSE needs no mention: its station sends its values.", NO_ARGS);
    if (!draft || draft->kind == NODE_EVSE || draft->index < 0)
        return;
    meter->node = (uint32_t)draft->index;
    read_safe(reading, item, form, meter);
    if (!document_plausible(reading->document, meter,
                            form->has_safe_a || form->safe_phases_a_count ? meter->safe_da : none,
                            form->has_safe_w ? meter->safe_w : TREE_NO_LIMIT_W, arena, &sentence))
        reading_find(reading, true, SPOT("meters", item, form->has_safe_w ? "safe_w" : "safe_a"),
                     sentence);
}

/* Sun and batteries of a node add up; two meters of the same flow would be counted by turns. */
static void look_twice(struct reading *reading, uint32_t item, const struct document_meter *before,
                       const struct document_meter *meter)
{
    if (str_equal(before->id, meter->id))
        ERROR_AT(reading, SPOT("meters", item, "id"), "meter_twice", "The id {id} is there twice.",
                 ARGS(ARG_STR("id", meter->id)));
    if (before->node == meter->node && before->measures == meter->measures &&
        meter->measures == MEASURES_NODE)
        ERROR_AT(reading, SPOT("meters", item, "measures"), "meter_same_node",
                 "Meter {meter} measures the same node already.",
                 ARGS(ARG_STR("meter", before->id)));
}

void reading_make_meters(struct reading *reading, struct str text)
{
    struct reading_list list = { .name = "meters",
                                 .desc = &form_meter_desc,
                                 .max = DOCUMENT_METERS_MAX };
    struct document *document = reading->document;
    struct document_meter *meters = reading_list_begin(reading, &list, text, sizeof *meters);
    struct form_meter form;

    document->meters = meters;
    while (!reading->full && reading_list_next(reading, &list, &form)) {
        read_meter(reading, list.item, &form, &meters[document->meter_count]);
        for (uint32_t i = 0; i < document->meter_count; i++)
            look_twice(reading, list.item, &meters[i], &meters[document->meter_count]);
        document->meter_count++;
    }
}
