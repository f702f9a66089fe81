#include "test.h"

#include "energy/plan.h"

enum { SLOTS = 8 };

/* A site with one node, cars at it, a price a slot. */
struct world {
    struct arena arena;
    struct plan_node node[3];
    struct plan_limit limits[SLOTS];
    struct plan_car cars[8];
    int32_t cost[SLOTS];
    struct plan_input input;
};

static struct plan_node node(int32_t parent, int64_t limit_w)
{
    struct plan_node out = { .node = { .parent = parent, .limit_w = limit_w } };

    for (int line = 0; line < LINE_COUNT; line++)
        out.node.limit_da[line] = TREE_NO_LIMIT_DA;
    return out;
}

static struct plan_car car(int64_t id, int32_t from_s, int32_t until_s, int64_t need_wh)
{
    return (struct plan_car){
        .id = id,
        .leaf = { .node = 0, .wires = WIRES_THREE_PHASE, .wires_live = 3, .volts = 230 },
        .from_s = from_s,
        .until_s = until_s,
        .need_wh = need_wh,
        .min_w = 4140,
        .max_w = 11000,
        .may_suspend = true
    };
}

static void world_make(struct world *world)
{
    *world = (struct world){ 0 };
    arena_init(&world->arena, NULL, 0);
    world->node[0] = node(-1, 20000);
    for (int t = 0; t < SLOTS; t++)
        world->cost[t] = 100000;
    world->cars[0] = car(1, 0, SLOTS * 3600, 22000);
    world->input = (struct plan_input){ .slot_count = SLOTS,
                                        .slot_s = 3600,
                                        .node_count = 1,
                                        .car_count = 1,
                                        .nodes = world->node,
                                        .cars = world->cars,
                                        .cost = world->cost };
}

static struct plan *made(struct world *world)
{
    struct plan *plan = NULL;

    assert_int_equal(plan_make(&world->input, NULL, &world->arena, &plan), ERR_NONE);
    return plan;
}

static int32_t wh_at(const struct plan *plan, uint32_t car_index, uint32_t slot)
{
    return plan->wh[car_index * plan->slot_count + slot];
}

static void what_is_no_plan_is_refused(void **state)
{
    static const int32_t cost_of_sand[SLOTS] = { 0, 0, INT32_MAX };
    struct world w;
    struct plan *plan = NULL;

    (void)state;
    for (int kind = 0; kind < 16; kind++) {
        world_make(&w);
        w.input.slot_count = kind == 0 ? 0 : kind == 1 ? PLAN_SLOTS_MAX + 1 : SLOTS;
        w.input.slot_s = kind == 2 ? 59 : kind == 3 ? 86401 : 3600;
        w.input.passed_s = kind == 4 ? 3600 : 0;
        w.input.cost = kind == 5 ? NULL : kind == 6 ? cost_of_sand : w.cost;
        w.input.node_count = kind == 7 ? 0 : 1;
        w.node[0].node.parent = kind == 8 ? 0 : -1;
        w.cars[0].leaf.node = kind == 9 ? 1 : 0;
        w.cars[0].min_w = kind == 10 ? 12000 : kind == 11 ? -1 : 4140;
        w.cars[0].leaf.wires = kind == 12 ? 0 : WIRES_THREE_PHASE;
        w.input.value = kind == 13 ? -1 : 0;
        w.cars[0].half_s = kind == 14 ? -1 : kind == 15 ? 60 : 0; /* falls to nothing */
        print_message("# kind %d\n", kind);
        assert_int_equal(plan_make(&w.input, NULL, &w.arena, &plan), ERR_BAD_VALUE);
        arena_reset(&w.arena);
    }
}

static void a_car_that_cannot_be_planned_says_why_and_harms_no_other(void **state)
{
    struct world w;

    (void)state;
    world_make(&w);
    w.cars[1] = car(2, 7200, 3600, 5000);                 /* leaves before it comes */
    w.cars[2] = car(3, -7200, -3600, 5000);               /* has left */
    w.cars[3] = car(4, 0, 3600, 50000);                   /* needs more than an hour gives */
    w.cars[4] = car(5, 0, SLOTS * 3600, 0);               /* needs nothing */
    w.cars[5] = car(6, SLOTS * 3600, SLOTS * 7200, 1000); /* comes after the horizon */
    w.input.car_count = 6;
    struct plan *plan = made(&w);
    static const uint8_t expect[] = { PLAN_CAR_MET,  PLAN_CAR_GONE, PLAN_CAR_GONE,
                                      PLAN_CAR_LATE, PLAN_CAR_MET,  PLAN_CAR_GONE };
    for (size_t i = 0; i < COUNT(expect); i++) {
        print_message("# car %zu\n", i);
        assert_int_equal(plan->cars[i].state, expect[i]);
    }
    assert_int_equal(plan->cars[0].energy_wh, 22000);
    assert_int_equal(plan->cars[3].energy_wh, 11000);
    assert_int_equal(plan->cars[3].unmet_wh, 39000);
    arena_reset(&w.arena);
}

static void a_price_that_is_not_known_counts_as_the_dearest(void **state)
{
    struct world w;

    (void)state;
    world_make(&w);
    w.cost[0] = w.cost[1] = PLAN_COST_UNKNOWN;
    w.cost[5] = 200000;
    struct plan *plan = made(&w);
    assert_int_equal(plan->cost_gaps, 2);
    assert_int_equal(wh_at(plan, 0, 0) + wh_at(plan, 0, 1) + wh_at(plan, 0, 5), 0);
    assert_int_equal(plan->cars[0].unmet_wh, 0);
    arena_reset(&w.arena);
}

static void a_base_load_above_the_limit_leaves_nothing(void **state)
{
    struct world w;

    (void)state;
    world_make(&w);
    for (int t = 0; t < SLOTS; t++) {
        w.limits[t] = (struct plan_limit){ .limit_w = 20000, .base_w = t < 6 ? 25000 : 0 };
        for (int line = 0; line < LINE_COUNT; line++)
            w.limits[t].limit_da[line] = TREE_NO_LIMIT_DA;
    }
    w.node[0].slots = w.limits;
    struct plan *plan = made(&w);
    for (uint32_t t = 0; t < SLOTS; t++)
        assert_int_equal(wh_at(plan, 0, t), t < 6 ? 0 : 11000);
    arena_reset(&w.arena);
}

static void cheap_slots_come_first_and_early_ones_among_equals(void **state)
{
    struct world w;

    (void)state;
    world_make(&w);
    w.cost[3] = 50000;
    struct plan *plan = made(&w);
    assert_int_equal(wh_at(plan, 0, 3), 11000);
    assert_int_equal(wh_at(plan, 0, 0), 11000);
    assert_int_equal(plan->cost, 11 * 50000 + 11 * 100000);
    assert_int_equal(plan->gap_permille, 0);
    assert_int_equal(plan->method, PLAN_FLOW);
    arena_reset(&w.arena);
}

static void a_car_gives_way_to_one_that_cannot_wait(void **state)
{
    struct world w;

    (void)state;
    world_make(&w);
    w.node[0].node.limit_w = 11000;
    w.cost[0] = 50000;
    w.cars[0] = car(1, 0, SLOTS * 3600, 11000);
    w.cars[1] = car(2, 0, 3600, 11000);
    w.input.car_count = 2;
    struct plan *plan = made(&w);
    assert_int_equal(plan->unmet_wh, 0);
    assert_int_equal(wh_at(plan, 1, 0), 11000);
    arena_reset(&w.arena);
}

static void solar_surplus_is_used_before_the_grid(void **state)
{
    struct world w;

    (void)state;
    world_make(&w);
    for (int t = 0; t < SLOTS; t++) {
        w.limits[t] = (struct plan_limit){ .limit_w = 20000, .base_w = t == 5 ? -8000 : 1000 };
        for (int line = 0; line < LINE_COUNT; line++)
            w.limits[t].limit_da[line] = TREE_NO_LIMIT_DA;
    }
    w.node[0].slots = w.limits;
    w.cars[0].need_wh = 10000;
    struct plan *plan = made(&w);
    assert_int_equal(wh_at(plan, 0, 5), 8000);
    assert_int_equal(plan->cost, 200000);
    arena_reset(&w.arena);
}

static void energy_that_costs_more_than_it_is_worth_is_left(void **state)
{
    struct world w;

    (void)state;
    world_make(&w);
    w.cost[2] = 40000;
    w.input.value = 90000;
    struct plan *plan = made(&w);
    assert_int_equal(plan->energy_wh, 11000);
    assert_int_equal(plan->gain, 11 * 50000);
    arena_reset(&w.arena);
}

static void a_peak_that_costs_is_kept_low(void **state)
{
    struct world w;

    (void)state;
    world_make(&w);
    w.input.value = 5000000;
    w.input.demand = (struct plan_demand){ .cost = 15000000, .peak_w = 1000, .days_left = 1 };
    struct plan *plan = made(&w);
    assert_int_equal(plan->unmet_wh, 0);
    /* 22 kWh over eight hours, and what the search leaves. */
    assert_in_range(plan->peak_w, 2750, 2760);
    assert_true(plan->gap_permille <= 1);
    /* The same peak was there already: no reason to wait. */
    w.input.demand.peak_w = 11000;
    plan = made(&w);
    assert_int_equal(wh_at(plan, 0, 0), 11000);
    assert_int_equal(plan->demand_cost, 0);
    arena_reset(&w.arena);
}

static void a_car_that_may_not_be_suspended_holds_its_least_power(void **state)
{
    struct world w;

    (void)state;
    world_make(&w);
    w.cars[0].may_suspend = false;
    w.cost[7] = 10000;
    struct plan *plan = made(&w);
    for (uint32_t t = 0; t < 5; t++)
        assert_true(wh_at(plan, 0, t) >= 4140);
    assert_int_equal(plan->unmet_wh, 0);
    arena_reset(&w.arena);
}

static void what_a_plan_means_now_is_a_current_that_charges(void **state)
{
    struct world w;

    (void)state;
    world_make(&w);
    w.cars[0].need_wh = 1000;
    struct plan *plan = made(&w);
    assert_int_equal(plan_w(plan, 0, 0), 1000);
    assert_int_equal(plan_da(&w.input, plan, 0, 0), 60); /* 4,140 W: its least */
    assert_int_equal(plan_da(&w.input, plan, 0, 1), 0);
    w.cars[0].need_wh = 50000;
    plan = made(&w);
    assert_int_equal(plan_da(&w.input, plan, 0, 0), 159); /* 11,000 W */
    arena_reset(&w.arena);
}

static void a_slot_that_is_partly_over_has_less(void **state)
{
    struct world w;

    (void)state;
    world_make(&w);
    w.input.passed_s = 2700;
    w.cars[0].until_s = 3600;
    struct plan *plan = made(&w);
    assert_int_equal(wh_at(plan, 0, 0), 2750);
    assert_int_equal(plan_w(plan, 0, 0), 11000);
    arena_reset(&w.arena);
}

static void phases_that_mix_are_planned_within_each_line(void **state)
{
    struct world w;

    (void)state;
    world_make(&w);
    for (int line = 0; line < LINE_COUNT; line++)
        w.node[0].node.limit_da[line] = 200;
    for (uint32_t i = 0; i < 4; i++) {
        w.cars[i] = car(i, 0, SLOTS * 3600, 20000);
        w.cars[i].leaf.wires = i ? WIRE_BIT(WIRE_L1 + (i - 1)) : WIRES_THREE_PHASE;
        w.cars[i].leaf.wires_live = i ? 1 : 3;
        w.cars[i].max_w = i ? 7360 : 11000;
    }
    w.input.car_count = 4;
    struct plan *plan = made(&w);
    assert_int_equal(plan->method, PLAN_PRICE);
    assert_true(plan->gap_permille <= 10);
    assert_int_equal(plan->unmet_wh, 0);
    for (uint32_t t = 0; t < SLOTS; t++)
        for (uint32_t line = 0; line < LINE_COUNT; line++)
            /* 20 A at 230 V for an hour: a third of the three-phase car, and the line's own. */
            assert_true(wh_at(plan, 0, t) / 3 + wh_at(plan, 1 + line, t) <= 4600);
    arena_reset(&w.arena);
}

static void a_plan_of_before_is_the_start_of_the_next(void **state)
{
    struct world w;

    (void)state;
    world_make(&w);
    w.cost[3] = 50000;
    w.cars[1] = car(2, 0, SLOTS * 3600, 30000);
    w.input.car_count = 2;
    struct plan *plan = made(&w), *again = NULL;
    struct plan_before before = { plan, 1 };
    /* An hour later: slot 1 is slot 0, what was charged is no need any more. */
    for (int i = 0; i < 2; i++) {
        w.cars[i].need_wh -= wh_at(plan, (uint32_t)i, 0);
        w.cars[i].until_s -= 3600;
    }
    w.input.cost = w.cost + 1;
    w.input.slot_count = SLOTS - 1;
    assert_int_equal(plan_make(&w.input, &before, &w.arena, &again), ERR_NONE);
    assert_int_equal(again->rounds, 0);
    for (uint32_t t = 1; t < SLOTS; t++)
        assert_int_equal(wh_at(again, 0, t - 1), wh_at(plan, 0, t));
    arena_reset(&w.arena);
}

static bool at_once(void *clock)
{
    (void)clock;
    return true;
}

static void out_of_time_still_gives_a_plan_and_says_how_far_off(void **state)
{
    struct world w;

    (void)state;
    world_make(&w);
    w.input.out_of_time = at_once;
    struct plan *plan = made(&w);
    assert_false(plan->complete);
    assert_int_equal(plan->unmet_wh, 0);
    assert_true(plan->gain_bound >= plan->gain);
    arena_reset(&w.arena);
}

static void memory_that_is_out_is_an_error_at_every_step(void **state)
{
    struct world w;
    struct plan *plan = NULL;
    enum err err = ERR_FULL;
    uint64_t n = 1;

    (void)state;
    for (; n < 200 && err == ERR_FULL; n++) {
        world_make(&w);
        w.input.demand = (struct plan_demand){ .cost = 15000000 };
        arena_fail_at(n);
        err = plan_make(&w.input, NULL, &w.arena, &plan);
        arena_fail_at(0);
        arena_reset(&w.arena);
    }
    assert_int_equal(err, ERR_NONE);
    assert_true(n > 20);
}

/* Hours in which the grid costs less than what the sun would bring: the grid comes first, also
 * under a peak that costs nothing more. */
static void cheap_grid_comes_before_the_sun(void **state)
{
    static const int32_t surplus_cost[SLOTS] = { 80000, 80000, 80000, 80000,
                                                 80000, 80000, 80000, 80000 };
    struct world w;

    (void)state;
    world_make(&w);
    for (int t = 0; t < SLOTS; t++)
        w.cost[t] = 20000;
    w.node[0].node.base_w = -5000;
    w.input.surplus_cost = surplus_cost;
    w.input.value = 50000; /* not worth the sun */
    w.input.demand = (struct plan_demand){ .cost = 1000000, .peak_w = 0, .days_left = 1 };
    struct plan *plan = made(&w);
    assert_int_equal(plan->energy_wh, 22000);
    assert_int_equal(plan->cost, 22 * 20000);
    assert_int_equal(plan->gap_permille, 0);
    arena_reset(&w.arena);
}

/* Ever cheaper, and twice as much an hour before as at its end. */
static void a_car_that_gets_full_takes_less_at_the_end(void **state)
{
    static const int32_t expect[SLOTS] = { 0, 0, 0, 500, 11000, 6000, 3000, 1500 };
    struct world w;

    (void)state;
    world_make(&w);
    for (int t = 0; t < SLOTS; t++)
        w.cost[t] = 100000 - t;
    w.cars[0].half_s = 3600;
    w.cars[0].end_w = 1000;
    struct plan *plan = made(&w);
    for (uint32_t t = 0; t < SLOTS; t++)
        assert_int_equal(wh_at(plan, 0, t), expect[t]);
    w.cars[0].half_s = 0;
    plan = made(&w);
    assert_int_equal(wh_at(plan, 0, SLOTS - 1), 11000);
    w.cars[0].half_s = 3600; /* one slot alone is first and last */
    w.cars[0].until_s = 3600;
    plan = made(&w);
    assert_int_equal(wh_at(plan, 0, 0), 1500);
    assert_int_equal(plan->cars[0].state, PLAN_CAR_LATE);
    arena_reset(&w.arena);
}

static void a_plan_of_before_gives_way_where_limits_have_fallen(void **state)
{
    struct world w;

    (void)state;
    world_make(&w);
    for (int i = 0; i < 4; i++)
        w.cars[i] = car(i + 1, 0, SLOTS * 3600, 22000);
    w.input.car_count = 4;
    for (int t = 0; t < SLOTS; t++)
        w.cost[t] = 100000 + t % 3;
    struct plan_before before = { made(&w), 0 };
    w.node[0] = node(-1, 9000);
    struct plan *cold = made(&w), *warm = NULL;
    assert_int_equal(plan_make(&w.input, &before, &w.arena, &warm), ERR_NONE);
    assert_int_equal(warm->gain, cold->gain);
    assert_int_equal(warm->energy_wh, SLOTS * 9000);
    for (uint32_t t = 0; t < SLOTS; t++)
        assert_int_equal(warm->slot_wh[t], 9000);
    arena_reset(&w.arena);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_no_plan_is_refused),
        cmocka_unit_test(a_car_that_cannot_be_planned_says_why_and_harms_no_other),
        cmocka_unit_test(a_price_that_is_not_known_counts_as_the_dearest),
        cmocka_unit_test(a_base_load_above_the_limit_leaves_nothing),
        cmocka_unit_test(cheap_slots_come_first_and_early_ones_among_equals),
        cmocka_unit_test(a_car_gives_way_to_one_that_cannot_wait),
        cmocka_unit_test(solar_surplus_is_used_before_the_grid),
        cmocka_unit_test(energy_that_costs_more_than_it_is_worth_is_left),
        cmocka_unit_test(a_peak_that_costs_is_kept_low),
        cmocka_unit_test(a_car_that_may_not_be_suspended_holds_its_least_power),
        cmocka_unit_test(what_a_plan_means_now_is_a_current_that_charges),
        cmocka_unit_test(a_slot_that_is_partly_over_has_less),
        cmocka_unit_test(phases_that_mix_are_planned_within_each_line),
        cmocka_unit_test(a_plan_of_before_is_the_start_of_the_next),
        cmocka_unit_test(a_plan_of_before_gives_way_where_limits_have_fallen),
        cmocka_unit_test(a_car_that_gets_full_takes_less_at_the_end),
        cmocka_unit_test(out_of_time_still_gives_a_plan_and_says_how_far_off),
        cmocka_unit_test(cheap_grid_comes_before_the_sun),
        cmocka_unit_test(memory_that_is_out_is_an_error_at_every_step),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
