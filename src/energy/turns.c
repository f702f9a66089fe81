/* Who is on when the minima of all do not fit.
 *
 * First those that may not be switched off, or were switched on or off too short a time ago; then
 * by stage; inside a stage those whose time slice runs, then least time left, then who waits
 * longest. In priority mode: who came first.
 */
#include "energy/site_parts.h"

/* When its waiting began; those who are on have only just begun. */
static utc_ms waits_since(const struct site *site, const struct site_car *car)
{
    const struct site_memory *memory = &car->evse->memory;

    if (site_was_on(car))
        return site->input->now;
    return memory->switched_at ? memory->switched_at : car->evse->arrived_at;
}

/* What comes before all else: not to be switched off, stage, a slice that runs. */
static int64_t rank(const struct site *site, const struct site_car *car)
{
    bool in_slice = car->in_slice && site->input->mode != SITE_PRIORITY;

    return (car->must ? 0 : 2 * STAGE_NONE) + 2 * car->stage + !in_slice;
}

/* Time left. Those who are on are let be until another has a slice less: two that change places
 * whenever one is ahead by a second would do it twice as often. */
static int64_t pressure(const struct site *site, const struct site_car *car)
{
    int64_t slice_s = site->input->rules.turn_ms / 1000;
    bool known = car->laxity_s != INT64_MAX && car->laxity_s > INT64_MIN + slice_s;

    return known && site_was_on(car) ? car->laxity_s - slice_s : car->laxity_s;
}

static void put_in_order(struct site *site, uint32_t count)
{
    uint32_t *list = site->list;

    for (uint32_t i = 0; i < count; i++) {
        const struct site_car *car = &site->cars[list[i]];
        site->keys[list[i]] =
            site->input->mode == SITE_PRIORITY ? car->evse->arrived_at : waits_since(site, car);
    }
    sort_indices(list, count, site->keys, site->scratch);
    for (uint32_t i = 0; i < count && site->input->mode != SITE_PRIORITY; i++)
        site->keys[list[i]] = pressure(site, &site->cars[list[i]]);
    sort_indices(list, count, site->keys, site->scratch);
    for (uint32_t i = 0; i < count; i++)
        site->keys[list[i]] = rank(site, &site->cars[list[i]]);
    sort_indices(list, count, site->keys, site->scratch);
}

/* Was it switched off so lately that it stays off? */
static bool has_to_rest(struct site *site, const struct site_car *car)
{
    utc_ms until = car->evse->memory.switched_at + site->input->rules.switch_ms;

    if (site_was_on(car) || car->evse->memory.switched_at == 0 || until <= site->input->now)
        return false;
    site_again(site, until);
    return true;
}

static bool take(struct site *site, uint32_t i)
{
    struct site_car *car = &site->cars[i];
    bool floor; /* it has that in any case */

    if (car->shut || car->least_da > TREE_DA_MAX || !tree_fits(site->tree, i, car->least_da))
        return false;
    floor = car->floor_da > car->least_da && car->floor_da <= car->most_da;
    tree_book(site->tree, i, floor ? car->floor_da : car->least_da);
    car->on = true;
    return true;
}

/* All of them, if that is how many fit; else nobody. */
static bool take_all(struct site *site, uint32_t count)
{
    uint32_t taken = 0;

    while (taken < count && take(site, site->list[taken]))
        taken++;
    if (taken == count)
        return true;
    while (taken > 0) {
        uint32_t i = site->list[--taken];
        tree_book(site->tree, i, site->cars[i].floor_da);
        site->cars[i].on = false;
    }
    return false;
}

void turns_take(struct site *site, uint32_t count)
{
    if (take_all(site, count))
        return;
    put_in_order(site, count);
    for (uint32_t i = 0; i < count; i++)
        site->cars[site->list[i]].waits = !take(site, site->list[i]);
}

void turns_choose(struct site *site, uint32_t count)
{
    uint32_t left = 0;

    for (uint32_t i = 0; i < count; i++) {
        struct site_car *car = &site->cars[site->list[i]];
        car->rests = has_to_rest(site, car);
        if (car->rests)
            continue;
        if (site->input->mode == SITE_NEED && !car->must)
            car->on = true; /* what it gets is settled by groups and laxity (phase.h) */
        else
            site->list[left++] = site->list[i];
    }
    turns_take(site, left);
}

void turns_note(struct site *site, struct site_verdict *verdicts)
{
    utc_ms now = site->input->now;
    bool any_waits = false;

    for (uint32_t i = 0; i < site->count; i++)
        any_waits |= site->cars[i].waits;
    if (any_waits)
        site_again(site, now + site->input->rules.turn_ms);
    for (uint32_t i = 0; i < site->count; i++) {
        struct site_memory *memory = &verdicts[site->cars[i].index].memory;
        utc_ms end = memory->switched_at + site->input->rules.turn_ms;

        memory->turn_ends_at = 0;
        if (!any_waits || memory->target_da == 0 || end <= now)
            continue;
        memory->turn_ends_at = end;
        site_again(site, end);
    }
}
