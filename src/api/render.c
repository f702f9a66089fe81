/* render.c: what an event tells, as REST shows it at that moment. */
#include "api/shapes.h"
#include "api/state.h"

void api_render(struct turn *turn, const char *topic, int64_t station, int64_t session,
                struct buf *body)
{
    struct json_writer json = json_writer(body);
    const struct station_row *station_row = TURN_FIND(turn, station, station);
    const struct session_row *session_row = session ? TURN_FIND(turn, session, session) : NULL;
    bool about_session = str_starts(str_of(topic), STR("session."));

    if (about_session &&
        !session_row) /* it is over and no longer in memory: the turn still has it */
        for (uint32_t i = 0; i < turn->edit_count; i++)
            if (turn->edits[i].kind == ROW_session &&
                *(const int64_t *)turn->edits[i].row == session)
                session_row = turn->edits[i].row;
    if (about_session && session_row) {
        session_json(turn, &json, session_row);
    } else if (station_row) {
        station_json(turn, &json, station_row);
    } else {
        json_object_begin(&json);
        json_object_end(&json);
    }
}
