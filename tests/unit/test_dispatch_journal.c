#include "test.h"

#include "base/rand.h"
#include "dispatch/journal.h"

static struct arena arena;

static int reset(void **state)
{
    (void)state;
    arena_reset(&arena);
    arena_init(&arena, NULL, 0);
    return 0;
}

static uint32_t below(struct rand *rand, uint32_t count)
{
    return (uint32_t)rand_below(rand, count);
}

static int64_t any(struct rand *rand, int64_t least, int64_t most)
{
    static const int64_t odd[] = { INT64_MIN, INT64_MAX, 0, -1, 1 };
    int64_t value = below(rand, 4) ? (int64_t)rand_next(rand) : odd[below(rand, COUNT(odd))];

    if ((uint64_t)most - (uint64_t)least < 1000)
        return least + (int64_t)below(rand, (uint32_t)(most - least + 1));
    return value < least ? least : value > most ? most : value;
}

static void fill_memory(struct rand *rand, struct site_memory *memory)
{
    memory->target_da = (int32_t)any(rand, INT32_MIN, INT32_MAX);
    memory->changed_at = any(rand, INT64_MIN, INT64_MAX);
    memory->reclaim_samples = (uint8_t)any(rand, 0, 255);
    memory->turn_ends_at = any(rand, INT64_MIN, INT64_MAX);
}

static void fill_evse(struct rand *rand, const struct site_input *input, struct site_evse *evse)
{
    evse->id = any(rand, INT64_MIN, INT64_MAX);
    evse->leaf.node = below(rand, input->node_count);
    evse->leaf.wires = (wire_set)any(rand, 1, 63);
    evse->leaf.wires_live = (uint8_t)any(rand, 1, 3);
    evse->leaf.volts = (int16_t)any(rand, INT16_MIN, INT16_MAX);
    evse->plugged = below(rand, 2) == 1;
    evse->controlled = below(rand, 2) == 1;
    evse->may_suspend = below(rand, 2) == 1;
    evse->class = (uint8_t)below(rand, CLASS_COUNT);
    evse->weight = (uint16_t)any(rand, 0, UINT16_MAX);
    evse->pilots = (uint8_t)below(rand, input->pilots_count);
    evse->max_da = (int32_t)any(rand, INT32_MIN, INT32_MAX);
    evse->departs_at = any(rand, INT64_MIN, INT64_MAX);
    evse->need_wh = any(rand, INT64_MIN, INT64_MAX);
    fill_memory(rand, &evse->memory);
}

static void fill(struct rand *rand, struct site_input *input, struct site_decision *decision)
{
    struct tree_node *nodes;
    struct site_evse *evses;
    struct site_pilots *pilots;

    *input = (struct site_input){ .now = any(rand, 0, INT64_MAX - 1),
                                  .mode = (uint8_t)below(rand, SITE_MODE_COUNT),
                                  .surplus_w = any(rand, INT64_MIN, INT64_MAX),
                                  .node_count = 1 + below(rand, 9),
                                  .evse_count = below(rand, 9),
                                  .pilots_count = 1 + below(rand, 3) };
    input->rules = site_rules_default();
    input->rules.hold_ms = (int32_t)any(rand, INT32_MIN, INT32_MAX);
    nodes = ARENA_NEW_ARRAY(&arena, struct tree_node, input->node_count);
    evses = ARENA_NEW_ARRAY(&arena, struct site_evse, input->evse_count);
    pilots = ARENA_NEW_ARRAY(&arena, struct site_pilots, input->pilots_count);
    input->nodes = nodes;
    input->evses = evses;
    input->pilots = pilots;
    for (uint32_t i = 0; i < input->node_count; i++) {
        nodes[i].parent = (int32_t)any(rand, -1, 8);
        for (int line = 0; line < LINE_COUNT; line++)
            nodes[i].limit_da[line] = (int32_t)any(rand, 0, INT32_MAX);
        nodes[i].limit_w = any(rand, 0, INT64_MAX);
        nodes[i].base_w = any(rand, INT64_MIN, INT64_MAX);
    }
    for (uint32_t i = 0; i < input->pilots_count; i++) {
        pilots[i].count = (uint8_t)below(rand, PILOTS_MAX + 1);
        for (uint32_t k = 0; k < pilots[i].count; k++)
            pilots[i].list_da[k] = (int32_t)any(rand, 0, INT32_MAX);
    }
    decision->again_at = any(rand, INT64_MIN, INT64_MAX);
    decision->verdicts = ARENA_NEW_ARRAY(&arena, struct site_verdict, input->evse_count);
    for (uint32_t i = 0; i < input->evse_count; i++) {
        fill_evse(rand, input, &evses[i]);
        decision->verdicts[i].why = (uint8_t)below(rand, WHY_COUNT);
        decision->verdicts[i].laxity_s = any(rand, INT64_MIN, INT64_MAX);
        decision->verdicts[i].line = (int8_t)any(rand, -1, 2);
        fill_memory(rand, &decision->verdicts[i].memory);
    }
}

static struct str written(const struct site_input *input, const struct site_decision *decision)
{
    struct json_writer json;
    struct buf *buf = ARENA_NEW(&arena, struct buf);

    buf_init_arena(buf, &arena, 1u << 24);
    json = json_writer(buf);
    decision_write(&json, input, decision);
    assert_false(buf->overflow);
    return buf_str(buf);
}

static void what_was_written_is_read_again(void **state)
{
    struct rand rand = { 7 };

    (void)state;
    for (int round = 0; round < 200; round++) {
        struct site_input input, again;
        struct site_decision decision, told;
        struct str text;
        fill(&rand, &input, &decision);
        text = written(&input, &decision);
        assert_int_equal(decision_read(text, &arena, &again, &told), ERR_NONE);
        assert_str_equal(written(&again, &told), text);
        assert_true(decision_same(&decision, &told, input.evse_count));
        assert_int_equal(again.now, input.now);
        assert_memory_equal(again.nodes, input.nodes, input.node_count * sizeof *input.nodes);
        (void)reset(NULL);
    }
}

static void a_page_that_is_cut_or_odd_is_no_decision(void **state)
{
    static const struct {
        struct str text;
        enum err err;
    } cases[] = {
        { STR_INIT(""), ERR_BAD_FORMAT },
        { STR_INIT("[]"), ERR_BAD_FORMAT },
        { STR_INIT("{\"version\":2,\"at\":1,\"again_at\":1,\"input\":{}}"), ERR_BAD_VALUE },
        { STR_INIT("{\"version\":1,\"at\":1,\"again_at\":1,\"input\":{}}"), ERR_BAD_FORMAT },
        { STR_INIT("{\"version\":1,\"at\":1,\"again_at\":1,\"input\":{\"mode\":6,\"surplus_w\":0,"
                   "\"rules\":{}},\"verdicts\":[]}"),
          ERR_BAD_VALUE },
        { STR_INIT("{\"version\":1,\"at\":1,\"again_at\":1,\"input\":{\"mode\":0,\"surplus_w\":0,"
                   "\"rules\":{},\"pilots\":[{}],\"nodes\":[{}],\"evses\":[{\"node\":1}]},"
                   "\"verdicts\":[{}]}"),
          ERR_BAD_VALUE },
        { STR_INIT("{\"version\":1,\"at\":1,\"again_at\":1,\"input\":{\"mode\":0,\"surplus_w\":0,"
                   "\"rules\":{},\"pilots\":[{}],\"nodes\":[{}],\"evses\":[{}]},\"verdicts\":[]}"),
          ERR_BAD_VALUE },
        { STR_INIT("{\"version\":1,\"at\":1,\"again_at\":1,\"input\":{\"mode\":0,\"surplus_w\":0,"
                   "\"rules\":{},\"pilots\":[{\"count\":41}],\"nodes\":[{}],\"evses\":[]},"
                   "\"verdicts\":[]}"),
          ERR_BAD_VALUE },
        { STR_INIT("{\"version\":1,\"at\":1,\"again_at\":1,\"input\":{\"mode\":0,\"surplus_w\":0,"
                   "\"rules\":{},\"nodes\":[{\"limit_da\":[1,2]}]},\"verdicts\":[]}"),
          ERR_BAD_FORMAT },
        { STR_INIT("{\"version\":1,\"at\":1,\"again_at\":\"max\",\"input\":{\"mode\":0,"
                   "\"surplus_w\":0,\"rules\":{},\"nodes\":[{\"later\":[1,2]}]},\"verdicts\":[]}"),
          ERR_NONE },
    };
    struct rand rand = { 9 };
    struct site_input input;
    struct site_decision decision;
    struct str text;

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        print_message("# %zu\n", i);
        assert_int_equal(decision_read(cases[i].text, &arena, &input, &decision), cases[i].err);
    }
    fill(&rand, &input, &decision);
    text = written(&input, &decision);
    for (uint32_t len = 0; len < text.len; len++)
        assert_int_not_equal(decision_read(str_first(text, len), &arena, &input, &decision),
                             ERR_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(what_was_written_is_read_again, reset),
        cmocka_unit_test_setup(a_page_that_is_cut_or_odd_is_no_decision, reset),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);

    arena_reset(&arena);
    return failed;
}
