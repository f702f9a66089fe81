#include "sim/control.h"

static const char *const words[FLAW_COUNT] = {
    [FLAW_NO_PROFILES] = "no_profiles",
    [FLAW_IGNORES] = "ignores",
    [FLAW_NO_STATION_MAX] = "no_station_max",
    [FLAW_NO_DEFAULT] = "no_default",
    [FLAW_NO_ZERO] = "no_zero",
    [FLAW_ONLY_A] = "only_a",
    [FLAW_ONLY_W] = "only_w",
    [FLAW_WHOLE_AMPS] = "whole_amps",
    [FLAW_STACK_ZERO] = "stack_zero",
    [FLAW_NO_LEASE] = "no_lease",
    [FLAW_NO_COMPOSITE] = "no_composite",
    [FLAW_FORGETS] = "forgets",
    [FLAW_ROUNDS_UP] = "rounds_up",
    [FLAW_SAYS_NO] = "says_no",
    [FLAW_MUTE] = "mute",
    [FLAW_KW_AS_W] = "kw_as_w",
    [FLAW_ONE_LINE] = "one_line",
    [FLAW_NO_DYNAMIC] = "no_dynamic",
    [FLAW_KEEPS] = "keeps",
    [FLAW_SWITCHES] = "switches",
    [FLAW_STAYS] = "stays",
    [FLAW_VARIES] = "varies",
    [FLAW_SLOW] = "slow",
    [FLAW_FIRST_ONLY] = "first_only",
    [FLAW_ONLY_UP] = "only_up",
    [FLAW_LOSES] = "loses",
    [FLAW_KEEPS_CLEARED] = "keeps_cleared",
    [FLAW_EACH_PHASE] = "each_phase",
    [FLAW_SWAPPED] = "swapped",
    [FLAW_HALF_MORE] = "half_more",
    [FLAW_ZERO_IS_SIX] = "zero_is_six",
    [FLAW_PREVIOUS] = "previous",
    [FLAW_LOWEST] = "lowest",
    [FLAW_ALL_PHASES] = "all_phases",
    [FLAW_A_AS_W] = "a_as_w",
    [FLAW_A_AS_KW] = "a_as_kw",
    [FLAW_NEXT_LOSES] = "next_loses",
    [FLAW_1970] = "1970",
    [FLAW_METER_LOW] = "meter_low",
    [FLAW_METER_NEXT] = "meter_next",
    [FLAW_TENFOLD] = "tenfold",
    [FLAW_TENTH] = "tenth",
    [FLAW_WH_AS_KWH] = "wh_as_kwh",
    [FLAW_RESUMES] = "resumes",
};

const char *sim_flaw_word(enum sim_flaw flaw)
{
    check(flaw < FLAW_COUNT);
    return words[flaw];
}

bool sim_flaws_read(struct str list, uint64_t *flaws)
{
    struct str rest = list, word;

    *flaws = 0;
    while (list.len > 0 && str_cut(&rest, ',', &word)) {
        uint32_t flaw = 0;

        while (flaw < FLAW_COUNT && !str_equal(str_trim(word), str_of(words[flaw])))
            flaw++;
        if (flaw == FLAW_COUNT)
            return false;
        *flaws |= FLAW_BIT(flaw);
    }
    return true;
}

static bool has_zero(const struct profile *profile)
{
    for (uint32_t i = 0; i < profile->period_count; i++)
        if (profile->periods[i].limit == 0)
            return true;
    return false;
}

/* What each flaw refuses. */
static bool refuses(enum sim_flaw flaw, const struct profile *profile)
{
    switch (flaw) {
    case FLAW_NO_PROFILES:
        return true;
    case FLAW_NO_STATION_MAX:
        return profile->purpose == PROFILE_STATION_MAX;
    case FLAW_NO_DEFAULT:
        return profile->purpose == PROFILE_TX_DEFAULT;
    case FLAW_NO_ZERO:
        return has_zero(profile);
    case FLAW_ONLY_A:
        return profile->watts;
    case FLAW_ONLY_W:
        return !profile->watts;
    case FLAW_STACK_ZERO:
        return profile->stack_level > 0;
    case FLAW_NO_DYNAMIC:
        return profile->kind == PROFILE_DYNAMIC;
    case FLAW_KEEPS:
    case FLAW_SWITCHES:
    case FLAW_STAYS:
    case FLAW_IGNORES:
    case FLAW_WHOLE_AMPS:
    case FLAW_NO_LEASE:
    case FLAW_NO_COMPOSITE:
    case FLAW_FORGETS:
    case FLAW_ROUNDS_UP:
    case FLAW_SAYS_NO:
    case FLAW_MUTE:
    case FLAW_KW_AS_W:
    case FLAW_ONE_LINE:
    case FLAW_VARIES:
    case FLAW_SLOW:
    case FLAW_FIRST_ONLY:
    case FLAW_ONLY_UP:
    case FLAW_LOSES:
    case FLAW_KEEPS_CLEARED:
    case FLAW_EACH_PHASE:
    case FLAW_SWAPPED:
    case FLAW_HALF_MORE:
    case FLAW_ZERO_IS_SIX:
    case FLAW_PREVIOUS:
    case FLAW_LOWEST:
    case FLAW_ALL_PHASES:
    case FLAW_A_AS_W:
    case FLAW_A_AS_KW:
    case FLAW_NEXT_LOSES:
    case FLAW_1970:
    case FLAW_METER_LOW:
    case FLAW_METER_NEXT:
    case FLAW_TENFOLD:
    case FLAW_TENTH:
    case FLAW_WH_AS_KWH:
    case FLAW_RESUMES:
    case FLAW_COUNT:
        break;
    }
    return false;
}

bool sim_control_switches(const struct sim_control *control)
{
    return sim_has_flaw(control, FLAW_SWITCHES) || sim_has_flaw(control, FLAW_STAYS);
}

/* 2.0.1 K01.FR.19, FR.48. */
static bool phases_are_sound(const struct sim_control *control, const struct profile *profile)
{
    for (uint32_t i = 0; i < profile->period_count; i++)
        if (profile->periods[i].to_use != 0 &&
            (profile->periods[i].phases != 1 || !sim_control_switches(control)))
            return false;
    return true;
}

static utc_ms in_zone(const struct sim_control *control, utc_ms at)
{
    return at == UTC_UNKNOWN || at == UTC_NEVER ? at : at + control->zone_ms;
}

bool sim_control_takes(const struct sim_control *control, struct profile *profile)
{
    if (!phases_are_sound(control, profile))
        return false;
    for (uint32_t flaw = 0; flaw < FLAW_COUNT; flaw++)
        if (sim_has_flaw(control, (enum sim_flaw)flaw) && refuses((enum sim_flaw)flaw, profile))
            return false;
    for (uint32_t i = 0; i < profile->period_count && !profile->watts; i++)
        if (sim_has_flaw(control, FLAW_WHOLE_AMPS))
            profile->periods[i].limit -= profile->periods[i].limit % 1000;
    if (sim_has_flaw(control, FLAW_NO_LEASE))
        profile->duration_s = 0;
    if (sim_has_flaw(control, FLAW_KEEPS))
        profile->has_offline = false;
    profile->start_at = in_zone(control, profile->start_at);
    profile->valid_from = in_zone(control, profile->valid_from);
    profile->valid_to = in_zone(control, profile->valid_to);
    return true;
}
