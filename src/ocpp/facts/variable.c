/* variable.c: what a station said of its configuration. The rows of one station are read before
 * they are changed. */
#include "ocpp/facts/facts.h"

enum {
    VARIABLES_MAX = 5000
}; /* of one station; more are not kept (SECURITY B37: a report without end) */

static enum err known(struct turn *turn, int64_t station, struct store_rows *rows)
{
    const struct store_filter of_station = { .column = "station",
                                             .test = STORE_EQ,
                                             .number = station };
    const struct store_query query = {
        .kind = ROW_variable, .filters = &of_station, .filter_count = 1, .limit = VARIABLES_MAX
    };

    return turn_query(turn, &query, rows);
}

enum err fact_variables_known(struct turn *turn, int64_t station)
{
    struct store_rows rows;

    return known(turn, station, &rows);
}

void fact_variable(struct turn *turn, int64_t station, const struct fact_variable *fact)
{
    struct variable_row *variable = NULL;
    struct store_rows rows;

    if (known(turn, station, &rows) != ERR_NONE) /* asked before by fact_variables_known */
        return;
    for (uint32_t i = 0; i < rows.count && !variable; i++) {
        const struct variable_row *row = rows.rows[i];
        if (str_equal(row->component, fact->component) && str_equal(row->name, fact->name))
            variable = TURN_EDIT(turn, variable, row);
    }
    if (!variable && rows.count >= VARIABLES_MAX)
        return;
    if (!variable) {
        variable = TURN_NEW(turn, variable);
        variable->station = station;
        variable->component = fact->component;
        variable->name = fact->name;
    }
    variable->value = fact->value;
    variable->readonly = fact->readonly;
    variable->type = fact->type;
    variable->unit = fact->unit;
    variable->reboot = fact->reboot;
    variable->at = turn->now;
}
