#include "dispatch/form.h"

enum { ID_MAX = 48, NAME_MAX = 100, TEXT_MAX = 255, LIST_MAX = 50 };

/* What a current, a power or an energy may be at all; the checker knows more. */
#define AMPERES_MAX (100000 * JSON_NUMBER_UNIT)
#define WATTS_MAX   (1000000000 * JSON_NUMBER_UNIT)
#define TENTH       (JSON_NUMBER_UNIT / 10)
#define WHOLE       JSON_NUMBER_UNIT

#define NUMBER(type, member, min_, max_, step_)                     \
    { .name = STR_INIT(#member),                                    \
      .offset = (uint16_t)offsetof(struct type, member),            \
      .kind = JSON_NUMBER,                                          \
      .side_offset = (uint16_t)offsetof(struct type, has_##member), \
      .min = (min_),                                                \
      .max = (max_),                                                \
      .step = (step_) }
#define NUMBERS(type, member, min_, max_, step_, items_min_, items_max_) \
    { .name = STR_INIT(#member),                                         \
      .offset = (uint16_t)offsetof(struct type, member),                 \
      .kind = JSON_NUMBER,                                               \
      .flags = JSON_LIST,                                                \
      .side_offset = (uint16_t)offsetof(struct type, member##_count),    \
      .min = (min_),                                                     \
      .max = (max_),                                                     \
      .step = (step_),                                                   \
      .items_min = (items_min_),                                         \
      .items_max = (items_max_) }
#define AMPERES(type, member) NUMBER(type, member, -AMPERES_MAX, AMPERES_MAX, TENTH)
#define PHASES(type, member)  NUMBERS(type, member, -AMPERES_MAX, AMPERES_MAX, TENTH, 3, 3)
#define WATTS(type, member)   NUMBER(type, member, -WATTS_MAX, WATTS_MAX, WHOLE)
#define SECONDS(type, member, min, max) \
    NUMBER(type, member, (min) * JSON_NUMBER_UNIT, (max) * JSON_NUMBER_UNIT, WHOLE)
#define TEXT(type, member, max) JSON_FIELD_STR(struct type, member, #member, max, 0)
#define MUST_TEXT(type, member, max) \
    JSON_FIELD_STR(struct type, member, #member, max, JSON_REQUIRED)
#define TEXTS(type, member, items)                                    \
    { .name = STR_INIT(#member),                                      \
      .offset = (uint16_t)offsetof(struct type, member),              \
      .kind = JSON_STR,                                               \
      .flags = JSON_LIST,                                             \
      .side_offset = (uint16_t)offsetof(struct type, member##_count), \
      .len_max = NAME_MAX,                                            \
      .items_max = (items) }

static const struct json_field time_fields[] = {
    TEXTS(form_time, days, 7),   MUST_TEXT(form_time, from, 5),     MUST_TEXT(form_time, to, 5),
    AMPERES(form_time, limit_a), PHASES(form_time, limit_phases_a), WATTS(form_time, limit_w),
};
static const struct json_desc time_desc = JSON_DESC(struct form_time, time_fields);

static const struct json_field node_fields[] = {
    MUST_TEXT(form_node, id, ID_MAX),
    TEXT(form_node, parent, ID_MAX),
    MUST_TEXT(form_node, kind, NAME_MAX),
    TEXT(form_node, name, NAME_MAX),
    NUMBER(form_node, volts, 50 * WHOLE, 1000 * WHOLE, WHOLE),
    NUMBER(form_node, primary_volts, 100 * WHOLE, 50000 * WHOLE, WHOLE),
    TEXTS(form_node, phases, 3),
    AMPERES(form_node, limit_a),
    PHASES(form_node, limit_phases_a),
    WATTS(form_node, limit_w),
    JSON_FIELD_OBJECTS(struct form_node, times, "times", &time_desc, 0),
    AMPERES(form_node, load_a),
    PHASES(form_node, load_phases_a),
    WATTS(form_node, load_w),
    AMPERES(form_node, margin_a),
    NUMBER(form_node, margin_percent, 0, 200 * WHOLE, TENTH),
    WATTS(form_node, solar_peak_w),
    WATTS(form_node, battery_w),
    WATTS(form_node, battery_wh),
    TEXT(form_node, station, ID_MAX),
    NUMBER(form_node, evse, WHOLE, 1000 * WHOLE, WHOLE),
    TEXT(form_node, rotation, NAME_MAX),
    TEXT(form_node, wires, NAME_MAX),
    TEXT(form_node, current, NAME_MAX),
    NUMBER(form_node, efficiency_percent, 50 * WHOLE, 100 * WHOLE, TENTH),
    AMPERES(form_node, min_a),
    AMPERES(form_node, step_a),
    NUMBERS(form_node, pilots_a, -AMPERES_MAX, AMPERES_MAX, TENTH, 1, 32),
    TEXT(form_node, class, NAME_MAX),
    NUMBER(form_node, weight, WHOLE, 1000 * WHOLE, WHOLE),
    AMPERES(form_node, fail_safe_a),
    JSON_FIELD_BOOL_OPTIONAL(struct form_node, may_suspend, "may_suspend"),
};
const struct json_desc form_node_desc = JSON_DESC(struct form_node, node_fields);

static const struct json_field value_fields[] = {
    MUST_TEXT(form_value, what, NAME_MAX),
    MUST_TEXT(form_value, unit, NAME_MAX),
    TEXT(form_value, path, TEXT_MAX),
    JSON_FIELD_BOOL_OPTIONAL(struct form_value, negate, "negate"),
};
static const struct json_desc value_desc = JSON_DESC(struct form_value, value_fields);

static const struct json_field meter_fields[] = {
    MUST_TEXT(form_meter, id, ID_MAX),
    MUST_TEXT(form_meter, node, ID_MAX),
    MUST_TEXT(form_meter, source, NAME_MAX),
    MUST_TEXT(form_meter, measures, NAME_MAX),
    SECONDS(form_meter, stale_after_s, 5, 86400),
    AMPERES(form_meter, safe_a),
    PHASES(form_meter, safe_phases_a),
    WATTS(form_meter, safe_w),
    TEXT(form_meter, address, TEXT_MAX),
    TEXT(form_meter, map, NAME_MAX),
    NUMBER(form_meter, unit_id, WHOLE, 255 * WHOLE, WHOLE),
    NUMBER(form_meter, period_s, TENTH, 60 * WHOLE, TENTH),
    JSON_FIELD_BOOL_OPTIONAL(struct form_meter, negate, "negate"),
    TEXT(form_meter, topic, TEXT_MAX),
    TEXT(form_meter, login, TEXT_MAX),
    TEXT(form_meter, password_file, NAME_MAX),
    TEXT(form_meter, ca_file, NAME_MAX),
    JSON_FIELD_OBJECTS(struct form_meter, values, "values", &value_desc, 0),
    TEXT(form_meter, station, ID_MAX),
    NUMBER(form_meter, evse, 0, 1000 * WHOLE, WHOLE),
};
const struct json_desc form_meter_desc = JSON_DESC(struct form_meter, meter_fields);

static const struct json_field price_fields[] = {
    TEXTS(form_price, days, 7),
    TEXT(form_price, from, 5),
    TEXT(form_price, to, 5),
    NUMBERS(form_price, months, WHOLE, 12 * WHOLE, WHOLE, 1, 12),
    NUMBER(form_price, price_minor_per_kwh, -1000000 * WHOLE, 1000000 * WHOLE,
           JSON_NUMBER_UNIT / 1000),
};
const struct json_desc form_price_desc = JSON_DESC(struct form_price, price_fields);

static const struct json_field ready_fields[] = {
    TEXTS(form_ready, days, 7),
    MUST_TEXT(form_ready, at, 5),
};
static const struct json_desc ready_desc = JSON_DESC(struct form_ready, ready_fields);

static const struct json_field vehicle_fields[] = {
    MUST_TEXT(form_vehicle, token, TEXT_MAX),
    TEXT(form_vehicle, name, NAME_MAX),
    TEXT(form_vehicle, class, NAME_MAX),
    WATTS(form_vehicle, battery_wh),
    WATTS(form_vehicle, need_wh),
    JSON_FIELD_OBJECTS(struct form_vehicle, ready_by, "ready_by", &ready_desc, 0),
};
const struct json_desc form_vehicle_desc = JSON_DESC(struct form_vehicle, vehicle_fields);

static const struct json_field rules_fields[] = {
    NUMBER(form_rules, step_min_a, 0, 100 * WHOLE, TENTH),
    SECONDS(form_rules, hold_s, 0, 3600),
    SECONDS(form_rules, switch_s, 0, 86400),
    SECONDS(form_rules, turn_s, 60, 86400),
    NUMBER(form_rules, ramp_percent_s, 0, 100 * WHOLE, TENTH),
    SECONDS(form_rules, reclaim_s, 0, 3600),
    SECONDS(form_rules, lease_s, 60, 86400),
    SECONDS(form_rules, calls_per_s, 1, 1000),
};
static const struct json_desc rules_desc = JSON_DESC(struct form_rules, rules_fields);

static const struct json_field defaults_fields[] = {
    WATTS(form_defaults, need_wh),
    SECONDS(form_defaults, stay_s, 60, 2592000),
    TEXT(form_defaults, departs_at, 5),
};
static const struct json_desc defaults_desc = JSON_DESC(struct form_defaults, defaults_fields);

static const struct json_field form_fields[] = {
    TEXT(form, mode, NAME_MAX),
    JSON_FIELD_OBJECT(struct form, rules, "rules", &rules_desc, 0),
    JSON_FIELD_OBJECT(struct form, defaults, "defaults", &defaults_desc, 0),
    NUMBER(form, demand_charge_minor_per_kw, 0, 100000000 * WHOLE, JSON_NUMBER_UNIT / 1000),
    JSON_FIELD_RAW(struct form, nodes, "nodes", 0),
    JSON_FIELD_RAW(struct form, meters, "meters", 0),
    JSON_FIELD_RAW(struct form, prices, "prices", 0),
    JSON_FIELD_RAW(struct form, fleet, "fleet", 0),
};
const struct json_desc form_desc = JSON_DESC(struct form, form_fields);
