#include "power.h"

#include <stdio.h>

#include "dispatch/behaviour.h"
#include "dispatch/document.h"

enum { VOLTS = 230, EFFICIENCY_PERMILLE = 950, TOLERANCE_MA = 1000 };

/* --- what an operator did ------------------------------------------------------ */

static void put_station(struct buf *text, const struct sim_setup *setup)
{
    const struct sim_model *model = setup->model;
    int64_t all_da =
        model->dc ? ((int64_t)model->power_w * 1000 / EFFICIENCY_PERMILLE * 10 + VOLTS * 3 - 1) /
                        (VOLTS * 3)
                  : model->current_ma / 100;

    buf_printf(
        text, ",{\"id\":\"s-%.*s\",\"parent\":\"feeder\",\"kind\":\"station\",\"station\":\"%.*s\"",
        STR_ARGS(setup->id), STR_ARGS(setup->id));
    if (model->dc)
        buf_printf(text, ",\"current\":\"dc\",\"efficiency_percent\":%d", EFFICIENCY_PERMILLE / 10);
    else if (model->phases == 1)
        buf_printf(text, ",\"wires\":\"L1\"");
    if (model->evse_count == 1)
        buf_printf(text, ",\"limit_a\":%lld.%lld}", (long long)all_da / 10, (long long)all_da % 10);
    else
        buf_printf(text, "}");
    for (uint8_t evse = 1; model->evse_count > 1 && evse <= model->evse_count; evse++)
        buf_printf(text,
                   ",{\"id\":\"s-%.*s-%u\",\"parent\":\"s-%.*s\",\"kind\":\"evse\",\"evse\":%u,"
                   "\"limit_a\":%lld.%lld}",
                   STR_ARGS(setup->id), evse, STR_ARGS(setup->id), evse, (long long)all_da / 10,
                   (long long)all_da % 10);
}

static struct str document_text(struct power_world *power)
{
    struct buf text;

    buf_init_arena(&text, &power->arena, 1u << 20);
    buf_printf(&text,
               "{\"mode\":\"equal\",\"nodes\":[{\"id\":\"feeder\",\"kind\":\"grid\","
               "\"limit_a\":%d}",
               power->limit_ma / 1000);
    for (uint32_t i = 0; i < power->world->station_count; i++)
        put_station(&text, &power->world->stations[i].setup);
    buf_printf(&text, "]}");
    check(!text.overflow);
    return buf_str(&text);
}

static enum err keep_proven(struct turn *turn, const struct station_row *station)
{
    const struct behaviour known = behaviour_proven(CHARGE_A, 1000, turn->now);

    return dispatch_keep_behaviour(turn, station, &known);
}

static enum err site_turn(struct turn *turn)
{
    struct power_world *power = *(struct power_world **)turn->input;
    struct site_row *site = TURN_NEW(turn, site);
    struct power_row *row = TURN_NEW(turn, power);
    enum err err = ERR_NONE;

    site->tenant = row->tenant = 1;
    site->name = STR("Yard");
    site->time_zone = STR("UTC");
    row->site = site->id;
    row->document = document_text(power);
    for (uint32_t i = 0; i < power->world->station_count && err == ERR_NONE; i++) {
        const struct sim_setup *setup = &power->world->stations[i].setup;
        const struct station_row *known = TURN_FIND_NAME(turn, station, setup->id);
        struct station_row *station = TURN_EDIT(turn, station, known);
        station->site = site->id;
        station->firmware = setup->model->firmware;
        err = keep_proven(turn, station);
    }
    dispatch_site_changed(turn, site->id);
    return err;
}

void power_start(struct power_world *power, struct sim_world *world, struct server *server,
                 int32_t station_da)
{
    struct document_findings findings;
    struct document document;
    struct turn *turn;

    *power = (struct power_world){ .world = world,
                                   .server = server,
                                   .limit_ma = (int32_t)world->station_count * station_da * 100 };
    arena_init(&power->arena, NULL, 0);
    if (document_read(document_text(power), NULL, &power->arena, &document, &findings) !=
        ERR_NONE) {
        (void)fprintf(stderr, "%.*s: %.*s\n", STR_ARGS(findings.list[0].path),
                      STR_ARGS(findings.list[0].text));
        check(!"the document is one");
    }
    turn = engine_turn(&server->engine, site_turn, &power, sizeof power);
    check(turn && engine_go(turn) == ERR_NONE);
}

/* --- the clamp ------------------------------------------------------------------ */

static void add_draw(const struct sim_station *station, const struct sim_evse *evse,
                     int64_t line_ma[3])
{
    int64_t dc_ma;

    if (station->setup.model->dc) {
        dc_ma = (int64_t)evse->draw.power_w * 1000 * 1000 / EFFICIENCY_PERMILLE / (VOLTS * 3);
        for (int line = 0; line < 3; line++)
            line_ma[line] += dc_ma;
        return;
    }
    for (int terminal = 0; terminal < evse->draw.phases; terminal++)
        line_ma[(terminal + station->setup.control.rotation) % 3] += evse->draw.current_ma;
}

const char *power_check(struct power_world *power)
{
    int64_t line_ma[3] = { 0 };

    for (uint32_t i = 0; i < power->world->station_count; i++) {
        const struct sim_station *station = &power->world->stations[i];
        for (uint8_t e = 0; e < station->evse_count; e++)
            add_draw(station, &station->evses[e], line_ma);
    }
    for (int line = 0; line < 3; line++) {
        if (line_ma[line] > power->peak_ma)
            power->peak_ma = line_ma[line];
        if (line_ma[line] > power->limit_ma + TOLERANCE_MA)
            return "a line of the feeder carries more than its limit";
    }
    return NULL;
}

void power_fini(struct power_world *power)
{
    arena_reset(&power->arena);
}
