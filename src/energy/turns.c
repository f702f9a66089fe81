/* Who is on when the minima of all do not fit.
 *
 * First those that may not be switched off, or were switched on or off too short a time ago; then
 * by stage; inside a stage those whose time slice runs, then least time left, then who waits
 * longest. In priority mode: who came first.
 */
#include "energy/site_parts.h"
#include "energy/sort.h"

/* When its waiting began; those who are on have only just begun. */
static utc_ms waits_since(const struct site *site, const struct site_car *car)
{
    const struct site_memory *memory = &car->evse->memory;

    if (site_was_on(car))
        return site->input->now;
    return memory->switched_at ? memory->switched_at : car->evse->arrived_at;
}

static bool comes_before(const void *context, uint32_t a, uint32_t b)
{
    const struct site *site = context;
    const struct site_car *x = &site->cars[a], *y = &site->cars[b];

    if (x->must != y->must)
        return x->must;
    if (x->stage != y->stage)
        return x->stage < y->stage;
    if (site->input->mode == SITE_PRIORITY)
        return x->evse->arrived_at < y->evse->arrived_at;
    if (x->in_slice != y->in_slice)
        return x->in_slice;
    if (x->laxity_s != y->laxity_s)
        return x->laxity_s < y->laxity_s;
    return waits_since(site, x) < waits_since(site, y);
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

void turns_choose(struct site *site, uint32_t count)
{
    uint32_t *list = site->list;

    sort_by_rule(list, count, site->scratch, comes_before, site);
    for (uint32_t i = 0; i < count; i++) {
        struct site_car *car = &site->cars[list[i]];

        if (car->on)
            continue;
        car->rests = has_to_rest(site, car);
        if (car->rests)
            continue;
        car->waits = true;
        if (tree_room(site->tree, list[i], car->least_da) < car->least_da)
            continue;
        tree_book(site->tree, list[i], car->least_da);
        car->on = true;
        car->waits = false;
    }
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
