#include "bench/energy/voltd.h"

#include <math.h>
#include <stdlib.h>

/* The continuous scenarios know no smallest step, src/energy counts in 0.1 A. So it is given the
 * same network a hundred times as large, which makes its step 1 mA. With real pilot sets there is
 * nothing to refine, and where cars take less by themselves the slack of 1 A has to mean one. */
#define FINE 100.0

enum { NODES = 2 + PODS_MAX, EVSES_MAX = 2 * STANDS_MAX };
#define PERIOD_MS ((int64_t)PERIOD_S * 1000)

enum { PILOTS_ANY, PILOTS_AV, PILOTS_CC, PILOTS_KINDS };

struct voltd {
    struct arena_pool pool;
    struct arena arena;
    double scale;
    struct tree_node nodes[NODES];
    struct site_pilots pilots[PILOTS_KINDS];
    struct site_evse evses[EVSES_MAX];
    struct site_input input;
};

static int32_t floor_da(const struct voltd *voltd, double amperes)
{
    return (int32_t)floor(amperes * 10 * voltd->scale + 1e-9);
}

static struct tree_node node_of(const struct voltd *voltd, int32_t parent, double limit_a)
{
    int32_t da = floor_da(voltd, limit_a);

    return (struct tree_node){ .parent = parent,
                               .limit_da = { da, da, da },
                               .limit_w = TREE_NO_LIMIT_W };
}

/* The primary side, the transformer with its secondary side, the pods; or one line alone. */
static void make_nodes(struct voltd *voltd, const struct network *network)
{
    if (!network->three_phase) {
        voltd->nodes[0] = node_of(voltd, -1, network->line_a);
        voltd->input.node_count = 1;
        return;
    }
    voltd->nodes[0] = node_of(voltd, -1, network->primary_a);
    voltd->nodes[1] = node_of(voltd, 0, network->secondary_a);
    voltd->nodes[1].ratio_permille = 4000;
    for (uint32_t i = 0; i < network->pods; i++)
        voltd->nodes[2 + i] = node_of(voltd, 1, network->pod_limit_a[i]);
    voltd->input.node_count = 2 + network->pods;
}

static void make_pilots(struct voltd *voltd)
{
    struct site_pilots *av = &voltd->pilots[PILOTS_AV], *cc = &voltd->pilots[PILOTS_CC];

    voltd->pilots[PILOTS_ANY].step_da = 1;
    for (int32_t amperes = 6; amperes <= 32; amperes++)
        av->list_da[av->count++] = (int32_t)(amperes * 10 * voltd->scale);
    for (int32_t amperes = 8; amperes <= 32; amperes += 8)
        cc->list_da[cc->count++] = (int32_t)(amperes * 10 * voltd->scale);
}

void voltd_begin(struct play *play)
{
    struct voltd *voltd = calloc(1, sizeof *voltd);

    check(voltd != NULL);
    play->state = voltd;
    voltd->pool.spare_max = 64;
    arena_init(&voltd->arena, &voltd->pool, 0);
    voltd->scale = play->two_stage ? 1 : FINE;
    make_nodes(voltd, play->network);
    make_pilots(voltd);
    voltd->input.mode = SITE_NEED;
    voltd->input.rules = site_rules_default();
    voltd->input.rules.step_min_da = 0;
    voltd->input.nodes = voltd->nodes;
    voltd->input.evses = voltd->evses;
    voltd->input.pilots = voltd->pilots;
    voltd->input.pilots_count = PILOTS_KINDS;
    voltd->input.surplus_w = -1;
}

void voltd_end(struct play *play)
{
    struct voltd *voltd = play->state;

    arena_reset(&voltd->arena);
    arena_pool_fini(&voltd->pool);
    free(voltd);
}

static struct site_evse evse_of(const struct voltd *voltd, const struct play *play, uint32_t number)
{
    const struct stand *stand = &play->network->stands[number];
    struct site_evse evse = {
        .id = number,
        .leaf = { .wires = (wire_set)(WIRE_BIT(WIRE_L12) << stand->group),
                  .wires_live = 1,
                  .volts = (int16_t)play->network->volts },
        .controlled = true,
        .may_suspend = true,
        .class = CLASS_BEST_EFFORT,
        .max_da = floor_da(voltd, play->network->max_a),
        .draw_da = -1,
        .draw_at = UTC_UNKNOWN,
        .departs_at = UTC_NEVER,
        .need_wh = -1,
        .plan_da = -1,
        .override_da = -1,
    };

    if (!play->network->three_phase)
        evse.leaf.wires = WIRE_BIT(WIRE_L1);
    else
        evse.leaf.node = stand->pod == NO_POD ? 1 : 2 + (uint32_t)stand->pod;
    if (play->quantised)
        evse.pilots = stand->clipper ? PILOTS_CC : PILOTS_AV;
    return evse;
}

static void plug(const struct voltd *voltd, const struct play *play, const struct car *car,
                 struct site_evse *evse)
{
    utc_ms now = voltd->input.now;

    evse->plugged = true;
    if (!play->quantised) /* else it would be set to the pilot below what it takes */
        evse->max_da = (int32_t)ceil(car->known_max_a * 10 * voltd->scale);
    evse->min_da = play->quantised ? (int32_t)(60 * voltd->scale) : 1;
    evse->need_wh = (int64_t)ceil(car->need_kwh * 1000 * voltd->scale - 1e-6);
    evse->done = evse->need_wh <= 0;
    evse->arrived_at = now + (car->session->arrive - play->period) * PERIOD_MS;
    evse->departs_at = now + (car->session->depart - play->period) * PERIOD_MS;
    evse->memory = car->memory;
    evse->booked_da = car->memory.target_da;
    if (car->drew_a >= 0) {
        evse->draw_da = (int32_t)ceil(car->drew_a * 10 * voltd->scale - 1e-6);
        evse->draw_at = now;
    }
}

/* Where the car's EVSE stands: at the end, if two sessions of the file overlap. */
static uint32_t stand_of(struct voltd *voltd, const struct play *play, const struct car *car,
                         uint32_t *count)
{
    uint32_t own = car->stand;

    if (voltd->evses[own].plugged) {
        check(*count < EVSES_MAX);
        own = (*count)++;
        voltd->evses[own] = evse_of(voltd, play, car->stand);
        voltd->evses[own].id = own;
    }
    return own;
}

void voltd_decide(struct play *play)
{
    struct voltd *voltd = play->state;
    struct site_decision decision;
    uint32_t count = play->network->count, own[EVSES_MAX];

    voltd->input.now = play->sessions->start + play->period * PERIOD_MS;
    for (uint32_t i = 0; i < count; i++)
        voltd->evses[i] = evse_of(voltd, play, i);
    for (uint32_t i = 0; i < play->count; i++) {
        struct car *car = &play->cars[i];
        own[i] = stand_of(voltd, play, car, &count);
        plug(voltd, play, car, &voltd->evses[own[i]]);
    }
    voltd->input.evse_count = count;
    check(site_decide(&voltd->input, &voltd->arena, &decision) == ERR_NONE);
    for (uint32_t i = 0; i < play->count; i++) {
        struct car *car = &play->cars[i];
        car->may_a = decision.verdicts[own[i]].target_da / (10 * voltd->scale);
        car->memory = decision.verdicts[own[i]].memory;
    }
    arena_reset(&voltd->arena);
}
