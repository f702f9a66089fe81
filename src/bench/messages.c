/* messages.c: durable messages beside a bare echo on the same network layer, in CPU of the server's
 * process. Both servers live all the time and are asked in turns, so that what else the machine
 * does meets both alike. */
#include <signal.h>
#include <stdio.h>

#include "bench/bench.h"
#include "bench/codec.h"
#include "bench/crowd.h"
#include "bench/process.h"
#include "bench/stations.h"
#include "ocpp/contracts.h"

enum err bench_messages(const struct bench_config *config, struct report *report, char *why);

enum { CONNECTIONS = 5000, ROUNDS_MAX = 100, FULL = 100000 /* 100 % in thousandths */ };

static const struct message_case {
    const char *name, *echo_name;
    enum frames_protocol protocol;
    enum ocpp_version version;
    struct str action;
} cases[] = {
    { "2.0.1 TransactionEvent", "echo of the same", FRAMES_201, OCPP_V201,
      STR_INIT("TransactionEvent") },
    { "1.6 MeterValues", "echo of the same", FRAMES_16, OCPP_V16, STR_INIT("MeterValues") },
};

/* What came of the rounds of one server, each sorted when it is told. */
struct rounds {
    int64_t cpu_ns[ROUNDS_MAX], rate[ROUNDS_MAX], p50_us[ROUNDS_MAX], p99_us[ROUNDS_MAX];
    struct server_cpu cpu; /* sums */
    uint64_t messages;
};

struct side {
    struct server server;
    struct crowd *crowd;
    struct rounds rounds;
};

static enum err run_round(struct side *side, uint32_t seconds, uint32_t round, char *why)
{
    struct rounds *rounds = &side->rounds;
    struct server_cpu before, after;
    struct crowd_result result;
    int64_t cpu_ns;
    enum err err;

    server_cpu(&side->server, &before);
    err = crowd_run(side->crowd, seconds, &result, why);
    if (err != ERR_NONE)
        return err;
    server_cpu(&side->server, &after);
    rounds->cpu.loops += after.loops - before.loops;
    rounds->cpu.core += after.core - before.core;
    rounds->cpu.storage += after.storage - before.storage;
    rounds->messages += result.messages;
    cpu_ns = after.loops + after.core + after.storage - before.loops - before.core - before.storage;
    rounds->cpu_ns[round] = cpu_ns / (int64_t)result.messages;
    rounds->rate[round] = (int64_t)result.messages * 1000000 / result.elapsed_us;
    rounds->p50_us[round] = result.p50_us;
    rounds->p99_us[round] = result.p99_us;
    return ERR_NONE;
}

/* --- telling --- */

static void tell_side(struct report *report, const char *name, struct rounds *rounds,
                      uint32_t count)
{
    report_add(report, name, "cpu_per_message", median(rounds->cpu_ns, count), "us");
    report_add(report, name, "cpu_per_message_min", rounds->cpu_ns[0], "us");
    report_add(report, name, "messages_per_s", median(rounds->rate, count) * 1000, "1/s");
    report_add(report, name, "latency_p50", median(rounds->p50_us, count), "ms");
    report_add(report, name, "latency_p99", median(rounds->p99_us, count), "ms");
}

/* Which part of our CPU is whose: the loops', the core's less parsing, parsing as measured by
 * itself, the writer's and its helpers'. */
static void tell_shares(struct report *report, const struct message_case *which,
                        const struct rounds *rounds)
{
    const struct frames_moment moment = { .station = 1, .transaction_id = 1234567 };
    const struct ocpp_action *action = ocpp_action_find(which->version, which->action);
    const struct server_cpu *cpu = &rounds->cpu;
    int64_t all = cpu->loops + cpu->core + cpu->storage, parse;
    char memory[FRAME_SIZE];
    struct codec_times codec;

    check(action != NULL);
    codec = codec_measure(
        action->req, frames_payload(frames_write(which->protocol, FRAMES_METER, &moment, memory)));
    parse = codec.read.median_ns * (int64_t)rounds->messages;
    report_add(report, which->name, "share_network", cpu->loops * FULL / all, "%");
    report_add(report, which->name, "share_parse", parse * FULL / all, "%");
    report_add(report, which->name, "share_state", (cpu->core - parse) * FULL / all, "%");
    report_add(report, which->name, "share_storage", cpu->storage * FULL / all, "%");
}

static void tell(struct report *report, const struct message_case *which, struct side *ours,
                 struct side *echo, uint32_t count)
{
    int64_t ratios[ROUNDS_MAX];

    for (uint32_t i = 0; i < count; i++)
        ratios[i] = echo->rounds.cpu_ns[i] * 1000 / ours->rounds.cpu_ns[i];
    tell_side(report, which->name, &ours->rounds, count);
    report_add(report, which->name, "ratio_to_echo", median(ratios, count), "");
    tell_shares(report, which, &ours->rounds);
    tell_side(report, which->echo_name, &echo->rounds, count);
}

/* --- one message --- */

static enum err open_side(struct side *side, const char *const *arguments,
                          struct crowd_config *crowd, char *why)
{
    char address[64];
    enum err err = server_start(&side->server, arguments, why);

    if (err != ERR_NONE)
        return err;
    check(server_address(&side->server, "ocpp", address));
    crowd->address = address;
    err = crowd_open(crowd, &side->crowd, why);
    crowd->address = NULL; /* it was for the opening alone */
    if (err != ERR_NONE)
        server_end(&side->server, SIGKILL);
    return err;
}

static void close_side(struct side *side)
{
    crowd_close(side->crowd);
    server_end(&side->server, SIGKILL);
}

/* The server was killed in full run: everything that it answered must be there. */
static enum err check_kept(const struct bench_config *config, const char *directory,
                           int64_t energy_mwh, uint32_t sessions, char *why)
{
    struct stations_sum kept;
    enum err err = stations_add_up(directory, config->version, &kept, why);

    if (err != ERR_NONE || (kept.sessions == sessions && kept.energy_mwh == energy_mwh))
        return err;
    (void)snprintf(why, BENCH_WHY_SIZE,
                   "after a kill there are %u sessions with %lld mWh, not %u with %lld mWh",
                   kept.sessions, (long long)kept.energy_mwh, sessions, (long long)energy_mwh);
    return ERR_CORRUPT;
}

static enum err run_rounds(const struct bench_config *config, struct side *ours, struct side *echo,
                           char *why)
{
    enum err err = ERR_NONE;

    for (uint32_t i = 0; i < config->rounds && err == ERR_NONE; i++) {
        err = run_round(echo, config->seconds, i, why);
        if (err == ERR_NONE)
            err = run_round(ours, config->seconds, i, why);
    }
    return err;
}

static enum err run_case(const struct bench_config *config, const struct message_case *which,
                         const char *directory, struct report *report, char *why)
{
    const char *const serve[] = { config->program, "serve",           "--data",
                                  directory,       "--set",           "ocpp.listen=127.0.0.1:0",
                                  "--set",         "http.listen=off", NULL };
    const char *const bounce[] = { config->program, "bench", "echo", NULL };
    struct crowd_config crowd = { .count = config->connections ? config->connections : CONNECTIONS,
                                  .protocol = which->protocol,
                                  .last_step = FRAMES_METER,
                                  .prefix = "BENCH" };
    static struct side ours, echo;
    int64_t energy_mwh;
    enum err err = stations_register(directory, config->version, crowd.prefix, crowd.count, why);

    if (err != ERR_NONE)
        return err;
    ours = echo = (struct side){ 0 };
    err = open_side(&ours, serve, &crowd, why);
    if (err != ERR_NONE)
        return err;
    crowd.echo = true;
    err = open_side(&echo, bounce, &crowd, why);
    if (err == ERR_NONE) {
        err = run_rounds(config, &ours, &echo, why);
        close_side(&echo);
    }
    energy_mwh = crowd_energy_mwh(ours.crowd);
    close_side(&ours);
    if (err == ERR_NONE)
        err = check_kept(config, directory, energy_mwh, crowd.count, why);
    if (err == ERR_NONE)
        tell(report, which, &ours, &echo, config->rounds);
    return err;
}

enum err bench_messages(const struct bench_config *config, struct report *report, char *why)
{
    enum err err = ERR_NONE;

    check(config->rounds <= ROUNDS_MAX);
    server_raise_files();
    for (size_t i = 0; i < COUNT(cases) && err == ERR_NONE; i++) {
        char directory[4096];
        err = stations_directory(config->directory, directory, why);
        if (err != ERR_NONE)
            return err;
        err = run_case(config, &cases[i], directory, report, why);
        stations_remove(directory);
    }
    return err;
}
