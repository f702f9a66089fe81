/* need.c: what a car needs and when it leaves: said by somebody, by the fleet list, by the
 * document, or learned from its earlier sessions. */
#include "dispatch/decides.h"
#include "dispatch/hears.h"
#include "dispatch/tells.h"

enum {
    LEARN_LEAST_MWH = 1000000,
    MEAN_OF = 8,
    PATIENCE_MS = 120000, /* before a car that stopped by itself counts as done */
    ASK_EACH_MS =
        900000,      /* and again, for as long as that: pre-heating, a battery that was balanced */
    ENOUGH_DA = 100, /* a car that does not take that wants nothing (Zoe: 8 A) */
    CHARGED_MWH = 50000, /* it has charged before */
    TRY_MORE_DA = 10,
    TRY_AFTER_MS = 30000,
};

static const struct session_row *session_of(const struct power_evse *evse)
{
    return evse->car.session ? world_find(&evse->station->site->dispatch->engine->world,
                                          ROW_session, evse->car.session)
                             : NULL;
}

int64_t need_left(const struct power_evse *evse)
{
    const struct session_row *session = session_of(evse);
    int64_t left_mwh, full_wh;

    if (!session)
        return POWER_NONE;
    full_wh = soc_left_wh(&evse->car.soc, session->energy_mwh);
    if (evse->car.ready_mwh < 0)
        return full_wh >= 0 ? full_wh : POWER_NONE;
    left_mwh = evse->car.ready_mwh - session->energy_mwh;
    if (full_wh >= 0 && full_wh * 1000 < left_mwh) /* more does not go in, whoever says so */
        return full_wh;
    return left_mwh > 0 ? (left_mwh + 999) / 1000 : 0;
}

/* --- batteries ---------------------------------------------------------------------- */

void need_charged(struct power_evse *evse, int32_t soc_permille)
{
    const struct session_row *session = session_of(evse);

    if (session)
        soc_told(&evse->car.soc, soc_permille, session->energy_mwh);
}

int32_t need_half_s(const struct power_evse *evse)
{
    const struct session_row *session = session_of(evse);
    int64_t need_wh = need_left(evse);

    if (session && need_wh >= 0 && !soc_falls(&evse->car.soc, session->energy_mwh, need_wh))
        return 0;
    if (evse->car.taper.half_s)
        return evse->car.taper.half_s;
    return evse->car.half_s ? evse->car.half_s : evse->station->site->usual_half_s;
}

void need_keep_usual(struct turn *turn, const struct power_site *site)
{
    const struct taper_row *known = TURN_FIND(turn, taper, site->row);
    struct taper_row *row;

    if (site->usual_half_s == (known ? known->half_s : 0))
        return;
    row = known ? TURN_EDIT(turn, taper, known) : TURN_NEW(turn, taper);
    row->id = site->row;
    row->half_s = site->usual_half_s;
    row->seen_at = turn->now;
}

void need_resume_usual(struct power_site *site)
{
    const struct taper_row *row = world_find(&site->dispatch->engine->world, ROW_taper, site->row);

    site->usual_half_s =
        row && row->half_s > 0 && row->half_s <= TAPER_HALF_MAX_S ? (int32_t)row->half_s : 0;
}

/* --- cars that stop by themselves --------------------------------------------------- */

static int32_t offered_da(const struct power_evse *evse)
{
    int32_t told_da = commit_state(evse->station->site->commit, evse->index).confirmed_da;

    return told_da < 0 ? told_da : unit_offered(evse, told_da);
}

bool need_is_done(const struct power_evse *evse, utc_ms now)
{
    int64_t since_ms = now - evse->car.suspended_at;
    const struct session_row *session;

    if (!evse->car.suspended || since_ms < PATIENCE_MS)
        return false;
    session = session_of(evse);
    if (!session)
        return false;
    if (session->energy_mwh < CHARGED_MWH && evse->car.min_da < ENOUGH_DA)
        return false; /* it never began: it is tried with more first */
    return (since_ms - PATIENCE_MS) % ASK_EACH_MS < ASK_EACH_MS - PATIENCE_MS;
}

void need_look(struct power_evse *evse, utc_ms now)
{
    int32_t given_da = evse->car.session && evse->car.suspended ? offered_da(evse) : 0;

    if (given_da <= 0 || given_da >= ENOUGH_DA || evse->car.min_da > given_da ||
        now - evse->car.suspended_at < TRY_AFTER_MS ||
        commit_state(evse->station->site->commit, evse->index).changing)
        return;
    evse->car.min_da = given_da + TRY_MORE_DA;
    evse->car.suspended_at = now; /* its patience begins anew with what it gets next */
}

/* --- the beginning of a session ---------------------------------------------------- */

static void take_learned(struct power_evse *evse, const struct car_row *row)
{
    if (!row)
        return;
    evse->car.min_da = (int32_t)row->min_da;
    if (row->half_s > 0 && row->half_s <= TAPER_HALF_MAX_S)
        evse->car.half_s = (int32_t)row->half_s;
    soc_is(&evse->car.soc, row->size_wh, 0);
    if (evse->car.ready_mwh < 0 && row->energy_wh > 0)
        evse->car.ready_mwh = row->energy_wh * 1000;
}

static void take_vehicle(struct power_evse *evse, const struct document_vehicle *vehicle)
{
    const struct power_site *site = evse->station->site;

    if (!vehicle)
        return;
    if (vehicle->need_wh > 0)
        evse->car.ready_mwh = vehicle->need_wh * 1000;
    if (vehicle->class >= 0)
        evse->car.class = vehicle->class;
    evse->car.departs_at = document_ready_at(vehicle, site->zone, dispatch_now(site->dispatch));
}

/* What cars of this hour do here. */
static void take_usual(struct power_evse *evse)
{
    struct power_car *car = &evse->car;
    int32_t stay_s, energy_wh;

    if ((car->ready_mwh >= 0 && car->departs_at != UTC_NEVER) ||
        !past_usual(evse->station->site, car->arrived_at, &stay_s, &energy_wh))
        return;
    if (car->ready_mwh < 0)
        car->ready_mwh = (int64_t)energy_wh * 1000;
    if (car->departs_at == UTC_NEVER) {
        car->departs_at = car->arrived_at + (utc_ms)stay_s * 1000;
        car->departs_learned = true;
    }
}

void need_take_wish(struct power_evse *evse, const struct wish_row *wish)
{
    if (wish->need_wh >= 0)
        evse->car.ready_mwh = wish->need_wh * 1000;
    if (wish->departs_at != UTC_UNKNOWN)
        evse->car.departs_at = wish->departs_at;
    if (wish->class >= 0 || evse->car.class == CLASS_PRIORITY)
        evse->car.class = (int8_t)wish->class;
    evse->car.departs_learned = false;
}

void need_begin(struct power_evse *evse, const struct session_row *session)
{
    const struct power_site *site = evse->station->site;
    const struct world *world = &site->dispatch->engine->world;
    const struct document *document = &site->document;
    const struct wish_row *wish;

    if (session->token.len) {
        take_vehicle(evse, document_vehicle(document, session->token));
        take_learned(evse, world_find_name(world, ROW_car, session->token));
    }
    if (evse->car.ready_mwh < 0 && document->need_wh > 0)
        evse->car.ready_mwh = document->need_wh * 1000;
    if (evse->car.departs_at == UTC_NEVER)
        evse->car.departs_at = document_departure(document, site->zone, evse->car.arrived_at);
    take_usual(evse);
    for (uint32_t at = 0; (wish = world_next(world, ROW_wish, &at));)
        if (wish->kind == WISH_NEED && wish->session == session->id)
            need_take_wish(evse, wish);
}

void need_forget(struct power_evse *evse)
{
    const struct session_row *session = session_of(evse);
    int32_t min_da = evse->car.min_da;

    if (!session)
        return;
    evse->car.ready_mwh = -1;
    evse->car.departs_at = UTC_NEVER;
    need_begin(evse, session);
    if (min_da > evse->car.min_da)
        evse->car.min_da = min_da;
}

/* --- the end ------------------------------------------------------------------------- */

struct learned_input {
    struct str token;
    int64_t wires_live, min_da, max_da, energy_wh, half_s, size_wh;
};

static enum err learned_turn(struct turn *turn)
{
    const struct learned_input *input = turn->input;
    const struct car_row *known = TURN_FIND_NAME(turn, car, input->token);
    struct car_row *row = known ? TURN_EDIT(turn, car, known) : TURN_NEW(turn, car);
    int64_t weight;

    row->name = input->token;
    row->sessions++;
    row->seen_at = turn->now;
    if (input->wires_live)
        row->wires_live = input->wires_live;
    if (input->min_da)
        row->min_da = input->min_da;
    if (input->max_da > row->max_da)
        row->max_da = input->max_da;
    if (input->half_s)
        row->half_s = input->half_s;
    if (input->size_wh)
        row->size_wh = input->size_wh;
    weight = row->sessions < MEAN_OF ? row->sessions : MEAN_OF;
    row->energy_wh += (input->energy_wh - row->energy_wh) / weight;
    return ERR_NONE;
}

void need_end(struct power_evse *evse)
{
    const struct session_row *session = session_of(evse);
    struct learned_input input;
    struct turn *turn;

    if (!session || !session->token.len || session->energy_mwh < LEARN_LEAST_MWH)
        return;
    input = (struct learned_input){ .token = session->token,
                                    .wires_live = car_phases(&evse->car.seen),
                                    .min_da = car_min_da(&evse->car.seen),
                                    .max_da = evse->car.seen.most_da,
                                    .energy_wh = session->energy_mwh / 1000,
                                    .half_s = evse->car.taper.half_s,
                                    .size_wh = soc_size_wh(&evse->car.soc) };
    turn = engine_turn(evse->station->site->dispatch->engine, learned_turn, &input, sizeof input);
    if (!turn)
        return;
    ((struct learned_input *)turn->input)->token = arena_copy(turn->arena, session->token);
    (void)engine_go(turn); /* what storage does not take is learned another time */
}

/* 2.0.1 K15.FR.07, within a minute (FR.08): its station waits for a profile before it lets the car
 * plan. In a new one: an update of a dynamic profile is none. */
void need_answer(struct power_evse *evse, utc_ms now)
{
    struct power_station *station = evse->station;
    bool flies = station->flying.tag && station->flying.evse == evse->index &&
                 station->flying.layer == LAYER_PROFILE;

    if (!evse->car.wants_schedule || flies) /* its answer leads to another decision */
        return;
    evse->car.wants_schedule = false;
    evse->linked_session = 0;
    commit_asked(station->site->commit, evse->index, now);
}

/* --- told by the car ------------------------------------------------------------------- */

static enum err told_turn(struct turn *turn)
{
    return dispatch_need_set(turn, turn->input);
}

/* The most of each phase, where it told them one by one. */
static void take_phases(struct power_evse *evse, const struct power_needs *needs)
{
    const struct document_evse *known = &evse->station->site->document.evses[evse->index];
    bool all = true;

    for (int i = 0; i < LINE_COUNT; i++)
        all = all && needs->phase_w[i] > 0;
    for (int i = 0; i < LINE_COUNT; i++) {
        int64_t da = all && known->leaf.volts > 0 ? needs->phase_w[i] * 10 / known->leaf.volts : 0;

        if (needs->max_da > 0 && needs->max_da < da)
            da = needs->max_da;
        evse->car.phase_max_da[i] = da > known->max_da ? known->max_da : (int32_t)da;
    }
    if (all)
        apart_begin(evse);
}

void need_told(struct power_evse *evse, const struct power_needs *needs)
{
    struct dispatch_need need;
    struct turn *turn;

    if (!evse || !evse->car.session)
        return;
    if (needs->min_da > evse->car.min_da)
        evse->car.min_da = needs->min_da;
    if (needs->max_da > 0)
        evse->car.max_da = needs->max_da;
    if (needs->phases > 0)
        evse->car.said_phases = (uint8_t)needs->phases;
    take_phases(evse, needs);
    evse->car.wants_schedule = true;
    /* What goes in is measured before what is lost on the way. */
    soc_is(&evse->car.soc, needs->capacity_wh * 115 / 100, needs->full_permille);
    if (needs->soc_permille != POWER_UNKNOWN)
        need_charged(evse, needs->soc_permille);
    need = (struct dispatch_need){ .session = evse->car.session,
                                   .need_wh = needs->energy_wh >= 0 ? needs->energy_wh : -1,
                                   .departs_at = needs->departs_at,
                                   .class = -1 };
    if (need.departs_at != UTC_UNKNOWN &&
        need.departs_at <= dispatch_now(evse->station->site->dispatch))
        need.departs_at = UTC_UNKNOWN;
    turn = engine_turn(evse->station->site->dispatch->engine, told_turn, &need, sizeof need);
    if (!turn)
        return;
    turn->actor = (struct actor){ .kind = ACTOR_STATION,
                                  .id = evse->station->row,
                                  .name = evse->station->identity };
    (void)engine_go(turn); /* the car tells again when it likes */
    decide_soon(evse->station->site, "need");
}
