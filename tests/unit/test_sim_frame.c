#include "test.h"

#include "sim/frame.h"

static void a_station_reads_frames_and_nothing_else(void **state)
{
    static const struct {
        const char *text;
        bool good;
        enum sim_frame_type type;
        const char *id, *action, *payload;
    } cases[] = {
        { "[2,\"a\",\"Reset\",{\"type\":\"Soft\"}]", true, SIM_FRAME_CALL, "a", "Reset",
          "{\"type\":\"Soft\"}" },
        { " [ 3 , \"b\" , { \"x\" : [ \"]\\\"}\" ] } ] ", true, SIM_FRAME_RESULT, "b", "",
          "{ \"x\" : [ \"]\\\"}\" ] }" },
        { "[4,\"c\",\"InternalError\",\"why\",{}]", true, SIM_FRAME_ERROR, "c", "InternalError",
          "" },
        { "[4,\"c\",\"InternalError\",\"why\"]", true, SIM_FRAME_ERROR, "c", "InternalError", "" },
        { "[3,\"q\\\"1\",{}]", true, SIM_FRAME_RESULT, "q\\\"1", "", "{}" },
        { "[6,\"a\",\"NotifyPeriodicEventStream\",{}]", false, 0, "", "", "" },
        { "[3,\"a\"]", false, 0, "", "", "" },
        { "[3,7,{}]", false, 0, "", "", "" },
        { "[3,\"a\",{}", false, 0, "", "", "" },
        { "[3,\"a\",{}]]", false, 0, "", "", "" },
        { "[3,\"a\",{},]", false, 0, "", "", "" },
        { "[2,\"a\",\"Reset\"]", false, 0, "", "", "" },
        { "[2,\"a\",\"Reset\",{},{},{}]", false, 0, "", "", "" },
        { "{}", false, 0, "", "", "" },
        { "[", false, 0, "", "", "" },
        { "[\"", false, 0, "", "", "" },
        { "", false, 0, "", "", "" },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct sim_frame frame;

        print_message("# %s\n", cases[i].text);
        assert_int_equal(sim_frame_read(str_of(cases[i].text), &frame), cases[i].good);
        if (!cases[i].good)
            continue;
        assert_int_equal(frame.type, cases[i].type);
        assert_str_equal(frame.id, str_of(cases[i].id));
        assert_str_equal(frame.action, str_of(cases[i].action));
        assert_str_equal(frame.payload, str_of(cases[i].payload));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_station_reads_frames_and_nothing_else),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
