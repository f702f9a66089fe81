#include "sim/report.h"

#define ROWS_PER_PART 20

/* What each EVSE has, next to the settings: the component's own variables. */
enum evse_row { EVSE_ROW_AVAILABLE, EVSE_ROW_POWER, EVSE_ROW_CONNECTOR, EVSE_ROWS };

struct row {
    struct str component, variable, value;
    enum setting_type type;
    bool readonly, writeonly, on_connector;
    int32_t evse; /* 0: the station's */
};

static int32_t setting_rows(void)
{
    int32_t count = 0;

    for (int i = 0; i < SETTING_COUNT; i++)
        count += setting_descs[i].component.len > 0;
    return count;
}

static enum setting nth_setting(int32_t nth)
{
    for (int i = 0; i < SETTING_COUNT; i++)
        if (setting_descs[i].component.len > 0 && nth-- == 0)
            return (enum setting)i;
    check(false);
    return SETTING_COUNT;
}

static struct row setting_row(const struct sim_station *station, int32_t nth, char scratch[16])
{
    enum setting setting = nth_setting(nth);
    const struct setting_desc *desc = &setting_descs[setting];

    return (struct row){
        .component = desc->component,
        .variable = desc->variable,
        .value = settings_text(&station->settings, setting, scratch),
        .type = desc->type,
        .readonly = desc->access == SETTING_RO,
        .writeonly = desc->access == SETTING_WO,
    };
}

static struct row evse_row(const struct sim_station *station, int32_t nth, char scratch[16])
{
    const struct sim_model *model = station->setup.model;
    struct row row = { .component = STR("EVSE"), .evse = nth / EVSE_ROWS + 1, .readonly = true };
    struct buf value;

    switch ((enum evse_row)(nth % EVSE_ROWS)) {
    case EVSE_ROW_AVAILABLE:
        row.variable = STR("Available");
        row.value = STR("true");
        row.type = SETTING_SWITCH;
        break;
    case EVSE_ROW_POWER:
        buf_init(&value, scratch, 16);
        buf_put_i64(&value,
                    model->dc ? model->power_w : 230LL * model->phases * model->current_ma / 1000);
        row.variable = STR("Power");
        row.value = buf_str(&value);
        row.type = SETTING_NUMBER;
        break;
    case EVSE_ROW_CONNECTOR:
        row.component = STR("Connector");
        row.on_connector = true;
        row.variable = STR("ConnectorType");
        row.value = model->dc ? STR("cCCS2") : STR("sType2");
        row.type = SETTING_TEXT;
        break;
    case EVSE_ROWS:
        check(false);
    }
    return row;
}

static int32_t row_count(const struct sim_station *station)
{
    return setting_rows() + EVSE_ROWS * station->evse_count;
}

int32_t sim_report_parts(const struct sim_station *station)
{
    return (row_count(station) + ROWS_PER_PART - 1) / ROWS_PER_PART;
}

static void put_component(const struct row *row, struct json_writer *w)
{
    json_key(w, "component");
    json_object_begin(w);
    json_key_str(w, "name", row->component);
    if (row->evse > 0) {
        json_key(w, "evse");
        json_object_begin(w);
        json_key_i64(w, "id", row->evse);
        if (row->on_connector)
            json_key_i64(w, "connectorId", 1);
        json_object_end(w);
    }
    json_object_end(w);
}

static void put_row(const struct row *row, struct json_writer *w)
{
    static const char *const types[] = { [SETTING_NUMBER] = "integer",
                                         [SETTING_SWITCH] = "boolean",
                                         [SETTING_TEXT] = "string",
                                         [SETTING_LIST] = "MemberList" };

    json_object_begin(w);
    put_component(row, w);
    json_key(w, "variable");
    json_object_begin(w);
    json_key_str(w, "name", row->variable);
    json_object_end(w);
    json_key(w, "variableAttribute");
    json_array_begin(w);
    json_object_begin(w);
    if (!row->writeonly)
        json_key_str(w, "value", row->value);
    json_key_str(w, "mutability",
                 row->readonly    ? STR("ReadOnly")
                 : row->writeonly ? STR("WriteOnly")
                                  : STR("ReadWrite"));
    json_object_end(w);
    json_array_end(w);
    json_key(w, "variableCharacteristics");
    json_object_begin(w);
    json_key_str(w, "dataType", str_of(types[row->type]));
    json_key_bool(w, "supportsMonitoring", false);
    json_object_end(w);
    json_object_end(w);
}

void sim_put_report(struct sim_station *station, const struct sim_message *message,
                    struct json_writer *w)
{
    int32_t settings = setting_rows(), first = message->part * ROWS_PER_PART;

    json_key_i64(w, "requestId", message->request_id);
    json_key_time(w, "generatedAt", message->at);
    json_key_i64(w, "seqNo", message->part);
    json_key_bool(w, "tbc", message->part + 1 < sim_report_parts(station));
    json_key(w, "reportData");
    json_array_begin(w);
    for (int32_t i = first; i < first + ROWS_PER_PART && i < row_count(station); i++) {
        char scratch[16];
        struct row row = i < settings ? setting_row(station, i, scratch)
                                      : evse_row(station, i - settings, scratch);

        put_row(&row, w);
    }
    json_array_end(w);
}
