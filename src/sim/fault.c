#include "sim/fault.h"

#include "sim/control.h"

static const char *const words[FAULT_KIND_COUNT] = {
    [FAULT_DROP] = "drop",
    [FAULT_HALF_OPEN] = "half_open",
    [FAULT_DEAF] = "deaf",
    [FAULT_REPEAT_SAME_ID] = "repeat_same_id",
    [FAULT_REPEAT_NEW_ID] = "repeat_new_id",
    [FAULT_LATE_REPEAT] = "late_repeat",
    [FAULT_REORDER] = "reorder",
    [FAULT_CLOCK] = "clock",
    [FAULT_REGISTER_RESET] = "register_reset",
    [FAULT_KWH_AS_WH] = "kwh_as_wh",
    [FAULT_MISSING_FIELDS] = "missing_fields",
    [FAULT_MINUS_ONE] = "minus_one",
    [FAULT_REBOOT] = "reboot",
    [FAULT_POWER_LOSS] = "power_loss",
    [FAULT_CONNECTOR] = "connector",
    [FAULT_DISOBEY] = "disobey",
    [FAULT_REFUSE_CALLS] = "refuse_calls",
    [FAULT_LIE_POWER] = "lie_power",
    [FAULT_TAKES] = "takes",
    [FAULT_LATENCY] = "latency",
    [FAULT_OUTSIDE_LIMIT] = "outside_limit",
};

const char *fault_word(enum fault_kind kind)
{
    check(kind < FAULT_KIND_COUNT);
    return words[kind];
}

static enum fault_kind pick_kind(uint32_t kinds, struct rand *rand)
{
    uint32_t nth = (uint32_t)rand_below(rand, (uint64_t)__builtin_popcount(kinds));

    for (uint32_t kind = 0; kind < FAULT_KIND_COUNT; kind++)
        if ((kinds & (1u << kind)) && nth-- == 0)
            return (enum fault_kind)kind;
    check(false);
    return FAULT_DROP;
}

static int64_t pick_value(enum fault_kind kind, struct rand *rand)
{
    if (kind == FAULT_CLOCK)
        return rand_range(rand, -36, 36) * 3600000; /* zones, a dead battery's day */
    if (kind == FAULT_LIE_POWER)
        return rand_range(rand, 0, 1000);
    if (kind == FAULT_TAKES)
        return (int64_t)rand_below(rand, FLAW_BIT(FLAW_COUNT));
    if (kind == FAULT_LATENCY)
        return rand_range(rand, 0, 30000);
    if (kind == FAULT_OUTSIDE_LIMIT)
        return rand_below(rand, 2) ? rand_range(rand, 6000, 32000) : -1;
    return (int64_t)rand_below(rand, 2);
}

struct fault fault_next(const struct fault_mix *mix, struct rand *rand, uint32_t station,
                        utc_ms from)
{
    struct fault fault = { .station = station, .evse = 1 };

    check(mix->every_ms > 0);
    check(mix->kinds != 0);
    fault.at = from + rand_range(rand, 1, 2 * mix->every_ms);
    fault.kind = pick_kind(mix->kinds, rand);
    fault.duration_ms = rand_range(rand, mix->duration_min_ms, mix->duration_max_ms);
    fault.value = pick_value(fault.kind, rand);
    return fault;
}
