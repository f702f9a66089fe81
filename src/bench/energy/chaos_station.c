/* Stations as they truly are: what they hold, what they let a car draw, how they misbehave. */
#include "bench/energy/chaos_world.h"

int32_t chaos_true_da(const struct chaos *chaos, uint32_t id)
{
    const struct true_evse *evse = &chaos->evses[id];
    int32_t da = evse->in_force_da;

    for (uint32_t i = 0; i < CHAOS_LAGS; i++)
        if (chaos->now < evse->lags[i].until && evse->lags[i].da > da)
            da = evse->lags[i].da;
    return da;
}

/* It comes down from `da` with a delay. In the place of the lag that ends first. */
static void lag(struct chaos *chaos, uint32_t id, int32_t da)
{
    struct true_evse *evse = &chaos->evses[id];
    uint32_t first = 0;

    for (uint32_t i = 1; i < CHAOS_LAGS; i++)
        if (evse->lags[i].until < evse->lags[first].until)
            first = i;
    evse->lags[first].da = da;
    evse->lags[first].until = chaos->now + (int64_t)rand_below(&chaos->rand, CHAOS_SETTLE_MS);
    chaos_at(chaos, evse->lags[first].until, EVENT_TRUTH, id, NULL);
}

static int64_t clock_of(const struct chaos *chaos, const struct true_station *station)
{
    return chaos->now + station->offset_ms;
}

/* Good for as long as it may be without a server (2.1 maxOfflineDuration). */
static bool bears_it(const struct chaos *chaos, const struct true_station *station)
{
    return station->alone_since == UTC_UNKNOWN ||
           chaos->now - station->alone_since < commit_rules_default().offline_ms;
}

static bool is_valid(const struct chaos *chaos, const struct true_evse *evse)
{
    const struct true_station *station = &chaos->stations[evse->station];

    if (evse->profile_ends == COMMIT_LINKED)
        return bears_it(chaos, station);
    return !station->leases || clock_of(chaos, station) < evse->profile_ends;
}

static int32_t in_force(const struct chaos *chaos, const struct true_evse *evse)
{
    const struct true_station *station = &chaos->stations[evse->station];
    int32_t da = evse->default_da;

    if (evse->session != 0 && evse->profile_da >= 0 && is_valid(chaos, evse))
        da = evse->profile_da;
    if (da > station->max_da)
        da = station->max_da;
    return da < evse->cap_da ? da : evse->cap_da;
}

static void update(struct chaos *chaos, uint32_t id)
{
    struct true_evse *evse = &chaos->evses[id];
    const struct true_station *station = &chaos->stations[evse->station];
    int32_t da = in_force(chaos, evse);

    if (da < evse->in_force_da)
        lag(chaos, id, evse->in_force_da);
    evse->in_force_da = da;
    if (evse->profile_da >= 0 && evse->profile_ends < COMMIT_LINKED &&
        clock_of(chaos, station) < evse->profile_ends)
        chaos_at(chaos, evse->profile_ends - station->offset_ms, EVENT_TRUTH, id, NULL);
}

static void update_station(struct chaos *chaos, const struct true_station *station)
{
    for (uint32_t i = station->first; i < station->first + station->count; i++)
        update(chaos, i);
}

/* --- the wire ---------------------------------------------------------------------------- */

static void to_server(struct chaos *chaos, uint32_t id, enum chaos_event_kind kind,
                      struct chaos_message *message)
{
    struct true_station *station = &chaos->stations[id];
    utc_ms at = chaos->now + rand_range(&chaos->rand, 5, chance(chaos, 50) ? CHAOS_WAY_MS : 300);

    if (at <= station->to_server_at)
        at = station->to_server_at + 1;
    station->to_server_at = at;
    message->link = station->link_number;
    chaos_at(chaos, at, kind, id, message);
}

/* Begin and end of sessions wait while the connection is gone; the rest is dropped. */
static void say(struct chaos *chaos, uint32_t id, struct chaos_message *message)
{
    struct true_station *station = &chaos->stations[id];

    if (station->link) {
        to_server(chaos, id, EVENT_FACT, message);
        return;
    }
    if (message->what == FACT_METER || message->what == FACT_CLOCK)
        return;
    if (station->outbox_count == CHAOS_OUTBOX) { /* the oldest are lost, as with real ones */
        memmove(station->outbox, station->outbox + 1,
                sizeof(station->outbox[0]) * (CHAOS_OUTBOX - 1));
        station->outbox_count--;
    }
    station->outbox[station->outbox_count++] = *message;
}

static bool take_up(struct chaos *chaos, const struct chaos_message *call)
{
    struct true_evse *evse = &chaos->evses[call->evse];
    struct true_station *station = &chaos->stations[evse->station];

    if (chance(chaos, (uint32_t)station->rejects_permille))
        return false;
    if (call->what == LAYER_PROFILE && !station->sloppy &&
        (evse->session == 0 || evse->session != call->session))
        return false;
    switch (call->what) {
    case LAYER_PROFILE:
        evse->profile_da = call->da;
        evse->profile_ends = call->ends_at;
        break;
    case LAYER_DEFAULT:
        evse->default_da = call->da;
        break;
    default:
        station->max_da = call->da;
        break;
    }
    update_station(chaos, station);
    return true;
}

static void call_arrives(struct chaos *chaos, const struct chaos_event *event)
{
    struct true_station *station = &chaos->stations[event->who];
    struct chaos_message answer = event->message;

    if (answer.link != station->link_number || (!station->link && !answer.goes_on))
        return;
    if (chaos->now < station->deaf_until) { /* it reads on when it hears again, in order */
        chaos_at(chaos, station->deaf_until, EVENT_CALL, event->who, &event->message);
        return;
    }
    answer.what = take_up(chaos, &event->message) ? COMMIT_ACCEPTED : COMMIT_REJECTED;
    if (answer.what == COMMIT_REJECTED)
        station->disturbed_at = chaos->now;
    if (!station->link || chance(chaos, 30))
        return; /* the answer is lost */
    to_server(chaos, event->who, EVENT_ANSWER, &answer);
    if (chance(chaos, 30))
        to_server(chaos, event->who, EVENT_ANSWER, &answer);
}

/* --- life -------------------------------------------------------------------------------- */

static void plug(struct chaos *chaos, const struct chaos_event *event)
{
    uint32_t id = event->who;
    struct true_evse *evse = &chaos->evses[id];
    struct chaos_message fact = { .evse = id };

    if (evse->session == 0) {
        evse->session = (uint32_t)++chaos->result->sessions;
        if (evse->leaf.wires_live == 1 && (evse->leaf.wires & (evse->leaf.wires - 1)) != 0)
            evse->wire = (uint8_t)((evse->wire < WIRE_L12 ? WIRE_L1 : WIRE_L12) +
                                   rand_below(&chaos->rand, 3)); /* another car */
        evse->draws_permille =
            (int32_t)(chance(chaos, 700) ? 1000 : rand_below(&chaos->rand, 1000));
        fact.what = FACT_BEGIN;
        fact.session = evse->session;
    } else {
        fact.what = FACT_END;
        fact.session = evse->session;
        evse->session = 0;
        evse->profile_da = -1;
    }
    update(chaos, id);
    say(chaos, evse->station, &fact);
    chaos_at(chaos, chaos->now + rand_range(&chaos->rand, 5000, evse->session ? 2400000 : 600000),
             EVENT_PLUG, id, NULL);
}

static void meter(struct chaos *chaos, const struct chaos_event *event)
{
    uint32_t id = event->who;
    struct true_evse *evse = &chaos->evses[id];
    struct true_station *station = &chaos->stations[evse->station];
    int32_t may_da = station->broken ? evse->cap_da : chaos_true_da(chaos, id);

    if (evse->session != 0) {
        struct chaos_message fact = {
            .what = FACT_METER, .evse = id, .at = chaos->now, .session = evse->session
        };

        fact.da = may_da * evse->draws_permille / 1000 * (1000 + evse->meter_permille) / 1000 +
                  (int32_t)rand_below(&chaos->rand, 3) - 1;
        fact.da = fact.da > 0 ? fact.da : 0;
        fact.known_da =
            chaos->server.up ? commit_state(chaos->server.commit, id).now_da : INT32_MAX;
        say(chaos, evse->station, &fact);
    }
    chaos_at(chaos, chaos->now + rand_range(&chaos->rand, 10000, 60000), EVENT_METER, id, NULL);
}

void chaos_link_down(struct chaos *chaos, uint32_t id, bool server_sees)
{
    struct true_station *station = &chaos->stations[id];
    int64_t notice_ms = commit_rules_default().notice_ms;
    utc_ms back_at;

    if (!station->link)
        return;
    station->link = false;
    station->disturbed_at = chaos->now;
    /* The server sees it at once, or when its pings find out. */
    chaos_at(chaos, chaos->now + (server_sees ? 0 : rand_range(&chaos->rand, 0, 60000)),
             EVENT_SEES_DOWN, id, &(struct chaos_message){ .link = station->link_number });
    back_at = chaos->now + rand_range(&chaos->rand, 500, chance(chaos, 250) ? 2000000 : 30000);
    chaos_at(chaos, back_at, EVENT_LINK_UP, id, NULL);
    if (!station->linked)
        return;
    /* It connects again when it has noticed, which takes its time. */
    if (notice_ms > back_at - chaos->now)
        notice_ms = back_at - chaos->now;
    station->alone_since = chaos->now + rand_range(&chaos->rand, 0, notice_ms);
    for (uint32_t i = station->first; i < station->first + station->count; i++)
        chaos_at(chaos, station->alone_since + commit_rules_default().offline_ms, EVENT_TRUTH, i,
                 NULL);
}

static void link_up(struct chaos *chaos, const struct chaos_event *event)
{
    uint32_t id = event->who;
    struct true_station *station = &chaos->stations[id];
    struct chaos_message clock = { .what = FACT_CLOCK, .offset_ms = station->offset_ms };

    if (station->link)
        return;
    if (!chaos->server.up) {
        chaos_at(chaos, chaos->now + rand_range(&chaos->rand, 500, 10000), EVENT_LINK_UP, id, NULL);
        return;
    }
    for (uint32_t i = station->first; i < station->first + station->count; i++)
        if (chaos->evses[i].profile_ends == COMMIT_LINKED && !bears_it(chaos, station))
            chaos->evses[i].profile_da = -1; /* invalidAfterOfflineDuration */
    if (station->linked) {
        station->alone_since = UTC_UNKNOWN;
        update_station(chaos, station);
    }
    station->link = true;
    station->link_number++;
    station->to_server_at = station->to_station_at = chaos->now;
    to_server(chaos, id, EVENT_SEES_UP, &(struct chaos_message){ .goes_on = true });
    to_server(chaos, id, EVENT_FACT, &clock);
    for (uint32_t i = 0; i < station->outbox_count; i++)
        to_server(chaos, id, EVENT_FACT, &station->outbox[i]);
    station->outbox_count = 0;
}

/* A clock strays by less than is allowed from where it was last told. */
static void clock_steps(struct chaos *chaos, const struct chaos_event *event)
{
    uint32_t id = event->who;
    struct true_station *station = &chaos->stations[id];
    bool wild = id % 5 == 0;
    int64_t most = chaos->config.breach == CHAOS_CLOCK ? 600000 : 59000;
    int64_t low = station->told_offset_ms - most, high = station->told_offset_ms + most;
    struct chaos_message fact = { .what = FACT_CLOCK };

    if (!wild && chaos->config.breach != CHAOS_CLOCK) {
        low = low < -55000 ? -55000 : low;
        high = high > 55000 ? 55000 : high;
    }
    station->offset_ms = rand_range(&chaos->rand, low, high);
    fact.offset_ms = station->offset_ms;
    update_station(chaos, station);
    say(chaos, id, &fact);
    chaos_at(chaos, chaos->now + rand_range(&chaos->rand, 60000, 1200000), EVENT_CLOCK, id, NULL);
}

static void breaks(struct chaos *chaos, const struct chaos_event *event)
{
    uint32_t id = event->who;
    struct true_station *station = &chaos->stations[id];

    chaos_at(chaos, chaos->now + rand_range(&chaos->rand, 3000000, 200000000), EVENT_BREAK, id,
             NULL);
    if (station->broken || !chaos->server.trust[id].obeys)
        return;
    station->broken = true;
    station->found = false;
    chaos->result->broke++;
    chaos_at(chaos, chaos->now + rand_range(&chaos->rand, 600000, 3000000), EVENT_REPAIR, id, NULL);
}

/* Found out, it is repaired and restarts; somebody proves it anew a while later. */
static void repair(struct chaos *chaos, const struct chaos_event *event)
{
    uint32_t id = event->who;
    struct true_station *station = &chaos->stations[id];

    if (!station->found) {
        chaos_at(chaos, chaos->now + 600000, EVENT_REPAIR, id, NULL);
        return;
    }
    station->broken = false;
    for (uint32_t i = station->first; i < station->first + station->count; i++)
        chaos->evses[i].profile_da = -1;
    update_station(chaos, station);
    chaos_link_down(chaos, id, true);
    chaos_at(chaos, chaos->now + rand_range(&chaos->rand, 60000, 600000), EVENT_PROVEN, id, NULL);
}

static void truth(struct chaos *chaos, const struct chaos_event *event)
{
    update(chaos, event->who);
}

static void link_goes(struct chaos *chaos, const struct chaos_event *event)
{
    chaos_link_down(chaos, event->who, chance(chaos, 500));
    chaos_at(chaos, chaos->now + rand_range(&chaos->rand, 60000, 4000000), EVENT_LINK, event->who,
             NULL);
}

static void goes_deaf(struct chaos *chaos, const struct chaos_event *event)
{
    chaos->stations[event->who].disturbed_at = chaos->now;
    chaos->stations[event->who].deaf_until = chaos->now + rand_range(&chaos->rand, 100, 40000);
    chaos_at(chaos, chaos->now + rand_range(&chaos->rand, 60000, 3000000), EVENT_DEAF, event->who,
             NULL);
}

chaos_handler *const chaos_station_handlers[EVENT_COUNT] = {
    [EVENT_CALL] = call_arrives, [EVENT_TRUTH] = truth,       [EVENT_PLUG] = plug,
    [EVENT_METER] = meter,       [EVENT_LINK] = link_goes,    [EVENT_LINK_UP] = link_up,
    [EVENT_DEAF] = goes_deaf,    [EVENT_CLOCK] = clock_steps, [EVENT_BREAK] = breaks,
    [EVENT_REPAIR] = repair,
};
