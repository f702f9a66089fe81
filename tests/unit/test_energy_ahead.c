#include "test.h"

#include "energy/ahead.h"

enum { HOUR_S = 3600 };
#define KW 1000

static const struct tree_leaf three_phase = { .wires = WIRES_THREE_PHASE,
                                              .wires_live = 3,
                                              .volts = 230 };

/* 11 kW, for eight hours. */
static struct ahead_car car_of(int64_t need_wh)
{
    return (struct ahead_car){ .id = 7,
                               .leaf = three_phase,
                               .stays_s = 8 * HOUR_S,
                               .need_wh = need_wh,
                               .max_da = 160,
                               .min_da = 60,
                               .draw_da = -1,
                               .may_da = -1,
                               .may_suspend = true };
}

/* Two days of quarter hours at one price, of which passed_s are over. */
static struct plan_input input_of(uint32_t passed_s)
{
    static int32_t cost[192];

    for (size_t t = 0; t < COUNT(cost); t++)
        cost[t] = 100000;
    return (struct plan_input){ .slot_count = COUNT(cost),
                                .slot_s = 900,
                                .passed_s = passed_s,
                                .cost = cost,
                                .demand.cost = 15510000 };
}

static struct plan_car planned_at(const struct ahead_car *car, uint32_t passed_s)
{
    struct plan_input input = input_of(passed_s);

    return ahead_car(car, &input);
}

static void a_car_is_ready_a_little_before_it_leaves(void **state)
{
    struct ahead_car car = car_of(11040);
    struct plan_car planned = planned_at(&car, 300);

    (void)state;
    assert_int_equal(planned.id, 7);
    assert_int_equal(planned.max_w, 11040);
    assert_int_equal(planned.min_w, 4140);
    assert_int_equal(planned.until_s, 300 + 8 * HOUR_S - 100);
    car.stays_s = HOUR_S; /* just what it takes */
    assert_int_equal(planned_at(&car, 300).until_s, 300 + HOUR_S);
    car.stays_s = HOUR_S / 2; /* less */
    assert_int_equal(planned_at(&car, 300).until_s, 300 + HOUR_S / 2);
    car.stays_s = HOUR_S + 600;
    assert_int_equal(planned_at(&car, 300).until_s, 300 + HOUR_S + 500);
}

static void a_reserve_is_kept_where_no_peak_is_paid_for(void **state)
{
    struct ahead_car car = car_of(11040); /* an hour */
    struct plan_input input = input_of(300);

    (void)state;
    input.demand.cost = 0;
    assert_int_equal(ahead_car(&car, &input).until_s, 300 + 8 * HOUR_S - 900 - 360);
    car.stays_s = HOUR_S + 600;
    assert_int_equal(ahead_car(&car, &input).until_s, 300 + HOUR_S + 600 - 450);
    car.stays_s = HOUR_S / 2;
    assert_int_equal(ahead_car(&car, &input).until_s, 300 + HOUR_S / 2);
}

static void a_car_that_takes_less_counts_with_what_it_takes(void **state)
{
    struct ahead_car car = car_of(2760);
    struct plan_car planned;

    (void)state;
    car.may_da = 160;
    car.draw_da = 150; /* an ampere is within what meters and cables err */
    assert_int_equal(planned_at(&car, 0).max_w, 11040);
    car.draw_da = 75;
    planned = planned_at(&car, 0);
    assert_int_equal(planned.max_w, 5520);               /* half an ampere more than it takes */
    assert_int_equal(planned.until_s, 8 * HOUR_S - 100); /* it may pause */
    car.draw_da = 20; /* less than its least: no more than that */
    planned = planned_at(&car, 0);
    assert_int_equal(planned.max_w, 1725);
    assert_int_equal(planned.min_w, 1725);
    car.may_da = 0; /* it was told to pause */
    car.draw_da = 0;
    assert_int_equal(planned_at(&car, 0).max_w, 11040);
}

static void what_it_takes_falls_where_that_costs_nothing(void **state)
{
    static const struct {
        const char *name;
        int32_t half_s, late_cost;
        bool falls;
    } cases[] = {
        { "nobody has shown how", 0, 100000, false },
        { "one price", 1800, 100000, true },
        { "a little cheaper later", 1800, 70000, true },
        { "half later", 1800, 50000, false },
        { "twice later: the plan begins early anyway", 1800, 200000, false },
        { "for nothing later", 1800, 0, false },
        { "paid for later", 1800, -100000, false },
        { "later is not known", 1800, PLAN_COST_UNKNOWN, true },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct plan_input input = input_of(300);
        struct ahead_car car = car_of(11040);
        int32_t cost[192];
        print_message("# %s\n", cases[i].name);
        for (size_t t = 0; t < COUNT(cost); t++)
            cost[t] = t < 20 ? 100000 : cases[i].late_cost;
        input.cost = cost;
        car.half_s = cases[i].half_s;
        struct plan_car planned = ahead_car(&car, &input);
        assert_int_equal(planned.half_s, cases[i].falls ? 1800 : 0);
        assert_int_equal(planned.end_w > 0, cases[i].falls);
        assert_true(planned.end_w < 1000);
        car.stays_s = 4 * HOUR_S; /* it is gone by then */
        assert_int_equal(ahead_car(&car, &input).half_s, cases[i].half_s);
        car.stays_s = 0;
        assert_int_equal(ahead_car(&car, &input).half_s, 0);
        car.stays_s = -60;
        assert_int_equal(ahead_car(&car, &input).half_s, 0);
    }
}

static void a_peak_costs_nothing_up_to_what_it_is_worth(void **state)
{
    struct ahead_peak peak = { .cost = 15510000, .so_far_w = 20 * KW, .days_left = 12 };
    struct plan plan = { .peak_w = 15 * KW };

    (void)state;
    assert_int_equal(ahead_demand(&peak).peak_w, 20 * KW);
    assert_int_equal(ahead_demand(&peak).days_left, 12);
    assert_int_equal(ahead_allowed_w(&peak, &plan), 20 * KW);
    peak.worth_w = 30 * KW; /* a little less, and beyond it a peak has to pay for itself */
    assert_int_equal(ahead_demand(&peak).peak_w, 28800);
    assert_int_equal(ahead_demand(&peak).days_left, 1);
    peak.half_s = 1800; /* cars here take less while they get full */
    assert_int_equal(ahead_demand(&peak).peak_w, 29400);
    plan.peak_w = 33 * KW;
    assert_int_equal(ahead_allowed_w(&peak, &plan), 33 * KW);
    peak.cost = 0;
    assert_int_equal(ahead_allowed_w(&peak, &plan), INT64_MAX);
}

/* Two days, on each two cars that could charge one after the other. */
static void the_worth_of_a_peak_comes_from_days_before(void **state)
{
    struct plan_node root = { .node = { .parent = -1, .limit_w = 100 * KW } };
    struct plan_car cars[4];
    int32_t cost[48];
    struct plan_input past = { .slot_count = 48,
                               .slot_s = HOUR_S,
                               .node_count = 1,
                               .car_count = COUNT(cars),
                               .nodes = &root,
                               .cars = cars,
                               .cost = cost,
                               .value = 300000 };
    struct arena arena;
    int64_t worth_w = 0;

    (void)state;
    for (int line = 0; line < LINE_COUNT; line++)
        root.node.limit_da[line] = TREE_NO_LIMIT_DA;
    for (int t = 0; t < 48; t++)
        cost[t] = 100000;
    for (int i = 0; i < (int)COUNT(cars); i++)
        cars[i] = (struct plan_car){ .id = i,
                                     .leaf = three_phase,
                                     .from_s = i / 2 * 24 * HOUR_S + 8 * HOUR_S,
                                     .until_s = i / 2 * 24 * HOUR_S + 12 * HOUR_S,
                                     .need_wh = 20000,
                                     .max_w = 20000,
                                     .may_suspend = true };
    arena_init(&arena, NULL, 0);
    assert_int_equal(ahead_worth(&past, 15510, &arena, &worth_w), ERR_NONE);
    assert_in_range(worth_w, 10000, 10100); /* 40 kWh in four hours */
    assert_int_equal(ahead_worth(&past, INT64_C(1000000000), &arena, &worth_w), ERR_NONE);
    assert_int_equal(worth_w, 0); /* no energy is worth that */
    past.slot_s = 0;
    assert_int_equal(ahead_worth(&past, 15510, &arena, &worth_w), ERR_BAD_VALUE);
    arena_reset(&arena);
}

/* A quarter hour has 900 s. */
static void a_quarter_hour_makes_up_for_what_it_took(void **state)
{
    static const struct {
        const char *name;
        int64_t allowed_w, used_ws;
        int32_t seen_s;
        int64_t expect_w;
    } cases[] = {
        { "at its start", 20 * KW, 0, 0, 20 * KW },
        { "as planned", 20 * KW, INT64_C(300) * 20 * KW, 300, 20 * KW },
        { "too much", 20 * KW, INT64_C(300) * 22 * KW, 300, 19 * KW },
        { "too little", 20 * KW, INT64_C(300) * 18 * KW, 300, 21 * KW },
        { "far too much", 20 * KW, INT64_C(840) * 30 * KW, 840, 15 * KW },
        { "nothing at all", 20 * KW, 0, 840, 25 * KW },
        { "fed in", 20 * KW, INT64_C(-600) * 10 * KW, 600, 25 * KW },
        { "at its end", 20 * KW, 0, 900, 20 * KW },
        { "no charge", INT64_MAX, 0, 300, INT64_MAX },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        print_message("# %s\n", cases[i].name);
        assert_int_equal(ahead_rest_w(cases[i].allowed_w, cases[i].used_ws, cases[i].seen_s),
                         cases[i].expect_w);
    }
}

static void a_plan_is_carried_out_with_the_next_pilot(void **state)
{
    const struct site_pilots steps = { .step_da = 10 },
                             list = { .count = 4, .list_da = { 80, 160, 240, 320 } };

    (void)state;
    assert_int_equal(ahead_pilot_da(&steps, 0), 0);
    assert_int_equal(ahead_pilot_da(&steps, 61), 70);
    assert_int_equal(ahead_pilot_da(&list, 1), 80);
    assert_int_equal(ahead_pilot_da(&list, 81), 160);
    assert_int_equal(ahead_pilot_da(&list, 400), 400);
}

static void the_peak_is_held_at_the_root(void **state)
{
    struct tree_node nodes[2] = { { .parent = -1, .limit_w = 50 * KW, .base_w = 2 * KW },
                                  { .parent = 0, .limit_w = 30 * KW } };
    struct site_evse evses[2] = { { .leaf = three_phase,
                                    .plugged = true,
                                    .controlled = true,
                                    .may_suspend = true,
                                    .min_da = 60,
                                    .booked_da = 160,
                                    .draw_da = 60 } };
    struct site_input input = { .node_count = 2, .evse_count = 1, .nodes = nodes, .evses = evses };

    (void)state;
    ahead_hold_peak(&input, nodes, INT64_MAX);
    assert_int_equal(nodes[0].limit_w, 50 * KW);
    ahead_hold_peak(&input, nodes, 60 * KW);
    assert_int_equal(nodes[0].limit_w, 50 * KW);
    ahead_hold_peak(&input, nodes, 20 * KW); /* 6,900 W are offered and not taken */
    assert_int_equal(nodes[0].limit_w, 20 * KW + 6900);
    assert_int_equal(nodes[1].limit_w, 30 * KW);
    /* What cannot be helped: other loads, a car that may not be suspended, one not in our hands. */
    evses[0].may_suspend = false;
    evses[0].draw_da = 160;
    evses[1] = (struct site_evse){ .leaf = three_phase, .max_da = 160 };
    input.evse_count = 2;
    ahead_hold_peak(&input, nodes, 1 * KW);
    assert_int_equal(nodes[0].limit_w, 2 * KW + 4140 + 11040);
    /* The peak is the site's: of several connections none is held. */
    nodes[1].parent = -1;
    ahead_hold_peak(&input, nodes, 0);
    assert_int_equal(nodes[0].limit_w, 2 * KW + 4140 + 11040);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_car_is_ready_a_little_before_it_leaves),
        cmocka_unit_test(a_reserve_is_kept_where_no_peak_is_paid_for),
        cmocka_unit_test(a_car_that_takes_less_counts_with_what_it_takes),
        cmocka_unit_test(what_it_takes_falls_where_that_costs_nothing),
        cmocka_unit_test(a_peak_costs_nothing_up_to_what_it_is_worth),
        cmocka_unit_test(the_worth_of_a_peak_comes_from_days_before),
        cmocka_unit_test(a_quarter_hour_makes_up_for_what_it_took),
        cmocka_unit_test(a_plan_is_carried_out_with_the_next_pilot),
        cmocka_unit_test(the_peak_is_held_at_the_root),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
