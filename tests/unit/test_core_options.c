#include "test.h"

#include "core/options.h"

static struct options options;
static struct option_error error;

static int fresh(void **state)
{
    (void)state;
    options_init(&options);
    error.text[0] = '\0';
    return 0;
}

static int gone(void **state)
{
    (void)state;
    options_fini(&options);
    return 0;
}

static bool says(const char *part)
{
    bool found = strstr(error.text, part) != NULL;

    if (!found)
        print_error("\"%s\" does not say \"%s\"\n", error.text, part);
    return found;
}

static void defaults_need_no_configuration(void **state)
{
    (void)state;
    assert_str_equal(options.http_listen, STR("127.0.0.1:8080"));
    assert_str_equal(options.ocpp_listen, STR("0.0.0.0:9000"));
    assert_int_equal(options.ocpp_call_timeout_s, 20);
    assert_false(options.onboarding_open);
    assert_int_equal(options_check(&options, &error), ERR_NONE);
    for (enum option_index i = 0; i < OPTION_COUNT; i++) {
        assert_int_equal(options.origins[i], OPTION_DEFAULT);
        /* A section with an underscore could not be named in the environment. */
        assert_true(str_find_byte(option_descs[i].name, '.') <
                    (str_find_byte(option_descs[i].name, '_') & INT32_MAX));
        assert_true(option_descs[i].text.len > 0);
    }
}

static void a_flag_goes_before_environment_before_file(void **state)
{
    char *const environment[] = { (char[]){ "PATH=/bin" },
                                  (char[]){ "VOLTD_OCPP_CALL_TIMEOUT_S=30" },
                                  (char[]){ "VOLTD_OCPP_TLS_LISTEN=[::1]:9443" }, NULL };
    (void)state;
    assert_int_equal(
        options_set(&options, STR("ocpp.listen"), STR("127.0.0.1:0"), OPTION_FLAG, &error),
        ERR_NONE);
    assert_int_equal(options_read_environment(&options, environment, &error), ERR_NONE);
    assert_int_equal(options_read_file(&options,
                                       "# a comment\n[ocpp]\nlisten = 0.0.0.0:1\n"
                                       "call_timeout_s = 40\nheartbeat_interval_s=60 ; why not\n"
                                       "[onboarding]\nopen = yes\n",
                                       "voltd.conf", &error),
                     ERR_NONE);
    assert_str_equal(options.ocpp_listen, STR("127.0.0.1:0"));
    assert_int_equal(options.ocpp_call_timeout_s, 30);
    assert_str_equal(options.ocpp_tls_listen, STR("[::1]:9443"));
    assert_int_equal(options.ocpp_heartbeat_interval_s, 60);
    assert_true(options.onboarding_open);
    assert_int_equal(options.origins[OPTION_ocpp_listen], OPTION_FLAG);
    assert_int_equal(options.origins[OPTION_ocpp_call_timeout_s], OPTION_ENVIRONMENT);
    assert_int_equal(options.origins[OPTION_onboarding_open], OPTION_FILE);
}

static void what_is_wrong_is_said_with_key_value_and_range(void **state)
{
    static const struct {
        const char *key, *value, *says[3];
    } cases[] = {
        { "htp.listen", "x", { "htp.listen", "http.listen" } },
        { "ocpp.call_timeouts", "1", { "did you mean ocpp.call_timeout_s" } },
        { "ocpp.call_timeout_s", "0", { "ocpp.call_timeout_s = 0", "1 to 600", "number of s" } },
        { "ocpp.call_timeout_s", "601", { "601" } },
        { "ocpp.call_timeout_s", "5s", { "5s" } },
        { "ocpp.call_timeout_s", "", { "number" } },
        { "ocpp.call_timeout_s", "99999999999999999999", { "number" } },
        { "http.listen", "8080", { "HOST:PORT" } },
        { "http.listen", "::1:8080", { "[IPV6]:PORT" } },
        { "http.listen", "localhost:65536", { "HOST:PORT" } },
        { "ocpp.plain_from", "nobody", { "private or any" } },
        { "onboarding.open", "maybe", { "true or false" } },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        print_message("# %s = %s\n", cases[i].key, cases[i].value);
        assert_int_equal(options_set(&options, str_of(cases[i].key), str_of(cases[i].value),
                                     OPTION_FLAG, &error),
                         ERR_USAGE);
        for (size_t j = 0; j < COUNT(cases[i].says) && cases[i].says[j]; j++)
            assert_true(says(cases[i].says[j]));
    }
    assert_int_equal(options.ocpp_call_timeout_s, 20);
}

static void a_file_that_does_not_parse_names_file_and_line(void **state)
{
    (void)state;
    assert_int_equal(options_read_file(&options, "[http]\nlisten\n", "my.conf", &error), ERR_USAGE);
    assert_true(says("my.conf"));
    assert_true(says("line 2"));
    assert_int_equal(options_read_file(&options, "[http]\nlisen = off\n", "my.conf", &error),
                     ERR_USAGE);
    assert_true(says("my.conf: http.lisen"));
}

static void tls_needs_its_files(void **state)
{
    (void)state;
    assert_int_equal(
        options_set(&options, STR("https.listen"), STR("[::]:8443"), OPTION_FLAG, &error),
        ERR_NONE);
    assert_int_equal(options_check(&options, &error), ERR_USAGE);
    assert_true(says("https.cert"));
    assert_int_equal(
        options_set(&options, STR("https.cert"), STR("a.pem,b.pem"), OPTION_FLAG, &error),
        ERR_NONE);
    assert_int_equal(options_set(&options, STR("https.key"), STR("a.key"), OPTION_FLAG, &error),
                     ERR_NONE);
    assert_int_equal(options_check(&options, &error), ERR_USAGE);
    assert_int_equal(
        options_set(&options, STR("https.key"), STR("a.key,b.key"), OPTION_FLAG, &error), ERR_NONE);
    assert_int_equal(options_check(&options, &error), ERR_NONE);
    assert_int_equal(
        options_set(&options, STR("ocpp.mtls_listen"), STR("[::]:9444"), OPTION_FLAG, &error),
        ERR_NONE);
    assert_int_equal(options_check(&options, &error), ERR_USAGE);
    assert_true(says("ocpp.client_ca"));
}

static void lists_have_an_end(void **state)
{
    char list[4096] = "10.0.0.1";
    (void)state;
    for (uint32_t i = 1; i < OPTIONS_PROXIES_MAX; i++)
        (void)snprintf(list + strlen(list), sizeof list - strlen(list), ", 10.0.%u.0/24", i);
    assert_int_equal(
        options_set(&options, STR("net.proxy_from"), str_of(list), OPTION_FLAG, &error), ERR_NONE);
    assert_int_equal(options_check(&options, &error), ERR_NONE);
    (void)snprintf(list + strlen(list), sizeof list - strlen(list), ",10.1.0.1");
    assert_int_equal(
        options_set(&options, STR("net.proxy_from"), str_of(list), OPTION_FLAG, &error), ERR_NONE);
    assert_int_equal(options_check(&options, &error), ERR_USAGE);
    assert_true(says("net.proxy_from"));
}

static void a_value_is_written_as_it_is_read(void **state)
{
    (void)state;
    for (enum option_index i = 0; i < OPTION_COUNT; i++) {
        char memory[1024];
        struct buf out;
        buf_init(&out, memory, sizeof memory);
        option_write(&options, i, &out);
        assert_str_equal(buf_str(&out), option_descs[i].value);
        assert_int_equal(
            options_set(&options, option_descs[i].name, buf_str(&out), OPTION_FLAG, &error),
            ERR_NONE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(defaults_need_no_configuration, fresh, gone),
        cmocka_unit_test_setup_teardown(a_flag_goes_before_environment_before_file, fresh, gone),
        cmocka_unit_test_setup_teardown(what_is_wrong_is_said_with_key_value_and_range, fresh,
                                        gone),
        cmocka_unit_test_setup_teardown(a_file_that_does_not_parse_names_file_and_line, fresh,
                                        gone),
        cmocka_unit_test_setup_teardown(tls_needs_its_files, fresh, gone),
        cmocka_unit_test_setup_teardown(lists_have_an_end, fresh, gone),
        cmocka_unit_test_setup_teardown(a_value_is_written_as_it_is_read, fresh, gone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
