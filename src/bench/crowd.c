#include "bench/crowd.h"

#include <stdio.h>
#include <stdlib.h>

#include "bench/talk.h"

enum {
    WAIT_MS = 100,
    QUIET_MS_MAX = 60000, /* no answer for so long: the server is stuck */
    BIN_US = 10,
    BINS = 500000, /* up to 5 s; slower ones are counted in the last */
};

struct talker {
    uint32_t number; /* of its messages so far */
    enum frames_step step;
    bool waits; /* for an answer */
    int64_t sent_us, transaction_id;
};

struct crowd {
    struct crowd_config config;
    struct fleet *fleet;
    struct talker *talkers;
    uint32_t resting, waiting;
    bool running;
    struct talk_failure failure;
    uint64_t answered;
    uint32_t *bins;
};

/* --- a talker --- */

static struct talk talk_of(struct crowd *crowd, uint32_t index)
{
    return (struct talk){ crowd->fleet, &crowd->failure, index };
}

static void say(struct crowd *crowd, uint32_t index)
{
    struct talker *talker = &crowd->talkers[index];

    talker->waits = true;
    talker->sent_us = clock_us(CLOCK_MONOTONIC);
    crowd->waiting++;
    talk_say(talk_of(crowd, index), crowd->config.protocol, talker->step, talker->number++,
             talker->transaction_id);
}

static void note_latency(struct crowd *crowd, const struct talker *talker)
{
    int64_t bin = (clock_us(CLOCK_MONOTONIC) - talker->sent_us) / BIN_US;

    crowd->answered++;
    crowd->bins[bin < BINS ? bin : BINS - 1]++;
}

/* 1.6 StartTransaction.conf names the transaction. */
static bool read_transaction(struct talker *talker, struct str text)
{
    int64_t id = talk_number(text, "\"transactionId\":");

    if (id >= 0)
        talker->transaction_id = id;
    return talker->transaction_id > 0;
}

static bool starts_16(const struct crowd *crowd, const struct talker *talker)
{
    return crowd->config.protocol == FRAMES_16 && talker->step == FRAMES_START;
}

static void on_answer(struct crowd *crowd, uint32_t index, struct str text)
{
    struct talker *talker = &crowd->talkers[index];

    if (!talker->waits)
        talk_fail(&crowd->failure, "an answer to nothing", index, text);
    else if (starts_16(crowd, talker) && !read_transaction(talker, text))
        talk_fail(&crowd->failure, "no transaction", index, text);
    talker->waits = false;
    crowd->waiting--;
    if (talker->step == FRAMES_METER)
        note_latency(crowd, talker);
    else if (++talker->step == crowd->config.last_step)
        crowd->resting++;
    if (!crowd->failure.failed && (talker->step != crowd->config.last_step || crowd->running))
        say(crowd, index);
}

static void on_text(void *arg, uint32_t index, struct str text)
{
    struct crowd *crowd = arg;

    if (crowd->config.echo || str_starts(text, STR("[3,")))
        on_answer(crowd, index, text);
    else if (str_starts(text, STR("[2,")))
        talk_refuse(talk_of(crowd, index), text); /* there is no such thing here */
    else
        talk_fail(&crowd->failure, "the server refuses", index, text);
}

static void on_opened(void *arg, uint32_t index)
{
    struct crowd *crowd = arg;
    struct talker *talker = &crowd->talkers[index];

    talker->step = crowd->config.echo ? FRAMES_METER : FRAMES_BOOT;
    if (talker->step == crowd->config.last_step)
        crowd->resting++;
    else
        say(crowd, index);
}

/* --- all of them --- */

/* One round of the network. False: something is wrong, why says what. */
static bool turn(struct crowd *crowd, int64_t *heard_us, char *why)
{
    uint64_t before = crowd->answered + crowd->resting + crowd->waiting;
    bool fine = fleet_turn(crowd->fleet, WAIT_MS, why);
    int64_t now_us = clock_us(CLOCK_MONOTONIC);

    if (fine && crowd->failure.failed) {
        memcpy(why, crowd->failure.why, sizeof crowd->failure.why);
        fine = false;
    }
    if (before != crowd->answered + crowd->resting + crowd->waiting)
        *heard_us = now_us;
    if (fine && now_us - *heard_us > QUIET_MS_MAX * INT64_C(1000)) {
        (void)snprintf(why, BENCH_WHY_SIZE, "the server has said nothing for a minute");
        fine = false;
    }
    return fine;
}

enum err crowd_open(const struct crowd_config *config, struct crowd **out, char *why)
{
    struct crowd *crowd = calloc(1, sizeof *crowd);
    struct fleet_config fleet = {
        .address = config->address,
        .tls = config->tls,
        .count = config->count,
        .subprotocol = frames_subprotocol(config->protocol),
        .prefix = config->prefix,
        .arg = crowd,
        .opened = on_opened,
        .text = on_text,
    };
    int64_t heard_us = clock_us(CLOCK_MONOTONIC);
    enum err err;

    check(crowd != NULL);
    crowd->config = *config;
    crowd->talkers = calloc(config->count, sizeof *crowd->talkers);
    crowd->bins = calloc(BINS, sizeof *crowd->bins);
    check(crowd->talkers && crowd->bins);
    err = fleet_open(&fleet, &crowd->fleet, why);
    while (err == ERR_NONE && crowd->resting < config->count)
        err = turn(crowd, &heard_us, why) ? ERR_NONE : ERR_OS;
    if (err == ERR_NONE)
        *out = crowd;
    else
        crowd_close(crowd);
    return err;
}

static int64_t percentile_us(const struct crowd *crowd, uint64_t percent)
{
    uint64_t wanted = (crowd->answered * percent + 99) / 100, seen = 0;
    uint32_t bin = 0;

    while (bin < BINS - 1 && (seen += crowd->bins[bin]) < wanted)
        bin++;
    return (int64_t)bin * BIN_US;
}

enum err crowd_run(struct crowd *crowd, uint32_t seconds, struct crowd_result *result, char *why)
{
    int64_t began_us = clock_us(CLOCK_MONOTONIC), heard_us = began_us;
    bool fine = true;

    check(crowd->config.last_step == FRAMES_METER);
    memset(crowd->bins, 0, BINS * sizeof *crowd->bins);
    crowd->answered = 0;
    crowd->running = true;
    for (uint32_t i = 0; i < crowd->config.count && !crowd->failure.failed; i++)
        say(crowd, i);
    while (fine && (crowd->running || crowd->waiting)) {
        fine = turn(crowd, &heard_us, why);
        crowd->running = clock_us(CLOCK_MONOTONIC) - began_us < seconds * INT64_C(1000000);
    }
    if (!fine)
        return ERR_OS;
    *result = (struct crowd_result){ .messages = crowd->answered,
                                     .elapsed_us = clock_us(CLOCK_MONOTONIC) - began_us,
                                     .p50_us = percentile_us(crowd, 50),
                                     .p99_us = percentile_us(crowd, 99) };
    return ERR_NONE;
}

int64_t crowd_energy_mwh(const struct crowd *crowd)
{
    int64_t sum_mwh = 0;

    for (uint32_t i = 0; i < crowd->config.count; i++)
        sum_mwh += frames_energy_mwh(crowd->config.protocol, crowd->talkers[i].number);
    return sum_mwh;
}

void crowd_close(struct crowd *crowd)
{
    if (crowd->fleet)
        fleet_close(crowd->fleet);
    free(crowd->talkers);
    free(crowd->bins);
    free(crowd);
}
