/* decide.c: the steps of a decision: snapshot.c, then energy/site.h, then wishes; page.c keeps it.
 *
 * Decisions of one site keep some distance, since a change is often followed by the next; what
 * safety needs is decided at once. A large site is decided on another thread, and what goes in and
 * comes out is copied in steps, with a rest after each: the core is never held. What comes out are
 * wishes; they are checked against what is booked when they arrive, so it does no harm that EVSEs
 * were looked at some milliseconds apart. What is urgent has a thread of its own and rests no
 * longer than others need for their turn; its wishes come in the order in which limits leave, the
 * least important class first, so that the first leave while the others are still taken (first.c).
 */
#include "core/options.h"
#include "dispatch/decide_parts.h"
#include "dispatch/decides.h"
#include "dispatch/hears.h"
#include "dispatch/shows.h"
#include "dispatch/tells.h"
#include "dispatch/trusts.h"

#include <stdlib.h>

static void decide_due(struct timer *timer, void *context);

enum {
    URGENT_INLINE_MAX = 1000, /* a cap waits for no other thread */
    STEP_EVSES = 1000,        /* some 1 ms */
    STEP_URGENT = 250,        /* of those that are lowered: then what they are told leaves */
    STEP_REST_MS = 1,
    DECIDE_MS = 200,
    EVSES_A_MS = 10, /* larger sites wait longer between two decisions */
};

/* --- what follows ------------------------------------------------------------------ */

/* It may listen. What is booked for it in any case nobody else has: it goes on with its least,
 * where that fits. */
static int32_t told_in_doubt(const struct power_evse *evse)
{
    const struct power_site *site = evse->station->site;
    int32_t least_da = unit_min(evse, site->document.evses[evse->index].min_da);

    return evse->failsafe_da < least_da && commit_fits(site->commit, evse->index)
               ? least_da
               : evse->failsafe_da;
}

/* Who was seen to disobey is told its fail-safe. One that has earned a new probe is told what it is
 * booked at anyway, so that something flows. */
static int32_t wish_of(const struct power_evse *evse, const struct commit_state *state,
                       const struct site_verdict *verdict)
{
    const struct power_site *site = evse->station->site;

    if (state->steerable || snapshot_on_trust(evse, state))
        return unit_step(evse, verdict->target_da);
    if ((state->disobeys || evse->station->behaviour.obeys == PROOF_NO) && !waits_for_proof(evse))
        return told_in_doubt(evse);
    return site->document.evses[evse->index].max_da;
}

/* It has just shown that it obeys. Until its layers have settled it is booked at its breaker, which
 * may leave it nothing. */
static bool settles_after_proof(const struct power_evse *evse, utc_ms now)
{
    const struct behaviour *known = &evse->station->behaviour;

    return known->proven_at != UTC_UNKNOWN &&
           now < known->proven_at + 2 * (int64_t)behaviour_trust(known).settle_ms;
}

static void take_verdict(struct power_work *work, struct power_evse *evse,
                         const struct site_verdict *verdict, utc_ms now)
{
    struct power_site *site = evse->station->site;
    const struct document_evse *known = &site->document.evses[evse->index];
    const struct commit_state state = commit_state(site->commit, evse->index);
    int32_t wish_da = wish_of(evse, &state, verdict);

    decide_page_note(work, evse->index, &evse->verdict);
    evse->verdict = *verdict;
    if (!evse->car.session)
        return;
    evse->memory = verdict->memory;
    if (settles_after_proof(evse, now))
        evse->memory.switched_at = 0; /* it need not rest for that */
    if (evse->station->probe || evse->station->keeps.tag)
        return; /* it tries its own limits, or is asked which it has kept */
    commit_least(site->commit, evse->index, work->evses[evse->index].min_da);
    commit_wish(site->commit, evse->index, wish_da,
                evse->car.class >= 0 ? (uint8_t)evse->car.class : known->class, now);
    need_answer(evse, now);
}

static void set_next(struct power_site *site, utc_ms again_at, bool plugged, utc_ms now)
{
    struct engine *engine = site->dispatch->engine;
    utc_ms next = limits_next_change(site, now);

    if (timer_is_set(&site->decide_timer) && !site->idle_wait)
        return; /* something has happened meanwhile */
    next = again_at < next ? again_at : next;
    if (plugged && now + PAGE_MS < next)
        next = now + PAGE_MS;
    timer_clear(&engine->timers, &site->decide_timer);
    if (next == UTC_NEVER)
        return;
    next = next > now ? next : now + 1;
    site->idle_wait = true;
    site->cause = "clock";
    timer_set(&engine->timers, &site->decide_timer, engine->mono + (mono_ms)(next - now),
              decide_due);
}

/* True: all are taken. */
static bool take_some(struct power_work *work)
{
    struct power_site *site = work->site;
    utc_ms now = dispatch_now(site->dispatch);
    uint32_t end = work->input.evse_count, step = work->order ? STEP_URGENT : STEP_EVSES;

    if (end - work->at > step)
        end = work->at + step;
    for (; work->at < end; work->at++) {
        uint32_t i = work->order ? work->order[work->at] : work->at;
        take_verdict(work, &site->evses[i], &work->decision.verdicts[i], now);
    }
    return end == work->input.evse_count;
}

/* A large site's memory waits for its next decision: new pages of it cost more than what is done in
 * them. */
static void keep_room(struct power_site *site, struct power_work *work)
{
    if (!site || site->number != work->site_number || site->room.blocks || work->arena.pool)
        return;
    arena_clear(&work->arena);
    site->room = work->arena;
    arena_init(&work->arena, NULL, 0);
}

void decide_room_end(struct power_site *site, utc_ms unless_since)
{
    if (site->decided_at < unless_since)
        arena_reset(&site->room);
}

void decide_free(struct dispatch *dispatch, struct power_work *work)
{
    struct power_work **at = &dispatch->works;

    while (*at != work)
        at = &(*at)->next;
    *at = work->next;
    decide_page_fini(&work->page);
    keep_room(dispatch_find_site(dispatch, work->site_row), work);
    arena_reset(&work->arena);
    free(work);
}

static void rest(struct power_work *work, timer_fn *then)
{
    struct engine *engine = work->site->dispatch->engine;

    timer_set(&engine->timers, &work->site->work_timer,
              engine->mono + (work->urgent ? 0 : STEP_REST_MS), then);
}

static void finish(struct power_work *work)
{
    struct power_site *site = work->site;
    struct dispatch *dispatch = site->dispatch;
    utc_ms now = dispatch_now(dispatch), again_at = now + PAGE_MS;

    site->work = NULL;
    if (work->err == ERR_NONE) {
        site->decided_at = work->input.now;
        again_at = work->decision.again_at;
        live_tell(site);
    }
    set_next(site, again_at, work->plugged, now);
    if (work->err == ERR_NONE)
        decide_page_write(work); /* and frees it */
    else
        decide_free(dispatch, work);
    if (site->again)
        decide_soon(site, "again");
    site->again = false;
}

static void finish_due(struct timer *timer, void *context)
{
    (void)context;
    finish(CONTAINER_OF(timer, struct power_site, work_timer)->work);
}

static void take_due(struct timer *timer, void *context)
{
    struct power_site *site = CONTAINER_OF(timer, struct power_site, work_timer);
    struct power_work *work = site->work;
    bool all = work->err != ERR_NONE || take_some(work);

    (void)context;
    if (all && work->err == ERR_NONE)
        apart_decide(site, dispatch_now(site->dispatch));
    if (work->err == ERR_NONE && (all || work->order || !work->urgent))
        send_now(site);
    if (all && work->input.evse_count <= STEP_EVSES)
        finish(work);
    else
        rest(work, all ? finish_due : take_due);
}

static void take(struct power_work *work)
{
    work->at = 0;
    work->taking = true;
    take_due(&work->site->work_timer, NULL);
}

/* --- here, or on another thread -------------------------------------------------------- */

void decide_free_all(struct dispatch *dispatch)
{
    while (dispatch->works)
        decide_free(dispatch, dispatch->works);
}

void decide_drop(struct power_site *site)
{
    struct power_work *work = site->work;

    site->work = NULL;
    timer_clear(&site->dispatch->engine->timers, &site->work_timer);
    if (work && work->away)
        work->site = NULL;
    else if (work)
        decide_free(site->dispatch, work);
}

static void run(void *data, struct store *store)
{
    struct power_work *work = *(struct power_work **)data;

    (void)store;
    work->err = site_decide(&work->input, &work->arena, &work->decision);
    if (work->err == ERR_NONE && work->urgent && work->elsewhere)
        decide_order(work);
}

static enum err work_turn(struct turn *turn)
{
    struct power_work *work = *(struct power_work **)turn->input;
    void *data = turn->input;
    enum err err = turn_work(turn, "decide", run, work->urgent ? WORK_AT_ONCE : WORK_READER, &data);

    if (err == ERR_LATER)
        return err;
    work->away = false;
    if (err != ERR_NONE)
        work->err = err;
    if (work->site)
        take(work);
    else
        decide_free(dispatch_of(turn->engine), work);
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
    if (snapshot_fill(site->work, STEP_EVSES))
        make(site->work);
    else
        rest(site->work, fill_due);
}

static struct power_work *work_new(struct power_site *site, utc_ms now)
{
    uint32_t here_max = site->urgent ? URGENT_INLINE_MAX : INLINE_EVSES_MAX;
    struct power_work *work = calloc(1, sizeof *work);

    check(work != NULL);
    work->site = site;
    work->site_row = site->row;
    work->site_number = site->number;
    work->cause = site->cause;
    work->urgent = site->urgent;
    work->elsewhere = site->document.evse_count > here_max;
    decide_page_begin(work, now);
    /* What another thread may touch has no blocks of this one's pool. */
    if (site->document.evse_count > INLINE_EVSES_MAX) {
        work->arena = site->room;
        arena_init(&site->room, NULL, 0);
    } else {
        arena_init(&work->arena, &site->dispatch->engine->pool, 0);
    }
    work->next = site->dispatch->works;
    site->dispatch->works = work;
    site->work = work;
    return work;
}

static void decide(struct power_site *site)
{
    utc_ms now = dispatch_now(site->dispatch);
    struct power_work *work;

    limits_refresh(site, now);
    work = work_new(site, now);
    site->urgent = false;
    site->decided_mono = site->dispatch->engine->mono;
    if (snapshot_begin(work, now)) {
        if (site->document.evse_count > STEP_EVSES)
            rest(work, fill_due);
        else
            fill_due(&site->work_timer, NULL);
        return;
    }
    work->err = ERR_FULL;
    take(work);
}

/* What was carried out of it has its page. */
static void give_up(struct power_site *site)
{
    struct power_work *work = site->work;

    if (!work->taking || work->err != ERR_NONE) {
        decide_drop(site);
        return;
    }
    timer_clear(&site->dispatch->engine->timers, &site->work_timer);
    site->work = NULL;
    decide_page_write(work);
}

static void decide_due(struct timer *timer, void *context)
{
    struct power_site *site = CONTAINER_OF(timer, struct power_site, decide_timer);

    (void)context;
    site->idle_wait = false;
    if (site->still)
        return; /* the one that takes its place decides at once */
    if (site->work && site->urgent)
        give_up(site); /* what it knows is too old */
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
    timer_set(&engine->timers, &site->decide_timer, due, decide_due);
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
    site->cause = cause; /* also where one is due anyhow */
}
