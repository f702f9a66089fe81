/* speak2x_power.c: charging limits in OCPP 2.0.1 and 2.1, both ways: what the station tells of them
 * (2.0.1 K09, K12, K13, K15; 2.1 K22, K28) and what it is asked (K01, K08 to K10; 2.1 K21, K28). */
#include "sim/car_plan.h"
#include "sim/pick.h"
#include "sim/speak_inner.h"

static int32_t optional(const struct sim_call *call, const char *path, int32_t otherwise)
{
    int64_t value;

    return pick_i64(call->payload, path, &value) && value >= 0 && value <= INT32_MAX
               ? (int32_t)value
               : otherwise;
}

static const char *plain(enum sim_verdict verdict)
{
    return verdict == VERDICT_ACCEPTED ? "Accepted" : "Rejected";
}

/* --- what it tells ------------------------------------------------------- */

static void put_ac_needs(const struct car *car, struct json_writer *w)
{
    json_key(w, "acChargingParameters");
    json_object_begin(w);
    json_key_i64(w, "energyAmount", car_wants_wh(car, true));
    json_key_i64(w, "evMinCurrent", car->model->ac_current_floor_ma / 1000);
    json_key_i64(w, "evMaxCurrent", car->model->ac_current_max_ma / 1000);
    json_key_i64(w, "evMaxVoltage", 400);
    json_object_end(w);
}

static void put_dc_needs(const struct car *car, struct json_writer *w)
{
    json_key(w, "dcChargingParameters");
    json_object_begin(w);
    json_key_i64(w, "evMaxCurrent", car->model->battery_power_w / 390);
    json_key_i64(w, "evMaxVoltage", 420);
    json_key_i64(w, "evMaxPower", car->model->battery_power_w);
    json_key_i64(w, "energyAmount", car_wants_wh(car, false));
    json_key_i64(w, "evEnergyCapacity", car->capacity_mj / CAR_MJ_PER_MWH / 1000);
    json_key_i64(w, "stateOfCharge", car_soc_permille(car) / 10);
    json_object_end(w);
}

void sim_put_needs(struct sim_station *station, const struct sim_message *message,
                   struct json_writer *w)
{
    static const char *const modes[] = { "DC", "AC_single_phase", "AC_two_phase",
                                         "AC_three_phase" };
    const struct sim_evse *evse = &station->evses[message->evse - 1];
    bool dc = station->setup.model->dc;

    json_key_i64(w, "evseId", message->evse);
    json_key(w, "chargingNeeds");
    json_object_begin(w);
    json_key_str(w, "requestedEnergyTransfer", str_of(modes[dc ? 0 : evse->car.model->ac_phases]));
    if (evse->visit.leaves_at > station->now)
        json_key_time(w, "departureTime", evse->visit.leaves_at + station->clock_offset_ms);
    if (dc)
        put_dc_needs(&evse->car, w);
    else
        put_ac_needs(&evse->car, w);
    json_object_end(w);
}

static void put_limit(struct json_writer *w, bool watts, int32_t limit)
{
    if (watts)
        json_key_i64(w, "limit", limit);
    else
        json_key_decimal(w, "limit", limit, 3);
}

void sim_put_limit_set(struct sim_station *station, const struct sim_message *message,
                       struct json_writer *w)
{
    bool watts = station->setup.model->dc;

    json_key(w, "chargingLimit");
    json_object_begin(w);
    json_key_str(w, "chargingLimitSource", STR("EMS"));
    json_object_end(w);
    json_key(w, "chargingSchedule");
    json_array_begin(w);
    json_object_begin(w);
    json_key_i64(w, "id", 1);
    json_key_time(w, "startSchedule", message->at);
    json_key_str(w, "chargingRateUnit", watts ? STR("W") : STR("A"));
    json_key(w, "chargingSchedulePeriod");
    json_array_begin(w);
    json_object_begin(w);
    json_key_i64(w, "startPeriod", 0);
    put_limit(w, watts, message->sample.offered);
    json_object_end(w);
    json_array_end(w);
    json_object_end(w);
    json_array_end(w);
}

void sim_put_limit_cleared(struct sim_station *station, const struct sim_message *message,
                           struct json_writer *w)
{
    (void)station;
    (void)message;
    json_key_str(w, "chargingLimitSource", STR("EMS"));
}

static void put_schedule(const struct profile *profile, struct json_writer *w)
{
    json_object_begin(w);
    json_key_i64(w, "id", 1);
    if (profile->start_at != UTC_UNKNOWN)
        json_key_time(w, "startSchedule", profile->start_at);
    if (profile->duration_s > 0)
        json_key_i64(w, "duration", profile->duration_s);
    json_key_str(w, "chargingRateUnit", profile->watts ? STR("W") : STR("A"));
    json_key(w, "chargingSchedulePeriod");
    json_array_begin(w);
    for (uint32_t i = 0; i < profile->period_count; i++) {
        json_object_begin(w);
        json_key_i64(w, "startPeriod", profile->periods[i].start_s);
        put_limit(w, profile->watts, profile->periods[i].limit);
        if (profile->periods[i].phases > 0)
            json_key_i64(w, "numberPhases", profile->periods[i].phases);
        json_object_end(w);
    }
    json_array_end(w);
    json_object_end(w);
}

static void put_profile(const struct sim_station *station, const struct profile *profile,
                        struct json_writer *w)
{
    static const char *const purposes[PROFILE_PURPOSE_COUNT] = {
        [PROFILE_STATION_MAX] = "ChargingStationMaxProfile",
        [PROFILE_EXTERNAL] = "ChargingStationExternalConstraints",
        [PROFILE_TX_DEFAULT] = "TxDefaultProfile",
        [PROFILE_TX] = "TxProfile",
        [PROFILE_PRIORITY] = "PriorityCharging",
    };
    static const char *const kinds[] = { [PROFILE_ABSOLUTE] = "Absolute",
                                         [PROFILE_RECURRING_DAILY] = "Recurring",
                                         [PROFILE_RECURRING_WEEKLY] = "Recurring",
                                         [PROFILE_RELATIVE] = "Relative",
                                         [PROFILE_DYNAMIC] = "Dynamic" };
    const struct sim_evse *evse =
        profile->evse > 0 ? &station->evses[(profile->evse - 1) % station->evse_count] : NULL;

    json_object_begin(w);
    json_key_i64(w, "id", profile->id);
    json_key_i64(w, "stackLevel", profile->stack_level);
    json_key_str(w, "chargingProfilePurpose", str_of(purposes[profile->purpose]));
    json_key_str(w, "chargingProfileKind", str_of(kinds[profile->kind]));
    if (profile->kind == PROFILE_RECURRING_DAILY)
        json_key_str(w, "recurrencyKind", STR("Daily"));
    else if (profile->kind == PROFILE_RECURRING_WEEKLY)
        json_key_str(w, "recurrencyKind", STR("Weekly"));
    if (profile->purpose == PROFILE_TX && evse && evse->tx)
        json_key_str(w, "transactionId", str_of(evse->tx->id));
    json_key(w, "chargingSchedule");
    json_array_begin(w);
    put_schedule(profile, w);
    json_array_end(w);
    json_object_end(w);
}

/* Does more of this report wait? (2.0.1 K09.FR.02) */
static bool more_waits(const struct sim_station *station, const struct sim_message *message)
{
    for (uint32_t i = 0; i < station->outbox.count; i++)
        if (station->outbox.items[i].kind == SIM_PROFILE &&
            station->outbox.items[i].request_id == message->request_id)
            return true;
    return false;
}

/* One that was replaced meanwhile is told as it is now; one that is gone as an empty default. */
void sim_put_profile(struct sim_station *station, const struct sim_message *message,
                     struct json_writer *w)
{
    const struct profile gone = { .id = message->part,
                                  .purpose = PROFILE_TX_DEFAULT,
                                  .start_at = UTC_UNKNOWN,
                                  .period_count = 1 };
    const struct profile *profile = profiles_find(&station->profiles, message->part);

    profile = profile ? profile : &gone;
    json_key_i64(w, "requestId", message->request_id);
    json_key_str(w, "chargingLimitSource",
                 profile->purpose == PROFILE_EXTERNAL ? STR("EMS") : STR("CSO"));
    json_key_i64(w, "evseId", message->evse);
    if (more_waits(station, message))
        json_key_bool(w, "tbc", true);
    json_key(w, "chargingProfile");
    json_array_begin(w);
    put_profile(station, profile, w);
    json_array_end(w);
}

void sim_put_pull(struct sim_station *station, const struct sim_message *message,
                  struct json_writer *w)
{
    (void)station;
    json_key_i64(w, "chargingProfileId", message->part);
}

void sim_put_priority(struct sim_station *station, const struct sim_message *message,
                      struct json_writer *w)
{
    (void)station;
    json_key_str(w, "transactionId", str_of(message->tx->id));
    json_key_bool(w, "activated", message->state != 0);
}

/* In W, as 2.0.1 Part 2 ChargingScheduleType wants it. */
static void put_plan(const struct car_plan *plan, struct json_writer *w)
{
    json_key(w, "chargingSchedule");
    json_object_begin(w);
    json_key_i64(w, "id", 1);
    json_key_i64(w, "duration", plan->duration_s);
    json_key_str(w, "chargingRateUnit", STR("W"));
    json_key(w, "chargingSchedulePeriod");
    json_array_begin(w);
    for (uint32_t i = 0; i < plan->count; i++) {
        json_object_begin(w);
        json_key_i64(w, "startPeriod", plan->periods[i].start_s);
        put_limit(w, true, plan->periods[i].limit);
        json_object_end(w);
    }
    json_array_end(w);
    json_object_end(w);
}

/* Until it leaves; one that stays longer plans that far. */
static int32_t plan_s(const struct sim_station *station, const struct sim_evse *evse)
{
    enum { LEAST_S = 600, MOST_S = 12 * 3600 };
    int64_t stays_s = (evse->visit.leaves_at - station->now) / 1000;

    return stays_s < LEAST_S ? LEAST_S : stays_s > MOST_S ? MOST_S : (int32_t)stays_s;
}

void sim_put_car_plan(struct sim_station *station, const struct sim_message *message,
                      struct json_writer *w)
{
    const struct sim_evse *evse = &station->evses[message->evse - 1];
    const struct sim_model *model = station->setup.model;
    int32_t duration_s = plan_s(station, evse);
    struct sim_schedule offers = { 0 };
    struct car_plan plan;

    if (!sim_composite(station, evse->number, duration_s, model->dc, &offers))
        offers.count = 0; /* it does not say: its car plans nothing */
    if (offers.count == 0)
        offers = (struct sim_schedule){ .watts = model->dc, .count = 1 };
    car_plan_make(&evse->car, &offers, model->dc ? 0 : model->phases, duration_s, &plan);
    json_key_time(w, "timeBase", sim_station_clock(station));
    json_key_i64(w, "evseId", message->evse);
    put_plan(&plan, w);
}

/* The limit of an update, the lowest of its phases; 2.1 ChargingScheduleUpdateType. */
static bool apply_update(struct sim_station *station, struct profile *profile, struct str update)
{
    struct profile_period period;

    if (!sim_limit_read(update, profile->watts, &period.limit))
        return false;
    profile->periods[0].limit = period.limit;
    profile->updated_at = sim_station_clock(station);
    sim_station_arm_pull(station);
    sim_evses_refresh(station);
    if (profile->purpose == PROFILE_TX)
        sim_evse_plan_soon(station, &station->evses[profile->evse - 1]);
    return true;
}

enum err sim_on_pull(struct sim_station *station, const struct sim_message *message,
                     struct str payload)
{
    struct profile *profile = profiles_find(&station->profiles, message->part);

    if (!profile || !str_equal(pick(payload, "status"), STR("\"Accepted\"")))
        return ERR_NONE;
    return apply_update(station, profile, pick(payload, "scheduleUpdate")) ? ERR_NONE
                                                                           : ERR_BAD_FORMAT;
}

/* --- what it is asked ------------------------------------------------------ */

enum err sim_call_set_profile(struct sim_call *call)
{
    struct str json = pick(call->payload, "chargingProfile");
    struct profile profile;

    if (pick(json, "id").len == 0 || optional(call, "evseId", -1) < 0)
        return ERR_BAD_OCCURRENCE;
    if (!sim_profile_read(json, false, &profile)) {
        sim_put_status(call, "Rejected");
        return ERR_NONE;
    }
    profile.evse = optional(call, "evseId", 0);
    sim_put_status(call, plain(sim_set_profile(call->station, &profile,
                                               pick_text(json, "transactionId", call->arena))));
    return ERR_NONE;
}

enum err sim_call_clear_profile(struct sim_call *call)
{
    struct profile_match match = {
        .id = optional(call, "chargingProfileId", -1),
        .evse = optional(call, "chargingProfileCriteria.evseId", -1),
        .stack_level = optional(call, "chargingProfileCriteria.stackLevel", -1),
        .purpose =
            sim_purpose_read(pick(call->payload, "chargingProfileCriteria.chargingProfilePurpose")),
        .keep_outside = true,
    };
    uint32_t cleared = sim_clear_profiles(call->station, &match);

    sim_station_arm_pull(call->station);
    sim_evses_refresh(call->station);
    sim_put_status(call, cleared > 0 ? "Accepted" : "Unknown");
    return ERR_NONE;
}

enum err sim_call_get_composite(struct sim_call *call)
{
    int32_t evse = optional(call, "evseId", -1), duration_s = optional(call, "duration", -1);
    bool watts = str_equal(pick(call->payload, "chargingRateUnit"), STR("\"W\""));
    struct sim_schedule schedule;

    if (duration_s < 0 || evse < 0)
        return ERR_BAD_OCCURRENCE;
    if (!sim_composite(call->station, evse, duration_s, watts, &schedule) || schedule.count == 0) {
        sim_put_status(call, "Rejected");
        return ERR_NONE;
    }
    sim_put_status(call, "Accepted");
    json_key(call->w, "schedule");
    json_object_begin(call->w);
    json_key_i64(call->w, "evseId", evse);
    json_key_i64(call->w, "duration", duration_s);
    json_key_time(call->w, "scheduleStart", sim_station_clock(call->station));
    json_key_str(call->w, "chargingRateUnit", watts ? STR("W") : STR("A"));
    sim_put_periods(&schedule, call->w);
    json_object_end(call->w);
    return ERR_NONE;
}

static bool has_id(struct str list, int32_t id)
{
    struct str item;
    int64_t wanted;

    while (pick_item(&list, &item))
        if (str_to_i64(item, &wanted) && wanted == id)
            return true;
    return false;
}

static bool has_source(struct str list, const struct profile *profile)
{
    struct str item, own = profile->purpose == PROFILE_EXTERNAL ? STR("\"EMS\"") : STR("\"CSO\"");

    while (pick_item(&list, &item))
        if (str_equal(item, own))
            return true;
    return false;
}

/* 2.0.1 K09.FR.03 to FR.06. */
static bool is_asked(const struct sim_call *call, const struct profile *profile)
{
    struct str criterion = pick(call->payload, "chargingProfile");
    struct str ids = pick(criterion, "chargingProfileId");
    struct str sources = pick(criterion, "chargingLimitSource");
    enum profile_purpose purpose = sim_purpose_read(pick(criterion, "chargingProfilePurpose"));
    int32_t evse = optional(call, "evseId", -1);
    int32_t stack = optional(call, "chargingProfile.stackLevel", -1);

    return (evse < 0 || profile->evse == evse) && (stack < 0 || profile->stack_level == stack) &&
           (purpose == PROFILE_PURPOSE_COUNT || profile->purpose == purpose) &&
           (ids.len == 0 || has_id(ids, profile->id)) &&
           (sources.len == 0 || has_source(sources, profile));
}

enum err sim_call_get_profiles(struct sim_call *call)
{
    struct sim_station *station = call->station;
    struct sim_message message = { .kind = SIM_PROFILE, .asked = true };
    uint32_t count = 0;

    message.request_id = optional(call, "requestId", -1);
    if (message.request_id < 0 || pick(call->payload, "chargingProfile").len == 0)
        return ERR_BAD_OCCURRENCE;
    for (uint32_t i = 0; i < station->profiles.count; i++) {
        const struct profile *profile = station->profiles.items[i];

        if (!is_asked(call, profile))
            continue;
        message.part = profile->id;
        message.evse = (uint8_t)profile->evse;
        message.at = 0;
        sim_station_say(station, &message);
        count++;
    }
    sim_put_status(call, count > 0 ? "Accepted" : "NoProfiles");
    return ERR_NONE;
}

enum err sim_call_update_dynamic(struct sim_call *call)
{
    int64_t id = 0;
    struct profile *profile;

    if (!pick_i64(call->payload, "chargingProfileId", &id) ||
        pick(call->payload, "scheduleUpdate").len == 0)
        return ERR_BAD_OCCURRENCE;
    profile = id >= INT32_MIN && id <= INT32_MAX
                  ? profiles_find(&call->station->profiles, (int32_t)id)
                  : NULL;
    if (!profile || profile->kind != PROFILE_DYNAMIC || call->station->refuses_calls ||
        !apply_update(call->station, profile, pick(call->payload, "scheduleUpdate")))
        sim_put_status(call, "Rejected"); /* 2.1 K28.FR.11 */
    else
        sim_put_status(call, "Accepted");
    return ERR_NONE;
}

static bool has_priority_profile(const struct sim_station *station, uint8_t evse)
{
    for (uint32_t i = 0; i < station->profiles.count; i++) {
        const struct profile *profile = station->profiles.items[i];

        if (profile->purpose == PROFILE_PRIORITY && (profile->evse == 0 || profile->evse == evse))
            return true;
    }
    return false;
}

/* 2.1 K21.FR.01 to FR.08. */
enum err sim_call_use_priority(struct sim_call *call)
{
    struct sim_station *station = call->station;
    struct sim_tx *tx =
        sim_find_tx(station, pick_text(call->payload, "transactionId", call->arena));
    bool on = str_equal(pick(call->payload, "activate"), STR("true"));
    struct sim_message message = { .kind = SIM_PRIORITY, .tx = tx, .state = on };

    if (!tx || tx->ended || station->refuses_calls) {
        sim_put_status(call, "Rejected");
        return ERR_NONE;
    }
    if (on && !has_priority_profile(station, tx->evse)) {
        sim_put_status(call, "NoProfile");
        return ERR_NONE;
    }
    sim_put_status(call, "Accepted");
    if (station->evses[tx->evse - 1].priority == on)
        return ERR_NONE;
    station->evses[tx->evse - 1].priority = on;
    sim_station_say(station, &message);
    sim_evses_refresh(station);
    return ERR_NONE;
}
