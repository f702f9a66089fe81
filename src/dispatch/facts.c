/* facts.c: what stations tell: who is here, which cars, what they draw, what they need. */
#include "dispatch/decides.h"
#include "dispatch/hears.h"
#include "dispatch/shows.h"
#include "dispatch/tells.h"
#include "dispatch/trusts.h"

static struct power_evse *evse_of(const struct power_station *station, int32_t number)
{
    for (uint32_t i = 0; i < station->evse_count; i++) {
        struct power_evse *evse = &station->site->evses[station->evse_first + i];
        if (evse->number == number)
            return evse;
    }
    return NULL;
}

/* --- stations come and go ------------------------------------------------ */

static void set_here(struct power_station *station, bool here, utc_ms now)
{
    struct power_site *site = station->site;

    if (station->here != here) {
        station->here = here;
        if (!here)
            station->keeps.tag = 0;
        if (!station->probe && !station->keeps.tag) /* which have it to themselves */
            commit_station(site->commit, station->index, here, now);
    }
    if (here) {
        composite_anew(station);
        probing_back(station);
        priority_resume(station);
        held_soon(station);
    } else {
        probing_gone(station);
    }
    decide_soon(site, here ? "connected" : "disconnected");
    send_soon(site);
}

/* A station that has not booted is asked for its boot (ocpp/care.c); limits wait for it. */
static bool is_accepted(const struct power_station *station)
{
    const struct station_row *row =
        world_find(&station->site->dispatch->engine->world, ROW_station, station->row);

    return row && row->registration == REGISTRATION_ACCEPTED && row->booted_at != UTC_UNKNOWN;
}

static void connected(struct power_station *station, enum protocol protocol, utc_ms now)
{
    station->protocol = protocol;
    if (station->here) /* another connection: what was in flight on the old one is lost */
        commit_station(station->site->commit, station->index, false, now);
    station->here = false;
    if (is_accepted(station))
        set_here(station, true, now);
}

static void booted(struct power_station *station, enum protocol protocol, utc_ms now)
{
    station->protocol = protocol;
    clock_reset(&station->clock);
    station->odd_currents = false;
    for (uint32_t i = 0; i < station->evse_count; i++) {
        station->site->evses[station->evse_first + i].priority_ready = false;
        station->site->evses[station->evse_first + i].car.priority = false;
    }
    trust_booted(station);
    outside_booted(station);
    if (keeps_ask(station))
        commit_station(station->site->commit, station->index, false, now);
    commit_booted(station->site->commit, station->index, now);
    set_here(station, true, now);
    probing_look(station);
}

/* --- clocks ---------------------------------------------------------------- */

static void saw_clock(struct power_station *station, const struct power_event *event, utc_ms now)
{
    int64_t before_ms = 0, offset_ms = 0;
    bool was_known = clock_offset(&station->clock, now, &before_ms);

    if (event->at == UTC_UNKNOWN || event->delayed)
        return;
    clock_saw(&station->clock, event->at, event->received_at);
    if (clock_offset(&station->clock, now, &offset_ms) && (!was_known || offset_ms != before_ms))
        commit_clock(station->site->commit, station->index, offset_ms, now);
}

/* --- sessions ------------------------------------------------------------------ */

static void session_began(struct power_evse *evse, const struct session_row *row, utc_ms now)
{
    struct power_site *site = evse->station->site;

    evse->car =
        (struct power_car){ .session = row->id,
                            .arrived_at = row->started_at != UTC_UNKNOWN && row->started_at <= now
                                              ? row->started_at
                                              : now,
                            .heard_at = now,
                            .ready_mwh = -1,
                            .departs_at = UTC_NEVER,
                            .class = -1 };
    evse->draw = (struct power_draw){ .at = UTC_UNKNOWN, .da = -1, .before_da = -1 };
    evse->memory = (struct site_memory){ 0 };
    evse->told_da = -1;
    evse->told_phases = 0;
    evse->lowered.at = 0;
    commit_session(site->commit, evse->index, true, now);
    need_begin(evse, row);
    decide_soon(site, "plug");
    plan_soon(site);
}

static void session_ended(struct power_evse *evse, utc_ms now)
{
    struct power_site *site = evse->station->site;
    const struct document_evse *known = &site->document.evses[evse->index];

    need_end(evse);
    apart_end(evse);
    if (evse->car.priority)
        evse->priority_ready = false; /* it holds what it was raised to */
    evse->car = (struct power_car){ .ready_mwh = -1, .departs_at = UTC_NEVER, .class = -1 };
    evse->draw = (struct power_draw){ .at = UTC_UNKNOWN, .da = -1, .before_da = -1 };
    evse->memory = (struct site_memory){ 0 };
    evse->told_da = -1;
    evse->told_phases = 0;
    evse->lowered.at = 0;
    commit_session(site->commit, evse->index, false, now);
    commit_wires(site->commit, evse->index, known->leaf.wires, known->leaf.wires_live, now);
    probing_stop(evse->station);
    decide_soon(site, "unplug");
    plan_soon(site);
}

/* The newest open session of an EVSE is its car's. */
static const struct session_row *open_session(const struct power_evse *evse)
{
    const struct world *world = &evse->station->site->dispatch->engine->world;
    const struct session_row *row = NULL, *newest = NULL;

    while ((row = world_next_of(world, ROW_session, evse->station->row, row)))
        if (row->state == SESSION_OPEN && row->evse == evse->number &&
            (!newest || row->id > newest->id))
            newest = row;
    return newest;
}

static void sync_session(struct power_evse *evse, utc_ms now)
{
    const struct session_row *row = open_session(evse);
    int64_t id = row ? row->id : 0;

    if (evse->car.session == id)
        return;
    if (evse->car.session)
        session_ended(evse, now);
    if (row)
        session_began(evse, row, now);
    live_follow(evse);
    held_session(evse);
}

/* Does the car not want: as the session says it, in 1.6 the connector. */
static bool car_suspends(const struct power_evse *evse)
{
    const struct world *world = &evse->station->site->dispatch->engine->world;
    const struct session_row *session = world_find(world, ROW_session, evse->car.session);
    const struct connector_row *row = NULL;

    if (session && session->charging_state != CHARGING_UNKNOWN)
        return session->charging_state == CHARGING_SUSPENDED_EV ||
               session->charging_state == CHARGING_IDLE;
    while ((row = world_next_of(world, ROW_connector, evse->station->row, row)))
        if (row->evse == evse->number &&
            (row->status == STATUS_SUSPENDED_EV || row->status == STATUS_FINISHING))
            return true;
    return false;
}

void facts_session(struct dispatch *dispatch, int64_t row)
{
    struct power_station *station = dispatch_find_station(dispatch, row);
    utc_ms now = dispatch_now(dispatch);

    for (uint32_t i = 0; station && i < station->evse_count; i++) {
        struct power_evse *evse = &station->site->evses[station->evse_first + i];
        sync_session(evse, now);
        if (evse->car.session && evse->car.suspended != car_suspends(evse)) {
            evse->car.suspended = !evse->car.suspended;
            evse->car.suspended_at = now;
            decide_soon(station->site, "state");
        }
        live_follow(evse);
    }
    if (station)
        probing_look(station);
}

/* --- meters ------------------------------------------------------------------------ */

/* The wires follow what was seen; a car that shows up on others is booked on all again. */
static void wires_follow(struct power_evse *evse, utc_ms now)
{
    struct power_site *site = evse->station->site;
    const struct document_evse *known = &site->document.evses[evse->index];
    wire_set wires = 0;

    if (evse->car.session && car_phases(&evse->car.seen) == 1 && !(known->leaf.wires & WIRES_DELTA))
        for (int terminal = 0; terminal < LINE_COUNT; terminal++)
            if (evse->car.seen.lines >> terminal & 1)
                wires |= WIRE_BIT(rotation_line((enum rotation)known->rotation, terminal));
    wires &= known->leaf.wires;
    /* On another than it was told to use: it may still get there. */
    if (evse->car.phase_to_use && wires != WIRE_BIT(rotation_line((enum rotation)known->rotation,
                                                                  evse->car.phase_to_use - 1)))
        wires = 0;
    if (wires == evse->car.wires)
        return;
    evse->car.wires = wires;
    evse->car.wires_live = 1;
    if (wires)
        commit_wires(site->commit, evse->index, wires, 1, now);
    else
        commit_wires(site->commit, evse->index, known->leaf.wires, known->leaf.wires_live, now);
    decide_soon(site, "phases");
}

/* The most of any wire. A meter that tells only power is believed for the fewest wires; *surely: at
 * the least, since the voltage may be high (EN 50160: 10 %). */
static int32_t draw_of(const struct document_evse *known, const struct power_meter *meter,
                       int32_t *surely)
{
    enum { VOLTS_HIGH_PERCENT = 110 };
    int32_t most = -1;
    int64_t volts = known->leaf.volts > 0 ? known->leaf.volts : 230;
    bool by_power;

    if (known->is_dc && meter->power_w != POWER_UNKNOWN) {
        int64_t grid_w = meter->power_w * 1000 /
                         (known->efficiency_permille > 0 ? known->efficiency_permille : 1000);
        return *surely = (int32_t)(grid_w * 10 / (volts * LINE_COUNT));
    }
    for (int i = 0; i < 3; i++)
        if (meter->current_da[i] != POWER_UNKNOWN && meter->current_da[i] > most)
            most = meter->current_da[i];
    by_power = most < 0 && meter->power_w != POWER_UNKNOWN && meter->power_w >= 0;
    if (by_power)
        most = (int32_t)(meter->power_w * 10 / (volts * (known->leaf.wires_live == 1 ? 1 : 3)));
    if (most < 0 && meter->current_any_da != POWER_UNKNOWN)
        most = meter->current_any_da / (known->leaf.wires_live == 1 ? 1 : 3);
    *surely = by_power ? most * 100 / VOLTS_HIGH_PERCENT : most;
    return most;
}

/* Told 0 A, its car stops: some go on with 6 A, and others' room is not sure before that is seen.
 */
static void saw_stop(struct power_evse *evse, const struct commit_state *state)
{
    struct power_station *station = evse->station;

    if (!station->probe && state->confirmed_da == 0 && !state->disobeys &&
        behaviour_saw_stop(&station->behaviour, evse->draw.before_da, evse->draw.da))
        probing_learned(station);
}

/* What the sample says of the car that is there, and of its station with it. */
static void saw_car(struct power_evse *evse, const struct power_meter *meter, utc_ms at, utc_ms now)
{
    struct power_site *site = evse->station->site;
    const struct commit_state state = commit_state(site->commit, evse->index);

    if (at >= evse->car.heard_at)
        car_saw_lines(&evse->car.seen, meter);
    if (!state.changing && state.confirmed_da >= 0) {
        int32_t offered_da = unit_offered(evse, state.confirmed_da);

        car_saw(&evse->car.seen, now, offered_da, meter, !need_is_done(evse, now));
        taper_saw(&evse->car.taper, evse->draw.da, offered_da, at, &site->usual_half_s);
        unit_saw(evse, state.confirmed_da);
    }
    wires_follow(evse, now);
    unit_follow(evse, now);
    saw_stop(evse, &state);
}

static void metered(struct power_station *station, const struct power_event *event, utc_ms now)
{
    struct power_evse *evse = evse_of(station, event->evse);
    struct power_site *site = station->site;
    const struct document_evse *known;
    struct power_meter meter = event->meter;
    utc_ms at = event->received_at;
    int64_t offset_ms;
    int32_t surely_da;

    if (!evse || event->meter.doubtful)
        return;
    if (event->at != UTC_UNKNOWN && clock_offset(&station->clock, now, &offset_ms))
        at = event->at - offset_ms < now ? event->at - offset_ms : now;
    if (evse->draw.at != UTC_UNKNOWN && at < evse->draw.at)
        return;
    known = &site->document.evses[evse->index];
    if (meter.soc_permille != POWER_UNKNOWN)
        need_charged(evse, meter.soc_permille);
    if (!believe(evse, at, &meter))
        return;
    evse->draw.at = at;
    evse->draw.before_da = evse->draw.da;
    evse->draw.da = draw_of(known, &meter, &surely_da);
    evse->draw.w = meter.power_w;
    live_follow(evse);
    if (evse->draw.da < 0)
        return;
    if (evse->car.session)
        saw_car(evse, &meter, at, now);
    commit_draw(site->commit, evse->index, apart_drawn(evse, &meter, surely_da), at, now);
    composite_metered(evse, at);
    amends_metered(evse, at);
    quick_metered(evse, now);
    probing_metered(evse, now);
    decide_soon(site, "draw");
    send_soon(site); /* commit may have something to report */
}

/* --- all of them --------------------------------------------------------------------- */

void facts_take(struct dispatch *dispatch, const struct power_event *event)
{
    struct power_station *station = dispatch_find_station(dispatch, event->station);
    utc_ms now = dispatch_now(dispatch);

    sources_take(dispatch, event);
    if (!station)
        return;
    saw_clock(station, event, now);
    switch (event->kind) {
    case POWER_CONNECTED:
        connected(station, event->protocol, now);
        break;
    case POWER_BOOTED:
        booted(station, event->protocol, now);
        break;
    case POWER_GONE:
        set_here(station, false, now);
        break;
    case POWER_CLOCK:
        break;
    case POWER_METER:
        metered(station, event, now);
        break;
    case POWER_NEEDS:
        need_told(evse_of(station, event->evse), &event->needs);
        break;
    case POWER_CAR_PLAN:
        outside_car_plan(evse_of(station, event->evse), event);
        break;
    case POWER_LIMIT_SET:
        outside_set(station, event);
        break;
    case POWER_LIMIT_CLEARED:
        outside_cleared(station, event);
        break;
    case POWER_PROFILE:
        held_take(station, event);
        break;
    case POWER_PROFILES_END:
        held_end(station, event);
        break;
    case POWER_PRIORITY:
        priority_told(evse_of(station, event->evse), event->priority, now);
        break;
    case POWER_PULLED:
        break;
    }
}

/* Profiles are of sessions that we know; without one there is none. */
static void resume_evse(struct power_evse *evse, utc_ms now)
{
    struct commit *commit = evse->station->site->commit;

    sync_session(evse, now);
    if (evse->car.session && evse->was_priority) {
        evse->car.priority = true;
        evse->car.before_da = INT32_MAX; /* not known any more */
    }
    evse->was_priority = false;
    commit_session(commit, evse->index, evse->car.session != 0, now);
    held_session(evse);
    if (evse->car.wires) /* taken over: commit is new and has to hear of it */
        commit_wires(commit, evse->index, evse->car.wires, evse->car.wires_live, now);
    live_follow(evse);
}

void facts_resume_station(struct power_station *station, const struct power_station *old)
{
    struct power_site *site = station->site;
    utc_ms now = dispatch_now(site->dispatch);
    struct link_state link;

    trust_take(station, old);
    if (ocpp_link_state(site->dispatch->engine, station->row, &link)) {
        station->protocol = link.protocol;
        if (is_accepted(station)) {
            station->here = true;
            commit_station(site->commit, station->index, true, now);
            held_soon(station);
        }
    }
    if (!station->here && station->behaviour.keeps == PROOF_NO) /* it may have restarted, too */
        commit_station(site->commit, station->index, false, now);
    for (uint32_t k = 0; k < station->evse_count; k++)
        resume_evse(&site->evses[station->evse_first + k], now);
}
