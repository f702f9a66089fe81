/* decide.c: a decision: the snapshot that it is made from, what follows from it, its page in the
 * journal.
 *
 * Decisions of one site keep some distance, since a change is often followed by the next; what
 * safety needs is decided at once. A large site is decided on a reader thread, and what goes in and
 * comes out is copied in steps, with a rest after each: the core is never held. What comes out are
 * wishes; they are checked against what is booked when they arrive, so it does no harm that EVSEs
 * were looked at some milliseconds apart. */
#include "core/options.h"
#include "dispatch/inner.h"
#include "dispatch/journal.h"
#include "store/pack.h"

#include <stdlib.h>

enum {
    INLINE_EVSES_MAX = 300,   /* some 0.2 ms */
    URGENT_EVSES_MAX = 10000, /* a cap does not wait for a reader to be free */
    STEP_EVSES = 2000,        /* some 2 ms */
    STEP_REST_MS = 1,
    DECIDE_MS = 200,
    EVSES_A_MS = 10, /* larger sites wait longer between two decisions */
    /* A page for each decision that changes something, and at least each minute while a car is
     * there. A large site that decides all the time would write gigabytes a day: beyond so many
     * bytes a second, and what was saved up, it has the minute's pages and those of caps. */
    JOURNAL_MS = 60000,
    JOURNAL_BYTES_S = 2000, /* 173 MB a day */
    JOURNAL_SAVED_MAX = 8 << 20,
    JOURNAL_BYTES_MAX = DECISION_BYTES_MAX,
    PACK_BYTES = 4096, /* shorter pages stay readable */
    CHANGES_MAX = 100,
    PROOF_DA = 90, /* a station shows that it obeys when its car draws as much (probe_prove.c) */
};

struct power_work {
    struct power_work *next; /* of the room */
    struct power_site *site; /* NULL: gone meanwhile, or done with */
    int64_t site_row;
    const char *cause;
    bool elsewhere, urgent;
    bool away; /* with a reader: it is freed when it is back */
    struct arena arena;
    struct site_input input;
    struct site_evse *evses; /* of the input, while they are filled in */
    struct tree_node *nodes; /* the same */
    uint32_t at;             /* EVSEs that are filled in, or taken */
    bool journal;            /* a page is due, whether something changes or not */
    bool affords;            /* or at least when something does */
    const struct site_verdict *before;
    struct site_decision decision;
    bool changed, plugged;
    struct str page, packed; /* both empty: none is written */
    struct str changes;
    uint32_t change_count;
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
    if (evse->outside_da >= 0)
        out->max_da = least(out->max_da, evse->outside_da < known->min_da ? 0 : evse->outside_da);
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

/* Can it be proven in this session, once its car draws enough? */
static bool waits_for_proof(const struct power_evse *evse)
{
    const struct behaviour *known = &evse->station->behaviour;

    return known->asked_at != UTC_UNKNOWN && known->proven_at == UTC_UNKNOWN &&
           known->profile != PROOF_NO && evse->station->probe_again_at != UTC_NEVER;
}

/* As long as it is counted at its breaker nobody else has that room: it goes first, with enough to
 * show that it obeys. */
static void ask_for_proof(struct site_evse *out)
{
    if (out->max_da < PROOF_DA || out->done)
        return;
    out->min_da = out->min_da > PROOF_DA ? out->min_da : PROOF_DA;
    out->max_da = out->min_da;
    out->class = CLASS_PRIORITY;
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
    if (out->controlled && !state.steerable && waits_for_proof(evse))
        ask_for_proof(out);
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

/* Who is decided on as if it obeyed is booked at its breaker all the same: where that fits, others
 * are not promised the room. */
static void count_breaker(const struct power_site *site, uint32_t evse,
                          const struct site_evse *decided, struct tree_node *nodes)
{
    const struct commit_state state = commit_state(site->commit, evse);
    const struct tree_leaf *leaf = &decided->leaf;
    int32_t extra = state.booked_da - state.claimed_da, from;

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

/* What is the same for all EVSEs, and room for these. False: memory is out. */
static bool fill_site(struct power_site *site, struct power_work *work, utc_ms now)
{
    const struct document *document = &site->document;
    struct site_verdict *before =
        ARENA_NEW_ARRAY(&work->arena, struct site_verdict, document->evse_count);

    work->evses = ARENA_NEW_ARRAY(&work->arena, struct site_evse, document->evse_count);
    work->nodes = copy_of(&work->arena, site->nodes, document->node_count, sizeof *site->nodes);
    if (work->nodes)
        outside_narrow(site, work->nodes, now);
    work->before = before;
    for (uint32_t i = 0; before && i < document->evse_count; i++)
        before[i] = site->evses[i].verdict;
    site->moves = commit_moves(site->commit);
    work->input = (struct site_input){
        .now = now,
        .mode = document->mode,
        .rules = document->rules,
        .surplus_w = site->surplus_w,
        .node_count = document->node_count,
        .evse_count = document->evse_count,
        .pilots_count = document->pilots_count,
        .nodes = work->nodes,
        .evses = work->evses,
        .pilots = copy_of(&work->arena, document->pilots, document->pilots_count,
                          sizeof *document->pilots),
    };
    return before && work->evses && work->input.nodes && work->input.pilots;
}

/* True: all are filled in. */
static bool fill_some(struct power_work *work)
{
    struct power_site *site = work->site;
    uint32_t end = work->input.evse_count;

    if (!work->urgent && end - work->at > STEP_EVSES)
        end = work->at + STEP_EVSES;
    for (; work->at < end; work->at++) {
        need_look(&site->evses[work->at], work->input.now);
        look_outside(&site->evses[work->at], work->input.now);
        fill_evse(&site->evses[work->at], &work->evses[work->at], work->input.now);
        count_breaker(site, work->at, &work->evses[work->at], work->nodes);
        work->plugged = work->plugged || work->evses[work->at].plugged;
    }
    if (end < work->input.evse_count)
        return false;
    ahead_hold_peak(&work->input, work->nodes, plan_allowed_w(site));
    return true;
}

/* --- the journal -------------------------------------------------------------- */

static bool differs(const struct site_verdict *one, const struct site_verdict *other)
{
    return one->target_da != other->target_da || one->why != other->why || one->node != other->node;
}

static void make_page(struct power_work *work)
{
    const struct site_input *input = &work->input;
    struct json_writer json;
    struct buf body;

    for (uint32_t i = 0; i < input->evse_count && !work->changed; i++)
        work->changed = differs(&work->before[i], &work->decision.verdicts[i]);
    if (!(work->changed && work->affords) && !(work->journal && (work->changed || work->plugged)))
        return;
    buf_init_arena(&body, &work->arena, JOURNAL_BYTES_MAX);
    json = json_writer(&body);
    decision_write(&json, input, &work->decision);
    if (body.overflow)
        return;
    work->page = buf_str(&body);
    if (body.len > PACK_BYTES && text_pack(work->page, &work->arena, &work->packed) == ERR_NONE)
        work->page = STR_NONE;
}

static bool has_page(const struct power_work *work)
{
    return work->page.len || work->packed.len;
}

/* What the decision changes, for lists: by the names that EVSEs have now. */
static void note_changes(const struct power_site *site, struct power_work *work)
{
    struct json_writer json;
    struct buf body;

    buf_init_arena(&body, &work->arena, JOURNAL_BYTES_MAX);
    json = json_writer(&body);
    json_array_begin(&json);
    for (uint32_t i = 0; i < work->input.evse_count; i++) {
        const struct site_verdict *verdict = &work->decision.verdicts[i];
        int32_t was_da = work->evses[i].memory.target_da;
        if (!work->evses[i].plugged || verdict->target_da == was_da ||
            work->change_count++ >= CHANGES_MAX)
            continue;
        json_object_begin(&json);
        json_key_str(&json, "station", site->evses[i].station->identity);
        json_key_i64(&json, "evse", site->evses[i].number);
        json_key_i64(&json, "from_da", was_da);
        json_key_i64(&json, "to_da", verdict->target_da);
        json_key_i64(&json, "why", verdict->why);
        json_object_end(&json);
    }
    json_array_end(&json);
    if (!body.overflow)
        work->changes = buf_str(&body);
}

static void pay(struct power_site *site, const struct power_work *work)
{
    site->journal_at = work->input.now;
    site->journal_bytes -= (int64_t)work->page.len + work->packed.len + work->changes.len;
}

static void earn(struct power_site *site, utc_ms now)
{
    int64_t passed_ms = site->journal_bytes_at ? now - site->journal_bytes_at : 0;

    if (!site->journal_bytes_at || passed_ms > (int64_t)JOURNAL_SAVED_MAX / JOURNAL_BYTES_S * 1000)
        site->journal_bytes = JOURNAL_SAVED_MAX;
    else
        site->journal_bytes += passed_ms * JOURNAL_BYTES_S / 1000;
    if (site->journal_bytes > JOURNAL_SAVED_MAX)
        site->journal_bytes = JOURNAL_SAVED_MAX;
    site->journal_bytes_at = now;
}

static enum err journal_turn(struct turn *turn)
{
    const struct power_work *work = *(struct power_work *const *)turn->input;
    struct decision_row *row = TURN_NEW(turn, decision);

    row->site = work->site_row;
    row->at = work->input.now;
    row->cause = str_of(work->cause);
    row->body = work->page;
    row->packed = work->packed;
    row->changes = work->changes;
    row->change_count = work->change_count;
    return ERR_NONE;
}

static void write_journal(struct power_site *site, struct power_work *work)
{
    struct turn *turn;

    if (!has_page(work))
        return;
    turn = engine_turn(site->dispatch->engine, journal_turn, &work, sizeof(struct power_work *));
    if (turn && engine_go(turn) == ERR_NONE)
        pay(site, work);
}

/* --- what follows ------------------------------------------------------------------ */

/* Who was seen to disobey is told its fail-safe: it may listen. */
static int32_t wish_of(const struct power_evse *evse, const struct commit_state *state,
                       const struct site_verdict *verdict)
{
    const struct power_site *site = evse->station->site;

    if (state->steerable || on_trust(evse, state))
        return unit_step(evse, verdict->target_da);
    if (state->disobeys || evse->station->behaviour.obeys == PROOF_NO)
        return evse->failsafe_da;
    return site->document.evses[evse->index].max_da;
}

static void take_verdict(struct power_evse *evse, const struct site_verdict *verdict, utc_ms now)
{
    struct power_site *site = evse->station->site;
    const struct document_evse *known = &site->document.evses[evse->index];
    const struct commit_state state = commit_state(site->commit, evse->index);
    int32_t wish_da = wish_of(evse, &state, verdict);

    evse->verdict = *verdict;
    if (!evse->car.session)
        return;
    evse->memory = verdict->memory;
    if (evse->station->probe)
        return; /* it tries its own limits */
    commit_wish(site->commit, evse->index, wish_da,
                evse->car.class >= 0 ? (uint8_t)evse->car.class : known->class, now);
    need_answer(evse, wish_da, now);
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

/* True: all are taken. */
static bool take_some(struct power_work *work)
{
    struct power_site *site = work->site;
    utc_ms now = dispatch_now(site->dispatch);
    uint32_t end = work->input.evse_count;

    if (!work->urgent && end - work->at > STEP_EVSES)
        end = work->at + STEP_EVSES;
    for (; work->at < end; work->at++)
        take_verdict(&site->evses[work->at], &work->decision.verdicts[work->at], now);
    return end == work->input.evse_count;
}

static void work_free(struct dispatch *dispatch, struct power_work *work)
{
    struct power_work **at = &dispatch->works;

    while (*at != work)
        at = &(*at)->next;
    *at = work->next;
    arena_reset(&work->arena);
    free(work);
}

/* A large site's page of a decision that nobody could wait for is made by a reader, afterwards. */
static bool page_waits(const struct power_work *work)
{
    return work->urgent && !work->elsewhere && work->input.evse_count > INLINE_EVSES_MAX;
}

static void run_page(void *data, struct store *store)
{
    (void)store;
    make_page(*(struct power_work **)data);
}

static enum err page_turn(struct turn *turn)
{
    struct power_work *work = *(struct power_work **)turn->input;
    void *data = turn->input;
    enum err err = turn_work(turn, "page", run_page, false, &data);

    if (err == ERR_NONE && has_page(work))
        err = journal_turn(turn);
    return err;
}

static void page_done(struct turn *turn, enum err err)
{
    (void)err; /* without a page */
    work_free(dispatch_of(turn->engine), *(struct power_work **)turn->input);
}

static void page_later(struct power_site *site, struct power_work *work)
{
    struct turn *turn =
        engine_turn(site->dispatch->engine, page_turn, &work, sizeof(struct power_work *));

    if (!turn) {
        work_free(site->dispatch, work);
        return;
    }
    pay(site, work);
    work->site = NULL;
    work->away = true;
    turn->ended = page_done;
    (void)engine_go(turn); /* page_done tells */
}

static void finish(struct power_work *work)
{
    struct power_site *site = work->site;
    struct dispatch *dispatch = site->dispatch;
    utc_ms now = dispatch_now(dispatch);
    utc_ms again_at = now + JOURNAL_MS;

    site->work = NULL;
    if (work->err == ERR_NONE) {
        site->decided_at = work->input.now;
        again_at = work->decision.again_at;
        send_now(site);
        if (has_page(work) || page_waits(work))
            note_changes(site, work);
        if (!page_waits(work))
            write_journal(site, work);
        live_tell(site);
    }
    set_next(site, again_at, work->plugged, now);
    if (work->err == ERR_NONE && page_waits(work))
        page_later(site, work);
    else
        work_free(dispatch, work);
    if (site->again)
        decide_soon(site, "again");
    site->again = false;
}

static void rest(struct power_site *site, timer_fn *then)
{
    struct engine *engine = site->dispatch->engine;

    timer_set(&engine->timers, &site->work_timer, engine->mono + STEP_REST_MS, then);
}

static void take_due(struct timer *timer, void *context)
{
    struct power_site *site = CONTAINER_OF(timer, struct power_site, work_timer);
    struct power_work *work = site->work;

    (void)context;
    if (work->err != ERR_NONE || take_some(work)) {
        finish(work);
        return;
    }
    send_now(site);
    rest(site, take_due);
}

static void take(struct power_work *work)
{
    work->at = 0;
    take_due(&work->site->work_timer, NULL);
}

/* --- here, or on another thread -------------------------------------------------------- */

void decide_free_all(struct dispatch *dispatch)
{
    while (dispatch->works)
        work_free(dispatch, dispatch->works);
}

void decide_drop(struct power_site *site)
{
    struct power_work *work = site->work;

    site->work = NULL;
    timer_clear(&site->dispatch->engine->timers, &site->work_timer);
    if (work && work->away)
        work->site = NULL;
    else if (work)
        work_free(site->dispatch, work);
}

static void run(void *data, struct store *store)
{
    struct power_work *work = *(struct power_work **)data;

    (void)store;
    work->err = site_decide(&work->input, &work->arena, &work->decision);
    if (work->err == ERR_NONE && !page_waits(work))
        make_page(work);
}

static enum err work_turn(struct turn *turn)
{
    struct power_work *work = *(struct power_work **)turn->input;
    void *data = turn->input;
    enum err err = turn_work(turn, "decide", run, false, &data);

    if (err == ERR_LATER)
        return err;
    work->away = false;
    if (err != ERR_NONE)
        work->err = err;
    if (work->site)
        take(work);
    else
        work_free(dispatch_of(turn->engine), work);
    return ERR_NONE;
}

static void make(struct power_work *work)
{
    struct engine *engine = work->site->dispatch->engine;
    struct turn *turn;

    if (!work->elsewhere) {
        run(&work, NULL);
        take(work);
        return;
    }
    turn = engine_turn(engine, work_turn, &work, sizeof(struct power_work *));
    if (turn) {
        work->away = true;
        (void)engine_go(turn); /* it ends when the reader has decided */
        return;
    }
    work->err = ERR_FULL;
    take(work);
}

static void fill_due(struct timer *timer, void *context)
{
    struct power_site *site = CONTAINER_OF(timer, struct power_site, work_timer);

    (void)context;
    if (fill_some(site->work))
        make(site->work);
    else
        rest(site, fill_due);
}

static struct power_work *work_new(struct power_site *site, utc_ms now)
{
    uint32_t here_max = site->urgent ? URGENT_EVSES_MAX : INLINE_EVSES_MAX;
    struct power_work *work = calloc(1, sizeof *work);

    check(work != NULL);
    work->site = site;
    work->site_row = site->row;
    work->cause = site->cause;
    work->urgent = site->urgent;
    work->elsewhere = site->document.evse_count > here_max;
    work->journal = site->journal_at == UTC_UNKNOWN || now - site->journal_at >= JOURNAL_MS;
    earn(site, now);
    work->affords = site->urgent || site->journal_bytes > 0;
    /* What another thread may touch has no blocks of this one's pool. */
    arena_init(&work->arena,
               site->document.evse_count > INLINE_EVSES_MAX ? NULL : &site->dispatch->engine->pool,
               0);
    work->next = site->dispatch->works;
    site->dispatch->works = work;
    site->work = work;
    return work;
}

static void decide(struct power_site *site)
{
    utc_ms now = dispatch_now(site->dispatch);
    struct power_work *work;

    site_refresh(site, now);
    work = work_new(site, now);
    site->urgent = false;
    site->decided_mono = site->dispatch->engine->mono;
    if (fill_site(site, work, now)) {
        fill_due(&site->work_timer, NULL);
        return;
    }
    work->err = ERR_FULL;
    take(work);
}

void site_decide_due(struct timer *timer, void *context)
{
    struct power_site *site = CONTAINER_OF(timer, struct power_site, decide_timer);

    (void)context;
    site->idle_wait = false;
    if (site->work && site->urgent)
        decide_drop(site); /* what it knows is too old */
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
    site->urgent = true;
    decide_by(site, cause, site->dispatch->engine->mono);
}
