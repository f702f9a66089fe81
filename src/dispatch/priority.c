/* priority.c: 2.1 priority charging (K21, K22): a driver asks for it at the station, or a person at
 * the console; either way it is the session's class here, and shown there.
 *
 * While it is used a station follows its profile for priority in the place of the session's. One is
 * left on stations whose profiles end without us (commit.h: linked), since such a profile may have
 * no duration; it holds the least that a car charges with, which the fail-safe covers, until we
 * have said more. On other stations priority is switched off again: the class is kept, and the
 * session's own limit is in force. */
#include "dispatch/decides.h"
#include "dispatch/hears.h"
#include "dispatch/held.h"
#include "dispatch/tells.h"

enum { BEGINS_DA = 60 /* IEC 61851-1 */ };

static bool is_linked(const struct power_station *station)
{
    return station->protocol == PROTOCOL_21 && behaviour_trust(&station->behaviour).linked;
}

static void call(const struct power_evse *evse, const struct charging_call *built,
                 enum call_class class, enum err (*then)(struct turn *turn))
{
    struct engine *engine = evse->station->site->dispatch->engine;

    engine->handlers.send_call(engine,
                               &(struct call){ .station = evse->station->row,
                                               .class = class,
                                               .action = built->action,
                                               .payload = built->payload },
                               then, evse->number);
}

/* --- left on a station ------------------------------------------------------------- */

static enum err prepared(struct turn *turn)
{
    const struct call_done *done = turn->input;
    struct power_evse *evse =
        dispatch_find_evse(dispatch_of(turn->engine), done->call.station, done->tag);

    if (evse && charging_read(&done->answer, turn->arena).result == CHARGE_ACCEPTED) {
        evse->priority_ready = true;
        priority_follow(evse);
    }
    return ERR_NONE;
}

void priority_prepare(struct power_evse *evse)
{
    struct power_station *station = evse->station;
    struct charging_period period = { .limit = unit_limit(evse, LAYER_DEFAULT, BEGINS_DA),
                                      .limit_2 = CHARGE_SAME,
                                      .limit_3 = CHARGE_SAME };
    struct charging_profile profile = CHARGE_PROFILE;
    struct charging_call built;
    struct arena arena;
    const char *why;

    if (!is_linked(station) || evse->priority_ready || evse->car.priority ||
        evse->failsafe_da < BEGINS_DA)
        return;
    profile.layer = CHARGE_PRIORITY;
    profile.evse = evse->number;
    profile.id = charging_id(CHARGE_PRIORITY, evse->number);
    profile.kind = CHARGE_ABSOLUTE;
    profile.start_at = CHARGE_ALWAYS;
    behaviour_shape(&station->behaviour, &profile);
    if (station->site->document.evses[evse->index].is_dc)
        profile.unit = CHARGE_W;
    profile.offline_s = 0;
    profile.period_count = 1;
    profile.periods = &period;
    arena_init(&arena, &station->site->dispatch->engine->pool, 0);
    if (charging_set(station->protocol, &profile, &arena, &built, &why) == ERR_NONE)
        call(evse, &built, CALL_HOUSEKEEPING, prepared);
    arena_reset(&arena);
}

/* --- used, or no longer -------------------------------------------------------------- */

static void use(const struct power_evse *evse, bool on, enum call_class class)
{
    struct engine *engine = evse->station->site->dispatch->engine;
    const struct session_row *session = world_find(&engine->world, ROW_session, evse->car.session);
    struct charging_call built;
    struct arena arena;

    if (!session || !evse->station->here)
        return;
    arena_init(&arena, &engine->pool, 0);
    if (charging_use_priority(evse->station->protocol, session->transaction_id, on, &arena,
                              &built) == ERR_NONE)
        call(evse, &built, class, NULL);
    arena_reset(&arena);
}

void priority_follow(struct power_evse *evse)
{
    bool wanted = evse->car.class == CLASS_PRIORITY;

    if (evse->car.session && evse->priority_ready && wanted != evse->car.priority)
        use(evse, wanted, CALL_PEOPLE);
}

void priority_resume(struct power_station *station)
{
    for (uint32_t i = 0; i < station->evse_count; i++) {
        const struct power_evse *evse = &station->site->evses[station->evse_first + i];

        if (evse->car.session && evse->car.priority)
            use(evse, true, CALL_SAFETY);
    }
}

struct asked {
    int64_t session;
    bool on;
};

static enum err class_turn(struct turn *turn)
{
    const struct asked *asked = turn->input;

    return dispatch_class_set(turn, asked->session, asked->on ? CLASS_PRIORITY : -1);
}

static void set_class(struct power_evse *evse, bool on)
{
    const struct asked asked = { .session = evse->car.session, .on = on };
    struct engine *engine = evse->station->site->dispatch->engine;
    struct turn *turn;

    if (on == (evse->car.class == CLASS_PRIORITY))
        return;
    turn = engine_turn(engine, class_turn, &asked, sizeof asked);
    if (!turn)
        return;
    turn->actor = (struct actor){ .kind = ACTOR_STATION,
                                  .id = evse->station->row,
                                  .name = evse->station->identity };
    (void)engine_go(turn); /* the driver asks again */
}

/* Whatever it follows then was set by us. */
static bool is_ours(const struct power_evse *evse)
{
    const struct held *held = evse->station->held;

    for (uint32_t i = 0; held && i < held->count; i++)
        if (held->list[i].layer == CHARGE_PRIORITY && held->list[i].kind == HELD_FOREIGN)
            return false;
    return evse->priority_ready;
}

void priority_told(struct power_evse *evse, bool on, utc_ms now)
{
    struct commit *commit;
    bool ours;

    if (!evse || !evse->car.session || evse->car.priority == on)
        return;
    commit = evse->station->site->commit;
    ours = is_ours(evse);
    evse->linked_session = 0; /* the profile that is in force now is another one */
    if (!on) {
        evse->car.priority = evse->priority_ready = false; /* it holds what it was raised to */
        commit_restate(commit, evse->index, evse->car.before_da, now);
    } else if (ours) {
        evse->car.priority = true;
        evse->car.before_da = commit_state(commit, evse->index).claimed_da;
        commit_restate(commit, evse->index, BEGINS_DA, now);
    } else { /* anything may be in force until it is off again */
        use(evse, false, CALL_SAFETY);
        commit_restate(commit, evse->index, INT32_MAX, now);
    }
    set_class(evse, on);
    decide_at_once(evse->station->site, "priority");
}
