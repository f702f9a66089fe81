/* past.c: the sessions of the days before: when cars come to a site, how long they stay and what
 * they take. Read from the store at the start and once an hour; a car of which nobody says more is
 * taken for a usual one. */
#include "dispatch/hears.h"

#include "energy/usual.h"

#include <stdlib.h>

enum {
    PAST_MAX = 5000, /* the newest */
    EVERY_MS = 3600000,
    LEAST_WH = 500, /* less is no charge */
};
#define DAY_MS INT64_C(86400000)

static int64_t local_ms(const struct power_site *site, utc_ms at)
{
    return at + zone_offset_ms(site->zone, at);
}

static void keep(struct power_site *site, const struct store_rows *rows)
{
    struct usual_past *past = calloc(rows->count + 1, sizeof *past);
    uint32_t count = 0;

    check(past != NULL);
    for (uint32_t i = 0; i < rows->count; i++) {
        const struct session_row *session = rows->rows[i];
        if (session->ended_at == UTC_UNKNOWN || session->ended_at <= session->started_at ||
            session->energy_mwh < LEAST_WH * INT64_C(1000))
            continue;
        past[count++] = (struct usual_past){
            .arrived_local_ms = local_ms(site, session->started_at),
            .stay_s = (int32_t)((session->ended_at - session->started_at) / 1000),
            .energy_wh = (int32_t)(session->energy_mwh / 1000),
        };
    }
    free(site->past);
    site->past = past;
    site->past_count = count;
}

static enum err past_turn(struct turn *turn)
{
    const int64_t row = *(const int64_t *)turn->input;
    const struct store_filter filters[] = {
        { .column = "site", .test = STORE_EQ, .number = row },
        { .column = "started_at",
          .test = STORE_GE,
          .number = turn->now - turn->now % DAY_MS - USUAL_DAYS_MAX * DAY_MS },
        { .column = "state", .test = STORE_EQ, .number = SESSION_ENDED },
    };
    const struct store_query query = { .kind = ROW_session,
                                       .filters = filters,
                                       .filter_count = COUNT(filters),
                                       .order_by = "started_at",
                                       .descending = true,
                                       .limit = PAST_MAX };
    struct power_site *site;
    struct store_rows rows;
    enum err err = turn_query(turn, &query, &rows);

    if (err != ERR_NONE)
        return err;
    site = dispatch_find_site(dispatch_of(turn->engine), row);
    if (site)
        keep(site, &rows);
    return ERR_NONE;
}

static void due(struct timer *timer, void *context)
{
    struct power_site *site = CONTAINER_OF(timer, struct power_site, past_timer);
    struct engine *engine = context;
    struct turn *turn = engine_turn(engine, past_turn, &site->row, sizeof site->row);

    timer_set(&engine->timers, timer, engine->mono + EVERY_MS, due);
    if (turn)
        (void)engine_go(turn); /* what cannot be read now is read in an hour */
}

void past_begin(struct power_site *site)
{
    struct engine *engine = site->dispatch->engine;

    timer_set(&engine->timers, &site->past_timer, engine->mono, due);
}

void past_end(struct power_site *site)
{
    timer_clear(&site->dispatch->engine->timers, &site->past_timer);
    free(site->past);
    site->past = NULL;
}

bool past_usual(const struct power_site *site, utc_ms arrived_at, int32_t *stay_s,
                int32_t *energy_wh)
{
    return site->past_count > 0 &&
           usual_stay(site->past, site->past_count, local_ms(site, arrived_at), stay_s, energy_wh);
}
