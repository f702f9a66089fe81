/* Not too much at once: what a station and a car are spared. Lowering is immediate, always. */
#include "energy/site_parts.h"

enum { PERMILLE_MS_PER_S = 1000 * 1000 };

/* The least rise that is worth a message. */
static int32_t least_rise(const struct site *site, int32_t was_da)
{
    int32_t step_da = site->input->rules.step_min_da;

    if (step_da == 0)
        return 0; /* each rise is wanted */
    return was_da / 20 > step_da ? was_da / 20 : step_da;
}

/* Time from the last change to the next rise: a slow ramp needs longer for one that is worth it. */
static int64_t pause_ms(const struct site *site, const struct site_car *car, int32_t was_da)
{
    const struct site_rules *rules = &site->input->rules;
    int64_t ramp = (int64_t)rules->ramp_permille_s * car->full_da, ramp_ms;

    if (ramp <= 0)
        return rules->hold_ms;
    ramp_ms = (int64_t)least_rise(site, was_da) * PERMILLE_MS_PER_S / ramp;
    return ramp_ms > rules->hold_ms ? ramp_ms : rules->hold_ms;
}

/* The highest that the ramp allows in one rise; one pilot at least. */
static int32_t ramp_end(const struct site *site, const struct site_car *car, int32_t was_da)
{
    const struct site_rules *rules = &site->input->rules;
    int32_t least_da = was_da + least_rise(site, was_da), end_da;
    int64_t rise;

    if (rules->ramp_permille_s <= 0)
        return TREE_DA_MAX;
    rise = (int64_t)car->full_da * rules->ramp_permille_s * rules->hold_ms / PERMILLE_MS_PER_S;
    if (rise > TREE_DA_MAX - was_da)
        return TREE_DA_MAX;
    end_da = pilot_floor(car->pilots, was_da + (int32_t)rise);
    if (end_da < least_da)
        end_da = pilot_least(car->pilots, least_da);
    return end_da > car->least_da ? end_da : car->least_da;
}

/* What a rise comes to now. */
static int32_t rise_to(struct site *site, const struct site_car *car, uint8_t *why)
{
    const struct site_memory *memory = &car->evse->memory;
    int32_t was_da = pilot_floor(car->pilots, memory->target_da), end_da;
    utc_ms now = site->input->now;
    int64_t pause = pause_ms(site, car, was_da);

    if (was_da >= car->least_da) { /* from one pilot to a higher one */
        bool too_soon = memory->changed_at != 0 && memory->changed_at + pause > now;
        bool too_small = car->decided_da - was_da < least_rise(site, was_da);

        if (too_soon)
            site_again(site, memory->changed_at + pause);
        if (too_soon || too_small) {
            /* The reason is what keeps more from it: calm, or what limits it anyway. */
            if (car->decided_da - was_da > car->full_da - car->decided_da)
                *why = WHY_STEADY;
            return was_da;
        }
    }
    end_da = ramp_end(site, car, was_da);
    if (car->decided_da <= end_da)
        return car->decided_da;
    site_again(site, now + pause_ms(site, car, end_da));
    *why = WHY_RAMP;
    return end_da;
}

void calm_verdict(struct site *site, const struct site_car *car, struct site_verdict *verdict)
{
    const struct site_evse *evse = car->evse;
    struct site_memory *memory = &verdict->memory;
    int32_t was_da = evse->memory.target_da;

    verdict->target_da = car->decided_da;
    if (evse->controlled && evse->override_da < 0 && car->decided_da > was_da)
        verdict->target_da = rise_to(site, car, &verdict->why);
    if (verdict->target_da != was_da) {
        memory->changed_at = site->input->now;
        if ((verdict->target_da == 0) != (was_da == 0))
            memory->switched_at = site->input->now;
    }
    memory->target_da = verdict->target_da;
}
