/* power_decisions.c: what was decided for a site, when and from what. */
#include <stdlib.h>

#include "api/power.h"
#include "api/sites.h"
#include "dispatch/journal.h"
#include "store/pack.h"
#include "json/cursor.h"

request_fn power_decisions, power_decision;

/* The EVSEs of a site by what they are called in decisions. */
struct named {
    int64_t id;
    struct str station;
    int32_t evse;
};
struct names {
    uint32_t count;
    struct named *list; /* by id */
};

static int by_id(const void *a, const void *b)
{
    const struct named *left = a, *right = b;

    return left->id < right->id ? -1 : left->id > right->id;
}

static enum err read_names(struct turn *turn, int64_t site, struct names *names)
{
    const struct power_row *power = site_power(turn, site);
    struct document_findings *findings = ARENA_NEW(turn->arena, struct document_findings);
    struct document document;

    *names = (struct names){ 0 };
    if (!findings)
        return ERR_FULL;
    if (!power ||
        document_read(power->document, NULL, turn->arena, &document, findings) != ERR_NONE)
        return ERR_NONE;
    names->list = ARENA_NEW_ARRAY(turn->arena, struct named, document.evse_count);
    if (!names->list)
        return ERR_FULL;
    for (uint32_t i = 0; i < document.evse_count; i++) {
        const struct document_evse *evse = &document.evses[i];
        const struct station_row *station = TURN_FIND_NAME(turn, station, evse->station);
        if (station)
            names->list[names->count++] = (struct named){ document_evse_id(station->id, evse->evse),
                                                          station->identity, evse->evse };
    }
    if (names->count)
        qsort(names->list, names->count, sizeof(struct named), by_id);
    return ERR_NONE;
}

/* Decisions that were noted with names need no others. */
static enum err names_for(struct turn *turn, int64_t site, void *const *rows, uint32_t count,
                          struct names *names)
{
    *names = (struct names){ 0 };
    for (uint32_t i = 0; i < count; i++)
        if (!((const struct decision_row *)rows[i])->changes.len)
            return read_names(turn, site, names);
    return ERR_NONE;
}

static void write_change(struct json_writer *json, const struct names *names,
                         const struct site_evse *evse, const struct site_verdict *verdict)
{
    const struct named wanted = { .id = evse->id };
    const struct named *named =
        names->count ? bsearch(&wanted, names->list, names->count, sizeof wanted, by_id) : NULL;

    json_object_begin(json);
    json_key_str(json, "station", named ? named->station : STR_NONE); /* it has left the tree */
    json_key_i64(json, "evse", named ? named->evse : 0);
    json_key_decimal(json, "from_a", evse->memory.target_da, 1);
    json_key_decimal(json, "to_a", verdict->target_da, 1);
    write_why(json, verdict->why, STR_NONE);
    json_object_end(json);
}

static void write_kept(struct json_writer *json, struct str text)
{
    int64_t evse = 0, from_da = 0, to_da = 0, why = 0;
    struct str station = STR_NONE, value;

    if (json_member(text, STR("station"), &value) == ERR_NONE)
        station = value;
    (void)(json_member(text, STR("evse"), &value) == ERR_NONE && json_value_i64(value, &evse));
    (void)(json_member(text, STR("from_da"), &value) == ERR_NONE &&
           json_value_i64(value, &from_da));
    (void)(json_member(text, STR("to_da"), &value) == ERR_NONE && json_value_i64(value, &to_da));
    (void)(json_member(text, STR("why"), &value) == ERR_NONE && json_value_i64(value, &why));
    json_object_begin(json);
    json_key(json, "station");
    json_raw(json, station.len ? station : STR("\"\""));
    json_key_i64(json, "evse", evse);
    json_key_decimal(json, "from_a", from_da, 1);
    json_key_decimal(json, "to_a", to_da, 1);
    write_why(json, why, STR_NONE);
    json_object_end(json);
}

/* As they were noted with the decision. */
static void write_noted(struct json_writer *json, const struct decision_row *decision)
{
    struct json_items items;
    struct str text;

    json_key(json, "changes");
    json_array_begin(json);
    if (json_items_open(&items, decision->changes))
        while (json_items_next(&items, &text) == ERR_NONE && text.ptr)
            write_kept(json, text);
    json_array_end(json);
    json_key_i64(json, "change_count", decision->change_count);
}

/* What it changed; a text that a later version wrote and this one does not read changed nothing. */
static void write_changes(struct turn *turn, struct json_writer *json, const struct names *names,
                          struct str body)
{
    struct site_decision decision;
    struct site_input input;
    int64_t count = 0;

    json_key(json, "changes");
    json_array_begin(json);
    if (decision_read(body, turn->arena, &input, &decision) == ERR_NONE)
        for (uint32_t i = 0; i < input.evse_count; i++)
            if (input.evses[i].plugged &&
                decision.verdicts[i].target_da != input.evses[i].memory.target_da) {
                write_change(json, names, &input.evses[i], &decision.verdicts[i]);
                count++;
            }
    json_array_end(json);
    json_key_i64(json, "change_count", count);
}

static void begin_decision(struct turn *turn, struct json_writer *json, const struct names *names,
                           const struct decision_row *decision)
{
    json_object_begin(json);
    json_key_str(json, "id", id_text(turn->arena, decision->id));
    json_key_time(json, "at", decision->at);
    json_key_str(json, "cause", decision->cause);
    if (decision->changes.len)
        write_noted(json, decision);
    else /* an earlier version wrote it */
        write_changes(turn, json, names, decision->body);
}

static enum err read_filters(struct request *request, int64_t site, struct store_filter *filters,
                             uint32_t *count)
{
    utc_ms from = UTC_UNKNOWN, to = UTC_NEVER;
    enum err err = query_time(request, "from", &from);

    if (err == ERR_NONE)
        err = query_time(request, "to", &to);
    filters[(*count)++] = (struct store_filter){ "site", STORE_EQ, site, STR_NONE };
    if (from != UTC_UNKNOWN)
        filters[(*count)++] = (struct store_filter){ "at", STORE_GE, from, STR_NONE };
    if (to != UTC_NEVER)
        filters[(*count)++] = (struct store_filter){ "at", STORE_LT, to, STR_NONE };
    return err;
}

enum err power_decisions(struct turn *turn, struct request *request)
{
    struct store_filter filters[3];
    struct page_source source = { .kind = ROW_decision, .filters = filters };
    const struct site_row *site;
    struct page_rows rows;
    struct names names;
    enum err err = site_of(request, &site);

    if (err == ERR_NONE)
        err = read_filters(request, site->id, filters, &source.filter_count);
    if (err == ERR_NONE)
        err = page_rows_read(request, &source, &rows);
    if (err == ERR_NONE)
        err = names_for(turn, site->id, rows.rows, rows.count, &names);
    if (err != ERR_NONE)
        return err;
    page_begin(request);
    for (uint32_t i = 0; i < rows.count; i++) {
        begin_decision(turn, &request->json, &names, rows.rows[i]);
        json_object_end(&request->json);
    }
    page_end(request, rows.last);
    return ERR_NONE;
}

/* --- one of them, with all that it was made from */

/* Its text, by a reader: pages of a large site are packed one against the other. */
struct unpacking {
    struct str packed[DECISION_CHAIN_MAX];
    uint32_t count;
    struct arena arena;
    struct str text;
    enum err err;
};

static void unpack(void *data, struct store *store)
{
    struct unpacking *unpacking = data;

    (void)store;
    unpacking->err = text_unpack_chain(unpacking->packed, unpacking->count, DECISION_BYTES_MAX,
                                       &unpacking->arena, &unpacking->text);
}

static enum err read_decision(struct turn *turn, int64_t id, const struct decision_row **decision)
{
    const struct store_filter by_row = { .column = "id", .test = STORE_EQ, .number = id };
    const struct store_query query = {
        .kind = ROW_decision, .filters = &by_row, .filter_count = 1, .limit = 1
    };
    struct store_rows rows;
    enum err err = turn_query(turn, &query, &rows);

    *decision = err == ERR_NONE && rows.count ? rows.rows[0] : NULL;
    return err;
}

/* The pages before it in its chain, and itself. ERR_NOT_FOUND: the first is too old to be kept. */
static enum err read_chain(struct turn *turn, const struct decision_row *decision,
                           struct unpacking *unpacking)
{
    const int64_t first = decision->chain ? decision->chain : decision->id;
    const struct store_filter filters[] = {
        { .column = "site", .test = STORE_EQ, .number = decision->site },
        { .column = "id", .test = STORE_GE, .number = first },
        { .column = "id", .test = STORE_LE, .number = decision->id },
    };
    /* Others stand between where two were made at once. */
    const struct store_query query = { .kind = ROW_decision,
                                       .filters = filters,
                                       .filter_count = COUNT(filters),
                                       .limit = 2 * DECISION_CHAIN_MAX };
    struct store_rows rows;
    enum err err = turn_query(turn, &query, &rows);

    if (err != ERR_NONE)
        return err;
    for (uint32_t i = 0; i < rows.count && unpacking->count < DECISION_CHAIN_MAX; i++) {
        const struct decision_row *row = rows.rows[i];
        if (row->id == first || row->chain == first)
            unpacking->packed[unpacking->count++] = row->packed;
    }
    if (rows.count == 0 || ((const struct decision_row *)rows.rows[0])->id != first)
        return ERR_NOT_FOUND;
    return ERR_NONE;
}

static enum err read_body(struct turn *turn, const struct decision_row *decision,
                          struct unpacking **unpacking)
{
    struct unpacking *mine = ARENA_NEW(turn->arena, struct unpacking);
    void *data = mine;
    enum err err;

    if (!mine)
        return ERR_FULL;
    *unpacking = mine;
    mine->text = decision->body;
    if (!decision->packed.len)
        return ERR_NONE;
    arena_init(&mine->arena, NULL, 0); /* a reader fills it */
    err = read_chain(turn, decision, mine);
    if (err == ERR_NONE)
        err = turn_work(turn, "unpack a decision", unpack, WORK_READER, &data);
    if (err != ERR_NONE)
        return err;
    *unpacking = data;
    if ((*unpacking)->err != ERR_NONE)
        arena_reset(&(*unpacking)->arena);
    return (*unpacking)->err;
}

static enum err no_decision(struct request *request)
{
    return PROBLEM(request, ERR_NOT_FOUND, STR_NONE, "no_decision", "There is no such decision.",
                   NO_ARGS);
}

enum err power_decision(struct turn *turn, struct request *request)
{
    const int64_t id = id_parse(request->args[1]);
    const struct decision_row *decision;
    const struct site_row *site;
    struct unpacking *unpacking;
    struct names names = { 0 };
    enum err err = site_of(request, &site);

    if (err == ERR_NONE)
        err = read_decision(turn, id, &decision);
    if (err != ERR_NONE)
        return err;
    if (!decision || decision->site != site->id)
        return no_decision(request);
    if (!decision->changes.len) /* an earlier version wrote it */
        err = read_names(turn, site->id, &names);
    if (err == ERR_NONE)
        err = read_body(turn, decision, &unpacking);
    if (err == ERR_NOT_FOUND) /* what it was packed against is not kept any more */
        return no_decision(request);
    if (err != ERR_NONE)
        return err;
    begin_decision(turn, &request->json, &names, decision);
    json_key_raw(&request->json, "decision", unpacking->text);
    json_object_end(&request->json);
    arena_reset(&unpacking->arena);
    return ERR_NONE;
}
