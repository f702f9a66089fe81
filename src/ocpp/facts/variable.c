/* variable.c: what a station said of its configuration. The rows of one station are read before
 * they are changed. */
#include "ocpp/facts/facts.h"

enum { VARIABLES_MAX = 5000 }; /* of one station; more are not kept (B37: a report without end) */

struct name {
    struct str component, variable;
};

static uint64_t hash_of(struct str component, struct str variable)
{
    return str_hash(component) * 31 + str_hash(variable);
}

static bool same_name(const void *item, const void *key)
{
    const struct variable_row *row = item;
    const struct name *name = key;

    return str_equal(row->component, name->component) && str_equal(row->name, name->variable);
}

enum err fact_variables_open(struct turn *turn, int64_t station, struct fact_variables *known)
{
    const struct store_filter of_station = { .column = "station",
                                             .test = STORE_EQ,
                                             .number = station };
    const struct store_query query = {
        .kind = ROW_variable, .filters = &of_station, .filter_count = 1, .limit = VARIABLES_MAX
    };
    struct store_rows rows;
    enum err err = turn_query(turn, &query, &rows);

    *known = (struct fact_variables){ .station = station };
    for (uint32_t i = 0; err == ERR_NONE && i < rows.count; i++) {
        const struct variable_row *row = rows.rows[i];
        if (!map_add(&known->rows, hash_of(row->component, row->name), rows.rows[i]))
            err = ERR_FULL;
    }
    if (err != ERR_NONE)
        fact_variables_close(known);
    return err;
}

static struct variable_row *row_for(struct turn *turn, struct fact_variables *known,
                                    const struct fact_variable *fact)
{
    const struct name name = { fact->component, fact->name };
    uint64_t hash = hash_of(fact->component, fact->name);
    struct variable_row *row = map_find(&known->rows, hash, same_name, &name);

    if (row)
        return TURN_EDIT(turn, variable, row);
    if (known->rows.count >= VARIABLES_MAX)
        return NULL;
    row = TURN_NEW(turn, variable);
    row->station = known->station;
    row->component = fact->component;
    row->name = fact->name;
    return map_add(&known->rows, hash, row) ? row : NULL;
}

void fact_variable(struct turn *turn, struct fact_variables *known,
                   const struct fact_variable *fact)
{
    struct variable_row *variable = row_for(turn, known, fact);

    if (!variable)
        return;
    variable->value = ocpp_holds_secret(fact->name) ? STR_NONE : fact->value; /* A01.FR.09 */
    variable->readonly = fact->readonly;
    variable->type = fact->type;
    variable->unit = fact->unit;
    variable->reboot = fact->reboot;
    variable->at = turn->now;
}

void fact_variables_close(struct fact_variables *known)
{
    map_fini(&known->rows);
}
