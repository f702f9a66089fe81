/* speak16.c: what a station says in OCPP 1.6. Field by field: 1.6 §6. */
#include "sim/measure.h"
#include "sim/pick.h"
#include "sim/speak_inner.h"
#include "json/writer.h"

static const char *const status_words[SIM_STATUS_COUNT] = {
    [SIM_AVAILABLE] = "Available",
    [SIM_PREPARING] = "Preparing",
    [SIM_CHARGING] = "Charging",
    [SIM_SUSPENDED_EV] = "SuspendedEV",
    [SIM_SUSPENDED_EVSE] = "SuspendedEVSE",
    [SIM_FINISHING] = "Finishing",
    [SIM_UNAVAILABLE] = "Unavailable",
    [SIM_FAULTED] = "Faulted",
};

static const char *const reason_words[SIM_STOP_REASON_COUNT] = {
    [SIM_STOP_LOCAL] = "Local",
    [SIM_STOP_REMOTE] = "Remote",
    [SIM_STOP_UNPLUGGED] = "EVDisconnected",
    [SIM_STOP_DEAUTHORIZED] = "DeAuthorized",
    [SIM_STOP_POWER_LOSS] = "PowerLoss",
    [SIM_STOP_REBOOT] = "Reboot",
    [SIM_STOP_SOFT_RESET] = "SoftReset",
    [SIM_STOP_HARD_RESET] = "HardReset",
    [SIM_STOP_UNLOCK] = "UnlockCommand",
    [SIM_STOP_FAULT] = "Other",
    [SIM_STOP_NO_CABLE] = "Other",
};

static void put_boot(struct sim_station *station, const struct sim_message *message,
                     struct json_writer *w)
{
    const struct sim_setup *setup = &station->setup;

    (void)message;
    json_key_str(w, "chargePointVendor", str_first(setup->model->vendor, 20));
    json_key_str(w, "chargePointModel", str_first(setup->model->name, 20));
    if (station->missing_fields)
        return;
    json_key_str(w, "chargePointSerialNumber", str_first(setup->serial, 25));
    json_key_str(w, "firmwareVersion", setup->model->firmware);
}

static void put_status(struct sim_station *station, const struct sim_message *message,
                       struct json_writer *w)
{
    bool faulted = message->status == SIM_FAULTED;

    json_key_i64(w, "connectorId", message->evse);
    json_key_str(w, "errorCode", faulted ? STR("GroundFailure") : STR("NoError"));
    json_key_str(w, "status", str_of(status_words[message->status]));
    if (!station->missing_fields)
        json_key_time(w, "timestamp", message->at);
}

static void put_authorize(struct sim_station *station, const struct sim_message *message,
                          struct json_writer *w)
{
    (void)station;
    json_key_str(w, "idTag", str_of(message->token.id));
}

static void put_start(struct sim_station *station, const struct sim_message *message,
                      struct json_writer *w)
{
    (void)station;
    json_key_i64(w, "connectorId", message->evse);
    json_key_str(w, "idTag", str_of(message->token.id));
    json_key_i64(w, "meterStart", message->sample.register_mwh / 1000);
    json_key_time(w, "timestamp", message->at);
}

/* An id that never came is told as -1, as stations in the field do (libocpp#495). */
static void put_transaction_id(const struct sim_tx *tx, struct json_writer *w)
{
    json_key(w, "transactionId");
    if (tx->id[0])
        json_raw(w, str_of(tx->id));
    else
        json_i64(w, -1);
}

static void put_stop(struct sim_station *station, const struct sim_message *message,
                     struct json_writer *w)
{
    put_transaction_id(message->tx, w);
    json_key_time(w, "timestamp", message->at);
    json_key_i64(w, "meterStop", message->sample.register_mwh / 1000);
    if (station->missing_fields)
        return;
    json_key_str(w, "reason", str_of(reason_words[message->reason]));
    if (message->with_token)
        json_key_str(w, "idTag", str_of(message->token.id));
}

static void put_reading(const struct sim_reading *reading, const char *context, bool bare,
                        struct json_writer *w)
{
    char text[32];
    struct buf value;

    buf_init(&value, text, sizeof text);
    buf_put_decimal(&value, reading->value, reading->scale);
    json_object_begin(w);
    json_key_str(w, "value", buf_str(&value));
    json_key_str(w, "measurand", str_of(reading->measurand));
    json_key_str(w, "unit", str_of(reading->unit));
    sim_put_reading_place(reading, context, bare, w);
    json_object_end(w);
}

static void put_meter(struct sim_station *station, const struct sim_message *message,
                      struct json_writer *w)
{
    json_key_i64(w, "connectorId", message->evse);
    if (message->tx)
        put_transaction_id(message->tx, w);
    sim_put_meter_value(station, message, put_reading, w);
}

static const struct sim_phrase phrases[SIM_MESSAGE_KIND_COUNT] = {
    [SIM_BOOT] = { STR_INIT("BootNotification"), put_boot },
    [SIM_HEARTBEAT] = { STR_INIT("Heartbeat"), sim_put_nothing },
    [SIM_STATUS] = { STR_INIT("StatusNotification"), put_status },
    [SIM_AUTHORIZE] = { STR_INIT("Authorize"), put_authorize },
    [SIM_START] = { STR_INIT("StartTransaction"), put_start },
    [SIM_UPDATE] = { STR_INIT("MeterValues"), put_meter },
    [SIM_STOP] = { STR_INIT("StopTransaction"), put_stop },
    [SIM_METER] = { STR_INIT("MeterValues"), put_meter },
    [SIM_FIRMWARE_STATUS] = { STR_INIT("FirmwareStatusNotification"), sim_put_idle },
    [SIM_LOG_STATUS] = { STR_INIT("DiagnosticsStatusNotification"), sim_put_idle },
};

static enum err on_start(struct sim_station *station, const struct sim_message *message,
                         struct str payload)
{
    struct sim_tx *tx = message->tx;
    int64_t id;
    struct buf text;

    if (!pick_i64(payload, "transactionId", &id))
        return ERR_BAD_FORMAT;
    if (station->minus_one && !message->resend) {
        station->minus_one = false; /* a fault: the answer did not reach the part that counts */
        return ERR_NONE;
    }
    buf_init(&text, tx->id, sizeof tx->id - 1);
    if (tx->id[0]) {
        int64_t known = 0;

        tx->ledger->id_changed |= !str_to_i64(str_of(tx->id), &known) || known != id;
    } else {
        buf_put_i64(&text, id);
        memcpy(tx->ledger->transaction_id, tx->id, sizeof tx->id);
    }
    if (!str_equal(pick(payload, "idTagInfo.status"), STR("\"Accepted\"")))
        sim_evse_refused(station, tx);
    return ERR_NONE;
}

static enum err answered(struct sim_station *station, const struct sim_message *message,
                         struct str payload)
{
    if (message->kind == SIM_BOOT)
        return sim_on_boot(station, payload);
    if (message->kind == SIM_AUTHORIZE)
        return sim_on_authorize(station, message, pick(payload, "idTagInfo.status"));
    if (message->kind == SIM_START)
        return on_start(station, message, payload);
    return ERR_NONE;
}

const struct sim_dialect sim_dialect_16 = { .subprotocol = STR_INIT("ocpp1.6"),
                                            .phrases = phrases,
                                            .answered = answered,
                                            .called = sim_called_16 };
