/* leave.c: a station is no longer shared out: what it was told is taken back, now or when it next
 * connects. Its rows `limit` say that there is something to take back. */
#include "dispatch/tells.h"

static bool has_limits(const struct engine *engine, int64_t station)
{
    return world_next_of(&engine->world, ROW_limit, station, NULL) != NULL;
}

static enum err cleared(struct turn *turn)
{
    const struct call_done *done = turn->input;
    const struct charging_answer answer = charging_read(&done->answer, turn->arena);
    const struct limit_row *row = NULL;

    if (answer.result != CHARGE_ACCEPTED && answer.result != CHARGE_NONE &&
        answer.result != CHARGE_NOT_SUPPORTED)
        return ERR_NONE; /* again when it connects */
    if (dispatch_find_station(dispatch_of(turn->engine), done->call.station))
        return ERR_NONE; /* it is back in a document */
    while ((row = world_next_of(turn_world(turn), ROW_limit, done->call.station, row)))
        if (row->evse == done->tag)
            turn_delete(turn, ROW_limit, row);
    return ERR_NONE;
}

/* NOLINTNEXTLINE(readability-function-size): what is cleared where, and whose answer counts */
static void clear(struct turn *turn, int64_t station, enum protocol protocol,
                  enum charging_layer layer, int32_t evse, int64_t tag)
{
    struct charging_match match = CHARGE_ANY;
    struct charging_call built;

    match.id = charging_id(layer, layer == CHARGE_STATION_MAX ? 0 : evse);
    if (charging_clear(protocol, &match, turn->arena, &built) != ERR_NONE)
        return;
    turn_send_call(turn,
                   &(struct call){ .station = station,
                                   .class = CALL_HOUSEKEEPING,
                                   .action = built.action,
                                   .payload = built.payload },
                   tag ? cleared : NULL, tag);
}

static enum err leave_turn(struct turn *turn)
{
    const int64_t station = *(const int64_t *)turn->input;
    const struct limit_row *row = NULL;
    struct link_state link;

    if (!ocpp_link_state(turn->engine, station, &link))
        return ERR_NONE; /* when it connects */
    clear(turn, station, link.protocol, CHARGE_STATION_MAX, 0, 0);
    while ((row = world_next_of(turn_world(turn), ROW_limit, station, row))) {
        clear(turn, station, link.protocol, CHARGE_TX, (int32_t)row->evse, 0);
        clear(turn, station, link.protocol, CHARGE_DEFAULT, (int32_t)row->evse, row->evse);
    }
    return ERR_NONE;
}

static void due(struct timer *timer, void *context)
{
    struct dispatch *dispatch = CONTAINER_OF(timer, struct dispatch, leave_timer);
    struct engine *engine = context;

    while (dispatch->leaver_count) {
        int64_t station = dispatch->leavers[--dispatch->leaver_count];
        struct turn *turn = engine_turn(engine, leave_turn, &station, sizeof station);
        if (turn)
            (void)engine_go(turn); /* or when it connects the next time */
    }
}

/* Its connection is open once all that has just been committed is out. */
void leave_look(struct dispatch *dispatch, int64_t station)
{
    if (!station || !has_limits(dispatch->engine, station) ||
        dispatch_find_station(dispatch, station) || dispatch->leaver_count == LEAVERS_MAX)
        return;
    dispatch->leavers[dispatch->leaver_count++] = station;
    timer_set(&dispatch->engine->timers, &dispatch->leave_timer, dispatch->engine->mono, due);
}
