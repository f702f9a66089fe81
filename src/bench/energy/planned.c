#include "bench/energy/planned.h"

#include <math.h>
#include <stdlib.h>

#include "bench/energy/tariff.h"
#include "energy/ahead.h"
#include "energy/taper.h"

/* As in voltd.c: where currents are continuous, src/energy gets a network ten times as large, whose
 * step is 0.01 A. */
enum { FINE = 10, NODES = 3 + PODS_MAX, EVSES_MAX = 4 * STANDS_MAX };
enum {
    MIN_DA = 60,
    CAR_W = 6600,
};
enum { PILOTS_ANY, PILOTS_AV, PILOTS_CC, PILOTS_KINDS };
#define PERIOD_MS   ((int64_t)PERIOD_S * 1000)
#define DAY_PERIODS (86400 / PERIOD_S)

struct planned {
    const struct planned_config *config;
    struct arena_pool pool;
    struct arena arena;
    int scale;
    struct local_day today;
    int64_t earlier_w;      /* the same of config.earlier; 0: not asked yet */
    int64_t worth_w;        /* the peak that the days before say is worth its charge */
    int64_t peak_w;         /* the highest quarter hour of this month so far */
    int64_t seen_period;    /* up to which peak_w has looked */
    struct network network; /* with the stations of days before */
    struct site_pilots pilots[PILOTS_KINDS];
    struct tree_node nodes[NODES];
    struct site_evse evses[EVSES_MAX];
    struct plan_node plan_nodes[1 + PODS_MAX];
    struct plan_limit plan_limits[PLAN_SLOTS_MAX]; /* of the first of them, with its base */
    /* The plan for this quarter hour: for whom, and how much. */
    uint32_t count;
    const struct session *who[EVSES_MAX];
    int32_t w[EVSES_MAX];
    bool is_short[EVSES_MAX];
    int64_t allowed_w; /* the peak that it makes or may make */
    struct plan_car *cars;
    struct taper *tapers; /* by session */
    int32_t usual_half_s;
    int32_t cost[PLAN_SLOTS_MAX];
};

struct planned *planned_new(const struct planned_config *config)
{
    struct planned *planned = calloc(1, sizeof *planned);

    check(planned != NULL);
    planned->config = config;
    planned->pool.spare_max = 64;
    arena_init(&planned->arena, &planned->pool, 0);
    return planned;
}

void planned_free(struct planned *planned)
{
    arena_reset(&planned->arena);
    arena_pool_fini(&planned->pool);
    free(planned->cars);
    free(planned->tapers);
    free(planned);
}

/* --- the site, as the decision sees it: all limits, phase by phase */

static struct tree_node node_of(int32_t parent, double limit_a, int scale)
{
    int32_t da = (int32_t)floor(limit_a * 10 * scale + 1e-9);

    return (struct tree_node){ .parent = parent,
                               .limit_da = { da, da, da },
                               .limit_w = TREE_NO_LIMIT_W };
}

static void make_nodes(struct planned *planned, const struct network *network)
{
    planned->nodes[0] = node_of(-1, network->primary_a, planned->scale);
    planned->nodes[1] = node_of(0, network->secondary_a, planned->scale);
    planned->nodes[1].ratio_permille = 4000;
    for (uint32_t i = 0; i < network->pods; i++)
        planned->nodes[2 + i] = node_of(1, network->pod_limit_a[i], planned->scale);
    /* The plan knows power and pods; what the phases leave of it is the decision's. */
    planned->plan_nodes[0].node = (struct tree_node){
        .parent = -1,
        .limit_da = { TREE_NO_LIMIT_DA, TREE_NO_LIMIT_DA, TREE_NO_LIMIT_DA },
        .limit_w = (int64_t)(network->cap_kw * 1000),
    };
    for (uint32_t i = 0; i < network->pods; i++)
        planned->plan_nodes[1 + i].node = node_of(0, network->pod_limit_a[i], 1);
}

static void make_pilots(struct planned *planned)
{
    struct site_pilots *av = &planned->pilots[PILOTS_AV], *cc = &planned->pilots[PILOTS_CC];

    planned->pilots[PILOTS_ANY].step_da = 1;
    for (int32_t amperes = 6; amperes <= 32; amperes++)
        av->list_da[av->count++] = amperes * 10;
    for (int32_t amperes = 8; amperes <= 32; amperes += 8)
        cc->list_da[cc->count++] = amperes * 10;
}

void planned_begin(struct play *play)
{
    struct planned *planned = play->state;

    planned->scale = play->quantised ? 1 : FINE;
    uint32_t earlier = planned->config->earlier ? planned->config->earlier->count : 0;
    planned->cars = calloc(play->sessions->count + earlier + 1, sizeof *planned->cars);
    planned->tapers = calloc(play->sessions->count + 1, sizeof *planned->tapers);
    check(planned->cars != NULL && planned->tapers != NULL);
    planned->network = *play->network;
    make_nodes(planned, play->network);
    make_pilots(planned);
}

/* --- plans */

static struct tree_leaf leaf_of(const struct play *play, uint32_t number)
{
    const struct stand *stand = &play->network->stands[number];

    return (struct tree_leaf){ .node = stand->pod == NO_POD ? 0 : 1 + (uint32_t)stand->pod,
                               .wires = (wire_set)(WIRE_BIT(WIRE_L12) << stand->group),
                               .wires_live = 1,
                               .volts = (int16_t)play->network->volts };
}

static int64_t base_w(const struct planned *planned, const struct sessions *sessions, int64_t now,
                      int64_t period)
{
    const struct planned_config *config = planned->config;

    return config->base_w ? config->base_w(config, sessions, now, period) : 0;
}

/* Others draw at the same meter, but not from the transformer of the cars. */
static void set_base(struct planned *planned, const struct sessions *sessions, int64_t now,
                     int64_t from_period, uint32_t slots)
{
    const struct tree_node *root = &planned->plan_nodes[0].node;

    for (uint32_t t = 0; t < slots; t++) {
        struct plan_limit *limit = &planned->plan_limits[t];
        memcpy(limit->limit_da, root->limit_da, sizeof limit->limit_da);
        limit->base_w =
            base_w(planned, sessions, now, from_period + (int64_t)t * PERIODS_A_QUARTER);
        limit->limit_w = root->limit_w + limit->base_w;
    }
    planned->plan_nodes[0].slots = planned->plan_limits;
}

static struct plan_input input_of(struct planned *planned, const struct play *play,
                                  const struct sessions *sessions, int64_t from_period,
                                  uint32_t slots)
{
    for (uint32_t t = 0; t < slots; t++)
        planned->cost[t] = planned->config->price(planned->config, sessions, play->period,
                                                  from_period + (int64_t)t * PERIODS_A_QUARTER);
    if (planned->config->base_w)
        set_base(planned, sessions, play->period, from_period, slots);
    return (struct plan_input){ .slot_count = slots,
                                .slot_s = QUARTER_S,
                                .node_count = 1 + play->network->pods,
                                .nodes = planned->plan_nodes,
                                .cars = planned->cars,
                                .cost = planned->cost,
                                .value = planned->config->value };
}

/* Sessions of these days as cars of a plan. */
static uint32_t add_past(struct planned *planned, const struct play *play,
                         const struct sessions *sessions, int64_t from, int64_t until)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < sessions->count; i++) {
        const struct session *session = &sessions->items[i];
        if (session->arrive < from || session->depart > until)
            continue;
        planned->cars[count++] = (struct plan_car){
            .id = i,
            .leaf = leaf_of(play, network_stand(&planned->network, session->station)),
            .from_s = (int32_t)(session->arrive - from) * PERIOD_S,
            .until_s = (int32_t)(session->depart - from) * PERIOD_S,
            .need_wh = (int64_t)(session->energy_kwh * 1000),
            .max_w = CAR_W,
            .may_suspend = true,
        };
    }
    return count;
}

/* Which peak would have been worth its charge in these days, at the prices of now? */
static int64_t worth_of(struct planned *planned, const struct play *play,
                        const struct sessions *sessions, int64_t from, int64_t days)
{
    uint32_t slots = (uint32_t)(days * QUARTERS_A_DAY);
    struct plan_input input = input_of(planned, play, sessions, from, slots);
    int64_t worth_w = 0;

    input.car_count = add_past(planned, play, sessions, from, from + days * DAY_PERIODS);
    check(ahead_worth(&input, planned->config->demand, &planned->arena, &worth_w) == ERR_NONE);
    arena_reset(&planned->arena);
    return worth_w;
}

/* The last four weeks; of days that the file does not have, the weeks of before speak. */
static int64_t worth_now(struct planned *planned, const struct play *play, int64_t midnight)
{
    const struct sessions *sessions = play->sessions, *earlier = planned->config->earlier;
    int64_t first = sessions->count ? sessions->items[0].arrive / DAY_PERIODS * DAY_PERIODS : 0;
    int64_t days = (midnight - first) / DAY_PERIODS, worth_w = 0;

    days = days < AHEAD_DAYS ? days : AHEAD_DAYS;
    if (days >= AHEAD_DAYS_MIN)
        worth_w = worth_of(planned, play, sessions, midnight - days * DAY_PERIODS, days);
    if (!earlier || earlier->count == 0 || days == AHEAD_DAYS)
        return worth_w;
    if (planned->earlier_w == 0) {
        int64_t last = earlier->items[earlier->count - 1].arrive / DAY_PERIODS - AHEAD_DAYS + 1;
        planned->earlier_w =
            worth_of(planned, play, earlier, (last < 0 ? 0 : last) * DAY_PERIODS, AHEAD_DAYS);
    }
    return days < AHEAD_DAYS_MIN
               ? planned->earlier_w
               : (worth_w * days + planned->earlier_w * (AHEAD_DAYS - days)) / AHEAD_DAYS;
}

static void look_at_peak(struct planned *planned, const struct play *play)
{
    int64_t quarter = play->period / PERIODS_A_QUARTER;

    for (int64_t q = planned->seen_period / PERIODS_A_QUARTER; q < quarter; q++) {
        double kwh = 0;
        for (int64_t p = q * PERIODS_A_QUARTER; p < (q + 1) * PERIODS_A_QUARTER; p++)
            kwh += play->period_kwh[p];
        int64_t w = (int64_t)(kwh * 4000) +
                    base_w(planned, play->sessions, play->period, q * PERIODS_A_QUARTER);
        planned->peak_w = w > planned->peak_w ? w : planned->peak_w;
    }
    planned->seen_period = quarter * PERIODS_A_QUARTER;
}

static void begin_day(struct planned *planned, struct play *play, struct local_day today)
{
    if (today.month != planned->today.month) {
        planned->peak_w = 0;
        planned->seen_period = play->period;
    }
    planned->today = today;
    if (planned->config->demand)
        planned->worth_w = worth_now(planned, play, play->period / DAY_PERIODS * DAY_PERIODS);
}

static int32_t da_of(double amperes)
{
    return (int32_t)floor(amperes * 10);
}

/* What its meter showed of the period that is over. */
static void look_at_taper(struct planned *planned, const struct play *play, const struct car *car)
{
    utc_ms now = play->sessions->start + play->period * PERIOD_MS;

    if (car->drew_a >= 0)
        taper_saw(&planned->tapers[car->session - play->sessions->items], da_of(car->drew_a),
                  da_of(car->may_a), now, &planned->usual_half_s);
}

static struct ahead_car car_of(const struct planned *planned, const struct play *play,
                               const struct car *car)
{
    int32_t half_s = planned->tapers[car->session - play->sessions->items].half_s;

    return (struct ahead_car){
        .id = car->session - play->sessions->items,
        .leaf = leaf_of(play, car->stand),
        .stays_s = (int32_t)(car->session->depart - play->period) * PERIOD_S,
        .need_wh = (int64_t)ceil(car->need_kwh * 1000 - 1e-6),
        .max_da = da_of(car->known_max_a),
        .draw_da = car->drew_a < 0 ? -1 : da_of(car->drew_a),
        .may_da = car->drew_a < 0 ? -1 : da_of(car->may_a),
        .half_s = half_s ? half_s : planned->usual_half_s,
        .may_suspend = true,
    };
}

static struct ahead_peak peak_of(const struct planned *planned)
{
    return (struct ahead_peak){ .cost = planned->config->demand,
                                .so_far_w = planned->peak_w,
                                .worth_w = planned->worth_w,
                                .days_left = planned->today.days_left,
                                .half_s = planned->usual_half_s };
}

static const struct plan *plan_now(struct planned *planned, const struct play *play,
                                   const struct ahead_peak *peak)
{
    int64_t slot_0 = play->period - play->period % PERIODS_A_QUARTER;
    struct plan_input input = input_of(planned, play, play->sessions, slot_0, PLANNED_SLOTS);
    struct plan *plan = NULL;

    input.passed_s = (uint32_t)(play->period - slot_0) * PERIOD_S;
    input.demand = ahead_demand(peak);
    for (uint32_t i = 0; i < play->count; i++) {
        struct ahead_car car = car_of(planned, play, &play->cars[i]);
        planned->cars[i] = ahead_car(&car, &input);
    }
    input.car_count = play->count;
    check(plan_make(&input, NULL, &planned->arena, &plan) == ERR_NONE);
    return plan;
}

/* --- carried out */

static struct site_evse evse_of(const struct planned *planned, const struct play *play,
                                uint32_t number)
{
    const struct stand *stand = &play->network->stands[number];
    struct site_evse evse = {
        .id = number,
        .leaf = leaf_of(play, number),
        .controlled = true,
        .may_suspend = true,
        .class = CLASS_BEST_EFFORT,
        .max_da = (int32_t)(play->network->max_a * 10) * planned->scale,
        .draw_da = -1,
        .draw_at = UTC_UNKNOWN,
        .departs_at = UTC_NEVER,
        .need_wh = -1,
        .plan_da = -1,
        .override_da = -1,
    };

    evse.leaf.node += 1; /* the transformer's two sides come first */
    if (play->quantised)
        evse.pilots = stand->clipper ? PILOTS_CC : PILOTS_AV;
    return evse;
}

static int32_t planned_da(const struct planned *planned, const struct play *play,
                          const struct site_evse *evse, int32_t w)
{
    int32_t da = (int32_t)ceil(w / play->network->volts * 10 * planned->scale);

    return ahead_pilot_da(&planned->pilots[evse->pilots], da);
}

static void plug(const struct planned *planned, const struct play *play, const struct car *car,
                 utc_ms now, struct site_evse *evse)
{
    evse->plugged = true;
    if (!play->quantised) /* else it would be set to the pilot below what it takes */
        evse->max_da = (int32_t)ceil(car->known_max_a * 10 * planned->scale);
    evse->min_da = play->quantised ? MIN_DA : 1;
    evse->need_wh = (int64_t)ceil(car->need_kwh * 1000 * planned->scale - 1e-6);
    evse->done = evse->need_wh <= 0;
    evse->arrived_at = now + (car->session->arrive - play->period) * PERIOD_MS;
    evse->memory = car->memory;
    evse->booked_da = car->memory.target_da;
    if (car->drew_a >= 0) {
        evse->draw_da = (int32_t)ceil(car->drew_a * 10 * planned->scale - 1e-6);
        evse->draw_at = now;
    }
}

/* The EVSEs as they stand now; own[i]: that of car i. Returns how many. */
static uint32_t set_evses(struct planned *planned, const struct play *play, utc_ms now,
                          uint32_t own[EVSES_MAX])
{
    uint32_t count = play->network->count;

    check(count + play->count <= EVSES_MAX);
    for (uint32_t i = 0; i < count; i++)
        planned->evses[i] = evse_of(planned, play, i);
    for (uint32_t i = 0; i < play->count; i++) {
        const struct car *car = &play->cars[i];
        own[i] = car->stand;
        if (planned->evses[own[i]].plugged) { /* two sessions of the file overlap */
            own[i] = count++;
            planned->evses[own[i]] = evse_of(planned, play, car->stand);
            planned->evses[own[i]].id = own[i];
        }
        plug(planned, play, car, now, &planned->evses[own[i]]);
        planned->evses[own[i]].plan_da =
            planned_da(planned, play, &planned->evses[own[i]], planned->w[i]);
        planned->evses[own[i]].plan_short = planned->is_short[i];
    }
    return count;
}

/* The peak that this quarter hour may still make. */
static int64_t rest_w(const struct planned *planned, const struct play *play)
{
    int64_t begins = play->period / PERIODS_A_QUARTER * PERIODS_A_QUARTER, used_ws = 0;

    for (int64_t p = begins; p < play->period; p++)
        used_ws += (int64_t)(play->period_kwh[p] * 1000 * 3600) +
                   base_w(planned, play->sessions, play->period, p) * PERIOD_S;
    return ahead_rest_w(planned->allowed_w, used_ws, (int32_t)(play->period - begins) * PERIOD_S);
}

static void carry_out(struct planned *planned, struct play *play)
{
    utc_ms now = play->sessions->start + play->period * PERIOD_MS;
    uint32_t own[EVSES_MAX] = { 0 };
    struct site_input input = { .now = now,
                                .mode = planned->config->mode,
                                .rules = site_rules_default(),
                                .surplus_w = -1,
                                .node_count = 2 + play->network->pods,
                                .nodes = planned->nodes,
                                .evse_count = set_evses(planned, play, now, own),
                                .evses = planned->evses,
                                .pilots = planned->pilots,
                                .pilots_count = PILOTS_KINDS };
    struct site_decision decision;
    enum err err;

    input.rules.step_min_da = 0;
    input.rules.switch_ms = 0;
    planned->nodes[0].limit_w = TREE_NO_LIMIT_W;
    planned->nodes[0].base_w =
        base_w(planned, play->sessions, play->period, play->period) * planned->scale;
    if (planned->allowed_w != INT64_MAX)
        ahead_hold_peak(&input, planned->nodes, rest_w(planned, play) * planned->scale);
    err = site_decide(&input, &planned->arena, &decision);
    check(err == ERR_NONE);
    for (uint32_t i = 0; i < play->count; i++) {
        play->cars[i].may_a = decision.verdicts[own[i]].target_da / (10.0 * planned->scale);
        play->cars[i].memory = decision.verdicts[own[i]].memory;
    }
}

static bool takes_all(const struct play *play, const struct car *car, int32_t w)
{
    return car->drew_a * play->network->volts > 0.9 * fmin(w, car->may_a * play->network->volts);
}

/* Nothing has changed since the plan was made, in the same quarter hour? */
static bool still_fits(const struct planned *planned, const struct play *play)
{
    bool fits = play->period % PERIODS_A_QUARTER != 0 && planned->count == play->count;

    for (uint32_t i = 0; fits && i < play->count; i++)
        fits = planned->who[i] == play->cars[i].session &&
               takes_all(play, &play->cars[i], planned->w[i]);
    return fits;
}

static void plan_anew(struct planned *planned, const struct play *play)
{
    const struct ahead_peak peak = peak_of(planned);
    const struct plan *plan = plan_now(planned, play, &peak);

    planned->allowed_w = ahead_allowed_w(&peak, plan);
    planned->count = play->count;
    for (uint32_t i = 0; i < play->count; i++) {
        planned->who[i] = play->cars[i].session;
        planned->w[i] = plan_w(plan, i, 0);
        planned->is_short[i] = plan_is_short(plan, i);
    }
    arena_reset(&planned->arena);
}

void planned_decide(struct play *play)
{
    struct planned *planned = play->state;
    struct local_day today = tariff_day(play->sessions, play->period);

    if (today.day != planned->today.day || today.month != planned->today.month)
        begin_day(planned, play, today);
    look_at_peak(planned, play);
    check(play->count <= EVSES_MAX);
    for (uint32_t i = 0; i < play->count; i++)
        look_at_taper(planned, play, &play->cars[i]);
    if (!still_fits(planned, play))
        plan_anew(planned, play);
    carry_out(planned, play);
    arena_reset(&planned->arena);
}
