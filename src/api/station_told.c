/* station_told.c: passwords that a station was told in a call of people's, whichever it was. What a
 * station may show from now on must open it: else it is locked out, and nobody hears of it. */
#include "api/calls.h"
#include "api/station_secret.h"
#include "json/cursor.h"

enum { SETTINGS_MAX = 1000 };

static struct str text_of(struct str object, const char *key, struct arena *arena)
{
    struct str value, text = STR_NONE;

    if (json_member(object, str_of(key), &value) != ERR_NONE ||
        !json_value_str(value, arena, &text))
        return STR_NONE;
    return text;
}

/* Of a SetVariables; *alone: it sets nothing else. */
static struct str password_of_variables(struct str payload, struct arena *arena, bool *alone)
{
    struct str *lines = ARENA_NEW_ARRAY(arena, struct str, SETTINGS_MAX);
    struct str list, variable, password = STR_NONE;
    uint32_t count = 0;

    if (!lines || json_member(payload, STR("setVariableData"), &list) != ERR_NONE ||
        json_array_spans(list, lines, SETTINGS_MAX, &count) != ERR_NONE)
        return STR_NONE;
    for (uint32_t i = 0; i < count; i++)
        if (json_member(lines[i], STR("variable"), &variable) == ERR_NONE &&
            str_equal_nocase(text_of(variable, "name", arena), STR("BasicAuthPassword")))
            password = text_of(lines[i], "attributeValue", arena);
    *alone = count == 1;
    return password;
}

struct str station_password_in_call(struct str action, struct str payload, struct arena *arena,
                                    bool *alone)
{
    *alone = true;
    if (str_equal(action, STR("SetVariables")))
        return password_of_variables(payload, arena, alone);
    if (str_equal(action, STR("ChangeConfiguration")) &&
        str_equal_nocase(text_of(payload, "key", arena), STR("AuthorizationKey")))
        return text_of(payload, "value", arena);
    return STR_NONE;
}

void station_password_told(struct request *request, const struct station_row *station,
                           struct str action, struct str payload, const struct call_answer *answer)
{
    struct turn *turn = request->turn;
    bool alone;
    struct str password = station_password_in_call(action, payload, turn->arena, &alone), status;
    enum command_result result = answer->outcome == CALL_ANSWERED
                                     ? command_result(action, answer->payload, turn->arena, &status)
                                     : COMMAND_OTHER;
    bool unknown = answer->outcome == CALL_TIMEOUT || answer->outcome == CALL_LOST ||
                   (answer->outcome == CALL_ANSWERED && !alone);

    if (password.len == 0 || answer->sent_at == UTC_UNKNOWN)
        return;
    if (result == COMMAND_ACCEPTED)
        station_set_next_password(turn, request, station, password, true);
    else if (unknown)
        station_set_next_password(turn, request, station, password, false);
    else
        return;
    turn_event(turn, "station.changed", station->id, 0);
}
