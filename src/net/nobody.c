#include "net/net.h"

static bool no_accept(void *net, conn_id conn, const struct net_accept *accept)
{
    (void)net, (void)conn, (void)accept;
    return false;
}

static void no_respond(void *net, conn_id conn, const struct net_response *response)
{
    (void)net, (void)conn, (void)response;
}

static bool no_send(void *net, conn_id conn, struct str text)
{
    (void)net, (void)conn, (void)text;
    return true; /* what is sent to nobody has no queue that could be full */
}

static void no_ping(void *net, conn_id conn, struct str payload)
{
    (void)net, (void)conn, (void)payload;
}

static void no_close(void *net, conn_id conn, uint16_t code, struct str reason, bool drop)
{
    (void)net, (void)conn, (void)code, (void)reason, (void)drop;
}

static void no_pause(void *net, conn_id conn, bool paused)
{
    (void)net, (void)conn, (void)paused;
}

static size_t no_stream(void *net, conn_id conn, struct str data, bool last)
{
    (void)net, (void)conn, (void)data, (void)last;
    return SIZE_MAX;
}

static void no_refuse(void *net, enum net_door door, bool refuse)
{
    (void)net, (void)door, (void)refuse;
}

struct net_port net_port_of_nobody(void *net)
{
    return (struct net_port){ .net = net,
                              .accept = no_accept,
                              .reject = no_respond,
                              .send = no_send,
                              .ping = no_ping,
                              .close = no_close,
                              .pause = no_pause,
                              .respond = no_respond,
                              .stream = no_stream,
                              .refuse = no_refuse };
}
