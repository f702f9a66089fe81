/* echo.c: the bare WebSocket echo that `messages` compares with: the network layer of the server,
 * and nothing behind it. */
#include <signal.h>
#include <stdio.h>

#include "bench/bench.h"
#include "net/server.h"

enum err bench_echo(const struct bench_config *config, struct report *report, char *why);

enum err bench_echo(const struct bench_config *config, struct report *report, char *why)
{
    const struct net_listener listener = { NET_DOOR_OCPP, "127.0.0.1:0" };
    const struct net_config net_config = { .listeners = &listener,
                                           .listener_count = 1,
                                           .echo = true };
    struct net *net;
    sigset_t stop;
    int which;
    enum err err;

    (void)config;
    (void)report; /* it is measured from outside */
    check(sigemptyset(&stop) == 0 && sigaddset(&stop, SIGTERM) == 0 &&
          sigaddset(&stop, SIGINT) == 0);
    check(sigprocmask(SIG_BLOCK, &stop, NULL) == 0);
    err = net_start(&net_config, &net, why, BENCH_WHY_SIZE);
    if (err != ERR_NONE)
        return err;
    (void)printf("ready ocpp=%s\n", net_address(net, NET_DOOR_OCPP));
    (void)fflush(stdout); /* whoever waits for it will not see it otherwise */
    check(sigwait(&stop, &which) == 0);
    net_stop(net, 1000);
    return ERR_NONE;
}
