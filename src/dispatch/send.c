/* send.c: limits go out as charging profiles, and their answers come back.
 *
 * commit.h says what may leave when. What may let a station draw more than is on disk is written
 * with the row `limit` of its EVSE and leaves after that commit; the rest waits for nothing. */
#include "dispatch/decides.h"
#include "dispatch/hears.h"
#include "dispatch/shows.h"
#include "dispatch/tells.h"
#include "dispatch/trusts.h"

static void send_due(struct timer *timer, void *context);

enum {
    SENDS_A_ROUND = 128,
    ROUNDS_AT_ONCE = 2, /* then others have their turn: some 2 ms; one in a hurry, without a rest */
    REST_MS = 1,
    HURRY_MS = 100,            /* the disk waits so long at most */
    STARTED_BEFORE_MS = 60000, /* a schedule begins so long ago, that no clock is behind it */
    ASKS_EACH_S = 300,
};

/* Calls are known by a number of the room, so that answers to those of a site that was built anew
 * meanwhile, and late ones, lead nowhere. */
/* --- a profile ------------------------------------------------------------------ */

/* It holds for as long as we are here, and a while without us. The station also asks by itself what
 * holds: an update may have been lost. */
static void shape_linked(const struct power_station *station, struct charging_profile *profile)
{
    profile->kind = CHARGE_DYNAMIC;
    profile->start_at = UTC_UNKNOWN;
    profile->offline_s = station->site->document.lease_s / LEASE_PARTS;
    profile->offline_forgets = true;
    profile->update_s = ASKS_EACH_S;
}

static void shape_layer(const struct power_station *station, const struct power_evse *evse,
                        const struct commit_send *send, utc_ms now,
                        struct charging_profile *profile)
{
    const struct session_row *session =
        world_find(&station->site->dispatch->engine->world, ROW_session, evse->car.session);
    bool relative = send->layer == LAYER_DEFAULT && station->behaviour.default_relative;

    profile->evse = evse->number;
    profile->kind = relative ? CHARGE_RELATIVE : CHARGE_ABSOLUTE;
    profile->start_at = relative ? UTC_UNKNOWN : CHARGE_ALWAYS;
    switch (send->layer) {
    case LAYER_PROFILE:
        profile->layer = evse->car.priority ? CHARGE_PRIORITY : CHARGE_TX;
        if (!evse->car.priority)
            profile->transaction_id = session ? session->transaction_id : STR_NONE;
        profile->stack = station->behaviour.stack_max > 0 ? 1 : 0;
        if (send->ends_at == COMMIT_LINKED) {
            shape_linked(station, profile);
        } else if (send->ends_at == UTC_NEVER) {
            profile->kind = CHARGE_RELATIVE;
            profile->start_at = UTC_UNKNOWN;
        } else {
            profile->start_at = now - STARTED_BEFORE_MS;
            profile->duration_s = (int32_t)((send->ends_at - profile->start_at) / 1000);
        }
        break;
    case LAYER_DEFAULT:
        profile->layer = CHARGE_DEFAULT;
        profile->evse = station->behaviour.default_on_station ? 0 : evse->number;
        break;
    case LAYER_STATION:
    case LAYER_COUNT:
        profile->layer = CHARGE_STATION_MAX;
        profile->evse = 0;
        break;
    }
    profile->id = charging_id(profile->layer, profile->evse);
}

/* Its dynamic profile is there: an update will do. */
static bool is_linked(const struct power_evse *evse)
{
    return evse->linked_session && evse->linked_session == evse->car.session &&
           commit_state(evse->station->site->commit, evse->index).confirmed_da >= 0;
}

/* False: it cannot be built for this station (no session, or the version has no such thing). */
/* NOLINTNEXTLINE(readability-function-size): what goes in and what comes out */
static bool make_call(struct power_site *site, const struct commit_send *send, utc_ms now,
                      struct arena *arena, struct call *call, enum link_part *linked)
{
    const struct power_station *station = &site->stations[send->station];
    const struct power_evse *evse = &site->evses[send->evse];
    const struct document_evse *known = &site->document.evses[send->evse];
    struct charging_period *period = ARENA_NEW(arena, struct charging_period);
    struct charging_profile profile = CHARGE_PROFILE;
    const struct unit_phase phase = unit_phase(evse, send->layer);
    struct charging_call built;
    const char *why;

    if (!period)
        return false;
    behaviour_shape(&station->behaviour, &profile);
    if (known->is_dc)
        profile.unit = CHARGE_W;
    *period = (struct charging_period){ .limit = unit_limit(evse, send->layer, send->limit_da),
                                        .limit_2 = CHARGE_SAME,
                                        .limit_3 = CHARGE_SAME,
                                        .phases = phase.phases,
                                        .phase_to_use = phase.to_use };
    shape_layer(station, evse, send, now, &profile);
    if (profile.layer == CHARGE_TX)
        apart_shape(evse, send->limit_da, period);
    profile.clock_offset_ms = send->offset_ms;
    profile.periods = period;
    profile.period_count = 1;
    *linked = profile.kind != CHARGE_DYNAMIC ? LINK_NOT : is_linked(evse) ? LINK_UPDATED : LINK_SET;
    if (*linked == LINK_UPDATED
            ? charging_update(station->protocol, profile.id, profile.unit, profile.whole, period,
                              arena, &built) != ERR_NONE
            : charging_set(station->protocol, &profile, arena, &built, &why) != ERR_NONE)
        return false;
    *call = (struct call){ .station = station->row,
                           .class = send->urgent                   ? CALL_SAFETY
                                    : send->layer == LAYER_PROFILE ? CALL_PEOPLE
                                                                   : CALL_HOUSEKEEPING,
                           .action = built.action,
                           .payload = built.payload,
                           .plain = true };
    return true;
}

/* --- answers ---------------------------------------------------------------------- */

static enum commit_result result_of(const struct call_answer *answer, struct arena *arena)
{
    switch (charging_read(answer, arena).result) {
    case CHARGE_ACCEPTED:
        return COMMIT_ACCEPTED;
    case CHARGE_REJECTED:
    case CHARGE_NOT_SUPPORTED:
    case CHARGE_NONE:
        return COMMIT_REJECTED;
    case CHARGE_NOT_SENT:
        return COMMIT_NOT_SENT;
    case CHARGE_UNKNOWN:
        break;
    }
    return COMMIT_NO_ANSWER;
}

static const struct limit_row *find_limit(struct turn *turn, const struct power_evse *evse)
{
    const struct limit_row *row = TURN_FIND(turn, limit, evse->limit_row);

    if (row && row->station == evse->station->row && row->evse == evse->number)
        return row;
    row = NULL;
    while ((row = world_next_of(turn_world(turn), ROW_limit, evse->station->row, row)))
        if (row->evse == evse->number)
            return row;
    return NULL;
}

static void keep_durable(struct turn *turn, struct power_evse *evse)
{
    const struct commit_durable *durable = &evse->durable;
    const struct limit_row *row = find_limit(turn, evse);
    struct limit_row *limit = row ? TURN_EDIT(turn, limit, row) : TURN_NEW(turn, limit);

    evse->limit_row = limit->id;
    limit->station = evse->station->row;
    limit->evse = evse->number;
    limit->site = evse->station->site->row;
    limit->session = evse->car.session;
    limit->profile_da = durable->profile_da;
    apart_write(evse, limit);
    limit->profile_until = durable->profile_until;
    limit->default_da = durable->default_da;
    limit->offset_ms = durable->offset_ms;
    limit->disobeys = durable->disobeys;
    limit->disobeys_since = durable->disobeys ? evse->disobeys_since : UTC_UNKNOWN;
    limit->priority = evse->car.priority;
    limit->changed_at = turn->now;
}

/* The plot of a session's limit gets a step. */
static void plot_step(struct turn *turn, struct power_evse *evse, int32_t limit_da)
{
    const struct power_site *site = evse->station->site;
    int64_t more_w = apart_w(evse);
    struct limit_step_row *step;

    if (!evse->car.session || (evse->told_da == limit_da && evse->told_more_w == more_w))
        return;
    evse->told_da = limit_da;
    evse->told_more_w = more_w;
    step = TURN_NEW(turn, limit_step);
    step->session = evse->car.session;
    step->at = turn->now;
    step->limit_da = limit_da;
    step->more_w = more_w;
    step->why = why_of(evse->station->site, evse);
    step->node = evse->verdict.node >= 0 ? site->document.nodes[evse->verdict.node].id : STR_NONE;
}

static void note_linked(struct power_evse *evse, enum link_part linked, enum commit_result result)
{
    if (evse->station->flying.layer != LAYER_PROFILE)
        return;
    if (linked == LINK_SET && result == COMMIT_ACCEPTED) {
        evse->linked_session = evse->car.session;
        priority_prepare(evse);
    }
    if (linked == LINK_NOT || result != COMMIT_ACCEPTED)
        evse->linked_session = 0; /* set anew the next time */
}

static enum err answered(struct turn *turn)
{
    const struct call_done *done = turn->input;
    struct power_station *station =
        dispatch_find_station(dispatch_of(turn->engine), done->call.station);
    enum commit_result result;
    struct power_site *site;

    if (!station || station->flying.tag != done->tag)
        return ERR_NONE;
    site = station->site;
    unanswered_note(station, done);
    result = result_of(&done->answer, turn->arena);
    commit_answer(site->commit, station->flying.id, result, dispatch_now(site->dispatch));
    station->flying.tag = 0;
    note_linked(&site->evses[station->flying.evse], station->flying.linked, result);
    if (station->flying.layer == LAYER_PROFILE)
        apart_answered(&site->evses[station->flying.evse], result, dispatch_now(site->dispatch));
    if (result == COMMIT_ACCEPTED && station->flying.layer == LAYER_PROFILE) {
        plot_step(turn, &site->evses[station->flying.evse], station->flying.limit_da);
        quick_confirmed(&site->evses[station->flying.evse], station->flying.limit_da,
                        dispatch_now(site->dispatch));
        unit_follow(&site->evses[station->flying.evse], dispatch_now(site->dispatch));
    }
    decide_soon(site, "answer");
    send_soon(site);
    return ERR_NONE;
}

/* --- out ------------------------------------------------------------------------------ */

/* What is written in one turn, in the order in which commit said it. */
struct round {
    struct power_site *site;
    struct arena arena;
    bool waits; /* for the disk, some of it */
    uint32_t count;
    struct entry {
        uint32_t evse;
        bool sends; /* with the commit */
        struct call call;
        int64_t tag;
    } entries[SENDS_A_ROUND];
};

static enum err round_turn(struct turn *turn)
{
    const struct round *round = *(const struct round *const *)turn->input;

    for (uint32_t i = 0; i < round->count; i++) {
        const struct entry *entry = &round->entries[i];
        keep_durable(turn, &round->site->evses[entry->evse]);
        if (entry->sends)
            turn_send_call(turn, &entry->call, answered, entry->tag);
    }
    return ERR_NONE;
}

static void write_turn(struct round *round, utc_ms now)
{
    struct power_site *site = round->site;
    const struct round *held = round;
    struct turn *turn;

    if (round->count == 0)
        return;
    turn = engine_turn(site->dispatch->engine, round_turn, &held, sizeof(const struct round *));
    if (!turn || engine_go(turn) != ERR_NONE)
        for (uint32_t i = 0; i < round->count; i++) {
            struct power_station *station = site->evses[round->entries[i].evse].station;
            if (!round->entries[i].sends || station->flying.tag != round->entries[i].tag)
                continue;
            station->flying.tag = 0;
            commit_answer(site->commit, station->flying.id, COMMIT_NOT_SENT, now);
        }
    round->count = 0;
}

static void write_back(struct round *round)
{
    struct power_site *site = round->site;

    while (round->count < SENDS_A_ROUND && site->unwritten_count > 0) {
        uint32_t evse = site->unwritten[--site->unwritten_count];
        site->evses[evse].unwritten = false;
        round->entries[round->count++] = (struct entry){ .evse = evse };
    }
}

/* What was lowered in a hurry is written before anything that waits for the disk. */
static void write_round(struct round *round, utc_ms now)
{
    UNINITIALIZED struct round before;

    before.site = round->site;
    before.count = 0;
    while (round->waits && round->site->unwritten_count > 0) {
        write_back(&before);
        write_turn(&before, now);
    }
    write_turn(round, now);
}

static void log_durable(struct round *round, uint32_t evse, const struct commit_durable *durable)
{
    round->site->evses[evse].durable = *durable;
    round->site->evses[evse].has_durable = true;
    round->entries[round->count++] = (struct entry){ .evse = evse };
}

/* What is lowered while a limit is passed is written when there is time: until then the rows say
 * more than stations may draw. */
static void write_later(struct power_site *site, const struct commit_send *send)
{
    struct power_evse *evse = &site->evses[send->evse];

    evse->durable = send->durable;
    evse->has_durable = true;
    if (!evse->unwritten)
        site->unwritten[site->unwritten_count++] = send->evse;
    evse->unwritten = true;
}

static void send_one(struct round *round, const struct commit_send *send, utc_ms now)
{
    struct power_site *site = round->site;
    struct power_station *station = &site->stations[send->station];
    struct engine *engine = site->dispatch->engine;
    enum link_part linked = LINK_NOT;
    bool log_first;
    struct call call;

    if (send->layer == LAYER_PROFILE) {
        unit_choose_phase(&site->evses[send->evse]);
        apart_sending(&site->evses[send->evse]);
    }
    log_first = send->log_first || apart_rises(&site->evses[send->evse]);
    if (send->urgent && !log_first)
        write_later(site, send);
    else
        log_durable(round, send->evse, &send->durable);
    if (!make_call(site, send, now, &round->arena, &call, &linked)) {
        commit_answer(site->commit, send->id, COMMIT_REJECTED, now);
        return;
    }
    station->flying.id = send->id;
    station->flying.tag = ++site->dispatch->send_number;
    station->flying.layer = send->layer;
    station->flying.linked = linked;
    station->flying.evse = send->evse;
    station->flying.limit_da = send->limit_da;
    if (send->layer == LAYER_PROFILE) {
        site->evses[send->evse].told_limit_da = send->limit_da;
        site->evses[send->evse].told_phases =
            unit_phases(&site->evses[send->evse], LAYER_PROFILE, send->limit_da);
    }
    if (log_first) {
        struct entry *entry = &round->entries[round->count - 1];
        entry->sends = round->waits = true;
        entry->call = call;
        entry->tag = station->flying.tag;
    } else {
        engine->handlers.send_call(engine, &call, answered, station->flying.tag);
    }
}

/* --- what commit reports ------------------------------------------------------------------ */

static void disobeys(struct power_evse *evse, utc_ms now)
{
    struct power_site *site = evse->station->site;
    struct arena arena;

    evse->disobeys_since = now;
    amends_fell(evse->station);
    probing_keep(evse->station);
    arena_init(&arena, &site->dispatch->engine->pool, 0);
    site_event(site, "limit.disobeyed", evse->station, NULL, STR_NONE,
               arena_printf(&arena,
                            "%.*s, EVSE %d draws %d.%d A and has confirmed less: it is counted at "
                            "its breaker from now on.",
                            STR_ARGS(evse->station->identity), (int)evse->number,
                            (int)(evse->draw.da / 10), (int)(evse->draw.da % 10)));
    arena_reset(&arena);
    decide_at_once(site, "disobeys");
}

static void take_report(struct round *round, const struct commit_report *report, utc_ms now)
{
    struct power_site *site = round->site;

    switch (report->news) {
    case COMMIT_LOG:
        log_durable(round, report->evse, &report->durable);
        break;
    case COMMIT_CLOSE:
        ocpp_disconnect(site->dispatch->engine, site->stations[report->station].row,
                        STR("no answer, and a limit has to come down"));
        break;
    case COMMIT_DISOBEYS:
        disobeys(&site->evses[report->evse], now);
        break;
    case COMMIT_REJECTS:
        site->evses[report->evse].rejects = true;
        break;
    case COMMIT_CLOCK:
        site->stations[report->station].clock_off = true;
        break;
    case COMMIT_LAPSED:
        apart_end(&site->evses[report->evse]);
        decide_soon(site, "lapsed");
        break;
    case COMMIT_OVER:
        site->over = true;
        site->over_since = now;
        site->excess = report->excess;
        break;
    case COMMIT_BELOW:
        site->over = false;
        break;
    case COMMIT_NEWS_COUNT:
        break;
    }
}

/* `more`: there is more to send at once. What is not urgent waits for the disk meanwhile, so that
 * not all of it leaves with one commit. */
static void set_wake(struct power_site *site, bool more, utc_ms now)
{
    struct engine *engine = site->dispatch->engine;
    utc_ms wake = commit_wake(site->commit);

    timer_clear(&engine->timers, &site->send_timer);
    if (more)
        wake = site->hurry_until ? now : now + REST_MS;
    if (wake == UTC_NEVER)
        return;
    if (wake <= now && !(more && site->hurry_until))
        wake = now + 1;
    timer_set(&engine->timers, &site->send_timer, engine->mono + (mono_ms)(wake - now), send_due);
}

/* While a limit is passed and there is more to send, that has the machine to itself, unless some of
 * it waits for the disk. */
static void hold_disk(struct power_site *site, bool more, bool waits)
{
    struct engine *engine = site->dispatch->engine;
    struct tree_excess excess;
    bool hurries = more && !waits && commit_over(site->commit, &excess);

    if (hurries && !site->hurry_until)
        engine_disk_waits(engine, site->hurry_until = engine->mono + HURRY_MS);
    if (!hurries && site->hurry_until)
        engine_disk_waits(engine, site->hurry_until = 0);
}

/* False: nothing more for now. Before a raise leaves the lower values into whose room it goes are
 * written. */
static bool go_round(struct round *round, utc_ms now)
{
    struct power_site *site = round->site;
    struct commit_report report;
    struct tree_excess excess;
    struct commit_send send;
    uint32_t sends = 0;
    bool any = false, over;

    while (round->count < SENDS_A_ROUND && commit_report(site->commit, &report)) {
        take_report(round, &report, now);
        any = true;
    }
    over = commit_over(site->commit, &excess);
    if (!over)
        write_back(round);
    while (sends < SENDS_A_ROUND && round->count < SENDS_A_ROUND &&
           (over || site->unwritten_count == 0) && commit_next(site->commit, now, &send)) {
        send_one(round, &send, now);
        sends++;
    }
    if (sends == 0)
        write_back(round);
    return any || sends > 0 || round->count > 0;
}

/* Are as many calls on their way to the disk as one commit should release? */
static bool disk_is_busy(struct power_site *site)
{
    struct tree_excess excess;

    return site->resting && site->dispatch->engine->flying && !commit_over(site->commit, &excess);
}

void send_now(struct power_site *site)
{
    utc_ms now = dispatch_now(site->dispatch);
    UNINITIALIZED struct round round;
    bool more = true;

    if (site->still || site->sending) /* an answer that came at once: the loop below goes on */
        return;
    if (disk_is_busy(site)) {
        set_wake(site, true, now);
        return;
    }
    site->sending = true;
    round.site = site;
    round.count = 0;
    round.waits = false;
    arena_init(&round.arena, &site->dispatch->engine->pool, 0);
    for (int i = 0; i < (site->hurry_until ? 1 : ROUNDS_AT_ONCE) && more; i++) {
        more = go_round(&round, now);
        write_round(&round, now);
    }
    arena_reset(&round.arena);
    site->sending = false;
    site->resting = more;
    hold_disk(site, more, round.waits);
    set_wake(site, more, now);
}

static void send_due(struct timer *timer, void *context)
{
    struct power_site *site = CONTAINER_OF(timer, struct power_site, send_timer);

    (void)context;
    send_now(site);
    /* What nobody steers, a car that left for example, has set room free since the last decision.
     */
    if (commit_moves(site->commit) != site->moves)
        decide_soon(site, "settled");
}

void send_soon(struct power_site *site)
{
    struct engine *engine = site->dispatch->engine;

    timer_set(&engine->timers, &site->send_timer, engine->mono, send_due);
}

/* Also one that is on its way: it is booked. */
bool send_dynamic(const struct power_station *station, int32_t profile_id,
                  struct charging_period *limit, enum charging_unit *unit)
{
    enum charging_layer layer;
    const struct power_evse *evse;
    int32_t number, da;
    bool flies;

    if (!charging_id_is_ours(profile_id, &layer, &number))
        return false;
    evse = dispatch_find_evse(station->site->dispatch, station->row, number);
    if (!evse || !evse->linked_session || evse->linked_session != evse->car.session ||
        layer != (evse->car.priority ? CHARGE_PRIORITY : CHARGE_TX))
        return false;
    flies = station->flying.tag && station->flying.evse == evse->index &&
            station->flying.layer == LAYER_PROFILE;
    da = flies ? station->flying.limit_da
               : commit_state(station->site->commit, evse->index).confirmed_da;
    if (da < 0)
        return false;
    *limit = (struct charging_period){ .limit = unit_limit(evse, LAYER_PROFILE, da),
                                       .limit_2 = CHARGE_SAME,
                                       .limit_3 = CHARGE_SAME };
    apart_shape(evse, da, limit);
    *unit = station->site->document.evses[evse->index].is_dc ? CHARGE_W : station->behaviour.unit;
    return true;
}
