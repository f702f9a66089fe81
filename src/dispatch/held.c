/* held.c: asks stations which charging profiles they hold, and puts right what is not as we believe
 * (2.0.1 K09; 1.6 has no such question).
 *
 * One that another server left in its flash may win over ours: it is booked, and a person is told.
 * One of ours that belongs to nothing, of a probe or of a session that is over, is cleared. One of
 * ours above what was confirmed is booked at its worst and written anew. */
#include "dispatch/held.h"

#include "dispatch/decides.h"
#include "dispatch/hears.h"
#include "dispatch/tells.h"
#include "dispatch/trusts.h"

#include <stdlib.h>

enum {
    ASK_AFTER_MS = 20000, /* its layers come first */
    ASK_NOW_MS = 1000,
    ASK_EACH_MS = 6 * 3600000,
    SLACK_DA = 5, /* what stations round */
    SLACK_W = 100,
};

static struct engine *engine_of(const struct power_station *station)
{
    return station->site->dispatch->engine;
}

/* --- asked ---------------------------------------------------------------------- */

static void judge_all(struct power_station *station);
static void due(struct timer *timer, void *context);

static void again(struct power_station *station, int64_t after_ms)
{
    timer_set(&engine_of(station)->timers, &station->held_timer,
              engine_of(station)->mono + (mono_ms)after_ms, due);
}

static enum err answered(struct turn *turn)
{
    const struct call_done *done = turn->input;
    struct power_station *station =
        dispatch_find_station(dispatch_of(turn->engine), done->call.station);
    struct held *held = station ? station->held : NULL;

    if (!held || held->request_id != done->tag)
        return ERR_NONE;
    switch (charging_read(&done->answer, turn->arena).result) {
    case CHARGE_ACCEPTED:
        break; /* the reports follow, or came already */
    case CHARGE_NONE:
        held->told_at = turn->now;
        held->request_id = 0;
        judge_all(station);
        break;
    case CHARGE_REJECTED:
    case CHARGE_NOT_SUPPORTED:
        held->refused = true;
        held->request_id = 0;
        break;
    case CHARGE_NOT_SENT:
    case CHARGE_UNKNOWN:
        held->request_id = 0;
        break;
    }
    return ERR_NONE;
}

static void ask(struct power_station *station)
{
    const struct charging_match all = CHARGE_ANY;
    struct engine *engine = engine_of(station);
    struct charging_call built;
    struct arena arena;

    if (!station->held)
        station->held = calloc(1, sizeof *station->held);
    check(station->held != NULL);
    *station->held = (struct held){ .told_at = station->held->told_at };
    station->held->request_id = (int32_t)(++station->site->dispatch->held_number & INT32_MAX);
    arena_init(&arena, &engine->pool, 0);
    if (charging_get_profiles(station->protocol, station->held->request_id, &all, &arena, &built) ==
        ERR_NONE)
        engine->handlers.send_call(engine,
                                   &(struct call){ .station = station->row,
                                                   .class = CALL_HOUSEKEEPING,
                                                   .action = built.action,
                                                   .payload = built.payload },
                                   answered, station->held->request_id);
    arena_reset(&arena);
}

static void due(struct timer *timer, void *context)
{
    struct power_station *station = CONTAINER_OF(timer, struct power_station, held_timer);

    (void)context;
    again(station, ASK_EACH_MS);
    if (station->here && !station->probe)
        ask(station);
}

static void soon(struct power_station *station, int64_t after_ms)
{
    if (station->here && station->row &&
        (station->protocol == PROTOCOL_201 || station->protocol == PROTOCOL_21))
        again(station, after_ms);
}

void held_soon(struct power_station *station)
{
    soon(station, ASK_AFTER_MS);
}

void held_now(struct power_station *station)
{
    soon(station, ASK_NOW_MS);
}

void held_drop(struct power_station *station)
{
    timer_clear(&engine_of(station)->timers, &station->held_timer);
    free(station->held);
    station->held = NULL;
}

/* --- told ----------------------------------------------------------------------- */

static enum held_kind judge(const struct power_station *station, const struct held_profile *entry);

void held_take(struct power_station *station, const struct power_event *event)
{
    struct held *held = station->held;
    const struct charging_profile *profile = &event->profile;
    struct held_profile *entry;
    struct str transaction;

    if (!held || held->request_id == 0 || held->request_id != event->request_id)
        return; /* of somebody else's question */
    if (profile->layer == CHARGE_EXTERNAL && event->has_schedule)
        outside_reported(station, event);
    if (held->count == HELD_MAX) {
        held->more++;
        return;
    }
    entry = &held->list[held->count++];
    *entry = (struct held_profile){ .id = profile->id,
                                    .evse = profile->evse,
                                    .stack = profile->stack,
                                    .layer = profile->layer,
                                    .timing = profile->kind,
                                    .unit = profile->unit,
                                    .limit = charging_most(profile) };
    transaction = str_first(profile->transaction_id, sizeof entry->transaction - 1);
    if (transaction.len)
        memcpy(entry->transaction, transaction.ptr, transaction.len);
    memcpy(entry->source, event->source, sizeof entry->source);
    entry->kind = judge(station, entry); /* and once more when all are told: what follows from it */
}

void held_end(struct power_station *station, const struct power_event *event)
{
    struct held *held = station->held;

    if (!held || held->request_id == 0 || held->request_id != event->request_id)
        return;
    held->request_id = 0;
    held->told_at = event->received_at;
    judge_all(station);
}

/* --- judged ---------------------------------------------------------------------- */

static struct power_evse *evse_of(const struct power_station *station, int32_t number)
{
    return dispatch_find_evse(station->site->dispatch, station->row, number);
}

/* Ours, with nothing that it belongs to. */
static bool is_left(const struct power_station *station, enum charging_layer layer, int32_t slot)
{
    const struct power_evse *evse = slot ? evse_of(station, slot) : NULL;

    switch (layer) {
    case CHARGE_STATION_MAX:
        return slot != 0;
    case CHARGE_DEFAULT:
        return slot ? !evse || station->behaviour.default_on_station
                    : !station->behaviour.default_on_station;
    case CHARGE_TX:
        return !evse || !evse->car.session;
    case CHARGE_PRIORITY:
        return !evse || (!evse->priority_ready && !evse->car.priority);
    case CHARGE_EXTERNAL:
    case CHARGE_GENERATION:
    case CHARGE_LAYER_COUNT:
        break;
    }
    return true;
}

/* A default above the most that it may have been told. */
static bool is_higher(const struct power_station *station, const struct held_profile *entry,
                      int32_t slot)
{
    const struct power_evse *evse =
        evse_of(station, slot ? slot : station->site->evses[station->evse_first].number);
    int32_t slack = entry->unit == CHARGE_W ? SLACK_W : SLACK_DA;

    return entry->layer == CHARGE_DEFAULT && evse && entry->limit >= 0 &&
           entry->unit == (station->site->document.evses[evse->index].is_dc
                               ? CHARGE_W
                               : station->behaviour.unit) &&
           entry->limit > unit_limit(evse, LAYER_DEFAULT,
                                     commit_state(station->site->commit, evse->index).floor_da) +
                              slack;
}

static enum held_kind judge(const struct power_station *station, const struct held_profile *entry)
{
    enum charging_layer layer;
    int32_t slot;

    if (entry->layer == CHARGE_EXTERNAL || entry->layer == CHARGE_GENERATION)
        return HELD_OUTSIDE;
    if (!charging_id_is_ours(entry->id, &layer, &slot) || layer != entry->layer)
        return HELD_FOREIGN;
    if (is_left(station, layer, slot))
        return HELD_LEFT;
    return is_higher(station, entry, slot) ? HELD_HIGHER : HELD_OURS;
}

/* --- somebody else's ------------------------------------------------------------------- */

/* In force now, or when nothing else is? Not what belongs to another session than that which runs.
 */
static bool is_in_the_way(const struct power_evse *evse, const struct held_profile *entry)
{
    const struct session_row *session =
        world_find(&evse->station->site->dispatch->engine->world, ROW_session, evse->car.session);

    if (entry->kind != HELD_FOREIGN || (entry->evse != 0 && entry->evse != evse->number))
        return false;
    if (entry->layer == CHARGE_DEFAULT)
        return true;
    if (entry->layer != CHARGE_TX && (entry->layer != CHARGE_PRIORITY || !evse->car.priority))
        return false;
    return session && (entry->transaction[0] == 0 ||
                       str_equal(session->transaction_id, str_of(entry->transaction)));
}

static void book_foreign(struct power_evse *evse)
{
    struct power_site *site = evse->station->site;
    const struct held *held = evse->station->held;
    int32_t most_da = 0;

    for (uint32_t i = 0; i < held->count; i++) {
        const struct held_profile *entry = &held->list[i];
        int32_t da;

        if (!is_in_the_way(evse, entry))
            continue;
        da = entry->limit < 0 ? INT32_MAX : unit_upto(evse, entry->unit, entry->limit);
        most_da = da > most_da ? da : most_da;
    }
    commit_foreign(site->commit, evse->index, most_da, dispatch_now(site->dispatch));
}

void held_session(struct power_evse *evse)
{
    const struct held *held = evse->station->held;

    if (held && held->request_id == 0) /* else when all are told */
        book_foreign(evse);
}

/* --- what follows ---------------------------------------------------------------------- */

/* In the class of profiles: it does not overtake one that is set meanwhile, nor the other way. */
static void clear(struct power_station *station, int32_t id)
{
    struct engine *engine = engine_of(station);
    struct charging_match match = CHARGE_ANY;
    struct charging_call built;
    struct arena arena;

    match.id = id;
    arena_init(&arena, &engine->pool, 0);
    if (charging_clear(station->protocol, &match, &arena, &built) == ERR_NONE)
        engine->handlers.send_call(engine,
                                   &(struct call){ .station = station->row,
                                                   .class = CALL_PEOPLE,
                                                   .action = built.action,
                                                   .payload = built.payload },
                                   NULL, 0);
    arena_reset(&arena);
}

static void judge_all(struct power_station *station)
{
    struct held *held = station->held;
    bool higher = false;

    for (uint32_t i = 0; i < held->count; i++)
        held->list[i].kind = judge(station, &held->list[i]);
    for (uint32_t i = 0; i < station->evse_count; i++)
        book_foreign(&station->site->evses[station->evse_first + i]);
    for (uint32_t i = 0; i < held->count; i++) { /* ours against what is booked without them */
        struct held_profile *entry = &held->list[i];

        entry->kind = judge(station, entry);
        if (entry->kind == HELD_LEFT)
            clear(station, entry->id);
        higher = higher || entry->kind == HELD_HIGHER;
    }
    decide_soon(station->site, "answer");
    if (higher) {
        commit_cleared(station->site->commit, station->index,
                       dispatch_now(station->site->dispatch));
        send_soon(station->site);
    }
}
