#include "node/node.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "access/key_file.h"
#include "api/api.h"
#include "api/assets.h"
#include "core/keep.h"
#include "dispatch/dispatch.h"
#include "net/server.h"
#include "node/addresses.h"
#include "node/directory.h"
#include "node/doors.h"
#include "ocpp/ocpp.h"
#include "store/files.h"

enum { STOP_NET_MS = 3000, STOP_CORE_MS = 5000 };

/* The answer to a request that was asked in-process. */
struct local_answer {
    bool done;
    int status;
    char *body;
    size_t len;
};

struct node {
    struct node_config config;
    struct store_lock lock;
    bool locked;
    struct store *store;
    uint8_t key[SERVER_KEY_BYTES];
    struct poison_page *poison;
    struct host *host;
    struct keep *keep;
    struct net *net;
    struct local_answer answer;
    struct addresses addresses;
    atomic_bool reload; /* asked for: node_reload */
};

/* --- what the engine tells --------------------------------------------- */

static void on_net(struct engine *engine, const struct net_event *event)
{
    bool station = event->door == NET_DOOR_OCPP || event->door == NET_DOOR_OCPP_TLS ||
                   event->door == NET_DOOR_OCPP_MTLS;

    if (station)
        ocpp_net_event(engine, event);
    else
        api_net_event(engine, event);
}

static void on_storage(struct engine *engine, bool works)
{
    (void)fprintf(
        stderr,
        works ? "voltd: storage works again, stations may come back\n"
              : "voltd: storage fails (%s); stations are disconnected until it works again\n",
        engine->storage_why ? engine->storage_why : "");
    ocpp_storage(engine, works);
    dispatch_storage(engine, works);
    api_storage(engine, works);
}

static void on_event(struct engine *engine, const struct event_row *event)
{
    dispatch_event(engine, event);
    api_event(engine, event);
}

/* --- the rooms --------------------------------------------------------------------------- */

/* The page that outlives a crash (ocpp/poison.h). Without it the server works too. */
static struct poison_page *map_poison(const struct node *node)
{
    char path[4096];
    int fd = open(directory_file(node->config.directory, "voltd.frame", path),
                  O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    void *page = MAP_FAILED;

    if (fd >= 0 && ftruncate(fd, sizeof(struct poison_page)) == 0)
        page = mmap(NULL, sizeof(struct poison_page), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (fd >= 0)
        close(fd);
    if (page == MAP_FAILED)
        return NULL;
    poison_start(page);
    return page;
}

static enum err open_store(struct node *node, char *why, size_t why_cap)
{
    char path[4096], said[STORE_WHY_SIZE] = "";
    enum store_place place;
    enum err err = directory_make(node->config.directory, why, why_cap);

    if (err != ERR_NONE)
        return err;
    err = store_check_place(node->config.directory, &place, said);
    if (err == ERR_NONE && place == STORE_PLACE_BAD)
        err = ERR_STORAGE;
    if (err == ERR_NONE)
        err = store_lock_take(node->config.directory, &node->lock, said);
    node->locked = err == ERR_NONE;
    if (err == ERR_NONE)
        err = store_sqlite_open(directory_file(node->config.directory, STORE_FILE_NAME, path),
                                &node->store, said, sizeof said);
    if (err == ERR_NONE)
        err = key_file_open(node->config.directory, node->key, said, sizeof said);
    if (err != ERR_NONE)
        (void)snprintf(why, why_cap, "%s", said[0] ? said : err_text(err));
    return err;
}

static enum err open_core(struct node *node, char *why, size_t why_cap)
{
    const struct options *options = node->config.options;
    const struct host_config config = {
        .store = node->store,
        .readers = (uint32_t)options->store_readers,
        .options = options,
        .handlers = { .net = on_net,
                      .ahead = ocpp_net_ahead,
                      .call = ocpp_call,
                      .send_call = ocpp_send_call,
                      .render = api_render,
                      .event = on_event,
                      .logged = api_logged,
                      .storage = on_storage },
        .net_fd = -1,
    };
    const struct ocpp_config ocpp = {
        .frame_bytes_max = (uint32_t)options->ocpp_frame_bytes_max,
        .call_timeout_ms = (uint32_t)options->ocpp_call_timeout_s * 1000,
        .ping_interval_ms = (uint32_t)options->ocpp_ping_interval_s * 1000,
        .heartbeat_interval_s = options->ocpp_heartbeat_interval_s,
        .calls_waiting_max = (uint32_t)options->ocpp_calls_waiting_max,
        .lost_after_s = options->sessions_lost_after_s,
        .onboarding_open = options->onboarding_open || node->config.demo,
        .poison = node->poison,
        .context = node->key,
        .check_password = api_check_station_password,
        .hash_password = api_hash_station_password,
    };
    const struct dispatch_config dispatch = { .options = options,
                                              .asks_meters = node->config.doors,
                                              .is_watched = api_power_is_watched,
                                              .tell = api_site_power,
                                              .clock = host_clock };
    const struct api_config api = { .options = options,
                                    .server_key = node->key,
                                    .version = str_of(node->config.version),
                                    .demo = node->config.demo,
                                    .assets = web_assets,
                                    .asset_count = web_asset_count };
    enum err err = host_open(&config, &node->host, why, why_cap);

    if (err != ERR_NONE)
        return err;
    host_engine(node->host)->commit_deadline_ms = (mono_ms)options->ocpp_commit_deadline_s * 1000;
    node->keep = keep_start(host_engine(node->host),
                            &(struct keep_days){ .frames = options->store_frames_days,
                                                 .samples = options->store_meter_days,
                                                 .events = options->store_events_days,
                                                 .replies = 1,
                                                 .decisions = options->energy_decisions_days });
    host_engine(node->host)->turns_max = (uint32_t)options->engine_turns_max;
    (void)ocpp_new(host_engine(node->host), &ocpp);
    (void)dispatch_new(host_engine(node->host), &dispatch);
    (void)api_new(host_engine(node->host), &api);
    return ERR_NONE;
}

static enum err open_doors(struct node *node, char *why, size_t why_cap)
{
    const struct doors doors = { .options = node->config.options,
                                 .directory = node->config.directory,
                                 .host = node->host };
    enum err err = doors_open(&doors, &node->net, why, why_cap);

    if (err != ERR_NONE)
        return err;
    host_set_net(node->host, net_port_of(node->net), net_event_fd(node->net), net_dispatch);
    addresses_find(&node->addresses, node->net, node->config.options);
    api_set_addresses(host_engine(node->host), &node->addresses.api);
    return ERR_NONE;
}

/* --- requests without a network -------------------------------------------------------------- */

static void local_respond(void *context, conn_id conn, const struct net_response *response)
{
    struct local_answer *answer = &((struct node *)context)->answer;

    (void)conn;
    answer->status = response->status;
    answer->body = malloc(response->body.len + 1);
    check(answer->body != NULL);
    if (response->body.len)
        memcpy(answer->body, response->body.ptr, response->body.len);
    answer->body[response->body.len] = '\0';
    answer->len = response->body.len;
    answer->done = true;
}

static struct net_port local_port(struct node *node)
{
    struct net_port port = net_port_of_nobody(node);

    port.respond = local_respond;
    return port;
}

static bool is_answered(void *context)
{
    return ((struct node *)context)->answer.done;
}

int node_request(struct node *node, struct str method, struct str target, struct str body,
                 struct str *answer)
{
    static const struct net_header headers[] = { { STR_INIT("content-type"),
                                                   STR_INIT("application/json") },
                                                 { STR_INIT("host"), STR_INIT("localhost") } };
    const struct net_peer peer = { .address = "local", .plain_private = true };
    const struct net_request request = { .method = method,
                                         .target = target,
                                         .headers = headers,
                                         .header_count = COUNT(headers),
                                         .body = body };
    const struct net_event event = {
        .kind = NET_HTTP, .door = NET_DOOR_LOCAL, .conn = 1, .peer = &peer, .request = &request
    };

    check(!node->net);
    free(node->answer.body);
    node->answer = (struct local_answer){ 0 };
    host_net_event(node->host, &event);
    if (host_run(node->host, is_answered, node) != 0)
        return 503;
    *answer = (struct str){ node->answer.body, (uint32_t)node->answer.len };
    return node->answer.status;
}

/* --- life ---------------------------------------------------------------- */

enum err node_open(const struct node_config *config, struct node **out, char *why, size_t why_cap)
{
    struct node *node = calloc(1, sizeof *node);
    enum err err;

    check(node != NULL);
    node->config = *config;
    err = open_store(node, why, why_cap);
    if (err == ERR_NONE) {
        node->poison = map_poison(node);
        err = open_core(node, why, why_cap);
    }
    if (err == ERR_NONE && config->doors)
        err = open_doors(node, why, why_cap);
    else if (err == ERR_NONE)
        host_set_net(node->host, local_port(node), -1, NULL);
    if (err != ERR_NONE) {
        node_close(node);
        return err;
    }
    if (config->doors) {
        ocpp_started(host_engine(node->host));
        dispatch_started(host_engine(node->host));
        api_started(host_engine(node->host));
    }
    *out = node;
    return ERR_NONE;
}

struct engine *node_engine(struct node *node)
{
    return host_engine(node->host);
}

struct host *node_host(struct node *node)
{
    return node->host;
}

const char *node_address(const struct node *node, enum net_door door)
{
    return node->net ? net_address(node->net, door) : NULL;
}

/* Reads the certificate files again. On the core thread: three small files, when a person says so.
 */
static void reload(struct node *node)
{
    char why[512] = "";

    if (!node_address(node, NET_DOOR_HTTPS) && !node_address(node, NET_DOOR_OCPP_TLS) &&
        !node_address(node, NET_DOOR_OCPP_MTLS)) {
        (void)fprintf(stderr, "voltd: no TLS door is open, so there is nothing to read again\n");
        return;
    }
    if (doors_reload(node->config.options, node->net, why, sizeof why) == ERR_NONE)
        (void)fprintf(stderr, "voltd: new connections get the certificates as they are now\n");
    else
        (void)fprintf(stderr, "voltd: %s; the certificates of before stay in use\n",
                      why[0] ? why : "no memory for the new certificates");
}

/* Between two rounds; never ends the run. */
static bool reload_if_asked(void *context)
{
    struct node *node = context;

    if (atomic_exchange(&node->reload, false))
        reload(node);
    return false;
}

int node_run(struct node *node)
{
    return host_run(node->host, reload_if_asked, node);
}

void node_reload(struct node *node)
{
    atomic_store(&node->reload, true);
    host_wake(node->host);
}

void node_stop(struct node *node)
{
    host_stop(node->host);
}

static void close_core(struct node *node)
{
    struct engine *engine = host_engine(node->host);

    host_close(node->host, STOP_CORE_MS);
    if (engine->api)
        api_free(engine);
    if (engine->dispatch)
        dispatch_free(engine->dispatch);
    if (engine->ocpp)
        ocpp_free(engine->ocpp);
    keep_free(node->keep);
    host_free(node->host);
}

void node_close(struct node *node)
{
    if (node->net) {
        net_stop(node->net, STOP_NET_MS);
        host_set_net(node->host, net_port_of_nobody(node), -1, NULL);
    }
    if (node->host)
        close_core(node);
    if (node->poison)
        (void)munmap(node->poison,
                     sizeof *node->poison); /* the mapping ends with the process anyway */
    if (node->store)
        node->store->ops->close(node->store);
    if (node->locked)
        store_lock_drop(&node->lock);
    free(node->answer.body);
    free(node);
}
