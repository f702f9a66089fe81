/* composite.c: asks stations what they will let a car draw, and holds it against what they were
 * told.
 *
 * Whoever else has set a profile is seen by that: less than was told is somebody else's limit (or
 * a setting of the station's own), more is a profile that wins over ours. 1.6 has no other way to
 * ask for it (its GetConfiguration knows no profiles), 2.x says which one it is (held.c).
 *
 * Asked once a session, some time after its first limit; after a restart; and when the meter shows
 * less than was told for long. Only of a station whose schedules have fitted what it was told. */
#include "dispatch/composite.h"

#include "dispatch/decides.h"
#include "dispatch/hears.h"
#include "dispatch/tells.h"
#include "dispatch/trusts.h"

#include <stdlib.h>

enum {
    LOOK_S = 4 * 3600,      /* so far ahead: pages show it */
    LESS_MS = 120000,       /* the meter shows less for so long: why? */
    AGAIN_MS = 15 * 60000,  /* and once more, as long as it does */
    TROUBLE_MS = 5 * 60000, /* what is in the way may go away */
    SLACK_DA = 5,           /* what stations round */
    SLACK_W = 100,
    SLACK_PERMILLE =
        5,        /* or so much of it: a large outlet reckons by its own volts and efficiency */
    AT_ONCE = 20, /* questions in one look at all stations */
};

static struct engine *engine_of(const struct power_evse *evse)
{
    return evse->station->site->dispatch->engine;
}

static struct composite *composite_of(struct power_evse *evse)
{
    if (!evse->composite) {
        evse->composite = calloc(1, sizeof *evse->composite);
        check(evse->composite != NULL);
        evse->composite->session = -1;
    }
    if (evse->composite->session != evse->car.session) {
        /* A car that leaves is no reason to ask, but where somebody else's profile is booked. */
        bool due = evse->car.session || evse->composite->session < 0 ||
                   evse->composite->verdict == COMPOSITE_MORE;

        *evse->composite =
            (struct composite){ .session = evse->car.session,
                                .asked_at =
                                    due ? UTC_UNKNOWN : dispatch_now(evse->station->site->dispatch),
                                .told_at = UTC_UNKNOWN,
                                .since = UTC_UNKNOWN };
    }
    return evse->composite;
}

/* --- judged -------------------------------------------------------------- */

/* What holds now, as we believe; -1: that is not known, or changing. */
static int32_t given_da(const struct power_evse *evse)
{
    const struct commit_state state = commit_state(evse->station->site->commit, evse->index);

    if (state.changing)
        return POWER_NONE;
    if (evse->car.session && state.confirmed_da >= 0)
        return state.confirmed_da;
    return evse->car.session ? POWER_NONE : evse->failsafe_da;
}

static enum charging_unit unit_of(const struct power_evse *evse)
{
    return evse->station->site->document.evses[evse->index].is_dc ? CHARGE_W
                                                                  : evse->station->behaviour.unit;
}

static enum commit_layer layer_of(const struct power_evse *evse)
{
    return evse->car.session ? LAYER_PROFILE : LAYER_DEFAULT;
}

/* In the unit that was asked for; -1: it does not say. */
static int32_t said_now(const struct composite *composite)
{
    const struct charging_composite *said = &composite->said;
    int64_t into_ms = said->start_at == UTC_UNKNOWN ? 0 : composite->told_at - said->start_at;
    const struct charging_period *period = charging_period_at(
        said->periods, said->period_count, said->duration_s, into_ms > 0 ? into_ms / 1000 : 0);

    return period ? charging_highest(period, said->unit) : POWER_NONE;
}

static int32_t slack_of(int32_t given, enum charging_unit unit)
{
    int32_t least = unit == CHARGE_W ? SLACK_W : SLACK_DA;
    int32_t part = (int32_t)((int64_t)given * SLACK_PERMILLE / 1000);

    return part > least ? part : least;
}

static enum composite_verdict judge(const struct power_evse *evse, struct composite *composite)
{
    int32_t da = given_da(evse), said = said_now(composite), given, more, slack;

    if (da < 0 || da != composite->given_da || said < 0)
        return COMPOSITE_UNCLEAR;
    given = unit_limit(evse, layer_of(evse), da);
    slack = slack_of(given, composite->said.unit);
    more =
        apart_most(evse) > 0 ? unit_limit(evse, layer_of(evse), da + apart_most(evse)) - given : 0;
    composite->said_da = composite->said.unit == CHARGE_A ? said
                         : given > 0                      ? (int32_t)((int64_t)da * said / given)
                                                          : unit_upto(evse, CHARGE_W, said);
    return said < given - slack          ? COMPOSITE_LESS
           : said > given + slack + more ? COMPOSITE_MORE
                                         : COMPOSITE_AS_TOLD;
}

/* A profile that wins over ours is booked where its schedule is worth something: without a car it
 * has shown that it reports its default, with one when it has told a session's limit before. 2.x
 * says which profiles it holds: they are booked by that. */
static void book(struct power_evse *evse, const struct composite *composite)
{
    struct power_station *station = evse->station;
    bool more = composite->verdict == COMPOSITE_MORE;

    if (station->protocol != PROTOCOL_16) {
        if (more)
            held_now(station);
        return;
    }
    if (!more || !evse->car.session || station->composites_fit)
        commit_foreign(station->site->commit, evse->index, more ? composite->said_da : 0,
                       dispatch_now(station->site->dispatch));
}

/* Of all that it was told only the default holds: a lease has not begun, or is over already. It
 * reads times as local ones, and was proven where these were the same; without a lease it takes the
 * limit. */
static void look_at_lease(struct power_evse *evse, const struct composite *composite)
{
    struct power_station *station = evse->station;
    int32_t apart_da = composite->said_da - evse->failsafe_da;

    if (composite->verdict != COMPOSITE_LESS || !evse->car.session || apart_da > SLACK_DA ||
        apart_da < -SLACK_DA || station->behaviour.leases != PROOF_YES)
        return;
    station->behaviour.leases = PROOF_NO;
    probing_learned(station);
    commit_booted(station->site->commit, station->index, dispatch_now(station->site->dispatch));
    send_soon(station->site);
}

static void follow(struct power_evse *evse, struct composite *composite, utc_ms now)
{
    enum composite_verdict verdict = judge(evse, composite);
    bool was_trouble = composite->since != UTC_UNKNOWN;
    bool trouble = verdict == COMPOSITE_LESS || verdict == COMPOSITE_MORE;

    if (verdict == COMPOSITE_UNCLEAR)
        return;
    if (verdict == COMPOSITE_AS_TOLD && evse->car.session &&
        composite->given_da != evse->failsafe_da)
        evse->station->composites_fit = true;
    composite->verdict = verdict;
    composite->since = !trouble ? UTC_UNKNOWN : was_trouble ? composite->since : now;
    book(evse, composite);
    look_at_lease(evse, composite);
    if (trouble != was_trouble)
        decide_soon(evse->station->site, "answer");
}

static void take(struct power_evse *evse, struct composite *composite,
                 const struct charging_composite *said, utc_ms now)
{
    composite->told_at = now;
    composite->said = *said;
    if (composite->said.period_count > COMPOSITE_PERIODS_MAX)
        composite->said.period_count = COMPOSITE_PERIODS_MAX;
    memcpy(composite->periods, said->periods,
           composite->said.period_count * sizeof *composite->periods);
    composite->said.periods = composite->periods;
    if (said->unit == unit_of(evse))
        follow(evse, composite, now);
}

bool dispatch_takes_watts(const struct engine *engine, int64_t station, int64_t evse)
{
    const struct power_evse *found = dispatch_find_evse(dispatch_of(engine), station, evse);

    return found && unit_of(found) == CHARGE_W;
}

/* --- asked by a person --------------------------------------------------- */

struct told {
    int64_t station, evse;
    struct charging_composite said;
    struct charging_period periods[COMPOSITE_PERIODS_MAX];
};

static void take_told(struct engine *engine, void *data)
{
    struct told *told = data;
    struct power_evse *evse =
        engine->dispatch ? dispatch_find_evse(dispatch_of(engine), told->station, told->evse)
                         : NULL;
    struct composite *composite = evse ? composite_of(evse) : NULL;

    if (!composite || composite->tag)
        return; /* the answer to our own question is on its way */
    told->said.periods = told->periods;
    composite->given_da = given_da(evse);
    composite->asked_at = dispatch_now(dispatch_of(engine));
    take(evse, composite, &told->said, composite->asked_at);
}

void dispatch_composite_told(struct turn *turn, int64_t station, int64_t evse,
                             const struct charging_composite *said)
{
    struct told told = { .station = station, .evse = evse, .said = *said };

    if (told.said.period_count > COMPOSITE_PERIODS_MAX)
        told.said.period_count = COMPOSITE_PERIODS_MAX;
    memcpy(told.periods, said->periods, told.said.period_count * sizeof *told.periods);
    turn_after(turn, take_told, &told, sizeof told);
}

/* --- asked --------------------------------------------------------------- */

static enum err answered(struct turn *turn)
{
    const struct call_done *done = turn->input;
    struct power_station *station =
        dispatch_find_station(dispatch_of(turn->engine), done->call.station);
    struct charging_composite said;
    int64_t offset_ms = 0;

    if (station)
        (void)clock_offset(&station->clock, turn->now, &offset_ms); /* or as ours */
    for (uint32_t i = 0; station && i < station->evse_count; i++) {
        struct power_evse *evse = &station->site->evses[station->evse_first + i];
        struct composite *composite = evse->composite;

        if (!composite || composite->tag != done->tag)
            continue;
        composite->tag = 0;
        if (composite->session != evse->car.session || done->answer.outcome != CALL_ANSWERED ||
            charging_read_composite(station->protocol, done->answer.payload, offset_ms, turn->arena,
                                    &said) != ERR_NONE)
            return ERR_NONE; /* it says nothing: asked again another time */
        take(evse, composite, &said, turn->now);
        return ERR_NONE;
    }
    return ERR_NONE;
}

static void ask(struct power_evse *evse, struct composite *composite, utc_ms now)
{
    struct power_station *station = evse->station;
    struct engine *engine = engine_of(evse);
    struct charging_call built;
    struct arena arena;

    composite->asked_at = now;
    composite->given_da = given_da(evse);
    composite->tag = ++station->site->dispatch->composite_number;
    arena_init(&arena, &engine->pool, 0);
    if (charging_get_composite(station->protocol, evse->number, LOOK_S, unit_of(evse), &arena,
                               &built) == ERR_NONE)
        engine->handlers.send_call(engine,
                                   &(struct call){ .station = station->row,
                                                   .class = CALL_HOUSEKEEPING,
                                                   .action = built.action,
                                                   .payload = built.payload },
                                   answered, composite->tag);
    arena_reset(&arena);
}

static bool draws_less(const struct power_evse *evse, utc_ms now)
{
    return evse->car.less_since && now - evse->car.less_since >= LESS_MS &&
           !need_is_done(evse, now);
}

/* Is there a reason to ask? */
static bool is_due(const struct power_evse *evse, const struct composite *composite, utc_ms now)
{
    int64_t ago_ms = composite->asked_at == UTC_UNKNOWN ? INT64_MAX : now - composite->asked_at;

    if (composite->tag || given_da(evse) < 0)
        return false;
    if (composite->asked_at == UTC_UNKNOWN) /* 2.x: its profiles are asked for when it comes */
        return evse->car.session || evse->station->protocol == PROTOCOL_16;
    if (composite->since != UTC_UNKNOWN)
        return ago_ms >= TROUBLE_MS;
    return evse->car.session && draws_less(evse, now) && ago_ms >= AGAIN_MS;
}

void composite_look(struct power_station *station, uint32_t *asked)
{
    utc_ms now = dispatch_now(station->site->dispatch);

    if (!station->here || station->probe || station->behaviour.reports != PROOF_YES)
        return;
    for (uint32_t i = 0; i < station->evse_count && *asked < AT_ONCE; i++) {
        struct power_evse *evse = &station->site->evses[station->evse_first + i];
        struct composite *composite = composite_of(evse);

        if (is_due(evse, composite, now)) {
            ask(evse, composite, now);
            ++*asked;
        }
    }
}

void composite_metered(struct power_evse *evse, utc_ms at)
{
    enum { LESS_DA = 10 };
    const struct commit_state state = commit_state(evse->station->site->commit, evse->index);
    bool less = evse->car.session && state.confirmed_da >= 0 &&
                unit_drawn(evse, evse->draw.da) + LESS_DA < state.confirmed_da;

    if (!less)
        evse->car.less_since = 0;
    else if (!evse->car.less_since)
        evse->car.less_since = at;
}

void composite_anew(struct power_station *station)
{
    for (uint32_t i = 0; i < station->evse_count; i++) {
        struct composite *composite = station->site->evses[station->evse_first + i].composite;

        if (composite) {
            composite->asked_at = UTC_UNKNOWN;
            composite->tag = 0;
        }
    }
}

void composite_drop(struct power_evse *evse)
{
    free(evse->composite);
    evse->composite = NULL;
}

/* --- told to people ------------------------------------------------------ */

const struct composite *composite_trouble(const struct power_evse *evse)
{
    const struct composite *composite = evse->composite;

    return composite && composite->session == evse->car.session &&
                   composite->since != UTC_UNKNOWN && evse->station->here
               ? composite
               : NULL;
}

const struct composite *dispatch_composite(const struct engine *engine, int64_t station,
                                           int64_t evse)
{
    const struct power_evse *found = dispatch_find_evse(dispatch_of(engine), station, evse);

    return found && found->composite && found->composite->session == found->car.session &&
                   found->composite->told_at != UTC_UNKNOWN
               ? found->composite
               : NULL;
}
