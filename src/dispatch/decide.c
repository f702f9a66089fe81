/* decide.c: a decision: the snapshot that it is made from, what follows from it, its page in the
 * journal.
 *
 * Decisions of one site keep some distance, since a change is often followed by the next; what
 * safety needs is decided at once. A large site is decided on a reader thread: the core is never
 * held. What comes out are wishes; they are checked against what is booked when they arrive. */
#include "core/options.h"
#include "dispatch/inner.h"
#include "dispatch/journal.h"

#include <stdlib.h>

enum {
    INLINE_EVSES_MAX = 300, /* some 0.2 ms */
    DECIDE_MS = 200,
    EVSES_A_MS = 10,          /* larger sites wait longer between two decisions */
    JOURNAL_MS = 60000,       /* a page at least this often while a car is there */
    JOURNAL_EVSES_MAX = 2000, /* beyond it, only then */
    JOURNAL_BYTES_MAX = 7 << 20,
};

struct power_work {
    struct power_work *next; /* of the room */
    struct power_site *site; /* NULL: gone meanwhile */
    const char *cause;
    struct arena arena;
    struct site_input input;
    struct site_decision decision;
    enum err err;
};

/* --- the snapshot ----------------------------------------------------------- */

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
        out->max_da = least(out->max_da, car->max_da);
    if (out->min_da > out->max_da)
        out->min_da = out->max_da;
    out->class = car->class >= 0 ? (uint8_t)car->class : known->class;
    out->draw_da = evse->draw.da;
    out->draw_at = evse->draw.at;
    out->arrived_at = car->arrived_at;
    out->departs_at = car->departs_at;
    out->need_wh = need_left(evse);
    out->plan_da = plan_now_da(evse, now);
    out->plan_short = plan_short_of(evse);
    out->override_da =
        evse->override_da >= 0 && evse->override_until > now ? evse->override_da : -1;
    if (car->wires) {
        out->leaf.wires = car->wires;
        out->leaf.wires_live = car->wires_live;
    }
}

/* Not proven, and its breaker is too much: it gets its share as if it obeyed, once it has taken its
 * fail-safe, and is counted at its breaker before others are raised. */
static bool on_trust(const struct power_evse *evse, const struct commit_state *state)
{
    const struct power_station *station = evse->station;
    const int32_t cap_da = station->site->document.evses[evse->index].max_da;

    return evse->car.session && station->here && !station->probe && !state->disobeys &&
           state->claimed_da < cap_da && !state->steerable &&
           !commit_fits(station->site->commit, evse->index);
}

static void fill_evse(const struct power_evse *evse, struct site_evse *out, utc_ms now)
{
    const struct power_site *site = evse->station->site;
    const struct document_evse *known = &site->document.evses[evse->index];
    const struct commit_state state = commit_state(site->commit, evse->index);

    *out = (struct site_evse){ .id = document_evse_id(evse->station->row, evse->number),
                               .leaf = known->leaf,
                               .controlled = state.steerable || on_trust(evse, &state),
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
    /* It is booked whatever is decided; without a car that is its fail-safe. Who was seen to
     * disobey counts at its breaker, whether that fits or not. */
    if (!state.steerable && !out->controlled)
        out->max_da = state.disobeys || commit_fits(site->commit, evse->index) ? state.booked_da
                                                                               : state.claimed_da;
}

static void *copy_of(struct arena *arena, const void *items, uint32_t count, size_t size)
{
    void *copy = arena_zalloc(arena, count, size);

    if (copy && count)
        memcpy(copy, items, count * size);
    return copy;
}

static bool fill(struct power_site *site, struct power_work *work, utc_ms now)
{
    const struct document *document = &site->document;
    struct site_evse *evses = ARENA_NEW_ARRAY(&work->arena, struct site_evse, document->evse_count);

    if (!evses)
        return false;
    for (uint32_t i = 0; i < document->evse_count; i++)
        need_look(&site->evses[i], now);
    for (uint32_t i = 0; i < document->evse_count; i++)
        fill_evse(&site->evses[i], &evses[i], now);
    for (uint32_t i = 0; i < document->evse_count; i++)
        site->evses[i].fixed_da = evses[i].controlled ? -1 : evses[i].max_da;
    work->input = (struct site_input){
        .now = now,
        .mode = document->mode,
        .rules = document->rules,
        .surplus_w = site->surplus_w,
        .node_count = document->node_count,
        .evse_count = document->evse_count,
        .pilots_count = document->pilots_count,
        .nodes = copy_of(&work->arena, site->nodes, document->node_count, sizeof *site->nodes),
        .evses = evses,
        .pilots = copy_of(&work->arena, document->pilots, document->pilots_count,
                          sizeof *document->pilots),
    };
    return work->input.nodes && work->input.pilots;
}

/* --- the journal -------------------------------------------------------------- */

static enum err journal_turn(struct turn *turn)
{
    const struct power_work *work = *(struct power_work *const *)turn->input;
    const struct power_site *site = work->site;
    struct decision_row *row = TURN_NEW(turn, decision);
    struct json_writer json;
    struct buf body;

    buf_init_arena(&body, turn->arena, JOURNAL_BYTES_MAX);
    json = json_writer(&body);
    decision_write(&json, &work->input, &work->decision);
    row->site = site->row;
    row->at = work->input.now;
    row->cause = str_of(work->cause);
    row->body = buf_str(&body);
    return body.overflow ? ERR_FULL : ERR_NONE;
}

static void write_journal(struct power_site *site, struct power_work *work, bool changed,
                          bool plugged)
{
    bool due = site->journal_at == UTC_UNKNOWN || work->input.now - site->journal_at >= JOURNAL_MS;
    struct turn *turn;

    if (!(changed && work->input.evse_count <= JOURNAL_EVSES_MAX) && !(due && (changed || plugged)))
        return;
    turn = engine_turn(site->dispatch->engine, journal_turn, &work, sizeof(struct power_work *));
    if (turn && engine_go(turn) == ERR_NONE)
        site->journal_at = work->input.now;
}

/* --- what follows ------------------------------------------------------------------ */

static bool take_verdict(struct power_evse *evse, const struct site_verdict *verdict, utc_ms now)
{
    struct power_site *site = evse->station->site;
    const struct document_evse *known = &site->document.evses[evse->index];
    bool changed = evse->verdict.target_da != verdict->target_da ||
                   evse->verdict.why != verdict->why || evse->verdict.node != verdict->node;
    const struct commit_state state = commit_state(site->commit, evse->index);

    evse->verdict = *verdict;
    if (!evse->car.session)
        return changed;
    evse->memory = verdict->memory;
    /* A probe tries its own limits meanwhile; who disobeys is not offered what is booked for it. */
    if (!evse->station->probe && !state.disobeys)
        commit_wish(site->commit, evse->index,
                    state.steerable || on_trust(evse, &state) ? unit_step(evse, verdict->target_da)
                                                              : known->max_da,
                    evse->car.class >= 0 ? (uint8_t)evse->car.class : known->class, now);
    return changed;
}

static void set_next(struct power_site *site, utc_ms again_at, bool plugged, utc_ms now)
{
    struct engine *engine = site->dispatch->engine;
    utc_ms next = site_next_change(site, now);

    if (timer_is_set(&site->decide_timer) && !site->idle_wait)
        return; /* something has happened meanwhile */
    next = again_at < next ? again_at : next;
    if (plugged && now + JOURNAL_MS < next)
        next = now + JOURNAL_MS;
    timer_clear(&engine->timers, &site->decide_timer);
    if (next == UTC_NEVER)
        return;
    next = next > now ? next : now + 1;
    site->idle_wait = true;
    site->cause = "clock";
    timer_set(&engine->timers, &site->decide_timer, engine->mono + (mono_ms)(next - now),
              site_decide_due);
}

static void finish(struct power_work *work)
{
    struct power_site *site = work->site;
    utc_ms now = dispatch_now(site->dispatch);
    bool changed = false, plugged = false;

    site->work = NULL;
    if (work->err == ERR_NONE) {
        for (uint32_t i = 0; i < work->input.evse_count; i++) {
            changed = take_verdict(&site->evses[i], &work->decision.verdicts[i], now) || changed;
            plugged = plugged || site->evses[i].car.session;
        }
        site->decided_at = work->input.now;
        send_now(site);
        write_journal(site, work, changed, plugged);
        live_tell(site);
    }
    set_next(site, work->err == ERR_NONE ? work->decision.again_at : now + JOURNAL_MS, plugged,
             now);
    if (site->again)
        decide_soon(site, "again");
    site->again = false;
}

/* --- here, or on another thread -------------------------------------------------------- */

static void work_free(struct dispatch *dispatch, struct power_work *work)
{
    struct power_work **at = &dispatch->works;

    while (*at != work)
        at = &(*at)->next;
    *at = work->next;
    arena_reset(&work->arena);
    free(work);
}

void decide_free_all(struct dispatch *dispatch)
{
    while (dispatch->works)
        work_free(dispatch, dispatch->works);
}

void decide_drop(struct power_site *site)
{
    if (site->work)
        site->work->site = NULL;
    site->work = NULL;
}

static void run(void *data, struct store *store)
{
    struct power_work *work = *(struct power_work **)data;

    (void)store;
    work->err = site_decide(&work->input, &work->arena, &work->decision);
}

static enum err work_turn(struct turn *turn)
{
    struct power_work *work = *(struct power_work **)turn->input;
    void *data = turn->input;
    enum err err = turn_work(turn, "decide", run, false, &data);

    if (err == ERR_LATER)
        return err;
    if (err != ERR_NONE)
        work->err = err;
    if (work->site)
        finish(work);
    work_free(dispatch_of(turn->engine), work);
    return ERR_NONE;
}

static struct power_work *work_new(struct power_site *site, bool elsewhere)
{
    struct power_work *work = calloc(1, sizeof *work);

    check(work != NULL);
    work->site = site;
    work->cause = site->cause;
    arena_init(&work->arena, elsewhere ? NULL : &site->dispatch->engine->pool, 0);
    work->next = site->dispatch->works;
    site->dispatch->works = work;
    site->work = work;
    return work;
}

static void decide(struct power_site *site)
{
    struct dispatch *dispatch = site->dispatch;
    bool elsewhere = site->document.evse_count > INLINE_EVSES_MAX;
    utc_ms now = dispatch_now(dispatch);
    struct power_work *work;
    struct turn *turn;

    site_refresh(site, now);
    work = work_new(site, elsewhere);
    site->decided_mono = dispatch->engine->mono;
    if (!fill(site, work, now)) {
        work->err = ERR_FULL;
    } else if (!elsewhere) {
        run(&work, NULL);
    } else {
        turn = engine_turn(dispatch->engine, work_turn, &work, sizeof(struct power_work *));
        if (turn) {
            (void)engine_go(turn); /* it ends when the reader has decided */
            return;
        }
        work->err = ERR_FULL;
    }
    finish(work);
    work_free(dispatch, work);
}

void site_decide_due(struct timer *timer, void *context)
{
    struct power_site *site = CONTAINER_OF(timer, struct power_site, decide_timer);

    (void)context;
    site->idle_wait = false;
    if (site->work)
        site->again = true;
    else
        decide(site);
}

static void decide_by(struct power_site *site, const char *cause, mono_ms due)
{
    struct engine *engine = site->dispatch->engine;

    if (timer_is_set(&site->decide_timer) && !site->idle_wait && site->decide_timer.due <= due)
        return;
    site->idle_wait = false;
    site->cause = cause;
    timer_set(&engine->timers, &site->decide_timer, due, site_decide_due);
}

void decide_soon(struct power_site *site, const char *cause)
{
    const struct engine *engine = site->dispatch->engine;
    const struct options *options = site->dispatch->config.options;
    mono_ms apart = options ? (mono_ms)options->energy_decide_ms : DECIDE_MS;
    mono_ms due;

    if (site->document.evse_count / EVSES_A_MS > apart)
        apart = site->document.evse_count / EVSES_A_MS;
    due = site->decided_mono + apart;
    decide_by(site, cause, due > engine->mono ? due : engine->mono);
}

void decide_at_once(struct power_site *site, const char *cause)
{
    decide_by(site, cause, site->dispatch->engine->mono);
}
