#include "bench/energy/sessions.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/time.h"
#include "bench/bench.h"
#include "bench/energy/files.h"
#include "json/cursor.h"

enum { COLUMNS_MAX = 32 };
#define HOUR_MS   ((int64_t)3600000)
#define DAY_MS    ((int64_t)86400000)
#define PERIOD_MS ((int64_t)PERIOD_S * 1000)

static struct session *add(struct sessions *sessions)
{
    if ((sessions->count & (sessions->count + 1)) == 0 || !sessions->items) {
        struct session *more =
            realloc(sessions->items, (2 * (size_t)sessions->count + 2) * sizeof *more);

        check(more != NULL);
        sessions->items = more;
    }
    sessions->items[sessions->count] = (struct session){ 0 };
    return &sessions->items[sessions->count++];
}

static void set_station(struct session *session, struct str name)
{
    uint32_t len = name.len < STATION_SIZE ? name.len : STATION_SIZE - 1;

    memcpy(session->station, name.ptr, len);
}

static int by_arrival(const void *a, const void *b)
{
    const struct session *left = a, *right = b;

    if (left->arrive != right->arrive)
        return left->arrive < right->arrive ? -1 : 1;
    return strcmp(left->station, right->station);
}

void sessions_sort(struct sessions *sessions)
{
    qsort(sessions->items, sessions->count, sizeof *sessions->items, by_arrival);
}

/* --- ACN-Sim's events */

/* The session id ends with when it began, in UTC: that minus its period is the start. */
static utc_ms start_by_id(struct str id, int64_t arrive)
{
    enum time_flaw flaw;
    utc_ms at = 0;
    struct str part = id;

    while (str_cut(&id, '_', &part))
        ; /* the last one stays in `part` */
    if (!time_parse(part, &at, &flaw))
        return 0;
    at -= arrive * PERIOD_MS;
    return at - at % HOUR_MS;
}

static bool read_vehicle(struct str attributes, struct arena *arena, struct sessions *sessions)
{
    struct str arrive, depart, energy, station, id;
    struct session session = { 0 };

    if (json_member(attributes, STR("_arrival"), &arrive) != ERR_NONE ||
        json_member(attributes, STR("_departure"), &depart) != ERR_NONE ||
        json_member(attributes, STR("_requested_energy"), &energy) != ERR_NONE ||
        json_member(attributes, STR("_station_id"), &station) != ERR_NONE ||
        json_member(attributes, STR("_session_id"), &id) != ERR_NONE ||
        !json_value_i64(arrive, &session.arrive) || !json_value_i64(depart, &session.depart) ||
        !json_value_str(station, arena, &station) || !json_value_str(id, arena, &id))
        return false;
    session.energy_kwh = file_number(energy);
    set_station(&session, station);
    if (sessions->count == 0)
        sessions->start = start_by_id(id, session.arrive);
    *add(sessions) = session;
    return true;
}

static bool read_events(struct str text, struct arena *arena, struct sessions *sessions)
{
    struct json_items members;
    struct str objects, key, value, class, attributes;

    if (text.ptr[0] == '"' && !json_value_str(str_trim(text), arena, &text))
        return false;
    if (json_member(text, STR("context_dict"), &objects) != ERR_NONE ||
        !json_members_open(&members, objects))
        return false;
    for (;;) { /* until the object ends */
        if (json_members_next(&members, &key, &value) != ERR_NONE)
            return false;
        if (!value.ptr)
            break;
        if (json_member(value, STR("class"), &class) == ERR_NONE &&
            json_member(value, STR("attributes"), &attributes) == ERR_NONE &&
            str_equal(class, STR("\"acnportal.acnsim.models.ev.EV\"")) &&
            !read_vehicle(attributes, arena, sessions))
            return false;
    }
    sessions->local_offset_ms = -8 * HOUR_MS; /* Pacific standard time */
    return true;
}

/* --- a table */

enum column { ARRIVAL, DEPARTURE, ENERGY, STATION, COLUMN_COUNT };

static const char *const column_names[COLUMN_COUNT] = { "arrival", "departure",
                                                        "delivered_energy (kWh)", "station_id" };

/* "-07:00" at the end */
static int64_t offset_ms(struct str text)
{
    const char *at = text.ptr + text.len - 6;

    if (text.len < 6 || (at[0] != '-' && at[0] != '+') || at[3] != ':')
        return 0;
    return (at[0] == '-' ? -1 : 1) * (int64_t)((at[1] - '0') * 10 + at[2] - '0') * HOUR_MS;
}

static bool read_row(struct str line, const int at[COLUMN_COUNT], struct sessions *sessions)
{
    struct str cells[COLUMNS_MAX] = { 0 };
    uint32_t count = file_cells(line, cells, COLUMNS_MAX);
    struct session session = { 0 };
    enum time_flaw flaw;
    utc_ms arrive, depart;

    for (int i = 0; i < COLUMN_COUNT; i++)
        if (at[i] >= (int)count)
            return false;
    if (!time_parse(cells[at[ARRIVAL]], &arrive, &flaw) ||
        !time_parse(cells[at[DEPARTURE]], &depart, &flaw))
        return false;
    if (sessions->count == 0) {
        sessions->local_offset_ms = offset_ms(cells[at[ARRIVAL]]);
        sessions->start = arrive - (arrive + sessions->local_offset_ms) % DAY_MS;
    }
    session.arrive = (arrive - sessions->start) / PERIOD_MS;
    session.depart = (depart - sessions->start) / PERIOD_MS;
    session.energy_kwh = file_number(cells[at[ENERGY]]);
    set_station(&session, cells[at[STATION]]);
    if (session.depart > session.arrive && session.energy_kwh > 0)
        *add(sessions) = session;
    return true;
}

static bool read_table(struct str text, struct sessions *sessions)
{
    struct str cells[COLUMNS_MAX] = { 0 }, line;
    uint32_t count =
        str_cut(&text, '\n', &line) ? file_cells(str_trim(line), cells, COLUMNS_MAX) : 0;
    int at[COLUMN_COUNT];

    for (int i = 0; i < COLUMN_COUNT; i++) {
        at[i] = COLUMNS_MAX;
        for (uint32_t c = 0; c < count; c++)
            if (str_equal(str_trim(cells[c]), str_of(column_names[i])))
                at[i] = (int)c;
        if (at[i] == COLUMNS_MAX)
            return false;
    }
    while (str_cut(&text, '\n', &line)) {
        line = str_trim(line);
        if (line.len && !read_row(line, at, sessions))
            return false;
    }
    return true;
}

enum err sessions_read(const char *path, struct sessions *sessions, char *why)
{
    struct arena arena;
    uint32_t len;
    char *text = file_read_all(path, &len, why);
    struct str all = { text, len };
    bool good;

    if (!text)
        return ERR_NOT_FOUND;
    arena_init(&arena, NULL, 0);
    *sessions = (struct sessions){ 0 };
    good = len > 0 && (text[0] == '"' || text[0] == '{' ? read_events(all, &arena, sessions)
                                                        : read_table(all, sessions));
    arena_reset(&arena);
    free(text);
    if (good && sessions->count > 0) {
        sessions_sort(sessions);
        return ERR_NONE;
    }
    sessions_fini(sessions);
    (void)snprintf(why, BENCH_WHY_SIZE,
                   "%s: neither ACN-Sim's events nor a table with arrival, departure, "
                   "delivered_energy (kWh), station_id",
                   path);
    return ERR_BAD_FORMAT;
}

void sessions_fini(struct sessions *sessions)
{
    free(sessions->items);
    *sessions = (struct sessions){ 0 };
}

/* Days since 1970 of the n-th Sunday of a month that begins on day `first` (1970-01-01: Thursday).
 */
static int64_t sunday(int64_t first, int64_t nth)
{
    return first + (10 - first % 7) % 7 + 7 * (nth - 1);
}

/* Summer time there: from 2 o'clock of March's second Sunday to November's first. */
int64_t sessions_offset_ms(const struct sessions *sessions, int64_t period)
{
    utc_ms at = sessions->start + period * PERIOD_MS, march, november;
    char text[TIME_TEXT_LEN], day[] = "0000-03-01T00:00:00Z";
    enum time_flaw flaw;

    if (sessions->local_offset_ms != -8 * HOUR_MS && sessions->local_offset_ms != -7 * HOUR_MS)
        return sessions->local_offset_ms;
    time_format(at, text);
    memcpy(day, text, 4);
    check(time_parse(str_of(day), &march, &flaw));
    memcpy(day + 5, "11", 2);
    check(time_parse(str_of(day), &november, &flaw));
    march = sunday(march / DAY_MS, 2) * DAY_MS + 10 * HOUR_MS;
    november = sunday(november / DAY_MS, 1) * DAY_MS + 9 * HOUR_MS;
    return at >= march && at < november ? -7 * HOUR_MS : -8 * HOUR_MS;
}
