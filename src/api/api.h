/* api.h: REST, the event stream, health and metrics, and the pages, over HTTP.
 *
 * Runs on the core thread. Each request is a turn: it finds, decides and records like any message
 * of a station, and its answer leaves after the commit. What a request may do is decided by one
 * right (access/rights.def); api.def lists the operations, contracts/openapi.yaml describes them.
 */
#pragma once
#include "access/secret.h"
#include "core/engine.h"

struct options;
struct web_asset;
struct api;

/* Where stations and browsers reach this machine; texts live as long as the api. */
enum { API_ADDRESSES_MAX = 16 };
struct api_addresses {
    struct str ws[API_ADDRESSES_MAX], wss[API_ADDRESSES_MAX]; /* "ws://192.0.2.7:9000/ocpp/" */
    uint32_t ws_count, wss_count;
    bool reachable;   /* one of them is not this machine alone */
    struct str hint;  /* what to change when none is; or empty */
    struct str pages; /* "http://127.0.0.1:8080", for login links */
    struct str https; /* "https://HOST:PORT" that plain HTTP sends browsers to; HOST empty: the same
                         host; or empty */
};

struct api_config {
    const struct options *options;
    const uint8_t *server_key; /* SERVER_KEY_BYTES; may be NULL where no station is added */
    struct str version;
    bool demo;
    struct api_addresses addresses;
    const struct web_asset *assets; /* the pages (assets.h); NULL: none are built in */
    uint32_t asset_count;
};

/* Makes the room and puts it under engine->api. */
struct api *api_new(struct engine *engine, const struct api_config *config);
void api_free(struct engine *engine);
/* The addresses are known once the listeners are open. */
void api_set_addresses(struct engine *engine, const struct api_addresses *addresses);

/* For engine_handlers. */
void api_net_event(struct engine *engine,
                   const struct net_event *event); /* of the HTTP doors and the local one */
void api_render(struct turn *turn, const char *topic, int64_t station, int64_t session,
                struct buf *body);
void api_event(struct engine *engine, const struct event_row *event);
void api_logged(struct engine *engine, const struct log_entry *entry);
/* A live value of a site, JSON, and whether anybody wants it: for dispatch_config. */
bool api_power_is_watched(const struct engine *engine);
void api_site_power(struct engine *engine, struct str body);
/* After engine_load and dispatch_started: what a restart has broken off goes on. */
void api_started(struct engine *engine);
/* After the registry was read anew: the streams go on. */
void api_storage(struct engine *engine, bool works);

/* For ocpp_config; context is the server's key. */
bool api_check_station_password(void *context, const struct station_row *station,
                                struct str password, struct str *next);
void api_hash_station_password(void *context, struct str password, uint8_t salt[16],
                               uint8_t hash[SHA256_BYTES]);

/* A person who has no way in yet: makes the first admin's one-time link, where there is no person
 * at all. False: there is one, or it cannot be stored. The link's secret is durable once the engine
 * has committed. */
bool api_first_link(struct engine *engine, struct secret *secret);
