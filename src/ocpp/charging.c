/* charging.c: the calls. */
#include "ocpp/charging.h"

#include "json/writer.h"

enum { ID_BASE = 7000000, ID_LAYER = 10000 };

int32_t charging_id(enum charging_layer layer, int32_t evse)
{
    check(layer < CHARGE_LAYER_COUNT && evse >= 0 && evse < ID_LAYER);
    return ID_BASE + (int32_t)layer * ID_LAYER + evse;
}

bool charging_id_is_ours(int64_t id, enum charging_layer *layer, int32_t *evse)
{
    if (id < ID_BASE || id >= ID_BASE + (int64_t)CHARGE_LAYER_COUNT * ID_LAYER)
        return false;
    *layer = (enum charging_layer)((id - ID_BASE) / ID_LAYER);
    *evse = (int32_t)((id - ID_BASE) % ID_LAYER);
    return true;
}

/* --- words --------------------------------------------------------------- */

/* By layer; empty: the version has no such thing. */
static const struct str purposes_16[CHARGE_LAYER_COUNT] = {
    [CHARGE_STATION_MAX] = STR_INIT("ChargePointMaxProfile"),
    [CHARGE_DEFAULT] = STR_INIT("TxDefaultProfile"),
    [CHARGE_TX] = STR_INIT("TxProfile"),
};
static const struct str purposes_201[CHARGE_LAYER_COUNT] = {
    [CHARGE_STATION_MAX] = STR_INIT("ChargingStationMaxProfile"),
    [CHARGE_DEFAULT] = STR_INIT("TxDefaultProfile"),
    [CHARGE_TX] = STR_INIT("TxProfile"),
    [CHARGE_EXTERNAL] = STR_INIT("ChargingStationExternalConstraints"),
};
static const struct str purposes_21[CHARGE_LAYER_COUNT] = {
    [CHARGE_STATION_MAX] = STR_INIT("ChargingStationMaxProfile"),
    [CHARGE_DEFAULT] = STR_INIT("TxDefaultProfile"),
    [CHARGE_TX] = STR_INIT("TxProfile"),
    [CHARGE_PRIORITY] = STR_INIT("PriorityCharging"),
    [CHARGE_EXTERNAL] = STR_INIT("ChargingStationExternalConstraints"),
    [CHARGE_GENERATION] = STR_INIT("LocalGeneration"),
};

static struct str purpose_word(enum protocol protocol, enum charging_layer layer)
{
    const struct str *words = protocol == PROTOCOL_16   ? purposes_16
                              : protocol == PROTOCOL_21 ? purposes_21
                                                        : purposes_201;

    check(layer < CHARGE_LAYER_COUNT);
    return words[layer];
}

static bool is_ours(enum charging_layer layer)
{
    return layer != CHARGE_EXTERNAL && layer != CHARGE_GENERATION;
}

static struct str unit_word(enum charging_unit unit)
{
    return unit == CHARGE_W ? STR("W") : STR("A");
}

/* --- what a station would reject ----------------------------------------- */

struct draft {
    enum protocol protocol;
    const struct charging_profile *profile;
    struct json_writer json;
};

static bool lacks_version(const struct draft *draft)
{
    return purpose_word(draft->protocol, draft->profile->layer).len == 0 ||
           (draft->profile->kind == CHARGE_DYNAMIC && draft->protocol != PROTOCOL_21);
}

static bool not_ours(const struct draft *draft)
{
    return !is_ours(draft->profile->layer);
}

static bool odd_stack(const struct draft *draft)
{
    return draft->profile->stack < 0;
}

static bool odd_evse(const struct draft *draft)
{
    const struct charging_profile *profile = draft->profile;

    return profile->evse < 0 || (profile->layer == CHARGE_STATION_MAX && profile->evse != 0) ||
           (profile->layer == CHARGE_TX && profile->evse == 0);
}

static bool no_transaction(const struct draft *draft)
{
    const struct charging_profile *profile = draft->profile;
    int64_t number;

    if (profile->layer != CHARGE_TX)
        return false;
    return draft->protocol == PROTOCOL_16
               ? !str_to_i64(profile->transaction_id, &number)
               : profile->transaction_id.len == 0 || profile->transaction_id.len > 36;
}

static bool max_is_relative(const struct draft *draft)
{
    return draft->profile->layer == CHARGE_STATION_MAX && draft->profile->kind == CHARGE_RELATIVE;
}

static bool is_timed(enum charging_kind kind)
{
    return kind == CHARGE_ABSOLUTE || kind == CHARGE_DAILY || kind == CHARGE_WEEKLY;
}

static bool no_start(const struct draft *draft)
{
    const struct charging_profile *profile = draft->profile;

    return is_timed(profile->kind) &&
           (profile->start_at == UTC_UNKNOWN || profile->start_at == UTC_NEVER);
}

static bool odd_duration(const struct draft *draft)
{
    const struct charging_profile *profile = draft->profile;

    return profile->duration_s < 0 ||
           (profile->layer == CHARGE_PRIORITY && profile->duration_s != 0);
}

static bool odd_dynamic(const struct draft *draft)
{
    const struct charging_profile *profile = draft->profile;

    return profile->kind == CHARGE_DYNAMIC ? profile->period_count != 1 || profile->update_s < 0
                                           : profile->update_s != 0;
}

static bool no_periods(const struct draft *draft)
{
    return draft->profile->period_count == 0 || draft->profile->period_count > 1024;
}

static bool odd_order(const struct draft *draft)
{
    const struct charging_period *periods = draft->profile->periods;

    if (periods[0].start_s != 0)
        return true;
    for (uint32_t i = 1; i < draft->profile->period_count; i++)
        if (periods[i].start_s <= periods[i - 1].start_s)
            return true;
    return false;
}

static bool is_limit(int32_t limit)
{
    return limit >= 0;
}

static bool odd_limit(const struct draft *draft)
{
    for (uint32_t i = 0; i < draft->profile->period_count; i++) {
        const struct charging_period *period = &draft->profile->periods[i];
        if (!is_limit(period->limit) || period->phases > 3 || period->phase_to_use > 3 ||
            (period->phase_to_use && period->phases != 1) || /* K01.FR.19 */
            (period->limit_2 != CHARGE_SAME && !is_limit(period->limit_2)) ||
            (period->limit_3 != CHARGE_SAME && !is_limit(period->limit_3)))
            return true;
    }
    return false;
}

/* In this order: a later one may count on those before it. */
static const struct {
    bool (*broken)(const struct draft *draft);
    enum err err;
    const char *field;
} rules[] = {
    { lacks_version, ERR_NOT_SUPPORTED, "layer or kind: this version has no such thing" },
    { not_ours, ERR_BAD_VALUE, "layer" },                /* K01.FR.22 */
    { odd_stack, ERR_BAD_VALUE, "stack" },               /* 1.6 §7.8 */
    { odd_evse, ERR_BAD_VALUE, "evse" },                 /* 1.6 §5.16, K01.FR.16 */
    { no_transaction, ERR_BAD_VALUE, "transaction_id" }, /* K01.FR.03 */
    { max_is_relative, ERR_BAD_VALUE, "kind" },          /* K01.FR.38 */
    { no_start, ERR_BAD_OCCURRENCE, "start_at" },        /* K01.FR.40 */
    { odd_duration, ERR_BAD_VALUE, "duration_s" },       /* 2.1 K01.FR.70 */
    { no_periods, ERR_BAD_OCCURRENCE, "periods" },
    { odd_dynamic, ERR_BAD_VALUE, "periods or update_s" }, /* 2.1 K28.FR.01, K28.FR.04 */
    { odd_order, ERR_BAD_VALUE, "start_s" },               /* K01.FR.31, K01.FR.35 */
    { odd_limit, ERR_BAD_VALUE, "limit" },
};

/* --- parts --------------------------------------------------------------- */

static void put_limit(struct json_writer *json, const char *key, enum charging_unit unit,
                      bool whole, int32_t limit)
{
    if (unit == CHARGE_W)
        json_key_i64(json, key, limit);
    else
        json_key_decimal(json, key, whole ? limit - limit % 10 : limit, 1);
}

/* Elsewhere the lowest holds for all (2.1 errata K01.FR.143). */
static bool may_be_apart(enum protocol protocol, enum charging_layer layer)
{
    return protocol == PROTOCOL_21 && layer == CHARGE_TX;
}

static void put_limits(struct json_writer *json, bool apart, enum charging_unit unit, bool whole,
                       const struct charging_period *period)
{
    if (!apart || !charging_is_apart(period)) {
        put_limit(json, "limit", unit, whole, charging_lowest(period, unit));
        return;
    }
    put_limit(json, "limit", unit, whole, period->limit);
    put_limit(json, "limit_L2", unit, whole,
              period->limit_2 != CHARGE_SAME ? period->limit_2 : period->limit);
    put_limit(json, "limit_L3", unit, whole,
              period->limit_3 != CHARGE_SAME ? period->limit_3 : period->limit);
}

static void put_moment(struct draft *draft, const char *key, utc_ms at)
{
    int64_t offset_ms = at == CHARGE_ALWAYS ? 0 : draft->profile->clock_offset_ms;
    int64_t theirs;

    if (at == UTC_UNKNOWN || at == UTC_NEVER || __builtin_add_overflow(at, offset_ms, &theirs))
        return;
    json_key_time(&draft->json, key, theirs);
}

static void put_schedule(struct draft *draft)
{
    const struct charging_profile *profile = draft->profile;
    struct json_writer *json = &draft->json;

    json_object_begin(json);
    if (draft->protocol != PROTOCOL_16)
        json_key_i64(json, "id", profile->id);
    if (profile->kind != CHARGE_RELATIVE) /* K01.FR.41 */
        put_moment(draft, "startSchedule", profile->start_at);
    if (profile->duration_s > 0)
        json_key_i64(json, "duration", profile->duration_s);
    json_key_str(json, "chargingRateUnit", unit_word(profile->unit));
    json_key(json, "chargingSchedulePeriod");
    json_array_begin(json);
    for (uint32_t i = 0; i < profile->period_count; i++) {
        json_object_begin(json);
        json_key_i64(json, "startPeriod", profile->periods[i].start_s);
        put_limits(json, may_be_apart(draft->protocol, profile->layer), profile->unit,
                   profile->whole, &profile->periods[i]);
        if (profile->periods[i].phases > 0)
            json_key_i64(json, "numberPhases", profile->periods[i].phases);
        if (profile->periods[i].phase_to_use > 0 && draft->protocol != PROTOCOL_16)
            json_key_i64(json, "phaseToUse", profile->periods[i].phase_to_use);
        json_object_end(json);
    }
    json_array_end(json);
    json_object_end(json);
}

static void put_kind(struct draft *draft)
{
    static const struct {
        struct str kind, recurrency;
    } words[] = {
        [CHARGE_ABSOLUTE] = { STR_INIT("Absolute"), STR_INIT("") },
        [CHARGE_RELATIVE] = { STR_INIT("Relative"), STR_INIT("") },
        [CHARGE_DAILY] = { STR_INIT("Recurring"), STR_INIT("Daily") },
        [CHARGE_WEEKLY] = { STR_INIT("Recurring"), STR_INIT("Weekly") },
        [CHARGE_DYNAMIC] = { STR_INIT("Dynamic"), STR_INIT("") },
    };
    enum charging_kind kind = draft->profile->kind;

    json_key_str(&draft->json, "chargingProfileKind", words[kind].kind);
    if (words[kind].recurrency.len)
        json_key_str(&draft->json, "recurrencyKind", words[kind].recurrency);
}

static void put_transaction(struct draft *draft)
{
    const struct charging_profile *profile = draft->profile;

    if (profile->layer != CHARGE_TX)
        return;
    json_key(&draft->json, "transactionId");
    if (draft->protocol == PROTOCOL_16)
        json_raw(&draft->json, profile->transaction_id); /* a number: no_transaction has looked */
    else
        json_str(&draft->json, profile->transaction_id);
}

/* 2.1 alone. */
static void put_offline(struct draft *draft)
{
    const struct charging_profile *profile = draft->profile;

    if (draft->protocol != PROTOCOL_21)
        return;
    if (profile->offline_s >= 0) {
        json_key_i64(&draft->json, "maxOfflineDuration", profile->offline_s);
        json_key_bool(&draft->json, "invalidAfterOfflineDuration", profile->offline_forgets);
    }
    if (profile->kind == CHARGE_DYNAMIC && profile->update_s > 0)
        json_key_i64(&draft->json, "dynUpdateInterval", profile->update_s);
}

static void put_profile(struct draft *draft)
{
    const struct charging_profile *profile = draft->profile;
    struct json_writer *json = &draft->json;
    bool is_16 = draft->protocol == PROTOCOL_16;

    json_object_begin(json);
    json_key_i64(json, is_16 ? "chargingProfileId" : "id", profile->id);
    put_transaction(draft);
    json_key_i64(json, "stackLevel", profile->stack);
    json_key_str(json, "chargingProfilePurpose", purpose_word(draft->protocol, profile->layer));
    put_kind(draft);
    put_moment(draft, "validFrom", profile->valid_from);
    put_moment(draft, "validTo", profile->valid_to);
    put_offline(draft);
    json_key(json, "chargingSchedule");
    if (!is_16)
        json_array_begin(json); /* K01.FR.34: one, but for cars that speak ISO 15118 */
    put_schedule(draft);
    if (!is_16)
        json_array_end(json);
    json_object_end(json);
}

/* --- calls --------------------------------------------------------------- */

static struct json_writer begin(struct buf *buf, struct arena *arena)
{
    struct json_writer json;

    buf_init_arena(buf, arena, 1u << 20);
    json = json_writer(buf);
    json_object_begin(&json);
    return json;
}

static enum err finish(struct json_writer *json, struct buf *buf, const char *action,
                       struct charging_call *call)
{
    json_object_end(json);
    if (buf->overflow)
        return ERR_FULL;
    call->action = str_of(action);
    call->payload = buf_str(buf);
    return ERR_NONE;
}

enum err charging_set(enum protocol protocol, const struct charging_profile *profile,
                      struct arena *arena, struct charging_call *call, const char **why)
{
    struct draft draft = { .protocol = protocol, .profile = profile };
    bool is_16 = protocol == PROTOCOL_16;
    struct buf buf;

    for (size_t i = 0; i < COUNT(rules); i++)
        if (rules[i].broken(&draft)) {
            *why = rules[i].field;
            return rules[i].err;
        }
    *why = NULL;
    draft.json = begin(&buf, arena);
    json_key_i64(&draft.json, is_16 ? "connectorId" : "evseId", profile->evse);
    json_key(&draft.json, is_16 ? "csChargingProfiles" : "chargingProfile");
    put_profile(&draft);
    return finish(&draft.json, &buf, "SetChargingProfile", call);
}

/* What the match says besides an id. */
static void put_match(struct json_writer *json, enum protocol protocol,
                      const struct charging_match *match, const char *evse_key)
{
    if (match->evse >= 0 && evse_key)
        json_key_i64(json, evse_key, match->evse);
    if (match->layer != CHARGE_LAYER_COUNT)
        json_key_str(json, "chargingProfilePurpose", purpose_word(protocol, match->layer));
    if (match->stack >= 0)
        json_key_i64(json, "stackLevel", match->stack);
}

static bool lacks_layer(enum protocol protocol, const struct charging_match *match)
{
    return match->layer != CHARGE_LAYER_COUNT && purpose_word(protocol, match->layer).len == 0;
}

enum err charging_clear(enum protocol protocol, const struct charging_match *match,
                        struct arena *arena, struct charging_call *call)
{
    bool is_16 = protocol == PROTOCOL_16;
    bool any =
        match->id < 0 && match->evse < 0 && match->stack < 0 && match->layer == CHARGE_LAYER_COUNT;
    struct json_writer json;
    struct buf buf;

    if (lacks_layer(protocol, match))
        return ERR_NOT_SUPPORTED;
    if (match->layer != CHARGE_LAYER_COUNT && !is_ours(match->layer))
        return ERR_BAD_VALUE; /* K10.FR.06 */
    if (any && !is_16)
        return ERR_BAD_OCCURRENCE;
    json = begin(&buf, arena);
    if (match->id >= 0) {
        json_key_i64(&json, is_16 ? "id" : "chargingProfileId", match->id);
    } else if (is_16) {
        put_match(&json, protocol, match, "connectorId");
    } else {
        json_key(&json, "chargingProfileCriteria");
        json_object_begin(&json);
        put_match(&json, protocol, match, "evseId");
        json_object_end(&json);
    }
    return finish(&json, &buf, "ClearChargingProfile", call);
}

/* NOLINTNEXTLINE(readability-function-size): what goes in and what comes out */
enum err charging_get_composite(enum protocol protocol, int32_t evse, int32_t duration_s,
                                enum charging_unit unit, struct arena *arena,
                                struct charging_call *call)
{
    struct buf buf;
    struct json_writer json = begin(&buf, arena);

    json_key_i64(&json, protocol == PROTOCOL_16 ? "connectorId" : "evseId", evse);
    json_key_i64(&json, "duration", duration_s);
    json_key_str(&json, "chargingRateUnit", unit_word(unit));
    return finish(&json, &buf, "GetCompositeSchedule", call);
}

/* K09.FR.03: ids, or something else; every source stands for "all". */
static void put_criterion(struct json_writer *json, enum protocol protocol,
                          const struct charging_match *match)
{
    static const char *const sources[] = { "EMS", "Other", "SO", "CSO" };

    json_object_begin(json);
    if (match->id >= 0) {
        json_key(json, "chargingProfileId");
        json_array_begin(json);
        json_i64(json, match->id);
        json_array_end(json);
    } else if (match->stack < 0 && match->layer == CHARGE_LAYER_COUNT) {
        json_key(json, "chargingLimitSource");
        json_array_begin(json);
        for (size_t i = 0; i < COUNT(sources); i++)
            json_str(json, str_of(sources[i]));
        json_array_end(json);
    } else {
        put_match(json, protocol, match, NULL);
    }
    json_object_end(json);
}

enum err charging_get_profiles(enum protocol protocol, int32_t request_id,
                               const struct charging_match *match, struct arena *arena,
                               struct charging_call *call)
{
    struct json_writer json;
    struct buf buf;

    if (protocol == PROTOCOL_16 || lacks_layer(protocol, match))
        return ERR_NOT_SUPPORTED;
    json = begin(&buf, arena);
    json_key_i64(&json, "requestId", request_id);
    if (match->evse >= 0)
        json_key_i64(&json, "evseId", match->evse);
    json_key(&json, "chargingProfile");
    put_criterion(&json, protocol, match);
    return finish(&json, &buf, "GetChargingProfiles", call);
}

/* NOLINTNEXTLINE(readability-function-size): what goes in and what comes out */
enum err charging_update(enum protocol protocol, int32_t id, enum charging_unit unit, bool whole,
                         const struct charging_period *limit, struct arena *arena,
                         struct charging_call *call)
{
    enum charging_layer layer;
    struct json_writer json;
    struct buf buf;
    int32_t evse;
    bool apart;

    if (protocol != PROTOCOL_21)
        return ERR_NOT_SUPPORTED;
    apart = charging_id_is_ours(id, &layer, &evse) && may_be_apart(protocol, layer);
    if (!is_limit(limit->limit))
        return ERR_BAD_VALUE;
    json = begin(&buf, arena);
    json_key_i64(&json, "chargingProfileId", id);
    json_key(&json, "scheduleUpdate");
    json_object_begin(&json);
    put_limits(&json, apart, unit, whole, limit);
    json_object_end(&json);
    return finish(&json, &buf, "UpdateDynamicSchedule", call);
}

enum err charging_use_priority(enum protocol protocol, struct str transaction_id, bool on,
                               struct arena *arena, struct charging_call *call)
{
    struct json_writer json;
    struct buf buf;

    if (protocol != PROTOCOL_21)
        return ERR_NOT_SUPPORTED;
    if (transaction_id.len == 0)
        return ERR_BAD_OCCURRENCE;
    json = begin(&buf, arena);
    json_key_str(&json, "transactionId", transaction_id);
    json_key_bool(&json, "activate", on);
    return finish(&json, &buf, "UsePriorityCharging", call);
}
