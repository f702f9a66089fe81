/* speak2x.c: what a station says in OCPP 2.0.1 and 2.1. What it says is the same in both: 2.1 only
 * added fields. Field by field: 2.0.1 Part 2 §1. */
#include "sim/measure.h"
#include "sim/pick.h"
#include "sim/report.h"
#include "sim/speak_inner.h"

static const char *const status_words[SIM_STATUS_COUNT] = {
    [SIM_AVAILABLE] = "Available",     [SIM_PREPARING] = "Occupied",
    [SIM_CHARGING] = "Occupied",       [SIM_SUSPENDED_EV] = "Occupied",
    [SIM_SUSPENDED_EVSE] = "Occupied", [SIM_FINISHING] = "Occupied",
    [SIM_UNAVAILABLE] = "Unavailable", [SIM_FAULTED] = "Faulted",
};

static const char *const reason_words[SIM_STOP_REASON_COUNT] = {
    [SIM_STOP_LOCAL] = "Local",
    [SIM_STOP_REMOTE] = "Remote",
    [SIM_STOP_UNPLUGGED] = "EVDisconnected",
    [SIM_STOP_DEAUTHORIZED] = "DeAuthorized",
    [SIM_STOP_POWER_LOSS] = "PowerLoss",
    [SIM_STOP_REBOOT] = "Reboot",
    [SIM_STOP_SOFT_RESET] = "ImmediateReset",
    [SIM_STOP_HARD_RESET] = "ImmediateReset",
    [SIM_STOP_UNLOCK] = "Other",
    [SIM_STOP_FAULT] = "Other",
    [SIM_STOP_NO_CABLE] = "Timeout",
};

static const char *const boot_words[SIM_STOP_REASON_COUNT] = {
    [SIM_STOP_POWER_LOSS] = "PowerUp",
    [SIM_STOP_REBOOT] = "Watchdog",
    [SIM_STOP_SOFT_RESET] = "RemoteReset",
    [SIM_STOP_HARD_RESET] = "RemoteReset",
};

static const char *const trigger_words[SIM_TRIGGER_COUNT] = {
    [SIM_TRIGGER_AUTHORIZED] = "Authorized",
    [SIM_TRIGGER_PLUGGED] = "CablePluggedIn",
    [SIM_TRIGGER_STATE] = "ChargingStateChanged",
    [SIM_TRIGGER_SAMPLE] = "MeterValuePeriodic",
    [SIM_TRIGGER_CLOCK] = "MeterValueClock",
    [SIM_TRIGGER_ASKED] = "Trigger",
    [SIM_TRIGGER_REMOTE_START] = "RemoteStart",
    [SIM_TRIGGER_REMOTE_STOP] = "RemoteStop",
    [SIM_TRIGGER_STOP_AUTHORIZED] = "StopAuthorized",
    [SIM_TRIGGER_DEAUTHORIZED] = "Deauthorized",
    [SIM_TRIGGER_UNPLUGGED] = "EVCommunicationLost",
    [SIM_TRIGGER_NO_CABLE] = "EVConnectTimeout",
    [SIM_TRIGGER_RESET] = "ResetCommand",
    [SIM_TRIGGER_UNLOCK] = "UnlockCommand",
    [SIM_TRIGGER_ABNORMAL] = "AbnormalCondition",
};

static const char *const state_words[SIM_STATE_COUNT] = {
    [SIM_STATE_IDLE] = "Idle",
    [SIM_STATE_CONNECTED] = "EVConnected",
    [SIM_STATE_CHARGING] = "Charging",
    [SIM_STATE_SUSPENDED_EV] = "SuspendedEV",
    [SIM_STATE_SUSPENDED_EVSE] = "SuspendedEVSE",
};

static void put_boot(struct sim_station *station, const struct sim_message *message,
                     struct json_writer *w)
{
    const struct sim_setup *setup = &station->setup;
    const char *reason = boot_words[message->reason];

    json_key_str(w, "reason", reason ? str_of(reason) : STR("Triggered"));
    json_key(w, "chargingStation");
    json_object_begin(w);
    json_key_str(w, "vendorName", str_first(setup->model->vendor, 50));
    json_key_str(w, "model", str_first(setup->model->name, 20));
    if (!station->missing_fields) {
        json_key_str(w, "serialNumber", str_first(setup->serial, 25));
        json_key_str(w, "firmwareVersion", setup->model->firmware);
    }
    json_object_end(w);
}

static void put_status(struct sim_station *station, const struct sim_message *message,
                       struct json_writer *w)
{
    (void)station;
    json_key_time(w, "timestamp", message->at);
    json_key_str(w, "connectorStatus", str_of(status_words[message->status]));
    json_key_i64(w, "evseId", message->evse);
    json_key_i64(w, "connectorId", 1);
}

static void put_token(const struct sim_token *token, struct json_writer *w)
{
    json_key(w, "idToken");
    json_object_begin(w);
    json_key_str(w, "idToken", str_of(token->id));
    json_key_str(w, "type", str_of(token->type));
    json_object_end(w);
}

static void put_authorize(struct sim_station *station, const struct sim_message *message,
                          struct json_writer *w)
{
    (void)station;
    put_token(&message->token, w);
}

static void put_reading(const struct sim_reading *reading, const char *context, bool bare,
                        struct json_writer *w)
{
    json_object_begin(w);
    json_key_decimal(w, "value", reading->value, reading->scale);
    json_key_str(w, "measurand", str_of(reading->measurand));
    sim_put_reading_place(reading, context, bare, w);
    /* Wh is what is meant when nothing is said (2.0.1 Part 2, UnitOfMeasureType). */
    if (!bare || !str_equal(str_of(reading->unit), STR("Wh"))) {
        json_key(w, "unitOfMeasure");
        json_object_begin(w);
        json_key_str(w, "unit", str_of(reading->unit));
        json_object_end(w);
    }
    json_object_end(w);
}

static void put_transaction(const struct sim_message *message, struct json_writer *w)
{
    json_key(w, "transactionInfo");
    json_object_begin(w);
    json_key_str(w, "transactionId", str_of(message->tx->id));
    json_key_str(w, "chargingState", str_of(state_words[message->state]));
    if (message->kind == SIM_STOP)
        json_key_str(w, "stoppedReason", str_of(reason_words[message->reason]));
    /* With the token that it came with (2.0.1 F01.FR.25, F02.FR.05). */
    if (message->tx->remote_start_id != 0 && message->with_token && message->kind != SIM_STOP)
        json_key_i64(w, "remoteStartId", message->tx->remote_start_id);
    json_object_end(w);
}

static void put_event(struct sim_station *station, const struct sim_message *message,
                      struct json_writer *w)
{
    static const char *const types[SIM_MESSAGE_KIND_COUNT] = {
        [SIM_START] = "Started", [SIM_UPDATE] = "Updated", [SIM_STOP] = "Ended"
    };

    json_key_str(w, "eventType", str_of(types[message->kind]));
    json_key_time(w, "timestamp", message->at);
    json_key_str(w, "triggerReason", str_of(trigger_words[message->trigger]));
    json_key_i64(w, "seqNo", message->seq_no);
    if (message->offline)
        json_key_bool(w, "offline", true);
    put_transaction(message, w);
    if (message->with_token)
        put_token(&message->token, w);
    /* 2.0.1 E01.FR.16: at least in the first one that knows it; a sparing station says it once. */
    if (message->kind == SIM_START || !station->missing_fields) {
        json_key(w, "evse");
        json_object_begin(w);
        json_key_i64(w, "id", message->evse);
        json_key_i64(w, "connectorId", 1);
        json_object_end(w);
    }
    if (message->sampled)
        sim_put_meter_value(station, message, put_reading, w);
}

static void put_meter(struct sim_station *station, const struct sim_message *message,
                      struct json_writer *w)
{
    json_key_i64(w, "evseId", message->evse);
    sim_put_meter_value(station, message, put_reading, w);
}

static void put_security(struct sim_station *station, const struct sim_message *message,
                         struct json_writer *w)
{
    (void)station;
    json_key_str(w, "type", STR("StartupOfTheDevice"));
    json_key_time(w, "timestamp", message->at);
}

static const struct sim_phrase phrases[SIM_MESSAGE_KIND_COUNT] = {
    [SIM_BOOT] = { STR_INIT("BootNotification"), put_boot },
    [SIM_HEARTBEAT] = { STR_INIT("Heartbeat"), sim_put_nothing },
    [SIM_STATUS] = { STR_INIT("StatusNotification"), put_status },
    [SIM_AUTHORIZE] = { STR_INIT("Authorize"), put_authorize },
    [SIM_START] = { STR_INIT("TransactionEvent"), put_event },
    [SIM_UPDATE] = { STR_INIT("TransactionEvent"), put_event },
    [SIM_STOP] = { STR_INIT("TransactionEvent"), put_event },
    [SIM_METER] = { STR_INIT("MeterValues"), put_meter },
    [SIM_REPORT] = { STR_INIT("NotifyReport"), sim_put_report },
    [SIM_SECURITY] = { STR_INIT("SecurityEventNotification"), put_security },
    [SIM_FIRMWARE_STATUS] = { STR_INIT("FirmwareStatusNotification"), sim_put_idle },
    [SIM_LOG_STATUS] = { STR_INIT("LogStatusNotification"), sim_put_idle },
    [SIM_NEEDS] = { STR_INIT("NotifyEVChargingNeeds"), sim_put_needs },
    [SIM_LIMIT_SET] = { STR_INIT("NotifyChargingLimit"), sim_put_limit_set },
    [SIM_LIMIT_CLEARED] = { STR_INIT("ClearedChargingLimit"), sim_put_limit_cleared },
    [SIM_PROFILE] = { STR_INIT("ReportChargingProfiles"), sim_put_profile },
    [SIM_PULL] = { STR_INIT("PullDynamicScheduleUpdate"), sim_put_pull },
    [SIM_PRIORITY] = { STR_INIT("NotifyPriorityCharging"), sim_put_priority },
    [SIM_CAR_PLAN] = { STR_INIT("NotifyEVChargingSchedule"), sim_put_car_plan },
};

static enum err answered(struct sim_station *station, const struct sim_message *message,
                         struct str payload)
{
    struct str status = pick(payload, "idTokenInfo.status");

    if (message->kind == SIM_BOOT)
        return sim_on_boot(station, payload);
    if (message->kind == SIM_AUTHORIZE)
        return sim_on_authorize(station, message, status);
    if (message->kind == SIM_PULL)
        return sim_on_pull(station, message, payload);
    if (outbox_is_fact(message) && status.len > 0 && !str_equal(status, STR("\"Accepted\"")))
        sim_evse_refused(station, message->tx);
    return ERR_NONE;
}

const struct sim_dialect sim_dialect_201 = { .subprotocol = STR_INIT("ocpp2.0.1"),
                                             .phrases = phrases,
                                             .answered = answered,
                                             .called = sim_called_2x };
const struct sim_dialect sim_dialect_21 = { .subprotocol = STR_INIT("ocpp2.1"),
                                            .phrases = phrases,
                                            .answered = answered,
                                            .called = sim_called_2x };
