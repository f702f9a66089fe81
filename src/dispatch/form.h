/* form.h: the power document as it is written: its members, and how each reads. document.c makes
 * the tree of it. Absent members have has_… false, no text or count 0.
 */
#pragma once
#include "json/desc.h"

/* Numbers are scaled by JSON_NUMBER_UNIT. */
#define FORM_NUMBER(name) \
    int64_t name;         \
    bool has_##name
#define FORM_NUMBERS(name) \
    int64_t *name;         \
    uint32_t name##_count
#define FORM_TEXTS(name) \
    struct str *name;    \
    uint32_t name##_count

struct form_time {
    FORM_TEXTS(days);
    struct str from, to;
    FORM_NUMBER(limit_a);
    FORM_NUMBERS(limit_phases_a);
    FORM_NUMBER(limit_w);
};

struct form_node {
    struct str id, parent, kind, name;
    FORM_NUMBER(volts);
    FORM_NUMBER(primary_volts);
    FORM_TEXTS(phases);
    FORM_NUMBER(limit_a);
    FORM_NUMBERS(limit_phases_a);
    FORM_NUMBER(limit_w);
    struct form_time *times;
    uint32_t times_count;
    FORM_NUMBER(load_a);
    FORM_NUMBERS(load_phases_a);
    FORM_NUMBER(load_w);
    FORM_NUMBER(margin_a);
    FORM_NUMBER(margin_percent);
    FORM_NUMBER(solar_peak_w);
    FORM_NUMBER(battery_w);
    FORM_NUMBER(battery_wh);
    /* station and evse */
    struct str station;
    FORM_NUMBER(evse);
    struct str rotation, wires, current, class;
    FORM_NUMBER(efficiency_percent);
    FORM_NUMBER(min_a);
    FORM_NUMBER(step_a);
    FORM_NUMBERS(pilots_a);
    FORM_NUMBER(weight);
    FORM_NUMBER(fail_safe_a);
    bool may_suspend, has_may_suspend;
};

struct form_value {
    struct str what, unit, path;
    bool negate, has_negate;
};

struct form_meter {
    struct str id, node, source, measures;
    FORM_NUMBER(stale_after_s);
    FORM_NUMBER(safe_a);
    FORM_NUMBERS(safe_phases_a);
    FORM_NUMBER(safe_w);
    struct str address, map, topic, login, password_file, ca_file, station;
    FORM_NUMBER(unit_id);
    FORM_NUMBER(period_s);
    bool negate, has_negate;
    struct form_value *values;
    uint32_t values_count;
    FORM_NUMBER(evse);
};

struct form_price {
    FORM_TEXTS(days);
    struct str from, to;
    FORM_NUMBERS(months);
    FORM_NUMBER(price_minor_per_kwh);
};

struct form_ready {
    FORM_TEXTS(days);
    struct str at;
};

struct form_vehicle {
    struct str token, name, class;
    FORM_NUMBER(battery_wh);
    FORM_NUMBER(need_wh);
    struct form_ready *ready_by;
    uint32_t ready_by_count;
};

struct form_rules {
    FORM_NUMBER(step_min_a);
    FORM_NUMBER(hold_s);
    FORM_NUMBER(switch_s);
    FORM_NUMBER(turn_s);
    FORM_NUMBER(ramp_percent_s);
    FORM_NUMBER(reclaim_s);
    FORM_NUMBER(lease_s);
    FORM_NUMBER(calls_per_s);
};

struct form_defaults {
    FORM_NUMBER(need_wh);
    FORM_NUMBER(stay_s);
    struct str departs_at;
};

/* The long lists stay text: their items are read one by one. */
struct form {
    struct str mode;
    struct form_rules *rules;
    struct form_defaults *defaults;
    FORM_NUMBER(demand_charge_minor_per_kw);
    struct str nodes, meters, prices, fleet; /* ptr NULL: absent */
};

extern const struct json_desc form_desc, form_node_desc, form_meter_desc, form_price_desc,
    form_vehicle_desc;
