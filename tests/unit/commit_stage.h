/* commit_stage.h: energy/commit.h played step by step: two stations of one EVSE each, caps 32 A, on
 * one line of 40 A. */
#pragma once
#include "energy/commit.h"
#include "test.h"

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
    STOPS,
    FORGETS,
    LEASES,
    LINKED, /* and leases */
    CLOCK,
    BOOTED,
    LINE,  /* limit */
    WIRES, /* of its car */
    DROP,  /* in so many ms; 0: never */
    DRAW,  /* value2: how long ago */
    DRAWS, /* value2: so often, each 15 s */
    LEAST,
    FOREIGN, /* somebody else's profile */
    ASKED,   /* for a profile, by its car */
    WAIT,    /* ms */
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
    LINE_2, /* booked on it */
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

static inline void stage_open(struct stage *stage)
{
    struct commit_site site = { .rules = commit_rules_default(),
                                .node_count = 1,
                                .evse_count = 2,
                                .station_count = 2,
                                .nodes = line_40a,
                                .leaves = two_leaves,
                                .evses = two_evses };
    struct commit_trust trust = {
        .obeys = true, .stops = true, .leases = true, .settle_ms = SETTLE
    };

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
static inline bool reports(struct stage *stage, enum commit_news wanted)
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

static inline void expect_send(struct stage *stage, const struct step *step)
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

static inline void say(struct stage *stage, const struct step *step)
{
    struct commit *commit = stage->commit;
    uint32_t evse = step->evse;
    struct commit_trust trust = {
        .obeys = true, .stops = true, .leases = true, .settle_ms = SETTLE
    };
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
    case STOPS:
        trust.stops = step->value != 0;
        commit_trust(commit, evse, &trust, stage->now);
        break;
    case FORGETS:
        trust.forgets = step->value != 0;
        commit_trust(commit, evse, &trust, stage->now);
        break;
    case LEASES:
        trust.leases = step->value != 0;
        commit_trust(commit, evse, &trust, stage->now);
        break;
    case LINKED:
        trust.linked = step->value != 0;
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
    case WIRES:
        commit_wires(commit, evse, (wire_set)step->value, 3, stage->now);
        break;
    case DROP:
        commit_leases_by(commit, step->value ? stage->now + step->value : UTC_NEVER, stage->now);
        break;
    case DRAW:
        commit_draw(commit, evse, (int32_t)step->value, stage->now - step->value2, stage->now);
        break;
    case DRAWS:
        for (int64_t i = 0; i < step->value2; i++) {
            stage->now += 15000;
            commit_draw(commit, evse, (int32_t)step->value, stage->now, stage->now);
        }
        break;
    case LEAST:
        commit_least(commit, evse, (int32_t)step->value);
        break;
    case FOREIGN:
        commit_foreign(commit, evse, (int32_t)step->value, stage->now);
        break;
    case ASKED:
        commit_asked(commit, evse, stage->now);
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

static inline void play(struct stage *stage, const struct step *step)
{
    struct commit_send send;
    int64_t line_da[LINE_COUNT], sum_w;

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
    case LINE_2:
        tree_sums(commit_tree(stage->commit), 0, line_da, &sum_w);
        assert_int_equal(line_da[1], step->value);
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

/* Each begins as `settled` ends. */
static inline void play_scripts(const struct script *scripts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
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
