/* server.c: starts and stops the network. */
#include "net/server.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include "net/inner.h"
#include "net/tls_doors.h"
#include "net/tls_turn.h"

enum {
    LOOPS_MAX = 255,        /* a byte of conn_id */
    DESCRIPTORS_KEPT = 256, /* for people, the database, backups, and the loops' own */
    CONNECTIONS_MAX = 1 << 30,
    RING_BYTES_MIN = 1 << 20,
};

static uint32_t or_default(uint32_t value, uint32_t otherwise)
{
    return value ? value : otherwise;
}

static uint32_t cores(void)
{
    long count = sysconf(_SC_NPROCESSORS_ONLN);

    return count < 1 ? 1 : count > 64 ? 64 : (uint32_t)count;
}

static void settle_config(struct net *net, const struct net_config *given)
{
    struct net_config *config = &net->config;

    *config = *given;
    config->loops = or_default(config->loops, cores());
    if (config->loops > LOOPS_MAX)
        config->loops = LOOPS_MAX;
    config->tls_per_second = or_default(config->tls_per_second, 500);
    config->head_bytes_max = or_default(config->head_bytes_max, 16 << 10);
    config->headers_max = or_default(config->headers_max, 100);
    config->body_bytes_max = or_default(config->body_bytes_max, 1 << 20);
    config->queue_bytes_max = or_default(config->queue_bytes_max, 4 << 20);
    config->assembling_bytes_max = or_default(config->assembling_bytes_max, 64 << 20);
    config->head_deadline_s = or_default(config->head_deadline_s, 10);
    config->body_deadline_s = or_default(config->body_deadline_s, 60);
    config->idle_deadline_s = or_default(config->idle_deadline_s, 75);
    config->tickets_look_s = or_default(config->tickets_look_s, 600);
    config->ring_bytes = or_default(config->ring_bytes, 4 << 20);
    if (config->ring_bytes < RING_BYTES_MIN)
        config->ring_bytes = RING_BYTES_MIN;
    net->http_limits = (struct http_limits){ .head_bytes_max = config->head_bytes_max,
                                             .headers_max = config->headers_max,
                                             .body_bytes_max = config->body_bytes_max };
}

static uint32_t conn_max(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
        return CONNECTIONS_MAX;
    if (limit.rlim_cur <= DESCRIPTORS_KEPT + 16)
        return 16;
    limit.rlim_cur -= DESCRIPTORS_KEPT;
    return limit.rlim_cur > CONNECTIONS_MAX ? CONNECTIONS_MAX : (uint32_t)limit.rlim_cur;
}

static enum err read_proxies(struct net *net, char *why, size_t why_cap)
{
    net->proxies = calloc(net->config.proxy_count + 1, sizeof *net->proxies);
    if (!net->proxies)
        return ERR_FULL;
    for (uint32_t i = 0; i < net->config.proxy_count; i++)
        if (!cidr_parse(net->config.proxies[i], &net->proxies[i])) {
            (void)snprintf(why, why_cap, "%s is no address or CIDR block (10.0.0.0/8)",
                           net->config.proxies[i]);
            return ERR_USAGE;
        }
    return ERR_NONE;
}

static enum err make_loops(struct net *net)
{
    net->loops = aligned_alloc(64, net->config.loops * sizeof *net->loops);
    if (!net->loops)
        return ERR_FULL;
    for (uint32_t i = 0; i < net->config.loops; i++) {
        enum err err = loop_init(&net->loops[i], net, i);
        net->loop_count = i + 1;
        if (err != ERR_NONE)
            return err;
    }
    return ERR_NONE;
}

static uint32_t tls_doors_wanted(const struct net_config *config)
{
    uint32_t wanted = 0;

    for (uint32_t i = 0; i < config->listener_count; i++)
        if (door_is_tls((uint8_t)config->listeners[i].door))
            wanted |= 1u << config->listeners[i].door;
    return wanted;
}

static enum err open_all(struct net *net, char *why, size_t why_cap)
{
    enum err err = read_proxies(net, why, why_cap);
    uint32_t tls = tls_doors_wanted(&net->config);

    if (err == ERR_NONE)
        err = make_loops(net);
    if (err == ERR_NONE && tls != 0)
        err = tls_doors_open(&net->config, tls, &net->tls, why, why_cap);
    if (err == ERR_NONE)
        err = listen_open(net, why, why_cap);
    for (uint32_t i = 0; i < net->loop_count && err == ERR_NONE; i++)
        if (!listen_begin(&net->loops[i]))
            err = ERR_OS;
    if (err == ERR_NONE)
        tls_turn_begin(&net->loops[0]);
    for (uint32_t i = 0; i < net->loop_count && err == ERR_NONE; i++)
        if (!loop_run(&net->loops[i]))
            err = ERR_OS;
    return err;
}

enum err net_start(const struct net_config *config, struct net **out, char *why, size_t why_cap)
{
    struct net *net = calloc(1, sizeof *net);
    enum err err;

    if (!net) {
        (void)snprintf(why, why_cap, "no memory for the network");
        return ERR_FULL;
    }
    settle_config(net, config);
    net->conn_max = conn_max();
    net->event_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    check(net->event_fd >= 0);
    why[0] = '\0';
    err = open_all(net, why, why_cap);
    if (err != ERR_NONE) {
        if (why[0] == '\0')
            (void)snprintf(why, why_cap, "the network: %s", err_text(err));
        net_stop(net, 0);
        return err;
    }
    net->config.listeners = NULL; /* the caller's, and no longer needed */
    net->config.proxies = NULL;
    net->config.tls = (struct net_tls_config){ 0 };
    net->config.ticket_file = NULL;
    *out = net;
    return ERR_NONE;
}

const char *net_address(const struct net *net, enum net_door door)
{
    return net->addresses[door][0] ? net->addresses[door] : NULL;
}

uint32_t net_connections(const struct net *net)
{
    return atomic_load(&net->conn_count);
}

enum err net_reload_tls(struct net *net, const struct net_tls_config *tls, char *why,
                        size_t why_cap)
{
    check(net->tls != NULL);
    return tls_doors_reload(net->tls, tls, why, why_cap);
}

void net_stop(struct net *net, uint32_t wait_ms)
{
    net->stop_wait_ms = wait_ms;
    for (uint32_t i = 0; i < net->loop_count; i++)
        if (net->loops[i].running) {
            atomic_store(&net->loops[i].stop, true);
            loop_wake(&net->loops[i]);
        }
    for (uint32_t i = 0; i < net->loop_count; i++)
        if (net->loops[i].running)
            check(pthread_join(net->loops[i].thread, NULL) == 0);
    for (uint32_t i = 0; i < net->loop_count; i++)
        loop_fini(&net->loops[i]);
    port_free(net);
    tls_doors_close(net->tls);
    if (net->local_path)
        (void)unlink(net->local_path); /* gone already is as good */
    free(net->local_path);
    close(net->event_fd);
    free(net->proxies);
    free(net->loops);
    free(net);
}
