/* why.c: why an EVSE gets what it gets, in one sentence for people. */
#include "dispatch/shows.h"
#include "dispatch/trusts.h"

struct str why_node_name(const struct power_site *site, int32_t node)
{
    const struct document_node *known;

    if (node < 0 || (uint32_t)node >= site->document.node_count)
        return STR("a limit");
    known = &site->document.nodes[node];
    return known->name.len ? known->name : known->id;
}

static struct str amperes(struct arena *arena, int64_t da)
{
    return da % 10 ? arena_printf(arena, "%lld.%lld A", (long long)(da / 10), (long long)(da % 10))
                   : arena_printf(arena, "%lld A", (long long)(da / 10));
}

static struct str limit_sentence(const struct power_site *site, const struct power_evse *evse,
                                 struct arena *arena)
{
    const struct site_verdict *verdict = &evse->verdict;
    bool shared = verdict->why == WHY_SHARED;
    struct str name = why_node_name(site, verdict->node);
    struct str whose = shared ? STR(" and others share it") : STR("");

    if (verdict->node < 0)
        return arena_printf(arena, "%s is what is left for it%.*s.",
                            amperes(arena, verdict->target_da).ptr, STR_ARGS(whose));
    if (verdict->line < 0)
        return arena_printf(arena, "%s: the power limit of %.*s is reached%.*s.",
                            amperes(arena, verdict->target_da).ptr, STR_ARGS(name),
                            STR_ARGS(whose));
    return arena_printf(arena, "%s: L%d of %.*s is full%.*s.",
                        amperes(arena, verdict->target_da).ptr, verdict->line + 1, STR_ARGS(name),
                        STR_ARGS(whose));
}

struct str dispatch_why_text(int64_t why)
{
    static const char *const texts[WHY_COUNT] = {
        [WHY_NO_CAR] = "No car is charging here.",
        [WHY_FULL] = "All that car, cable and station take.",
        [WHY_LIMIT] = "A limit above it is reached.",
        [WHY_SHARED] = "A limit above it is reached, and others share it.",
        [WHY_WAITS_TURN] = "What it needs at least does not fit now: it waits for its turn.",
        [WHY_PLAN_PRICE] = "Cheaper hours come before it leaves.",
        [WHY_PLAN_CO2] = "Cleaner hours come before it leaves.",
        [WHY_SURPLUS] = "It follows the sun.",
        [WHY_CAR_LESS] = "The car took less than it was given: the rest went to others.",
        [WHY_CAR_DONE] = "The car is full, or stopped by itself.",
        [WHY_STEADY] = "A change would be too small, or too soon after the last.",
        [WHY_RAMP] = "It rises step by step.",
        [WHY_OVERRIDE] = "A person has set it.",
        [WHY_NOT_CONTROLLED] = "It has not shown that it obeys: it is counted at its breaker.",
        [WHY_EMERGENCY] = "An emergency cap is in force.",
        [WHY_OUTSIDE] = "Its station is limited by somebody else.",
    };

    return str_of(texts[why >= 0 && why < WHY_COUNT ? why : WHY_NO_CAR]);
}

static bool is_limited(const struct power_evse *evse)
{
    return evse->verdict.why == WHY_LIMIT || evse->verdict.why == WHY_SHARED;
}

/* It has all that somebody else leaves it; or all of its station's outlets together have. */
static bool binds_outside(const struct power_site *site, const struct power_evse *evse)
{
    const struct site_verdict *verdict = &evse->verdict;

    if (evse->outside_da < 0)
        return false;
    if (is_limited(evse) && verdict->node >= 0)
        return site->document.nodes[verdict->node].kind == NODE_STATION;
    return verdict->why == WHY_FULL &&
           evse->outside_da < site->document.evses[evse->index].max_da &&
           verdict->target_da + 10 > evse->outside_da;
}

uint8_t why_of(const struct power_site *site, const struct power_evse *evse)
{
    if (!evse->car.session)
        return WHY_NO_CAR;
    if (is_limited(evse) && evse->verdict.node >= 0 && site->node_states[evse->verdict.node].capped)
        return WHY_EMERGENCY;
    if (binds_outside(site, evse))
        return WHY_OUTSIDE;
    return evse->verdict.why;
}

struct str why_sentence(const struct power_site *site, const struct power_evse *evse,
                        struct arena *arena)
{
    uint8_t why = why_of(site, evse);

    if (why == WHY_NO_CAR)
        return dispatch_why_text(why);
    if (evse->station->here && unanswered_since(evse->station) != UTC_UNKNOWN)
        return STR("Its station does not answer when it is told a limit.");
    if (evse->station->probe)
        return STR("It is being found out how the station obeys: a few minutes.");
    if (!evse->station->here)
        return STR("Its station is not connected: it falls to its fail-safe by itself.");
    if (why == WHY_EMERGENCY)
        return arena_printf(arena, "An emergency cap on %.*s is in force.",
                            STR_ARGS(why_node_name(site, evse->verdict.node)));
    if (why == WHY_OUTSIDE)
        return arena_printf(arena, "Its station is limited to %s from outside (%s).",
                            amperes(arena, evse->outside_da).ptr, evse->outside_source);
    return is_limited(evse) ? limit_sentence(site, evse, arena) : dispatch_why_text(why);
}
