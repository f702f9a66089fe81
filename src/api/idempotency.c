#include "api/idempotency.h"

#include <stdlib.h>

#include "api/state.h"

enum { KEY_MAX = 100, KEPT_MS = 24 * 3600 * 1000 };

/* Keys of different people do not meet. */
static struct str full_key(struct turn *turn, const struct request *request)
{
    return arena_printf(turn->arena, "%d:%lld:%.*s", (int)turn->actor.kind,
                        (long long)turn->actor.id, STR_ARGS(request->idempotency_key));
}

/* The same request again, or another under the same key? */
static struct str fingerprint(struct turn *turn, const struct request *request)
{
    static const char digits[] = "0123456789abcdef";
    struct str all = arena_printf(turn->arena, "%.*s %.*s\n%.*s", STR_ARGS(request->method),
                                  STR_ARGS(request->target), STR_ARGS(request->body));
    uint8_t hash[SHA256_BYTES];
    char text[2 * SHA256_BYTES];

    if (!all.ptr)
        return STR_NONE;
    sha256(all, hash);
    for (size_t i = 0; i < sizeof hash; i++) {
        text[2 * i] = digits[hash[i] >> 4];
        text[2 * i + 1] = digits[hash[i] & 15];
    }
    return arena_copy(turn->arena, (struct str){ text, sizeof text });
}

static enum err answer_again(struct turn *turn, struct request *request,
                             const struct reply_row *reply)
{
    if (!str_equal(reply->request, fingerprint(turn, request)))
        return problem_field(request, ERR_BAD_VALUE, STR("Idempotency-Key"),
                             "This key was used for another request.");
    request->status = (int)reply->status;
    request->location = reply->location;
    request->content_type_out =
        reply->status < 300 ? STR("application/json") : STR("application/problem+json");
    buf_put(&request->out, reply->body);
    return ERR_NONE;
}

static struct flight **flight_of(struct api *api, uint64_t hash)
{
    struct flight **at = &api->flights;

    while (*at && (*at)->hash != hash)
        at = &(*at)->next;
    return at;
}

enum err flight_claim(struct request *request, enum flight_slot slot, struct str key,
                      const char *busy)
{
    struct api *api = request->api;
    uint64_t hash = str_hash(key);
    struct flight *flight = *flight_of(api, hash);

    if (request->flights[slot] == hash)
        return ERR_NONE; /* this very request, run again */
    if (flight)
        return problem_set(request, ERR_NOT_NOW, "%s", busy);
    flight = api->flight_count < FLIGHTS_MAX ? malloc(sizeof *flight) : NULL;
    if (!flight)
        return ERR_FULL;
    *flight = (struct flight){ .next = api->flights, .hash = hash };
    api->flights = flight;
    api->flight_count++;
    request->flights[slot] = hash;
    return ERR_NONE;
}

static void remove_flight(struct api *api, uint64_t hash)
{
    struct flight **at = flight_of(api, hash);
    struct flight *flight = *at;

    if (!flight)
        return;
    *at = flight->next;
    api->flight_count--;
    free(flight);
}

static void landed(struct engine *engine, void *data)
{
    remove_flight(api_of(engine), *(const uint64_t *)data);
}

void flight_land_after(struct turn *turn, const struct request *request, enum flight_slot slot)
{
    turn_after(turn, landed, &request->flights[slot], sizeof request->flights[slot]);
}

void flight_end(struct turn *turn, struct request *request, enum err err)
{
    /* What was recorded ends with its commit (landed); what was not, now. */
    for (size_t i = 0; i < FLIGHT_SLOTS; i++)
        if (request->flights[i] && (err != ERR_NONE || turn->edit_count == 0))
            remove_flight(request->api, request->flights[i]);
}

void flights_free(struct api *api)
{
    while (api->flights) {
        struct flight *flight = api->flights;
        api->flights = flight->next;
        free(flight);
    }
    api->flight_count = 0;
}

static void keep_answer(struct turn *turn, struct request *request, struct str key,
                        const struct reply_row *old)
{
    struct reply_row *reply = old ? TURN_EDIT(turn, reply, old) : TURN_NEW(turn, reply);

    reply->key = key;
    reply->at = turn->now;
    reply->request = fingerprint(turn, request);
    reply->status = request->status;
    reply->location = request->location;
    /* A made secret is shown once and never stored: a repeat learns that it was done. */
    reply->body = request->holds_secret ? STR("{}") : buf_str(&request->out);
    flight_land_after(turn, request, FLIGHT_KEY);
}

enum err idempotent(struct turn *turn, struct request *request)
{
    struct str key = full_key(turn, request);
    const struct store_filter by_key = { .column = "key", .test = STORE_EQ, .text = key };
    const struct store_query query = {
        .kind = ROW_reply, .filters = &by_key, .filter_count = 1, .limit = 1
    };
    const struct reply_row *old;
    struct store_rows rows;
    enum err err;

    if (request->idempotency_key.len > KEY_MAX)
        return problem_field(request, ERR_BAD_VALUE, STR("Idempotency-Key"),
                             "It has at most 100 characters.");
    err = flight_claim(request, FLIGHT_KEY, key,
                       "The first request with this Idempotency-Key is still under way.");
    if (err == ERR_NONE)
        err = turn_query(turn, &query, &rows);
    if (err != ERR_NONE)
        return err;
    old = rows.count ? rows.rows[0] : NULL;
    if (old && old->at > turn->now - KEPT_MS)
        return answer_again(turn, request, old);
    err = request->operation->fn(turn, request);
    if (err == ERR_LATER)
        return err;
    if (err != ERR_NONE) {
        turn_forget(turn);
        problem_write(request, err);
        if (request->status >= 500 && request->status != 502 && request->status != 504)
            return ERR_NONE; /* the server's own trouble: a repeat is tried anew */
    }
    keep_answer(turn, request, key, old);
    return ERR_NONE;
}
