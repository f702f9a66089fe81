#include "node/addresses.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <stdio.h>

static struct str keep(struct addresses *addresses, const char *scheme, const char *host,
                       const char *port, const char *path)
{
    char *text = addresses->texts[addresses->used];

    if (addresses->used == COUNT(addresses->texts))
        return STR_NONE;
    addresses->used++;
    (void)snprintf(text, ADDRESS_TEXT_MAX, "%s://%s:%s%s", scheme, host, port,
                   path); /* hosts here are numbers */
    return str_of(text);
}

static void add(struct addresses *addresses, bool tls, const char *host, const char *port)
{
    struct api_addresses *api = &addresses->api;
    struct str *list = tls ? api->wss : api->ws;
    uint32_t *count = tls ? &api->wss_count : &api->ws_count;
    struct str text;

    if (*count == API_ADDRESSES_MAX)
        return;
    text = keep(addresses, tls ? "wss" : "ws", host, port, "/ocpp/");
    if (text.len)
        list[(*count)++] = text;
}

/* "0.0.0.0:9000" → "0.0.0.0" and "9000". */
static const char *split(const char *address, char host[64])
{
    const char *colon = strrchr(address, ':');

    (void)snprintf(host, 64, "%.*s", (int)(colon - address), address); /* addresses are short */
    return colon + 1;
}

static bool is_any(const char *host)
{
    return strcmp(host, "0.0.0.0") == 0 || strcmp(host, "[::]") == 0;
}

/* Every address of this machine at which a door that listens everywhere can be reached. */
static void add_interfaces(struct addresses *addresses, bool tls, const char *port)
{
    struct ifaddrs *list = NULL;

    if (getifaddrs(&list) != 0)
        return;
    for (const struct ifaddrs *at = list; at; at = at->ifa_next) {
        char host[INET_ADDRSTRLEN];
        const struct sockaddr_in *in = (const void *)at->ifa_addr;
        if (!at->ifa_addr || at->ifa_addr->sa_family != AF_INET || !(at->ifa_flags & IFF_UP) ||
            (at->ifa_flags & IFF_LOOPBACK) || !inet_ntop(AF_INET, &in->sin_addr, host, sizeof host))
            continue;
        add(addresses, tls, host, port);
        addresses->api.reachable = true;
    }
    freeifaddrs(list);
}

static void add_door(struct addresses *addresses, const struct net *net, enum net_door door)
{
    const char *address = net_address(net, door);
    bool tls = door != NET_DOOR_OCPP;
    char host[64];
    const char *port;

    if (!address)
        return;
    port = split(address, host);
    if (is_any(host)) {
        add_interfaces(addresses, tls, port);
        add(addresses, tls, "127.0.0.1", port);
        return;
    }
    add(addresses, tls, host, port);
    addresses->api.reachable = addresses->api.reachable || strncmp(host, "127.", 4) != 0;
}

static void find_pages(struct addresses *addresses, const struct net *net,
                       const struct options *options)
{
    const char *http = net_address(net, NET_DOOR_HTTP), *https = net_address(net, NET_DOOR_HTTPS);
    char host[64];
    const char *port;

    if (options->http_public_url.len) {
        addresses->api.pages = options->http_public_url;
    } else if (https || http) {
        port = split(https ? https : http, host);
        addresses->api.pages =
            keep(addresses, https ? "https" : "http", is_any(host) ? "127.0.0.1" : host, port, "");
    }
    if (https) {
        port = split(https, host);
        addresses->api.https = keep(addresses, "https", is_any(host) ? "" : host, port, "");
    }
}

void addresses_find(struct addresses *addresses, const struct net *net,
                    const struct options *options)
{
    *addresses = (struct addresses){ 0 };
    if (options->ocpp_public_url.len) {
        bool tls = str_starts(options->ocpp_public_url, STR("wss://"));
        *(tls ? addresses->api.wss : addresses->api.ws) = options->ocpp_public_url;
        *(tls ? &addresses->api.wss_count : &addresses->api.ws_count) = 1;
        addresses->api.reachable = true;
    }
    add_door(addresses, net, NET_DOOR_OCPP_TLS);
    add_door(addresses, net, NET_DOOR_OCPP);
    find_pages(addresses, net, options);
    addresses->api.hint = addresses->api.reachable
                              ? STR_NONE
                              : STR("No address of this machine can be reached from outside. Set "
                                    "ocpp.listen = 0.0.0.0:9000, or "
                                    "ocpp.public_url when a proxy or tunnel stands in front.");
}
