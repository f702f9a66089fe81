/* series.c: prices, CO2, solar forecasts and loads by the hour: whole series, in JSON or CSV,
 * without gaps.
 *
 * In CSV a moment may be written without a zone: then it is the site's clock, which shows one hour
 * twice and leaves one out in the nights when it is changed. A series that does not know about that
 * has a gap or an overlap there, and is told so.
 */
#include <stdlib.h>

#include "api/csv.h"
#include "api/resource.h"
#include "api/sheet.h"
#include "api/sites.h"
#include "base/time.h"
#include "dispatch/dispatch.h"
#include "domain/words.h"
#include "json/cursor.h"

request_fn series_get, series_put;

enum { POINTS_MAX = 10000, STEP_S_MIN = 60, STEP_S_MAX = 86400, DST_NEAR_MS = 3 * 3600000 };

/* How a kind's values are written. */
static const struct unit {
    struct str name;
    int scale; /* decimals that are kept */
    int64_t min, max;
} units[SERIES_COUNT] = {
    [SERIES_PRICE] = { STR_INIT("price_minor_per_kwh"), 3, -100000000, 100000000 },
    [SERIES_CO2] = { STR_INIT("co2_g_per_kwh"), 0, 0, 10000 },
    [SERIES_SOLAR] = { STR_INIT("power_w"), 0, 0, 1000000000 },
    [SERIES_LOAD] = { STR_INIT("power_w"), 0, -1000000000, 1000000000 },
};

struct point {
    utc_ms at;
    int64_t value;
};

struct reading {
    struct request *request;
    const struct site_row *site;
    const struct zone *zone;
    enum series_kind kind;
    struct point *points;
    uint32_t count;
    int64_t step_ms; /* 0: from the points */
    enum form { FORM_LINES, FORM_POINTS, FORM_VALUES, FORM_START } form;
    uint32_t line_first; /* LINES: where the first point stands */
};

static enum err kind_of(struct request *request, enum series_kind *kind)
{
    int64_t found = word_find(series_kind_words, SERIES_COUNT, request->args[1]);

    if (found < 0)
        return problem_set(request, ERR_NOT_FOUND,
                           "There is no series %.*s: there are price, co2, solar and load.",
                           STR_ARGS(request->args[1]));
    *kind = (enum series_kind)found;
    return ERR_NONE;
}

/* "line 5", "points[3]", "from" */
static struct str name_of(const struct reading *reading, uint32_t index)
{
    struct turn *turn = reading->request->turn;

    switch (reading->form) {
    case FORM_LINES:
        return arena_printf(turn->arena, "line %u", reading->line_first + index);
    case FORM_POINTS:
        return arena_printf(turn->arena, "points[%u]", index);
    case FORM_VALUES:
        return arena_printf(turn->arena, "%s[%u]", units[reading->kind].name.ptr, index);
    case FORM_START:
        break;
    }
    return STR("from");
}

#define WRONG(reading, index, code, pattern, args)                                             \
    PROBLEM((reading)->request, ERR_BAD_VALUE, name_of((reading), (index)), (code), (pattern), \
            (args))

/* --- one point */

static enum err read_value(struct reading *reading, struct str text, int64_t *value)
{
    const struct unit *unit = &units[reading->kind];

    if (!str_to_decimal(text, unit->scale, value))
        return WRONG(reading, reading->count, "no_number", "“{text}” is no number.",
                     ARGS(ARG_STR("text", str_first(text, 40))));
    if (*value < unit->min || *value > unit->max)
        return WRONG(reading, reading->count, "series_unit",
                     "{text} is no {unit}: is it in another unit?",
                     ARGS(ARG_STR("text", str_first(text, 40)), ARG_STR("unit", unit->name)));
    return ERR_NONE;
}

/* A moment by the site's clock. An hour that comes twice is the second one when the first was
 * there. */
static enum err place(struct reading *reading, struct str text, utc_ms local, utc_ms *at)
{
    const struct zone *zone = reading->zone;
    int64_t day = local / 86400000, ms = local % 86400000;
    utc_ms before = reading->count ? reading->points[reading->count - 1].at : UTC_UNKNOWN;
    utc_ms later;

    *at = zone_moment(zone, (int32_t)day, (int32_t)ms);
    if (*at + zone_offset_ms(zone, *at) != local)
        return WRONG(reading, reading->count, "no_such_hour",
                     "{text} does not exist in {zone}: clocks go forward then.",
                     ARGS(ARG_STR("text", text), ARG_STR("zone", reading->site->time_zone)));
    later = local - zone_offset_ms(zone, zone_next_change(zone, *at) == UTC_NEVER
                                             ? *at
                                             : zone_next_change(zone, *at));
    if (*at <= before && later > *at && later + zone_offset_ms(zone, later) == local)
        *at = later;
    return ERR_NONE;
}

static enum err read_moment(struct reading *reading, struct str text, utc_ms *at)
{
    enum time_flaw flaw;

    if (!time_parse(text, at, &flaw))
        return WRONG(reading, reading->count, "no_moment", "“{text}” is no date and time.",
                     ARGS(ARG_STR("text", str_first(text, 40))));
    if (*at < 0)
        return WRONG(reading, reading->count, "before_1970", "{text} is before 1970.",
                     ARGS(ARG_STR("text", text)));
    /* Without a zone it was read as UTC; a text that deviates otherwise may lack one as well. */
    if (flaw == TIME_NO_ZONE ||
        (flaw == TIME_LOOSE && text.len && text.ptr[text.len - 1] != 'Z' &&
         str_find_byte(text, '+') < 0 && str_find_byte(str_from(text, 10), '-') < 0))
        return place(reading, text, *at, at);
    return ERR_NONE;
}

static enum err add(struct reading *reading, utc_ms at, int64_t value)
{
    if (reading->count == POINTS_MAX)
        return PROBLEM(reading->request, ERR_TOO_LARGE, STR_NONE, "series_long",
                       "A series has at most {max} values.", ARGS(ARG_INT("max", POINTS_MAX)));
    reading->points[reading->count++] = (struct point){ at, value };
    return ERR_NONE;
}

/* --- the two forms */

static enum err read_json_point(struct reading *reading, struct str text)
{
    const struct unit *unit = &units[reading->kind];
    const struct body_member *from, *value;
    struct turn *turn = reading->request->turn;
    struct body body;
    struct str at;
    int64_t number;
    utc_ms moment;
    enum err err = body_parse(text, turn->arena, &body, &at);

    if (err == ERR_FULL)
        return err;
    from = err == ERR_NONE ? body_find(&body, "from") : NULL;
    value = err == ERR_NONE ? body_find(&body, unit->name.ptr) : NULL;
    if (!from || !value || body.count != 2 || from->type != BODY_TEXT || value->type != BODY_NUMBER)
        return WRONG(reading, reading->count, "series_point",
                     "A point is {\"from\": a time, \"{unit}\": a number}.",
                     ARGS(ARG_STR("unit", unit->name)));
    err = read_moment(reading, from->text, &moment);
    if (err == ERR_NONE)
        err = read_value(reading, value->raw, &number);
    return err == ERR_NONE ? add(reading, moment, number) : err;
}

static enum err read_points(struct reading *reading, struct str list)
{
    struct json_items items;
    struct str item;
    enum err err = ERR_NONE;

    reading->form = FORM_POINTS;
    if (!json_items_open(&items, list))
        return problem_field(reading->request, ERR_BAD_TYPE, STR("points"), "It is a list.");
    while (err == ERR_NONE && (err = json_items_next(&items, &item)) == ERR_NONE && item.ptr)
        err = read_json_point(reading, item);
    return err;
}

static enum err read_values(struct reading *reading, const struct body *body, struct str list)
{
    struct request *request = reading->request;
    struct str from = STR_NONE, item;
    struct json_items items;
    int64_t step_s = 0, value;
    utc_ms at = 0;
    enum err err = body_text(request, body, "from", (struct range){ 1, 40 }, &from);

    reading->form = FORM_START;
    if (err == ERR_NONE)
        err = body_i64(request, body, "step_s", (struct range){ STEP_S_MIN, STEP_S_MAX }, &step_s);
    if (err == ERR_NONE && (from.len == 0 || step_s == 0))
        err = problem_field(request, ERR_BAD_OCCURRENCE, from.len ? STR("step_s") : STR("from"),
                            "Values come with from and step_s.");
    if (err == ERR_NONE)
        err = read_moment(reading, from, &at);
    reading->form = FORM_VALUES;
    reading->step_ms = step_s * 1000;
    if (err == ERR_NONE && !json_items_open(&items, list))
        err = problem_field(request, ERR_BAD_TYPE, units[reading->kind].name, "It is a list.");
    while (err == ERR_NONE && (err = json_items_next(&items, &item)) == ERR_NONE && item.ptr) {
        if (str_equal(item, STR("null")))
            return WRONG(reading, reading->count, "series_hole",
                         "Here is a gap: a series has none.", NO_ARGS);
        err = read_value(reading, item, &value);
        if (err == ERR_NONE)
            err = add(reading, at, value);
        at += reading->step_ms;
    }
    return err;
}

static enum err read_json(struct reading *reading)
{
    struct request *request = reading->request;
    struct turn *turn = request->turn;
    const struct unit *unit = &units[reading->kind];
    const struct body_member *points, *values;
    struct body body;
    enum err err = body_of(request, &body);

    if (err == ERR_NONE)
        err = body_only(request, &body,
                        arena_printf(turn->arena, "from step_s points %s", unit->name.ptr).ptr);
    if (err != ERR_NONE)
        return err;
    points = body_find(&body, "points");
    values = body_find(&body, unit->name.ptr);
    if (points && !values)
        return read_points(reading, points->raw);
    if (values && !points)
        return read_values(reading, &body, values->raw);
    return problem_field(request, ERR_BAD_OCCURRENCE, unit->name,
                         "Give either points, or from, step_s and %.*s.", STR_ARGS(unit->name));
}

/* Of the line that is read. */
struct sheet_texts {
    char moment[SHEET_MOMENT_MAX], number[SHEET_NUMBER_MAX];
};

/* What a spreadsheet wrote, as the rest reads it; or what is wrong with it. */
static enum err unsheet(struct reading *reading, struct sheet *sheet, struct sheet_texts *as,
                        struct csv_line *line)
{
    struct str texts[2] = { str_first(line->cells[0], 40), str_first(line->cells[1], 40) };
    enum sheet_flaw flaw;

    if (sheet_moment(line->cells[0], as->moment, &line->cells[0]) == SHEET_SLASHES)
        return WRONG(reading, reading->count, "series_slashes",
                     "{text}: day or month first? Write it like 28.11.2026 or 2026-11-28.",
                     ARGS(ARG_STR("text", texts[0])));
    flaw = sheet_number(sheet, line->cells[1], as->number, &line->cells[1]);
    if (flaw == SHEET_OTHER_SIGN)
        return WRONG(reading, reading->count, "series_sign",
                     "{text}: the values before it have another decimal sign.",
                     ARGS(ARG_STR("text", texts[1])));
    if (flaw == SHEET_TWO_WAYS)
        return WRONG(reading, reading->count, "series_two_ways",
                     "{text} can be read in two ways: write a decimal point, or semicolons between "
                     "the columns.",
                     ARGS(ARG_STR("text", texts[1])));
    return ERR_NONE;
}

static enum err read_csv(struct reading *reading)
{
    struct request *request = reading->request;
    struct turn *turn = request->turn;
    const struct unit *unit = &units[reading->kind];
    struct csv_reader csv;
    struct csv_line line;
    struct sheet sheet;
    struct sheet_texts *texts = arena_alloc(turn->arena, sizeof *texts);
    utc_ms at;
    int64_t value;
    enum err err;

    reading->form = FORM_LINES;
    if (!texts)
        return ERR_FULL;
    if (!utf8_valid(request->body))
        return PROBLEM(request, ERR_BAD_FORMAT, STR_NONE, "not_utf8", "The file is not UTF-8.",
                       NO_ARGS);
    csv_reader_init(&csv, request->body);
    err = csv_read(&csv, turn->arena, &line);
    if (err != ERR_NONE || line.count != 2 || !str_equal(line.cells[0], STR("from")) ||
        !str_equal(line.cells[1], unit->name))
        return PROBLEM(request, ERR_BAD_FORMAT, STR("line 1"), "series_head",
                       "The first line is: from,{unit}", ARGS(ARG_STR("unit", unit->name)));
    sheet = (struct sheet){ .separator = csv.separator };
    while ((err = csv_read(&csv, turn->arena, &line)) == ERR_NONE) {
        reading->line_first = line.number - reading->count;
        if (line.count != 2)
            return WRONG(reading, reading->count, "series_cells", "It has {n} cells, not two.",
                         ARGS(ARG_INT("n", line.count)));
        err = unsheet(reading, &sheet, texts, &line);
        if (err == ERR_NONE)
            err = read_moment(reading, line.cells[0], &at);
        if (err == ERR_NONE)
            err = read_value(reading, line.cells[1], &value);
        if (err == ERR_NONE)
            err = add(reading, at, value);
        if (err != ERR_NONE)
            return err;
    }
    return err == ERR_NOT_FOUND ? ERR_NONE
                                : PROBLEM(request, ERR_BAD_FORMAT, STR_NONE, "open_quote",
                                          "Near line {line}: a quote does not end.",
                                          ARGS(ARG_INT("line", csv.line + 1)));
}

/* --- the series as a whole */

static struct str clock_text(const struct reading *reading, utc_ms at)
{
    struct turn *turn = reading->request->turn;
    int32_t offset = zone_offset_ms(reading->zone, at) / 60000;
    char text[TIME_TEXT_LEN];

    time_format(at + offset * INT64_C(60000), text);
    return arena_printf(turn->arena, "%.16s%c%02d:%02d", text, offset < 0 ? '-' : '+',
                        abs(offset) / 60, abs(offset) % 60);
}

/* What is said beside a gap or an overlap in a night when clocks change. */
static struct str zone_hint(const struct reading *reading, utc_ms from, utc_ms to)
{
    struct turn *turn = reading->request->turn;
    utc_ms change = zone_next_change(reading->zone, from - DST_NEAR_MS);

    if (change == UTC_NEVER || change > to + DST_NEAR_MS)
        return STR_NONE;
    return arena_printf(turn->arena,
                        " Clocks in %.*s change then: write times with their zone, or 23 and 25 "
                        "hours on such days.",
                        STR_ARGS(reading->site->time_zone));
}

#define STEP_ARGS(reading, i, due, hint)                                          \
    ARGS(ARG_STR("at", clock_text((reading), (reading)->points[i].at)),           \
         ARG_STR("before", clock_text((reading), (reading)->points[(i) - 1].at)), \
         ARG_STR("due", clock_text((reading), (due))), ARG_STR("hint", (hint)),   \
         ARG_STR("zone", (hint).len ? (reading)->site->time_zone : STR_NONE))

static enum err check_steps(struct reading *reading)
{
    const struct point *points = reading->points;

    if (reading->count == 0)
        return PROBLEM(reading->request, ERR_BAD_OCCURRENCE, STR_NONE, "series_empty",
                       "The series is empty.", NO_ARGS);
    if (reading->count > 1 && reading->step_ms == 0)
        reading->step_ms = points[1].at - points[0].at;
    if (reading->count == 1 && reading->step_ms == 0)
        return WRONG(reading, 0, "series_one",
                     "One value alone tells no step: there are at least two.", NO_ARGS);
    for (uint32_t i = 1; i < reading->count; i++) {
        utc_ms due = points[i - 1].at + reading->step_ms;
        if (points[i].at == points[i - 1].at)
            return WRONG(reading, i, "series_twice", "{at} is there twice.{hint}",
                         STEP_ARGS(reading, i, due, zone_hint(reading, points[i].at, due)));
        utc_ms low = points[i].at < due ? points[i].at : due;
        utc_ms high = points[i].at < due ? due : points[i].at;
        if (reading->step_ms > 0 && points[i].at == due)
            continue;
        if (points[i].at > due)
            return WRONG(reading, i, "series_gap",
                         "A gap: {at} comes after {before}, and {due} was due.{hint}",
                         STEP_ARGS(reading, i, due, zone_hint(reading, low, high)));
        return WRONG(reading, i, "series_overlap",
                     "An overlap: {at} comes after {before}, and {due} was due.{hint}",
                     STEP_ARGS(reading, i, due, zone_hint(reading, low, high)));
    }
    if (reading->step_ms < STEP_S_MIN * INT64_C(1000) ||
        reading->step_ms > STEP_S_MAX * INT64_C(1000) || reading->step_ms % 1000)
        return WRONG(reading, 0, "series_step", "A step has 60 to 86,400 whole seconds.", NO_ARGS);
    return ERR_NONE;
}

static enum err store(struct turn *turn, const struct reading *reading)
{
    int64_t *values = ARENA_NEW_ARRAY(turn->arena, int64_t, reading->count);
    const struct dispatch_series series = { .site = reading->site->id,
                                            .kind = reading->kind,
                                            .from_at = reading->points[0].at,
                                            .step_s = reading->step_ms / 1000,
                                            .count = reading->count,
                                            .values = values };

    if (!values)
        return ERR_FULL;
    for (uint32_t i = 0; i < reading->count; i++)
        values[i] = reading->points[i].value;
    return dispatch_series_put(turn, &series);
}

static void write_summary(struct json_writer *json, enum series_kind kind, utc_ms from, utc_ms to)
{
    json_key_str(json, "kind", series_kind_words[kind]);
    json_key_time(json, "from", from);
    json_key_time(json, "to", to);
}

/* The least and the most: a wrong unit is seen at a glance. */
static void write_bounds(struct json_writer *json, const struct reading *reading)
{
    int64_t low = reading->points[0].value, high = low;
    int scale = units[reading->kind].scale;

    for (uint32_t i = 1; i < reading->count; i++) {
        low = reading->points[i].value < low ? reading->points[i].value : low;
        high = reading->points[i].value > high ? reading->points[i].value : high;
    }
    json_key(json, "lowest");
    json_decimal(json, low, scale);
    json_key(json, "highest");
    json_decimal(json, high, scale);
}

enum err series_put(struct turn *turn, struct request *request)
{
    struct reading reading = { .request = request };
    struct json_writer *json = &request->json;
    struct str type = request->content_type;
    struct str first;
    bool dry_run = false;
    utc_ms from, to;
    enum err err = site_of(request, &reading.site);

    if (err == ERR_NONE)
        err = query_bool(request, "dry_run", &dry_run);

    if (err == ERR_NONE)
        err = kind_of(request, &reading.kind);
    if (err != ERR_NONE)
        return err;
    reading.zone = site_zone(reading.site);
    reading.points = ARENA_NEW_ARRAY(turn->arena, struct point, POINTS_MAX);
    if (!reading.points)
        return ERR_FULL;
    (void)str_cut(&type, ';', &first); /* text before the first ';' */
    err = str_equal_nocase(str_trim(first), STR("text/csv")) ? read_csv(&reading)
                                                             : read_json(&reading);
    if (err == ERR_NONE)
        err = check_steps(&reading);
    if (err == ERR_NONE && !dry_run)
        err = store(turn, &reading);
    if (err != ERR_NONE)
        return err;
    from = reading.points[0].at;
    to = reading.points[reading.count - 1].at + reading.step_ms;
    json_object_begin(json);
    write_summary(json, reading.kind, from, to);
    json_key_i64(json, "step_s", reading.step_ms / 1000);
    json_key_i64(json, "count", reading.count);
    write_bounds(json, &reading);
    json_key_bool(json, "dry_run", dry_run);
    json_object_end(json);
    if (dry_run)
        return ERR_NONE;
    turn_audit(turn, "series.put",
               arena_printf(turn->arena, "%.*s/%.*s", STR_ARGS(site_target(turn, reading.site)),
                            STR_ARGS(series_kind_words[reading.kind])),
               STR_NONE, buf_str(&request->out));
    return ERR_NONE;
}

/* --- what is known */

static int by_start(const void *a, const void *b)
{
    const struct series_row *left = *(const struct series_row *const *)a;
    const struct series_row *right = *(const struct series_row *const *)b;

    return left->from_at < right->from_at ? -1 : left->from_at > right->from_at;
}

static int64_t value_at(const struct series_row *series, uint32_t index)
{
    uint64_t bits = 0;

    for (int byte = 7; byte >= 0; byte--)
        bits = bits << 8 | (unsigned char)series->data.ptr[index * 8 + (uint32_t)byte];
    return (int64_t)bits;
}

static void write_part(struct json_writer *json, const struct series_row *series,
                       const struct unit *unit)
{
    json_object_begin(json);
    json_key_time(json, "from", series->from_at);
    json_key_i64(json, "step_s", series->step_s);
    json_key_of(json, unit->name);
    json_array_begin(json);
    for (uint32_t i = 0; i < series->count && i * 8 + 8 <= series->data.len; i++)
        if (value_at(series, i) == INT64_MIN)
            json_null(json);
        else
            json_decimal(json, value_at(series, i), unit->scale);
    json_array_end(json);
    json_object_end(json);
}

enum err series_get(struct turn *turn, struct request *request)
{
    const struct series_row *series, **parts;
    const struct site_row *site;
    struct json_writer *json = &request->json;
    enum series_kind kind = SERIES_PRICE;
    uint32_t count = 0;
    utc_ms from = UTC_UNKNOWN, to = UTC_NEVER;
    enum err err = site_of(request, &site);

    if (err == ERR_NONE)
        err = kind_of(request, &kind);
    if (err == ERR_NONE)
        err = query_time(request, "from", &from);
    if (err == ERR_NONE)
        err = query_time(request, "to", &to);
    if (err != ERR_NONE)
        return err;
    parts = ARENA_NEW_ARRAY(turn->arena, const struct series_row *,
                            world_count(turn_world(turn), ROW_series));
    if (!parts)
        return ERR_FULL;
    for (uint32_t at = 0; (series = world_next(turn_world(turn), ROW_series, &at));)
        if (series->site == site->id && series->kind == (int64_t)kind && series->from_at < to &&
            series->from_at + series->count * series->step_s * 1000 > from)
            parts[count++] = series;
    if (count)
        qsort(parts, count, sizeof(const struct series_row *), by_start);
    json_object_begin(json);
    json_key_str(json, "kind", series_kind_words[kind]);
    json_key(json, "parts");
    json_array_begin(json);
    for (uint32_t i = 0; i < count; i++)
        write_part(json, parts[i], &units[kind]);
    json_array_end(json);
    json_object_end(json);
    return ERR_NONE;
}
