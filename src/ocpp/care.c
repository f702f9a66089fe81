/* care.c: what voltd does by itself: asks a station that never booted for its boot, a station just
 * adopted for its configuration, and gives up sessions of which nothing was heard for long.
 *
 * It asks nothing else after a boot: some stations fall into a reconnect loop when asked too much
 * (lbbrhzn#1096). */
#include <stdlib.h>

#include "ocpp/command.h"
#include "ocpp/facts/facts.h"
#include "json/cursor.h"
#include "json/writer.h"

enum {
    LOOK_EVERY_MS = 60000,
    LOST_AFTER_S = 24 * 3600, /* a site may say otherwise */
    ASK_AFTER_MS = 10000,     /* after its connection, when it has not told its status before */
    ASK_ONCE_READY_MS = 500,  /* after its status */
    ASKS_MAX = 3,             /* until one is answered */
    SESSIONS_A_TURN = 1000,
};

/* --- boot ---------------------------------------------------------------- */

static struct call trigger_boot(int64_t station)
{
    return (struct call){ .station = station,
                          .class = CALL_HOUSEKEEPING,
                          .action = STR("TriggerMessage"),
                          .payload = STR("{\"requestedMessage\":\"BootNotification\"}") };
}

void ocpp_ask_boot(struct turn *turn, int64_t station)
{
    const struct call call = trigger_boot(station);

    turn_send_call(turn, &call, NULL, 0);
}

/* --- configuration ------------------------------------------------------- */

static struct str member_text(struct str object, const char *key, struct arena *arena)
{
    struct str value, text = STR_NONE;

    if (json_member(object, str_of(key), &value) != ERR_NONE ||
        !json_value_str(value, arena, &text))
        return STR_NONE;
    return text;
}

/* 1.6 numbers its connectors from 1, each an EVSE of its own (rules.md: connectors). */
static void take_connectors(struct turn *turn, int64_t station, const struct fact_variable *fact)
{
    enum { CONNECTORS_MAX = 200 };
    int64_t count = 0;

    if (!str_equal_nocase(fact->name, STR("NumberOfConnectors")) ||
        !str_to_i64(fact->value, &count))
        return;
    for (int64_t evse = 1; evse <= count && evse <= CONNECTORS_MAX; evse++)
        fact_connector(turn, station, evse, 1);
}

/* 1.6 GetConfiguration.conf: a row for each key. */
enum err ocpp_take_configuration(struct turn *turn, int64_t station, struct str payload)
{
    struct str *lines = ARENA_NEW_ARRAY(turn->arena, struct str, 2000);
    struct fact_variables known;
    struct str list;
    uint32_t count;
    enum err err;

    if (!lines)
        return ERR_FULL;
    if (json_member(payload, STR("configurationKey"), &list) != ERR_NONE ||
        json_array_spans(list, lines, 2000, &count) != ERR_NONE)
        return ERR_NONE; /* nothing that could be kept */
    err = fact_variables_open(turn, station, &known);
    if (err != ERR_NONE)
        return err;
    for (uint32_t i = 0; i < count; i++) {
        struct str readonly = STR_NONE;
        const struct fact_variable fact = {
            .component = STR_NONE,
            .name = member_text(lines[i], "key", turn->arena),
            .value = member_text(lines[i], "value", turn->arena),
            .type = STR_NONE,
            .unit = STR_NONE,
            .readonly = json_member(lines[i], STR("readonly"), &readonly) == ERR_NONE &&
                        str_equal(readonly, STR("true")),
        };
        if (fact.name.len)
            fact_variable(turn, &known, &fact);
        take_connectors(turn, station, &fact);
    }
    fact_variables_close(&known);
    return ERR_NONE;
}

/* A call that was lost is made again at the next connection; one that was refused is not. */
static enum err configuration_came(struct turn *turn)
{
    const struct call_done *done = turn->input;
    const struct station_row *row = TURN_FIND(turn, station, done->call.station);

    if (!row || (done->answer.outcome != CALL_ANSWERED && done->answer.outcome != CALL_ERROR))
        return ERR_NONE;
    TURN_EDIT(turn, station, row)->asked_at = turn->now;
    return done->answer.outcome == CALL_ANSWERED
               ? ocpp_take_configuration(turn, row->id, done->answer.payload)
               : ERR_NONE;
}

/* How often it was asked before, as the log tells. */
static enum err asked_before(struct turn *turn, int64_t station, struct str action, uint32_t *times)
{
    const struct log_query asks = { .station = station,
                                    .from = UTC_UNKNOWN,
                                    .to = UTC_NEVER,
                                    .frames_only = true,
                                    .direction = 2,
                                    .action = action,
                                    .limit = ASKS_MAX };
    struct log_page page;
    enum err err = turn_read_log(turn, &asks, &page);

    *times = err == ERR_NONE ? page.count : 0;
    return err;
}

struct ask_input {
    int64_t station;
    enum protocol protocol;
};

static enum err ask_turn(struct turn *turn)
{
    const struct ask_input *input = turn->input;
    const struct station_row *row = TURN_FIND(turn, station, input->station);
    const struct command command = { .name = STR("get_configuration"),
                                     .evse = -1,
                                     .connector = -1,
                                     .remote_start_id =
                                         1 + (int64_t)rand_below(&turn->rand, INT32_MAX) };
    struct command_calls calls;
    const char *field;
    struct call call;
    enum err err;
    uint32_t times;

    if (!row || row->registration != REGISTRATION_ACCEPTED)
        return ERR_NOT_FOUND;
    if (row->booted_at == UTC_UNKNOWN)
        ocpp_ask_boot(turn, row->id);
    if (row->asked_at != UTC_UNKNOWN && !row->ask_after_boot)
        return ERR_NONE;
    check(command_build(input->protocol, &command, turn->arena, &calls, &field) == ERR_NONE);
    err = asked_before(turn, row->id, calls.calls[0].action, &times);
    if (err != ERR_NONE)
        return err;
    if (times + 1 >= ASKS_MAX) /* whoever leaves when asked shall not do so for ever */
        TURN_EDIT(turn, station, row)->asked_at = turn->now;
    call = (struct call){ .station = row->id,
                          .class = CALL_HOUSEKEEPING,
                          .action = calls.calls[0].action,
                          .payload = calls.calls[0].payload,
                          .timeout_ms = 60000 };
    turn_send_call(turn, &call, configuration_came, 0);
    return ERR_NONE;
}

void care_end(struct link *link)
{
    if (!link->ask)
        return;
    timer_clear(&link->ocpp->engine->timers, &link->ask->timer);
    free(link->ask);
    link->ask = NULL;
}

static void ask(struct timer *timer, void *context)
{
    struct link *link = CONTAINER_OF(timer, struct link_ask, timer)->link;
    const struct ask_input input = { .station = link->station,
                                     .protocol = (enum protocol)link->protocol };
    struct turn *turn = engine_turn(context, ask_turn, &input, sizeof input);

    care_end(link);
    if (turn)
        (void)engine_go(turn); /* asked again at its next connection */
}

static void ask_in(struct link *link, mono_ms delay_ms)
{
    struct engine *engine = link->ocpp->engine;

    if (!link->ask) {
        link->ask = calloc(1, sizeof *link->ask);
        check(link->ask != NULL);
        link->ask->link = link;
    }
    timer_set(&engine->timers, &link->ask->timer, engine->mono + delay_ms, ask);
}

static void ask_soon(struct link *link, bool booted)
{
    struct engine *engine = link->ocpp->engine;
    const struct station_row *row = world_find(&engine->world, ROW_station, link->station);

    if (row && row->registration == REGISTRATION_ACCEPTED &&
        (row->booted_at == UTC_UNKNOWN || row->asked_at == UTC_UNKNOWN ||
         (booted && row->ask_after_boot)))
        ask_in(link, ASK_AFTER_MS);
}

void care_connected(struct link *link)
{
    ask_soon(link, false);
}

/* Also one that was adopted while it was connected. */
void care_booted(struct link *link)
{
    ask_soon(link, true);
}

/* It has spoken of its connectors: it is ready to be asked. */
void care_status_came(struct link *link)
{
    if (link->ask)
        ask_in(link, ASK_ONCE_READY_MS);
}

/* --- lost sessions ------------------------------------------------------- */

static bool is_lost(struct turn *turn, const struct session_row *session)
{
    const struct station_row *station = TURN_FIND(turn, station, session->station);
    const struct site_row *site = station ? TURN_FIND(turn, site, station->site) : NULL;
    int64_t after_s = site && site->lost_after_s > 0 ? site->lost_after_s
                      : ocpp_of(turn->engine)->config.lost_after_s
                          ? ocpp_of(turn->engine)->config.lost_after_s
                          : LOST_AFTER_S;
    utc_ms seen_at = station && station->last_seen_at > session->seen_at ? station->last_seen_at
                                                                         : session->seen_at;

    return session->state == SESSION_OPEN &&
           !(station && link_of_station(turn->engine, station->id)) &&
           turn->now - seen_at > after_s * 1000;
}

static enum err lost_turn(struct turn *turn)
{
    const struct session_row *row;
    uint32_t lost = 0;

    for (uint32_t at = 0;
         lost < SESSIONS_A_TURN && (row = world_next(turn_world(turn), ROW_session, &at));) {
        struct session_row *session;
        if (!is_lost(turn, row))
            continue;
        session = TURN_EDIT(turn, session, row);
        session_end_at_last(session, SESSION_LOST, session->seen_at);
        turn_event(turn, "session.ended", session->station, session->id);
        lost++;
    }
    return ERR_NONE;
}

static void look(struct timer *timer, void *context)
{
    struct engine *engine = context;
    struct turn *turn = engine_turn(engine, lost_turn, NULL, 0);

    timer_set(&engine->timers, timer, engine->mono + LOOK_EVERY_MS, look);
    if (turn)
        (void)engine_go(turn); /* looked for again in a minute */
}

void care_start(struct ocpp *ocpp)
{
    timer_set(&ocpp->engine->timers, &ocpp->look_timer, ocpp->engine->mono + LOOK_EVERY_MS, look);
}
