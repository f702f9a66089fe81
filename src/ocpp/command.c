#include "ocpp/command.h"

#include "json/cursor.h"
#include "json/writer.h"

/* One payload under construction. */
struct draft {
    const struct command *command;
    struct json_writer json;
    const char *field; /* what is wrong, when something is */
    bool is_16;
};

static enum err wrong(struct draft *draft, enum err err, const char *field)
{
    draft->field = field;
    return err;
}

/* --- parts that several have --------------------------------------------- */

static void put_evse(struct draft *draft, int64_t evse, int64_t connector)
{
    json_key(&draft->json, "evse");
    json_object_begin(&draft->json);
    json_key_i64(&draft->json, "id", evse);
    if (connector > 0)
        json_key_i64(&draft->json, "connectorId", connector);
    json_object_end(&draft->json);
}

/* "Name" or "Name[instance]", as members of a component or variable. */
static void put_name(struct json_writer *json, struct str text)
{
    int64_t at = str_find_byte(text, '[');
    bool has_instance = at >= 0 && str_ends(text, STR("]"));
    struct str instance = STR_NONE;

    if (has_instance) {
        instance = str_first(str_from(text, (uint32_t)at + 1), text.len - (uint32_t)at - 2);
        text = str_first(text, (uint32_t)at);
    }
    json_key_str(json, "name", text);
    if (instance.len)
        json_key_str(json, "instance", instance);
}

/* "1" or "1.2": EVSE and connector. */
static bool read_place(struct str text, int64_t *evse, int64_t *connector)
{
    struct str rest = text, first;

    (void)str_cut(&rest, '.', &first); /* what follows a # is not NULL */
    return str_to_i64(first, evse) && (!rest.ptr || str_to_i64(rest, connector));
}

/* "Component.Variable", "Component[instance]#evse.connector.Variable" as the configuration list
 * shows them. */
static bool put_component_variable(struct draft *draft, struct str key)
{
    struct json_writer *json = &draft->json;
    int64_t dot = -1, hash, evse = -1, connector = -1;
    struct str component, variable;

    for (uint32_t i = 0; i < key.len; i++)
        if (key.ptr[i] == '.')
            dot = i;
    if (dot <= 0 || dot + 1 >= key.len)
        return false;
    component = str_first(key, (uint32_t)dot);
    variable = str_from(key, (uint32_t)dot + 1);
    hash = str_find_byte(component, '#');
    if (hash >= 0) {
        if (!read_place(str_from(component, (uint32_t)hash + 1), &evse, &connector))
            return false;
        component = str_first(component, (uint32_t)hash);
    }
    json_key(json, "component");
    json_object_begin(json);
    put_name(json, component);
    if (evse >= 0)
        put_evse(draft, evse, connector);
    json_object_end(json);
    json_key(json, "variable");
    json_object_begin(json);
    put_name(json, variable);
    json_object_end(json);
    return true;
}

/* --- one builder a command ----------------------------------------------- */

static enum err remote_start(struct draft *draft)
{
    const struct command *command = draft->command;

    if (command->token.len == 0)
        return wrong(draft, ERR_BAD_OCCURRENCE, "token");
    if (draft->is_16) {
        if (command->token.len > 20)
            return wrong(draft, ERR_BAD_VALUE, "token");
        json_key_str(&draft->json, "idTag", command->token);
        if (command->evse > 0)
            json_key_i64(&draft->json, "connectorId", command->evse);
        return ERR_NONE;
    }
    if (command->evse > 0)
        json_key_i64(&draft->json, "evseId", command->evse);
    json_key_i64(&draft->json, "remoteStartId", command->remote_start_id);
    json_key(&draft->json, "idToken");
    json_object_begin(&draft->json);
    json_key_str(&draft->json, "idToken", command->token);
    json_key_str(&draft->json, "type",
                 command->token_type.len ? command->token_type : STR("Central"));
    json_object_end(&draft->json);
    return ERR_NONE;
}

static enum err remote_stop(struct draft *draft)
{
    struct str id = draft->command->transaction_id;
    int64_t number;

    if (id.len == 0)
        return wrong(draft, ERR_BAD_OCCURRENCE, "session");
    if (!draft->is_16) {
        json_key_str(&draft->json, "transactionId", id);
        return ERR_NONE;
    }
    if (!str_to_i64(id, &number))
        return wrong(draft, ERR_BAD_VALUE, "session");
    json_key_i64(&draft->json, "transactionId", number);
    return ERR_NONE;
}

static enum err reset(struct draft *draft)
{
    struct str kind = draft->command->kind;
    bool hard = str_equal(kind, STR("hard"));

    if (kind.len && !hard && !str_equal(kind, STR("soft")))
        return wrong(draft, ERR_BAD_VALUE, "kind");
    if (draft->is_16 && draft->command->evse > 0)
        return wrong(draft, ERR_NOT_SUPPORTED, "evse: OCPP 1.6 resets the whole station only");
    json_key_str(&draft->json, "type",
                 draft->is_16 ? (hard ? STR("Hard") : STR("Soft"))
                              : (hard ? STR("Immediate") : STR("OnIdle")));
    if (draft->command->evse > 0)
        json_key_i64(&draft->json, "evseId", draft->command->evse);
    return ERR_NONE;
}

static enum err unlock(struct draft *draft)
{
    if (draft->command->evse <= 0)
        return wrong(draft, ERR_BAD_OCCURRENCE, "evse");
    json_key_i64(&draft->json, draft->is_16 ? "connectorId" : "evseId", draft->command->evse);
    if (!draft->is_16)
        json_key_i64(&draft->json, "connectorId",
                     draft->command->connector > 0 ? draft->command->connector : 1);
    return ERR_NONE;
}

static enum err change_availability(struct draft *draft)
{
    const struct command *command = draft->command;
    struct str word = command->operative ? STR("Operative") : STR("Inoperative");

    if (draft->is_16) {
        json_key_i64(&draft->json, "connectorId", command->evse > 0 ? command->evse : 0);
        json_key_str(&draft->json, "type", word);
        return ERR_NONE;
    }
    json_key_str(&draft->json, "operationalStatus", word);
    if (command->evse > 0)
        put_evse(draft, command->evse, command->connector);
    return ERR_NONE;
}

static enum err trigger(struct draft *draft)
{
    const struct command *command = draft->command;

    if (command->message.len == 0)
        return wrong(draft, ERR_BAD_OCCURRENCE, "message");
    json_key_str(&draft->json, "requestedMessage", command->message);
    if (command->evse > 0 && draft->is_16)
        json_key_i64(&draft->json, "connectorId", command->evse);
    else if (command->evse > 0)
        put_evse(draft, command->evse, command->connector);
    return ERR_NONE;
}

static enum err get_configuration(struct draft *draft)
{
    const struct command *command = draft->command;
    struct json_writer *json = &draft->json;

    if (command->key_count == 0 && !draft->is_16) { /* GetBaseReport */
        json_key_i64(json, "requestId", command->remote_start_id);
        json_key_str(json, "reportBase", STR("FullInventory"));
        return ERR_NONE;
    }
    if (command->key_count == 0)
        return ERR_NONE; /* 1.6 §5.8: all of them */
    json_key(json, draft->is_16 ? "key" : "getVariableData");
    json_array_begin(json);
    for (uint32_t i = 0; i < command->key_count; i++) {
        if (draft->is_16) {
            json_str(json, command->keys[i]);
            continue;
        }
        json_object_begin(json);
        if (!put_component_variable(draft, command->keys[i]))
            return wrong(draft, ERR_BAD_VALUE, "keys");
        json_object_end(json);
    }
    json_array_end(json);
    return ERR_NONE;
}

/* 2.x: all at once; 1.6 has one call a key (command_build). */
static enum err set_configuration(struct draft *draft)
{
    const struct command *command = draft->command;
    struct json_writer *json = &draft->json;

    if (command->value_count == 0)
        return wrong(draft, ERR_BAD_OCCURRENCE, "values");
    if (draft->is_16) {
        json_key_str(json, "key", command->values[0].key);
        json_key_str(json, "value", command->values[0].value);
        return ERR_NONE;
    }
    json_key(json, "setVariableData");
    json_array_begin(json);
    for (uint32_t i = 0; i < command->value_count; i++) {
        json_object_begin(json);
        json_key_str(json, "attributeValue", command->values[i].value);
        if (!put_component_variable(draft, command->values[i].key))
            return wrong(draft, ERR_BAD_VALUE, "values");
        json_object_end(json);
    }
    json_array_end(json);
    return ERR_NONE;
}

static enum err nothing(struct draft *draft)
{
    (void)draft;
    return ERR_NONE;
}

static enum err data_transfer(struct draft *draft)
{
    const struct command *command = draft->command;

    if (command->vendor_id.len == 0)
        return wrong(draft, ERR_BAD_OCCURRENCE, "vendor_id");
    json_key_str(&draft->json, "vendorId", command->vendor_id);
    if (command->message_id.len)
        json_key_str(&draft->json, "messageId", command->message_id);
    if (command->data.len)
        json_key_str(&draft->json, "data", command->data);
    return ERR_NONE;
}

static const struct {
    const char *name, *members; /* of its body, by spaces between */
    const char *action_16, *action_2x;
    enum err (*build)(struct draft *draft);
} commands[] = {
    { "remote_start", "token evse connector", "RemoteStartTransaction", "RequestStartTransaction",
      remote_start },
    { "remote_stop", "session", "RemoteStopTransaction", "RequestStopTransaction", remote_stop },
    { "reset", "kind evse", "Reset", "Reset", reset },
    { "unlock", "evse connector", "UnlockConnector", "UnlockConnector", unlock },
    { "change_availability", "operative evse connector", "ChangeAvailability", "ChangeAvailability",
      change_availability },
    { "trigger", "message evse", "TriggerMessage", "TriggerMessage", trigger },
    { "get_configuration", "keys", "GetConfiguration", "GetVariables", get_configuration },
    { "set_configuration", "values", "ChangeConfiguration", "SetVariables", set_configuration },
    { "clear_cache", "", "ClearCache", "ClearCache", nothing },
    { "data_transfer", "vendor_id message_id data", "DataTransfer", "DataTransfer", data_transfer },
};

static size_t find(struct str name)
{
    size_t row = 0;

    while (row < COUNT(commands) && !str_equal(name, str_of(commands[row].name)))
        row++;
    return row;
}

const char *command_members(struct str name)
{
    size_t row = find(name);

    return row < COUNT(commands) ? commands[row].members : NULL;
}

/* NOLINTNEXTLINE(readability-function-size): what goes in and what comes out */
static enum err build_one(size_t row, bool is_16, const struct command *command,
                          struct arena *arena, struct command_calls *calls, const char **field)
{
    struct draft draft = { .command = command, .is_16 = is_16 };
    struct str action = str_of(is_16 ? commands[row].action_16 : commands[row].action_2x);
    struct buf buf;
    enum err err;

    if (commands[row].build == get_configuration && !is_16 && command->key_count == 0)
        action = STR("GetBaseReport");
    buf_init_arena(&buf, arena, 1u << 20);
    draft.json = json_writer(&buf);
    json_object_begin(&draft.json);
    err = commands[row].build(&draft);
    *field = draft.field;
    if (err != ERR_NONE)
        return err;
    json_object_end(&draft.json);
    if (buf.overflow)
        return ERR_FULL;
    calls->calls[calls->count].action = action;
    calls->calls[calls->count++].payload = buf_str(&buf);
    return ERR_NONE;
}

enum err command_build(enum protocol protocol, const struct command *command, struct arena *arena,
                       struct command_calls *calls, const char **field)
{
    bool is_16 = protocol == PROTOCOL_16;
    size_t row = find(command->name);
    enum err err = ERR_NONE;

    calls->count = 0;
    *field = NULL;
    if (row == COUNT(commands))
        return ERR_NOT_KNOWN;
    if (!is_16 || commands[row].build != set_configuration)
        return build_one(row, is_16, command, arena, calls, field);
    if (command->value_count == 0 || command->value_count > COUNT(calls->calls)) {
        *field = "values";
        return ERR_BAD_OCCURRENCE;
    }
    for (uint32_t i = 0; i < command->value_count && err == ERR_NONE; i++) {
        struct command one = *command;
        one.values = &command->values[i];
        err = build_one(row, is_16, &one, arena, calls, field);
    }
    return err;
}

/* --- answers ------------------------------------------------------------- */

static bool is_one_of(struct str word, const char *const *words)
{
    for (; *words; words++)
        if (str_equal(word, str_of(*words)))
            return true;
    return false;
}

enum command_result command_result(struct str action, struct str payload, struct arena *arena,
                                   struct str *status)
{
    static const char *const good[] = { "Accepted", "Unlocked", "RebootRequired", NULL };
    static const char *const bad[] = { "Rejected",
                                       "UnlockFailed",
                                       "NotSupported",
                                       "NotImplemented",
                                       "UnknownVendorId",
                                       "UnknownMessageId",
                                       "OngoingAuthorizedTransaction",
                                       "UnknownConnector",
                                       "EmptyResultSet",
                                       "UnknownComponent",
                                       "UnknownVariable",
                                       "NotSupportedAttributeType",
                                       NULL };
    struct str list, first, value;
    uint32_t count;

    *status = STR_NONE;
    if (json_member(payload, STR("status"), &value) == ERR_NONE) {
        if (!json_value_str(value, arena, status))
            return COMMAND_OTHER;
        return is_one_of(*status, good)  ? COMMAND_ACCEPTED
               : is_one_of(*status, bad) ? COMMAND_REJECTED
                                         : COMMAND_OTHER;
    }
    if (str_equal(action, STR("GetConfiguration"))) {
        *status = STR("Accepted");
        return COMMAND_ACCEPTED;
    }
    /* GetVariables and SetVariables have a status a line: the first that is not good speaks for
     * all. */
    if (json_member(payload, STR("setVariableResult"), &list) != ERR_NONE &&
        json_member(payload, STR("getVariableResult"), &list) != ERR_NONE)
        return COMMAND_OTHER;
    struct str *lines = ARENA_NEW_ARRAY(arena, struct str, 1000);
    if (!lines || json_array_spans(list, lines, 1000, &count) != ERR_NONE)
        return COMMAND_OTHER;
    for (uint32_t i = 0; i < count; i++) {
        first = lines[i];
        if (json_member(first, STR("attributeStatus"), &value) != ERR_NONE ||
            !json_value_str(value, arena, status))
            return COMMAND_OTHER;
        if (!is_one_of(*status, good))
            return is_one_of(*status, bad) ? COMMAND_REJECTED : COMMAND_OTHER;
    }
    return COMMAND_ACCEPTED;
}
