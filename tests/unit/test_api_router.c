#include "test_arena.h"

#include "api/router.h"
#include "api/topics.h"

static struct request request;
static struct str allowed;

static enum err go(const char *method, const char *target)
{
    request = (struct request){ .method = str_of(method), .target = str_of(target) };
    return route(&request, &arena, &allowed);
}

static void a_path_finds_its_operation_and_arguments(void **state)
{
    static const struct {
        const char *method, *target, *pattern, *args[3];
    } cases[] = {
        { "GET", "/api/v1/stations", "/stations", { NULL } },
        { "GET", "/api/v1/stations/CP-1", "/stations/{id}", { "CP-1" } },
        { "POST", "/api/v1/stations/import", "/stations/import", { NULL } },
        { "GET", "/api/v1/stations/import", "/stations/{id}", { "import" } },
        { "GET", "/api/v1/tokens/unknown", "/tokens/unknown", { NULL } },
        { "PATCH", "/api/v1/tokens/unknown", "/tokens/{id}", { "unknown" } },
        { "POST",
          "/api/v1/stations/A%2FB/commands/reset",
          "/stations/{id}/commands/{name}",
          { "A/B", "reset" } },
        { "PATCH",
          "/api/v1/stations/x/connectors/2/1",
          "/stations/{id}/connectors/{evse}/{connector}",
          { "x", "2", "1" } },
        { "GET", "/api/v1/tokens/a+b%20c", "/tokens/{id}", { "a+b c" } },
        { "GET", "/api/v1/sessions.csv?limit=5", "/sessions.csv", { NULL } },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        print_message("# %s %s\n", cases[i].method, cases[i].target);
        assert_int_equal(go(cases[i].method, cases[i].target), ERR_NONE);
        assert_str_equal(request.operation->pattern, str_of(cases[i].pattern));
        for (size_t a = 0; a < COUNT(cases[i].args) && cases[i].args[a]; a++)
            assert_str_equal(request.args[a], str_of(cases[i].args[a]));
    }
}

static void what_is_no_operation_is_refused(void **state)
{
    static const struct {
        const char *method, *target;
        enum err err;
        const char *named; /* the field, or the methods that are allowed */
    } cases[] = {
        { "GET", "/api/v1/nothing", ERR_NOT_FOUND, "" },
        { "GET", "/api/v1/", ERR_NOT_FOUND, "" },
        { "GET", "/api/v1/stations/", ERR_NOT_FOUND, "" },
        { "GET", "/api/v1/stations//messages", ERR_NOT_FOUND, "" },
        { "GET", "/api/v2/stations", ERR_NOT_FOUND, "" },
        { "GET", "/api/v1/stations/%zz", ERR_NOT_FOUND, "" },
        { "GET", "/api/v1/stations/%c0%af", ERR_NOT_FOUND, "" },
        { "PUT", "/api/v1/stations", ERR_METHOD, "GET, POST" },
        { "DELETE", "/api/v1/sessions", ERR_METHOD, "GET" },
        { "GET", "/api/v1/stations?colour=red", ERR_UNKNOWN_FIELD, "colour" },
        { "GET", "/api/v1/stations?q=1&q=2", ERR_UNKNOWN_FIELD, "q" },
        { "GET", "/api/v1/stations?limit", ERR_NONE, "" },
        { "GET", "/api/v1/stations?q=%4", ERR_BAD_VALUE, "" },
        { "GET", "/api/v1/stations?q=%ff", ERR_BAD_VALUE, "" },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        print_message("# %s %s\n", cases[i].method, cases[i].target);
        assert_int_equal(go(cases[i].method, cases[i].target), cases[i].err);
        if (cases[i].err == ERR_UNKNOWN_FIELD)
            assert_str_equal(request.field, str_of(cases[i].named));
        if (cases[i].err == ERR_METHOD)
            assert_str_equal(allowed, str_of(cases[i].named));
    }
}

static void a_query_is_decoded(void **state)
{
    (void)state;
    assert_int_equal(go("GET", "/api/v1/stations?q=a+b%2Bc%3d&&site="), ERR_NONE);
    assert_int_equal(request.query_count, 2);
    assert_str_equal(*query_find(&request, "q"), STR("a b+c="));
    assert_str_equal(*query_find(&request, "site"), STR(""));
    assert_null(query_find(&request, "status"));
}

static void an_id_is_a_positive_number_without_ornaments(void **state)
{
    static const struct {
        const char *text;
        int64_t id;
    } cases[] = {
        { "1", 1 }, { "9223372036854775807", INT64_MAX }, { "0", 0 },  { "-1", 0 }, { "01", 0 },
        { "", 0 },  { "9223372036854775808", 0 },         { " 1", 0 }, { "x", 0 },  { "1.0", 0 }
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_int_equal(id_parse(str_of(cases[i].text)), cases[i].id);
}

static void topics_are_named_one_by_one_or_by_family(void **state)
{
    uint32_t mask;
    struct str wrong;
    (void)state;
    assert_true(topics_parse(STR_NONE, &mask, &wrong));
    assert_false(mask & TOPIC_BIT(MESSAGE));
    assert_true(mask & TOPIC_BIT(VALUE));
    assert_true(topics_parse(STR("session.*,value"), &mask, &wrong));
    assert_int_equal(mask, TOPIC_BIT(SESSION_STARTED) | TOPIC_BIT(SESSION_UPDATED) |
                               TOPIC_BIT(SESSION_ENDED) | TOPIC_BIT(VALUE));
    assert_false(topics_parse(STR("value,nonsense"), &mask, &wrong));
    assert_str_equal(wrong, STR("nonsense"));
    assert_false(topics_parse(STR("non.*"), &mask, &wrong));
    assert_int_equal(topics_of_role(ROLE_COUNT), 0);
    assert_int_equal(topics_of_role(ROLE_ADMIN), (1u << TOPIC_COUNT) - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ARENA_TEST(a_path_finds_its_operation_and_arguments),
        ARENA_TEST(what_is_no_operation_is_refused),
        ARENA_TEST(a_query_is_decoded),
        cmocka_unit_test(an_id_is_a_positive_number_without_ornaments),
        cmocka_unit_test(topics_are_named_one_by_one_or_by_family),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
