/* attention.c: what a person should look at now: derived from the present state, nothing is stored.
 */
#include <stdlib.h>

#include "api/shapes.h"
#include "dispatch/dispatch.h"
#include "domain/words.h"
#include "ocpp/ocpp.h"

request_fn attention_list;

enum severity { SEVERITY_ERROR, SEVERITY_WARNING, SEVERITY_INFO };

struct item {
    enum severity severity;
    struct sentence said; /* its code is the kind */
    struct str action;
    int64_t station, session;
    utc_ms since;
};

enum {
    ITEMS_MAX = 1000,
    STATIONS_MAX = 800, /* of them about single stations: the rest is for what comes behind them */
    OFFLINE_AFTER_MS = 300000,
    CLOCK_OFFSET_MS = 300000,
    REFUSED_SHOWN_MS = 24 * 3600 * 1000,
    OVERSIZE_TIMES = 2,
    REVIEWS_MAX = 100
};

struct items {
    struct item *list;
    uint32_t count, max;
    enum severity mildest; /* of the list, once it is full */
};

/* Is it worth to say it? Of twenty thousand stations that wait, most sentences would be for
 * nothing. */
static bool takes(const struct items *items, enum severity severity)
{
    return items->count < items->max || items->mildest > severity;
}

/* Into a full list only in the place of one that is less urgent: a thousand stations that never
 * connected must not hide the one that burns. */
static void add(struct items *items, struct item item)
{
    if (items->count < items->max) {
        items->list[items->count++] = item;
        return;
    }
    while (items->mildest > item.severity) {
        for (uint32_t i = items->count; i-- > 0;)
            if (items->list[i].severity == items->mildest) {
                items->list[i] = item;
                return;
            }
        items->mildest--;
    }
}

static struct str name_of(const struct station_row *station)
{
    return station->name.len ? station->name : station->identity;
}

/* --- one station */

#define OF_STATION(kind, pattern) \
    SENTENCE(turn->arena, kind, pattern, ARGS(ARG_STR("station", name_of(station))))

#define OF_REFUSED(kind, pattern) SENTENCE(turn->arena, kind, pattern, args)

static void look_at_connection(struct turn *turn, struct items *items,
                               const struct station_row *station)
{
    if (station->registration != REGISTRATION_ACCEPTED)
        return;
    if (!is_moment(station->connected_at) && !station->connected) {
        if (!takes(items, SEVERITY_INFO))
            return;
        add(items, (struct item){ SEVERITY_INFO,
                                  OF_STATION("first_boot", "{station} has never connected."),
                                  STR("Point it at this server: Connect a charger shows the "
                                      "address and what to enter."),
                                  station->id, 0, station->created_at });
    } else if (!station->connected && station->last_seen_at < turn->now - OFFLINE_AFTER_MS &&
               takes(items, SEVERITY_ERROR)) {
        add(items,
            (struct item){
                SEVERITY_ERROR, OF_STATION("offline", "{station} is offline."),
                STR("Check its power and its network; its log shows how the connection ended."),
                station->id, 0, station->last_seen_at });
    }
}

static struct sentence say_refused(struct turn *turn, const struct station_row *station,
                                   const struct ocpp_refused *refused)
{
    const struct sentence_arg *args =
        ARGS(ARG_STR("station", name_of(station)), ARG_INT("times", refused->times));

    switch (refused->why) {
    case REFUSED_NO_PASSWORD:
        return OF_REFUSED("refused_no_password",
                          "{station} was refused {times} times: it sent no password.");
    case REFUSED_WRONG_PASSWORD:
        return OF_REFUSED("refused_password",
                          "{station} was refused {times} times: its password is wrong.");
    case REFUSED_OTHER_USER:
        return OF_REFUSED("refused_user", "{station} was refused {times} times: the user name that "
                                          "it sent is not its identity.");
    case REFUSED_CERTIFICATE:
        return OF_REFUSED("refused_certificate", "{station} was refused {times} times: its "
                                                 "certificate is that of another station.");
    case REFUSED_DOOR:
        break;
    }
    return OF_REFUSED("refused_door", "{station} was refused {times} times: the door that it came "
                                      "to is below its security profile.");
}

/* It knocks and is not let in: nothing else says so to a person. */
static void look_at_refusals(struct turn *turn, struct items *items,
                             const struct station_row *station)
{
    static const struct str actions[] = {
        [REFUSED_NO_PASSWORD] =
            STR_INIT("Enter its password at it, or set a new one: Station, Details."),
        [REFUSED_WRONG_PASSWORD] =
            STR_INIT("Enter the right one at it, or set a new one: Station, Details."),
        [REFUSED_OTHER_USER] =
            STR_INIT("Enter the identity as the user name of HTTP Basic at the station."),
        [REFUSED_CERTIFICATE] =
            STR_INIT("Give it a certificate whose common name is its identity or serial number."),
        [REFUSED_DOOR] =
            STR_INIT("Point it at the wss address, or lower its profile: Station, Details."),
    };
    const struct ocpp_refused *refused = ocpp_refused(turn->engine, station->id);

    if (refused && turn->now - refused->at <= REFUSED_SHOWN_MS)
        add(items, (struct item){ SEVERITY_WARNING, say_refused(turn, station, refused),
                                  actions[refused->why], station->id, 0, refused->at });
}

static void look_at_secrets(struct turn *turn, struct items *items,
                            const struct station_row *station)
{
    if (station->registration == REGISTRATION_ACCEPTED && station->security_profile == 0 &&
        !station->demo && takes(items, SEVERITY_WARNING))
        add(items,
            (struct item){ SEVERITY_WARNING,
                           OF_STATION("no_password", "{station} connects without a password."),
                           STR("Set a password on it: Station, Details."), station->id, 0,
                           UTC_UNKNOWN });
    if (station->password_next_hash.len)
        add(items, (struct item){
                       SEVERITY_INFO,
                       OF_STATION("password_pending",
                                  "{station} has a new password and has not used it yet."),
                       STR("It takes effect when the station connects again; a reset does that."),
                       station->id, 0, UTC_UNKNOWN });
}

static void look_at_limits(struct turn *turn, struct items *items,
                           const struct station_row *station)
{
    if (station->oversize_count >= OVERSIZE_TIMES)
        add(items,
            (struct item){
                SEVERITY_WARNING,
                SENTENCE(
                    turn->arena, "oversize",
                    "{station} was disconnected {times} times for messages that are too large.",
                    ARGS(ARG_STR("station", name_of(station)),
                         ARG_INT("times", station->oversize_count))),
                STR("Raise frame_bytes_max of this station (its log has the size), or "
                    "ocpp.frame_bytes_max for all."),
                station->id, 0, UTC_UNKNOWN });
    if (station->clock_offset_ms > CLOCK_OFFSET_MS || station->clock_offset_ms < -CLOCK_OFFSET_MS)
        add(items,
            (struct item){
                SEVERITY_WARNING,
                SENTENCE(turn->arena, "clock", "The clock of {station} is off by {offset_s} s.",
                         ARGS(ARG_STR("station", name_of(station)),
                              ARG_INT("offset_s", station->clock_offset_ms / 1000))),
                STR("It should set its clock by our answer to Heartbeat; check its time settings."),
                station->id, 0, UTC_UNKNOWN });
}

static void look_at_connectors(struct turn *turn, struct items *items,
                               const struct station_row *station)
{
    const struct connector_row *row = NULL;

    while ((row = world_next_of(turn_world(turn), ROW_connector, station->id, row))) {
        if (row->status != STATUS_FAULTED || !station->connected)
            continue;
        add(items,
            (struct item){
                SEVERITY_ERROR,
                SENTENCE(turn->arena, "faulted",
                         row->evse ? "{station}, EVSE {evse}: fault {fault}. {info}"
                                   : "{station}: fault {fault}. {info}",
                         ARGS(ARG_STR("station", name_of(station)), ARG_INT("evse", row->evse),
                              ARG_STR("fault", row->error_code), ARG_STR("info", row->info))),
                STR("Reset the station; when the fault comes back, somebody has to go there."),
                station->id, 0, row->received_at });
    }
}

/* --- power */

static void take_notice(void *context, const struct dispatch_notice *notice)
{
    add(context, (struct item){ notice->error ? SEVERITY_ERROR : SEVERITY_WARNING, notice->said,
                                notice->action, notice->station, 0, notice->since });
}

/* --- the rest */

/* How large the messages are that a station is closed for stands in the doubt about it. */
static bool tells_size(struct items *items, const struct review_row *review)
{
    for (uint32_t i = 0; i < items->count && str_equal(review->kind, STR("oversize")); i++)
        if (items->list[i].station == review->station &&
            strcmp(items->list[i].said.code, "oversize") == 0) {
            items->list[i].action = review->text;
            items->list[i].since = review->at;
            return true;
        }
    return false;
}

static enum err look_at_reviews(struct turn *turn, struct items *items)
{
    static const struct store_filter open = { .column = "settled_at",
                                              .test = STORE_EQ,
                                              .number = UTC_UNKNOWN };
    static const struct store_query query = { .kind = ROW_review,
                                              .filters = &open,
                                              .filter_count = 1,
                                              .descending = true,
                                              .limit = REVIEWS_MAX };
    struct store_rows rows;
    uint32_t others = 0;
    utc_ms since = UTC_UNKNOWN;
    enum err err = turn_query(turn, &query, &rows);

    if (err != ERR_NONE)
        return err;
    for (uint32_t i = 0; i < rows.count; i++) {
        const struct review_row *review = rows.rows[i];
        if (str_equal(review->kind, STR("poison"))) {
            add(items,
                (struct item){ SEVERITY_ERROR,
                               { "poison", STR("{}"), review->text },
                               STR("The frame is kept in the review list and was not processed."),
                               review->station,
                               review->session,
                               review->at });
            continue;
        }
        if (tells_size(items, review))
            continue;
        others++;
        since = review->at;
    }
    if (others)
        add(items,
            (struct item){
                SEVERITY_INFO,
                SENTENCE(
                    turn->arena, "review", "{n}{more} doubtful facts wait for a decision.",
                    ARGS(ARG_INT("n", others),
                         ARG_STR("more", rows.count == REVIEWS_MAX ? STR(" or more") : STR_NONE))),
                STR("Look at them in the review list and settle them."), 0, 0, since });
    return ERR_NONE;
}

static int worst_first(const void *a, const void *b)
{
    const struct item *left = a, *right = b;

    if (left->severity != right->severity)
        return left->severity < right->severity ? -1 : 1;
    return left->since > right->since ? -1 : left->since < right->since;
}

static void write_item(struct turn *turn, struct json_writer *json, const struct item *item)
{
    static const char *const severities[] = { "error", "warning", "info" };
    const struct station_row *station = TURN_FIND(turn, station, item->station);

    json_object_begin(json);
    json_key_str(json, "kind", str_of(item->said.code));
    json_key_str(json, "severity", str_of(severities[item->severity]));
    json_key_raw(json, "args", item->said.args);
    json_key_str(json, "text", str_trim(item->said.text));
    json_key(json, "station");
    if (station)
        json_str(json, station->identity);
    else
        json_null(json);
    json_key(json, "session");
    if (item->session)
        json_str(json, id_text(turn->arena, item->session));
    else
        json_null(json);
    json_key_time(json, "since", is_moment(item->since) ? item->since : UTC_UNKNOWN);
    json_key_str(json, "action", item->action);
    json_object_end(json);
}

enum err attention_list(struct turn *turn, struct request *request)
{
    struct items items = { .list = ARENA_NEW_ARRAY(turn->arena, struct item, ITEMS_MAX),
                           .max = STATIONS_MAX,
                           .mildest = SEVERITY_INFO };
    const struct engine *engine = turn->engine;
    const struct station_row *station;
    enum err err;

    if (!items.list)
        return ERR_FULL;
    if (!engine->storage_works)
        add(&items,
            (struct item){ SEVERITY_ERROR,
                           SENTENCE(turn->arena, "storage", "Nothing can be stored: {why}.",
                                    ARGS(ARG_STR("why", str_of(engine->storage_why
                                                                   ? engine->storage_why
                                                                   : "the last commit failed")))),
                           STR("Make room on the disk of the data directory; stations come "
                               "back by themselves."),
                           0, 0, UTC_UNKNOWN });
    for (uint32_t at = 0; (station = world_next(turn_world(turn), ROW_station, &at));) {
        look_at_connection(turn, &items, station);
        look_at_refusals(turn, &items, station);
        look_at_secrets(turn, &items, station);
        look_at_limits(turn, &items, station);
        look_at_connectors(turn, &items, station);
    }
    items.max = ITEMS_MAX;
    dispatch_notices(turn->engine, turn->arena, take_notice, &items);
    err = look_at_reviews(turn, &items);
    if (err != ERR_NONE)
        return err;
    qsort(items.list, items.count, sizeof *items.list, worst_first);
    page_begin(request);
    for (uint32_t i = 0; i < items.count; i++)
        write_item(turn, &request->json, &items.list[i]);
    page_end(request, 0);
    return ERR_NONE;
}
