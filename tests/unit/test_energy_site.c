#include "test.h"

#include "site_cases.h"

/* ------------------------------------------------------------------------------- bad input */

static void input_that_is_none_is_refused(void **state)
{
    static const char *const names[] = { "mode",      "class", "pilots", "no pilots",
                                         "a bad set", "node",  "wires",  "parent" };
    (void)state;
    for (size_t i = 0; i < COUNT(names); i++) {
        struct tree_node node = feed_of(100);
        struct site_evse evse = car_of(1);
        struct site_input input = input_of(&node, &evse, 1);
        struct site_pilots none = { 0 };
        struct site_decision decision = { 0 };
        struct arena arena;

        print_message("# %s\n", names[i]);
        input.mode = i == 0 ? SITE_MODE_COUNT : SITE_EQUAL;
        evse.class = i == 1 ? CLASS_COUNT : CLASS_BEST_EFFORT;
        evse.pilots = i == 2 ? COUNT(pilot_sets) : 0;
        input.pilots_count = i == 3 ? 0 : i == 4 ? 1 : COUNT(pilot_sets);
        input.pilots = i == 4 ? &none : pilot_sets;
        evse.leaf.node = i == 5;
        evse.leaf.wires = i == 6 ? 0 : 1;
        node.parent = i == 7 ? 0 : -1;
        arena_init(&arena, NULL, 0);
        assert_int_equal(site_decide(&input, &arena, &decision), ERR_BAD_VALUE);
        assert_null(decision.verdicts);
        arena_reset(&arena);
    }
}

static void strange_numbers_are_borne(void **state)
{
    static const int32_t numbers[] = { INT32_MIN, -1, 0, 1, INT32_MAX };
    (void)state;
    for (size_t a = 0; a < COUNT(numbers); a++)
        for (size_t b = 0; b < COUNT(numbers); b++)
            for (int mode = 0; mode < SITE_MODE_COUNT; mode++) {
                struct tree_node node = feed_of(100);
                struct site_evse evse = car_of(1);
                struct site_input input = input_of(&node, &evse, 1);
                struct site_decision decision;
                struct arena arena;

                input.mode = (uint8_t)mode;
                evse.min_da = numbers[a];
                evse.max_da = numbers[b];
                evse.plan_da = numbers[a];
                evse.need_wh = numbers[b] == INT32_MAX ? INT64_MAX : numbers[b];
                evse.departs_at = numbers[a] < 0 ? NOW - HOUR_MS : NOW + HOUR_MS;
                arena_init(&arena, NULL, 0);
                assert_int_equal(site_decide(&input, &arena, &decision), ERR_NONE);
                assert_true(decision.verdicts[0].target_da >= 0);
                assert_true(decision.verdicts[0].target_da <= 100);
                arena_reset(&arena);
            }
}

/* What is booked in any case may be more than a limit that came a moment ago: what the car is told
 * keeps within that all the same. */
static void a_floor_above_a_limit_is_not_given(void **state)
{
    static const int32_t limits[] = { 0, 59, 60, 160, 319, 320, 400 };
    (void)state;
    for (size_t i = 0; i < COUNT(limits); i++)
        for (int mode = 0; mode < SITE_MODE_COUNT; mode++)
            for (int may_suspend = 0; may_suspend <= 1; may_suspend++) {
                struct tree_node node = feed_of(limits[i]);
                struct site_evse evse = car_of(1);
                struct site_input input = input_of(&node, &evse, 1);
                struct site_decision decision;
                struct arena arena;

                input.mode = (uint8_t)mode;
                evse.floor_da = evse.booked_da = evse.memory.target_da = 320;
                evse.memory.changed_at = evse.memory.switched_at = NOW - HOUR_MS;
                evse.may_suspend = may_suspend;
                arena_init(&arena, NULL, 0);
                assert_int_equal(site_decide(&input, &arena, &decision), ERR_NONE);
                print_message("# %d: %d\n", (int)limits[i], (int)decision.verdicts[0].target_da);
                assert_true(decision.verdicts[0].target_da <= limits[i]);
                arena_reset(&arena);
            }
}

static void memory_that_is_out_is_told(void **state)
{
    struct tree_node node = feed_of(100);
    struct site_evse evses[] = { car_of(2), car_of(1) };
    struct site_input input = input_of(&node, evses, 2);
    enum err err = ERR_FULL;
    (void)state;
    input.mode = SITE_SURPLUS;
    for (uint64_t n = 1; err != ERR_NONE; n++) {
        struct site_decision decision;
        struct arena arena;
        arena_init(&arena, NULL, 0);
        arena_fail_at(n);
        err = site_decide(&input, &arena, &decision);
        arena_fail_at(0);
        assert_true(err == ERR_NONE || err == ERR_FULL);
        assert_true(n < 200);
        arena_reset(&arena);
    }
}

/* ------------------------------------------------------------------------------- by hand */

#define NEED(kwh10, minutes) .need_wh = (kwh10) * 100, .departs_at = NOW + (minutes) * MINUTE_MS

static struct site_evse with(struct site_evse row, int64_t id)
{
    struct site_evse car = car_of(id);

    car.class = row.class ? row.class - 1 : CLASS_BEST_EFFORT; /* in the tables: 0 is not said */
    car.weight = row.weight;
    car.pilots = row.pilots;
    if (row.max_da)
        car.max_da = row.max_da;
    if (row.min_da)
        car.min_da = row.min_da;
    if (row.need_wh) {
        car.need_wh = row.need_wh;
        car.departs_at = row.departs_at;
    }
    car.plan_da = row.plan_da - 1; /* in the tables: 0 is none */
    car.plan_short = row.plan_short;
    car.override_da = row.override_da - 1;
    car.plugged = !row.plugged; /* in the tables: what is unusual */
    car.controlled = !row.controlled;
    car.may_suspend = !row.may_suspend;
    car.done = row.done;
    car.memory = row.memory;
    return car;
}

static void each_gets_what_it_should(void **state)
{
    static const struct {
        const char *name;
        uint8_t mode;
        int32_t limit_da;
        int64_t surplus_w;
        struct {
            struct site_evse evse;
            int32_t target_da;
            enum site_why why;
        } cars[3];
    } cases[] = {
        { "alone, all it takes",
          SITE_EQUAL,
          1000,
          -1,
          { { { .max_da = 160 }, 160, WHY_FULL },
            { { 0 }, 320, WHY_FULL },
            { { .plugged = true }, 0, WHY_NO_CAR } } },
        { "equal",
          SITE_EQUAL,
          305,
          -1,
          { { { 0 }, 100, WHY_SHARED }, { { 0 }, 100, WHY_SHARED }, { { 0 }, 100, WHY_SHARED } } },
        { "weights",
          SITE_EQUAL,
          400,
          -1,
          { { { .weight = 2 }, 200, WHY_SHARED },
            { { 0 }, 100, WHY_SHARED },
            { { .weight = 1 }, 100, WHY_SHARED } } },
        { "one alone is limited, not shared",
          SITE_EQUAL,
          100,
          -1,
          { { { 0 }, 100, WHY_LIMIT },
            { { .plugged = true }, 0, WHY_NO_CAR },
            { { .done = true }, 0, WHY_CAR_DONE } } },
        { "classes",
          SITE_EQUAL,
          500,
          -1,
          { { { 0 }, 60, WHY_SHARED },
            { { .class = 1 + CLASS_PRIORITY }, 320, WHY_FULL },
            { { .class = 1 + CLASS_PLAN }, 120, WHY_SHARED } } },
        { "first come",
          SITE_PRIORITY,
          500,
          -1,
          { { { 0 }, 320, WHY_FULL }, { { 0 }, 120, WHY_SHARED }, { { 0 }, 60, WHY_SHARED } } },
        { "minima do not fit: who has least time",
          SITE_EQUAL,
          130,
          -1,
          { { { NEED(100, 600) }, 0, WHY_WAITS_TURN },
            { { NEED(200, 400) }, 60, WHY_SHARED },
            { { NEED(100, 200) }, 70, WHY_SHARED } } },
        { "minima do not fit: who may not be off",
          SITE_EQUAL,
          70,
          -1,
          { { { NEED(100, 10) }, 0, WHY_WAITS_TURN },
            { { .may_suspend = true }, 70, WHY_SHARED },
            { { 0 }, 0, WHY_WAITS_TURN } } },
        { "a car that starts at 8 A",
          SITE_EQUAL,
          140,
          -1,
          { { { .min_da = 80 }, 80, WHY_SHARED },
            { { 0 }, 60, WHY_SHARED },
            { { .plugged = true }, 0, WHY_NO_CAR } } },
        { "sets of 8, 16, 24, 32 A",
          SITE_EQUAL,
          500,
          -1,
          { { { .pilots = 2 }, 160, WHY_SHARED },
            { { .pilots = 2 }, 160, WHY_SHARED },
            { { .pilots = 2 }, 160, WHY_SHARED } } },
        { "not controlled: booked at its breaker",
          SITE_EQUAL,
          500,
          -1,
          { { { .controlled = true }, 320, WHY_NOT_CONTROLLED },
            { { 0 }, 90, WHY_SHARED },
            { { 0 }, 90, WHY_SHARED } } },
        { "not controlled and no car: still booked",
          SITE_EQUAL,
          300,
          -1,
          { { { .controlled = true, .plugged = true }, 320, WHY_NOT_CONTROLLED },
            { { 0 }, 0, WHY_SHARED },
            { { .may_suspend = true }, 0, WHY_SHARED } } },
        { "a person said so",
          SITE_EQUAL,
          300,
          -1,
          { { { .override_da = 201 }, 200, WHY_OVERRIDE },
            { { .override_da = 1 }, 0, WHY_OVERRIDE },
            { { 0 }, 100, WHY_SHARED } } },
        { "a person said more than there is",
          SITE_EQUAL,
          100,
          -1,
          { { { .override_da = 321 }, 100, WHY_OVERRIDE },
            { { .may_suspend = true }, 0, WHY_SHARED },
            { { 0 }, 0, WHY_SHARED } } },
        { "cheaper hours come",
          SITE_CHEAP,
          500,
          -1,
          { { { .plan_da = 1 }, 0, WHY_PLAN_PRICE },
            { { .plan_da = 161 }, 160, WHY_PLAN_PRICE },
            { { .plan_da = 21 }, 60, WHY_PLAN_PRICE } } },
        { "cleaner hours come, but one is late",
          SITE_GREEN,
          500,
          -1,
          { { { .plan_da = 1, NEED(70, 60) }, 180, WHY_SHARED },
            { { .plan_da = 1, NEED(70, 600) }, 0, WHY_PLAN_CO2 },
            { { .plan_da = 1, .class = 1 + CLASS_PRIORITY }, 320, WHY_FULL } } },
        { "it is late, and the plan knows that it will be short",
          SITE_CHEAP,
          500,
          -1,
          { { { .plan_da = 1, .plan_short = true, NEED(70, 60) }, 0, WHY_PLAN_PRICE },
            { { .plan_da = 101, .plan_short = true, NEED(70, 60) }, 100, WHY_PLAN_PRICE },
            { { .plan_da = 0, .plan_short = true, NEED(70, 60) }, 320, WHY_FULL } } },
        { "the car took less",
          SITE_EQUAL,
          300,
          -1,
          { { { .memory.reclaim_da = 80 }, 80, WHY_CAR_LESS },
            { { 0 }, 110, WHY_SHARED },
            { { 0 }, 110, WHY_SHARED } } },
        { "follows the sun",
          SITE_SURPLUS,
          500,
          4600,
          { { { 0 }, 100, WHY_SURPLUS },
            { { 0 }, 100, WHY_SURPLUS },
            { { .plugged = true }, 0, WHY_NO_CAR } } },
        { "little sun, one is late",
          SITE_SURPLUS,
          500,
          4600,
          { { { NEED(70, 60) }, 320, WHY_FULL },
            { { 0 }, 0, WHY_SURPLUS },
            { { 0 }, 0, WHY_SURPLUS } } },
        { "one follows the sun, others do not",
          SITE_EQUAL,
          500,
          2300,
          { { { .class = 1 + CLASS_SURPLUS }, 0, WHY_SURPLUS },
            { { .class = 1 + CLASS_PRIORITY, .max_da = 60 }, 60, WHY_FULL },
            { { 0 }, 320, WHY_FULL } } },
        { "no sun is measured",
          SITE_SURPLUS,
          500,
          -1,
          { { { 0 }, 0, WHY_SURPLUS },
            { { .may_suspend = true }, 60, WHY_SURPLUS },
            { { 0 }, 0, WHY_SURPLUS } } },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct tree_node node = feed_of(cases[i].limit_da);
        struct site_evse evses[3];
        struct site_input input = input_of(&node, evses, 3);
        struct site_decision decision;
        struct arena arena;

        print_message("# %s\n", cases[i].name);
        input.mode = cases[i].mode;
        input.surplus_w = cases[i].surplus_w;
        for (int car = 0; car < 3; car++)
            evses[car] = with(cases[i].cars[car].evse, car);
        arena_init(&arena, NULL, 0);
        assert_int_equal(site_decide(&input, &arena, &decision), ERR_NONE);
        for (int car = 0; car < 3; car++) {
            const struct site_verdict *verdict = &decision.verdicts[car];
            print_message("#   %d A/10, why %d\n", verdict->target_da, verdict->why);
            assert_int_equal(verdict->target_da, cases[i].cars[car].target_da);
            assert_int_equal(verdict->why, cases[i].cars[car].why);
            assert_int_equal(verdict->node >= 0, verdict->why == WHY_SHARED ||
                                                     verdict->why == WHY_LIMIT ||
                                                     verdict->why == WHY_WAITS_TURN);
        }
        arena_reset(&arena);
    }
}

/* ------------------------------------------------------------------------------- calm */

static void rises_are_few_and_falls_are_at_once(void **state)
{
    static const struct {
        const char *name;
        uint8_t pilots;
        int32_t was_da, ago_s, limit_da, ramp_permille_s, target_da;
        enum site_why why;
        int32_t again_s; /* 0: never */
    } cases[] = {
        { "a rise", 0, 100, 30, 200, 0, 200, WHY_LIMIT, 0 },
        { "too soon", 0, 100, 29, 250, 0, 100, WHY_STEADY, 1 },
        { "too soon, and its limit keeps more from it", 0, 100, 29, 200, 0, 100, WHY_LIMIT, 1 },
        { "too small, and its limit is what holds it", 1, 200, 999, 209, 0, 200, WHY_LIMIT, 0 },
        { "less than 5 %, the same", 0, 300, 999, 310, 0, 300, WHY_LIMIT, 0 },
        { "too small, and nothing else holds it", 1, 315, 999, 999, 0, 315, WHY_STEADY, 0 },
        { "a fall, however small and soon", 1, 200, 0, 199, 0, 199, WHY_LIMIT, 0 },
        { "a ramp", 0, 100, 999, 320, 3, 120, WHY_RAMP, 30 }, /* 0.3 %/s of 32 A for 30 s: 2.88 A */
        { "a slow ramp", 0, 100, 999, 320, 1, 110, WHY_RAMP, 31 }, /* 0.032 A/s: 1 A after 31 s */
        { "a slow ramp, too soon", 0, 100, 30, 320, 1, 100, WHY_STEADY, 1 },
        { "a ramp does not slow a start", 0, 0, 999, 320, 1, 60, WHY_RAMP, 31 },
        { "what cannot be set any more", 2, 100, 5, 320, 0, 80, WHY_STEADY, 25 },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct tree_node node = feed_of(cases[i].limit_da);
        struct site_evse evse = car_of(1);
        struct site_input input = input_of(&node, &evse, 1);
        struct site_decision decision;
        struct arena arena;

        print_message("# %s\n", cases[i].name);
        input.rules.ramp_permille_s = cases[i].ramp_permille_s;
        evse.pilots = cases[i].pilots;
        evse.memory.target_da = cases[i].was_da;
        evse.memory.changed_at = NOW - cases[i].ago_s * 1000;
        evse.memory.switched_at = NOW - HOUR_MS;
        arena_init(&arena, NULL, 0);
        assert_int_equal(site_decide(&input, &arena, &decision), ERR_NONE);
        assert_int_equal(decision.verdicts[0].target_da, cases[i].target_da);
        assert_int_equal(decision.verdicts[0].why, cases[i].why);
        assert_int_equal(decision.verdicts[0].memory.target_da, cases[i].target_da);
        assert_true(decision.verdicts[0].memory.changed_at ==
                    (cases[i].target_da == cases[i].was_da ? evse.memory.changed_at : NOW));
        assert_true(decision.again_at == (cases[i].again_s ? NOW + cases[i].again_s * 1000 +
                                                                 (decision.again_at - NOW) % 1000
                                                           : UTC_NEVER));
        arena_reset(&arena);
    }
}

/* One of two can be on: they take turns, a quarter of an hour each. */
static void those_who_do_not_fit_take_turns(void **state)
{
    struct tree_node node = feed_of(100);
    struct site_evse evses[] = { car_of(1), car_of(2), car_of(3) };
    struct site_input input = input_of(&node, evses, 3);
    int on_minutes[3] = { 0 }, switches = 0;
    (void)state;
    for (int minute = 0; minute < 180; minute++) {
        struct site_decision decision;
        struct arena arena;
        int on = 0;

        arena_init(&arena, NULL, 0);
        assert_int_equal(site_decide(&input, &arena, &decision), ERR_NONE);
        for (int i = 0; i < 3; i++) {
            bool was = evses[i].memory.target_da > 0, is = decision.verdicts[i].target_da > 0;
            switches += was != is;
            on += is;
            on_minutes[i] += is;
            assert_true(is || decision.verdicts[i].why == WHY_WAITS_TURN ||
                        decision.verdicts[i].why == WHY_STEADY);
            evses[i].memory = decision.verdicts[i].memory;
        }
        assert_int_equal(on, 1);
        assert_true(decision.again_at > input.now);
        assert_true(decision.again_at <= input.now + 15 * MINUTE_MS);
        input.now += MINUTE_MS;
        arena_reset(&arena);
    }
    for (int i = 0; i < 3; i++)
        assert_int_equal(on_minutes[i], 60);
    assert_int_equal(switches, 1 + 2 * 11);
}

/* By need, too, where nobody knows what they need: what those leave of whom it is known is shared
 * as in mode equal. */
static void by_need_those_of_whom_nothing_is_known_take_turns(void **state)
{
    struct tree_node node = feed_of(250);
    struct site_evse evses[] = { car_of(1), car_of(2), car_of(3), car_of(4), car_of(5), car_of(6) };
    struct site_input input = input_of(&node, evses, COUNT(evses));
    int on_minutes[COUNT(evses)] = { 0 }, switches = 0;
    (void)state;
    input.mode = SITE_NEED;
    evses[5].need_wh = 2000; /* 21 minutes, in which the others have nothing */
    evses[5].departs_at = NOW + 10 * HOUR_MS;
    for (int minute = 0; minute < 10 * 60; minute++) {
        struct site_decision decision;
        struct arena arena;
        int on = 0;

        arena_init(&arena, NULL, 0);
        assert_int_equal(site_decide(&input, &arena, &decision), ERR_NONE);
        for (size_t i = 0; i < COUNT(evses); i++) {
            bool was = evses[i].memory.target_da > 0, is = decision.verdicts[i].target_da > 0;
            switches += was != is;
            on += is;
            on_minutes[i] += is;
            evses[i].memory = decision.verdicts[i].memory;
        }
        assert_in_range(on, 1, 4);
        if (evses[5].need_wh > 0)
            evses[5].need_wh -= decision.verdicts[5].target_da * 230 / 600;
        if (evses[5].need_wh < 0)
            evses[5].need_wh = 0;
        input.now += MINUTE_MS;
        arena_reset(&arena);
    }
    for (size_t i = 0; i < 5; i++)
        assert_in_range(on_minutes[i], 300, 500);
    assert_in_range(on_minutes[5], 20, 600);
    assert_in_range(switches, 40, 240);
}

/* Three that are equally pressed: who has more than the others keeps it for some minutes. */
static void cars_that_are_equally_pressed_do_not_change_places_all_the_time(void **state)
{
    enum { STEP_MS = 30000, STEPS = 120 };
    struct tree_node node = feed_of(400);
    struct site_evse evses[] = { car_of(1), car_of(2), car_of(3) };
    struct site_input input = input_of(&node, evses, COUNT(evses));
    int64_t need_ws[COUNT(evses)];
    int changes = 0;
    (void)state;
    input.mode = SITE_NEED;
    for (size_t i = 0; i < COUNT(evses); i++) {
        need_ws[i] = INT64_C(20000) * 3600;
        evses[i].departs_at = NOW + 6 * HOUR_MS;
    }
    for (int step = 0; step < STEPS; step++) {
        struct site_decision decision;
        struct arena arena;

        for (size_t i = 0; i < COUNT(evses); i++)
            evses[i].need_wh = need_ws[i] / 3600;
        arena_init(&arena, NULL, 0);
        assert_int_equal(site_decide(&input, &arena, &decision), ERR_NONE);
        for (size_t i = 0; i < COUNT(evses); i++) {
            int32_t da = decision.verdicts[i].target_da;
            changes += da != evses[i].memory.target_da;
            need_ws[i] -= (int64_t)da * 23 * STEP_MS / 1000;
            evses[i].memory = decision.verdicts[i].memory;
        }
        input.now += STEP_MS;
        arena_reset(&arena);
    }
    for (size_t i = 0; i < COUNT(evses); i++)
        assert_in_range(need_ws[i] / 3600, 20000 - 3066 - 1000, 20000 - 3066 + 1000);
    assert_in_range(changes, 3, 20); /* in an hour, of all three */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(input_that_is_none_is_refused),
        cmocka_unit_test(strange_numbers_are_borne),
        cmocka_unit_test(a_floor_above_a_limit_is_not_given),
        cmocka_unit_test(memory_that_is_out_is_told),
        cmocka_unit_test(each_gets_what_it_should),
        cmocka_unit_test(rises_are_few_and_falls_are_at_once),
        cmocka_unit_test(those_who_do_not_fit_take_turns),
        cmocka_unit_test(by_need_those_of_whom_nothing_is_known_take_turns),
        cmocka_unit_test(cars_that_are_equally_pressed_do_not_change_places_all_the_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
