#include "dispatch/document.h"

#include "dispatch/reading.h"
#include "domain/words.h"
#include "json/encode.h"
#include "json/reader.h"

const struct str node_kind_words[NODE_KIND_COUNT] = {
    [NODE_GRID] = STR_INIT("grid"),       [NODE_TRANSFORMER] = STR_INIT("transformer"),
    [NODE_PANEL] = STR_INIT("panel"),     [NODE_CIRCUIT] = STR_INIT("circuit"),
    [NODE_STATION] = STR_INIT("station"), [NODE_EVSE] = STR_INIT("evse"),
};
const struct str site_mode_words[SITE_MODE_COUNT] = {
    [SITE_EQUAL] = STR_INIT("equal"),    [SITE_PRIORITY] = STR_INIT("priority"),
    [SITE_NEED] = STR_INIT("need"),      [SITE_CHEAP] = STR_INIT("cheapest"),
    [SITE_GREEN] = STR_INIT("greenest"), [SITE_SURPLUS] = STR_INIT("surplus"),
};
const struct str site_class_words[CLASS_COUNT] = {
    [CLASS_PRIORITY] = STR_INIT("priority"),
    [CLASS_PLAN] = STR_INIT("plan"),
    [CLASS_SURPLUS] = STR_INIT("surplus"),
    [CLASS_BEST_EFFORT] = STR_INIT("best_effort"),
};
const struct str rotation_words[ROTATION_COUNT] = {
    [ROTATION_RST] = STR_INIT("RST"), [ROTATION_STR] = STR_INIT("STR"),
    [ROTATION_TRS] = STR_INIT("TRS"), [ROTATION_RTS] = STR_INIT("RTS"),
    [ROTATION_TSR] = STR_INIT("TSR"), [ROTATION_SRT] = STR_INIT("SRT"),
};
const struct str meter_source_words[SOURCE_COUNT] = {
    [SOURCE_PUSH] = STR_INIT("push"),
    [SOURCE_MODBUS] = STR_INIT("modbus"),
    [SOURCE_MQTT] = STR_INIT("mqtt"),
    [SOURCE_STATION] = STR_INIT("station"),
};
const struct str meter_measures_words[MEASURES_COUNT] = {
    [MEASURES_NODE] = STR_INIT("node"),
    [MEASURES_LOAD] = STR_INIT("load"),
    [MEASURES_SOLAR] = STR_INIT("solar"),
    [MEASURES_BATTERY] = STR_INIT("battery"),
};

int rotation_line(enum rotation rotation, int terminal)
{
    /* The letter at the terminal's place: R, S, T are lines 1, 2, 3. */
    return rotation_words[rotation].ptr[terminal] - 'R';
}

/* --- findings */

static struct str path_of(const struct reading *reading, struct spot spot)
{
    struct arena *arena = reading->arena;

    if (!spot.list)
        return spot.member ? arena_copy(arena, str_of(spot.member)) : STR_NONE;
    if (spot.item == NO_ITEM)
        return arena_copy(arena, str_of(spot.list));
    return arena_printf(arena, "%s[%u]%s%s", spot.list, spot.item, spot.member ? "." : "",
                        spot.member ? spot.member : "");
}

void reading_find(struct reading *reading, bool is_error, struct spot spot,
                  struct sentence sentence)
{
    struct document_findings *findings = reading->findings;
    struct document_finding *finding;

    findings->errors += is_error;
    findings->warnings += !is_error;
    if (findings->count == DOCUMENT_FINDINGS_MAX)
        return;
    finding = &findings->list[findings->count];
    *finding = (struct document_finding){ is_error, path_of(reading, spot), sentence };
    if (finding->path.ptr && finding->sentence.text.ptr)
        findings->count++;
    else
        reading->full = true;
}

static void write_list(struct json_writer *json, const struct document_findings *findings,
                       bool errors)
{
    json_array_begin(json);
    for (uint32_t i = 0; i < findings->count; i++) {
        const struct document_finding *finding = &findings->list[i];
        if (finding->is_error != errors)
            continue;
        json_object_begin(json);
        json_key_str(json, "path", finding->path);
        sentence_write_code(json, &finding->sentence);
        json_key_str(json, "text", finding->sentence.text);
        json_object_end(json);
    }
    json_array_end(json);
}

void document_write_findings(struct json_writer *json, const struct document_findings *findings)
{
    json_key(json, "errors");
    write_list(json, findings, true);
    json_key(json, "warnings");
    write_list(json, findings, false);
}

/* What people can do something about has a code of its own. */
static const char *flaw_code(enum json_flaw_kind kind)
{
    static const struct {
        enum json_flaw_kind kind;
        const char *code;
    } codes[] = {
        { JSON_FLAW_TYPE, "flaw_type" },   { JSON_FLAW_LENGTH, "flaw_length" },
        { JSON_FLAW_WORD, "flaw_word" },   { JSON_FLAW_RANGE, "flaw_range" },
        { JSON_FLAW_STEP, "flaw_step" },   { JSON_FLAW_MISSING, "flaw_missing" },
        { JSON_FLAW_FEW, "flaw_few" },     { JSON_FLAW_MANY, "flaw_many" },
        { JSON_FLAW_TWICE, "flaw_twice" }, { JSON_FLAW_UNKNOWN, "flaw_unknown" },
    };

    for (size_t i = 0; i < COUNT(codes); i++)
        if (codes[i].kind == kind)
            return codes[i].code;
    return "flaw_other";
}

/* The number at "rules.hold_s", where it is known from where to where it goes; or NULL. */
static const struct json_field *number_at(const struct json_desc *desc, struct str path)
{
    struct str name;

    while (str_cut(&path, '.', &name)) {
        int field = name.len && name.ptr[name.len - 1] != ']' ? json_field_find(desc, name) : -1;
        if (field < 0)
            return NULL;
        if (path.len == 0)
            return desc->fields[field].kind == JSON_NUMBER && desc->fields[field].min >= 0
                       ? &desc->fields[field]
                       : NULL;
        if (desc->fields[field].kind != JSON_OBJECT)
            return NULL;
        desc = desc->fields[field].desc;
    }
    return NULL;
}

/* What the codec found in one object of the document. */
static void tell_flaws(struct reading *reading, struct spot spot, enum err err,
                       const struct json_desc *desc, const struct json_report *report)
{
    if (err == ERR_FULL) {
        reading->full = true;
        return;
    }
    if (err != ERR_NONE) {
        ERROR_AT(reading, spot, "not_object", "This is no JSON object.", NO_ARGS);
        return;
    }
    for (uint32_t i = 0; i < report->count && i < JSON_FLAWS_MAX; i++) {
        const struct json_flaw *flaw = &report->flaws[i];
        struct str path = arena_copy(reading->scratch, flaw->path);
        const struct json_field *number = number_at(desc, flaw->path);
        if (flaw->kind == JSON_FLAW_RANGE && number) {
            ERROR_AT(reading, SPOT(spot.list, spot.item, path.ptr), "number_range",
                     "It is a number from {min} to {max}.",
                     ARGS(ARG_INT("min", form_whole(number->min)),
                          ARG_INT("max", form_whole(number->max))));
            continue;
        }
        ERROR_AT(reading, SPOT(spot.list, spot.item, path.ptr), flaw_code(flaw->kind),
                 "{member} {what}.",
                 ARGS(ARG_STR("member", flaw->path),
                      ARG_STR("what", str_of(json_flaw_text(flaw->kind)))));
    }
}

/* The codec takes what is out of range as it is, for facts. Here nothing may be computed with it: a
 * member with a flaw counts as absent, as far as it goes on. */
static void drop_member(const struct json_field *field, char *object)
{
    char *at = object + field->offset;

    if (field->side_offset != JSON_NOWHERE)
        memset(object + field->side_offset, 0,
               field->flags & JSON_LIST ? sizeof(uint32_t) : sizeof(bool));
    if (field->flags & JSON_LIST || field->kind == JSON_OBJECT)
        /* cppcheck-suppress pointerSize ; the member is a pointer */
        memset(at, 0, sizeof(void *));
    else if (field->kind == JSON_BOOL)
        memset(at, 0, sizeof(bool));
    else if (field->kind == JSON_NUMBER || field->kind == JSON_INT)
        memset(at, 0, sizeof(int64_t));
    else
        memset(at, 0, sizeof(struct str));
}

static void drop_flawed(const struct json_desc *desc, void *object,
                        const struct json_report *report)
{
    for (uint32_t i = 0; i < report->count && i < JSON_FLAWS_MAX; i++) {
        struct str name = report->flaws[i].path;
        int field;
        for (uint32_t n = 0; n < name.len; n++) /* "times[0].limit_a" */
            if (name.ptr[n] == '[' || name.ptr[n] == '.')
                name.len = n;
        field = json_field_find(desc, name);
        if (field >= 0)
            drop_member(&desc->fields[field], object);
    }
    if (report->count > JSON_FLAWS_MAX) /* more than are known by name */
        memset(object, 0, desc->size);
}

/* --- values */

int32_t form_da(int64_t scaled)
{
    return (int32_t)(scaled / (JSON_NUMBER_UNIT / 10));
}

int64_t form_whole(int64_t scaled)
{
    return scaled / JSON_NUMBER_UNIT;
}

bool form_lines(bool has_one, int64_t one, const int64_t *each, uint32_t count,
                int32_t da[LINE_COUNT])
{
    for (uint32_t line = 0; line < LINE_COUNT; line++) {
        if (count == LINE_COUNT)
            da[line] = form_da(each[line]);
        else if (has_one)
            da[line] = form_da(one);
    }
    return has_one || count == LINE_COUNT;
}

bool reading_clock(struct reading *reading, struct spot spot, struct str text, int16_t *minute)
{
    int64_t hours, minutes;

    if (text.len == 5 && text.ptr[2] == ':' && str_to_i64(str_first(text, 2), &hours) &&
        str_to_i64(str_from(text, 3), &minutes) && hours >= 0 && minutes >= 0 && minutes < 60 &&
        hours * 60 + minutes <= INT64_C(24) * 60) {
        *minute = (int16_t)(hours * 60 + minutes);
        return true;
    }
    ERROR_AT(reading, spot, "time_of_day", "“{text}” is no time of day: write it like 07:30.",
             ARGS(ARG_STR("text", text)));
    return false;
}

bool reading_days(struct reading *reading, struct spot spot, const struct str *days, uint32_t count,
                  uint8_t *bits)
{
    static const struct str words[] = { STR_INIT("mon"), STR_INIT("tue"), STR_INIT("wed"),
                                        STR_INIT("thu"), STR_INIT("fri"), STR_INIT("sat"),
                                        STR_INIT("sun") };

    *bits = count ? 0 : 0x7f;
    for (uint32_t i = 0; i < count; i++) {
        int64_t day = word_find(words, COUNT(words), days[i]);
        if (day < 0) {
            ERROR_AT(reading, spot, "day",
                     "“{text}” is no day: they are mon, tue, wed, thu, fri, sat, sun.",
                     ARGS(ARG_STR("text", days[i])));
            return false;
        }
        *bits |= (uint8_t)(1u << day);
    }
    return true;
}

/* NOLINTNEXTLINE(readability-function-size): a word, where it stands, what it may be */
int reading_word(struct reading *reading, struct spot spot, struct str word,
                 const struct str *words, int count, int absent)
{
    int64_t found = word.ptr ? word_find(words, count, word) : absent;
    struct buf list;

    if (!word.ptr || found >= 0)
        return (int)found;
    buf_init_arena(&list, reading->scratch, 1024);
    for (int i = 0; i < count; i++) {
        buf_put(&list, i ? STR(", ") : STR_NONE);
        buf_put(&list, words[i]);
    }
    ERROR_AT(reading, spot, "word", "“{text}” is not known: it is one of {words}.",
             ARGS(ARG_STR("text", str_first(word, 50)), ARG_STR("words", buf_str(&list))));
    return absent;
}

/* --- lists */

void reading_list_open(struct reading *reading, struct reading_list *list, struct str text)
{
    list->item = NO_ITEM;
    list->ended = text.ptr == NULL;
    if (!list->ended && !json_items_open(&list->items, text)) {
        ERROR_AT(reading, SPOT(list->name, NO_ITEM, NULL), "not_list", "This is no list.", NO_ARGS);
        list->ended = true;
    }
}

void *reading_list_begin(struct reading *reading, struct reading_list *list, struct str text,
                         size_t size)
{
    void *items = arena_zalloc(reading->arena, text.ptr ? list->max : 0, size);

    reading->full = reading->full || !items;
    reading_list_open(reading, list, text);
    return items;
}

bool reading_list_next(struct reading *reading, struct reading_list *list, void *out)
{
    struct json_report report = { 0 };
    struct str value;
    enum err err;

    if (list->ended || json_items_next(&list->items, &value) != ERR_NONE || !value.ptr)
        return false;
    list->item++;
    if (list->item >= list->max) {
        ERROR_AT(reading, SPOT(list->name, NO_ITEM, NULL), "too_many", "There are more than {max}.",
                 ARGS(ARG_INT("max", list->max)));
        list->ended = true;
        return false;
    }
    memset(out, 0, list->desc->size);
    err = json_read(list->desc, value, JSON_LENIENT, reading->scratch, out, &report);
    tell_flaws(reading, SPOT(list->name, list->item, NULL), err, list->desc, &report);
    drop_flawed(list->desc, out, &report);
    return true;
}

/* --- the parts that stand alone */

static void put_seconds(bool has, int64_t scaled, int64_t scale, int32_t *to)
{
    if (has)
        *to = (int32_t)(form_whole(scaled) * scale);
}

static void read_rules(struct document *document, const struct form_rules *form)
{
    struct site_rules *rules = &document->rules;

    *rules = site_rules_default();
    document->lease_s = 900;
    document->calls_s = 20;
    if (!form)
        return;
    if (form->has_step_min_a)
        rules->step_min_da = form_da(form->step_min_a);
    if (form->has_ramp_percent_s)
        rules->ramp_permille_s = form_da(form->ramp_percent_s);
    put_seconds(form->has_hold_s, form->hold_s, 1000, &rules->hold_ms);
    put_seconds(form->has_switch_s, form->switch_s, 1000, &rules->switch_ms);
    put_seconds(form->has_turn_s, form->turn_s, 1000, &rules->turn_ms);
    put_seconds(form->has_reclaim_s, form->reclaim_s, 1000, &rules->reclaim_ms);
    put_seconds(form->has_lease_s, form->lease_s, 1, &document->lease_s);
    put_seconds(form->has_calls_per_s, form->calls_per_s, 1, &document->calls_s);
}

static void read_defaults(struct reading *reading, const struct form_defaults *form)
{
    struct document *document = reading->document;

    document->departs_min = -1;
    if (!form)
        return;
    document->need_wh = form->has_need_wh ? form_whole(form->need_wh) : 0;
    if (document->need_wh < 0 || document->need_wh > DOCUMENT_BATTERY_WH_MAX)
        ERROR_AT(reading, SPOT(NULL, 0, "defaults.need_wh"), "need_unit",
                 "A need of {need_wh} Wh is more than any battery takes, or less than nothing.",
                 ARGS(ARG_INT("need_wh", document->need_wh)));
    put_seconds(form->has_stay_s, form->stay_s, 1, &document->stay_s);
    if (form->departs_at.ptr)
        (void)reading_clock(reading, SPOT(NULL, 0, "defaults.departs_at"), form->departs_at,
                            &document->departs_min); /* -1 stays when it was found wrong */
}

/* The document as it is kept: what was understood, written once. */
static enum err write_text(struct reading *reading, const struct form *form)
{
    struct buf out;
    struct json_writer json;
    enum err err;

    buf_init_arena(&out, reading->arena, DOCUMENT_BYTES_MAX);
    json = json_writer(&out);
    err = json_write_struct(&form_desc, form, &json);
    reading->document->text = buf_str(&out);
    return err == ERR_NONE && !out.overflow ? ERR_NONE : ERR_FULL;
}

static enum err read_all(struct reading *reading, struct str text)
{
    struct document *document = reading->document;
    struct form form = { 0 };
    struct json_report report = { 0 };
    enum err err = json_read(&form_desc, text, JSON_LENIENT, reading->scratch, &form, &report);

    tell_flaws(reading, SPOT(NULL, 0, NULL), err, &form_desc, &report);
    if (err != ERR_NONE)
        return err == ERR_FULL ? ERR_FULL : ERR_BAD_VALUE;
    drop_flawed(&form_desc, &form, &report);
    document->mode = (uint8_t)reading_word(reading, SPOT(NULL, 0, "mode"), form.mode,
                                           site_mode_words, SITE_MODE_COUNT, SITE_EQUAL);
    if (form.has_demand_charge_minor_per_kw)
        document->demand_charge_milli = form.demand_charge_minor_per_kw / (JSON_NUMBER_UNIT / 1000);
    read_rules(document, form.rules);
    read_defaults(reading, form.defaults);
    reading_place_nodes(reading, form.nodes);
    if (!reading->full)
        reading_make_evses(reading);
    if (!reading->full) {
        reading_make_meters(reading, form.meters);
        reading_make_prices(reading, form.prices);
        reading_make_fleet(reading, form.fleet);
        reading_check(reading);
    }
    if (reading->full)
        return ERR_FULL;
    return reading->findings->errors ? ERR_BAD_VALUE : write_text(reading, &form);
}

enum err document_read(struct str text, const struct document_around *around, struct arena *arena,
                       struct document *document, struct document_findings *findings)
{
    struct arena scratch;
    struct reading reading = { .arena = arena,
                               .scratch = &scratch,
                               .around = around,
                               .document = document,
                               .findings = findings };
    enum err err;

    findings->errors = findings->warnings = findings->count = 0;
    *document = (struct document){ 0 };
    arena_init(&scratch, NULL, 0);
    err = text.len <= DOCUMENT_BYTES_MAX ? read_all(&reading, text) : ERR_FULL;
    arena_reset(&scratch);
    return err;
}

/* --- looking up */

int32_t document_find_node(const struct document *document, struct str id)
{
    for (uint32_t i = 0; i < document->node_count; i++)
        if (str_equal(document->nodes[i].id, id))
            return (int32_t)i;
    return DOCUMENT_NONE;
}

int32_t document_find_evse(const struct document *document, struct str station, int32_t evse)
{
    for (uint32_t i = 0; i < document->evse_count; i++)
        if (document->evses[i].evse == evse && str_equal(document->evses[i].station, station))
            return (int32_t)i;
    return DOCUMENT_NONE;
}

const struct document_meter *document_meter(const struct document *document, struct str id)
{
    for (uint32_t i = 0; i < document->meter_count; i++)
        if (str_equal(document->meters[i].id, id))
            return &document->meters[i];
    return NULL;
}

const struct document_vehicle *document_vehicle(const struct document *document, struct str token)
{
    for (uint32_t i = 0; i < document->fleet_count; i++)
        if (str_equal_nocase(document->fleet[i].token, token))
            return &document->fleet[i];
    return NULL;
}
