#include "test.h"

#include <stdlib.h>

#include "sim/fault.h"
#include "sim/outbox.h"
#include "sim/schedule.h"
#include "sim/settings.h"
#include "sim/tx.h"

static struct sim_tx *new_tx(void)
{
    struct sim_tx *tx = calloc(1, sizeof *tx);

    assert_non_null(tx);
    tx->holds = 1;
    return tx;
}

static void add(struct outbox *outbox, enum sim_message_kind kind, struct sim_tx *tx,
                int32_t seq_no)
{
    struct sim_message message = {
        .kind = kind, .tx = tx, .seq_no = seq_no, .id = (uint64_t)seq_no
    };

    outbox_add(outbox, &message);
}

/* The seq_no of the next message at `now`, or -1. */
static int32_t next(const struct outbox *outbox, utc_ms now, bool only_asked)
{
    utc_ms wake;
    int32_t at = outbox_next(outbox, now, only_asked, &wake);

    return at < 0 ? -1 : outbox->items[at].seq_no;
}

static void facts_keep_their_order_and_other_messages_pass_a_fact_that_waits(void **state)
{
    struct sim_tx *tx = new_tx();
    struct outbox outbox = { 0 };
    utc_ms wake;

    (void)state;
    add(&outbox, SIM_START, tx, 1);
    add(&outbox, SIM_UPDATE, tx, 2);
    add(&outbox, SIM_HEARTBEAT, NULL, 3);
    assert_int_equal(next(&outbox, 0, false), 1);
    outbox.items[0].not_before = 100;
    assert_int_equal(next(&outbox, 99, false), 3); /* not 2: it must not pass 1 */
    outbox_remove(&outbox, 2);
    assert_int_equal(outbox_next(&outbox, 99, false, &wake), -1);
    assert_int_equal(wake, 100);
    assert_int_equal(next(&outbox, 100, false), 1);
    outbox_fini(&outbox);
    assert_int_equal(tx->holds, 1);
    sim_tx_drop(tx);
}

static void before_the_servers_yes_only_what_it_asked_for_is_sent(void **state)
{
    struct sim_message boot = { .kind = SIM_BOOT, .asked = true, .seq_no = 9 };
    struct outbox outbox = { 0 };

    (void)state;
    add(&outbox, SIM_STATUS, NULL, 1);
    assert_int_equal(next(&outbox, 0, true), -1);
    outbox_add_first(&outbox, &boot);
    assert_int_equal(next(&outbox, 0, true), 9);
    assert_int_equal(next(&outbox, 0, false), 9);
    outbox_fini(&outbox);
}

static void a_lost_connection_takes_all_but_the_facts(void **state)
{
    struct sim_tx *tx = new_tx();
    struct outbox outbox = { 0 };

    (void)state;
    add(&outbox, SIM_HEARTBEAT, NULL, 1);
    add(&outbox, SIM_START, tx, 2);
    add(&outbox, SIM_METER, NULL, 3);
    add(&outbox, SIM_STOP, tx, 4);
    outbox_disconnected(&outbox);
    assert_int_equal(outbox.count, 2);
    assert_int_equal(outbox.items[0].seq_no, 2);
    assert_int_equal(outbox.items[1].seq_no, 4);
    assert_true(outbox_has_facts(&outbox, tx));
    assert_int_equal(outbox_find(&outbox, 4), 1);
    assert_int_equal(outbox_find(&outbox, 5), -1);
    outbox_fini(&outbox);
    sim_tx_drop(tx);
}

static void a_full_outbox_drops_the_oldest_update_and_never_a_start_or_stop(void **state)
{
    struct sim_tx *tx = new_tx();
    struct outbox outbox = { 0 };

    (void)state;
    add(&outbox, SIM_START, tx, 0);
    for (uint32_t i = 1; i < OUTBOX_MAX; i++)
        add(&outbox, SIM_UPDATE, tx, (int32_t)i);
    add(&outbox, SIM_STOP, tx, (int32_t)OUTBOX_MAX);
    assert_int_equal(outbox.count, OUTBOX_MAX);
    assert_int_equal(outbox.dropped, 1);
    assert_int_equal(outbox.items[0].kind, SIM_START);
    assert_int_equal(outbox.items[1].seq_no, 2);
    assert_int_equal(outbox.items[OUTBOX_MAX - 1].kind, SIM_STOP);
    outbox_fini(&outbox);
    sim_tx_drop(tx);
}

static void a_repeat_goes_out_of_turn_and_keeps_nobody_waiting(void **state)
{
    struct sim_tx *tx = new_tx();
    struct sim_message late = {
        .kind = SIM_UPDATE, .tx = tx, .resend = true, .not_before = 1000, .seq_no = 1
    };
    struct outbox outbox = { 0 };

    (void)state;
    outbox_add(&outbox, &late);
    add(&outbox, SIM_STOP, tx, 2);
    assert_int_equal(next(&outbox, 10, false), 2);
    outbox_remove(&outbox, 1);
    assert_int_equal(next(&outbox, 10, false), -1);
    assert_int_equal(next(&outbox, 1000, false), 1);
    outbox_fini(&outbox);
    sim_tx_drop(tx);
}

static void settings_keep_their_types_and_rights(void **state)
{
    static const struct {
        const char *key, *value;
        enum setting_result result;
    } cases[] = {
        { "heartbeatinterval", "60", SETTING_DONE },
        { "HeartbeatInterval", "-1", SETTING_REFUSED },
        { "HeartbeatInterval", "soon", SETTING_REFUSED },
        { "HeartbeatInterval", "99999999999", SETTING_REFUSED },
        { "NumberOfConnectors", "2", SETTING_REFUSED },
        { "StopTransactionOnInvalidId", "FALSE", SETTING_DONE },
        { "StopTransactionOnInvalidId", "no", SETTING_REFUSED },
        { "AuthorizationKey", "00112233445566778899", SETTING_DONE },
        { "Nonsense", "1", SETTING_UNKNOWN },
        { "", "1", SETTING_UNKNOWN },
    };
    struct settings settings;
    char scratch[16];

    (void)state;
    settings_init(&settings);
    for (size_t i = 0; i < COUNT(cases); i++) {
        enum setting setting = settings_find_key(str_of(cases[i].key));
        assert_int_equal(settings_write(&settings, setting, str_of(cases[i].value)),
                         cases[i].result);
    }
    assert_str_equal(settings_text(&settings, SETTING_heartbeat_s, scratch), STR("60"));
    assert_str_equal(settings_text(&settings, SETTING_stop_on_invalid, scratch), STR("false"));
    assert_int_equal(settings_find_variable(STR("TxCtrlr"), STR("EVConnectionTimeOut")),
                     SETTING_connection_s);
    assert_int_equal(settings_find_variable(STR(""), STR("")), SETTING_COUNT);
    settings_fini(&settings);
}

static void the_schedule_gives_its_members_in_order_of_time(void **state)
{
    enum { MEMBERS = 500 };
    struct schedule schedule;
    struct rand rand = { 11 };
    utc_ms before = 0, wake;

    (void)state;
    assert_true(schedule_init(&schedule, MEMBERS));
    (void)schedule_first(&schedule, &wake); /* only when */
    assert_true(wake == UTC_NEVER);
    for (uint32_t round = 0; round < 3; round++)
        for (uint32_t i = 0; i < MEMBERS; i++)
            schedule_set(&schedule, i, rand_range(&rand, 0, 1000));
    for (uint32_t i = 0; i < MEMBERS; i++) {
        uint32_t first = schedule_first(&schedule, &wake);
        assert_true(wake >= before);
        before = wake;
        schedule_set(&schedule, first, UTC_NEVER);
    }
    schedule_fini(&schedule);
}

static void drawn_faults_are_of_the_kinds_that_were_asked_for(void **state)
{
    struct fault_mix mix = {
        .every_ms = 60000, .kinds = FAULTS_HARMLESS, .duration_min_ms = 1, .duration_max_ms = 10
    };
    struct rand rand = { 3 };
    uint32_t seen = 0;

    (void)state;
    for (int i = 0; i < 2000; i++) {
        struct fault fault = fault_next(&mix, &rand, 0, 1000);
        assert_true(fault.at > 1000 && fault.at <= 121000);
        assert_non_null(fault_word(fault.kind));
        seen |= FAULT_BIT(fault.kind);
    }
    assert_int_equal(seen, FAULTS_HARMLESS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(facts_keep_their_order_and_other_messages_pass_a_fact_that_waits),
        cmocka_unit_test(before_the_servers_yes_only_what_it_asked_for_is_sent),
        cmocka_unit_test(a_lost_connection_takes_all_but_the_facts),
        cmocka_unit_test(a_full_outbox_drops_the_oldest_update_and_never_a_start_or_stop),
        cmocka_unit_test(a_repeat_goes_out_of_turn_and_keeps_nobody_waiting),
        cmocka_unit_test(settings_keep_their_types_and_rights),
        cmocka_unit_test(the_schedule_gives_its_members_in_order_of_time),
        cmocka_unit_test(drawn_faults_are_of_the_kinds_that_were_asked_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
