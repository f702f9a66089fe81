#include <stdio.h>

#include "sim/evse_inner.h"
#include "sim/yard.h"

#define START_AT INT64_C(1790000000000)

void yard_fleet(struct yard *yard, struct sim_fleet *fleet)
{
    arena_init(&yard->arena, NULL, 0);
    fleet->prefix = STR("CP");
    fleet->protocol = SIM_PROTOCOL_COUNT;
    fleet->speed = 4;
    fleet->seed = yard->seed;
    fleet->start_at = yard->start_at = START_AT;
    fleet->spread_ms = 20000;
    fleet->rotated = true;
    yard->count = fleet->count;
    yard->setups = sim_fleet_setups(fleet, &yard->arena);
    check(yard->setups != NULL);
}

/* Others may have its identity, too. */
static bool is_first(const struct yard *yard, uint32_t station)
{
    for (uint32_t i = 0; i < station; i++)
        if (str_equal(yard->setups[i].id, yard->setups[station].id))
            return false;
    return true;
}

void yard_open(struct yard *yard, uint32_t card_count)
{
    struct sim_world_config config = { .seed = yard->seed,
                                       .start_at = yard->start_at,
                                       .delay_min_ms = 5,
                                       .delay_max_ms = 200,
                                       .sink = server_net_event,
                                       .sink_arg = &yard->place.server,
                                       .token_count = card_count,
                                       .tokens = sim_fleet_tokens(card_count, &yard->arena) };

    check(config.tokens != NULL);
    sim_world_init(&yard->place.world, &config, yard->setups, NULL, yard->count);
    place_server(&yard->place, yard->seed);
    server_start(&yard->place.server);
    yard->site = place_site(&yard->place, STR("Yard"));
    for (uint32_t i = 0; i < yard->count; i++)
        if (is_first(yard, i))
            (void)place_station(&yard->place, yard->setups[i].id, yard->site);
    for (uint32_t i = 0; i < card_count; i++)
        place_token(&yard->place, str_of(config.tokens[i].id));
}

void yard_run(struct yard *yard, utc_ms end_at)
{
    for (utc_ms at; (at = sim_world_next(&yard->place.world)) <= end_at;) {
        sim_world_run(&yard->place.world, at);
        server_step(&yard->place.server, at);
    }
}

void yard_close(struct yard *yard)
{
    server_fini(&yard->place.server);
    sim_world_fini(&yard->place.world);
    arena_reset(&yard->arena);
}

void yard_write_station(struct buf *text, const struct sim_setup *setup, uint32_t row,
                        int32_t breaker_ma)
{
    static const char *const rotations[] = { "RST", "STR", "TRS" };
    const struct sim_model *model = setup->model;

    buf_printf(text,
               ",{\"id\":\"%.*s\",\"parent\":\"row-%u\",\"kind\":\"station\",\"station\":\"%.*s\","
               "\"limit_a\":%d,\"rotation\":\"%s\"%s}",
               STR_ARGS(setup->id), row, STR_ARGS(setup->id), breaker_ma / 1000 * model->evse_count,
               rotations[setup->control.rotation], model->phases == 1 ? ",\"wires\":\"L1\"" : "");
    for (uint32_t evse = 1; model->evse_count > 1 && evse <= model->evse_count; evse++)
        buf_printf(text,
                   ",{\"id\":\"%.*s-%u\",\"parent\":\"%.*s\",\"kind\":\"evse\",\"evse\":%u,"
                   "\"limit_a\":%d}",
                   STR_ARGS(setup->id), evse, STR_ARGS(setup->id), evse, breaker_ma / 1000);
}

/* --- in words ------------------------------------------------------------------------------ */

static void tell_evse(const struct sim_station *station, const struct sim_evse *evse,
                      const struct dispatch_evse_state *known, utc_ms now)
{
    bool lasts = known->lease_ends_at == UTC_UNKNOWN || known->lease_ends_at == UTC_NEVER;

    (void)fprintf(
        stderr,
        "%.*s EVSE %d: draws %d mA on %u of %d (%s), offered %d, target %d in %lld ms; %s, %s, "
        "session %lld; booked %lld, target %lld, confirmed %lld, fail-safe %lld, lease %lld s, "
        "wires %02x (%u), why %.*s\n",
        STR_ARGS(station->setup.id), (int)evse->number, evse->draw.current_ma, evse->draw.phases,
        (int)station->control.rotation, evse->car.model ? evse->car.model->name : "", evse->offer,
        evse->target, (long long)(evse->target_at - now), known->connected ? "here" : "gone",
        known->proven ? "proven" : "not proven", (long long)known->session,
        (long long)known->booked_da, (long long)known->target_da, (long long)known->confirmed_da,
        (long long)known->failsafe_da, lasts ? 0LL : (long long)(known->lease_ends_at - now) / 1000,
        known->wires, known->wires_live, STR_ARGS(known->why_text));
}

/* Stations that have left the document are passed over. */
static void tell_station(struct yard *yard, const struct sim_station *station)
{
    const struct station_row *row =
        world_find_name(&yard->place.server.engine.world, ROW_station, station->setup.id);
    struct dispatch_evse_state known;

    for (uint32_t i = 0; row && i < station->evse_count; i++)
        if (dispatch_evse_state(&yard->place.server.engine, row->id, station->evses[i].number,
                                &yard->arena, &known) == ERR_NONE)
            tell_evse(station, &station->evses[i], &known, yard->place.world.now);
}

void yard_tell(struct yard *yard)
{
    struct dispatch_site_state state;

    if (!yard->place.server.up || dispatch_site_state(&yard->place.server.engine, yard->site,
                                                      &yard->arena, &state) != ERR_NONE)
        return;
    (void)fprintf(stderr, "+%lld s\n", (long long)(yard->place.world.now - yard->start_at) / 1000);
    for (uint32_t i = 0; i < state.node_count; i++)
        if (state.nodes[i].parent <= 0) /* the grid, its circuits */
            (void)fprintf(stderr, "%.*s: limit %lld da, booked %lld %lld %lld da\n",
                          STR_ARGS(state.nodes[i].name), (long long)state.nodes[i].limit_da[0],
                          (long long)state.nodes[i].reserved_da[0],
                          (long long)state.nodes[i].reserved_da[1],
                          (long long)state.nodes[i].reserved_da[2]);
    for (uint32_t i = 0; i < yard->count; i++)
        tell_station(yard, &yard->place.world.stations[i]);
}
