#include "ocpp/facts/facts.h"

#include "json/writer.h"

/* Only sessions of stations that are connected count: others may have ended long ago. */
static uint32_t open_sessions(struct turn *turn, struct str uid, int64_t own)
{
    const struct session_row *row;
    uint32_t count = 0;

    for (uint32_t at = 0; (row = world_next(turn_world(turn), ROW_session, &at));)
        count += row->state == SESSION_OPEN && row->id != own &&
                 str_equal_nocase(row->token, uid) &&
                 link_of_station(turn->engine, row->station) != NULL;
    return count;
}

/* Somebody showed a token that nobody registered: people may want to. */
static void tell_unknown(struct turn *turn, const struct in *in, struct str uid, struct str type)
{
    struct json_writer json;
    struct buf body;

    buf_init_arena(&body, turn->arena, 8192);
    json = json_writer(&body);
    json_object_begin(&json);
    json_key_str(&json, "token", uid);
    json_key(&json, "type");
    if (type.len)
        json_str(&json, type);
    else
        json_null(&json);
    json_key_str(&json, "station", in->station->identity);
    json_key_null(&json, "evse"); /* the message does not always say */
    json_key_time(&json, "at", turn->now);
    json_object_end(&json);
    if (!body.overflow)
        turn_event_body(turn, "token.unknown", in->station_id, 0, buf_str(&body));
}

/* NOLINTNEXTLINE(readability-function-size): what the verdict weighs */
struct fact_verdict fact_authorize(struct turn *turn, struct in *in, struct str uid,
                                   struct str type, bool starts, int64_t own)
{
    const struct site_row *site = TURN_FIND(turn, site, in->station->site);
    const struct token_row *token = TURN_FIND_NAME(turn, token, uid);
    struct auth_question question = { .token = token,
                                      .now = turn->now,
                                      .accept_unknown = auth_accepts_unknown(in->station, site),
                                      .type = type,
                                      .starts = starts };
    struct fact_verdict verdict = { .token = token };

    if (str_equal(type,
                  STR("NoAuthorization"))) /* 2.0.1 C02: a start by a button, without a token */
        question.accept_unknown = true;
    if (token && token->sessions_max > 0 && starts)
        question.open_sessions = open_sessions(turn, uid, own);
    verdict.status = auth_decide(&question);
    if (!token && uid.len)
        tell_unknown(turn, in, uid, type);
    return verdict;
}
