/* status.c: what a connector says of itself. */
#include "ocpp/facts/facts.h"
#include "ocpp/power_tell.h"
#include "json/cursor.h"

struct str fact_word(struct turn *turn, const struct in *in, const char *field)
{
    struct str value, word;

    if (json_member(in->frame.payload, str_of(field), &value) != ERR_NONE ||
        !json_value_str(value, turn->arena, &word))
        return STR_NONE;
    return word;
}

/* The connector's own word of "nothing is plugged in" while a session is open: its end was lost
 * (rules.md: one). */
static void lose_session(struct turn *turn, struct in *in, const struct fact_status *status)
{
    const struct session_row *row = NULL;

    while ((row = world_next_of(turn_world(turn), ROW_session, in->station_id, row))) {
        struct session_row *session;
        if (row->state != SESSION_OPEN || row->evse != status->evse ||
            (row->connector && status->connector && row->connector != status->connector))
            continue;
        if (status->at != UTC_UNKNOWN && row->started_at != UTC_UNKNOWN &&
            status->at < row->started_at)
            continue; /* older than the session: said late */
        session = TURN_EDIT(turn, session, row);
        session_end_at_last(session, SESSION_LOST, turn->now);
        turn_event(turn, "session.ended", in->station_id, session->id);
    }
}

/* Numbers that no station has are a fault or an attack: the log has them (B32). */
static bool is_place(const struct turn *turn, int64_t station, int64_t evse, int64_t connector)
{
    enum { NUMBER_MAX = 9999, CONNECTORS_MAX = 200 };
    const struct connector_row *row = NULL;
    uint32_t count = 0;

    while ((row = world_next_of(turn_world(turn), ROW_connector, station, row)))
        count++;
    return count < CONNECTORS_MAX && evse >= 0 && evse <= NUMBER_MAX && connector >= 0 &&
           connector <= NUMBER_MAX;
}

static struct connector_row *new_connector(struct turn *turn, int64_t station, int64_t evse,
                                           int64_t connector)
{
    struct connector_row *row = TURN_NEW(turn, connector);

    row->station = station;
    row->evse = evse;
    row->connector = connector;
    row->operative = true;
    row->status = STATUS_UNKNOWN;
    row->status_at = row->received_at = UTC_UNKNOWN;
    return row;
}

void fact_connector(struct turn *turn, int64_t station, int64_t evse, int64_t connector)
{
    if (evse <= 0 || connector <= 0 || turn_find_connector(turn, station, evse, connector) ||
        !is_place(turn, station, evse, connector))
        return;
    (void)new_connector(turn, station, evse, connector); /* that it is there is all that is known */
    turn_event(turn, "station.changed", station, 0);
}

static bool within(int64_t a, int64_t b, int64_t ms)
{
    return a - b <= ms && b - a <= ms;
}

/* A clock that is off is off by the same twice; a message that was kept and told late is late by
 * whatever it was kept. Only what a person would call wrong is written: stations say often how they
 * are. */
static void learn_clock(struct turn *turn, int64_t id, const struct connector_row *before,
                        const struct fact_status *status)
{
    enum { AGREES_MS = 5000, RIGHT_MS = 10000 };
    int64_t was_ms, is_ms;
    const struct station_row *row;

    if (status->at == UTC_UNKNOWN || before->status_at == UTC_UNKNOWN ||
        before->received_at == UTC_UNKNOWN)
        return;
    is_ms = status->at - turn->now;
    was_ms = before->status_at - before->received_at;
    row = TURN_FIND(turn, station, id);
    if (!row || !within(is_ms, was_ms, AGREES_MS))
        return;
    if (within(is_ms, 0, RIGHT_MS))
        is_ms = 0;
    if (is_ms == 0 ? row->clock_offset_ms != 0 : !within(is_ms, row->clock_offset_ms, RIGHT_MS))
        TURN_EDIT_LAZY(turn, station, row)->clock_offset_ms = is_ms;
}

void fact_status(struct turn *turn, struct in *in, const struct fact_status *status)
{
    const struct connector_row *before =
        turn_find_connector(turn, in->station_id, status->evse, status->connector);
    struct link *link = link_of_conn(turn->engine, in->conn);
    struct connector_row *connector;

    if (link)
        care_status_came(link);
    power_saw(in, status->evse, status->at, false);
    if (before && before->status_at != UTC_UNKNOWN && status->at != UTC_UNKNOWN &&
        status->at < before->status_at && before->status_at <= turn->now)
        return; /* rules.md: offline (lbbrhzn#2135) */
    if (!before && !is_place(turn, in->station_id, status->evse, status->connector))
        return;
    if (before)
        learn_clock(turn, in->station_id, before, status);
    connector = before ? TURN_EDIT(turn, connector, before)
                       : new_connector(turn, in->station_id, status->evse, status->connector);
    connector->status = status->status;
    connector->status_raw = status->raw;
    connector->error_code = status->error_code;
    connector->info = status->info;
    connector->status_at = status->at;
    connector->received_at = turn->now;
    if (status->status == STATUS_AVAILABLE && status->evse > 0)
        lose_session(turn, in, status);
    turn_event(turn, "connector.status", in->station_id, 0);
}
