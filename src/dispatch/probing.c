/* probing.c: drives probe.h: new stations of a site are asked while no car is there, and proven in
 * the first session whose car draws. While that goes on a station is booked at its breaker and gets
 * no limits from commit. */
#include "dispatch/decides.h"
#include "dispatch/tells.h"
#include "dispatch/trusts.h"

#include <stdlib.h>

enum {
    PROBES_AT_ONCE = 4,    /* a site */
    PROVE_LEAST_DA = 70,   /* less leaves no room below it to see a limit obeyed */
    RETRY_MS = 600000,     /* after a part that came to no end */
    LEASE_MORE_MS = 96000, /* commit.h: a clock that is off, and what settles */
};

static const struct station_row *row_of(const struct power_station *station)
{
    return world_find(&station->site->dispatch->engine->world, ROW_station, station->row);
}

static struct engine *engine_of(const struct power_station *station)
{
    return station->site->dispatch->engine;
}

static void trust(struct power_station *station)
{
    const struct commit_trust none = { 0 }, proven = behaviour_trust(&station->behaviour);

    commit_trust(station->site->commit, station->index, station->probe ? &none : &proven,
                 dispatch_now(station->site->dispatch));
}

static bool differ(struct str one, struct str other)
{
    return one.len && other.len && !str_equal(one, other);
}

/* With another firmware it is another station (ABB Terra AC 1.8.0: evcc#15493), and with another
 * serial number all the more: two may have one identity. One that leaves the field out says
 * nothing. */
static bool is_another(const struct behaviour_row *row, const struct station_row *known)
{
    return known && (differ(row->firmware, known->firmware) || differ(row->serial, known->serial));
}

void trust_resume(struct power_station *station)
{
    const struct behaviour_row *row =
        world_find(&engine_of(station)->world, ROW_behaviour, station->row);
    const struct station_row *known = row_of(station);

    station->behaviour = behaviour_none();
    if (row && !is_another(row, known) &&
        behaviour_read(row->record, &station->behaviour) != ERR_NONE)
        station->behaviour = behaviour_none();
    trust(station);
}

void trust_take(struct power_station *station, const struct power_station *old)
{
    if (!old || old->probe) { /* what a probe has begun with is in memory alone */
        trust_resume(station);
        return;
    }
    station->behaviour = old->behaviour;
    trust(station);
}

void trust_booted(struct power_station *station)
{
    const struct behaviour_row *row =
        world_find(&engine_of(station)->world, ROW_behaviour, station->row);

    if (row && is_another(row, row_of(station))) {
        trust_resume(station);
        /* The one before may still be there, and go on under its lease. */
        if (differ(row->serial, row_of(station)->serial))
            station->probe_again_at = dispatch_now(station->site->dispatch) +
                                      station->site->document.lease_s * INT64_C(1000) +
                                      LEASE_MORE_MS;
        return;
    }
    if (row && row->serial.len == 0 && row_of(station)->serial.len)
        probing_keep(station); /* it is this one's */
}

static void due(struct timer *timer, void *context);

/* --- what was found is kept ----------------------------------------------------- */

enum err dispatch_keep_behaviour(struct turn *turn, const struct station_row *station,
                                 const struct behaviour *behaviour)
{
    const struct behaviour_row *before = TURN_FIND(turn, behaviour, station->id);
    struct behaviour_row *row =
        before ? TURN_EDIT(turn, behaviour, before) : TURN_NEW(turn, behaviour);

    row->id = station->id;
    row->proven = behaviour_trust(behaviour).obeys;
    row->firmware = station->firmware;
    row->serial = station->serial;
    row->at = turn->now;
    return behaviour_write(behaviour, turn->arena, &row->record);
}

static enum err keep_turn(struct turn *turn)
{
    const struct power_station *station = *(struct power_station *const *)turn->input;
    const struct station_row *row = TURN_FIND(turn, station, station->row);

    return row ? dispatch_keep_behaviour(turn, row, &station->behaviour) : ERR_NONE;
}

void probing_keep(struct power_station *station)
{
    struct turn *turn =
        engine_turn(engine_of(station), keep_turn, &station, sizeof(struct power_station *));

    if (turn)
        (void)engine_go(turn); /* what storage does not take is found out again */
}

void probing_learned(struct power_station *station)
{
    trust(station);
    probing_keep(station);
}

static void forget(struct power_station *station)
{
    station->site->probes -= station->probe != NULL;
    free(station->probe);
    station->probe = NULL;
}

static void end(struct power_station *station)
{
    struct power_site *site = station->site;
    utc_ms now = dispatch_now(site->dispatch);

    timer_clear(&engine_of(station)->timers, &station->probe_timer);
    forget(station);
    trust(station);
    if (station->here) {
        commit_booted(site->commit, station->index, now);
        commit_station(site->commit, station->index, true, now);
        held_soon(station);
    }
    decide_soon(site, "probe");
    send_soon(site);
}

static void complete(struct power_station *station)
{
    bool was_proven = behaviour_trust(&station->behaviour).obeys;
    struct sentence trouble;
    struct arena arena;

    station->behaviour = station->probe->found;
    if (station->behaviour.obeys == PROOF_NO)
        amends_fell(station);
    probing_keep(station);
    end(station);
    layers_set(station->site); /* one that refuses 0 A has another fail-safe */
    if (behaviour_trust(&station->behaviour).obeys == was_proven)
        return;
    arena_init(&arena, &engine_of(station)->pool, 0);
    trouble = behaviour_trouble(&station->behaviour, &arena);
    site_event(station->site, "station.proven", station, NULL, STR_NONE,
               was_proven ? arena_printf(&arena, "%.*s does not obey any more: %.*s",
                                         STR_ARGS(station->identity), STR_ARGS(trouble.text))
                          : arena_printf(&arena, "%.*s has shown that it obeys its limits.",
                                         STR_ARGS(station->identity)));
    arena_reset(&arena);
}

void probing_stop(struct power_station *station)
{
    if (!station->probe)
        return;
    probe_stop(station->probe);
    station->probe_again_at = dispatch_now(station->site->dispatch) + RETRY_MS;
    end(station);
}

void probing_yield(struct power_site *site)
{
    for (uint32_t i = 0; i < site->station_count; i++) {
        struct power_station *station = &site->stations[i];

        for (uint32_t k = 0; k < station->evse_count && station->probe; k++)
            if (station->probe->part == PROBE_PROVING &&
                !commit_claims_fit(site->commit, station->evse_first + k))
                probing_stop(station);
    }
}

void probing_gone(struct power_station *station)
{
    if (station->probe && !station->probe->away)
        probing_stop(station);
}

void probing_back(struct power_station *station)
{
    if (!station->probe)
        return;
    probe_back(station->probe, dispatch_now(station->site->dispatch));
    timer_set(&engine_of(station)->timers, &station->probe_timer, engine_of(station)->mono, due);
}

void probing_drop(struct power_station *station)
{
    timer_clear(&engine_of(station)->timers, &station->probe_timer);
    forget(station);
}

/* --- step by step ------------------------------------------------------------------ */

static void step(struct power_station *station);

static void due(struct timer *timer, void *context)
{
    (void)context;
    step(CONTAINER_OF(timer, struct power_station, probe_timer));
}

static enum err answered(struct turn *turn)
{
    const struct call_done *done = turn->input;
    struct power_station *station =
        dispatch_find_station(dispatch_of(turn->engine), done->call.station);

    if (!station || !station->probe || station->probe_number != done->tag)
        return ERR_NONE; /* of a probe that was given up */
    unanswered_note(station, done);
    probe_answered(station->probe, dispatch_now(station->site->dispatch), &done->answer,
                   turn->arena);
    timer_set(&turn->engine->timers, &station->probe_timer, turn->engine->mono, due);
    return ERR_NONE;
}

static void step(struct power_station *station)
{
    struct engine *engine = engine_of(station);
    utc_ms now = dispatch_now(station->site->dispatch), wake_at = UTC_NEVER;
    struct charging_call built;
    struct arena arena;

    arena_init(&arena, &engine->pool, 0);
    switch (probe_next(station->probe, now, &arena, &built, &wake_at)) {
    case PROBE_CALL: {
        const struct call call = { .station = station->row,
                                   .class = CALL_HOUSEKEEPING,
                                   .action = built.action,
                                   .payload = built.payload };
        engine->handlers.send_call(engine, &call, answered, station->probe_number);
        break;
    }
    case PROBE_HANG_UP:
        ocpp_disconnect(engine, station->row, STR("to see that it falls back without us"));
        timer_set(&engine->timers, &station->probe_timer, engine->mono + (mono_ms)(wake_at - now),
                  due);
        break;
    case PROBE_WAIT:
        if (wake_at != UTC_NEVER)
            timer_set(&engine->timers, &station->probe_timer,
                      engine->mono + (wake_at > now ? (mono_ms)(wake_at - now) : 1), due);
        break;
    case PROBE_DONE:
        if (probe_complete(station->probe))
            complete(station);
        else
            probing_stop(station);
        break;
    }
    arena_reset(&arena);
}

/* --- when ----------------------------------------------------------------------------- */

/* What it was given, and no more: what it may hold besides, as long as its default settles, nobody
 * has room for. */
static int32_t given_da(const struct power_evse *evse)
{
    int32_t confirmed_da = commit_state(evse->station->site->commit, evse->index).confirmed_da;

    return confirmed_da >= 0 ? confirmed_da : evse->failsafe_da;
}

static struct probe_station description(const struct power_station *station, uint32_t evse)
{
    const struct document_evse *known = &station->site->document.evses[evse];
    utc_ms now = dispatch_now(station->site->dispatch);
    struct probe_station out = { .protocol = station->protocol,
                                 .dc = known->is_dc,
                                 .evse_count = (int32_t)station->evse_count,
                                 .evse = known->evse,
                                 .volts_dv = unit_volts_dv(&station->site->evses[evse]),
                                 .phases = known->leaf.wires_live == 1 ? 1 : 3,
                                 .outlet_phases = known->leaf.wires_live == 1 ? 1 : 3,
                                 .breaker_da = known->max_da,
                                 .cap_da = given_da(&station->site->evses[evse]),
                                 .failsafe_da = station->site->evses[evse].failsafe_da,
                                 .station_max_da = station->ceiling_da };

    for (uint32_t i = station->evse_first; i < station->evse_first + station->evse_count; i++)
        if (i != evse && out.other_count < PROBE_OTHERS_MAX)
            out.others[out.other_count++] = station->site->document.evses[i].evse;
    out.lease_ok = clock_offset(&station->clock, now, &out.clock_offset_ms) &&
                   out.clock_offset_ms < 60000 && out.clock_offset_ms > -60000;
    return out;
}

static void begin(struct power_station *station)
{
    struct power_site *site = station->site;
    utc_ms now = dispatch_now(site->dispatch);

    station->probe = calloc(1, sizeof *station->probe);
    check(station->probe != NULL);
    site->probes++;
    station->probe_number = ++site->dispatch->probe_number;
    trust(station);
    commit_station(site->commit, station->index, false, now);
}

static bool has_car(const struct power_station *station)
{
    for (uint32_t i = 0; i < station->evse_count; i++)
        if (station->site->evses[station->evse_first + i].car.session)
            return true;
    return false;
}

static bool ask(struct power_station *station)
{
    struct probe_station known = description(station, station->evse_first);

    begin(station);
    commit_cleared(station->site->commit, station->index, dispatch_now(station->site->dispatch));
    probe_ask(station->probe, &known, dispatch_now(station->site->dispatch));
    step(station);
    return true;
}

/* A session that has just proven nothing is left alone for a while; another one need not wait. */
static const struct power_evse *evse_to_prove(const struct power_station *station, utc_ms now)
{
    int64_t not_this = now < station->probe_again_at ? station->probe_session : 0;

    for (uint32_t i = 0; i < station->evse_count; i++) {
        const struct power_evse *evse = &station->site->evses[station->evse_first + i];
        if (evse->car.session && evse->car.session != not_this && !evse->car.suspended &&
            evse->draw.da >= PROVE_LEAST_DA && given_da(evse) >= PROVE_LEAST_DA &&
            unit_is_sure(evse) && !is_overridden(evse, now))
            return evse;
    }
    return NULL;
}

static bool prove(struct power_station *station, const struct power_evse *evse)
{
    const struct session_row *session =
        world_find(&engine_of(station)->world, ROW_session, evse->car.session);
    struct probe_station known = description(station, evse->index);
    utc_ms now = dispatch_now(station->site->dispatch);

    if (!session)
        return false;
    if (car_phases(&evse->car.seen) > 0 && known.outlet_phases > 1)
        known.phases = car_phases(&evse->car.seen);
    station->probe_session = evse->car.session;
    begin(station);
    if (!probe_prove(station->probe, &known, &station->behaviour, session->transaction_id, now)) {
        station->probe_again_at = UTC_NEVER; /* it takes no profiles: until its firmware changes */
        end(station);
        return false;
    }
    step(station);
    return true;
}

void probing_look(struct power_station *station)
{
    utc_ms now = dispatch_now(station->site->dispatch);
    const struct behaviour *known = &station->behaviour;

    if (station->site->still || station->probe || !station->here ||
        station->probe_again_at == UTC_NEVER || station->site->probes >= PROBES_AT_ONCE)
        return;
    if (known->asked_at == UTC_UNKNOWN) {
        if (!has_car(station) && now >= station->probe_again_at)
            (void)ask(station); /* it has begun */
    } else if (known->proven_at == UTC_UNKNOWN) {
        const struct power_evse *evse = evse_to_prove(station, now);
        if (evse)
            (void)prove(station, evse); /* or it cannot be proven */
    }
}

void probing_metered(struct power_evse *evse, utc_ms now)
{
    struct power_station *station = evse->station;

    if (!station->probe) {
        probing_look(station);
        return;
    }
    if (station->probe->station.evse != evse->number)
        return;
    probe_metered(station->probe, now, evse->draw.da, car_phases(&evse->car.seen));
    timer_set(&engine_of(station)->timers, &station->probe_timer, engine_of(station)->mono, due);
}

void probing_anew(struct power_station *station)
{
    station->behaviour.proven_at = UTC_UNKNOWN;
    station->behaviour.profile = station->behaviour.obeys = PROOF_NONE;
    station->probe_again_at = 0;
    trust(station);
    probing_keep(station);
    decide_soon(station->site, "probe");
}

enum err dispatch_probe(struct engine *engine, int64_t row)
{
    struct power_station *station = dispatch_find_station(dispatch_of(engine), row);

    if (!station)
        return ERR_NOT_FOUND;
    if (!station->here)
        return ERR_NOT_CONNECTED;
    if (station->probe || has_car(station))
        return ERR_NOT_NOW;
    station->probe_again_at = 0;
    station->behaviour = behaviour_none();
    return ask(station) ? ERR_NONE : ERR_NOT_NOW;
}
