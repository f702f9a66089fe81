/* The scenario chaos: a million steps over many sites, and the same with promises broken. */
#include <stdlib.h>

#include "bench/energy/chaos.h"
#include "bench/energy/energy.h"

#define SCENARIO(name, function, seconds, summary) \
    enum err scenario_##function(struct energy_bench *bench);
#include "bench/energy/scenarios.def"
#undef SCENARIO

enum { SITES = 40, STEPS_EACH = 25000, DROPS_MAX = 1 << 20 };

struct total {
    struct chaos_result sum; /* counters only */
    uint64_t violations;
    struct drops {
        uint32_t count;
        int64_t *ms;
    } clean, disturbed;
};

static void add(struct total *total, const struct chaos_result *result)
{
    struct chaos_result *sum = &total->sum;

    total->violations +=
        result->over_steps + result->unbooked_steps + result->booked_steps + result->raised_steps;
    sum->steps += result->steps;
    sum->dropped_steps += result->dropped_steps;
    sum->broken_steps += result->broken_steps;
    sum->sessions += result->sessions;
    sum->sends += result->sends;
    sum->lost += result->lost;
    sum->crashes += result->crashes;
    sum->drops += result->drops;
    sum->found += result->found;
    sum->found_wrongly += result->found_wrongly;
    sum->passed_ms += result->passed_ms;
    if (result->samples_max > sum->samples_max)
        sum->samples_max = result->samples_max;
    for (uint32_t i = 0; i < result->drop_count; i++) {
        struct drops *drops = result->drop_list[i].disturbed ? &total->disturbed : &total->clean;
        if (drops->count < DROPS_MAX)
            drops->ms[drops->count++] = result->drop_list[i].ms;
    }
}

static int by_size(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

/* In seconds; sorts. */
static double drop_s(struct drops *drops, uint32_t permille)
{
    uint64_t at;

    if (drops->count == 0)
        return 0;
    qsort(drops->ms, drops->count, sizeof(drops->ms[0]), by_size);
    at = (uint64_t)(drops->count - 1) * permille / 1000;
    return (double)drops->ms[at] / 1000;
}

static void tell(struct energy_bench *bench, struct total *total)
{
    const struct chaos_result *sum = &total->sum;

    energy_add(bench, "voltd", "steps", (double)sum->steps, "steps");
    energy_add(bench, "voltd", "violations", (double)total->violations, "steps");
    energy_add(bench, "voltd", "declared_after_cap_drop", (double)sum->dropped_steps, "steps");
    energy_add(bench, "voltd", "declared_by_disobedient", (double)sum->broken_steps, "steps");
    energy_add(bench, "voltd", "cap_drops", (double)sum->drops, "drops");
    energy_add(bench, "voltd", "transitions", (double)total->clean.count, "drops");
    energy_add(bench, "voltd", "transition_s_p50", drop_s(&total->clean, 500), "s");
    energy_add(bench, "voltd", "transition_s_p99", drop_s(&total->clean, 990), "s");
    energy_add(bench, "voltd", "transition_s_max", drop_s(&total->clean, 1000), "s");
    energy_add(bench, "voltd", "transition_allowed_s_p99", (double)chaos_allowed_ms / 1000, "s");
    energy_add(bench, "voltd", "transitions_disturbed", (double)total->disturbed.count, "drops");
    energy_add(bench, "voltd", "transition_disturbed_s_p50", drop_s(&total->disturbed, 500), "s");
    energy_add(bench, "voltd", "transition_disturbed_s_p99", drop_s(&total->disturbed, 990), "s");
    energy_add(bench, "voltd", "disobedient_found", (double)sum->found, "stations");
    energy_add(bench, "voltd", "disobedient_found_samples", (double)sum->samples_max, "samples");
    energy_add(bench, "voltd", "found_wrongly", (double)sum->found_wrongly, "stations");
    energy_add(bench, "voltd", "server_restarts", (double)sum->crashes, "restarts");
    energy_add(bench, "voltd", "messages_per_session",
               sum->sessions == 0 ? 0 : (double)sum->sends / (double)sum->sessions, "messages");
    energy_add(bench, "voltd", "simulated_hours", (double)sum->passed_ms / 3600000, "h");
}

static enum err play(struct total *total, enum chaos_breach breach, uint32_t sites)
{
    struct chaos_result *result = malloc(sizeof(*result));
    enum err err = result == NULL ? ERR_FULL : ERR_NONE;

    for (uint32_t i = 0; i < sites && err == ERR_NONE; i++) {
        struct chaos_config config = { .seed = i + 1, .steps = STEPS_EACH, .breach = breach };

        err = chaos_run(&config, result);
        if (err == ERR_NONE)
            add(total, result);
    }
    free(result);
    return err;
}

/* What a driver that does not keep one promise would have done: so many violations. */
static enum err play_broken(struct energy_bench *bench, struct total *total)
{
    static const struct {
        enum chaos_breach breach;
        const char *name;
    } rows[] = {
        { CHAOS_ACK, "lower-counts-when-sent" },
        { CHAOS_LATENCY, "lower-counts-when-answered" },
        { CHAOS_FORGET, "no-answer-counts-as-no" },
    };
    enum err err = ERR_NONE;

    for (size_t i = 0; i < COUNT(rows) && err == ERR_NONE; i++) {
        total->violations = 0;
        err = play(total, rows[i].breach, SITES / 4);
        energy_add(bench, rows[i].name, "violations", (double)total->violations, "steps");
    }
    return err;
}

enum err scenario_chaos(struct energy_bench *bench)
{
    struct total total = { .clean.ms = malloc(sizeof(int64_t) * DROPS_MAX),
                           .disturbed.ms = malloc(sizeof(int64_t) * DROPS_MAX) };
    enum err err =
        !total.clean.ms || !total.disturbed.ms ? ERR_FULL : play(&total, CHAOS_KEPT, SITES);

    if (err == ERR_NONE) {
        tell(bench, &total);
        err = play_broken(bench, &total);
    }
    free(total.clean.ms);
    free(total.disturbed.ms);
    return err;
}
