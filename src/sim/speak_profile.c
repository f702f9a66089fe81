/* speak_profile.c: charging profiles in JSON. 1.6 §7.8, §7.13; 2.0.1 Part 2 ChargingProfileType,
 * ChargingScheduleType. */
#include "sim/pick.h"
#include "sim/speak_inner.h"

static const struct {
    struct str word;
    enum profile_purpose purpose;
} purposes[] = {
    { STR_INIT("\"ChargePointMaxProfile\""), PROFILE_STATION_MAX },
    { STR_INIT("\"ChargingStationMaxProfile\""), PROFILE_STATION_MAX },
    { STR_INIT("\"ChargingStationExternalConstraints\""), PROFILE_EXTERNAL },
    { STR_INIT("\"TxDefaultProfile\""), PROFILE_TX_DEFAULT },
    { STR_INIT("\"TxProfile\""), PROFILE_TX },
    { STR_INIT("\"PriorityCharging\""), PROFILE_PRIORITY },
};

enum profile_purpose sim_purpose_read(struct str raw)
{
    for (size_t i = 0; i < COUNT(purposes); i++)
        if (str_equal(purposes[i].word, raw))
            return purposes[i].purpose;
    return PROFILE_PURPOSE_COUNT;
}

static bool read_kind(struct str json, struct profile *profile)
{
    struct str kind = pick(json, "chargingProfileKind");

    if (str_equal(kind, STR("\"Absolute\"")))
        profile->kind = PROFILE_ABSOLUTE;
    else if (str_equal(kind, STR("\"Relative\"")))
        profile->kind = PROFILE_RELATIVE;
    else if (str_equal(kind, STR("\"Recurring\"")))
        profile->kind = str_equal(pick(json, "recurrencyKind"), STR("\"Weekly\""))
                            ? PROFILE_RECURRING_WEEKLY
                            : PROFILE_RECURRING_DAILY;
    else if (str_equal(kind, STR("\"Dynamic\"")))
        profile->kind = PROFILE_DYNAMIC;
    else
        return false;
    return true;
}

bool sim_limit_read(struct str json, bool watts, int32_t *limit)
{
    static const char *const phases[] = { "limit_L2", "limit_L3" };
    int64_t thousandths, other;

    if (!pick_decimal(json, "limit", 3, &thousandths))
        return false;
    for (size_t i = 0; i < COUNT(phases); i++)
        if (pick_decimal(json, phases[i], 3, &other) && other < thousandths)
            thousandths = other;
    if (thousandths < 0)
        return false;
    if (watts)
        thousandths /= 1000;
    *limit = (int32_t)(thousandths < PROFILE_NO_LIMIT ? thousandths : PROFILE_NO_LIMIT - 1);
    return true;
}

static bool read_period(struct str json, bool watts, struct profile_period *period)
{
    int64_t start_s, phases = 0, to_use = 0;

    if (!pick_i64(json, "startPeriod", &start_s) || !sim_limit_read(json, watts, &period->limit))
        return false;
    (void)pick_i64(json, "numberPhases", &phases); /* optional: 0 stands for not said */
    (void)pick_i64(json, "phaseToUse", &to_use);
    if (start_s < 0 || start_s > INT32_MAX || phases < 0 || phases > 3 || to_use < 0 || to_use > 3)
        return false;
    period->start_s = (int32_t)start_s;
    period->phases = (uint8_t)phases;
    period->to_use = (uint8_t)to_use;
    return true;
}

/* 2.1: how long it is good without a server, and how often it asks for its limit. */
static bool read_offline(struct str json, struct profile *profile)
{
    int64_t offline_s = 0, update_s = 0;

    profile->has_offline = pick_i64(json, "maxOfflineDuration", &offline_s);
    profile->offline_forgets = str_equal(pick(json, "invalidAfterOfflineDuration"), STR("true"));
    (void)pick_i64(json, "dynUpdateInterval", &update_s); /* optional: 0 stands for never */
    if (offline_s < 0 || offline_s > INT32_MAX || update_s < 0 || update_s > INT32_MAX)
        return false;
    profile->offline_s = (int32_t)offline_s;
    profile->update_s = (int32_t)update_s;
    return true;
}

static bool read_schedule(struct str json, struct profile *profile)
{
    struct str periods = pick(json, "chargingSchedulePeriod"), item;
    struct str unit = pick(json, "chargingRateUnit");
    int64_t duration_s = 0;

    profile->watts = str_equal(unit, STR("\"W\""));
    if (!profile->watts && !str_equal(unit, STR("\"A\"")))
        return false;
    (void)pick_i64(json, "duration", &duration_s); /* optional: 0 stands for open */
    if (duration_s < 0 || duration_s > INT32_MAX)
        return false;
    profile->duration_s = (int32_t)duration_s;
    profile->start_at = pick_time(json, "startSchedule", UTC_UNKNOWN);
    while (pick_item(&periods, &item)) {
        if (profile->period_count == PROFILE_PERIODS_MAX ||
            !read_period(item, profile->watts, &profile->periods[profile->period_count]))
            return false;
        profile->period_count++;
    }
    return true;
}

bool sim_profile_read(struct str json, bool is_16, struct profile *profile)
{
    struct str schedule = pick(json, "chargingSchedule");
    int64_t id, stack_level;

    *profile = (struct profile){
        .purpose = sim_purpose_read(pick(json, "chargingProfilePurpose")),
        .valid_from = pick_time(json, "validFrom", UTC_UNKNOWN),
        .valid_to = pick_time(json, "validTo", UTC_NEVER),
    };
    if (!pick_i64(json, is_16 ? "chargingProfileId" : "id", &id) ||
        !pick_i64(json, "stackLevel", &stack_level))
        return false;
    if (id < INT32_MIN || id > INT32_MAX || stack_level < 0 || stack_level > PROFILE_STACK_MAX)
        return false;
    profile->id = (int32_t)id;
    profile->stack_level = (int32_t)stack_level;
    /* 2.x has a list of schedules; more than one is for ISO 15118 cars. */
    if (!is_16) {
        struct str list = schedule;

        if (!pick_item(&list, &schedule))
            return false;
    }
    return profile->purpose != PROFILE_PURPOSE_COUNT && read_kind(json, profile) &&
           read_offline(json, profile) && read_schedule(schedule, profile);
}

void sim_put_periods(const struct sim_schedule *schedule, struct json_writer *w)
{
    json_key(w, "chargingSchedulePeriod");
    json_array_begin(w);
    for (uint32_t i = 0; i < schedule->count; i++) {
        json_object_begin(w);
        json_key_i64(w, "startPeriod", schedule->periods[i].start_s);
        /* 1.6 §7.14: at most one digit of fraction. */
        if (schedule->watts)
            json_key_i64(w, "limit", schedule->periods[i].limit);
        else
            json_key_decimal(w, "limit", schedule->periods[i].limit / 100, 1);
        json_object_end(w);
    }
    json_array_end(w);
}
