/* serve.c: the server, and the server with a demo in it. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "api/api.h"
#include "cli/demo.h"
#include "cli/setup.h"
#include "node/node.h"

int cli_serve(const struct cli_args *args);
int cli_demo(const struct cli_args *args);

static struct node *running;

static void on_signal(int signal_number)
{
    (void)signal_number;
    node_stop(running);
}

static void on_hangup(int signal_number)
{
    (void)signal_number;
    node_reload(running);
}

/* The demo lives in a terminal, and goes when that goes. */
static void catch_signals(bool demo)
{
    struct sigaction stop = { .sa_handler = on_signal }, ignore = { .sa_handler = SIG_IGN };
    struct sigaction hangup = { .sa_handler = demo ? on_signal : on_hangup };

    check(sigaction(SIGTERM, &stop, NULL) == 0);
    check(sigaction(SIGINT, &stop, NULL) == 0);
    check(sigaction(SIGHUP, &hangup, NULL) == 0);
    check(sigaction(SIGPIPE, &ignore, NULL) == 0);
}

/* As many connections as the system allows. */
static void raise_files(void)
{
    struct rlimit files;

    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &files); /* the net counts with what there is */
    }
}

/* One line that programs read: which doors are open where. */
static void say_ready(const struct node *node)
{
    static const struct {
        enum net_door door;
        const char *name;
    } doors[] = { { NET_DOOR_HTTP, "http" },
                  { NET_DOOR_HTTPS, "https" },
                  { NET_DOOR_OCPP, "ocpp" },
                  { NET_DOOR_OCPP_TLS, "ocpp_tls" },
                  { NET_DOOR_OCPP_MTLS, "ocpp_mtls" } };

    (void)printf("ready");
    for (size_t i = 0; i < COUNT(doors); i++)
        if (node_address(node, doors[i].door))
            (void)printf(" %s=%s", doors[i].name, node_address(node, doors[i].door));
    (void)printf("\n");
    (void)fflush(stdout); /* whoever waits for it will not see it otherwise */
}

/* Nobody can log in yet: a link that makes the first one. */
static void say_first_link(struct node *node, FILE *to)
{
    struct secret secret;
    const char *http = node_address(node, NET_DOOR_HTTP);

    if (!http || !api_first_link(node_engine(node), &secret))
        return;
    (void)fprintf(to, "console  http://%s/start#k=%.*s   (one-time link, use it now)\n", http,
                  (int)secret.len, secret.text);
    (void)fflush(to);
    secret_wipe(&secret);
}

static int serve(const struct setup *setup, const struct demo *demo)
{
    const struct node_config config = { .options = &setup->options,
                                        .directory = setup->directory,
                                        .version = CLI_VERSION,
                                        .demo = demo != NULL,
                                        .doors = true };
    struct demo_run *stations = NULL;
    char why[512] = "";
    int code;

    raise_files();
    if (node_open(&config, &running, why, sizeof why) != ERR_NONE)
        return cli_fail(1, "%s", why);
    catch_signals(demo != NULL);
    say_first_link(running, demo ? stdout : stderr);
    say_ready(running);
    if (demo)
        stations = demo_start(demo, running, why, sizeof why);
    if (demo && !stations)
        (void)cli_fail(1, "the demo's stations do not start: %s", why);
    code = node_run(running);
    demo_stop(stations);
    node_close(running);
    return code;
}

int cli_serve(const struct cli_args *args)
{
    struct setup setup;
    int code = setup_read(&setup, args);

    code = code ? code : serve(&setup, NULL);
    setup_fini(&setup);
    return code;
}

/* A demo without --data leaves nothing behind. */
static int demo_directory(struct setup *setup, const struct cli_args *args, bool *temporary)
{
    *temporary = !cli_value(args, "--data");
    if (!*temporary)
        return 0;
    (void)snprintf(setup->directory, sizeof setup->directory, "%s/voltd-demo-XXXXXX",
                   getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
    return mkdtemp(setup->directory) ? 0 : cli_fail(1, "%s: %s", setup->directory, strerror(errno));
}

int cli_demo(const struct cli_args *args)
{
    struct setup setup;
    struct demo demo = { .seed = 1 };
    int64_t seed = 1;
    bool temporary = false;
    int code = setup_read(&setup, args);

    if (!code && !cli_number(args, "--seed", 0, INT64_MAX, &seed))
        code = 2;
    demo.seed = (uint64_t)seed;
    code = code ? code : demo_directory(&setup, args, &temporary);
    code = code ? code : serve(&setup, &demo);
    if (temporary)
        demo_remove(setup.directory);
    setup_fini(&setup);
    return code;
}
