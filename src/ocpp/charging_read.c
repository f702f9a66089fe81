/* charging_read.c: what stations answer, and the arithmetic between A and W. */
#include "ocpp/charging_read.h"

#include "ocpp/route.h"
#include "json/cursor.h"

/* --- answers ------------------------------------------------------------- */

static const struct {
    struct str word;
    enum charging_result result;
} status_words[] = {
    { STR_INIT("Accepted"), CHARGE_ACCEPTED },
    { STR_INIT("Rejected"), CHARGE_REJECTED },
    { STR_INIT("NotSupported"), CHARGE_NOT_SUPPORTED },
    { STR_INIT("Unknown"), CHARGE_NONE },    /* ClearChargingProfile */
    { STR_INIT("NoProfiles"), CHARGE_NONE }, /* GetChargingProfiles */
    { STR_INIT("NoProfile"), CHARGE_NONE },  /* UsePriorityCharging */
};

/* The errors that say: nothing was done (1.6-J §4.2.3, 2.0.1 Part 4 §4.3). InternalError and
 * GenericError may come after half of it was. */
static const struct {
    struct str code;
    enum charging_result result;
} error_codes[] = {
    { STR_INIT("NotSupported"), CHARGE_NOT_SUPPORTED },
    { STR_INIT("NotImplemented"), CHARGE_NOT_SUPPORTED },
    { STR_INIT("MessageTypeNotSupported"), CHARGE_NOT_SUPPORTED },
    { STR_INIT("FormationViolation"), CHARGE_REJECTED },
    { STR_INIT("FormatViolation"), CHARGE_REJECTED },
    { STR_INIT("PropertyConstraintViolation"), CHARGE_REJECTED },
    { STR_INIT("TypeConstraintViolation"), CHARGE_REJECTED },
    { STR_INIT("OccurenceConstraintViolation"), CHARGE_REJECTED },
    { STR_INIT("OccurrenceConstraintViolation"), CHARGE_REJECTED },
    { STR_INIT("ProtocolError"), CHARGE_REJECTED },
    { STR_INIT("SecurityError"), CHARGE_REJECTED },
};

static void read_error(const struct call_answer *answer, struct charging_answer *out)
{
    out->word = answer->error_code;
    out->reason = answer->error_description;
    for (size_t i = 0; i < COUNT(error_codes); i++)
        if (str_equal(error_codes[i].code, answer->error_code))
            out->result = error_codes[i].result;
}

static void read_status(const struct call_answer *answer, struct arena *arena,
                        struct charging_answer *out)
{
    struct str value, info;

    if (json_member(answer->payload, STR("status"), &value) != ERR_NONE ||
        !json_value_str(value, arena, &out->word))
        return;
    for (size_t i = 0; i < COUNT(status_words); i++)
        if (str_equal(status_words[i].word, out->word))
            out->result = status_words[i].result;
    if (json_member(answer->payload, STR("statusInfo"), &info) != ERR_NONE)
        return;
    if (json_member(info, STR("reasonCode"), &value) == ERR_NONE &&
        !json_value_str(value, arena, &out->reason))
        out->reason = STR_NONE;
}

struct charging_answer charging_read(const struct call_answer *answer, struct arena *arena)
{
    struct charging_answer out = { CHARGE_UNKNOWN, STR_NONE, STR_NONE };

    if (answer->outcome == CALL_ANSWERED)
        read_status(answer, arena, &out);
    else if (answer->outcome == CALL_ERROR)
        read_error(answer, &out);
    else if (answer->sent_at == UTC_UNKNOWN)
        out.result = CHARGE_NOT_SENT;
    return out;
}

/* --- schedules ----------------------------------------------------------- */

enum { MICRO_A = 100000, MICRO_W = 1000000 };

/* A limit as it is told (millionths of A or W), in our unit, rounded up. */
static int32_t limit_up(int64_t micro, enum charging_unit unit)
{
    int64_t one = unit == CHARGE_W ? MICRO_W : MICRO_A;
    int64_t whole = micro / one + (micro > 0 && micro % one != 0);

    return whole < 0 ? 0 : whole > INT32_MAX ? INT32_MAX : (int32_t)whole;
}

static int32_t seconds(int64_t value)
{
    return value < 0 ? 0 : value > INT32_MAX ? INT32_MAX : (int32_t)value;
}

static uint8_t phase_count(bool given, int64_t count)
{
    return given && count >= 1 && count <= 3 ? (uint8_t)count : 0;
}

enum err charging_periods_2x(const struct v2x_charging_schedule_period *from, uint32_t count,
                             enum charging_unit unit, struct arena *arena,
                             struct charging_period **periods)
{
    *periods = ARENA_NEW_ARRAY(arena, struct charging_period, count);
    if (!*periods)
        return ERR_FULL;
    for (uint32_t i = 0; i < count; i++)
        (*periods)[i] = (struct charging_period){
            .start_s = seconds(from[i].start_period),
            /* 2.1 lets an external set-point stand for it; then nothing of ours limits. */
            .limit = from[i].has_limit ? limit_up(from[i].limit, unit) : INT32_MAX,
            .limit_2 = from[i].has_limit_l2 ? limit_up(from[i].limit_l2, unit) : CHARGE_SAME,
            .limit_3 = from[i].has_limit_l3 ? limit_up(from[i].limit_l3, unit) : CHARGE_SAME,
            .phases = phase_count(from[i].has_number_phases, from[i].number_phases),
            .phase_to_use = phase_count(from[i].has_phase_to_use, from[i].phase_to_use),
        };
    return ERR_NONE;
}

static enum err periods_16(const struct v16_charging_schedule *from, enum charging_unit unit,
                           struct arena *arena, struct charging_composite *out)
{
    out->period_count = from->charging_schedule_period_count;
    out->periods = ARENA_NEW_ARRAY(arena, struct charging_period, out->period_count);
    if (!out->periods)
        return ERR_FULL;
    for (uint32_t i = 0; i < out->period_count; i++) {
        const struct v16_charging_schedule_period *period = &from->charging_schedule_period[i];
        out->periods[i] = (struct charging_period){
            .start_s = seconds(period->start_period),
            .limit = limit_up(period->limit, unit),
            .limit_2 = CHARGE_SAME,
            .limit_3 = CHARGE_SAME,
            .phases = phase_count(period->has_number_phases, period->number_phases),
        };
    }
    return ERR_NONE;
}

utc_ms charging_our_time(utc_ms theirs, int64_t clock_offset_ms)
{
    utc_ms ours;

    return theirs == UTC_UNKNOWN || theirs == UTC_NEVER ||
                   __builtin_sub_overflow(theirs, clock_offset_ms, &ours)
               ? theirs
               : ours;
}

static enum err composite_16(const struct v16_get_composite_schedule_res *res, int64_t offset_ms,
                             struct arena *arena, struct charging_composite *out)
{
    const struct v16_charging_schedule *schedule = res->charging_schedule;

    if (res->status != V16_GENERIC_STATUS_ACCEPTED || !schedule ||
        schedule->charging_schedule_period_count == 0)
        return ERR_NOT_FOUND;
    *out = (struct charging_composite){
        .evse = res->has_connector_id ? seconds(res->connector_id) : 0,
        .start_at = charging_our_time(res->schedule_start != UTC_UNKNOWN ? res->schedule_start
                                                                         : schedule->start_schedule,
                                      offset_ms),
        .duration_s = schedule->has_duration ? seconds(schedule->duration) : 0,
        .unit = schedule->charging_rate_unit == V16_CHARGING_RATE_UNIT_W ? CHARGE_W : CHARGE_A,
    };
    return periods_16(schedule, out->unit, arena, out);
}

static enum err composite_2x(const struct v2x_get_composite_schedule_res *res, int64_t offset_ms,
                             struct arena *arena, struct charging_composite *out)
{
    const struct v2x_composite_schedule *schedule = res->schedule;

    if (res->status != V2X_GENERIC_STATUS_ACCEPTED || !schedule ||
        schedule->charging_schedule_period_count == 0)
        return ERR_NOT_FOUND;
    *out = (struct charging_composite){
        .evse = seconds(schedule->evse_id),
        .start_at = charging_our_time(schedule->schedule_start, offset_ms),
        .duration_s = seconds(schedule->duration),
        .unit = schedule->charging_rate_unit == V2X_CHARGING_RATE_UNIT_W ? CHARGE_W : CHARGE_A,
        .period_count = schedule->charging_schedule_period_count,
    };
    return charging_periods_2x(schedule->charging_schedule_period, out->period_count, out->unit,
                               arena, &out->periods);
}

enum err charging_read_composite(enum protocol protocol, struct str payload,
                                 int64_t clock_offset_ms, struct arena *arena,
                                 struct charging_composite *composite)
{
    const struct ocpp_action *action = route_action(protocol, STR("GetCompositeSchedule"));
    struct json_report *report = ARENA_NEW(arena, struct json_report);
    void *res = arena_zalloc(arena, 1, action->res->size);
    enum err err;

    if (!report || !res)
        return ERR_FULL;
    err = json_read(action->res, payload, JSON_LENIENT, arena, res, report);
    if (err != ERR_NONE)
        return err == ERR_FULL ? err : ERR_BAD_FORMAT;
    return protocol == PROTOCOL_16 ? composite_16(res, clock_offset_ms, arena, composite)
                                   : composite_2x(res, clock_offset_ms, arena, composite);
}

/* --- profiles of somebody else ---------------------------------------------- */

static enum charging_layer layer_of_16(enum v16_charging_profile_purpose purpose)
{
    if (purpose == V16_CHARGING_PROFILE_PURPOSE_CHARGE_POINT_MAX_PROFILE)
        return CHARGE_STATION_MAX;
    return purpose == V16_CHARGING_PROFILE_PURPOSE_TX_PROFILE ? CHARGE_TX : CHARGE_DEFAULT;
}

enum charging_layer charging_layer_2x(enum v2x_charging_profile_purpose purpose)
{
    static const struct {
        enum v2x_charging_profile_purpose purpose;
        enum charging_layer layer;
    } rows[] = {
        { V2X_CHARGING_PROFILE_PURPOSE_CHARGING_STATION_MAX_PROFILE, CHARGE_STATION_MAX },
        { V2X_CHARGING_PROFILE_PURPOSE_TX_DEFAULT_PROFILE, CHARGE_DEFAULT },
        { V2X_CHARGING_PROFILE_PURPOSE_TX_PROFILE, CHARGE_TX },
        { V2X_CHARGING_PROFILE_PURPOSE_PRIORITY_CHARGING, CHARGE_PRIORITY },
        { V2X_CHARGING_PROFILE_PURPOSE_LOCAL_GENERATION, CHARGE_GENERATION },
    };

    for (size_t i = 0; i < COUNT(rows); i++)
        if (rows[i].purpose == purpose)
            return rows[i].layer;
    return CHARGE_EXTERNAL;
}

static enum err set_16(const struct v16_set_charging_profile_req *req, struct arena *arena,
                       struct charging_profile *profile)
{
    const struct v16_charging_profile *from = req->cs_charging_profiles;
    struct charging_composite schedule = { 0 };
    enum err err = ERR_BAD_FORMAT;

    if (from && from->charging_schedule) {
        profile->unit = from->charging_schedule->charging_rate_unit == V16_CHARGING_RATE_UNIT_W
                            ? CHARGE_W
                            : CHARGE_A;
        err = periods_16(from->charging_schedule, profile->unit, arena, &schedule);
    }
    if (err != ERR_NONE)
        return err;
    profile->layer = layer_of_16(from->charging_profile_purpose);
    profile->evse = seconds(req->connector_id);
    profile->periods = schedule.periods;
    profile->period_count = schedule.period_count;
    return ERR_NONE;
}

/* Up to three schedules, for the car to choose from: the one that lets it have most counts. */
static enum err set_2x(const struct v2x_set_charging_profile_req *req, struct arena *arena,
                       struct charging_profile *profile)
{
    const struct v2x_charging_profile *from = req->charging_profile;
    struct charging_profile best = *profile;

    if (!from || from->charging_schedule_count == 0)
        return ERR_BAD_FORMAT;
    best.layer = charging_layer_2x(from->charging_profile_purpose);
    best.evse = seconds(req->evse_id);
    for (uint32_t i = 0; i < from->charging_schedule_count; i++) {
        const struct v2x_charging_schedule *schedule = &from->charging_schedule[i];
        struct charging_profile one = best;
        struct charging_period *periods;
        enum err err;

        one.unit = schedule->charging_rate_unit == V2X_CHARGING_RATE_UNIT_W ? CHARGE_W : CHARGE_A;
        err = charging_periods_2x(schedule->charging_schedule_period,
                                  schedule->charging_schedule_period_count, one.unit, arena,
                                  &periods);
        if (err != ERR_NONE)
            return err;
        one.periods = periods;
        one.period_count = schedule->charging_schedule_period_count;
        if (i == 0 || charging_most(&one) > charging_most(&best))
            best = one;
    }
    *profile = best;
    return ERR_NONE;
}

enum err charging_read_set(enum protocol protocol, struct str payload, struct arena *arena,
                           struct charging_profile *profile)
{
    const struct ocpp_action *action = route_action(protocol, STR("SetChargingProfile"));
    struct json_report *report = ARENA_NEW(arena, struct json_report);
    void *req = arena_zalloc(arena, 1, action->req->size);
    enum err err;

    if (!report || !req)
        return ERR_FULL;
    err = json_read(action->req, payload, JSON_LENIENT, arena, req, report);
    if (err != ERR_NONE)
        return err == ERR_FULL ? err : ERR_BAD_FORMAT;
    return protocol == PROTOCOL_16 ? set_16(req, arena, profile) : set_2x(req, arena, profile);
}

int32_t charging_most(const struct charging_profile *profile)
{
    int32_t most = -1;

    for (uint32_t i = 0; i < profile->period_count; i++) {
        int32_t limit = charging_highest(&profile->periods[i], profile->unit);
        most = limit > most ? limit : most;
    }
    return most;
}

const struct charging_period *charging_period_at(const struct charging_period *periods,
                                                 uint32_t count, int32_t duration_s, int64_t into_s)
{
    const struct charging_period *found = NULL;

    if (duration_s > 0 && into_s >= duration_s)
        return NULL;
    for (uint32_t i = 0; i < count && periods[i].start_s <= into_s; i++)
        found = &periods[i];
    return found;
}

/* --- limits of single phases ----------------------------------------------- */

bool charging_is_apart(const struct charging_period *period)
{
    return period->limit_2 != CHARGE_SAME || period->limit_3 != CHARGE_SAME;
}

struct phases {
    int32_t count, low, high;
    int64_t sum;
};

/* Those that are told: two limits stand for two phases (2.1 errata K01.FR.147). */
static struct phases phases_of(const struct charging_period *period)
{
    const int32_t limits[] = { period->limit, period->limit_2, period->limit_3 };
    struct phases phases = { .low = INT32_MAX };

    for (size_t i = 0; i < COUNT(limits); i++) {
        if (limits[i] == CHARGE_SAME)
            continue;
        phases.count++;
        phases.sum += limits[i];
        phases.low = limits[i] < phases.low ? limits[i] : phases.low;
        phases.high = limits[i] > phases.high ? limits[i] : phases.high;
    }
    return phases;
}

/* In W one number is of all phases together. */
static int32_t alike(const struct charging_period *period, enum charging_unit unit,
                     const struct phases *phases, int32_t limit)
{
    int64_t all =
        unit == CHARGE_W && charging_is_apart(period) ? (int64_t)limit * phases->count : limit;

    return all > INT32_MAX ? INT32_MAX : (int32_t)all;
}

int32_t charging_lowest(const struct charging_period *period, enum charging_unit unit)
{
    struct phases phases = phases_of(period);

    return alike(period, unit, &phases, phases.low);
}

int32_t charging_highest(const struct charging_period *period, enum charging_unit unit)
{
    struct phases phases = phases_of(period);

    return alike(period, unit, &phases, phases.high);
}

int32_t charging_together(const struct charging_period *period, enum charging_unit unit)
{
    struct phases phases = phases_of(period);

    if (unit != CHARGE_W)
        return phases.high;
    return phases.sum > INT32_MAX ? INT32_MAX : (int32_t)phases.sum;
}

/* --- A and W ------------------------------------------------------------- */

static int32_t fits(int64_t value)
{
    return value < 0 ? 0 : value > INT32_MAX ? INT32_MAX : (int32_t)value;
}

int32_t charging_w_within(int32_t da, int32_t volts_dv, int32_t phases)
{
    check(volts_dv > 0 && phases >= 1 && phases <= 3);
    return fits((int64_t)da * volts_dv * phases / 100);
}

int32_t charging_da_within(int32_t w, int32_t volts_dv, int32_t phases)
{
    check(volts_dv > 0 && phases >= 1 && phases <= 3);
    return fits((int64_t)w * 100 / ((int64_t)volts_dv * phases));
}

int32_t charging_da_upto(int32_t w, int32_t volts_dv, int32_t phases)
{
    int64_t by = (int64_t)volts_dv * phases;

    check(volts_dv > 0 && phases >= 1 && phases <= 3);
    return fits(((int64_t)w * 100 + by - 1) / by);
}
