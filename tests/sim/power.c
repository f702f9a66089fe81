#include "sim/power.h"

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

/* All stations are the site's, and have shown that they obey. */
static enum err stations_turn(struct turn *turn)
{
    const struct power_world *power = *(struct power_world *const *)turn->input;
    enum err err = ERR_NONE;

    for (uint32_t i = 0; i < power->world->station_count && err == ERR_NONE; i++) {
        const struct sim_setup *setup = &power->world->stations[i].setup;
        const struct station_row *known = TURN_FIND_NAME(turn, station, setup->id);
        struct station_row *station = TURN_EDIT(turn, station, known);
        station->site = power->site;
        station->firmware = setup->model->firmware;
        err = keep_proven(turn, station);
    }
    return err;
}

void power_start(struct power_world *power, struct place *place, int32_t station_da)
{
    struct document_findings findings;
    struct document document;
    struct turn *turn;

    *power = (struct power_world){ .world = &place->world };
    power->limit_ma = (int32_t)power->world->station_count * station_da * 100;
    arena_init(&power->arena, NULL, 0);
    if (document_read(document_text(power), NULL, &power->arena, &document, &findings) !=
        ERR_NONE) {
        (void)fprintf(stderr, "%.*s: %.*s\n", STR_ARGS(findings.list[0].path),
                      STR_ARGS(findings.list[0].sentence.text));
        check(!"the document is one");
    }
    power->site = place_site(place, STR("Yard"));
    turn = engine_turn(&place->server.engine, stations_turn, &power, sizeof power);
    check(turn && engine_go(turn) == ERR_NONE);
    place_power(place, power->site, document_text(power));
}

/* --- the clamp ------------------------------------------------------------------ */

const char *power_check(struct power_world *power)
{
    int32_t feeder_ma[3] = { 0 }, station_ma[3];

    for (uint32_t i = 0; i < power->world->station_count; i++) {
        sim_station_lines(&power->world->stations[i], station_ma);
        for (int line = 0; line < 3; line++)
            feeder_ma[line] += station_ma[line];
    }
    for (int line = 0; line < 3; line++) {
        if (feeder_ma[line] > power->peak_ma)
            power->peak_ma = feeder_ma[line];
        if (feeder_ma[line] > power->limit_ma + TOLERANCE_MA)
            return "a line of the feeder carries more than its limit";
    }
    return NULL;
}

void power_fini(struct power_world *power)
{
    arena_reset(&power->arena);
}
