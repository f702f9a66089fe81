#include "cli/demo.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/demo_power.h"
#include "dispatch/behaviour.h"
#include "dispatch/dispatch.h"
#include "domain/words.h"
#include "sim/plan.h"
#include "sim/run.h"

enum { DEMO_LATENCY_MS = 2000 };

struct demo_run {
    struct arena arena;
    struct sim_wire *wire;
};

static int64_t site_of(struct turn *turn, const struct sim_site *plan, bool *is_new)
{
    const struct site_row *known = TURN_FIND_NAME(turn, site, plan->name);
    struct site_row *site;

    *is_new = known == NULL;
    if (known)
        return known->id;
    site = TURN_NEW(turn, site);
    site->tenant = 1;
    site->name = plan->name;
    site->address = plan->address;
    site->time_zone = plan->time_zone;
    site->currency = plan->currency;
    site->created_at = turn->now;
    site->demo = true;
    return site->id;
}

/* Its makes are ours, so how they take limits is known: the demo does not begin with the quarter of
 * an hour in which each station is found out. */
static enum err add_behaviour(struct turn *turn, const struct station_row *station,
                              const struct sim_demo_station *plan)
{
    struct behaviour known =
        behaviour_proven(plan->model->dc ? CHARGE_W : CHARGE_A, DEMO_LATENCY_MS, turn->now);

    if (plan->protocol == SIM_21)
        known.dynamic = known.offline = known.updates = known.drops = PROOF_YES;

    return dispatch_keep_behaviour(turn, station, &known);
}

static enum err add_station(struct turn *turn, const struct sim_demo_station *plan, int64_t site)
{
    struct station_row *station;

    if (TURN_FIND_NAME(turn, station, plan->id))
        return ERR_NONE;
    station = TURN_NEW(turn, station);
    station->tenant = 1;
    station->identity = plan->id;
    station->name = plan->name;
    station->site = site;
    station->created_at = turn->now;
    station->registration = REGISTRATION_ACCEPTED;
    station->demo = true;
    station->firmware = plan->model->firmware;
    for (uint32_t i = 0; i < COUNT(plan->printed_ids) && plan->printed_ids[i].len; i++) {
        struct connector_row *connector = TURN_NEW(turn, connector);
        connector->station = station->id;
        connector->evse = i + 1;
        connector->connector = 1;
        connector->printed_id = plan->printed_ids[i];
        connector->operative = true;
    }
    return add_behaviour(turn, station, plan);
}

/* In the order of sim_demo_sites. */
static const struct str *const powers[SIM_DEMO_SITES] = {
    &demo_power_harbour_garage,
    &demo_power_depot_north,
    &demo_power_ring_east,
};

/* Only a site that is new gets it: what somebody changed, or took away, stays so. */
static void add_power(struct turn *turn, int64_t site, struct str document)
{
    struct power_row *power = TURN_NEW(turn, power);

    power->tenant = 1;
    power->site = site;
    power->document = document;
    power->changed_at = turn->now;
    power->changed_by = STR("demo");
    dispatch_site_changed(turn, site);
}

static void add_token(struct turn *turn, const struct sim_demo_token *plan)
{
    struct token_row *token;

    if (TURN_FIND_NAME(turn, token, str_of(plan->token.id)))
        return;
    token = TURN_NEW(turn, token);
    token->tenant = 1;
    token->uid = str_of(plan->token.id);
    token->type = str_of(plan->token.type);
    token->name = plan->name;
    token->group_id = plan->group;
    token->status = TOKEN_ACCEPTED;
    token->created_at = turn->now;
}

static enum err demo_turn(struct turn *turn)
{
    int64_t sites[SIM_DEMO_SITES];
    bool is_new[SIM_DEMO_SITES];
    enum err err = ERR_NONE;

    for (uint32_t i = 0; i < SIM_DEMO_SITES; i++)
        sites[i] = site_of(turn, &sim_demo_sites[i], &is_new[i]);
    for (uint32_t i = 0; i < SIM_DEMO_STATIONS && err == ERR_NONE; i++)
        err = add_station(turn, &sim_demo_stations[i], sites[sim_demo_stations[i].site]);
    for (uint32_t i = 0; i < SIM_DEMO_TOKENS; i++)
        add_token(turn, &sim_demo_tokens[i]);
    for (uint32_t i = 0; i < SIM_DEMO_SITES; i++)
        if (is_new[i])
            add_power(turn, sites[i], *powers[i]);
    return err;
}

struct demo_run *demo_start(const struct demo *demo, struct node *node, char *why, size_t why_cap)
{
    struct engine *engine = node_engine(node);
    const char *ocpp = node_address(node, NET_DOOR_OCPP);
    struct turn *turn = engine_turn(engine, demo_turn, NULL, 0);
    struct demo_run *run = calloc(1, sizeof *run);
    struct str url;

    check(turn && run);
    arena_init(&run->arena, NULL, 0);
    (void)snprintf(why, why_cap, "ocpp.listen is off, or the store does not take them");
    if (!ocpp || engine_go(turn) != ERR_NONE) {
        free(run);
        return NULL;
    }
    url = strncmp(ocpp, "0.0.0.0:", 8) == 0
              ? arena_printf(&run->arena, "ws://127.0.0.1:%s/ocpp", ocpp + 8)
              : arena_printf(&run->arena, "ws://%s/ocpp", ocpp);
    run->wire = sim_demo_open(url, demo->seed, &run->arena, why, why_cap);
    if (!run->wire || sim_wire_start(run->wire) != ERR_NONE) {
        demo_stop(run);
        return NULL;
    }
    return run;
}

void demo_stop(struct demo_run *run)
{
    if (!run)
        return;
    if (run->wire)
        sim_wire_close(run->wire);
    arena_reset(&run->arena);
    free(run);
}

void demo_remove(const char *directory)
{
    static const char *const files[] = { "voltd.db",   "voltd.db-wal", "voltd.db-shm",
                                         "voltd.key",  "voltd.lock",   "voltd.frame",
                                         "voltd.sock", "voltd.tickets" };
    char path[4200];

    for (size_t i = 0; i < COUNT(files); i++) {
        (void)snprintf(path, sizeof path, "%s/%s", directory, files[i]); /* the directory fits */
        (void)unlink(path); /* what is not there need not go */
    }
    (void)rmdir(directory); /* stays when something else lies in it */
}
