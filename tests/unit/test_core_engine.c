#include "test.h"

#include "core/engine.h"

/* What is on disk leaves step by step, so that thousands of answers hold nobody up; and nothing
 * overtakes what came before it. */

enum { SENDS_MAX = 1000, LOOK_US = 500 };

static struct desk {
    struct engine engine;
    struct batch *given; /* to the disk */
    conn_id sent[SENDS_MAX], closed[SENDS_MAX];
    uint32_t sent_count, closed_count;
    int64_t us;
} desk;

static void commit(void *host, struct batch *batch)
{
    (void)host;
    assert_null(desk.given);
    desk.given = batch;
}

static enum err reload(void *host)
{
    (void)host;
    return ERR_NONE;
}

/* Each look at the clock takes half a millisecond: a step is soon over. */
static int64_t slow_clock(void)
{
    return desk.us += LOOK_US;
}

static bool send(void *net, conn_id conn, struct str text)
{
    (void)net;
    (void)text;
    assert_true(desk.sent_count < SENDS_MAX);
    desk.sent[desk.sent_count++] = conn;
    return true;
}

/* NOLINTNEXTLINE(readability-function-size): as net.h has it */
static void close_conn(void *net, conn_id conn, uint16_t code, struct str reason, bool drop)
{
    (void)net;
    (void)code;
    (void)reason;
    (void)drop;
    desk.closed[desk.closed_count++] = conn;
}

static void storage(struct engine *engine, bool works)
{
    (void)engine;
    (void)works;
}

static int open_desk(void **state)
{
    const struct engine_host host = { .commit = commit,
                                      .reload = reload,
                                      .clock_us = slow_clock,
                                      .net = { .send = send, .close = close_conn } };
    const struct engine_handlers handlers = { .storage = storage };

    (void)state;
    desk = (struct desk){ 0 };
    engine_init(&desk.engine, &host, &handlers, NULL, 1);
    engine_clock(&desk.engine, 1000000, 1000);
    return 0;
}

static int close_desk(void **state)
{
    (void)state;
    if (desk.given == desk.engine.flying)
        desk.given = NULL; /* goes with the engine */
    engine_drop(&desk.engine);
    engine_fini(&desk.engine);
    return 0;
}

enum way { A_FACT, A_WORD, AT_ONCE };

struct answer {
    conn_id conn;
    enum way way;
};

static enum err answer_turn(struct turn *turn)
{
    const struct answer *answer = turn->input;
    const struct log_entry entry = { .kind = LOG_IN,
                                     .at = turn->now,
                                     .action = STR("A"),
                                     .message_id = STR("1"),
                                     .text = STR("{}") };

    turn->at_once = answer->way == AT_ONCE;
    if (answer->way == A_FACT)
        turn_log(turn, &entry, true);
    turn_send(turn, answer->conn, STR("[3,\"1\",{}]"));
    return ERR_NONE;
}

static void answer(conn_id conn, enum way way)
{
    const struct answer input = { conn, way };
    struct turn *turn = engine_turn(&desk.engine, answer_turn, &input, sizeof input);

    assert_non_null(turn);
    assert_int_equal(engine_go(turn), ERR_NONE);
}

static void facts(conn_id first, conn_id end)
{
    for (conn_id conn = first; conn < end; conn++)
        answer(conn, A_FACT);
}

static void disk_is_done(enum err err)
{
    struct batch *batch = desk.given;

    assert_non_null(batch);
    desk.given = NULL;
    engine_committed(&desk.engine, batch, err);
}

static void run_until_nothing_leaves(void)
{
    for (int i = 0; i < SENDS_MAX && engine_leaves(&desk.engine); i++) {
        assert_int_equal(engine_wake(&desk.engine), desk.engine.mono); /* it wants to go on */
        engine_run(&desk.engine);
    }
    assert_false(engine_leaves(&desk.engine));
}

static void assert_sent_in_order(conn_id first, conn_id end)
{
    assert_int_equal(desk.sent_count, end - first);
    for (uint32_t i = 0; i < desk.sent_count; i++)
        assert_int_equal(desk.sent[i], first + i);
}

static void answers_of_a_large_commit_leave_step_by_step_and_in_order(void **state)
{
    uint32_t steps = 0;

    (void)state;
    facts(1, 501);
    engine_run(&desk.engine);
    assert_int_equal(desk.sent_count, 0); /* not before they are on disk */
    disk_is_done(ERR_NONE);
    while (engine_leaves(&desk.engine)) {
        uint32_t before = desk.sent_count;
        assert_true(before < 500);
        assert_false(engine_idle(&desk.engine));
        engine_run(&desk.engine);
        assert_true(desk.sent_count > before);
        assert_true(desk.sent_count - before <= 200);
        steps++;
    }
    assert_true(steps >= 2);
    assert_sent_in_order(1, 501);
    assert_true(engine_idle(&desk.engine));
}

static void what_comes_meanwhile_stands_behind_it(void **state)
{
    (void)state;
    facts(1, 401);
    engine_run(&desk.engine);
    disk_is_done(ERR_NONE);
    assert_true(engine_leaves(&desk.engine));
    answer(401, A_WORD); /* needs no disk, and may not overtake */
    answer(402, A_WORD);
    run_until_nothing_leaves();
    assert_sent_in_order(1, 403);
}

static void what_cannot_wait_overtakes(void **state)
{
    (void)state;
    facts(1, 401);
    engine_run(&desk.engine);
    disk_is_done(ERR_NONE);
    uint32_t before = desk.sent_count;
    answer(900, AT_ONCE);
    assert_int_equal(desk.sent[before], 900);
    run_until_nothing_leaves();
    assert_int_equal(desk.sent_count, 401);
}

static void the_next_commit_waits_for_its_turn(void **state)
{
    (void)state;
    facts(1, 401);
    engine_run(&desk.engine);
    facts(401, 601);
    disk_is_done(ERR_NONE);
    assert_true(engine_leaves(&desk.engine));
    engine_run(&desk.engine); /* the second flies while the first leaves */
    assert_true(engine_leaves(&desk.engine));
    assert_false(engine_busy(&desk.engine));
    disk_is_done(ERR_NONE);
    assert_true(desk.sent_count < 401);
    assert_true(engine_busy(&desk.engine)); /* no more from the network for now */
    answer(601, A_WORD);
    run_until_nothing_leaves();
    assert_sent_in_order(1, 602);
}

static void what_was_on_disk_leaves_before_a_commit_that_fails_is_void(void **state)
{
    (void)state;
    facts(1, 401);
    engine_run(&desk.engine);
    facts(401, 451);
    disk_is_done(ERR_NONE);
    engine_run(&desk.engine);
    assert_true(engine_leaves(&desk.engine));
    facts(451, 461); /* open while the one before it fails */
    disk_is_done(ERR_STORAGE);
    assert_false(engine_leaves(&desk.engine));
    assert_sent_in_order(1, 401);
    assert_int_equal(desk.closed_count, 60);
    for (uint32_t i = 0; i < 60; i++)
        assert_int_equal(desk.closed[i], 401 + i);
}

static void at_the_end_of_a_process_nothing_is_left_over(void **state)
{
    (void)state;
    facts(1, 401);
    engine_run(&desk.engine);
    facts(401, 451);
    disk_is_done(ERR_NONE);
    engine_run(&desk.engine);
    assert_true(engine_leaves(&desk.engine)); /* close_desk frees all, as a sanitizer sees */
}

static enum err waits_turn(struct turn *turn)
{
    void *data = turn->input;

    return turn_work(turn, "wait", NULL, WORK_READER, &data);
}

static struct question *asked[4];
static uint32_t asked_count;

static void ask(void *host, struct question *question)
{
    (void)host;
    asked[asked_count++] = question;
}

static void turns_that_wait_go_on_in_any_order(void **state)
{
    static const uint32_t order[] = { 1, 3, 0, 2 };

    (void)state;
    asked_count = 0;
    desk.engine.host.ask = ask;
    for (uint32_t i = 0; i < 4; i++) {
        struct turn *turn = engine_turn(&desk.engine, waits_turn, &i, sizeof i);
        assert_int_equal(engine_go(turn), ERR_LATER);
    }
    for (uint32_t i = 0; i < 4; i++) {
        assert_false(engine_idle(&desk.engine));
        engine_answered(&desk.engine, asked[order[i]]);
    }
    assert_true(engine_idle(&desk.engine));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(answers_of_a_large_commit_leave_step_by_step_and_in_order,
                                        open_desk, close_desk),
        cmocka_unit_test_setup_teardown(what_comes_meanwhile_stands_behind_it, open_desk,
                                        close_desk),
        cmocka_unit_test_setup_teardown(what_cannot_wait_overtakes, open_desk, close_desk),
        cmocka_unit_test_setup_teardown(the_next_commit_waits_for_its_turn, open_desk, close_desk),
        cmocka_unit_test_setup_teardown(what_was_on_disk_leaves_before_a_commit_that_fails_is_void,
                                        open_desk, close_desk),
        cmocka_unit_test_setup_teardown(at_the_end_of_a_process_nothing_is_left_over, open_desk,
                                        close_desk),
        cmocka_unit_test_setup_teardown(turns_that_wait_go_on_in_any_order, open_desk, close_desk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
