/* keeps.c: does a station keep its limits when it restarts?
 *
 * Some hold them in memory alone: their cars go on without any limit until they are written again.
 * So one that has just restarted is asked what it would let a car draw, before they are, and by
 * what it says it is remembered. One that has forgotten them is booked at its breaker from the
 * moment its connection is lost until they are written (commit_trust.forgets). One whose schedules
 * have not fitted what it was told is not asked: nothing is known of it. */
#include "dispatch/decides.h"
#include "dispatch/tells.h"
#include "dispatch/trusts.h"

enum {
    LOOK_S = 60,
    SLACK_DA = 5, /* what stations round */
    SLACK_W = 100,
    ANSWER_MS = 5000, /* its limits wait for that */
};

static enum charging_unit unit_of(const struct power_evse *evse)
{
    return evse->station->site->document.evses[evse->index].is_dc ? CHARGE_W
                                                                  : evse->station->behaviour.unit;
}

/* In the unit of its limits, and a little more. */
static int32_t most_of(const struct power_evse *evse, int32_t da)
{
    enum commit_layer layer = evse->car.session ? LAYER_PROFILE : LAYER_DEFAULT;

    return unit_limit(evse, layer, da) + (unit_of(evse) == CHARGE_W ? SLACK_W : SLACK_DA);
}

/* What it may have, by what it said. */
static int32_t given_da(const struct power_evse *evse)
{
    return commit_state(evse->station->site->commit, evse->index).claimed_da;
}

/* Could its breaker be told from that? */
static bool tells(const struct power_evse *evse)
{
    int32_t max_da = evse->station->site->document.evses[evse->index].max_da;

    return most_of(evse, given_da(evse)) < unit_limit(evse, LAYER_DEFAULT, max_da);
}

/* What it says now; -1: nothing. */
static int32_t said_now(const struct power_station *station, const struct power_evse *evse,
                        const struct call_answer *answer, struct arena *arena)
{
    struct charging_composite said;
    const struct charging_period *period;

    if (answer->outcome != CALL_ANSWERED ||
        charging_read_composite(station->protocol, answer->payload, 0, arena, &said) != ERR_NONE ||
        said.unit != unit_of(evse))
        return POWER_NONE;
    period = charging_period_at(said.periods, said.period_count, said.duration_s, 0);
    return period ? charging_highest(period, said.unit) : POWER_NONE;
}

/* Its layers are written now. */
static void go_on(struct power_station *station)
{
    station->keeps.tag = 0;
    if (!station->here || station->probe)
        return;
    commit_station(station->site->commit, station->index, true,
                   dispatch_now(station->site->dispatch));
    decide_soon(station->site, "answer");
    send_soon(station->site);
}

static enum err answered(struct turn *turn)
{
    const struct call_done *done = turn->input;
    struct power_station *station =
        dispatch_find_station(dispatch_of(turn->engine), done->call.station);
    int32_t said;

    if (!station || station->keeps.tag != done->tag)
        return ERR_NONE;
    said =
        said_now(station, &station->site->evses[station->keeps.evse], &done->answer, turn->arena);
    if (said >= 0) {
        station->behaviour.keeps = said <= station->keeps.most ? PROOF_YES : PROOF_NO;
        probing_learned(station);
    }
    go_on(station);
    return ERR_NONE;
}

/* It writes something, so that it waits for the disk behind the boot, which is answered first. */
static enum err ask_turn(struct turn *turn)
{
    const struct power_station *station = *(struct power_station *const *)turn->input;
    const struct power_evse *evse = &station->site->evses[station->keeps.evse];
    const struct station_row *row = TURN_FIND(turn, station, station->row);
    struct charging_call built;
    enum err err = row ? dispatch_keep_behaviour(turn, row, &station->behaviour) : ERR_NOT_FOUND;

    if (err == ERR_NONE)
        err = charging_get_composite(station->protocol, evse->number, LOOK_S, unit_of(evse),
                                     turn->arena, &built);
    if (err == ERR_NONE)
        turn_send_call(turn,
                       &(struct call){ .station = station->row,
                                       .class = CALL_SAFETY,
                                       .timeout_ms = ANSWER_MS,
                                       .action = built.action,
                                       .payload = built.payload },
                       answered, station->keeps.tag);
    return err;
}

static bool is_to_ask(const struct power_station *station)
{
    const struct behaviour *known = &station->behaviour;

    return !station->probe && known->keeps == PROOF_NONE && known->reports == PROOF_YES;
}

bool keeps_ask(struct power_station *station)
{
    struct power_site *site = station->site;
    uint32_t end = station->evse_first + station->evse_count, index = station->evse_first;
    struct turn *turn;

    station->keeps.tag = 0;
    while (index < end && !tells(&site->evses[index]))
        index++;
    if (index == end || !is_to_ask(station))
        return false;
    station->keeps.evse = index;
    station->keeps.most = most_of(&site->evses[index], given_da(&site->evses[index]));
    station->keeps.tag = ++site->dispatch->composite_number;
    turn = engine_turn(site->dispatch->engine, ask_turn, &station, sizeof(struct power_station *));
    if (!turn || engine_go(turn) != ERR_NONE)
        station->keeps.tag = 0; /* another time */
    return station->keeps.tag != 0;
}
