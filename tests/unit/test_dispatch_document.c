#include "test_arena.h"

#include "base/time.h"
#include "dispatch/document.h"
#include "power_example.h"

static utc_ms moment(const char *text)
{
    enum time_flaw flaw;
    utc_ms at = 0;

    assert_true(time_parse(str_of(text), &at, &flaw));
    return at;
}

/* --- a world with stations A and B of this site, C of another, D that says 22 kW */

static const struct str stations[] = { STR_INIT("A"), STR_INIT("B"), STR_INIT("C"), STR_INIT("D") };

static int64_t station(void *context, struct str identity)
{
    (void)context;
    for (size_t i = 0; i < COUNT(stations); i++)
        if (str_equal(stations[i], identity))
            return (int64_t)i + 1;
    return 0;
}

static struct str elsewhere(void *context, int64_t row)
{
    (void)context;
    return row == 3 ? STR("Harbour") : STR_NONE;
}

static int64_t rating_w(void *context, int64_t row, int32_t evse)
{
    (void)context;
    return row == 4 && evse == 1 ? 22000 : 0;
}

static bool has_series(void *context, enum series_kind kind)
{
    (void)context;
    return kind == SERIES_CO2;
}

static const struct str *next(void *context, const struct str *before)
{
    (void)context;
    return before ? NULL : &stations[0];
}

static const struct document_around around = { .station = station,
                                               .elsewhere = elsewhere,
                                               .rating_w = rating_w,
                                               .has_series = has_series,
                                               .next = next };

#define GRID "{\"id\":\"g\",\"kind\":\"grid\",\"limit_a\":100}"
#define A    "{\"id\":\"a\",\"parent\":\"g\",\"kind\":\"station\",\"station\":\"A\",\"limit_a\":32}"

/* Each: nodes, and what is said of them first. */
static void what_contradicts_itself_is_named(void **state)
{
    static const struct {
        const char *name, *text, *path, *says;
    } cases[] = {
        { "no JSON", "{\"mode\":", "", "no JSON object" },
        { "no object", "[]", "", "no JSON object" },
        { "unknown member", "{\"modus\":\"equal\"}", "modus", "is not known" },
        { "unknown mode", "{\"mode\":\"fast\"}", "mode", "one of equal, priority" },
        { "nodes are no list", "{\"nodes\":{}}", "nodes", "no list" },
        { "node is no object", "{\"nodes\":[1]}", "nodes[0]", "no JSON object" },
        { "no id", "{\"nodes\":[{\"kind\":\"grid\"}]}", "nodes[0].id", "is missing" },
        { "empty id", "{\"nodes\":[{\"id\":\"\",\"kind\":\"grid\"}]}", "nodes[0].id", "letters" },
        { "unknown kind", "{\"nodes\":[{\"id\":\"g\",\"kind\":\"gird\"}]}", "nodes[0].kind",
          "is not known" },
        { "id twice", "{\"nodes\":[" GRID "," GRID "]}", "nodes[1].id", "is there twice" },
        { "unknown parent",
          "{\"nodes\":[" GRID ",{\"id\":\"p\",\"kind\":\"panel\",\"parent\":\"x\"}]}",
          "nodes[1].parent", "There is no node x" },
        { "cycle of two",
          "{\"nodes\":[{\"id\":\"p\",\"kind\":\"panel\",\"parent\":\"q\"},"
          "{\"id\":\"q\",\"kind\":\"panel\",\"parent\":\"p\"}]}",
          "nodes[0].parent", "in a circle: p → q → p" },
        { "its own parent", "{\"nodes\":[{\"id\":\"p\",\"kind\":\"panel\",\"parent\":\"p\"}]}",
          "nodes[0].parent", "in a circle: p → p" },
        { "no grid at the top", "{\"nodes\":[{\"id\":\"p\",\"kind\":\"panel\"}]}",
          "nodes[0].parent", "has no parent" },
        { "EVSE at the top", "{\"nodes\":[{\"id\":\"e\",\"kind\":\"evse\",\"evse\":1}]}",
          "nodes[0].parent", "has no parent" },
        { "grid below", "{\"nodes\":[" GRID ",{\"id\":\"h\",\"kind\":\"grid\",\"parent\":\"g\"}]}",
          "nodes[1].parent", "stands at the top" },
        { "panel below a station",
          "{\"nodes\":[" GRID "," A ",{\"id\":\"p\",\"kind\":\"panel\",\"parent\":\"a\"}]}",
          "nodes[2].parent", "only its EVSEs" },
        { "zero limit", "{\"nodes\":[{\"id\":\"g\",\"kind\":\"grid\",\"limit_a\":0}]}",
          "nodes[0].limit_a", "more than zero" },
        { "negative limit", "{\"nodes\":[{\"id\":\"g\",\"kind\":\"grid\",\"limit_w\":-5}]}",
          "nodes[0].limit_w", "more than zero" },
        { "zero on one phase",
          "{\"nodes\":[{\"id\":\"g\",\"kind\":\"grid\",\"limit_phases_a\":[63,0,63]}]}",
          "nodes[0].limit_phases_a", "more than zero" },
        { "two phases of three",
          "{\"nodes\":[{\"id\":\"g\",\"kind\":\"grid\",\"limit_phases_a\":[63,63]}]}",
          "nodes[0].limit_phases_a", "too few" },
        { "a hundredth of an ampere",
          "{\"nodes\":[{\"id\":\"g\",\"kind\":\"grid\",\"limit_a\":63.05}]}", "nodes[0].limit_a",
          "too many decimals" },
        { "a text for a limit", "{\"nodes\":[{\"id\":\"g\",\"kind\":\"grid\",\"limit_a\":\"63\"}]}",
          "nodes[0].limit_a", "wrong type" },
        { "kW for W",
          "{\"nodes\":[{\"id\":\"g\",\"kind\":\"grid\",\"limit_a\":63,\"limit_w\":43}]}",
          "nodes[0].limit_w", "another unit" },
        { "phase that is none",
          "{\"nodes\":[{\"id\":\"g\",\"kind\":\"grid\",\"limit_a\":63,\"phases\":[\"L4\"]}]}",
          "nodes[0].phases", "L1, L2, L3" },
        { "EVSE on a phase that is not there",
          "{\"nodes\":[{\"id\":\"g\",\"kind\":\"grid\",\"limit_a\":63,\"phases\":[\"L1\"]},"
          "{\"id\":\"a\",\"parent\":\"g\",\"kind\":\"station\",\"station\":\"A\",\"limit_a\":16,"
          "\"wires\":\"L2\"}]}",
          "nodes[1].wires", "does not exist at g" },
        { "unknown station",
          "{\"nodes\":[" GRID ",{\"id\":\"z\",\"parent\":\"g\",\"kind\":\"station\",\"station\":"
          "\"Z\",\"limit_a\":16}]}",
          "nodes[1].station", "There is no station Z" },
        { "station of another site",
          "{\"nodes\":[" GRID ",{\"id\":\"c\",\"parent\":\"g\",\"kind\":\"station\",\"station\":"
          "\"C\",\"limit_a\":16}]}",
          "nodes[1].station", "belongs to the site Harbour" },
        { "station in two places",
          "{\"nodes\":[" GRID "," A ",{\"id\":\"b\",\"parent\":\"g\",\"kind\":\"station\","
          "\"station\":\"A\",\"limit_a\":16}]}",
          "nodes[2].station", "stands in two places: a and b" },
        { "station without a name",
          "{\"nodes\":[" GRID ",{\"id\":\"s\",\"parent\":\"g\",\"kind\":\"station\"}]}",
          "nodes[1].station", "names its station" },
        { "station without a rating",
          "{\"nodes\":[" GRID
          ",{\"id\":\"a\",\"parent\":\"g\",\"kind\":\"station\",\"station\":\"A\"}]}",
          "nodes[1].limit_a", "Nothing says what a can draw" },
        { "EVSE twice",
          "{\"nodes\":[" GRID "," A ",{\"id\":\"1\",\"parent\":\"a\",\"kind\":\"evse\",\"evse\":1},"
          "{\"id\":\"2\",\"parent\":\"a\",\"kind\":\"evse\",\"evse\":1}]}",
          "nodes[3].evse", "EVSE 1 twice" },
        { "least current too low",
          "{\"nodes\":[" GRID ",{\"id\":\"a\",\"parent\":\"g\",\"kind\":\"station\",\"station\":"
          "\"A\",\"limit_a\":16,\"min_a\":4}]}",
          "nodes[1].min_a", "6 A" },
        { "fail-safe above the breaker",
          "{\"nodes\":[" GRID ",{\"id\":\"a\",\"parent\":\"g\",\"kind\":\"station\",\"station\":"
          "\"A\",\"limit_a\":16,\"fail_safe_a\":32}]}",
          "nodes[1].fail_safe_a", "It is 0, or from" },
        { "steps that do not ascend",
          "{\"nodes\":[" GRID ",{\"id\":\"a\",\"parent\":\"g\",\"kind\":\"station\",\"station\":"
          "\"A\",\"limit_a\":16,\"pilots_a\":[6,16,10]}]}",
          "nodes[1].pilots_a", "ascend" },
        { "volts of a battery",
          "{\"nodes\":[{\"id\":\"g\",\"kind\":\"grid\",\"limit_a\":9,\"volts\":0},"
          "{\"id\":\"a\",\"parent\":\"g\",\"kind\":\"station\",\"station\":\"A\",\"limit_w\":7000}]"
          "}",
          "nodes[0].volts", "a number from 50 to 1000" },
        { "more current than there is",
          "{\"nodes\":[{\"id\":\"g\",\"kind\":\"grid\",\"limit_a\":1e12,\"load_a\":1e12}]}",
          "nodes[0].limit_a", "out of range" },
        { "a breaker in mA",
          "{\"nodes\":[" GRID ",{\"id\":\"a\",\"parent\":\"g\",\"kind\":\"station\",\"station\":"
          "\"A\",\"limit_a\":32000}]}",
          "nodes[1].limit_a", "another unit" },
        { "a load beyond any site",
          "{\"nodes\":[{\"id\":\"g\",\"kind\":\"grid\",\"load_a\":60000}]}", "nodes[0].load_a",
          "another unit" },
        { "wires of a panel",
          "{\"nodes\":[" GRID
          ",{\"id\":\"p\",\"parent\":\"g\",\"kind\":\"panel\",\"wires\":\"L1\"}]}",
          "nodes[1].wires", "Only stations" },
        { "two transformers on a path",
          "{\"nodes\":[{\"id\":\"g\",\"kind\":\"grid\",\"limit_a\":100},"
          "{\"id\":\"s\",\"parent\":\"g\",\"kind\":\"transformer\",\"primary_volts\":12000,"
          "\"volts\":277},{\"id\":\"t\",\"parent\":\"s\",\"kind\":\"transformer\","
          "\"primary_volts\":480,\"volts\":120}]}",
          "nodes[2].primary_volts", "below the transformer s" },
        { "hours without a limit",
          "{\"nodes\":[{\"id\":\"g\",\"kind\":\"grid\",\"limit_a\":9,\"times\":[{\"from\":\"10:"
          "00\","
          "\"to\":\"11:00\"}]}]}",
          "nodes[0].times[0]", "hours but no limit" },
        { "no time of day",
          "{\"nodes\":[{\"id\":\"g\",\"kind\":\"grid\",\"limit_a\":9,\"times\":[{\"from\":\"25:"
          "00\","
          "\"to\":\"11:00\",\"limit_a\":5}]}]}",
          "nodes[0].times[0]", "25:00" },
        { "no day",
          "{\"nodes\":[{\"id\":\"g\",\"kind\":\"grid\",\"limit_a\":9,\"times\":[{\"from\":\"10:"
          "00\","
          "\"to\":\"11:00\",\"limit_a\":5,\"days\":[\"Monday\"]}]}]}",
          "nodes[0].times[0]", "Monday" },
        { "meter at no node",
          "{\"nodes\":[" GRID "],\"meters\":[{\"id\":\"m\",\"node\":\"x\",\"source\":\"push\","
          "\"measures\":\"node\"}]}",
          "meters[0].node", "There is no node x" },
        { "meter in mA",
          "{\"nodes\":[" GRID "],\"meters\":[{\"id\":\"m\",\"node\":\"g\",\"source\":\"push\","
          "\"measures\":\"node\",\"safe_a\":40000}]}",
          "meters[0].safe_a", "are these mA?" },
        { "meter in mW",
          "{\"nodes\":[" GRID "],\"meters\":[{\"id\":\"m\",\"node\":\"g\",\"source\":\"push\","
          "\"measures\":\"node\",\"safe_w\":40000000}]}",
          "meters[0].safe_w", "4000000" },
        { "Modbus meter without an address",
          "{\"nodes\":[" GRID "],\"meters\":[{\"id\":\"m\",\"node\":\"g\",\"source\":\"modbus\","
          "\"measures\":\"node\",\"map\":\"sunspec-meter\"}]}",
          "meters[0].address", "has an address" },
        { "register map that is none",
          "{\"nodes\":[" GRID "],\"meters\":[{\"id\":\"m\",\"node\":\"g\",\"source\":\"modbus\","
          "\"measures\":\"node\",\"address\":\"192.0.2.7\",\"map\":\"solarmax\"}]}",
          "meters[0].map", "there are eastron-sdm630" },
        { "address that is none",
          "{\"nodes\":[" GRID "],\"meters\":[{\"id\":\"m\",\"node\":\"g\",\"source\":\"modbus\","
          "\"measures\":\"node\",\"address\":\"192.0.2.7:port\",\"map\":\"sunspec-meter\"}]}",
          "meters[0].address", "is written like" },
        { "a current in kW",
          "{\"nodes\":[" GRID "],\"meters\":[{\"id\":\"m\",\"node\":\"g\",\"source\":\"mqtt\","
          "\"measures\":\"node\",\"address\":\"b\",\"topic\":\"t\",\"values\":[{\"what\":"
          "\"current_l1\",\"unit\":\"kW\"}]}]}",
          "meters[0].values[0]", "not measured in kW" },
        { "a file elsewhere",
          "{\"nodes\":[" GRID "],\"meters\":[{\"id\":\"m\",\"node\":\"g\",\"source\":\"mqtt\","
          "\"measures\":\"node\",\"address\":\"b\",\"topic\":\"t\",\"password_file\":"
          "\"/etc/shadow\",\"values\":[{\"what\":\"power\",\"unit\":\"W\"}]}]}",
          "meters[0].password_file", "name alone" },
        { "price without a price", "{\"prices\":[{\"from\":\"10:00\",\"to\":\"11:00\"}]}",
          "prices[0].price_minor_per_kwh", "missing" },
        { "month that is none", "{\"prices\":[{\"months\":[13],\"price_minor_per_kwh\":1}]}",
          "prices[0].months[0]", "out of range" },
        { "more than its battery",
          "{\"fleet\":[{\"token\":\"T\",\"battery_wh\":50000,\"need_wh\":60000}]}",
          "fleet[0].need_wh", "battery of 50000 Wh" },
        { "no battery is that large", "{\"fleet\":[{\"token\":\"T\",\"battery_wh\":50000000}]}",
          "fleet[0].battery_wh", "another unit" },
        { "vehicle twice", "{\"fleet\":[{\"token\":\"T\"},{\"token\":\"t\"}]}", "fleet[1].token",
          "is there twice" },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct document_findings findings;
        struct document document;
        const struct document_finding *first;
        print_message("# %s\n", cases[i].name);
        assert_int_equal(
            document_read(str_of(cases[i].text), &around, &arena, &document, &findings),
            ERR_BAD_VALUE);
        assert_true(findings.errors > 0);
        for (first = findings.list; !first->is_error;)
            first++;
        assert_str_equal(first->path, str_of(cases[i].path));
        if (!str_contains_nocase(first->sentence.text, str_of(cases[i].says))) {
            print_error("says \"%.*s\"\n", STR_ARGS(first->sentence.text));
            fail();
        }
    }
}

static void doubts_are_told_and_do_not_refuse(void **state)
{
    static const struct {
        const char *name, *text, *path, *says;
    } cases[] = {
        { "child above its parent",
          "{\"nodes\":[" GRID "," A
          ",{\"id\":\"p\",\"parent\":\"g\",\"kind\":\"panel\",\"limit_a\":125}]}",
          "nodes[2].limit_a", "125 A is above the 100 A of g" },
        { "nothing limits", "{\"nodes\":[{\"id\":\"g\",\"kind\":\"grid\"}]}", "nodes[0].limit_a",
          "no limit" },
        { "load above the limit",
          "{\"nodes\":[{\"id\":\"g\",\"kind\":\"grid\",\"limit_a\":20,\"load_a\":19,"
          "\"margin_percent\":10}]}",
          "nodes[0].load_a", "20.9 A with its margin" },
        { "fail-safes above the limit",
          "{\"nodes\":[{\"id\":\"g\",\"kind\":\"grid\",\"limit_a\":20},"
          "{\"id\":\"a\",\"parent\":\"g\",\"kind\":\"station\",\"station\":\"A\",\"limit_a\":16,"
          "\"fail_safe_a\":16},"
          "{\"id\":\"b\",\"parent\":\"g\",\"kind\":\"station\",\"station\":\"B\",\"limit_a\":16,"
          "\"fail_safe_a\":10}]}",
          "nodes[0].limit_a", "6 A more than it allows on L1" },
        { "station without a node", "{\"nodes\":[" GRID "]}", "nodes", "Station A belongs" },
        { "breaker below the rating",
          "{\"nodes\":[" GRID "," A ",{\"id\":\"d\",\"parent\":\"g\",\"kind\":\"station\","
          "\"station\":\"D\",\"limit_a\":16}]}",
          "nodes[2].limit_a", "22000 W" },
        { "cheapest without prices", "{\"mode\":\"cheapest\",\"nodes\":[" GRID "," A "]}", "mode",
          "no prices yet" },
        { "surplus without a meter", "{\"mode\":\"surplus\",\"nodes\":[" GRID "," A "]}", "mode",
          "No meter measures solar" },
        { "solar without a meter",
          "{\"nodes\":[{\"id\":\"g\",\"kind\":\"grid\",\"limit_a\":20,\"solar_peak_w\":5000}," A
          "]}",
          "nodes[0].solar_peak_w", "counts as nothing" },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct document_findings findings;
        struct document document;
        bool found = false;
        print_message("# %s\n", cases[i].name);
        assert_int_equal(
            document_read(str_of(cases[i].text), &around, &arena, &document, &findings), ERR_NONE);
        for (uint32_t f = 0; f < findings.count; f++) {
            print_message("#   %.*s: %.*s\n", STR_ARGS(findings.list[f].path),
                          STR_ARGS(findings.list[f].sentence.text));
            found |= str_equal(findings.list[f].path, str_of(cases[i].path)) &&
                     str_contains_nocase(findings.list[f].sentence.text, str_of(cases[i].says));
        }
        assert_true(found);
    }
}

/* --- the example of the docs */

static struct str example = STR_INIT(power_example);

static void read_example(struct document *document)
{
    struct document_findings findings;
    enum err err = document_read(example, NULL, &arena, document, &findings);

    for (uint32_t f = 0; f < findings.count; f++)
        print_message("# %.*s: %.*s\n", STR_ARGS(findings.list[f].path),
                      STR_ARGS(findings.list[f].sentence.text));
    assert_int_equal(err, ERR_NONE);
    assert_int_equal(findings.count, 0);
}

static void the_example_becomes_a_tree(void **state)
{
    const struct document_evse *third, *fast;
    struct document document;
    struct tree_node nodes[16];
    (void)state;
    read_example(&document);
    assert_int_equal(document.mode, SITE_CHEAP);
    assert_int_equal(document.node_count, 8);
    assert_int_equal(document.evse_count, 5);
    for (uint32_t i = 0; i < document.node_count; i++)
        assert_true(document.nodes[i].tree.parent < (int32_t)i);
    /* The load lies on all phases alike, with its margin. */
    assert_int_equal(document.nodes[0].tree.base_w, 13200);
    assert_int_equal(document.nodes[0].tree.base_da[0], 192);
    third = &document.evses[document_find_evse(&document, STR("CP-3"), 1)];
    assert_int_equal(third->leaf.wires, WIRE_BIT(WIRE_L3)); /* its terminal 1 sits on T */
    assert_int_equal(third->leaf.wires_live, 1);
    assert_int_equal(third->max_da, 320);
    assert_int_equal(third->class, CLASS_PLAN);
    assert_int_equal(third->fail_safe_da, -1);
    fast = &document.evses[document_find_evse(&document, STR("HPC"), 1)];
    assert_true(fast->is_dc);
    assert_int_equal(fast->max_da, 916); /* 60 kW / 0.95 / 690 V, rounded up */
    assert_int_equal(fast->fail_safe_da, 100);
    assert_false(fast->may_suspend);
    assert_int_equal(document_find_evse(&document, STR("HPC"), 3), DOCUMENT_NONE);
    assert_int_equal(document.pilots_count, 1);

    /* Monday 30 November 2026, 17:30 in Berlin, and Saturday. */
    document_tree(&document, zone_find(STR("Europe/Berlin")), moment("2026-11-30T16:30:00Z"),
                  nodes);
    assert_int_equal(nodes[0].limit_da[2], 1250);
    document_tree(&document, zone_find(STR("Europe/Berlin")), moment("2026-11-28T16:30:00Z"),
                  nodes);
    assert_int_equal(nodes[0].limit_da[2], 2500);
    assert_int_equal(document_next_change(&document, zone_find(STR("Europe/Berlin")),
                                          moment("2026-11-30T16:30:00Z")),
                     moment("2026-11-30T17:00:00Z")); /* a price, at 18:00 */
}

static void prices_follow_the_clock(void **state)
{
    static const struct {
        const char *at;
        int64_t milli;
    } cases[] = {
        { "2026-07-01T10:30:00Z", 26668 }, /* 12:30 on a Wednesday in July */
        { "2026-07-05T10:30:00Z", 9250 },  /* a Sunday */
        { "2026-07-01T20:59:59Z", 9250 },  { "2026-07-01T21:00:00Z", 5623 },
        { "2026-01-01T06:59:59Z", 5623 },  { "2026-01-01T07:00:00Z", 9250 },
    };
    struct document document;
    (void)state;
    read_example(&document);
    for (size_t i = 0; i < COUNT(cases); i++) {
        int64_t milli = 0;
        print_message("# %s\n", cases[i].at);
        assert_true(document_price(&document, zone_find(STR("Europe/Berlin")), moment(cases[i].at),
                                   &milli));
        assert_int_equal(milli, cases[i].milli);
    }
}

static void vehicles_know_when_they_leave(void **state)
{
    const struct zone *berlin = zone_find(STR("Europe/Berlin"));
    const struct document_vehicle *van;
    struct document document;
    (void)state;
    read_example(&document);
    assert_null(document_vehicle(&document, STR("VAN-2")));
    van = document_vehicle(&document, STR("van-1"));
    assert_non_null(van);
    /* Friday evening → Monday; and over the night of the clock change. */
    assert_int_equal(document_ready_at(van, berlin, moment("2026-11-27T17:00:00Z")),
                     moment("2026-11-30T05:30:00Z"));
    assert_int_equal(document_ready_at(van, berlin, moment("2026-10-23T17:00:00Z")),
                     moment("2026-10-26T05:30:00Z"));
    assert_int_equal(document_departure(&document, berlin, moment("2026-10-24T16:00:00Z")),
                     moment("2026-10-25T16:00:00Z"));
}

static void hours_hold_over_midnight_and_the_change_of_the_clock(void **state)
{
    static const char text[] =
        "{\"nodes\":[{\"id\":\"g\",\"kind\":\"grid\",\"limit_a\":100,\"times\":["
        "{\"days\":[\"sat\"],\"from\":\"22:00\",\"to\":\"03:00\",\"limit_a\":50}]}]}";
    static const struct {
        const char *at;
        int32_t da;
    } cases[] = {
        { "2026-10-24T19:59:59Z", 1000 }, { "2026-10-24T20:00:00Z", 500 },
        { "2026-10-25T00:59:59Z", 500 }, /* 02:59:59, summer */
        { "2026-10-25T01:00:00Z", 500 }, /* 02:00 again */
        { "2026-10-25T01:59:59Z", 500 },  { "2026-10-25T02:00:00Z", 1000 },
        { "2026-10-25T21:00:00Z", 1000 }, /* Sunday */
    };
    const struct zone *berlin = zone_find(STR("Europe/Berlin"));
    struct document_findings findings;
    struct document document;
    struct tree_node node;
    (void)state;
    assert_int_equal(document_read(STR(text), NULL, &arena, &document, &findings), ERR_NONE);
    for (size_t i = 0; i < COUNT(cases); i++) {
        print_message("# %s\n", cases[i].at);
        document_tree(&document, berlin, moment(cases[i].at), &node);
        assert_int_equal(node.limit_da[0], cases[i].da);
    }
    /* Each change is among those that are announced. */
    assert_int_equal(document_next_change(&document, berlin, moment("2026-10-24T20:00:00Z")),
                     moment("2026-10-25T01:00:00Z"));
    assert_int_equal(document_next_change(&document, berlin, moment("2026-10-25T01:00:00Z")),
                     moment("2026-10-25T02:00:00Z"));
}

static void what_is_kept_reads_the_same(void **state)
{
    struct document first, second;
    (void)state;
    read_example(&first);
    example = first.text;
    read_example(&second);
    assert_str_equal(second.text, first.text);
    assert_int_equal(second.node_count, first.node_count);
    assert_int_equal(second.evse_count, first.evse_count);
}

static void a_delta_wye_transformer_has_its_ratio(void **state)
{
    static const char text[] =
        "{\"nodes\":[{\"id\":\"g\",\"kind\":\"grid\",\"limit_a\":200,\"volts\":277},"
        "{\"id\":\"t\",\"parent\":\"g\",\"kind\":\"transformer\",\"limit_a\":400,"
        "\"primary_volts\":480,\"volts\":120},"
        "{\"id\":\"a\",\"parent\":\"t\",\"kind\":\"station\",\"station\":\"A\",\"limit_a\":32,"
        "\"wires\":\"L12\",\"rotation\":\"STR\"}]}";
    struct document_findings findings;
    struct document document;
    (void)state;
    assert_int_equal(document_read(STR(text), NULL, &arena, &document, &findings), ERR_NONE);
    assert_int_equal(findings.count, 0); /* 400 A of the secondary side are not above 200 A */
    assert_int_equal(document.nodes[1].tree.ratio_permille, 4000);
    assert_int_equal(document.evses[0].leaf.volts, 208);
    assert_int_equal(document.evses[0].leaf.wires, WIRE_BIT(WIRE_L23));
}

static void unknown_wires_are_all_that_are_there(void **state)
{
    static const char text[] =
        "{\"nodes\":[{\"id\":\"g\",\"kind\":\"grid\",\"limit_a\":200,\"phases\":[\"L1\",\"L3\"]},"
        "{\"id\":\"a\",\"parent\":\"g\",\"kind\":\"station\",\"station\":\"A\",\"limit_a\":32,"
        "\"wires\":\"unknown\"}]}";
    struct document_findings findings;
    struct document document;
    (void)state;
    assert_int_equal(document_read(STR(text), NULL, &arena, &document, &findings), ERR_NONE);
    assert_int_equal(document.evses[0].leaf.wires, WIRE_BIT(WIRE_L1) | WIRE_BIT(WIRE_L3));
    assert_int_equal(document.evses[0].leaf.wires_live, 1);
    assert_int_equal(document.nodes[0].tree.limit_da[1], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ARENA_TEST(what_contradicts_itself_is_named),
        ARENA_TEST(doubts_are_told_and_do_not_refuse),
        ARENA_TEST(the_example_becomes_a_tree),
        ARENA_TEST(prices_follow_the_clock),
        ARENA_TEST(vehicles_know_when_they_leave),
        ARENA_TEST(hours_hold_over_midnight_and_the_change_of_the_clock),
        ARENA_TEST(what_is_kept_reads_the_same),
        ARENA_TEST(a_delta_wye_transformer_has_its_ratio),
        ARENA_TEST(unknown_wires_are_all_that_are_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
