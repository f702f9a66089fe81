#include "sim/place.h"

static utc_ms world_now(void *world)
{
    return ((struct sim_world *)world)->now;
}

static void world_at(void *world, utc_ms at, void (*fn)(void *arg), void *arg)
{
    sim_world_at(world, at, fn, arg);
}

static void world_up(void *world, bool up)
{
    sim_world_server(world, up);
}

void place_server(struct place *place, uint64_t seed)
{
    const struct server_world world = { .world = &place->world,
                                        .now = world_now,
                                        .at = world_at,
                                        .up = world_up,
                                        .net = sim_world_port(&place->world) };
    const struct ocpp_config config = { .frame_bytes_max = 1 << 20,
                                        .call_timeout_ms = 20000,
                                        .ping_interval_ms = 30000,
                                        .heartbeat_interval_s = 300 };

    server_init(&place->server, &world, &config, seed);
}

/* --- what an operator did ------------------------------------------------------------------ */

struct wanted {
    struct str name, document;
    int64_t site, row;
};

static enum err station_turn(struct turn *turn)
{
    struct wanted *wanted = *(struct wanted *const *)turn->input;
    struct station_row *station = TURN_NEW(turn, station);

    station->tenant = 1;
    station->identity = wanted->name;
    station->site = wanted->site;
    station->registration = REGISTRATION_ACCEPTED;
    station->created_at = turn->now;
    wanted->row = station->id;
    return ERR_NONE;
}

static enum err token_turn(struct turn *turn)
{
    const struct wanted *wanted = *(struct wanted *const *)turn->input;
    struct token_row *token = TURN_NEW(turn, token);

    token->tenant = 1;
    token->uid = wanted->name;
    token->status = TOKEN_ACCEPTED;
    return ERR_NONE;
}

static enum err site_turn(struct turn *turn)
{
    struct wanted *wanted = *(struct wanted *const *)turn->input;
    struct site_row *site = TURN_NEW(turn, site);

    site->tenant = 1;
    site->name = wanted->name;
    site->time_zone = STR("UTC");
    site->created_at = turn->now;
    wanted->row = site->id;
    return ERR_NONE;
}

static enum err power_turn(struct turn *turn)
{
    const struct wanted *wanted = *(struct wanted *const *)turn->input;
    struct power_row *power = TURN_NEW(turn, power);

    power->tenant = 1;
    power->site = wanted->site;
    power->document = wanted->document;
    power->changed_at = turn->now;
    dispatch_site_changed(turn, wanted->site);
    return ERR_NONE;
}

static int64_t go(struct place *place, enum err (*fn)(struct turn *turn), struct wanted wanted)
{
    struct wanted *held = &wanted;

    check(engine_go(engine_turn(&place->server.engine, fn, &held, sizeof held)) == ERR_NONE);
    return wanted.row;
}

int64_t place_station(struct place *place, struct str identity, int64_t site)
{
    return go(place, station_turn, (struct wanted){ .name = identity, .site = site });
}

void place_token(struct place *place, struct str uid)
{
    (void)go(place, token_turn, (struct wanted){ .name = uid });
}

int64_t place_site(struct place *place, struct str name)
{
    return go(place, site_turn, (struct wanted){ .name = name });
}

void place_power(struct place *place, int64_t site, struct str document)
{
    (void)go(place, power_turn, (struct wanted){ .document = document, .site = site });
}
