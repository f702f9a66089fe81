/* state.h: what this room keeps between requests. */
#pragma once
#include "access/throttle.h"
#include "api/request.h"

struct streams;
struct import_job;
struct put_job;

/* What a request under way has claimed (idempotency.h). */
struct flight {
    struct flight *next;
    uint64_t hash;
};

enum { FLIGHTS_MAX = 10000, STATUS_CLASSES = 6 };

struct api {
    struct engine *engine;
    struct api_config config;
    struct api_addresses addresses;
    struct throttle throttle;
    struct streams *streams;
    struct flight *flights;
    uint32_t flight_count;
    struct import_job *import; /* the long one that is under way; NULL: none */
    uint64_t import_count;     /* of those, since the start */
    struct put_job *put;       /* a long power document on its way; NULL: none */
    uint64_t put_count;        /* of those, since the start */
    struct timer adopt_timer;  /* power_adopt.c: at which site's document, and which node */
    int64_t adopt_site;
    uint32_t adopt_at;
    uint32_t logins_busy;              /* passwords being checked: each takes 19 MiB */
    uint64_t requests[STATUS_CLASSES]; /* by the first digit of their status */
};

static inline struct api *api_of(const struct engine *engine)
{
    return engine->api;
}

/* Adds what every answer carries and sends it when the turn is durable. */
void answer_send(struct turn *turn, struct request *request);
