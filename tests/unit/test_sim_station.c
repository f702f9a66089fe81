#include "test.h"

#include "sim_toy.h"

#define CONN 1 /* of the one station here */

static struct sim_world world;
static struct toy toy;
static struct sim_station *station;
static struct sim_token tokens[] = { { "TAG1", "ISO14443" }, { "TAG2", "ISO14443" } };
static char log_text[8192], answer_text[8192];
static struct buf heard; /* what the station called since the last look */

/* Notes each call in a few words, and the last answer whole. */
static void watch(struct toy *t, conn_id conn, const struct sim_frame *frame)
{
    struct str event = pick(frame->payload, "eventType"),
               trigger = pick(frame->payload, "triggerReason");
    struct str status = pick(frame->payload, "status");

    (void)t;
    (void)conn;
    if (frame->type != SIM_FRAME_CALL) {
        struct str text = frame->type == SIM_FRAME_RESULT ? frame->payload : frame->action;

        assert_true(text.len < sizeof answer_text);
        memcpy(answer_text, text.ptr, text.len);
        answer_text[text.len] = '\0';
        return;
    }
    if (heard.len > 0)
        buf_put_byte(&heard, ' ');
    buf_put(&heard, frame->action);
    if (event.len > 0)
        buf_printf(&heard, ".%.*s.%.*s", STR_ARGS(pick_unquote(event, NULL)),
                   STR_ARGS(pick_unquote(trigger, NULL)));
    else if (str_equal(frame->action, STR("StatusNotification")))
        buf_printf(&heard, ".%.*s",
                   STR_ARGS(pick_unquote(
                       status.len ? status : pick(frame->payload, "connectorStatus"), NULL)));
}

static void open_station(enum sim_protocol protocol, uint32_t model)
{
    toy = (struct toy){ .watch = watch };
    buf_init(&heard, log_text, sizeof log_text);
    station = toy_open(
        &toy, &world, (struct sim_world_config){ .tokens = tokens, .token_count = COUNT(tokens) },
        (struct sim_setup){ .protocol = protocol, .model = &sim_models[model], .sample_s = 60 });
    heard.len = 0;
}

static void run_s(int64_t seconds)
{
    schedule_set(&world.schedule, 0, sim_station_wake(station));
    sim_world_run(&world, world.now + seconds * 1000);
}

static void arrive_with_car(struct sim_evse *evse)
{
    car_init(&evse->visit.car, &car_models[1], 300, 1);
    sim_station_step(station, world.now);
    sim_evse_plug(station, evse);
    sim_station_step(station, world.now);
}

static void card(struct sim_evse *evse)
{
    sim_evse_card(station, evse, &tokens[0]);
    sim_station_step(station, world.now);
}

static void unplug(struct sim_evse *evse)
{
    sim_evse_unplug(station, evse);
    sim_station_step(station, world.now);
}

static void assert_heard(const char *want)
{
    assert_str_equal(buf_str(&heard), str_of(want));
    heard.len = 0;
}

/* The station's answer to a call holds `want`. */
static void ask(const char *action, const char *payload, const char *want)
{
    answer_text[0] = '\0';
    print_message("# %s %s\n", action, payload);
    toy_call(&toy, CONN, action, payload);
    run_s(0);
    if (!strstr(answer_text, want))
        fail_msg("%s %s: got %s, want %s", action, payload, answer_text, want);
}

static void a_session_in_16_tells_each_step(void **state)
{
    struct sim_evse *evse;

    (void)state;
    open_station(SIM_16, 0);
    evse = &station->evses[0];
    arrive_with_car(evse);
    run_s(1);
    assert_heard("StatusNotification.Preparing");
    card(evse);
    run_s(1);
    assert_heard("Authorize StartTransaction StatusNotification.Charging");
    run_s(60);
    assert_heard("MeterValues");
    card(evse);
    run_s(1);
    assert_heard("StopTransaction StatusNotification.Finishing");
    unplug(evse);
    run_s(1);
    assert_heard("StatusNotification.Available");
    assert_int_equal(world.shared.ledger.first->fact_count, 3);
    assert_string_equal(world.shared.ledger.first->transaction_id, "1");
    sim_world_fini(&world);
}

static void a_session_in_2x_tells_each_step(void **state)
{
    static const struct {
        uint32_t model; /* by its start and stop point */
        const char *plugged, *carded, *stopped, *unplugged;
    } cases[] = {
        { 0, "StatusNotification.Occupied",
          "Authorize TransactionEvent.Started.Authorized "
          "TransactionEvent.Updated.ChargingStateChanged",
          "TransactionEvent.Ended.StopAuthorized", "StatusNotification.Available" },
        { 1, "TransactionEvent.Started.CablePluggedIn StatusNotification.Occupied",
          "Authorize TransactionEvent.Updated.Authorized "
          "TransactionEvent.Updated.ChargingStateChanged",
          "TransactionEvent.Updated.StopAuthorized",
          "TransactionEvent.Ended.EVCommunicationLost StatusNotification.Available" },
    };
    (void)state;
    for (int protocol = SIM_201; protocol <= SIM_21; protocol++)
        for (size_t i = 0; i < COUNT(cases); i++) {
            struct sim_evse *evse;

            open_station((enum sim_protocol)protocol, cases[i].model);
            evse = &station->evses[0];
            arrive_with_car(evse);
            run_s(1);
            assert_heard(cases[i].plugged);
            card(evse);
            run_s(1);
            /* 2.x has one word, Occupied: nothing more is said of the connector until it is free.
             */
            assert_heard(cases[i].carded);
            run_s(60);
            assert_heard("TransactionEvent.Updated.MeterValuePeriodic");
            card(evse);
            run_s(1);
            assert_heard(cases[i].stopped);
            unplug(evse);
            run_s(1);
            assert_heard(cases[i].unplugged);
            assert_true(world.shared.ledger.first->stop_acked);
            sim_world_fini(&world);
        }
}

static void calls_of_16_get_the_answers_of_a_real_station(void **state)
{
    static const struct {
        const char *action, *payload, *want;
    } cases[] = {
        { "GetConfiguration", "{\"key\":[\"heartbeatinterval\",\"Nonsense\"]}",
          "\"unknownKey\":[\"Nonsense\"]" },
        { "GetConfiguration", "{}",
          "\"key\":\"NumberOfConnectors\",\"readonly\":true,\"value\":\"2\"" },
        { "GetConfiguration", "{\"key\":[\"AuthorizationKey\"]}",
          "\"unknownKey\":[\"AuthorizationKey\"]" },
        { "ChangeConfiguration", "{\"key\":\"MeterValueSampleInterval\",\"value\":\"30\"}",
          "Accepted" },
        { "ChangeConfiguration", "{\"key\":\"MeterValueSampleInterval\",\"value\":\"x\"}",
          "Rejected" },
        { "ChangeConfiguration", "{\"key\":\"MeterValuesSampledData\",\"value\":\"SoC,Voltage\"}",
          "Accepted" },
        { "ChangeConfiguration", "{\"key\":\"MeterValuesSampledData\",\"value\":\"Mood\"}",
          "Rejected" },
        { "ChangeConfiguration", "{\"key\":\"Nonsense\",\"value\":\"1\"}", "NotSupported" },
        { "ChangeConfiguration", "{\"key\":\"Nonsense\"}", "OccurenceConstraintViolation" },
        { "ChangeAvailability", "{\"connectorId\":2,\"type\":\"Inoperative\"}", "Accepted" },
        { "ChangeAvailability", "{\"connectorId\":9,\"type\":\"Inoperative\"}", "Rejected" },
        { "ChangeAvailability", "{\"connectorId\":2,\"type\":\"Maybe\"}",
          "PropertyConstraintViolation" },
        { "ClearCache", "{}", "Accepted" },
        { "DataTransfer", "{\"vendorId\":\"x\"}", "UnknownVendorId" },
        { "UnlockConnector", "{\"connectorId\":1}", "Unlocked" },
        { "UnlockConnector", "{\"connectorId\":7}", "NotSupported" },
        { "TriggerMessage", "{\"requestedMessage\":\"Heartbeat\"}", "Accepted" },
        { "TriggerMessage", "{\"requestedMessage\":\"MeterValues\",\"connectorId\":1}",
          "Accepted" },
        { "TriggerMessage", "{\"requestedMessage\":\"MeterValues\",\"connectorId\":8}",
          "Rejected" },
        { "TriggerMessage", "{\"requestedMessage\":\"Nonsense\"}", "NotImplemented" },
        { "RemoteStopTransaction", "{\"transactionId\":77}", "Rejected" },
        { "RemoteStopTransaction", "{\"transactionId\":\"77\"}", "TypeConstraintViolation" },
        { "SetChargingProfile",
          "{\"connectorId\":0,\"csChargingProfiles\":{\"chargingProfileId\":1,\"stackLevel\":0,"
          "\"chargingProfilePurpose\":\"ChargePointMaxProfile\",\"chargingProfileKind\":"
          "\"Absolute\","
          "\"chargingSchedule\":{\"chargingRateUnit\":\"A\",\"chargingSchedulePeriod\":[{"
          "\"startPeriod\":0,"
          "\"limit\":20.0}]}}}",
          "Accepted" },
        { "GetCompositeSchedule", "{\"connectorId\":0,\"duration\":60}", "\"limit\":20" },
        { "ClearChargingProfile", "{\"id\":1}", "Accepted" },
        { "ClearChargingProfile", "{\"id\":1}", "Unknown" },
        { "Nonsense", "{}", "NotImplemented" },
        { "Reset", "{\"type\":\"Soft\"}", "Accepted" },
    };
    (void)state;
    open_station(SIM_16, 0);
    for (size_t i = 0; i < COUNT(cases); i++)
        ask(cases[i].action, cases[i].payload, cases[i].want);
    heard.len = 0;
    run_s(20);
    assert_heard("BootNotification StatusNotification.Available StatusNotification.Available "
                 "StatusNotification.Unavailable Heartbeat");
    sim_world_fini(&world);
}

static void calls_of_2x_get_the_answers_of_a_real_station(void **state)
{
    static const struct {
        const char *action, *payload, *want;
    } cases[] = {
        { "GetVariables",
          "{\"getVariableData\":[{\"component\":{\"name\":\"TxCtrlr\"},\"variable\":{\"name\":"
          "\"TxStartPoint\"}}]}",
          "\"attributeStatus\":\"Accepted\",\"attributeValue\":\"PowerPathClosed\"" },
        { "GetVariables",
          "{\"getVariableData\":[{\"component\":{\"name\":\"X\"},\"variable\":{\"name\":\"Y\"}}]}",
          "UnknownComponent" },
        { "GetVariables", "{}", "OccurrenceConstraintViolation" },
        { "SetVariables",
          "{\"setVariableData\":[{\"attributeValue\":\"5\",\"component\":{\"name\":"
          "\"SampledDataCtrlr\"},"
          "\"variable\":{\"name\":\"TxUpdatedInterval\"}},{\"attributeValue\":\"5\",\"component\":{"
          "\"name\":"
          "\"SampledDataCtrlr\"},\"variable\":{\"name\":\"Nonsense\"}}]}",
          "UnknownVariable" },
        { "GetBaseReport", "{\"requestId\":4,\"reportBase\":\"FullInventory\"}", "Accepted" },
        { "ChangeAvailability", "{\"operationalStatus\":\"Inoperative\",\"evse\":{\"id\":2}}",
          "Accepted" },
        { "UnlockConnector", "{\"evseId\":1,\"connectorId\":1}", "Unlocked" },
        { "UnlockConnector", "{\"evseId\":1,\"connectorId\":2}", "UnknownConnector" },
        { "TriggerMessage", "{\"requestedMessage\":\"BootNotification\"}", "Rejected" },
        { "TriggerMessage", "{\"requestedMessage\":\"StatusNotification\",\"evse\":{\"id\":1}}",
          "Accepted" },
        { "GetTransactionStatus", "{\"transactionId\":\"none\"}",
          "{\"ongoingIndicator\":false,\"messagesInQueue\":false}" },
        { "GetTransactionStatus", "{}", "{\"messagesInQueue\":false}" },
        { "RequestStopTransaction", "{\"transactionId\":\"none\"}", "Rejected" },
        { "SetChargingProfile",
          "{\"evseId\":1,\"chargingProfile\":{\"id\":3,\"stackLevel\":0,\"chargingProfilePurpose\":"
          "\"TxDefaultProfile\",\"chargingProfileKind\":\"Relative\",\"chargingSchedule\":[{\"id\":"
          "1,"
          "\"chargingRateUnit\":\"W\",\"chargingSchedulePeriod\":[{\"startPeriod\":0,\"limit\":"
          "6900.0}]}]}}",
          "Accepted" },
        { "ClearChargingProfile",
          "{\"chargingProfileCriteria\":{\"chargingProfilePurpose\":\"TxDefaultProfile\"}}",
          "Accepted" },
        { "GetCompositeSchedule", "{\"evseId\":1,\"duration\":60,\"chargingRateUnit\":\"W\"}",
          "\"limit\":22080" },
        { "ClearCache", "{}", "Accepted" },
        { "PublishFirmware", "{}", "NotImplemented" },
        { "Reset", "{\"type\":\"OnIdle\"}", "Accepted" },
    };
    (void)state;
    for (int protocol = SIM_201; protocol <= SIM_21; protocol++) {
        open_station((enum sim_protocol)protocol, 0);
        for (size_t i = 0; i < COUNT(cases); i++)
            ask(cases[i].action, cases[i].payload, cases[i].want);
        assert_heard("NotifyReport NotifyReport StatusNotification.Unavailable "
                     "StatusNotification.Available");
        run_s(20);
        assert_heard("BootNotification SecurityEventNotification StatusNotification.Available "
                     "StatusNotification.Unavailable "
                     "Heartbeat");
        sim_world_fini(&world);
    }
}

static void a_remote_start_charges_and_a_remote_stop_ends_it(void **state)
{
    (void)state;
    open_station(SIM_201, 0);
    ask("RequestStartTransaction",
        "{\"evseId\":1,\"remoteStartId\":5,\"idToken\":{\"idToken\":\"APP\",\"type\":\"Central\"}}",
        "Accepted");
    run_s(5);
    arrive_with_car(&station->evses[0]);
    run_s(1);
    assert_heard("StatusNotification.Occupied TransactionEvent.Started.CablePluggedIn "
                 "TransactionEvent.Updated.ChargingStateChanged");
    {
        char payload[128];
        snprintf(payload, sizeof payload, "{\"transactionId\":\"%s\"}", station->evses[0].tx->id);
        ask("RequestStopTransaction", payload, "Accepted");
    }
    run_s(1);
    assert_heard("TransactionEvent.Ended.RemoteStop");
    assert_int_equal(world.shared.ledger.first->reason, SIM_STOP_REMOTE);
    assert_string_equal(world.shared.ledger.first->token.id, "APP");
    sim_world_fini(&world);
}

static void a_profile_is_obeyed_at_once_and_below_the_floor_nothing_flows(void **state)
{
    static const struct {
        int limit_a, power_w_max;
        const char *status;
    } cases[] = { { 10, 7100, "" },
                  { 6, 4300, "" },
                  { 5, 0, "StatusNotification.SuspendedEVSE" },
                  { 16, 11300, "StatusNotification.Charging" } };
    struct sim_evse *evse;

    (void)state;
    open_station(SIM_16, 0);
    evse = &station->evses[0];
    arrive_with_car(evse);
    card(evse);
    run_s(2);
    for (size_t i = 0; i < COUNT(cases); i++) {
        char payload[512];

        heard.len = 0;
        snprintf(payload, sizeof payload,
                 "{\"connectorId\":1,\"csChargingProfiles\":{\"chargingProfileId\":8,"
                 "\"transactionId\":1,"
                 "\"stackLevel\":0,\"chargingProfilePurpose\":\"TxProfile\","
                 "\"chargingProfileKind\":\"Relative\","
                 "\"chargingSchedule\":{\"chargingRateUnit\":\"A\",\"chargingSchedulePeriod\":[{"
                 "\"startPeriod\":0,"
                 "\"limit\":%d}]}}}",
                 cases[i].limit_a);
        ask("SetChargingProfile", payload, "Accepted");
        assert_true(evse->draw.power_w <= cases[i].power_w_max);
        assert_true(evse->draw.power_w >= cases[i].power_w_max * 9 / 10);
        run_s(1);
        assert_heard(cases[i].status);
    }
    sim_world_fini(&world);
}

static void facts_of_an_offline_time_come_in_order_and_say_so(void **state)
{
    struct sim_evse *evse;
    struct fault drop = { .kind = FAULT_DROP, .evse = 1 };

    (void)state;
    open_station(SIM_201, 0);
    evse = &station->evses[0];
    sim_world_server(&world, false);
    run_s(1);
    arrive_with_car(evse);
    card(evse);
    run_s(125);
    card(evse);
    assert_int_equal(station->outbox.count, 5);
    for (uint32_t i = 0; i < station->outbox.count; i++) {
        assert_true(station->outbox.items[i].offline);
        assert_int_equal(station->outbox.items[i].seq_no, i);
    }
    sim_world_server(&world, true);
    heard.len = 0;
    run_s(200);
    assert_true(str_contains_nocase(
        buf_str(&heard), STR("Started.Authorized TransactionEvent.Updated.ChargingStateChanged "
                             "TransactionEvent.Updated.MeterValuePeriodic "
                             "TransactionEvent.Updated.MeterValuePeriodic "
                             "TransactionEvent.Ended.StopAuthorized")));
    assert_true(world.shared.ledger.first->stop_acked);
    sim_world_fault(&world, &drop);
    run_s(10);
    assert_int_equal(station->link_state, LINK_OPEN);
    sim_world_fini(&world);
}

static void a_fact_without_an_answer_is_tried_again_and_given_up_in_the_end(void **state)
{
    struct sim_evse *evse;

    (void)state;
    open_station(SIM_16, 0);
    evse = &station->evses[0];
    station->settings.numbers[SETTING_attempts] = 2;
    station->settings.numbers[SETTING_retry_s] = 10;
    arrive_with_car(evse);
    card(evse);
    run_s(1);
    toy.silent = true;
    card(evse);
    run_s(120);
    assert_int_equal(world.shared.ledger.first->given_up, 1);
    assert_false(world.shared.ledger.first->stop_acked);
    sim_world_fini(&world);
}

/* Begins a session at EVSE 1 and lets it run a minute. */
static struct sim_evse *charge(enum sim_protocol protocol)
{
    struct sim_evse *evse;

    open_station(protocol, 0);
    evse = &station->evses[0];
    arrive_with_car(evse);
    card(evse);
    run_s(61);
    heard.len = 0;
    return evse;
}

static void inflict(enum fault_kind kind, int64_t duration_s, int64_t value)
{
    struct fault fault = {
        .kind = kind, .evse = 1, .duration_ms = duration_s * 1000, .value = value
    };

    sim_world_fault(&world, &fault);
}

static void power_that_fails_ends_the_session_and_says_so_later(void **state)
{
    (void)state;
    for (int protocol = SIM_16; protocol <= SIM_21; protocol++) {
        struct sim_evse *evse = charge((enum sim_protocol)protocol);
        const struct ledger_session *session = world.shared.ledger.first;
        int64_t register_mwh;

        inflict(FAULT_POWER_LOSS, 600, 0);
        register_mwh = meter_true_mwh(&evse->meter);
        run_s(599);
        assert_int_equal(station->link_state, LINK_DOWN);
        assert_int_equal(meter_true_mwh(&evse->meter), register_mwh);
        run_s(60);
        assert_true(session->stop_acked);
        assert_int_equal(session->reason, SIM_STOP_POWER_LOSS);
        assert_true(str_starts(buf_str(&heard), STR("BootNotification ")));
        assert_true(str_contains_nocase(
            buf_str(&heard), protocol == SIM_16 ? STR("StopTransaction")
                                                : STR("TransactionEvent.Ended.AbnormalCondition")));
        sim_world_fini(&world);
    }
}

static void a_broken_connector_is_told_and_repaired(void **state)
{
    (void)state;
    charge(SIM_16);
    inflict(FAULT_CONNECTOR, 60, 0);
    run_s(59);
    assert_heard("StopTransaction StatusNotification.Faulted");
    run_s(2);
    assert_heard("StatusNotification.Finishing");
    sim_world_fini(&world);
}

static void a_half_open_connection_is_left_for_a_new_one(void **state)
{
    (void)state;
    charge(SIM_201);
    inflict(FAULT_HALF_OPEN, 130, 0);
    run_s(129);
    assert_heard(""); /* nothing comes through */
    run_s(60);
    assert_int_equal(station->link_state, LINK_OPEN);
    assert_int_equal(world.conn_count, 2);
    /* What was said into the void comes again. */
    assert_true(str_contains_nocase(
        buf_str(&heard), STR("MeterValuePeriodic TransactionEvent.Updated.MeterValuePeriodic")));
    assert_false(outbox_has_facts(&station->outbox, NULL));
    sim_world_fini(&world);
}

static void a_repeat_is_the_same_message_again(void **state)
{
    static const enum fault_kind kinds[] = { FAULT_REPEAT_SAME_ID, FAULT_REPEAT_NEW_ID,
                                             FAULT_LATE_REPEAT };

    (void)state;
    for (size_t i = 0; i < COUNT(kinds); i++) {
        charge(SIM_16);
        inflict(kinds[i], 30, 0);
        run_s(90);
        assert_heard("MeterValues MeterValues");
        assert_int_equal(world.shared.ledger.first->fact_count,
                         3); /* start and two readings, once each */
        sim_world_fini(&world);
    }
}

static void a_transaction_whose_id_was_lost_is_told_as_minus_one(void **state)
{
    struct sim_evse *evse;

    (void)state;
    open_station(SIM_16, 0);
    evse = &station->evses[0];
    inflict(FAULT_MINUS_ONE, 0, 0);
    arrive_with_car(evse);
    card(evse);
    run_s(61);
    assert_string_equal(evse->tx->id, "");
    assert_string_equal(world.shared.ledger.first->transaction_id, "");
    card(evse);
    run_s(1);
    assert_true(world.shared.ledger.first->stop_acked);
    sim_world_fini(&world);
}

static void a_wrong_clock_and_a_wrong_meter_are_told_as_they_are(void **state)
{
    struct sim_evse *evse = charge(SIM_201);
    const struct ledger_session *session = world.shared.ledger.first;
    int64_t shown_mwh = meter_shown_mwh(&evse->meter);

    (void)state;
    inflict(FAULT_CLOCK, 0, 7200000);
    inflict(FAULT_REGISTER_RESET, 0, 0);
    run_s(60);
    assert_int_equal(session->facts[session->fact_count - 1].at, world.now - 1000 + 7200000);
    assert_true(session->facts[session->fact_count - 1].register_mwh < shown_mwh);
    assert_true(session->true_stop_mwh >
                session->true_start_mwh + 300000); /* 11 kW for two minutes */
    inflict(FAULT_KWH_AS_WH, 0, 1);
    assert_true(meter_shown_mwh(&evse->meter) < 1000);
    sim_world_fini(&world);
}

static void a_station_that_disobeys_accepts_and_draws_on(void **state)
{
    static const char max_6_a[] =
        "{\"connectorId\":0,\"csChargingProfiles\":{\"chargingProfileId\":1,\"stackLevel\":0,"
        "\"chargingProfilePurpose\":\"ChargePointMaxProfile\",\"chargingProfileKind\":\"Absolute\","
        "\"chargingSchedule\":{\"chargingRateUnit\":\"A\",\"chargingSchedulePeriod\":[{"
        "\"startPeriod\":0,"
        "\"limit\":6.0}]}}}";
    struct sim_evse *evse = charge(SIM_16);

    (void)state;
    inflict(FAULT_DISOBEY, 0, 1);
    ask("SetChargingProfile", max_6_a, "Accepted");
    assert_true(evse->draw.power_w > 10000);
    inflict(FAULT_DISOBEY, 0, 0);
    run_s(11);
    assert_true(evse->draw.power_w < 4300);
    inflict(FAULT_LIE_POWER, 0, 100);
    assert_true(sim_evse_sample(station, evse).power_w < 430);
    inflict(FAULT_REFUSE_CALLS, 0, 1);
    ask("SetChargingProfile", max_6_a, "Rejected");
    ask("RemoteStopTransaction", "{\"transactionId\":1}", "Rejected");
    sim_world_fini(&world);
}

static void a_deaf_station_hears_no_answer_and_asks_again(void **state)
{
    (void)state;
    charge(SIM_16);
    inflict(FAULT_DEAF, 45, 0);
    run_s(120);
    assert_int_equal(world.shared.counts.timeouts, 0); /* the reading came after the deafness */
    inflict(FAULT_DEAF, 90, 0);
    run_s(180);
    assert_true(world.shared.counts.timeouts > 0);
    assert_false(outbox_has_facts(&station->outbox, NULL));
    assert_int_equal(world.shared.ledger.first->given_up, 0);
    sim_world_fini(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_session_in_16_tells_each_step),
        cmocka_unit_test(a_session_in_2x_tells_each_step),
        cmocka_unit_test(calls_of_16_get_the_answers_of_a_real_station),
        cmocka_unit_test(calls_of_2x_get_the_answers_of_a_real_station),
        cmocka_unit_test(a_remote_start_charges_and_a_remote_stop_ends_it),
        cmocka_unit_test(a_profile_is_obeyed_at_once_and_below_the_floor_nothing_flows),
        cmocka_unit_test(facts_of_an_offline_time_come_in_order_and_say_so),
        cmocka_unit_test(a_fact_without_an_answer_is_tried_again_and_given_up_in_the_end),
        cmocka_unit_test(power_that_fails_ends_the_session_and_says_so_later),
        cmocka_unit_test(a_broken_connector_is_told_and_repaired),
        cmocka_unit_test(a_half_open_connection_is_left_for_a_new_one),
        cmocka_unit_test(a_repeat_is_the_same_message_again),
        cmocka_unit_test(a_transaction_whose_id_was_lost_is_told_as_minus_one),
        cmocka_unit_test(a_wrong_clock_and_a_wrong_meter_are_told_as_they_are),
        cmocka_unit_test(a_station_that_disobeys_accepts_and_draws_on),
        cmocka_unit_test(a_deaf_station_hears_no_answer_and_asks_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
