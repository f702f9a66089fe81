#include "test.h"

#include "bench/energy/chaos.h"
#include "energy/commit.h"

/* A site from which one word is taken away, or made wrong: nothing is made. */
static void a_site_that_contradicts_itself_is_refused(void **state)
{
    static const struct tree_node nodes[] = {
        { .parent = -1, .limit_da = { 320, 320, 320 }, .limit_w = TREE_NO_LIMIT_W }
    };
    static const struct tree_leaf leaves[] = { { .wires = 1, .wires_live = 1, .volts = 230 },
                                               { .wires = 1, .wires_live = 1, .volts = 230 } };
    static const struct {
        const char *name;
        struct commit_evse evses[2];
        uint32_t stations;
        int32_t lease_ms, sends_per_s;
        enum err expect;
    } cases[] = {
        { "a station that begins at one",
          { { 1, 320, 60, 10 }, { 2, 320, 60, 10 } },
          3,
          900000,
          20,
          ERR_BAD_VALUE },
        { "a station is left out",
          { { 0, 320, 60, 10 }, { 2, 320, 60, 10 } },
          3,
          900000,
          20,
          ERR_BAD_VALUE },
        { "EVSEs of a station lie apart",
          { { 1, 320, 60, 10 }, { 0, 320, 60, 10 } },
          2,
          900000,
          20,
          ERR_BAD_VALUE },
        { "more stations than there are",
          { { 0, 320, 60, 10 }, { 1, 320, 60, 10 } },
          3,
          900000,
          20,
          ERR_BAD_VALUE },
        { "a negative cap",
          { { 0, -1, 60, 10 }, { 1, 320, 60, 10 } },
          2,
          900000,
          20,
          ERR_BAD_VALUE },
        { "a negative step",
          { { 0, 320, 60, -10 }, { 1, 320, 60, 10 } },
          2,
          900000,
          20,
          ERR_BAD_VALUE },
        { "a lease of nothing",
          { { 0, 320, 60, 10 }, { 1, 320, 60, 10 } },
          2,
          0,
          20,
          ERR_BAD_VALUE },
        { "no message at all",
          { { 0, 320, 60, 10 }, { 1, 320, 60, 10 } },
          2,
          900000,
          0,
          ERR_BAD_VALUE },
        { "two stations", { { 0, 320, 60, 10 }, { 1, 320, 60, 10 } }, 2, 900000, 20, ERR_NONE },
        { "one with two EVSEs",
          { { 0, 320, 60, 10 }, { 0, 320, 60, 10 } },
          1,
          900000,
          20,
          ERR_NONE },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct arena arena;
        struct commit *commit = NULL;
        struct commit_site site = { .rules = commit_rules_default(),
                                    .node_count = 1,
                                    .evse_count = 2,
                                    .station_count = cases[i].stations,
                                    .nodes = nodes,
                                    .leaves = leaves,
                                    .evses = cases[i].evses };

        print_message("# %s\n", cases[i].name);
        site.rules.lease_ms = cases[i].lease_ms;
        site.rules.sends_per_s = cases[i].sends_per_s;
        arena_init(&arena, NULL, 0);
        assert_int_equal(commit_new(&arena, &site, &commit), cases[i].expect);
        arena_reset(&arena);
    }
}

/* --- one thing at a time ----------------------------------------------------------------- */

/* Two stations of one EVSE each, caps 32 A, on one line of 40 A. */
static const struct tree_node line_40a[] = {
    { .parent = -1, .limit_da = { 400, 400, 400 }, .limit_w = TREE_NO_LIMIT_W }
};
static const struct tree_leaf two_leaves[] = { { .wires = 1, .wires_live = 1, .volts = 230 },
                                               { .wires = 1, .wires_live = 1, .volts = 230 } };
static const struct commit_evse two_evses[] = { { 0, 320, 60, 10 }, { 1, 320, 60, 10 } };

enum { SETTLE = 2000, LEASE = 900000, SKEW = 60000, LAPSE = LEASE + SKEW + SETTLE };

enum op {
    STOP,
    /* facts; `evse` is the station, too */
    HERE, /* value: 1, 0 */
    SESSION,
    OBEYS,
    LEASES,
    CLOCK,
    BOOTED,
    LINE, /* limit */
    DROP, /* in so many ms; 0: never */
    DRAW, /* value2: how long ago */
    WAIT, /* ms */
    /* wishes */
    WISH, /* value2: class */
    FAILSAFE,
    /* sends: the next one is this, for this EVSE; value: limit */
    PROFILE,
    DEFAULT,
    URGENT, /* a profile that is */
    NOTHING,
    LOG_FIRST, /* was the last one? */
    /* answers to the last send of the EVSE */
    YES,
    NO,
    SILENCE,
    YES_TO_FIRST, /* to the one before */
    /* the server dies and comes back with what was written */
    RESTART,
    /* seen */
    BOOKED,
    NOW_DA,
    CLAIMED,
    NEWS,
    NO_NEWS,
    LEFT_AT, /* wake, ms from now */
};

struct step {
    enum op op;
    uint32_t evse;
    int64_t value, value2;
};

struct stage {
    struct arena arena;
    struct commit *commit;
    utc_ms now;
    uint64_t last[2], first[2];
    struct commit_durable disk[2];
    bool written[2], log_first;
};

static void stage_open(struct stage *stage)
{
    struct commit_site site = { .rules = commit_rules_default(),
                                .node_count = 1,
                                .evse_count = 2,
                                .station_count = 2,
                                .nodes = line_40a,
                                .leaves = two_leaves,
                                .evses = two_evses };
    struct commit_trust trust = { .obeys = true, .leases = true, .settle_ms = SETTLE };

    arena_init(&stage->arena, NULL, 0);
    site.rules.sends_per_s = 3;
    assert_int_equal(commit_new(&stage->arena, &site, &stage->commit), ERR_NONE);
    for (uint32_t i = 0; i < 2; i++) {
        if (stage->written[i])
            commit_restore(stage->commit, i, &stage->disk[i]);
        commit_trust(stage->commit, i, &trust, stage->now);
    }
}

/* Reads reports, keeps what has to be written; is `wanted` among them? */
static bool reports(struct stage *stage, enum commit_news wanted)
{
    struct commit_report report;
    bool found = false;

    while (commit_report(stage->commit, &report)) {
        found |= report.news == wanted;
        if (report.news != COMMIT_LOG)
            continue;
        stage->disk[report.evse] = report.durable;
        stage->written[report.evse] = true;
    }
    return found;
}

static void expect_send(struct stage *stage, const struct step *step)
{
    struct commit_send send;
    bool any;

    (void)reports(stage, COMMIT_LOG);
    any = commit_next(stage->commit, stage->now, &send);
    if (step->op == NOTHING) {
        assert_false(any);
        return;
    }
    assert_true(any);
    assert_int_equal(send.evse, step->evse);
    assert_int_equal(send.layer, step->op == DEFAULT ? LAYER_DEFAULT : LAYER_PROFILE);
    assert_int_equal(send.limit_da, step->value);
    if (step->op != DEFAULT)
        assert_int_equal(send.urgent, step->op == URGENT);
    stage->first[step->evse] = stage->last[step->evse];
    stage->last[step->evse] = send.id;
    stage->log_first = send.log_first;
    stage->disk[send.evse] = send.durable;
    stage->written[send.evse] = true;
}

static void say(struct stage *stage, const struct step *step)
{
    struct commit *commit = stage->commit;
    uint32_t evse = step->evse;
    struct commit_trust trust = { .obeys = true, .leases = true, .settle_ms = SETTLE };
    int32_t limit[LINE_COUNT] = { (int32_t)step->value, (int32_t)step->value,
                                  (int32_t)step->value };

    switch ((int)step->op) {
    case HERE:
        commit_station(commit, evse, step->value != 0, stage->now);
        break;
    case SESSION:
        commit_session(commit, evse, step->value != 0, stage->now);
        break;
    case OBEYS:
        trust.obeys = step->value != 0;
        commit_trust(commit, evse, &trust, stage->now);
        break;
    case LEASES:
        trust.leases = step->value != 0;
        commit_trust(commit, evse, &trust, stage->now);
        break;
    case CLOCK:
        commit_clock(commit, evse, step->value, stage->now);
        break;
    case BOOTED:
        commit_booted(commit, evse, stage->now);
        break;
    case LINE:
        commit_limits(commit, 0, limit, TREE_NO_LIMIT_W, stage->now);
        break;
    case DROP:
        commit_leases_by(commit, step->value ? stage->now + step->value : UTC_NEVER, stage->now);
        break;
    case DRAW:
        commit_draw(commit, evse, (int32_t)step->value, stage->now - step->value2, stage->now);
        break;
    case WISH:
        commit_wish(commit, evse, (int32_t)step->value, (uint8_t)step->value2, stage->now);
        break;
    case FAILSAFE:
        commit_failsafe(commit, evse, (int32_t)step->value, stage->now);
        break;
    case YES:
        commit_answer(commit, stage->last[evse], COMMIT_ACCEPTED, stage->now);
        break;
    case NO:
        commit_answer(commit, stage->last[evse], COMMIT_REJECTED, stage->now);
        break;
    case SILENCE:
        commit_answer(commit, stage->last[evse], COMMIT_NO_ANSWER, stage->now);
        break;
    case YES_TO_FIRST:
        commit_answer(commit, stage->first[evse], COMMIT_ACCEPTED, stage->now);
        break;
    default:
        fail();
    }
}

static void play(struct stage *stage, const struct step *step)
{
    struct commit_send send;

    switch ((int)step->op) {
    case WAIT:
        stage->now += step->value;
        commit_wires(stage->commit, 0, 1, 1, stage->now); /* nothing changes; time passes */
        break;
    case PROFILE:
    case DEFAULT:
    case URGENT:
    case NOTHING:
        expect_send(stage, step);
        break;
    case LOG_FIRST:
        assert_int_equal(stage->log_first, step->value);
        break;
    case RESTART:
        arena_reset(&stage->arena);
        stage_open(stage);
        break;
    case BOOKED:
        assert_int_equal(commit_state(stage->commit, step->evse).booked_da, step->value);
        break;
    case NOW_DA:
        assert_int_equal(commit_state(stage->commit, step->evse).now_da, step->value);
        break;
    case CLAIMED:
        assert_int_equal(commit_state(stage->commit, step->evse).claimed_da, step->value);
        break;
    case NEWS:
        assert_true(reports(stage, (enum commit_news)step->value));
        break;
    case NO_NEWS:
        assert_false(reports(stage, (enum commit_news)step->value));
        break;
    case LEFT_AT:
        (void)reports(stage, COMMIT_LOG);
        assert_false(commit_next(stage->commit, stage->now, &send));
        assert_int_equal(commit_wake(stage->commit) - stage->now, step->value);
        break;
    default:
        say(stage, step);
        break;
    }
}

/* Both stations are here with a session each, hold a fail-safe of 6 A and draw 6 A. */
static const struct step settled[] = {
    { SESSION, 0, 0 },   { SESSION, 1, 0 },  { HERE, 0, 1 },     { HERE, 1, 1 },
    { FAILSAFE, 0, 60 }, { DEFAULT, 0, 60 }, { YES, 0 },         { FAILSAFE, 1, 60 },
    { DEFAULT, 1, 60 },  { YES, 1 },         { WAIT, 0, 60000 }, { SESSION, 0, 1 },
    { SESSION, 1, 1 },   { WISH, 0, 60 },    { WISH, 1, 60 },    { NOTHING },
    { BOOKED, 0, 60 },   { BOOKED, 1, 60 },  { STOP },
};

struct script {
    const char *name;
    struct step steps[24];
};

/* Bad input first. Each begins as `settled` ends. */
static const struct script scripts[] = {
    { "an answer to no call changes nothing",
      { { YES_TO_FIRST, 0 }, { BOOKED, 0, 60 }, { BOOKED, 1, 60 } } },
    { "an answer given twice counts once",
      { { WISH, 0, 200 },
        { PROFILE, 0, 200 },
        { YES, 0 },
        { WISH, 0, 100 },
        { PROFILE, 0, 100 },
        { YES_TO_FIRST, 0 },
        { BOOKED, 0, 200 },
        { WAIT, 0, SETTLE },
        { BOOKED, 0, 200 },
        { YES, 0 },
        { WAIT, 0, SETTLE },
        { BOOKED, 0, 100 } } },
    { "a meter value from before the limit fell says nothing",
      { { WISH, 0, 200 },
        { PROFILE, 0, 200 },
        { YES, 0 },
        { WISH, 0, 100 },
        { PROFILE, 0, 100 },
        { YES, 0 },
        { WAIT, 0, SETTLE + 10000 },
        { BOOKED, 0, 100 },
        { DRAW, 0, 200, 11000 },
        { DRAW, 0, 200, 10500 },
        { NO_NEWS, 0, COMMIT_DISOBEYS },
        { BOOKED, 0, 100 } } },
    { "the same meter value twice is one",
      { { WAIT, 0, 5000 },
        { DRAW, 0, 200, 0 },
        { DRAW, 0, 200, 0 },
        { NO_NEWS, 0, COMMIT_DISOBEYS },
        { WAIT, 0, 1000 },
        { DRAW, 0, 200, 0 },
        { NEWS, 0, COMMIT_DISOBEYS },
        { BOOKED, 0, 320 } } },
    { "one value above and one below: it was a peak",
      { { WAIT, 0, 5000 },
        { DRAW, 0, 200, 0 },
        { WAIT, 0, 1000 },
        { DRAW, 0, 60, 0 },
        { WAIT, 0, 1000 },
        { DRAW, 0, 200, 0 },
        { NO_NEWS, 0, COMMIT_DISOBEYS },
        { BOOKED, 0, 60 } } },
    { "what a meter may be off is no disobedience",
      { { WAIT, 0, 5000 },
        { DRAW, 0, 70, 0 },
        { WAIT, 0, 1000 },
        { DRAW, 0, 70, 0 },
        { NO_NEWS, 0, COMMIT_DISOBEYS } } },
    { "a raise is booked when it is sent",
      { { WISH, 0, 200 }, { BOOKED, 0, 60 }, { PROFILE, 0, 200 }, { BOOKED, 0, 200 } } },
    { "a raise that is refused is tried again later",
      { { WISH, 0, 200 },
        { PROFILE, 0, 200 },
        { NO, 0 },
        { NOTHING, 0 },
        { WAIT, 0, 5000 },
        { PROFILE, 0, 200 } } },
    { "and counts until a meter would have shown that it was done all the same",
      { { WISH, 0, 200 },
        { PROFILE, 0, 200 },
        { NO, 0 },
        { BOOKED, 0, 200 },
        { WAIT, 0, 89999 },
        { BOOKED, 0, 200 },
        { WAIT, 0, 1 },
        { BOOKED, 0, 60 } } },
    { "a limit that falls by the clock: leases are surely over by then",
      { { DROP, 0, 600000 },
        { WISH, 0, 200 },
        { PROFILE, 0, 200 },
        { YES, 0 },
        { HERE, 0, 0 },
        { WAIT, 0, 599999 },
        { BOOKED, 0, 200 },
        { WAIT, 0, 1 },
        { BOOKED, 0, 60 } } },
    { "they are not renewed for nothing, but when it is over",
      { { DROP, 0, 600000 },
        { WISH, 0, 200 },
        { PROFILE, 0, 200 },
        { YES, 0 },
        { WAIT, 0, 500000 },
        { NOTHING, 0 },
        { DROP, 0, 0 },
        { PROFILE, 0, 200 } } },
    { "a raise without an answer is booked until its lease is surely over",
      { { WISH, 0, 200 },
        { PROFILE, 0, 200 },
        { SILENCE, 0 },
        { HERE, 0, 0 },
        { BOOKED, 0, 200 },
        { WAIT, 0, LAPSE - 1 },
        { BOOKED, 0, 200 },
        { WAIT, 0, 1 },
        { BOOKED, 0, 60 } } },
    { "an answer that comes late counts",
      { { WISH, 0, 200 },
        { PROFILE, 0, 200 },
        { YES, 0 },
        { WISH, 0, 100 },
        { PROFILE, 0, 100 },
        { SILENCE, 0 },
        { BOOKED, 0, 200 },
        { YES, 0 },
        { WAIT, 0, SETTLE },
        { BOOKED, 0, 100 } } },
    { "a lower value counts after the answer and the latency",
      { { WISH, 0, 200 },
        { PROFILE, 0, 200 },
        { YES, 0 },
        { WISH, 0, 100 },
        { PROFILE, 0, 100 },
        { WAIT, 0, 60000 },
        { BOOKED, 0, 200 },
        { YES, 0 },
        { WAIT, 0, SETTLE - 1 },
        { BOOKED, 0, 200 },
        { WAIT, 0, 1 },
        { BOOKED, 0, 100 } } },
    { "a raise waits for the neighbour's lower value to be in force",
      { { WISH, 0, 320 },
        { PROFILE, 0, 320 },
        { YES, 0 },
        { WISH, 0, 100 },
        { WISH, 1, 300 },
        { PROFILE, 0, 100 },
        { NOTHING, 0 },
        { YES, 0 },
        { NOTHING, 0 },
        { WAIT, 0, SETTLE },
        { PROFILE, 1, 300 },
        { BOOKED, 1, 300 } } },
    { "a raise takes a part when the rest does not come",
      { { WISH, 0, 255 },
        { PROFILE, 0, 255 },
        { YES, 0 },
        { WISH, 1, 300 },
        { NOTHING, 0 },
        { WAIT, 0, 5000 },
        { PROFILE, 1, 140 },
        { YES, 1 },
        { WAIT, 0, 60000 },
        { NOTHING, 0 } } },
    { "a target below the fail-safe frees nothing for others",
      { { WISH, 0, 0 },
        { PROFILE, 0, 0 },
        { YES, 0 },
        { WAIT, 0, SETTLE },
        { NOW_DA, 0, 0 },
        { BOOKED, 0, 60 },
        { WISH, 1, 340 },
        { PROFILE, 1, 320 } } },
    { "a silent station is at its fail-safe when the lease is surely over",
      { { WISH, 0, 200 },
        { PROFILE, 0, 200 },
        { YES, 0 },
        { HERE, 0, 0 },
        { WAIT, 0, LAPSE - 1 },
        { BOOKED, 0, 200 },
        { WAIT, 0, 1 },
        { BOOKED, 0, 60 },
        { NEWS, 0, COMMIT_LAPSED } } },
    { "a lease is renewed at half",
      { { WISH, 0, 200 },
        { PROFILE, 0, 200 },
        { YES, 0 },
        { WAIT, 0, LEASE / 2 - 1 },
        { NOTHING, 0 },
        { WAIT, 0, 1 },
        { PROFILE, 0, 200 },
        { YES, 0 },
        { HERE, 0, 0 },
        { WAIT, 0, LAPSE - 1 },
        { BOOKED, 0, 200 } } },
    { "the fail-safe itself needs no lease, and no message",
      { { WISH, 0, 200 },
        { PROFILE, 0, 200 },
        { YES, 0 },
        { WISH, 0, 60 },
        { PROFILE, 0, 60 },
        { YES, 0 },
        { WAIT, 0, LAPSE },
        { NOTHING, 0 },
        { BOOKED, 0, 60 } } },
    { "a session that ends takes its profile with it",
      { { WISH, 0, 200 },
        { PROFILE, 0, 200 },
        { YES, 0 },
        { SESSION, 0, 0 },
        { BOOKED, 0, 200 },
        { WAIT, 0, SETTLE },
        { BOOKED, 0, 60 } } },
    { "but not what may still be on its way: it could meet the next session",
      { { WISH, 0, 200 },
        { PROFILE, 0, 200 },
        { SILENCE, 0 },
        { SESSION, 0, 0 },
        { WAIT, 0, SETTLE },
        { BOOKED, 0, 200 },
        { WAIT, 0, LAPSE },
        { BOOKED, 0, 60 } } },
    { "a clock that is off: no lease is counted on",
      { { WISH, 0, 200 },
        { PROFILE, 0, 200 },
        { YES, 0 },
        { CLOCK, 0, 61000 },
        { NEWS, 0, COMMIT_CLOCK },
        { HERE, 0, 0 },
        { WAIT, 0, 10 * LAPSE },
        { BOOKED, 0, 200 } } },
    { "a clock that was put back: the lease ends later",
      { { CLOCK, 0, 20000 },
        { WISH, 0, 200 },
        { PROFILE, 0, 200 },
        { YES, 0 },
        { CLOCK, 0, -10000 },
        { HERE, 0, 0 },
        { WAIT, 0, LAPSE + 29999 },
        { BOOKED, 0, 200 },
        { WAIT, 0, 1 },
        { BOOKED, 0, 60 } } },
    { "a station that does not honour durations has no lease",
      { { LEASES, 0, 0 },
        { WISH, 0, 200 },
        { PROFILE, 0, 200 },
        { YES, 0 },
        { HERE, 0, 0 },
        { WAIT, 0, 10 * LAPSE },
        { BOOKED, 0, 200 } } },
    { "a station that is not proven is booked at its cap, and told all the same",
      { { OBEYS, 0, 0 },
        { BOOKED, 0, 320 },
        { WISH, 0, 100 },
        { PROFILE, 0, 100 },
        { YES, 0 },
        { WAIT, 0, SETTLE },
        { BOOKED, 0, 320 } } },
    { "one that is not proven and draws more than it said: others get no room for what it said",
      { { OBEYS, 0, 0 },
        { WISH, 0, 100 },
        { PROFILE, 0, 100 },
        { YES, 0 },
        { WAIT, 0, 5000 },
        { CLAIMED, 0, 100 },
        { DRAW, 0, 200, 0 },
        { CLAIMED, 0, 100 },
        { WAIT, 0, 1000 },
        { DRAW, 0, 200, 0 },
        { CLAIMED, 0, 320 },
        { SESSION, 0, 0 },
        { WAIT, 0, SETTLE },
        { CLAIMED, 0, 60 } } },
    { "one that draws more than its breaker is booked at what it draws",
      { { WAIT, 0, 5000 },
        { DRAW, 0, 380, 0 },
        { WAIT, 0, 1000 },
        { DRAW, 0, 390, 0 },
        { NEWS, 0, COMMIT_DISOBEYS },
        { BOOKED, 0, 390 } } },
    { "what it said before it was proven counts for nothing",
      { { OBEYS, 0, 0 },
        { OBEYS, 0, 1 },
        { BOOKED, 0, 320 },
        { PROFILE, 0, 60 },
        { YES, 0 },
        { DEFAULT, 0, 60 },
        { YES, 0 },
        { WAIT, 0, SETTLE },
        { BOOKED, 0, 60 } } },
    { "a cap drops: the least important class first",
      { { WISH, 0, 190, 1 },
        { PROFILE, 0, 190 },
        { YES, 0 },
        { WISH, 1, 200, 2 },
        { PROFILE, 1, 200 },
        { YES, 1 },
        { LINE, 0, 240 },
        { NEWS, 0, COMMIT_OVER },
        { WISH, 0, 120, 1 },
        { WISH, 1, 110, 2 },
        { URGENT, 1, 110 },
        { LOG_FIRST, 0, 0 },
        { URGENT, 0, 120 },
        { LOG_FIRST, 0, 0 },
        { YES, 0 },
        { YES, 1 },
        { WAIT, 0, SETTLE },
        { NEWS, 0, COMMIT_BELOW } } },
    { "a slot that is blocked for five seconds meanwhile: close the connection",
      { { WISH, 0, 290 },
        { PROFILE, 0, 290 },
        { YES, 0 },
        { WISH, 0, 300 },
        { PROFILE, 0, 300 },
        { LINE, 0, 200 },
        { WISH, 0, 100 },
        { NOTHING, 0 },
        { WAIT, 0, 4999 },
        { NO_NEWS, 0, COMMIT_CLOSE },
        { WAIT, 0, 1 },
        { NEWS, 0, COMMIT_CLOSE },
        { NO_NEWS, 0, COMMIT_CLOSE } } },
    { "the same without a limit that is passed: it waits",
      { { WISH, 0, 290 },
        { PROFILE, 0, 290 },
        { YES, 0 },
        { WISH, 0, 300 },
        { PROFILE, 0, 300 },
        { WISH, 0, 100 },
        { WAIT, 0, 60000 },
        { NO_NEWS, 0, COMMIT_CLOSE },
        { YES, 0 },
        { PROFILE, 0, 100 } } },
    { "three messages a second, but for what a limit needs",
      { { WISH, 0, 100 },
        { PROFILE, 0, 100 },
        { YES, 0 },
        { WISH, 0, 110 },
        { PROFILE, 0, 110 },
        { YES, 0 },
        { WISH, 0, 120 },
        { PROFILE, 0, 120 },
        { YES, 0 },
        { WISH, 0, 130 },
        { LEFT_AT, 0, 334 },
        { LINE, 0, 150 },
        { WISH, 0, 70 },
        { URGENT, 0, 70 } } },
    { "the server restarts: booked as written",
      { { WISH, 0, 200 },
        { PROFILE, 0, 200 },
        { RESTART, 0 },
        { BOOKED, 0, 200 },
        { BOOKED, 1, 60 },
        { WAIT, 0, LAPSE - 1 },
        { BOOKED, 0, 200 },
        { WAIT, 0, 1 },
        { BOOKED, 0, 60 } } },
    { "a raise is on disk before it leaves, a lower value need not be",
      { { WISH, 0, 200 },
        { PROFILE, 0, 200 },
        { LOG_FIRST, 0, 1 },
        { YES, 0 },
        { WAIT, 0, SETTLE },
        { WISH, 0, 100 },
        { PROFILE, 0, 100 },
        { LOG_FIRST, 0, 1 },
        { NO, 0 },
        { WISH, 0, 90 },
        { PROFILE, 0, 90 },
        { LOG_FIRST, 0, 0 } } },
    { "what lies between two values that are possible may be a raise",
      { { WISH, 0, 300 },
        { PROFILE, 0, 300 },
        { YES, 0 },
        { WISH, 0, 100 },
        { PROFILE, 0, 100 },
        { YES, 0 },
        { LINE, 0, 200 },
        { WISH, 0, 150 },
        { NOTHING, 0 },
        { WAIT, 0, SETTLE },
        { NOTHING, 0 },
        { WAIT, 0, 5000 },
        { PROFILE, 0, 140 } } },
    { "a lower value that is in force is written before others get its room",
      { { WISH, 0, 320 },
        { PROFILE, 0, 320 },
        { YES, 0 },
        { WISH, 0, 100 },
        { PROFILE, 0, 100 },
        { YES, 0 },
        { WISH, 1, 300 },
        { WAIT, 0, SETTLE },
        { PROFILE, 1, 300 },
        { RESTART, 0 },
        { BOOKED, 0, 100 },
        { BOOKED, 1, 300 } } },
    { "a station that breaks its limit stays at its cap after a restart",
      { { WAIT, 0, 5000 },
        { DRAW, 0, 200, 0 },
        { WAIT, 0, 1000 },
        { DRAW, 0, 200, 0 },
        { NEWS, 0, COMMIT_DISOBEYS },
        { RESTART, 0 },
        { BOOKED, 0, 320 } } },
    { "after its restart a station is told the lower layers again",
      { { BOOTED, 0 }, { BOOKED, 0, 60 }, { DEFAULT, 0, 60 }, { YES, 0 }, { NOTHING, 0 } } },
    { "a higher fail-safe needs room, too",
      { { WISH, 1, 320 },
        { PROFILE, 1, 320 },
        { YES, 1 },
        { FAILSAFE, 0, 100 },
        { PROFILE, 0, 60 },
        { YES, 0 },
        { NOTHING, 0 },
        { WISH, 1, 280 },
        { PROFILE, 1, 280 },
        { YES, 1 },
        { WAIT, 0, SETTLE },
        { DEFAULT, 0, 100 },
        { BOOKED, 0, 100 } } },
};

static void each_fact_moves_what_is_booked(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(scripts); i++) {
        struct stage stage = { .now = 1000000 };

        print_message("# %s\n", scripts[i].name);
        stage_open(&stage);
        for (const struct step *step = settled; step->op != STOP; step++)
            play(&stage, step);
        stage.now += 60000;
        for (const struct step *step = scripts[i].steps; step->op != STOP; step++)
            play(&stage, step);
        arena_reset(&stage.arena);
    }
}

static void without_a_record_the_worst_is_booked(void **state)
{
    struct stage stage = { .now = 1000 };

    (void)state;
    stage_open(&stage);
    assert_int_equal(commit_state(stage.commit, 0).booked_da, 320);
    assert_int_equal(commit_state(stage.commit, 1).booked_da, 320);
    arena_reset(&stage.arena);
}

/* --- the lower layers -------------------------------------------------------------------- */

static void fail_safes_fit_the_tree_or_are_nothing(void **state)
{
    static const struct {
        const char *name;
        int32_t limit_da, base_da, permille;
        int32_t want_da[2], fixed_da[2];
        int32_t failsafe_da[2], station_max_da[2];
    } cases[] = {
        { "a limit of nothing", 0, 0, 1000, { 60, 60 }, { -1, -1 }, { 0, 0 }, { 0, 0 } },
        { "a base above the limit", 100, 200, 1000, { 60, 60 }, { -1, -1 }, { 0, 0 }, { 0, 0 } },
        { "one passes it alone", 100, 0, 1000, { 60, 60 }, { 320, -1 }, { 60, 0 }, { 100, 0 } },
        { "room for one", 100, 0, 1000, { 60, 60 }, { -1, -1 }, { 60, 0 }, { 100, 40 } },
        { "half of the limit is for them",
          200,
          0,
          500,
          { 60, 60 },
          { -1, -1 },
          { 60, 0 },
          { 200, 140 } },
        { "room for both", 400, 0, 1000, { 60, 60 }, { -1, -1 }, { 60, 60 }, { 320, 320 } },
        { "more, shared evenly",
          400,
          100,
          1000,
          { 320, 320 },
          { -1, -1 },
          { 150, 150 },
          { 150, 150 } },
        { "one wants less", 400, 0, 1000, { 80, 320 }, { -1, -1 }, { 80, 320 }, { 80, 320 } },
        { "less than the minimum is nothing",
          400,
          0,
          1000,
          { 59, 60 },
          { -1, -1 },
          { 0, 60 },
          { 320, 320 } },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct arena arena;
        int32_t failsafe[2], station_max[2], limit = cases[i].limit_da, base = cases[i].base_da;
        struct tree_node node = { .parent = -1,
                                  .limit_da = { limit, limit, limit },
                                  .limit_w = TREE_NO_LIMIT_W,
                                  .base_da = { base, base, base } };
        struct commit_site site = { .rules = commit_rules_default(),
                                    .node_count = 1,
                                    .evse_count = 2,
                                    .station_count = 2,
                                    .nodes = &node,
                                    .leaves = two_leaves,
                                    .evses = two_evses };
        struct commit_layers layers = { .site = &site,
                                        .share = { .permille = cases[i].permille, .min_da = 60 },
                                        .want_da = cases[i].want_da,
                                        .fixed_da = cases[i].fixed_da,
                                        .failsafe_da = failsafe,
                                        .station_max_da = station_max };

        print_message("# %s\n", cases[i].name);
        arena_init(&arena, NULL, 0);
        assert_int_equal(commit_layers(&arena, &layers), ERR_NONE);
        for (uint32_t k = 0; k < 2; k++) {
            assert_int_equal(failsafe[k], cases[i].failsafe_da[k]);
            assert_int_equal(station_max[k], cases[i].station_max_da[k]);
        }
        arena_reset(&arena);
    }
}

/* --- the property ------------------------------------------------------------------------ */

static uint64_t wrongs(const struct chaos_result *result)
{
    return result->over_steps + result->unbooked_steps + result->booked_steps +
           result->raised_steps + result->found_wrongly;
}

/* chaos.h: after every step. `voltd bench energy --scenario chaos` makes a million of them. */
static void no_limit_is_passed_whatever_happens(void **state)
{
    static struct chaos_result result;
    uint64_t found = 0;

    (void)state;
    for (uint64_t seed = 1; seed <= 8; seed++) {
        struct chaos_config config = { .seed = seed, .steps = 20000 };

        assert_int_equal(chaos_run(&config, &result), ERR_NONE);
        if (wrongs(&result) != 0)
            print_message(
                "# seed %llu, step %llu: over %llu, unbooked %llu, booked %llu, raised "
                "%llu, found wrongly %llu\n",
                (unsigned long long)seed, (unsigned long long)result.wrong_step,
                (unsigned long long)result.over_steps, (unsigned long long)result.unbooked_steps,
                (unsigned long long)result.booked_steps, (unsigned long long)result.raised_steps,
                (unsigned long long)result.found_wrongly);
        assert_int_equal(wrongs(&result), 0);
        found += result.found;
    }
    assert_true(found > 0);
}

/* The test of the test: each promise that commit.h relies on, broken, shows. */
static void a_broken_promise_is_noticed(void **state)
{
    static struct chaos_result result;

    (void)state;
    for (enum chaos_breach breach = CHAOS_KEPT + 1; breach < CHAOS_BREACH_COUNT; breach++) {
        uint64_t seen = 0;

        for (uint64_t seed = 1; seed <= 12 && seen == 0; seed++) {
            struct chaos_config config = { .seed = seed, .steps = 60000, .breach = breach };

            assert_int_equal(chaos_run(&config, &result), ERR_NONE);
            seen = result.over_steps + result.unbooked_steps;
        }
        print_message("# %s\n", chaos_breach_names[breach]);
        assert_true(seen > 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_site_that_contradicts_itself_is_refused),
        cmocka_unit_test(each_fact_moves_what_is_booked),
        cmocka_unit_test(without_a_record_the_worst_is_booked),
        cmocka_unit_test(fail_safes_fit_the_tree_or_are_nothing),
        cmocka_unit_test(no_limit_is_passed_whatever_happens),
        cmocka_unit_test(a_broken_promise_is_noticed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
