/* follow.c: a document is edited, and its stations hold what they held: what they have confirmed is
 * not written again. Stations keep profiles in flash, and one that is told its limit anew for each
 * edit of another one's wears it out, and takes the site's message budget.
 *
 * Only where a value means the same in both versions, and nobody else has been at the station's
 * profiles: the rest is written, as it is to a station of which nothing is known. */
#include "dispatch/tells.h"

static const struct document_evse *known_of(const struct power_evse *evse)
{
    return &evse->station->site->document.evses[evse->index];
}

/* A wire, a phase, a volt is the same in both. */
static bool is_wired_alike(const struct document_evse *a, const struct document_evse *b)
{
    return a->leaf.wires == b->leaf.wires && a->leaf.wires_live == b->leaf.wires_live &&
           a->leaf.volts == b->leaf.volts && a->rotation == b->rotation && a->is_dc == b->is_dc &&
           a->efficiency_permille == b->efficiency_permille;
}

/* In watts the rating says how they are spread (unit.c). */
static bool means_the_same(const struct power_evse *evse, const struct power_evse *old)
{
    const struct document_evse *known = known_of(evse), *before = known_of(old);

    return is_wired_alike(known, before) &&
           (known->max_da == before->max_da ||
            (!known->is_dc && evse->station->behaviour.unit == CHARGE_A));
}

/* A session's own: with the same lease, and no more on single phases. */
static bool follows_profile(const struct power_evse *evse, const struct power_evse *old)
{
    return evse->station->here && evse->car.session && evse->car.session == old->car.session &&
           !evse->car.priority && evse->apart.settled_at == 0 && apart_most(evse) == 0 &&
           evse->station->site->document.lease_s == old->station->site->document.lease_s;
}

static uint32_t layers_of(const struct power_evse *evse, const struct power_evse *old)
{
    const struct power_station *station = evse->station;
    bool first = evse->index == station->evse_first && old->index == old->station->evse_first;
    bool alone = station->evse_count == 1 && old->station->evse_count == 1;
    uint32_t layers = 0;

    if (!means_the_same(evse, old))
        return 0;
    if (alone || !station->behaviour.default_on_station) /* one profile is all EVSEs' else */
        layers |= 1u << LAYER_DEFAULT;
    if (first)
        layers |= 1u << LAYER_STATION;
    if (follows_profile(evse, old))
        layers |= 1u << LAYER_PROFILE;
    return layers;
}

void follow_station(struct power_station *station, const struct power_station *old)
{
    struct power_site *site = station->site;

    if (old->probe || old->keeps.tag || station->probe || station->here != old->here)
        return;
    for (uint32_t i = 0; i < station->evse_count; i++) {
        struct power_evse *evse = &site->evses[station->evse_first + i];
        const struct power_evse *before = site_same_evse(old, evse->number);
        struct commit_before told = { .commit = old->site->commit };

        if (!before)
            continue;
        told.evse = before->index;
        told.layers = layers_of(evse, before);
        if (told.layers)
            commit_follow(site->commit, evse->index, &told, dispatch_now(site->dispatch));
    }
}
