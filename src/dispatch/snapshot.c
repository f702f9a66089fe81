/* snapshot.c: what a decision is made from: all that is known of a site at a moment. */
#include "dispatch/decide_parts.h"
#include "dispatch/decides.h"
#include "dispatch/hears.h"
#include "dispatch/tells.h"
#include "dispatch/trusts.h"

/* A station shows that it obeys, and its lease, when its car draws as much (probe_prove.c). */
enum { PROOF_DA = 100 };

static int32_t least(int32_t one, int32_t other)
{
    return one < other ? one : other;
}

static void fill_car(const struct power_evse *evse, const struct document_evse *known,
                     struct site_evse *out, utc_ms now)
{
    const struct power_car *car = &evse->car;
    int32_t seen_da = car_min_da(&car->seen);

    out->plugged = true;
    out->done = need_is_done(evse, now);
    out->min_da = known->min_da > car->min_da ? known->min_da : car->min_da;
    out->min_da = seen_da > out->min_da ? seen_da : out->min_da;
    out->min_da = unit_min(evse, out->min_da);
    if (car->max_da > 0)
        out->max_da = least(out->max_da, unit_min(evse, car->max_da));
    if (evse->outside_da >= 0)
        out->max_da = least(out->max_da, evse->outside_da < known->min_da ? 0 : evse->outside_da);
    if (out->min_da > out->max_da)
        out->min_da = out->max_da;
    out->class = car->class >= 0 ? (uint8_t)car->class : known->class;
    out->draw_da = unit_drawn(evse, evse->draw.da);
    out->draw_at = evse->draw.at;
    out->arrived_at = car->arrived_at;
    out->departs_at = car->departs_at;
    out->need_wh = need_left(evse);
    out->plan_da = plan_now_da(evse, now);
    out->plan_short = plan_short_of(evse);
    out->override_da = is_overridden(evse, now) ? evse->override_da : -1;
    if (car->wires) {
        out->leaf.wires = car->wires;
        out->leaf.wires_live = car->wires_live;
    }
}

/* It has said yes, or may yet: what people want, and a limit that drops, is for it, too. Others
 * make room for one that has not: it is told in vain. */
static bool may_listen(const struct power_evse *evse, const struct commit_state *state)
{
    const struct behaviour *known = &evse->station->behaviour;

    return state->claimed_da < evse->station->site->document.evses[evse->index].max_da ||
           state->confirmed_da >= 0 || (known->fallback == PROOF_YES && known->profile != PROOF_NO);
}

bool snapshot_on_trust(const struct power_evse *evse, const struct commit_state *state)
{
    const struct power_station *station = evse->station;

    return evse->car.session && station->here && !station->probe && !state->disobeys &&
           !state->doubted && !state->steerable && may_listen(evse, state) &&
           (is_overridden(evse, dispatch_now(station->site->dispatch)) ||
            !commit_fits(station->site->commit, evse->index));
}

/* One car of a station is enough: the first that may still want something. */
static bool proves(const struct power_evse *evse, utc_ms now)
{
    const struct power_station *station = evse->station;

    if (!waits_for_proof(evse))
        return false;
    for (uint32_t i = station->evse_first; i < evse->index; i++) {
        const struct power_evse *other = &station->site->evses[i];
        if (other->car.session && !other->car.suspended && !need_is_done(other, now))
            return false;
    }
    return true;
}

/* As long as it is counted at its breaker nobody else has that room: it goes first, with enough to
 * show that it obeys. */
static void ask_for_proof(const struct power_evse *evse, struct site_evse *out)
{
    int32_t proof_da = unit_min(evse, PROOF_DA);

    if (out->max_da < PROOF_DA || out->done)
        return;
    out->min_da = out->min_da > proof_da ? out->min_da : proof_da;
    if (out->min_da > out->max_da)
        out->min_da = out->max_da;
    out->max_da = out->min_da;
    out->class = CLASS_PRIORITY;
}

/* To switch it off frees less than it had: its fail-safe is booked all the same. Where that is
 * enough for its car, it stays on; but where cars wait for the sun or a better price, it is not for
 * the sake of others that they are off. */
static void count_failsafe(const struct power_site *site, const struct commit_state *state,
                           struct site_evse *out)
{
    enum site_mode mode = site->document.mode;
    bool shares = mode == SITE_EQUAL || mode == SITE_PRIORITY || mode == SITE_NEED;

    if (!state->steerable || !out->plugged || !shares || out->class == CLASS_SURPLUS)
        return;
    out->floor_da = state->floor_da;
    if (out->min_da > 0 && state->floor_da >= out->min_da)
        out->may_suspend = false;
}

static void fill_evse(const struct power_evse *evse, struct site_evse *out, utc_ms now)
{
    const struct power_site *site = evse->station->site;
    const struct document_evse *known = &site->document.evses[evse->index];
    const struct commit_state state = commit_state(site->commit, evse->index);

    *out = (struct site_evse){ .id = document_evse_id(evse->station->row, evse->number),
                               .leaf = known->leaf,
                               .controlled = state.steerable || snapshot_on_trust(evse, &state),
                               .may_suspend = known->may_suspend,
                               .class = known->class,
                               .weight = known->weight,
                               .pilots = known->pilots,
                               .min_da = known->min_da,
                               .max_da = known->max_da,
                               .booked_da = state.booked_da,
                               .draw_da = -1,
                               .draw_at = UTC_UNKNOWN,
                               .arrived_at = UTC_UNKNOWN,
                               .departs_at = UTC_NEVER,
                               .need_wh = -1,
                               .plan_da = -1,
                               .override_da = -1,
                               .memory = evse->memory };
    if (evse->car.session)
        fill_car(evse, known, out, now);
    count_failsafe(site, &state, out);
    if (out->controlled && !state.steerable && out->override_da < 0 && proves(evse, now))
        ask_for_proof(evse, out);
    /* It is booked whatever is decided; without a car that is its fail-safe. Who was seen to
     * disobey counts at its breaker, whether that fits or not. */
    if (!state.steerable && !out->controlled)
        out->max_da = state.disobeys || commit_fits(site->commit, evse->index) ? state.booked_da
                                                                               : state.claimed_da;
}

/* Lowest node from which on, up to the root, all that is booked fits; -1: it does not at the root.
 */
static int32_t fits_from(const struct power_site *site, uint32_t leaf)
{
    const struct tree *booked = commit_tree(site->commit);
    int32_t node = (int32_t)tree_leaf(booked, leaf)->node, from = node;
    struct tree_excess excess;

    for (; node >= 0; node = tree_node(booked, (uint32_t)node)->parent)
        if (tree_over(booked, (uint32_t)node, &excess))
            from = tree_node(booked, (uint32_t)node)->parent;
    return from;
}

static bool loads_line(wire_set wires, int line)
{
    int behind = (line + LINE_COUNT - 1) % LINE_COUNT; /* wire of this line and the one before */

    return (wires &
            (WIRE_BIT(line) | WIRE_BIT(LINE_COUNT + line) | WIRE_BIT(LINE_COUNT + behind))) != 0;
}

/* What it may draw, or goes first to prove itself with (ask_for_proof): it is in the decision
 * itself, and not once more beside it. */
static int32_t counted_da(const struct site_evse *decided, const struct commit_state *state)
{
    bool is_first = decided->class == CLASS_PRIORITY && decided->min_da == decided->max_da;

    return is_first && decided->min_da > state->claimed_da ? decided->min_da : state->claimed_da;
}

/* Who is decided on as if it obeyed is booked at its breaker all the same: where that fits, others
 * are not promised the room. */
static void count_breaker(const struct power_site *site, uint32_t evse,
                          const struct site_evse *decided, struct tree_node *nodes)
{
    const struct commit_state state = commit_state(site->commit, evse);
    const struct tree_leaf *leaf = &decided->leaf;
    int32_t extra = state.booked_da - counted_da(decided, &state), from;

    if (!decided->controlled || state.steerable || extra <= 0)
        return;
    from = fits_from(site, evse);
    if (from < 0)
        return;
    for (int line = 0; line < LINE_COUNT; line++)
        if (loads_line(leaf->wires, line))
            nodes[from].base_da[line] += extra;
    nodes[from].base_w += (int64_t)extra * leaf->volts * leaf->wires_live / 10;
}

/* What it draws beyond what it is told, others do not have. */
static void count_more(const struct power_site *site, uint32_t evse,
                       const struct site_evse *decided, struct tree_node *nodes)
{
    const struct tree_leaf *leaf = &decided->leaf;
    int32_t more_da = commit_state(site->commit, evse).more_da;

    if (!decided->controlled || !decided->plugged)
        return;
    for (int line = 0; line < LINE_COUNT; line++)
        if (loads_line(leaf->wires, line))
            nodes[leaf->node].base_da[line] += more_da;
    nodes[leaf->node].base_w += (int64_t)more_da * leaf->volts * leaf->wires_live / 10;
}

/* The fail-safe is booked on all wires that the next car may use; what is decided, on those of this
 * one. */
static void count_other_lines(const struct power_evse *evse, const struct site_evse *decided,
                              struct tree_node *nodes)
{
    const struct power_site *site = evse->station->site;
    const struct tree_leaf *all = &site->document.evses[evse->index].leaf;

    if (!evse->car.wires || decided->leaf.wires == all->wires)
        return;
    for (int line = 0; line < LINE_COUNT; line++)
        if (loads_line(all->wires, line) && !loads_line(decided->leaf.wires, line))
            nodes[all->node].base_da[line] += commit_state(site->commit, evse->index).floor_da;
}

static void *copy_of(struct arena *arena, const void *items, uint32_t count, size_t size)
{
    void *copy = arena_zalloc(arena, count, size);

    if (copy && count)
        memcpy(copy, items, count * size);
    return copy;
}

static void look_outside(struct power_evse *evse, utc_ms now)
{
    utc_ms next = UTC_NEVER;
    const struct outside_row *row = outside_of(evse, now, &evse->outside_da, &next);
    struct str source = row ? str_first(row->source, sizeof evse->outside_source - 1) : STR_NONE;

    if (source.len)
        memcpy(evse->outside_source, source.ptr, source.len);
    evse->outside_source[source.len] = '\0';
}

bool snapshot_begin(struct power_work *work, utc_ms now)
{
    struct power_site *site = work->site;
    const struct document *document = &site->document;

    work->evses = arena_alloc(&work->arena, document->evse_count * sizeof *work->evses);
    work->nodes = copy_of(&work->arena, site->nodes, document->node_count, sizeof *site->nodes);
    if (work->nodes) {
        lately_loads(site, work->nodes);
        outside_narrow(site, work->nodes, now);
    }
    site->moves = commit_moves(site->commit);
    work->input = (struct site_input){
        .now = now,
        .mode = document->mode,
        .rules = document->rules,
        .surplus_w = lately_surplus(site),
        .node_count = document->node_count,
        .evse_count = document->evse_count,
        .pilots_count = document->pilots_count,
        .nodes = work->nodes,
        .evses = work->evses,
        .pilots = copy_of(&work->arena, document->pilots, document->pilots_count,
                          sizeof *document->pilots),
    };
    return work->evses && work->input.nodes && work->input.pilots;
}

/* The sessions of those that come next: of a large site they are in no cache. */
static void fetch_sessions(const struct power_site *site, uint32_t at, uint32_t end)
{
    for (uint32_t step = 0; step < WORLD_FETCH_STEPS && at + step + 1 < end; step++)
        world_fetch_session(&site->dispatch->engine->world, site->evses[at + step + 1].car.session,
                            step);
}

bool snapshot_fill(struct power_work *work, uint32_t count)
{
    struct power_site *site = work->site;
    uint32_t end = work->input.evse_count;

    if (end - work->at > count)
        end = work->at + count;
    for (; work->at < end; work->at++) {
        fetch_sessions(site, work->at, end);
        need_look(&site->evses[work->at], work->input.now);
        look_outside(&site->evses[work->at], work->input.now);
        fill_evse(&site->evses[work->at], &work->evses[work->at], work->input.now);
        count_breaker(site, work->at, &work->evses[work->at], work->nodes);
        count_more(site, work->at, &work->evses[work->at], work->nodes);
        count_other_lines(&site->evses[work->at], &work->evses[work->at], work->nodes);
        work->plugged = work->plugged || work->evses[work->at].plugged;
    }
    if (end < work->input.evse_count)
        return false;
    ahead_hold_peak(&work->input, work->nodes, plan_allowed_w(site));
    return true;
}
