#include "api/power_around.h"

#include <stdlib.h>

/* --- from the registry ------------------------------------------------------ */

struct around {
    struct turn *turn;
    const struct site_row *site;
    uint32_t at;
};

static int64_t find_station(void *context, struct str identity)
{
    const struct around *around = context;
    const struct station_row *station = TURN_FIND_NAME(around->turn, station, identity);

    return station ? station->id : 0;
}

static struct str other_site(void *context, int64_t row)
{
    const struct around *around = context;
    const struct station_row *station = TURN_FIND(around->turn, station, row);
    const struct site_row *other;

    if (!station || station->site == 0 || station->site == around->site->id)
        return STR_NONE;
    other = TURN_FIND(around->turn, site, station->site);
    return other ? other->name : STR_NONE;
}

static int64_t rating_of(void *context, int64_t row, int32_t evse)
{
    const struct around *around = context;
    const struct connector_row *connector = NULL;
    int64_t most = 0;

    while ((connector = world_next_of(turn_world(around->turn), ROW_connector, row, connector)))
        if (connector->evse == evse && connector->power_max_w > most)
            most = connector->power_max_w;
    return most;
}

static bool series_is_there(const struct world *world, int64_t site, enum series_kind kind,
                            utc_ms now)
{
    const struct series_row *series;

    for (uint32_t at = 0; (series = world_next(world, ROW_series, &at));)
        if (series->site == site && series->kind == (int64_t)kind &&
            series->from_at + series->count * series->step_s * 1000 > now)
            return true;
    return false;
}

static bool has_series(void *context, enum series_kind kind)
{
    const struct around *around = context;

    return series_is_there(turn_world(around->turn), around->site->id, kind, around->turn->now);
}

static const struct str *next_station(void *context, const struct str *before)
{
    struct around *around = context;
    const struct station_row *station;

    if (!before)
        around->at = 0;
    while ((station = world_next(turn_world(around->turn), ROW_station, &around->at)))
        if (station->site == around->site->id)
            return &station->identity;
    return NULL;
}

enum err around_read(struct turn *turn, const struct site_row *site, struct str text,
                     struct document *document, struct document_findings *findings)
{
    struct around context = { .turn = turn, .site = site };
    const struct document_around around = { .context = &context,
                                            .station = find_station,
                                            .elsewhere = other_site,
                                            .rating_w = rating_of,
                                            .has_series = has_series,
                                            .next = next_station };

    return document_read(text, &around, turn->arena, document, findings);
}

enum { SOME_ROW = 1 }; /* of a station, for who only wants to hear of names */

/* --- the names -------------------------------------------------------------- */

/* Room for one more; NULL: memory is out. */
static void *grow(struct around_looked *looked, void *items, size_t size, uint32_t count,
                  uint32_t *room)
{
    uint32_t more = *room ? *room * 2 : 256;
    void *grown;

    if (count < *room)
        return items;
    grown = arena_zalloc(looked->arena, more, size);
    if (!grown) {
        looked->full = true;
        return NULL;
    }
    if (count)
        memcpy(grown, items, count * size);
    *room = more;
    return grown;
}

static int64_t note_station(void *context, struct str identity)
{
    struct around_looked *looked = context;
    struct around_name *names =
        grow(looked, looked->names, sizeof *names, looked->name_count, &looked->name_room);

    if (!names)
        return SOME_ROW;
    looked->names = names;
    names[looked->name_count++] =
        (struct around_name){ .identity = arena_copy(looked->arena, identity) };
    return SOME_ROW;
}

static struct str nowhere_else(void *context, int64_t row)
{
    (void)context;
    (void)row;
    return STR_NONE;
}

static int64_t no_rating(void *context, int64_t row, int32_t evse)
{
    (void)context;
    (void)row;
    (void)evse;
    return 0;
}

static bool any_series(void *context, enum series_kind kind)
{
    (void)context;
    (void)kind;
    return true;
}

static const struct str *no_station(void *context, const struct str *before)
{
    (void)context;
    (void)before;
    return NULL;
}

void around_collect(struct around_looked *looked)
{
    const struct document_around around = { .context = looked,
                                            .station = note_station,
                                            .elsewhere = nowhere_else,
                                            .rating_w = no_rating,
                                            .has_series = any_series,
                                            .next = no_station };
    struct document_findings *findings = ARENA_NEW(looked->arena, struct document_findings);
    struct document document = { 0 };
    struct arena arena;
    enum err err = ERR_FULL;

    arena_init(&arena, NULL, 0);
    if (findings)
        err = document_read(looked->text, &around, &arena, &document, findings);
    arena_reset(&arena);
    looked->full = looked->full || err == ERR_FULL; /* what else is wrong the check will find */
}

/* --- what is known of them ---------------------------------------------------- */

static void look_at_ratings(const struct world *world, struct around_looked *looked,
                            struct around_name *name)
{
    const struct connector_row *connector = NULL;

    name->rating_first = looked->rating_count;
    while ((connector = world_next_of(world, ROW_connector, name->row, connector)) != NULL) {
        struct around_rating *ratings = grow(looked, looked->ratings, sizeof *ratings,
                                             looked->rating_count, &looked->rating_room);
        if (!ratings)
            return;
        looked->ratings = ratings;
        ratings[looked->rating_count++] =
            (struct around_rating){ (int32_t)connector->evse, connector->power_max_w };
        name->rating_count++;
    }
}

static void look_at_name(const struct world *world, struct around_looked *looked,
                         struct around_name *name)
{
    const struct station_row *station = world_find_name(world, ROW_station, name->identity);
    const struct site_row *site;

    if (!station)
        return;
    name->row = station->id;
    name->site = station->site;
    look_at_ratings(world, looked, name);
    if (station->site == 0 || station->site == looked->site)
        return;
    site = world_find(world, ROW_site, station->site);
    if (site)
        name->elsewhere = arena_copy(looked->arena, site->name);
}

/* Stations of the site that the document should have: all of the registry are gone over. */
static bool look_at_stations(const struct world *world, struct around_looked *looked,
                             uint32_t count)
{
    const struct station_row *station = NULL;

    while (count-- > 0 && (station = world_next(world, ROW_station, &looked->scanned)) != NULL) {
        struct str *stations;
        if (station->site != looked->site)
            continue;
        stations = grow(looked, looked->stations, sizeof *stations, looked->station_count,
                        &looked->station_room);
        if (!stations)
            return true;
        looked->stations = stations;
        stations[looked->station_count++] = arena_copy(looked->arena, station->identity);
    }
    return station == NULL;
}

bool around_look(const struct world *world, struct around_looked *looked, utc_ms now,
                 uint32_t count)
{
    if (looked->looked == looked->name_count) {
        for (int kind = 0; kind < SERIES_COUNT && looked->scanned == 0; kind++)
            looked->has_series[kind] =
                series_is_there(world, looked->site, (enum series_kind)kind, now);
        return looked->full || look_at_stations(world, looked, count);
    }
    while (count-- > 0 && looked->looked < looked->name_count)
        look_at_name(world, looked, &looked->names[looked->looked++]);
    return looked->full;
}

bool around_holds(const struct world *world, const struct around_looked *looked)
{
    for (uint32_t i = 0; i < looked->name_count; i++) {
        const struct around_name *name = &looked->names[i];
        const struct station_row *station =
            name->row ? world_find(world, ROW_station, name->row) : NULL;
        if (name->row && (!station || station->site != name->site ||
                          !str_equal_nocase(station->identity, name->identity)))
            return false;
    }
    return true;
}

/* --- from what was looked up ------------------------------------------------------ */

static int by_row(const void *a, const void *b)
{
    const struct around_name *left = *(struct around_name *const *)a;
    const struct around_name *right = *(struct around_name *const *)b;

    return left->row < right->row ? -1 : left->row > right->row;
}

/* They are asked in the order in which they were noted. */
static int64_t known_station(void *context, struct str identity)
{
    struct around_looked *looked = context;

    for (uint32_t n = 0; n < looked->name_count; n++) {
        uint32_t i = (looked->name_at + n) % looked->name_count;
        if (str_equal(looked->names[i].identity, identity)) {
            looked->name_at = i + 1;
            return looked->names[i].row;
        }
    }
    return 0;
}

static const struct around_name *name_of(const struct around_looked *looked, int64_t row)
{
    const struct around_name key = { .row = row }, *wanted = &key;
    struct around_name *const *found = looked->name_count
                                           ? bsearch(&wanted, looked->by_row, looked->name_count,
                                                     sizeof(struct around_name *), by_row)
                                           : NULL;

    return found ? *found : NULL;
}

static struct str known_site(void *context, int64_t row)
{
    const struct around_name *name = name_of(context, row);

    return name ? name->elsewhere : STR_NONE;
}

static int64_t known_rating(void *context, int64_t row, int32_t evse)
{
    const struct around_looked *looked = context;
    const struct around_name *name = name_of(looked, row);
    int64_t most = 0;

    for (uint32_t i = 0; name && i < name->rating_count; i++) {
        const struct around_rating *rating = &looked->ratings[name->rating_first + i];
        if (rating->evse == evse && rating->w > most)
            most = rating->w;
    }
    return most;
}

static bool known_series(void *context, enum series_kind kind)
{
    return ((const struct around_looked *)context)->has_series[kind];
}

static const struct str *known_next(void *context, const struct str *before)
{
    struct around_looked *looked = context;

    if (!before)
        looked->station_at = 0;
    return looked->station_at < looked->station_count ? &looked->stations[looked->station_at++]
                                                      : NULL;
}

enum err around_check(struct around_looked *looked, struct document *document,
                      struct document_findings *findings)
{
    const struct document_around around = { .context = looked,
                                            .station = known_station,
                                            .elsewhere = known_site,
                                            .rating_w = known_rating,
                                            .has_series = known_series,
                                            .next = known_next };

    looked->by_row =
        ARENA_NEW_ARRAY(looked->arena, struct around_name *, (size_t)looked->name_count + 1);
    if (!looked->by_row || looked->full)
        return ERR_FULL;
    for (uint32_t i = 0; i < looked->name_count; i++)
        looked->by_row[i] = &looked->names[i];
    if (looked->name_count)
        qsort(looked->by_row, looked->name_count, sizeof(struct around_name *), by_row);
    looked->name_at = 0;
    return document_read(looked->text, &around, looked->arena, document, findings);
}

bool around_any_homeless(const struct around_looked *looked)
{
    for (uint32_t i = 0; i < looked->name_count; i++)
        if (looked->names[i].row && looked->names[i].site == 0)
            return true;
    return false;
}
