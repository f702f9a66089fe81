/* charging.c: what 2.x stations tell about charging limits, profiles and the needs of cars. They
 * are events for whoever shares the power (ocpp/power.h). */
#include "ocpp/charging_read.h"
#include "ocpp/power_tell.h"
#include "ocpp/v2x/v2x.h"

static int32_t narrow(int64_t value)
{
    return value > INT32_MAX ? INT32_MAX : value < INT32_MIN + 1 ? INT32_MIN + 1 : (int32_t)value;
}

/* Millionths to tenths and to whole numbers. */
static int32_t tenths(int64_t micro)
{
    return narrow(micro / 100000);
}

static int64_t wholes(int64_t micro)
{
    return micro / 1000000;
}

static enum charging_unit unit_of(enum v2x_charging_rate_unit unit)
{
    return unit == V2X_CHARGING_RATE_UNIT_W ? CHARGE_W : CHARGE_A;
}

static const struct session_row *open_session(struct turn *turn, const struct in *in, int64_t evse)
{
    const struct session_row *row = NULL;

    while ((row = world_next_of(turn_world(turn), ROW_session, in->station_id, row)))
        if (row->state == SESSION_OPEN && row->evse == evse)
            return TURN_FIND(turn, session, row->id);
    return NULL;
}

static struct power_event about_evse(struct turn *turn, const struct in *in, enum power_kind kind,
                                     int64_t evse)
{
    const struct session_row *session = evse > 0 ? open_session(turn, in, evse) : NULL;

    return (struct power_event){ .kind = kind,
                                 .evse = evse > 0 ? narrow(evse) : 0,
                                 .session = session ? session->id : 0,
                                 .at = UTC_UNKNOWN };
}

/* --- what the car needs -------------------------------------------------- */

static void needs_of_ac(const struct v2x_ac_charging_parameters *from, struct power_needs *needs)
{
    needs->energy_wh = wholes(from->energy_amount);
    needs->min_da = tenths(from->ev_min_current);
    needs->max_da = tenths(from->ev_max_current);
}

static void needs_of_dc(const struct v2x_dc_charging_parameters *from, struct power_needs *needs)
{
    needs->max_da = tenths(from->ev_max_current);
    if (from->has_energy_amount)
        needs->energy_wh = wholes(from->energy_amount);
    if (from->has_ev_max_power)
        needs->max_w = narrow(wholes(from->ev_max_power));
    if (from->has_ev_energy_capacity)
        needs->capacity_wh = wholes(from->ev_energy_capacity);
    if (from->has_state_of_charge)
        needs->soc_permille = narrow(from->state_of_charge * 10);
    if (from->has_full_soc)
        needs->full_permille = narrow(from->full_soc * 10);
}

/* 2.1, ISO 15118-20: energies are in Wh, those of AC cars too. */
static void needs_of_v2x(const struct v2x_v2x_charging_parameters *from, struct power_needs *needs)
{
    if (from->has_ev_target_energy_request)
        needs->energy_wh = wholes(from->ev_target_energy_request);
    if (from->has_max_charge_power)
        needs->max_w = narrow(wholes(from->max_charge_power));
    if (from->has_min_charge_current)
        needs->min_da = tenths(from->min_charge_current);
    if (from->has_max_charge_current)
        needs->max_da = tenths(from->max_charge_current);
    if (!from->has_max_charge_power || !from->has_max_charge_power_l2 ||
        !from->has_max_charge_power_l3)
        return;
    needs->phase_w[0] = wholes(from->max_charge_power); /* that of L1 then (2.1 Part 2 §2.113) */
    needs->phase_w[1] = wholes(from->max_charge_power_l2);
    needs->phase_w[2] = wholes(from->max_charge_power_l3);
    needs->max_w = POWER_UNKNOWN;
}

static int32_t phases_of(enum v2x_energy_transfer_mode mode)
{
    static const struct {
        enum v2x_energy_transfer_mode mode;
        int32_t phases;
    } rows[] = {
        { V2X_ENERGY_TRANSFER_MODE_AC_SINGLE_PHASE, 1 },
        { V2X_ENERGY_TRANSFER_MODE_AC_TWO_PHASE, 2 },
        { V2X_ENERGY_TRANSFER_MODE_AC_THREE_PHASE, 3 },
    };

    for (size_t i = 0; i < COUNT(rows); i++)
        if (rows[i].mode == mode)
            return rows[i].phases;
    return 0;
}

static struct power_needs read_needs(const struct in *in,
                                     const struct v2x_notify_ev_charging_needs_req *req)
{
    const struct v2x_charging_needs *from = req->charging_needs;
    struct power_needs needs = {
        .energy_wh = -1,
        .departs_at = UTC_UNKNOWN,
        .min_da = POWER_UNKNOWN,
        .max_da = POWER_UNKNOWN,
        .max_w = POWER_UNKNOWN,
        .phase_w = { POWER_UNKNOWN, POWER_UNKNOWN, POWER_UNKNOWN },
        .soc_permille = POWER_UNKNOWN,
        .full_permille = POWER_UNKNOWN,
        .capacity_wh = -1,
        .schedules_max = req->has_max_schedule_tuples ? narrow(req->max_schedule_tuples) : -1,
    };

    if (!from)
        return needs;
    needs.phases = phases_of(from->requested_energy_transfer);
    needs.departs_at = charging_our_time(from->departure_time, in->station->clock_offset_ms);
    if (from->ac_charging_parameters)
        needs_of_ac(from->ac_charging_parameters, &needs);
    if (from->dc_charging_parameters)
        needs_of_dc(from->dc_charging_parameters, &needs);
    if (from->v2x_charging_parameters)
        needs_of_v2x(from->v2x_charging_parameters, &needs);
    return needs;
}

/* 2.0.1 K15.FR.03: a schedule follows where the station's power is managed; K15.FR.04: else none
 * does, which 2.1 has a word for. */
enum err v2x_on_notify_ev_charging_needs(struct turn *turn, struct in *in,
                                         const struct v2x_notify_ev_charging_needs_req *req,
                                         struct v2x_notify_ev_charging_needs_res *res)
{
    struct power_event event = about_evse(turn, in, POWER_NEEDS, req->evse_id);

    if (!in->power || !event.session) { /* limits are a session's */
        res->status = in->protocol == PROTOCOL_21
                          ? V2X_NOTIFY_EV_CHARGING_NEEDS_STATUS_NO_CHARGING_PROFILE
                          : V2X_NOTIFY_EV_CHARGING_NEEDS_STATUS_REJECTED;
        return ERR_NONE;
    }
    res->status = V2X_NOTIFY_EV_CHARGING_NEEDS_STATUS_ACCEPTED;
    if (in->protocol == PROTOCOL_21) /* 2.0.1 has no such field */
        event.at = req->timestamp;
    event.delayed = event.at != UTC_UNKNOWN; /* K15.FR.20: given when it is old */
    event.needs = read_needs(in, req);
    power_tell(turn, in, &event);
    return ERR_NONE;
}

/* --- schedules ----------------------------------------------------------- */

static enum err read_schedule(struct turn *turn, const struct in *in,
                              const struct v2x_charging_schedule *from,
                              struct charging_profile *profile)
{
    struct charging_period *periods;
    enum err err;

    profile->unit = unit_of(from->charging_rate_unit);
    profile->duration_s = from->has_duration ? narrow(from->duration) : 0;
    profile->start_at = charging_our_time(from->start_schedule, in->station->clock_offset_ms);
    err = charging_periods_2x(from->charging_schedule_period, from->charging_schedule_period_count,
                              profile->unit, turn->arena, &periods);
    if (err != ERR_NONE)
        return err;
    profile->period_count = from->charging_schedule_period_count;
    profile->periods = periods;
    return ERR_NONE;
}

/* K15.FR.11, FR.12: the station has checked it against ours, and so do we. */
enum err v2x_on_notify_ev_charging_schedule(struct turn *turn, struct in *in,
                                            const struct v2x_notify_ev_charging_schedule_req *req,
                                            struct v2x_notify_ev_charging_schedule_res *res)
{
    const struct ocpp_power_watch *watch = &ocpp_of(turn->engine)->power;
    struct power_event event = about_evse(turn, in, POWER_CAR_PLAN, req->evse_id);
    enum err err = ERR_NONE;

    event.profile = CHARGE_PROFILE;
    if (req->charging_schedule)
        err = read_schedule(turn, in, req->charging_schedule, &event.profile);
    if (err != ERR_NONE)
        return err;
    event.has_schedule = event.profile.period_count > 0;
    event.at = req->time_base;
    event.delayed = true; /* a moment that it counts from, not one at which it spoke */
    if (event.profile.start_at == UTC_UNKNOWN)
        event.profile.start_at = charging_our_time(req->time_base, in->station->clock_offset_ms);
    event.is_refused = in->power && event.has_schedule &&
                       !watch->covers(watch->context, in->station_id, event.evse, &event.profile);
    res->status = event.is_refused ? V2X_GENERIC_STATUS_REJECTED : V2X_GENERIC_STATUS_ACCEPTED;
    power_tell(turn, in, &event);
    return ERR_NONE;
}

/* --- limits from outside ------------------------------------------------- */

static void put_source(struct power_event *event, struct str source)
{
    struct str kept = str_first(source, sizeof event->source - 1);

    if (kept.len)
        memcpy(event->source, kept.ptr, kept.len);
}

enum err v2x_on_notify_charging_limit(struct turn *turn, struct in *in,
                                      const struct v2x_notify_charging_limit_req *req,
                                      struct v2x_notify_charging_limit_res *res)
{
    struct power_event event =
        about_evse(turn, in, POWER_LIMIT_SET, req->has_evse_id ? req->evse_id : 0);
    enum err err = ERR_NONE;

    (void)res;
    event.profile = CHARGE_PROFILE;
    event.profile.layer = CHARGE_EXTERNAL;
    event.profile.evse = event.evse;
    event.is_critical = req->charging_limit && req->charging_limit->is_grid_critical;
    put_source(&event, req->charging_limit && req->charging_limit->charging_limit_source.len
                           ? req->charging_limit->charging_limit_source
                           : STR("Other")); /* it has to be one to be cleared again */
    /* In a unit that is none it says nothing. */
    if (req->charging_schedule_count &&
        req->charging_schedule[0].charging_rate_unit != V2X_CHARGING_RATE_UNIT_UNKNOWN_VALUE)
        err = read_schedule(turn, in, &req->charging_schedule[0], &event.profile);
    event.has_schedule = event.profile.period_count > 0;
    if (err == ERR_NONE)
        power_tell(turn, in, &event);
    return err;
}

enum err v2x_on_cleared_charging_limit(struct turn *turn, struct in *in,
                                       const struct v2x_cleared_charging_limit_req *req,
                                       struct v2x_cleared_charging_limit_res *res)
{
    struct power_event event =
        about_evse(turn, in, POWER_LIMIT_CLEARED, req->has_evse_id ? req->evse_id : 0);

    (void)res;
    put_source(&event, req->charging_limit_source);
    power_tell(turn, in, &event);
    return ERR_NONE;
}

/* --- profiles that a station holds --------------------------------------- */

static enum charging_kind kind_of(const struct v2x_charging_profile *from)
{
    if (from->charging_profile_kind == V2X_CHARGING_PROFILE_KIND_RELATIVE)
        return CHARGE_RELATIVE;
    if (from->charging_profile_kind == V2X_CHARGING_PROFILE_KIND_DYNAMIC)
        return CHARGE_DYNAMIC;
    if (from->charging_profile_kind == V2X_CHARGING_PROFILE_KIND_RECURRING)
        return from->recurrency_kind == V2X_RECURRENCY_KIND_WEEKLY ? CHARGE_WEEKLY : CHARGE_DAILY;
    return CHARGE_ABSOLUTE;
}

static enum err read_profile(struct turn *turn, const struct in *in,
                             const struct v2x_charging_profile *from, int32_t evse,
                             struct charging_profile *profile)
{
    int64_t offset_ms = in->station->clock_offset_ms;

    *profile = CHARGE_PROFILE;
    profile->id = narrow(from->id);
    profile->layer = charging_layer_2x(from->charging_profile_purpose);
    profile->evse = evse;
    profile->stack = narrow(from->stack_level);
    profile->kind = kind_of(from);
    profile->transaction_id = from->transaction_id;
    profile->valid_from = charging_our_time(from->valid_from, offset_ms);
    if (from->valid_to != UTC_UNKNOWN)
        profile->valid_to = charging_our_time(from->valid_to, offset_ms);
    profile->offline_s = from->has_max_offline_duration ? narrow(from->max_offline_duration) : -1;
    profile->offline_forgets = from->invalid_after_offline_duration;
    profile->update_s = from->has_dyn_update_interval ? narrow(from->dyn_update_interval) : 0;
    return from->charging_schedule_count
               ? read_schedule(turn, in, &from->charging_schedule[0], profile)
               : ERR_NONE;
}

enum err v2x_on_report_charging_profiles(struct turn *turn, struct in *in,
                                         const struct v2x_report_charging_profiles_req *req,
                                         struct v2x_report_charging_profiles_res *res)
{
    struct power_event event = about_evse(turn, in, POWER_PROFILE, req->evse_id);
    enum err err = ERR_NONE;

    (void)res;
    event.request_id = narrow(req->request_id);
    put_source(&event, req->charging_limit_source);
    for (uint32_t i = 0; i < req->charging_profile_count && err == ERR_NONE && in->power; i++) {
        err = read_profile(turn, in, &req->charging_profile[i], event.evse, &event.profile);
        event.has_schedule = event.profile.period_count > 0;
        if (err == ERR_NONE)
            power_tell(turn, in, &event);
    }
    if (err != ERR_NONE || (req->has_tbc && req->tbc))
        return err;
    event.kind = POWER_PROFILES_END;
    power_tell(turn, in, &event);
    return ERR_NONE;
}

/* --- 2.1 ----------------------------------------------------------------- */

enum err v2x_on_notify_priority_charging(struct turn *turn, struct in *in,
                                         const struct v2x_notify_priority_charging_req *req,
                                         struct v2x_notify_priority_charging_res *res)
{
    struct power_event event = { .kind = POWER_PRIORITY,
                                 .at = UTC_UNKNOWN,
                                 .priority = req->activated };
    const struct session_row *row = NULL;

    (void)res;
    while ((row = world_next_of(turn_world(turn), ROW_session, in->station_id, row)))
        if (str_equal(row->transaction_id, req->transaction_id)) {
            event.session = row->id;
            event.evse = narrow(row->evse);
        }
    power_tell(turn, in, &event);
    return ERR_NONE;
}

static int64_t millionths(int32_t limit, enum charging_unit unit)
{
    return (int64_t)limit * (unit == CHARGE_W ? 1000000 : 100000);
}

/* K28.FR.07, K28.FR.12. */
enum err v2x_on_pull_dynamic_schedule_update(struct turn *turn, struct in *in,
                                             const struct v2x_pull_dynamic_schedule_update_req *req,
                                             struct v2x_pull_dynamic_schedule_update_res *res)
{
    const struct ocpp_power_watch *watch = &ocpp_of(turn->engine)->power;
    struct power_event event = { .kind = POWER_PULLED, .at = UTC_UNKNOWN };
    struct v2x_charging_schedule_update *update;
    enum charging_unit unit = CHARGE_A;

    res->status = V2X_CHARGING_PROFILE_STATUS_REJECTED;
    event.profile_id = narrow(req->charging_profile_id);
    if (!in->power ||
        !watch->dynamic(watch->context, in->station_id, event.profile_id, &event.limit, &unit))
        return ERR_NONE;
    update = ARENA_NEW(turn->arena, struct v2x_charging_schedule_update);
    if (!update)
        return ERR_FULL;
    update->has_limit = true;
    update->limit = millionths(event.limit.limit, unit);
    update->has_limit_l2 = event.limit.limit_2 != CHARGE_SAME;
    update->limit_l2 = update->has_limit_l2 ? millionths(event.limit.limit_2, unit) : 0;
    update->has_limit_l3 = event.limit.limit_3 != CHARGE_SAME;
    update->limit_l3 = update->has_limit_l3 ? millionths(event.limit.limit_3, unit) : 0;
    res->status = V2X_CHARGING_PROFILE_STATUS_ACCEPTED;
    res->schedule_update = update;
    power_tell(turn, in, &event);
    return ERR_NONE;
}
