/* report.c: the device model, in parts (2.0.1 B07): each variable becomes a row of what the station
 * last said. */
#include "ocpp/v2x/v2x.h"

/* "EVSE:1:Connector:2/Name" style: component, instance, place. */
static struct str component_path(struct arena *arena, const struct v2x_component *component)
{
    struct buf path;

    buf_init_arena(&path, arena, 512);
    buf_put(&path, component->name);
    if (component->instance.len)
        buf_printf(&path, "[%.*s]", STR_ARGS(component->instance));
    if (component->evse)
        buf_printf(&path, "#%lld", (long long)component->evse->id);
    if (component->evse && component->evse->has_connector_id)
        buf_printf(&path, ".%lld", (long long)component->evse->connector_id);
    return buf_str(&path);
}

static struct str variable_path(struct arena *arena, const struct v2x_variable *variable)
{
    return variable->instance.len ? arena_printf(arena, "%.*s[%.*s]", STR_ARGS(variable->name),
                                                 STR_ARGS(variable->instance))
                                  : variable->name;
}

static const struct v2x_variable_attribute *actual_value(const struct v2x_report_data *data)
{
    for (uint32_t i = 0; i < data->variable_attribute_count; i++)
        if (!data->variable_attribute[i].type ||
            data->variable_attribute[i].type == V2X_ATTRIBUTE_ACTUAL)
            return &data->variable_attribute[i];
    return NULL;
}

static void take(struct turn *turn, struct fact_variables *known,
                 const struct v2x_report_data *data)
{
    const struct v2x_variable_attribute *value = actual_value(data);
    const struct fact_variable fact = {
        .component = component_path(turn->arena, data->component),
        .name = variable_path(turn->arena, data->variable),
        .value = value ? value->value : STR_NONE,
        .readonly = value && value->mutability == V2X_MUTABILITY_READ_ONLY,
        .type = data->variable_characteristics
                    ? v2x_data_words[data->variable_characteristics->data_type]
                    : STR_NONE,
        .unit = data->variable_characteristics ? data->variable_characteristics->unit : STR_NONE,
    };

    fact_variable(turn, known, &fact);
}

/* EVSEs and their connectors are numbered from 1 (2.0.1 Part 1 §7.2). */
static void take_place(struct turn *turn, int64_t station, const struct v2x_component *component)
{
    const struct v2x_evse *evse = component->evse;

    if (evse && str_equal(component->name, STR("Connector")))
        fact_connector(turn, station, evse->id, evse->has_connector_id ? evse->connector_id : 1);
    if (evse && str_equal(component->name, STR("EVSE")))
        fact_connector(turn, station, evse->id, 1);
}

enum err v2x_on_notify_report(struct turn *turn, struct in *in,
                              const struct v2x_notify_report_req *req,
                              struct v2x_notify_report_res *res)
{
    struct fact_variables known;
    enum err err = fact_variables_open(turn, in->station_id, &known);

    (void)res;
    if (err != ERR_NONE)
        return err;
    for (uint32_t i = 0; i < req->report_data_count; i++) {
        take(turn, &known, &req->report_data[i]);
        take_place(turn, in->station_id, req->report_data[i].component);
    }
    fact_variables_close(&known);
    return ERR_NONE;
}
