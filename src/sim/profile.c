#include "sim/profile.h"

#include <stdlib.h>

#define DAY_MS 86400000LL

static bool periods_in_order(const struct profile *profile)
{
    if (profile->period_count == 0 || profile->period_count > PROFILE_PERIODS_MAX)
        return false;
    if (profile->periods[0].start_s != 0) /* 1.6 §7.14, 2.0.1 K01.FR.31 */
        return false;
    for (uint32_t i = 1; i < profile->period_count; i++)
        if (profile->periods[i].start_s <= profile->periods[i - 1].start_s)
            return false;
    return true;
}

static bool rules_hold(const struct profile *profile)
{
    if (!periods_in_order(profile) || profile->stack_level < 0 ||
        profile->stack_level > PROFILE_STACK_MAX)
        return false;
    if (profile->purpose == PROFILE_STATION_MAX &&
        (profile->evse != 0 || profile->kind == PROFILE_RELATIVE))
        return false;
    if (profile->kind == PROFILE_DYNAMIC && profile->period_count != 1)
        return false; /* 2.1 K28.FR.01 */
    if (profile->purpose == PROFILE_PRIORITY && profile->duration_s != 0)
        return false; /* 2.1 K01.FR.70 */
    return profile->purpose != PROFILE_TX || profile->evse > 0;
}

static bool makes_way(const struct profile *old, const struct profile *new)
{
    return old->id == new->id || (old->purpose == new->purpose &&
                                  old->stack_level == new->stack_level && old->evse == new->evse);
}

static void remove_at(struct profiles *profiles, uint32_t at)
{
    free(profiles->items[at]);
    profiles->items[at] = profiles->items[--profiles->count];
}

enum err profiles_set(struct profiles *profiles, const struct profile *profile)
{
    struct profile *copy, **items;

    if (!rules_hold(profile))
        return ERR_BAD_VALUE;
    for (uint32_t i = profiles->count; i-- > 0;)
        if (makes_way(profiles->items[i], profile))
            remove_at(profiles, i);
    if (profiles->count == PROFILES_MAX)
        return ERR_FULL;
    copy = malloc(sizeof *copy);
    items = realloc(profiles->items, (profiles->count + 1) * sizeof *items);
    if (items)
        profiles->items = items;
    if (!copy || !items) {
        free(copy);
        return ERR_FULL;
    }
    *copy = *profile;
    profiles->items[profiles->count++] = copy;
    return ERR_NONE;
}

uint32_t profiles_clear(struct profiles *profiles, const struct profile_match *match)
{
    uint32_t before = profiles->count;

    for (uint32_t i = profiles->count; i-- > 0;) {
        const struct profile *profile = profiles->items[i];

        if ((match->id < 0 || profile->id == match->id) &&
            (match->evse < 0 || profile->evse == match->evse) &&
            (match->stack_level < 0 || profile->stack_level == match->stack_level) &&
            (match->purpose == PROFILE_PURPOSE_COUNT || profile->purpose == match->purpose) &&
            !(match->keep_outside && profile->purpose == PROFILE_EXTERNAL))
            remove_at(profiles, i);
    }
    return before - profiles->count;
}

void profiles_end_transaction(struct profiles *profiles, int32_t evse)
{
    struct profile_match match = {
        .id = -1, .evse = evse, .stack_level = -1, .purpose = PROFILE_TX
    };

    profiles_clear(profiles, &match);
}

static bool offline_over(const struct profile *profile, utc_ms since, utc_ms now)
{
    return profile->has_offline && now - since >= profile->offline_s * 1000LL;
}

void profiles_online(struct profiles *profiles, utc_ms offline_since, utc_ms now)
{
    for (uint32_t i = profiles->count; i-- > 0;)
        if (profiles->items[i]->offline_forgets &&
            offline_over(profiles->items[i], offline_since, now))
            remove_at(profiles, i);
}

struct profile *profiles_find(const struct profiles *profiles, int32_t id)
{
    for (uint32_t i = 0; i < profiles->count; i++)
        if (profiles->items[i]->id == id)
            return profiles->items[i];
    return NULL;
}

utc_ms profile_asks_at(const struct profile *profile)
{
    return profile->kind == PROFILE_DYNAMIC && profile->update_s > 0
               ? profile->updated_at + profile->update_s * 1000LL
               : UTC_NEVER;
}

void profiles_fini(struct profiles *profiles)
{
    while (profiles->count > 0)
        remove_at(profiles, profiles->count - 1);
    free(profiles->items);
    profiles->items = NULL;
}

/* When the schedule that may be in force began; UTC_UNKNOWN: it has not. */
static utc_ms schedule_start(const struct profile *profile, const struct profile_query *query)
{
    int64_t every_ms = profile->kind == PROFILE_RECURRING_WEEKLY ? 7 * DAY_MS : DAY_MS;
    utc_ms start = profile->start_at != UTC_UNKNOWN ? profile->start_at : profile->set_at;

    switch (profile->kind) {
    case PROFILE_RELATIVE:
        return query->transaction != 0 ? query->transaction_at : UTC_UNKNOWN;
    case PROFILE_RECURRING_DAILY:
    case PROFILE_RECURRING_WEEKLY:
        if (start <= query->now)
            return query->now - (query->now - start) % every_ms;
        return UTC_UNKNOWN;
    case PROFILE_ABSOLUTE:
    case PROFILE_DYNAMIC:
        break;
    }
    return start <= query->now ? start : UTC_UNKNOWN;
}

static const struct profile_period *period_in_force(const struct profile *profile,
                                                    const struct profile_query *query)
{
    utc_ms start;
    const struct profile_period *period = NULL;
    int64_t into_s;

    if (query->now < profile->valid_from || query->now >= profile->valid_to)
        return NULL;
    if (query->offline && offline_over(profile, query->offline_since, query->now))
        return NULL; /* 2.1 K01.FR.101 */
    start = schedule_start(profile, query);
    if (start == UTC_UNKNOWN)
        return NULL;
    into_s = (query->now - start) / 1000;
    if (profile->duration_s > 0 && into_s >= profile->duration_s)
        return NULL;
    for (uint32_t i = 0; i < profile->period_count && profile->periods[i].start_s <= into_s; i++)
        period = &profile->periods[i];
    return period;
}

static int32_t in_unit(int32_t limit, bool from_watts, bool to_watts,
                       const struct profile_query *query)
{
    int64_t per_amp_mw = (int64_t)query->voltage_mv * query->phases;

    if (from_watts == to_watts)
        return limit;
    if (to_watts)
        return (int32_t)(limit * per_amp_mw / 1000000);
    return per_amp_mw ? (int32_t)(limit * 1000000LL / per_amp_mw) : limit;
}

struct period_of {
    const struct profile *profile;
    const struct profile_period *period;
};

/* The period in force of the highest stack level of one purpose, and whose it is; false: none. */
static bool purpose_period(const struct profiles *profiles, const struct profile_query *query,
                           enum profile_purpose purpose, struct period_of *found)
{
    int32_t best = -1;

    for (uint32_t i = 0; i < profiles->count; i++) {
        const struct profile *profile = profiles->items[i];
        const struct profile_period *period;
        int32_t level =
            query->lowest ? PROFILE_STACK_MAX - profile->stack_level : profile->stack_level;

        if (profile->purpose != purpose || (profile->evse != 0 && profile->evse != query->evse))
            continue;
        if (purpose == PROFILE_TX &&
            (query->transaction == 0 ||
             (profile->transaction != 0 && profile->transaction != query->transaction)))
            continue;
        period = period_in_force(profile, query);
        if (!period || level <= best)
            continue;
        best = level;
        *found = (struct period_of){ profile, period };
    }
    return best >= 0;
}

static int32_t purpose_limit(const struct profiles *profiles, const struct profile_query *query,
                             enum profile_purpose purpose, bool watts)
{
    struct profile_query asked = *query;
    struct period_of found;

    if (!purpose_period(profiles, query, purpose, &found))
        return PROFILE_NO_LIMIT;
    if (found.period->phases > 0 && found.period->phases < asked.phases)
        asked.phases = found.period->phases;
    return in_unit(found.period->limit, found.profile->watts, watts, &asked);
}

uint8_t profiles_evse_phase(const struct profiles *profiles, const struct profile_query *query)
{
    static const enum profile_purpose order[] = { PROFILE_PRIORITY, PROFILE_TX,
                                                  PROFILE_TX_DEFAULT };
    struct period_of found;

    for (size_t i = query->priority ? 0 : 1; i < COUNT(order); i++)
        if (purpose_period(profiles, query, order[i], &found))
            return found.period->to_use;
    return 0;
}

int32_t profiles_evse_limit(const struct profiles *profiles, const struct profile_query *query,
                            bool watts)
{
    int32_t limit = PROFILE_NO_LIMIT;

    if (query->lowest) /* the default is below all others */
        limit = purpose_limit(profiles, query, PROFILE_TX_DEFAULT, watts);
    else if (query->priority) /* 2.1 K21.FR.04 */
        limit = purpose_limit(profiles, query, PROFILE_PRIORITY, watts);
    if (limit == PROFILE_NO_LIMIT)
        limit = purpose_limit(profiles, query, PROFILE_TX, watts);
    return limit != PROFILE_NO_LIMIT ? limit
                                     : purpose_limit(profiles, query, PROFILE_TX_DEFAULT, watts);
}

int32_t profiles_station_limit(const struct profiles *profiles, const struct profile_query *query,
                               bool watts)
{
    int32_t own = purpose_limit(profiles, query, PROFILE_STATION_MAX, watts);
    int32_t outside = purpose_limit(profiles, query, PROFILE_EXTERNAL, watts);

    return own < outside ? own : outside;
}

static void earliest(utc_ms *best, utc_ms at, utc_ms now)
{
    if (at > now && at < *best)
        *best = at;
}

static void schedule_changes(const struct profile *profile, const struct profile_query *query,
                             utc_ms *best)
{
    utc_ms start = schedule_start(profile, query);
    bool weekly = profile->kind == PROFILE_RECURRING_WEEKLY;

    if (start == UTC_UNKNOWN) {
        if (profile->kind != PROFILE_RELATIVE)
            earliest(best, profile->start_at, query->now);
        return;
    }
    for (uint32_t i = 0; i < profile->period_count; i++)
        earliest(best, start + profile->periods[i].start_s * 1000LL, query->now);
    if (profile->duration_s > 0)
        earliest(best, start + profile->duration_s * 1000LL, query->now);
    if (weekly || profile->kind == PROFILE_RECURRING_DAILY)
        earliest(best, start + (weekly ? 7 * DAY_MS : DAY_MS), query->now);
}

utc_ms profiles_next_change(const struct profiles *profiles, const struct profile_query *query)
{
    utc_ms best = UTC_NEVER;

    for (uint32_t i = 0; i < profiles->count; i++) {
        const struct profile *profile = profiles->items[i];

        earliest(&best, profile->valid_from, query->now);
        earliest(&best, profile->valid_to, query->now);
        if (query->offline && profile->has_offline)
            earliest(&best, query->offline_since + profile->offline_s * 1000LL, query->now);
        schedule_changes(profile, query, &best);
    }
    return best;
}
