#include "node/doors.h"

#include <stdio.h>

#include "core/host.h"
#include "node/directory.h"

enum { WHY_CAP = 512, LISTENERS_MAX = 8 };

static void on_note(void *context, enum net_note note, const char *line)
{
    (void)context;
    (void)note;
    (void)fprintf(stderr, "voltd: %s\n", line); /* nowhere else to say it */
}

/* "a, b" to two names; the texts are NUL-terminated as a whole, so the first part is copied. */
static void split_pair(struct str text, char first[1024], const char **one, const char **two)
{
    int64_t comma = str_find_byte(text, ',');

    *one = *two = NULL;
    if (text.len == 0)
        return;
    if (comma < 0) {
        *one = text.ptr;
        return;
    }
    (void)snprintf(first, 1024, "%.*s", STR_ARGS(str_trim(str_first(text, (uint32_t)comma))));
    *one = first; /* a longer path does not open */
    *two = text.ptr + comma + 1;
    *two += strspn(*two, " ");
}

/* The files of the TLS doors; the first name of each pair is a copy. */
struct tls_files {
    struct net_tls_config config;
    char chain[1024], key[1024], https_chain[1024], https_key[1024];
};

static void tls_files_of(const struct options *options, struct tls_files *files)
{
    struct str chains = options->ocpp_cert.len ? options->ocpp_cert : options->https_cert;
    struct str keys = options->ocpp_key.len ? options->ocpp_key : options->https_key;
    struct net_certificate *ocpp = files->config.certificates;
    struct net_certificate *https = files->config.https_certificates;

    split_pair(chains, files->chain, &ocpp[0].chain_file, &ocpp[1].chain_file);
    split_pair(keys, files->key, &ocpp[0].key_file, &ocpp[1].key_file);
    /* Where they are not set, the HTTPS door has the others. */
    split_pair(options->https_cert, files->https_chain, &https[0].chain_file, &https[1].chain_file);
    split_pair(options->https_key, files->https_key, &https[0].key_file, &https[1].key_file);
    files->config.client_ca_file = options->ocpp_client_ca.len ? options->ocpp_client_ca.ptr : NULL;
}

/* "10.0.0.1, 10.0.0.0/8" to its parts, which lie in `memory`. options_check saw to it that they
 * fit.
 */
static uint32_t split_proxies(struct str text, char memory[OPTIONS_PROXY_TEXT_MAX + 1],
                              const char *list[OPTIONS_PROXIES_MAX])
{
    uint32_t count = 0;
    struct str part;

    check(text.len <= OPTIONS_PROXY_TEXT_MAX);
    while (text.len && str_cut(&text, ',', &part)) {
        check(count < OPTIONS_PROXIES_MAX);
        part = str_trim(part);
        list[count++] = memcpy(memory, part.ptr, part.len);
        memory[part.len] = '\0';
        memory += part.len + 1;
    }
    return count;
}

/* "127.0.0.1:8080: Address already in use" says more with the key that the address comes from. */
static void name_listener(const struct net_listener *listeners, uint32_t count, char *why,
                          size_t why_cap)
{
    static const char *const keys[NET_DOOR_COUNT] = {
        [NET_DOOR_OCPP] = "ocpp.listen",           [NET_DOOR_OCPP_TLS] = "ocpp.tls_listen",
        [NET_DOOR_OCPP_MTLS] = "ocpp.mtls_listen", [NET_DOOR_HTTP] = "http.listen",
        [NET_DOOR_HTTPS] = "https.listen",         [NET_DOOR_LOCAL] = "--data",
    };
    char said[WHY_CAP];

    for (uint32_t i = 0; i < count; i++)
        if (strncmp(why, listeners[i].address, strlen(listeners[i].address)) == 0) {
            (void)snprintf(said, sizeof said, "%s = %s", keys[listeners[i].door],
                           why); /* may be cut */
            (void)snprintf(why, why_cap, "%s", said);
            return;
        }
}

enum err doors_open(const struct doors *doors, struct net **net, char *why, size_t why_cap)
{
    const struct options *options = doors->options;
    const struct {
        enum net_door door;
        struct str listen;
    } places[] = {
        { NET_DOOR_OCPP, options->ocpp_listen },
        { NET_DOOR_OCPP_TLS, options->ocpp_tls_listen },
        { NET_DOOR_OCPP_MTLS, options->ocpp_mtls_listen },
        { NET_DOOR_HTTP, options->http_listen },
        { NET_DOOR_HTTPS, options->https_listen },
    };
    char socket_path[4096], ticket_path[4096], proxies[OPTIONS_PROXY_TEXT_MAX + 1];
    const char *proxy_list[OPTIONS_PROXIES_MAX];
    struct net_listener listeners[LISTENERS_MAX];
    struct tls_files files = { 0 };
    struct net_config config = { .listeners = listeners, .proxies = proxy_list };
    enum err err;

    for (size_t i = 0; i < COUNT(places); i++)
        if (!listen_is_off(places[i].listen))
            listeners[config.listener_count++] =
                (struct net_listener){ places[i].door, places[i].listen.ptr };
    listeners[config.listener_count++] =
        (struct net_listener){ NET_DOOR_LOCAL,
                               directory_file(doors->directory, "voltd.sock", socket_path) };
    config.proxy_count = split_proxies(options->net_proxy_from, proxies, proxy_list);
    tls_files_of(options, &files);
    config.tls = files.config;
    config.ticket_file = directory_file(doors->directory, "voltd.tickets", ticket_path);
    config.loops = (uint32_t)options->net_loops;
    config.plain_from_any = str_equal(options->ocpp_plain_from, STR("any"));
    config.body_bytes_max = (uint32_t)options->http_body_bytes_max;
    config.tls_per_second = (uint32_t)options->net_tls_per_second;
    config.assembling_bytes_max = (uint32_t)options->net_assembling_bytes_max;
    config.note = on_note;
    config.sink = host_net_event;
    config.ahead = host_net_ahead;
    config.sink_context = doors->host;
    err = net_start(&config, net, why, why_cap);
    if (err != ERR_NONE)
        name_listener(listeners, config.listener_count, why, why_cap);
    return err;
}

enum err doors_reload(const struct options *options, struct net *net, char *why, size_t why_cap)
{
    struct tls_files files = { 0 };

    tls_files_of(options, &files);
    return net_reload_tls(net, &files.config, why, why_cap);
}
