/* trail.c: the last day of each limit of the tree: what flowed, what might have, what was allowed.
 *
 * In memory, in steps of five minutes; it begins when voltd does. A document that is put anew keeps
 * the steps of the nodes whose id stays. Bounded: TRAIL_NODES_MAX nodes a site (the first of its
 * document, which puts those above before those below) and TRAIL_ALL_MAX over all sites. */
#include "dispatch/shows.h"

#include <stdlib.h>

enum {
    TRAIL_NODES_MAX = 1000,
    TRAIL_ALL_MAX = 4000, /* 18 MB */
    ID_MAX = 49,
    PERMILLE_MAX = 9999,
    NOT_THERE = -1,
};

struct trail_step {
    int32_t drawn_w;    /* mean of its minutes */
    int32_t reserved_w; /* the most of them, as the next */
    int32_t limit_w;    /* the least; -1: none */
    uint16_t full_permille;
    uint16_t minutes; /* 0: nothing is known */
};

struct trail {
    uint32_t count;
    char (*ids)[ID_MAX];
    int64_t number[DISPATCH_STEPS_MAX]; /* of the step in this slot, counted from 1970 */
    struct trail_step *steps;           /* slot by slot, so that a day fills them one by one */
};

static struct trail_step *step_of(const struct trail *trail, uint32_t slot, uint32_t node)
{
    return &trail->steps[(size_t)slot * trail->count + node];
}

/* --- life ------------------------------------------------------------------------ */

static uint32_t room_for(const struct power_site *site)
{
    uint32_t taken = 0, count = site->document.node_count;

    for (const struct power_site *other = site->dispatch->sites; other; other = other->next)
        if (other->row != site->row && other->trail)
            taken += other->trail->count;
    if (count > TRAIL_NODES_MAX)
        count = TRAIL_NODES_MAX;
    return taken + count > TRAIL_ALL_MAX ? TRAIL_ALL_MAX - taken : count;
}

/* `from`: where it is looked for first. */
static int32_t index_from(const struct trail *trail, struct str id, uint32_t from)
{
    for (uint32_t n = 0; n < trail->count; n++) {
        uint32_t i = (from + n) % trail->count;
        if (str_equal(str_of(trail->ids[i]), id))
            return (int32_t)i;
    }
    return NOT_THERE;
}

static void take_before(struct trail *trail, const struct trail *before)
{
    memcpy(trail->number, before->number, sizeof trail->number);
    for (uint32_t node = 0; node < trail->count; node++) {
        int32_t old = index_from(before, str_of(trail->ids[node]), node);
        for (uint32_t slot = 0; old != NOT_THERE && slot < DISPATCH_STEPS_MAX; slot++)
            *step_of(trail, slot, node) = *step_of(before, slot, (uint32_t)old);
    }
}

/* The same nodes in the same order. */
static bool is_same(const struct trail *trail, const struct power_site *site, uint32_t count)
{
    if (trail->count != count)
        return false;
    for (uint32_t i = 0; i < count; i++)
        if (!str_equal(str_of(trail->ids[i]), str_first(site->document.nodes[i].id, ID_MAX - 1)))
            return false;
    return true;
}

void trail_begin(struct power_site *site, struct power_site *before)
{
    uint32_t count = room_for(site);
    struct trail *trail;

    if (before && before->trail && is_same(before->trail, site, count)) {
        site->trail = before->trail;
        before->trail = NULL;
        return;
    }
    trail = calloc(1, sizeof *trail);
    check(trail != NULL);
    trail->count = count;
    trail->ids = calloc(count + 1, sizeof *trail->ids);
    trail->steps = calloc((size_t)count * DISPATCH_STEPS_MAX + 1, sizeof *trail->steps);
    check(trail->ids && trail->steps);
    for (uint32_t i = 0; i < count; i++) {
        struct str id = site->document.nodes[i].id;
        memcpy(trail->ids[i], id.ptr, id.len < ID_MAX ? id.len : ID_MAX - 1);
    }
    for (uint32_t slot = 0; slot < DISPATCH_STEPS_MAX; slot++)
        trail->number[slot] = -1;
    if (before && before->trail)
        take_before(trail, before->trail);
    site->trail = trail;
}

void trail_end(struct power_site *site)
{
    if (!site->trail)
        return;
    free(site->trail->ids);
    free(site->trail->steps);
    free(site->trail);
    site->trail = NULL;
}

/* --- a minute --------------------------------------------------------------------- */

static int32_t clip(int64_t w)
{
    return (int32_t)(w > INT32_MAX ? INT32_MAX : w < -INT32_MAX ? -INT32_MAX : w);
}

int64_t node_full_permille(const struct power_site *site, uint32_t index)
{
    const struct tree_node *node = &site->nodes[index];
    int64_t most = 0, line_da[LINE_COUNT], w;

    tree_sums(commit_tree(site->commit), index, line_da, &w);

    for (int line = 0; line < LINE_COUNT; line++)
        if (node->limit_da[line] != TREE_NO_LIMIT_DA && node->limit_da[line] > 0 &&
            line_da[line] * 1000 / node->limit_da[line] > most)
            most = line_da[line] * 1000 / node->limit_da[line];
    if (node->limit_w != TREE_NO_LIMIT_W && node->limit_w > 0 && w * 1000 / node->limit_w > most)
        most = w * 1000 / node->limit_w;
    return most > PERMILLE_MAX ? PERMILLE_MAX : most;
}

static void note(struct trail_step *step, const struct trail_step *now)
{
    if (step->minutes == 0) {
        *step = *now;
        return;
    }
    step->drawn_w += (now->drawn_w - step->drawn_w) / (step->minutes + 1);
    if (now->reserved_w > step->reserved_w)
        step->reserved_w = now->reserved_w;
    if (now->limit_w >= 0 && (step->limit_w < 0 || now->limit_w < step->limit_w))
        step->limit_w = now->limit_w;
    if (now->full_permille > step->full_permille)
        step->full_permille = now->full_permille;
    step->minutes++;
}

/* What flows through each node: as its meter says, else its cars and what is assumed besides. */
static void flows(const struct power_site *site, int64_t *drawn_w)
{
    uint32_t count = site->document.node_count;

    for (uint32_t i = 0; i < site->document.evse_count; i++)
        drawn_w[site->document.evses[i].leaf.node] += evse_draw_w(&site->evses[i]);
    for (uint32_t i = count; i-- > 0;) {
        const struct power_node *state = &site->node_states[i];
        int32_t parent = site->nodes[i].parent;
        drawn_w[i] += site->nodes[i].base_w;
        if (state->has_meter && !state->stale && state->measured_w != DISPATCH_NO_VALUE)
            drawn_w[i] = state->measured_w;
        if (parent >= 0)
            drawn_w[parent] += drawn_w[i];
    }
}

void trail_minute(struct power_site *site, utc_ms now)
{
    struct trail *trail = site->trail;
    int64_t number = now / DISPATCH_STEP_MS, *drawn_w;
    uint32_t slot = (uint32_t)(number % DISPATCH_STEPS_MAX);

    if (!trail || trail->count == 0 || now < 0)
        return;
    if (trail->number[slot] != number) {
        memset(step_of(trail, slot, 0), 0, trail->count * sizeof *trail->steps);
        trail->number[slot] = number;
    }
    drawn_w = calloc(site->document.node_count, sizeof *drawn_w);
    check(drawn_w != NULL);
    flows(site, drawn_w);
    for (uint32_t i = 0; i < trail->count; i++) {
        int64_t line_da[LINE_COUNT], w, limit_w = node_limit_w(site, i);
        tree_sums(commit_tree(site->commit), i, line_da, &w);
        note(step_of(trail, slot, i),
             &(struct trail_step){ .drawn_w = clip(drawn_w[i]),
                                   .reserved_w = clip(w),
                                   .limit_w = limit_w == TREE_NO_LIMIT_W ? -1 : clip(limit_w),
                                   .full_permille = (uint16_t)node_full_permille(site, i),
                                   .minutes = 1 });
    }
    free(drawn_w);
}

/* --- read --------------------------------------------------------------------------- */

enum err dispatch_node_steps(const struct engine *engine, int64_t row, struct str node,
                             struct arena *arena, struct dispatch_steps *steps)
{
    const struct power_site *site = dispatch_find_site(dispatch_of(engine), row);
    const struct trail *trail = site ? site->trail : NULL;
    int32_t at = site ? document_find_node(&site->document, node) : -1;
    int64_t last = -1;

    if (at < 0)
        return ERR_NOT_FOUND;
    if (!trail || (uint32_t)at >= trail->count)
        return ERR_FULL;
    *steps = (struct dispatch_steps){ 0, ARENA_NEW_ARRAY(arena, struct dispatch_step,
                                                         DISPATCH_STEPS_MAX) };
    if (!steps->steps)
        return ERR_FULL;
    for (uint32_t slot = 0; slot < DISPATCH_STEPS_MAX; slot++)
        if (trail->number[slot] > last)
            last = trail->number[slot];
    for (int64_t number = last - DISPATCH_STEPS_MAX + 1; number <= last; number++) {
        if (number < 0)
            continue;
        uint32_t slot = (uint32_t)(number % DISPATCH_STEPS_MAX);
        const struct trail_step *step = step_of(trail, slot, (uint32_t)at);
        if (trail->number[slot] != number || step->minutes == 0)
            continue;
        steps->steps[steps->count++] = (struct dispatch_step){
            .at = number * DISPATCH_STEP_MS,
            .drawn_w = step->drawn_w,
            .reserved_w = step->reserved_w,
            .limit_w = step->limit_w < 0 ? DISPATCH_NO_VALUE : step->limit_w,
            .full_permille = step->full_permille,
        };
    }
    return ERR_NONE;
}
