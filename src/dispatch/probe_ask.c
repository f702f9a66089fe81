/* probe_ask.c: what a station can, found out without a car. */
#include "dispatch/probe_parts.h"
#include "dispatch/trusts.h"

#include "json/cursor.h"
#include "json/writer.h"

enum {
    TRIAL_DA = 60,
    TENTHS_DA = 63,
    LEASE_DA = 80, /* above the default that it covers */
    LEASE_S = 90,
    BACKDATE_S = 30, /* for a clock that is a little slow */
    LOOK_S = 300,
};

/* --- settings ------------------------------------------------------------- */

static void put_stack(struct behaviour *found, struct str value)
{
    int64_t number;

    if (str_to_i64(str_trim(value), &number) && number >= 0 && number <= 1000)
        found->stack_max = (int32_t)number;
}

static void put_periods(struct behaviour *found, struct str value)
{
    int64_t number;

    if (str_to_i64(str_trim(value), &number) && number > 0 && number <= 100000)
        found->periods_max = (int32_t)number;
}

static void put_profiles(struct behaviour *found, struct str value)
{
    int64_t number;

    if (str_to_i64(str_trim(value), &number) && number > 0 && number <= 100000)
        found->profiles_max = (int32_t)number;
}

/* 1.6 §9.3.2: "Current,Power"; 2.0.1: "A,W". Stations mix them up. */
static void put_units(struct behaviour *found, struct str value)
{
    struct str rest = value, word;

    while (str_cut(&rest, ',', &word)) {
        word = str_trim(word);
        found->has_a = found->has_a || str_equal_nocase(word, STR("Current")) ||
                       str_equal_nocase(word, STR("A"));
        found->has_w = found->has_w || str_equal_nocase(word, STR("Power")) ||
                       str_equal_nocase(word, STR("W"));
    }
}

static void put_proof(enum proof *proof, struct str value)
{
    if (*proof != PROOF_YES)
        *proof = str_equal_nocase(str_trim(value), STR("true")) ? PROOF_YES : PROOF_NO;
}

static void put_dynamic(struct behaviour *found, struct str value)
{
    put_proof(&found->dynamic, value);
}

static void put_offline(struct behaviour *found, struct str value)
{
    put_proof(&found->offline, value);
}

static void put_switches(struct behaviour *found, struct str value)
{
    put_proof(&found->switches, value);
}

/* 1.6 §9.3; 2.0.1 appendix 3.1.9; 2.1 has two spellings of what it added. */
static const struct {
    const char *key, *variable, *instance;
    void (*put)(struct behaviour *found, struct str value);
    bool since_201; /* though 1.6 has no key for it */
} settings[] = {
    { "ChargeProfileMaxStackLevel", "ProfileStackLevel", NULL, put_stack, true },
    { "ChargingScheduleAllowedChargingRateUnit", "RateUnit", NULL, put_units, true },
    { "ChargingScheduleMaxPeriods", "PeriodsPerSchedule", NULL, put_periods, true },
    { "MaxChargingProfilesInstalled", NULL, NULL, put_profiles, false },
    { NULL, "ACPhaseSwitchingSupported", NULL, put_switches, true },
    { NULL, "SupportsDynamicProfiles", NULL, put_dynamic, false },
    { NULL, "SupportsFeature", "DynamicProfiles", put_dynamic, false },
    { NULL, "SupportsMaxOfflineDuration", NULL, put_offline, false },
    { NULL, "SupportsFeature", "MaxOfflineDuration", put_offline, false },
};

static void put_variable(struct json_writer *json, size_t row)
{
    json_object_begin(json);
    json_key(json, "component");
    json_object_begin(json);
    json_key_str(json, "name", STR("SmartChargingCtrlr"));
    json_object_end(json);
    json_key(json, "variable");
    json_object_begin(json);
    json_key_str(json, "name", str_of(settings[row].variable));
    if (settings[row].instance)
        json_key_str(json, "instance", str_of(settings[row].instance));
    json_object_end(json);
    json_object_end(json);
}

static bool is_asked(enum protocol protocol, size_t row)
{
    if (protocol == PROTOCOL_16)
        return settings[row].key != NULL;
    return settings[row].variable && (settings[row].since_201 || protocol == PROTOCOL_21);
}

static enum err ask_settings(struct probe *probe, utc_ms now, struct arena *arena,
                             struct charging_call *call)
{
    enum protocol protocol = probe->station.protocol;
    bool is_16 = protocol == PROTOCOL_16;
    struct json_writer json;
    struct buf buf;

    (void)now;
    buf_init_arena(&buf, arena, 1u << 16);
    json = json_writer(&buf);
    json_object_begin(&json);
    json_key(&json, is_16 ? "key" : "getVariableData");
    json_array_begin(&json);
    for (size_t i = 0; i < COUNT(settings); i++) {
        if (!is_asked(protocol, i))
            continue;
        if (is_16)
            json_str(&json, str_of(settings[i].key));
        else
            put_variable(&json, i);
    }
    json_array_end(&json);
    json_object_end(&json);
    call->action = is_16 ? STR("GetConfiguration") : STR("GetVariables");
    call->payload = buf_str(&buf);
    return buf.overflow ? ERR_FULL : ERR_NONE;
}

static struct str text_of(struct str object, const char *key, struct arena *arena)
{
    struct str value, text;

    return json_member(object, str_of(key), &value) == ERR_NONE &&
                   json_value_str(value, arena, &text)
               ? text
               : STR_NONE;
}

static struct str within(struct str object, const char *key)
{
    struct str value;

    return json_member(object, str_of(key), &value) == ERR_NONE ? value : STR("{}");
}

static void take_setting(struct probe *probe, struct str item, struct arena *arena)
{
    bool is_16 = probe->station.protocol == PROTOCOL_16;
    struct str variable = is_16 ? STR_NONE : within(item, "variable");
    struct str name = is_16 ? text_of(item, "key", arena) : text_of(variable, "name", arena);
    struct str value = text_of(item, is_16 ? "value" : "attributeValue", arena);
    struct str instance = is_16 ? STR_NONE : text_of(variable, "instance", arena);

    if (value.len == 0)
        return;
    for (size_t i = 0; i < COUNT(settings); i++) {
        const char *known = is_16 ? settings[i].key : settings[i].variable;
        if (known && str_equal_nocase(name, str_of(known)) &&
            str_equal_nocase(instance, str_of(settings[i].instance)))
            settings[i].put(&probe->found, value);
    }
}

static bool take_settings(struct probe *probe, const struct charging_answer *read,
                          const struct call_answer *answer, struct arena *arena)
{
    bool is_16 = probe->station.protocol == PROTOCOL_16;
    struct json_items items;
    struct str item;

    (void)read;
    if (answer->outcome != CALL_ANSWERED ||
        !json_items_open(&items,
                         within(answer->payload, is_16 ? "configurationKey" : "getVariableResult")))
        return false; /* it says nothing of itself: all is tried */
    while (json_items_next(&items, &item) == ERR_NONE && item.ptr)
        take_setting(probe, item, arena);
    return false;
}

/* --- a clean slate --------------------------------------------------------- */

/* Somebody else's profiles, kept in flash from another server, would win over ours. */
static enum err clear(struct probe *probe, enum charging_layer layer, struct arena *arena,
                      struct charging_call *call)
{
    struct charging_match match = CHARGE_ANY;

    match.layer = layer;
    return charging_clear(probe->station.protocol, &match, arena, call);
}

static enum err clear_defaults(struct probe *probe, utc_ms now, struct arena *arena,
                               struct charging_call *call)
{
    (void)now;
    return clear(probe, CHARGE_DEFAULT, arena, call);
}

static enum err clear_max(struct probe *probe, utc_ms now, struct arena *arena,
                          struct charging_call *call)
{
    (void)now;
    return clear(probe, CHARGE_STATION_MAX, arena, call);
}

static bool take_cleared(struct probe *probe, const struct charging_answer *read,
                         const struct call_answer *answer, struct arena *arena)
{
    (void)probe;
    (void)read;
    (void)answer;
    (void)arena;
    return false;
}

/* --- the default ------------------------------------------------------------ */

enum { VARIANT_UNIT = 1, VARIANT_RELATIVE = 2, VARIANT_STATION = 4, VARIANTS = 8 };

static enum charging_unit unit_of(const struct probe *probe, uint8_t variant)
{
    /* Amperes for AC, watts for DC, if there is a choice. */
    bool w = probe->station.dc ? probe_unit_allowed(probe, CHARGE_W)
                               : !probe_unit_allowed(probe, CHARGE_A);

    return w != ((variant & VARIANT_UNIT) != 0) ? CHARGE_W : CHARGE_A;
}

/* The first one from here on in a unit that the station has; VARIANTS: none. */
static uint8_t next_variant(const struct probe *probe, uint8_t variant)
{
    while (variant < VARIANTS && !probe_unit_allowed(probe, unit_of(probe, variant)))
        variant++;
    return variant;
}

static enum err set_default(struct probe *probe, int32_t da, struct arena *arena,
                            struct charging_call *call)
{
    struct charging_period period;
    struct charging_profile profile = probe_profile(probe, CHARGE_DEFAULT, &period, da);
    const char *why;

    return charging_set(probe->station.protocol, &profile, arena, call, &why);
}

static enum err try_default(struct probe *probe, utc_ms now, struct arena *arena,
                            struct charging_call *call)
{
    (void)now;
    probe->variant = next_variant(probe, probe->variant);
    check(probe->variant < VARIANTS);
    probe->found.unit = unit_of(probe, probe->variant);
    probe->found.default_relative = (probe->variant & VARIANT_RELATIVE) != 0;
    probe->found.default_on_station = (probe->variant & VARIANT_STATION) != 0;
    probe->trial_da = TRIAL_DA;
    return set_default(probe, TRIAL_DA, arena, call);
}

static bool take_default(struct probe *probe, const struct charging_answer *read,
                         const struct call_answer *answer, struct arena *arena)
{
    (void)answer;
    (void)arena;
    if (read->result == CHARGE_ACCEPTED) {
        probe_unit_worked(probe, probe->found.unit);
        probe->found.fallback = PROOF_YES;
        return false;
    }
    if (read->result != CHARGE_NOT_SUPPORTED &&
        next_variant(probe, (uint8_t)(probe->variant + 1)) < VARIANTS)
        return true;
    probe->found.fallback = PROOF_NO;
    probe->found.unit = unit_of(probe, 0);
    probe->found.default_relative = probe->found.default_on_station = false;
    if (read->result == CHARGE_NOT_SUPPORTED)
        probe->found.smart = PROOF_NO; /* no use to ask in other words */
    return false;
}

static bool has_default(const struct probe *probe)
{
    return probe->found.fallback == PROOF_YES;
}

/* --- of the other EVSEs: cleared, too, and a car may come --------------------------------------
 */

static bool has_others(const struct probe *probe)
{
    return has_default(probe) && !probe->found.default_on_station && probe->station.other_count > 0;
}

static enum err cover(struct probe *probe, utc_ms now, struct arena *arena,
                      struct charging_call *call)
{
    struct charging_period period;
    struct charging_profile profile = probe_profile(probe, CHARGE_DEFAULT, &period, TRIAL_DA);
    const char *why;

    (void)now;
    profile.evse = probe->station.others[probe->variant];
    profile.id = charging_id(CHARGE_DEFAULT, profile.evse);
    return charging_set(probe->station.protocol, &profile, arena, call, &why);
}

static bool take_covered(struct probe *probe, const struct charging_answer *read,
                         const struct call_answer *answer, struct arena *arena)
{
    (void)read;
    (void)answer;
    (void)arena;
    return probe->variant + 1 < probe->station.other_count;
}

/* --- composite schedules ----------------------------------------------------- */

static enum err ask_composite(struct probe *probe, utc_ms now, struct arena *arena,
                              struct charging_call *call)
{
    (void)now;
    return charging_get_composite(probe->station.protocol, probe->station.evse, LOOK_S,
                                  probe->found.unit, arena, call);
}

/* The limit that it reports `into_s` from now, in the unit that was asked for; -1: none. */
static int32_t reported(const struct probe *probe, const struct call_answer *answer,
                        struct arena *arena, int64_t into_s)
{
    enum { NO_LIMIT = -1 };
    struct charging_composite composite;
    const struct charging_period *period;

    if (answer->outcome != CALL_ANSWERED ||
        charging_read_composite(probe->station.protocol, answer->payload, 0, arena, &composite) !=
            ERR_NONE ||
        composite.unit != probe->found.unit)
        return NO_LIMIT;
    period =
        charging_period_at(composite.periods, composite.period_count, composite.duration_s, into_s);
    return period ? charging_highest(period, composite.unit) : NO_LIMIT;
}

static int32_t in_its_unit(const struct probe *probe, int32_t da)
{
    return behaviour_limit(&probe->found, da, probe->station.volts_dv, probe->station.phases);
}

static bool take_composite(struct probe *probe, const struct charging_answer *read,
                           const struct call_answer *answer, struct arena *arena)
{
    (void)read;
    probe->found.reports = reported(probe, answer, arena, 0) == in_its_unit(probe, probe->trial_da)
                               ? PROOF_YES
                               : PROOF_NO;
    return false;
}

/* --- 0 A ---------------------------------------------------------------------- */

static enum err try_zero(struct probe *probe, utc_ms now, struct arena *arena,
                         struct charging_call *call)
{
    (void)now;
    return set_default(probe, 0, arena, call);
}

static bool take_zero(struct probe *probe, const struct charging_answer *read,
                      const struct call_answer *answer, struct arena *arena)
{
    (void)answer;
    (void)arena;
    probe->found.zero = read->result == CHARGE_ACCEPTED ? PROOF_YES : PROOF_NO;
    return false;
}

static bool zero_is_reported(const struct probe *probe)
{
    return probe->found.zero == PROOF_YES && probe->found.reports == PROOF_YES;
}

/* Some keep what they had before, or 6 A. */
static bool take_zero_composite(struct probe *probe, const struct charging_answer *read,
                                const struct call_answer *answer, struct arena *arena)
{
    (void)read;
    if (reported(probe, answer, arena, 0) > 0)
        probe->found.zero = PROOF_NO;
    return false;
}

/* --- tenths --------------------------------------------------------------------- */

static bool reports_amperes(const struct probe *probe)
{
    return probe->found.reports == PROOF_YES && probe->found.unit == CHARGE_A;
}

static enum err try_tenths(struct probe *probe, utc_ms now, struct arena *arena,
                           struct charging_call *call)
{
    (void)now;
    probe->found.tenths = PROOF_YES; /* so that it is written so */
    return set_default(probe, TENTHS_DA, arena, call);
}

static bool take_tenths(struct probe *probe, const struct charging_answer *read,
                        const struct call_answer *answer, struct arena *arena)
{
    (void)answer;
    (void)arena;
    if (read->result != CHARGE_ACCEPTED)
        probe->found.tenths = PROOF_NO;
    return false;
}

static bool tenths_taken(const struct probe *probe)
{
    return probe->found.tenths == PROOF_YES;
}

static bool take_tenths_composite(struct probe *probe, const struct charging_answer *read,
                                  const struct call_answer *answer, struct arena *arena)
{
    (void)read;
    if (reported(probe, answer, arena, 0) != TENTHS_DA)
        probe->found.tenths = PROOF_NO;
    return false;
}

/* --- the default that stays -------------------------------------------------------- */

static enum err leave_default(struct probe *probe, utc_ms now, struct arena *arena,
                              struct charging_call *call)
{
    (void)now;
    probe->trial_da = probe->variant == 0 ? probe->station.failsafe_da : TRIAL_DA;
    return set_default(probe, probe->trial_da, arena, call);
}

static bool take_left(struct probe *probe, const struct charging_answer *read,
                      const struct call_answer *answer, struct arena *arena)
{
    (void)answer;
    (void)arena;
    if (read->result == CHARGE_ACCEPTED)
        return false;
    if (probe->station.failsafe_da == 0)
        probe->found.zero = PROOF_NO;
    if (probe->variant == 0)
        return true; /* then at least 6 A */
    probe->found.fallback = PROOF_NO;
    return false;
}

/* --- a lease on top of it ------------------------------------------------------------ */

static bool can_lease(const struct probe *probe)
{
    return has_default(probe) && probe->found.reports == PROOF_YES && probe->station.lease_ok &&
           !probe->found.default_relative && probe->found.stack_max != 0;
}

static enum err try_lease(struct probe *probe, utc_ms now, struct arena *arena,
                          struct charging_call *call)
{
    struct charging_period period;
    struct charging_profile profile = probe_profile(probe, CHARGE_DEFAULT, &period, LEASE_DA);
    const char *why;

    profile.id = charging_id(CHARGE_DEFAULT, PROBE_TRIAL_SLOT);
    profile.stack = 1;
    profile.start_at = now - BACKDATE_S * INT64_C(1000);
    profile.duration_s = BACKDATE_S + LEASE_S;
    return charging_set(probe->station.protocol, &profile, arena, call, &why);
}

static bool take_lease(struct probe *probe, const struct charging_answer *read,
                       const struct call_answer *answer, struct arena *arena)
{
    (void)answer;
    (void)arena;
    probe->found.reports_lease = read->result == CHARGE_ACCEPTED ? PROOF_YES : PROOF_NO;
    return false;
}

static bool lease_taken(const struct probe *probe)
{
    return can_lease(probe) && probe->found.reports_lease == PROOF_YES;
}

/* It begins with the lease and goes over to the default a little later. */
static bool take_lease_composite(struct probe *probe, const struct charging_answer *read,
                                 const struct call_answer *answer, struct arena *arena)
{
    int32_t leased = in_its_unit(probe, LEASE_DA), after = in_its_unit(probe, probe->trial_da);

    (void)read;
    if (reported(probe, answer, arena, 0) != leased ||
        reported(probe, answer, arena, LEASE_S + BACKDATE_S) != after)
        probe->found.reports_lease = PROOF_NO;
    return false;
}

static bool lease_is_there(const struct probe *probe)
{
    return can_lease(probe) && probe->found.reports_lease != PROOF_NONE;
}

static enum err clear_lease(struct probe *probe, utc_ms now, struct arena *arena,
                            struct charging_call *call)
{
    struct charging_match match = CHARGE_ANY;

    (void)now;
    match.id = charging_id(CHARGE_DEFAULT, PROBE_TRIAL_SLOT);
    return charging_clear(probe->station.protocol, &match, arena, call);
}

/* What it reported of the lease is gone, or it is not. */
static bool take_lease_clear(struct probe *probe, const struct charging_answer *read,
                             const struct call_answer *answer, struct arena *arena)
{
    (void)probe_take_clear(probe, read, answer, arena); /* no step has more to try */
    if (read->result != CHARGE_ACCEPTED && probe->found.reports_lease == PROOF_YES)
        probe->found.clears = PROOF_NO;
    return false;
}

/* --- the station's maximum ------------------------------------------------------------- */

static enum err try_max(struct probe *probe, utc_ms now, struct arena *arena,
                        struct charging_call *call)
{
    struct charging_period period;
    struct charging_profile profile =
        probe_profile(probe, CHARGE_STATION_MAX, &period, probe->station.station_max_da);
    const char *why;

    (void)now;
    return charging_set(probe->station.protocol, &profile, arena, call, &why);
}

static bool take_max(struct probe *probe, const struct charging_answer *read,
                     const struct call_answer *answer, struct arena *arena)
{
    enum charging_unit other = unit_of(probe, VARIANT_UNIT);

    (void)answer;
    (void)arena;
    probe->found.station_max = read->result == CHARGE_ACCEPTED ? PROOF_YES : PROOF_NO;
    if (read->result == CHARGE_ACCEPTED) {
        probe_unit_worked(probe, probe->found.unit);
    } else if (probe->variant == 0 && !has_default(probe) && probe_unit_allowed(probe, other)) {
        probe->found.unit = other; /* which unit it takes is not known yet */
        return true;
    } else if (probe->variant > 0) {
        probe->found.unit = unit_of(probe, 0);
    }
    return false;
}

static bool is_smart(const struct probe *probe)
{
    return probe->found.smart != PROOF_NO;
}

static const struct probe_step asking[] = {
    { .build = ask_settings, .take = take_settings },
    { .build = clear_max, .take = take_cleared },
    { .build = clear_defaults, .take = take_cleared },
    { .build = try_default, .take = take_default, .must = true },
    { .wanted = has_others, .build = cover, .take = take_covered },
    { .wanted = has_default, .build = ask_composite, .take = take_composite },
    { .wanted = has_default, .build = try_zero, .take = take_zero },
    { .wanted = zero_is_reported, .build = ask_composite, .take = take_zero_composite },
    { .wanted = reports_amperes, .build = try_tenths, .take = take_tenths },
    { .wanted = tenths_taken, .build = ask_composite, .take = take_tenths_composite },
    { .wanted = has_default, .build = leave_default, .take = take_left, .must = true },
    { .wanted = can_lease, .build = try_lease, .take = take_lease },
    { .wanted = lease_taken, .build = ask_composite, .take = take_lease_composite },
    { .wanted = lease_is_there, .build = clear_lease, .take = take_lease_clear },
    { .wanted = is_smart, .build = try_max, .take = take_max },
};

const struct probe_steps *probe_asking(void)
{
    static const struct probe_steps steps = { asking, COUNT(asking) };

    return &steps;
}
