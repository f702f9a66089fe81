/* sim.c: charging stations with cars, for tests and demonstrations of a server anywhere. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>

#include "cli/cli.h"
#include "sim/run.h"

int cli_sim(const struct cli_args *args);

static struct sim_wire *running;

static void on_signal(int signal_number)
{
    (void)signal_number;
    sim_wire_stop(running);
}

/* How they take charging limits. */
static int read_control(const struct cli_args *args, struct sim_run_config *config)
{
    const char *takes = cli_value(args, "--takes");
    int64_t latency_s = 0, clock_s = 0;

    if (!cli_number(args, "--latency", 0, 3600, &latency_s) ||
        !cli_number(args, "--clock", -INT32_MAX, INT32_MAX, &clock_s))
        return 2;
    config->control.latency_ms = (int32_t)(latency_s * 1000);
    config->control.clock_ms = clock_s * 1000;
    config->rotated = cli_has(args, "--rotated");
    if (takes && !sim_flaws_read(str_of(takes), &config->control.flaws))
        return cli_fail(2,
                        "--takes %s: words of no_profiles, ignores, no_station_max, no_default, "
                        "no_zero, only_a, only_w, whole_amps, stack_zero, no_lease, no_composite, "
                        "forgets, no_dynamic, keeps, with commas",
                        takes);
    return 0;
}

static int read_config(const struct cli_args *args, struct sim_run_config *config,
                       int64_t *duration_s)
{
    const char *protocol = cli_value(args, "--protocol");
    int64_t stations = 1, speed = 1, seed = 1, sample = -1;

    if (!cli_value(args, "--url"))
        return cli_fail(2, "sim: --url says where the server is: ws://HOST:PORT/ocpp or wss://…");
    if (!cli_number(args, "--stations", 1, 100000, &stations) ||
        !cli_number(args, "--speed", 1, 1000, &speed) ||
        !cli_number(args, "--seed", 0, INT64_MAX, &seed) ||
        !cli_number(args, "--duration", 1, 31536000, duration_s) ||
        !cli_number(args, "--sample", 1, 3600, &sample))
        return 2;
    *config = (struct sim_run_config){ .url = str_of(cli_value(args, "--url")),
                                       .ca_file = cli_value(args, "--ca"),
                                       .deflate = cli_has(args, "--deflate"),
                                       .stations = (uint32_t)stations,
                                       .protocol = SIM_PROTOCOL_COUNT,
                                       .speed = (int32_t)speed,
                                       .seed = (uint64_t)seed,
                                       .prefix = str_of(cli_value(args, "--prefix")),
                                       .password = str_of(cli_value(args, "--password")),
                                       .register_url = str_of(cli_value(args, "--register")),
                                       .key = str_of(cli_value(args, "--key")),
                                       .with_faults = cli_has(args, "--faults"),
                                       .sample_s = (int32_t)sample };
    if (protocol && !sim_protocol_read(str_of(protocol), &config->protocol))
        return cli_fail(2, "--protocol %s: it must be 1.6, 2.0.1, 2.1 or mix", protocol);
    return read_control(args, config);
}

static void say_summary(const struct sim_wire *wire)
{
    char memory[512];
    struct buf line;

    buf_init(&line, memory, sizeof memory);
    sim_wire_summary(wire, &line);
    (void)printf("%.*s\n", STR_ARGS(buf_str(&line)));
}

int cli_sim(const struct cli_args *args)
{
    struct sigaction stop = { .sa_handler = on_signal }, ignore = { .sa_handler = SIG_IGN };
    const char *ledger = cli_value(args, "--ledger");
    struct sim_run_config config;
    int64_t duration_s = 0;
    struct arena arena;
    char why[512] = "";
    int code = read_config(args, &config, &duration_s);

    if (code)
        return code;
    arena_init(&arena, NULL, 0);
    running = sim_run_open(&config, &arena, why, sizeof why);
    if (!running)
        return cli_fail(1, "%s", why);
    check(sigaction(SIGTERM, &stop, NULL) == 0);
    check(sigaction(SIGINT, &stop, NULL) == 0);
    check(sigaction(SIGPIPE, &ignore, NULL) == 0);
    sim_wire_run(running, duration_s * 1000);
    say_summary(running);
    if (ledger && !sim_run_write_ledger(running, ledger))
        code = cli_fail(1, "--ledger %s: %s", ledger, strerror(errno));
    sim_wire_close(running);
    arena_reset(&arena);
    return code;
}
