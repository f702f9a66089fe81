#include "dispatch/journal.h"

#include "json/cursor.h"

enum { VERSION = 1, PILOT_LISTS_MAX = 256 };

/* A member of a struct: its name in the JSON, and the value that is left out. */
struct field {
    const char *name;
    uint16_t offset;
    uint8_t width, count; /* count > 1: an array, written as one number where all are equal */
    bool is_unsigned;
    int64_t usual;
};

#define TYPE_OF(strct, member) __typeof__(((struct strct *)0)->member)
#define ITEM_OF(strct, member) __typeof__(*((struct strct *)0)->member)
#define FIELD(strct, member, name, usual)                                     \
    { name, offsetof(struct strct, member),   sizeof(TYPE_OF(strct, member)), \
      1,    (TYPE_OF(strct, member)) - 1 > 1, usual }
#define FIELDS(strct, member, name, usual)                             \
    { name,                                                            \
      offsetof(struct strct, member),                                  \
      sizeof(ITEM_OF(strct, member)),                                  \
      sizeof(TYPE_OF(strct, member)) / sizeof(ITEM_OF(strct, member)), \
      (ITEM_OF(strct, member)) - 1 > 1,                                \
      usual }

static const struct field rule_fields[] = {
    FIELD(site_rules, step_min_da, "step_min_da", 10),
    FIELD(site_rules, hold_ms, "hold_ms", 30000),
    FIELD(site_rules, switch_ms, "switch_ms", 300000),
    FIELD(site_rules, turn_ms, "turn_ms", 900000),
    FIELD(site_rules, ramp_permille_s, "ramp_permille_s", 0),
    FIELD(site_rules, reclaim_ms, "reclaim_ms", 30000),
    FIELD(site_rules, period_ms, "period_ms", 300000),
};

static const struct field node_fields[] = {
    FIELD(tree_node, parent, "parent", -1),
    FIELDS(tree_node, limit_da, "limit_da", TREE_NO_LIMIT_DA),
    FIELD(tree_node, limit_w, "limit_w", TREE_NO_LIMIT_W),
    FIELDS(tree_node, base_da, "base_da", 0),
    FIELD(tree_node, base_w, "base_w", 0),
    FIELD(tree_node, ratio_permille, "ratio_permille", 0),
};

static const struct field pilots_fields[] = {
    FIELD(site_pilots, step_da, "step_da", 0),
    FIELD(site_pilots, count, "count", 0),
    FIELDS(site_pilots, list_da, "list_da", 0),
};

#define MEMORY_FIELDS(strct)                                                                       \
    FIELD(strct, memory.target_da, "was_da", 0), FIELD(strct, memory.changed_at, "changed_at", 0), \
        FIELD(strct, memory.switched_at, "switched_at", 0),                                        \
        FIELD(strct, memory.reclaim_da, "reclaim_da", 0),                                          \
        FIELD(strct, memory.headroom_da, "headroom_da", 0),                                        \
        FIELD(strct, memory.drew_da, "drew_da", 0), FIELD(strct, memory.takes_da, "takes_da", 0),  \
        FIELD(strct, memory.close_samples, "close_samples", 0),                                    \
        FIELD(strct, memory.reclaim_samples, "reclaim_samples", 0),                                \
        FIELD(strct, memory.reclaim_since, "reclaim_since", 0),                                    \
        FIELD(strct, memory.sample_at, "sample_at", 0),                                            \
        FIELD(strct, memory.turn_ends_at, "turn_ends_at", 0)

static const struct field evse_fields[] = {
    FIELD(site_evse, id, "id", 0),
    FIELD(site_evse, leaf.node, "node", 0),
    FIELD(site_evse, leaf.wires, "wires", WIRES_THREE_PHASE),
    FIELD(site_evse, leaf.wires_live, "wires_live", 3),
    FIELD(site_evse, leaf.volts, "volts", 230),
    FIELD(site_evse, plugged, "plugged", 0),
    FIELD(site_evse, done, "done", 0),
    FIELD(site_evse, controlled, "controlled", 1),
    FIELD(site_evse, may_suspend, "may_suspend", 1),
    FIELD(site_evse, class, "class", CLASS_BEST_EFFORT),
    FIELD(site_evse, weight, "weight", 0),
    FIELD(site_evse, pilots, "pilots", 0),
    FIELD(site_evse, min_da, "min_da", 60),
    FIELD(site_evse, max_da, "max_da", 320),
    FIELD(site_evse, booked_da, "booked_da", 0),
    FIELD(site_evse, floor_da, "floor_da", 0),
    FIELD(site_evse, draw_da, "draw_da", -1),
    FIELD(site_evse, draw_at, "draw_at", UTC_UNKNOWN),
    FIELD(site_evse, arrived_at, "arrived_at", UTC_UNKNOWN),
    FIELD(site_evse, departs_at, "departs_at", UTC_NEVER),
    FIELD(site_evse, need_wh, "need_wh", -1),
    FIELD(site_evse, plan_da, "plan_da", -1),
    FIELD(site_evse, plan_short, "plan_short", 0),
    FIELD(site_evse, override_da, "override_da", -1),
    MEMORY_FIELDS(site_evse),
};

static const struct field verdict_fields[] = {
    FIELD(site_verdict, target_da, "target_da", 0),
    FIELD(site_verdict, why, "why", WHY_NO_CAR),
    FIELD(site_verdict, node, "limit_node", -1),
    FIELD(site_verdict, line, "limit_line", -1),
    FIELD(site_verdict, laxity_s, "laxity_s", INT64_MAX),
    MEMORY_FIELDS(site_verdict),
};

/* --- numbers of any width ---------------------------------------------------- */

#define GET(type)                         \
    {                                     \
        type value;                       \
        memcpy(&value, at, sizeof value); \
        return (int64_t)value;            \
    }
#define SET(type)                       \
    {                                   \
        type kept = (type)value;        \
        memcpy(at, &kept, sizeof kept); \
        return (int64_t)kept == value;  \
    }

static int64_t get_number(const struct field *field, const char *at)
{
    switch (field->width * 2 + field->is_unsigned) {
    case 2:
        GET(int8_t)
    case 3:
        GET(uint8_t)
    case 4:
        GET(int16_t)
    case 5:
        GET(uint16_t)
    case 8:
        GET(int32_t)
    case 9:
        GET(uint32_t)
    case 16:
        GET(int64_t)
    default:
        check(!"a width that no field has");
        return 0;
    }
}

/* False: it does not fit. */
static bool set_number(const struct field *field, char *at, int64_t value)
{
    switch (field->width * 2 + field->is_unsigned) {
    case 2:
        SET(int8_t)
    case 3:
        SET(uint8_t)
    case 4:
        SET(int16_t)
    case 5:
        SET(uint16_t)
    case 8:
        SET(int32_t)
    case 9:
        SET(uint32_t)
    case 16:
        SET(int64_t)
    default:
        check(!"a width that no field has");
        return false;
    }
}

/* Numbers beyond what a script can hold have words. */
static void write_number(struct json_writer *json, int64_t value)
{
    if (value == INT64_MAX)
        json_str(json, STR("max"));
    else if (value == INT64_MIN)
        json_str(json, STR("none"));
    else
        json_i64(json, value);
}

static bool read_number(struct str text, int64_t *value)
{
    if (str_equal(text, STR("\"max\"")))
        *value = INT64_MAX;
    else if (str_equal(text, STR("\"none\"")))
        *value = INT64_MIN;
    else
        return str_to_i64(text, value);
    return true;
}

/* --- structs by their fields ------------------------------------------------- */

static bool is_usual(const struct field *field, const char *at)
{
    for (uint32_t i = 0; i < field->count; i++)
        if (get_number(field, at + (size_t)i * field->width) != field->usual)
            return false;
    return true;
}

static bool all_equal(const struct field *field, const char *at)
{
    for (uint32_t i = 1; i < field->count; i++)
        if (memcmp(at, at + (size_t)i * field->width, field->width) != 0)
            return false;
    return true;
}

static void write_fields(struct json_writer *json, const struct field *fields, size_t count,
                         const void *item)
{
    json_object_begin(json);
    for (size_t f = 0; f < count; f++) {
        const struct field *field = &fields[f];
        const char *at = (const char *)item + field->offset;
        if (is_usual(field, at))
            continue;
        json_key(json, field->name);
        if (all_equal(field, at)) {
            write_number(json, get_number(field, at));
            continue;
        }
        json_array_begin(json);
        for (uint32_t i = 0; i < field->count; i++)
            write_number(json, get_number(field, at + (size_t)i * field->width));
        json_array_end(json);
    }
    json_object_end(json);
}

static enum err read_field(const struct field *field, struct str text, char *at)
{
    struct json_items items;
    struct str value = text;
    int64_t number;

    if (!json_items_open(&items, text)) {
        if (!read_number(text, &number))
            return ERR_BAD_FORMAT;
        for (uint32_t i = 0; i < field->count; i++)
            if (!set_number(field, at + (size_t)i * field->width, number))
                return ERR_BAD_VALUE;
        return ERR_NONE;
    }
    for (uint32_t i = 0; i < field->count; i++) {
        if (json_items_next(&items, &value) != ERR_NONE || !value.ptr ||
            !read_number(value, &number))
            return ERR_BAD_FORMAT;
        if (!set_number(field, at + (size_t)i * field->width, number))
            return ERR_BAD_VALUE;
    }
    return json_items_next(&items, &value) == ERR_NONE && !value.ptr ? ERR_NONE : ERR_BAD_FORMAT;
}

static enum err read_fields(struct str text, const struct field *fields, size_t count, void *item)
{
    struct json_items members;
    struct str key, value;
    enum err err = ERR_NONE;

    for (size_t f = 0; f < count; f++)
        for (uint32_t i = 0; i < fields[f].count; i++)
            check(set_number(&fields[f],
                             (char *)item + fields[f].offset + (size_t)i * fields[f].width,
                             fields[f].usual));
    if (!json_members_open(&members, text))
        return ERR_BAD_FORMAT;
    while (err == ERR_NONE && (err = json_members_next(&members, &key, &value)) == ERR_NONE &&
           value.ptr)
        for (size_t f = 0; f < count; f++)
            if (str_equal(key, str_of(fields[f].name)))
                err = read_field(&fields[f], value, (char *)item + fields[f].offset);
    return err;
}

/* An array of structs. */
struct list {
    const char *name;
    const struct field *fields;
    size_t field_count, size;
    uint32_t max;
};

#define LIST(name, strct, table, max) { name, table, COUNT(table), sizeof(struct strct), max }
static const struct list nodes_list = LIST("nodes", tree_node, node_fields, TREE_NODES_MAX);
static const struct list evses_list = LIST("evses", site_evse, evse_fields, TREE_LEAVES_MAX);
static const struct list pilots_list = LIST("pilots", site_pilots, pilots_fields, PILOT_LISTS_MAX);
static const struct list verdicts_list =
    LIST("verdicts", site_verdict, verdict_fields, TREE_LEAVES_MAX);

static void write_list(struct json_writer *json, const struct list *list, const void *items,
                       uint32_t count)
{
    json_key(json, list->name);
    json_array_begin(json);
    for (uint32_t i = 0; i < count; i++)
        write_fields(json, list->fields, list->field_count,
                     (const char *)items + (size_t)i * list->size);
    json_array_end(json);
}

static enum err count_items(struct str text, uint32_t max, uint32_t *count)
{
    struct json_items items;
    struct str value;
    enum err err;

    *count = 0;
    if (!json_items_open(&items, text))
        return ERR_BAD_FORMAT;
    while ((err = json_items_next(&items, &value)) == ERR_NONE && value.ptr)
        if (++*count > max)
            return ERR_BAD_VALUE;
    return err;
}

/* `object` has the list as a member; one that is missing is empty. */
static enum err read_list(struct str object, const struct list *list, struct arena *arena,
                          void **items, uint32_t *count)
{
    struct json_items spans;
    struct str text, value;
    enum err err = json_member(object, str_of(list->name), &text);

    *count = 0;
    *items = NULL;
    if (err == ERR_NOT_FOUND)
        return ERR_NONE;
    if (err == ERR_NONE)
        err = count_items(text, list->max, count);
    if (err != ERR_NONE)
        return err;
    *items = arena_zalloc(arena, *count, list->size);
    if (!*items)
        return ERR_FULL;
    check(json_items_open(&spans, text));
    for (uint32_t i = 0; i < *count && err == ERR_NONE; i++) {
        err = json_items_next(&spans, &value);
        if (err == ERR_NONE)
            err = read_fields(value, list->fields, list->field_count,
                              (char *)*items + (size_t)i * list->size);
    }
    return err;
}

/* --- a decision ---------------------------------------------------------------- */

static void write_input(struct json_writer *json, const struct site_input *input)
{
    json_object_begin(json);
    json_key_i64(json, "mode", input->mode);
    json_key_i64(json, "surplus_w", input->surplus_w);
    json_key(json, "rules");
    write_fields(json, rule_fields, COUNT(rule_fields), &input->rules);
    write_list(json, &pilots_list, input->pilots, input->pilots_count);
    write_list(json, &nodes_list, input->nodes, input->node_count);
    write_list(json, &evses_list, input->evses, input->evse_count);
    json_object_end(json);
}

void decision_write(struct json_writer *json, const struct site_input *input,
                    const struct site_decision *decision)
{
    json_object_begin(json);
    json_key_i64(json, "version", VERSION);
    json_key_i64(json, "at", input->now);
    json_key(json, "input");
    write_input(json, input);
    json_key(json, "again_at");
    write_number(json, decision->again_at);
    write_list(json, &verdicts_list, decision->verdicts, input->evse_count);
    json_object_end(json);
}

static bool number_of(struct str object, const char *key, int64_t *value)
{
    struct str text;

    return json_member(object, str_of(key), &text) == ERR_NONE && read_number(text, value);
}

static enum err read_input(struct str text, struct arena *arena, struct site_input *input)
{
    int64_t mode, surplus_w;
    void *nodes, *evses, *pilots;
    struct str rules;
    enum err err;

    if (!number_of(text, "mode", &mode) || !number_of(text, "surplus_w", &surplus_w) ||
        json_member(text, STR("rules"), &rules) != ERR_NONE)
        return ERR_BAD_FORMAT;
    err = read_fields(rules, rule_fields, COUNT(rule_fields), &input->rules);
    if (err == ERR_NONE)
        err = read_list(text, &pilots_list, arena, &pilots, &input->pilots_count);
    if (err == ERR_NONE)
        err = read_list(text, &nodes_list, arena, &nodes, &input->node_count);
    if (err == ERR_NONE)
        err = read_list(text, &evses_list, arena, &evses, &input->evse_count);
    if (err != ERR_NONE)
        return err;
    if (mode < 0 || mode >= SITE_MODE_COUNT)
        return ERR_BAD_VALUE;
    input->mode = (uint8_t)mode;
    input->surplus_w = surplus_w;
    input->pilots = pilots;
    input->nodes = nodes;
    input->evses = evses;
    return ERR_NONE;
}

/* What points at something points at something that is there. */
static bool is_sound(const struct site_input *input)
{
    check(input->pilots || input->pilots_count == 0);
    for (uint32_t i = 0; i < input->pilots_count; i++)
        if (input->pilots[i].count > PILOTS_MAX)
            return false;
    for (uint32_t i = 0; i < input->evse_count; i++) {
        const struct site_evse *evse = &input->evses[i];
        if (evse->leaf.node >= input->node_count || evse->pilots >= input->pilots_count ||
            evse->class >= CLASS_COUNT)
            return false;
    }
    return true;
}

enum err decision_read(struct str text, struct arena *arena, struct site_input *input,
                       struct site_decision *decision)
{
    struct json_cursor cursor = json_cursor(text);
    struct str member;
    uint32_t count;
    int64_t version;
    void *verdicts;
    enum err err;

    *input = (struct site_input){ 0 };
    if (json_take_value(&cursor, &member) != JSON_FLAW_NONE || json_skip_space(&cursor))
        return ERR_BAD_FORMAT; /* cut */
    if (!number_of(text, "version", &version) || !number_of(text, "at", &input->now) ||
        !number_of(text, "again_at", &decision->again_at) ||
        json_member(text, STR("input"), &member) != ERR_NONE)
        return ERR_BAD_FORMAT;
    if (version != VERSION)
        return ERR_BAD_VALUE;
    err = read_input(member, arena, input);
    if (err == ERR_NONE)
        err = read_list(text, &verdicts_list, arena, &verdicts, &count);
    if (err != ERR_NONE)
        return err;
    if (count != input->evse_count || !is_sound(input))
        return ERR_BAD_VALUE;
    decision->verdicts = verdicts;
    for (uint32_t i = 0; i < count; i++)
        if (decision->verdicts[i].why >= WHY_COUNT)
            return ERR_BAD_VALUE;
    return ERR_NONE;
}

bool decision_same(const struct site_decision *one, const struct site_decision *other,
                   uint32_t evse_count)
{
    for (uint32_t i = 0; i < evse_count; i++)
        for (size_t f = 0; f < COUNT(verdict_fields); f++) {
            const struct field *field = &verdict_fields[f];
            if (get_number(field, (const char *)&one->verdicts[i] + field->offset) !=
                get_number(field, (const char *)&other->verdicts[i] + field->offset))
                return false;
        }
    return one->again_at == other->again_at;
}
