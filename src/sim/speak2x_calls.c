/* speak2x_calls.c: what a server may ask of a station in OCPP 2.0.1 and 2.1. */
#include "sim/pick.h"
#include "sim/report.h"
#include "sim/speak_inner.h"

static const char *plain(enum sim_verdict verdict)
{
    return verdict == VERDICT_ACCEPTED ? "Accepted" : "Rejected";
}

static int32_t optional(const struct sim_call *call, const char *path, int32_t otherwise)
{
    int64_t value;

    return pick_i64(call->payload, path, &value) && value >= 0 && value <= INT32_MAX
               ? (int32_t)value
               : otherwise;
}

static enum err change_availability(struct sim_call *call)
{
    static const char *const words[VERDICT_COUNT] = {
        [VERDICT_ACCEPTED] = "Accepted", [VERDICT_SCHEDULED] = "Scheduled"
    };
    struct str status = pick(call->payload, "operationalStatus");
    bool operative = str_equal(status, STR("\"Operative\""));
    enum sim_verdict verdict;

    if (!operative && !str_equal(status, STR("\"Inoperative\"")))
        return ERR_BAD_VALUE;
    verdict = sim_set_operative(call->station, optional(call, "evse.id", 0), operative);
    sim_put_status(call, words[verdict] ? words[verdict] : "Rejected");
    return ERR_NONE;
}

/* The names of a variable that was asked for, as they came. */
static void put_names(struct str item, struct json_writer *w)
{
    json_key_raw(w, "component", pick(item, "component"));
    json_key_raw(w, "variable", pick(item, "variable"));
}

static enum setting find(const struct sim_call *call, struct str item, const char **why)
{
    struct str component = pick_text(item, "component.name", call->arena);
    struct str variable = pick_text(item, "variable.name", call->arena);
    enum setting setting = settings_find_variable(component, variable);
    struct str attribute = pick(item, "attributeType");

    *why = NULL;
    if (attribute.len > 0 && !str_equal(attribute, STR("\"Actual\"")))
        *why = "NotSupportedAttributeType";
    else if (setting == SETTING_COUNT) {
        *why = "UnknownComponent";
        for (int i = 0; i < SETTING_COUNT; i++)
            if (component.len > 0 && str_equal_nocase(setting_descs[i].component, component))
                *why = "UnknownVariable";
    }
    return setting;
}

static enum err get_variables(struct sim_call *call)
{
    struct str list = pick(call->payload, "getVariableData"), item;

    if (list.len <= 2)
        return ERR_BAD_OCCURRENCE;
    json_key(call->w, "getVariableResult");
    json_array_begin(call->w);
    while (pick_item(&list, &item)) {
        const char *why;
        enum setting setting = find(call, item, &why);
        char scratch[16];

        json_object_begin(call->w);
        if (!why && setting_descs[setting].access == SETTING_WO)
            why = "Rejected"; /* 2.0.1 B06.FR.09 */
        json_key_str(call->w, "attributeStatus", str_of(why ? why : "Accepted"));
        if (!why)
            json_key_str(call->w, "attributeValue",
                         settings_text(&call->station->settings, setting, scratch));
        put_names(item, call->w);
        json_object_end(call->w);
    }
    json_array_end(call->w);
    return ERR_NONE;
}

static enum err set_variables(struct sim_call *call)
{
    static const char *const words[] = {
        [SETTING_DONE] = "Accepted",
        [SETTING_AFTER_REBOOT] = "RebootRequired",
        [SETTING_REFUSED] = "Rejected",
        [SETTING_UNKNOWN] = "UnknownVariable",
    };
    struct str list = pick(call->payload, "setVariableData"), item;

    if (list.len <= 2)
        return ERR_BAD_OCCURRENCE;
    json_key(call->w, "setVariableResult");
    json_array_begin(call->w);
    while (pick_item(&list, &item)) {
        const char *why;
        enum setting setting = find(call, item, &why);

        if (!why && call->station->refuses_calls)
            why = "Rejected";
        if (!why)
            why = words[settings_write(&call->station->settings, setting,
                                       pick_text(item, "attributeValue", call->arena))];
        json_object_begin(call->w);
        json_key_str(call->w, "attributeStatus", str_of(why));
        put_names(item, call->w);
        json_object_end(call->w);
    }
    json_array_end(call->w);
    sim_station_rearm(call->station);
    return ERR_NONE;
}

static enum err get_base_report(struct sim_call *call)
{
    struct sim_message message = { .kind = SIM_REPORT, .asked = true };

    message.request_id = optional(call, "requestId", -1);
    if (message.request_id < 0 || pick(call->payload, "reportBase").len == 0)
        return ERR_BAD_OCCURRENCE;
    sim_put_status(call, "Accepted");
    for (message.part = 0; message.part < sim_report_parts(call->station); message.part++) {
        message.at = 0;
        sim_station_say(call->station, &message);
    }
    return ERR_NONE;
}

static bool read_token(struct sim_call *call, struct sim_token *token)
{
    struct str id = pick_text(call->payload, "idToken.idToken", call->arena);
    struct str type = pick_text(call->payload, "idToken.type", call->arena);

    if (id.len >= sizeof token->id || type.len == 0 || type.len >= sizeof token->type)
        return false;
    memcpy(token->id, id.ptr, id.len);
    memcpy(token->type, type.ptr, type.len);
    return true;
}

static enum err request_start(struct sim_call *call)
{
    struct str json = pick(call->payload, "chargingProfile");
    struct sim_remote_start start = { .evse = optional(call, "evseId", 0),
                                      .remote_start_id = optional(call, "remoteStartId", -1) };
    struct profile profile;
    enum sim_verdict verdict;

    if (start.remote_start_id < 0)
        return ERR_BAD_OCCURRENCE;
    if (!read_token(call, &start.token))
        return ERR_BAD_VALUE;
    if (json.len > 0) {
        if (!sim_profile_read(json, false, &profile))
            return ERR_BAD_FORMAT;
        start.profile = &profile;
    }
    verdict = sim_remote_start(call->station, &start);
    sim_put_status(call, plain(verdict));
    if (verdict == VERDICT_ACCEPTED && start.tx)
        json_key_str(call->w, "transactionId", str_of(start.tx->id)); /* 2.0.1 F01.FR.13 */
    return ERR_NONE;
}

static enum err request_stop(struct sim_call *call)
{
    struct str id = pick_text(call->payload, "transactionId", call->arena);

    if (id.len == 0)
        return ERR_BAD_OCCURRENCE;
    sim_put_status(call, plain(sim_remote_stop(call->station, id)));
    return ERR_NONE;
}

static enum err reset(struct sim_call *call)
{
    static const char *const words[VERDICT_COUNT] = {
        [VERDICT_ACCEPTED] = "Accepted", [VERDICT_SCHEDULED] = "Scheduled"
    };
    struct str type = pick(call->payload, "type");
    bool at_once = str_equal(type, STR("\"Immediate\""));
    enum sim_verdict verdict = VERDICT_REJECTED;

    if (!at_once && !str_equal(type, STR("\"OnIdle\"")))
        return ERR_BAD_VALUE;
    /* One EVSE alone cannot be reset here (2.0.1 B11.FR.09: AllowReset is false). */
    if (pick(call->payload, "evseId").len == 0)
        verdict = sim_reset(call->station, at_once, at_once);
    sim_put_status(call, words[verdict] ? words[verdict] : "Rejected");
    return ERR_NONE;
}

static enum err unlock(struct sim_call *call)
{
    static const char *const words[VERDICT_COUNT] = {
        [VERDICT_ACCEPTED] = "Unlocked",
        [VERDICT_REJECTED] = "UnlockFailed",
        [VERDICT_UNKNOWN] = "UnknownConnector",
        [VERDICT_ONGOING] = "OngoingAuthorizedTransaction",
    };
    bool known = optional(call, "connectorId", 0) == 1;

    sim_put_status(
        call,
        words[known ? sim_unlock(call->station, optional(call, "evseId", -1)) : VERDICT_UNKNOWN]);
    return ERR_NONE;
}

static enum err trigger(struct sim_call *call)
{
    static const struct {
        struct str word;
        enum sim_message_kind kind;
        bool transaction;
    } rows[] = {
        { STR_INIT("\"BootNotification\""), SIM_BOOT, false },
        { STR_INIT("\"Heartbeat\""), SIM_HEARTBEAT, false },
        { STR_INIT("\"StatusNotification\""), SIM_STATUS, false },
        { STR_INIT("\"MeterValues\""), SIM_METER, false },
        { STR_INIT("\"TransactionEvent\""), SIM_METER, true },
        { STR_INIT("\"FirmwareStatusNotification\""), SIM_FIRMWARE_STATUS, false },
        { STR_INIT("\"LogStatusNotification\""), SIM_LOG_STATUS, false },
    };
    struct str wanted = pick(call->payload, "requestedMessage");

    if (wanted.len == 0)
        return ERR_BAD_OCCURRENCE;
    for (size_t i = 0; i < COUNT(rows); i++)
        if (str_equal(rows[i].word, wanted)) {
            enum sim_verdict verdict = sim_trigger(
                call->station, rows[i].kind, optional(call, "evse.id", 0), rows[i].transaction);
            sim_put_status(call, plain(verdict));
            return ERR_NONE;
        }
    sim_put_status(call, "NotImplemented");
    return ERR_NONE;
}

static enum err transaction_status(struct sim_call *call)
{
    struct str id = pick_text(call->payload, "transactionId", call->arena);
    struct sim_tx *tx = id.len > 0 ? sim_find_tx(call->station, id) : NULL;

    /* 2.0.1 E14: without an id only the queue is told. */
    if (id.len > 0)
        json_key_bool(call->w, "ongoingIndicator", tx && !tx->ended);
    json_key_bool(call->w, "messagesInQueue",
                  (id.len == 0 || tx) && outbox_has_facts(&call->station->outbox, tx));
    return ERR_NONE;
}

static const struct sim_call_row rows_2x[] = {
    { STR_INIT("ChangeAvailability"), change_availability },
    { STR_INIT("ClearCache"), sim_call_clear_cache },
    { STR_INIT("ClearChargingProfile"), sim_call_clear_profile },
    { STR_INIT("DataTransfer"), sim_call_data_transfer },
    { STR_INIT("GetBaseReport"), get_base_report },
    { STR_INIT("GetChargingProfiles"), sim_call_get_profiles },
    { STR_INIT("GetCompositeSchedule"), sim_call_get_composite },
    { STR_INIT("GetTransactionStatus"), transaction_status },
    { STR_INIT("GetVariables"), get_variables },
    { STR_INIT("RequestStartTransaction"), request_start },
    { STR_INIT("RequestStopTransaction"), request_stop },
    { STR_INIT("Reset"), reset },
    { STR_INIT("SetChargingProfile"), sim_call_set_profile },
    { STR_INIT("SetVariables"), set_variables },
    { STR_INIT("TriggerMessage"), trigger },
    { STR_INIT("UnlockConnector"), unlock },
};

static const struct sim_call_row rows_21[] = {
    { STR_INIT("UpdateDynamicSchedule"), sim_call_update_dynamic },
    { STR_INIT("UsePriorityCharging"), sim_call_use_priority },
};

void sim_called_2x(struct sim_station *station, struct str action, struct str payload,
                   struct sim_answer *answer)
{
    static const struct sim_call_table table = { rows_2x, COUNT(rows_2x), false };
    static const struct sim_call_table table_21 = { rows_21, COUNT(rows_21), false };
    bool only_21 = false;

    for (uint32_t i = 0; i < table_21.count && station->setup.protocol == SIM_21; i++)
        only_21 = only_21 || str_equal(rows_21[i].action, action);
    sim_call_dispatch(only_21 ? &table_21 : &table, station, action, payload, answer);
}
