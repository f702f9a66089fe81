/* plan.c: a logged decision made again, and the plan of a site as a table. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/time.h"
#include "cli/ask.h"
#include "dispatch/journal.h"
#include "json/cursor.h"

int cli_plan(const struct cli_args *args);

enum { FILE_BYTES_MAX = 64 << 20, STEPS_SHOWN = 192 };

/* --- replay */

static int read_file(const char *path, struct arena *arena, struct str *text)
{
    bool is_stdin = strcmp(path, "-") == 0;
    FILE *file = is_stdin ? stdin : fopen(path, "r");
    struct buf out;
    size_t got = 0;

    if (!file)
        return cli_fail(1, "%s: %s", path, strerror(errno));
    buf_init_arena(&out, arena, FILE_BYTES_MAX);
    do {
        char *room = buf_reserve(&out, 65536);
        if (!room)
            break;
        got = fread(room, 1, 65536, file);
        out.len += (uint32_t)got;
    } while (got == 65536);
    if (!is_stdin)
        (void)fclose(file); /* was only read */
    if (out.overflow)
        return cli_fail(1, "%s: it is larger than any decision", path);
    *text = buf_str(&out);
    return 0;
}

static void print_da(const char *what, int32_t da)
{
    (void)printf("%s %d.%d A", what, da / 10, da % 10);
}

static bool memory_same(const struct site_memory *one, const struct site_memory *other)
{
    return one->target_da == other->target_da && one->changed_at == other->changed_at &&
           one->switched_at == other->switched_at && one->reclaim_da == other->reclaim_da &&
           one->headroom_da == other->headroom_da && one->drew_da == other->drew_da &&
           one->takes_da == other->takes_da && one->close_samples == other->close_samples &&
           one->reclaim_samples == other->reclaim_samples &&
           one->reclaim_since == other->reclaim_since && one->sample_at == other->sample_at &&
           one->turn_ends_at == other->turn_ends_at;
}

static bool verdict_same(const struct site_verdict *one, const struct site_verdict *other)
{
    return memory_same(&one->memory, &other->memory) && one->target_da == other->target_da &&
           one->why == other->why && one->node == other->node && one->line == other->line &&
           one->laxity_s == other->laxity_s;
}

/* What differs, EVSE by EVSE. */
static void print_differences(const struct site_input *input, const struct site_decision *logged,
                              const struct site_decision *made)
{
    if (logged->again_at != made->again_at)
        (void)printf("again_at: was %lld, is %lld\n", (long long)logged->again_at,
                     (long long)made->again_at);
    for (uint32_t i = 0; i < input->evse_count; i++) {
        const struct site_verdict *was = &logged->verdicts[i], *is = &made->verdicts[i];
        if (verdict_same(was, is))
            continue;
        (void)printf("EVSE %lld:", (long long)input->evses[i].id);
        print_da(" was", was->target_da);
        (void)printf(" (why %d, node %d, line %d)", was->why, was->node, was->line);
        print_da(", is", is->target_da);
        (void)printf(" (why %d, node %d, line %d)\n", is->why, is->node, is->line);
    }
}

static int replay(const char *path)
{
    struct site_decision logged, made;
    struct site_input input;
    struct arena arena;
    struct str text = STR_NONE, inside;
    enum err err;
    int code;

    arena_init(&arena, NULL, 0);
    code = read_file(path, &arena, &text);
    if (code == 0) {
        /* As the API gives it, or the decision alone. */
        if (json_member(text, STR("decision"), &inside) == ERR_NONE)
            text = inside;
        err = decision_read(str_trim(text), &arena, &input, &logged);
        if (err == ERR_NONE)
            err = site_decide(&input, &arena, &made);
        if (err != ERR_NONE) {
            code = cli_fail(1, "%s: no decision that can be made again: %s", path, err_text(err));
        } else if (decision_same(&logged, &made, input.evse_count)) {
            (void)printf("same\n");
        } else {
            print_differences(&input, &logged, &made);
            code = 1;
        }
    }
    arena_reset(&arena);
    return code;
}

/* --- the plan of a site */

/* The id of the site with this name, or with this id. */
static int find_site(const struct setup *setup, const char *name, struct arena *arena,
                     struct str *id)
{
    struct ask_answer answer;
    struct json_items items;
    struct str list, item, value;
    int code = ask(setup, "GET", "/api/v1/sites?limit=1000", STR_NONE, &answer);

    if (code)
        return code;
    *id = STR_NONE;
    if (answer.status == 200 && json_member(answer.body, STR("items"), &list) == ERR_NONE &&
        json_items_open(&items, list))
        while (id->len == 0 && json_items_next(&items, &item) == ERR_NONE && item.ptr) {
            struct str got_id, got_name;
            if (json_member(item, STR("id"), &value) != ERR_NONE ||
                !json_value_str(value, arena, &got_id) ||
                json_member(item, STR("name"), &value) != ERR_NONE ||
                !json_value_str(value, arena, &got_name))
                continue;
            if (str_equal(got_name, str_of(name)) || str_equal(got_id, str_of(name)))
                *id = arena_copy(arena, got_id);
        }
    ask_free(&answer);
    return id->len ? 0 : cli_fail(1, "there is no site %s", name);
}

/* One list of the plan, read step by step; a list that is not there has no more items. */
struct column {
    const char *member, *title;
    bool there;
    struct json_items items;
};

static void print_row(struct column *columns, size_t count, utc_ms at)
{
    char text[TIME_TEXT_LEN];

    time_format(at, text);
    (void)printf("%.16sZ", text);
    for (size_t c = 0; c < count; c++) {
        struct str value = { NULL, 0 };
        if (columns[c].there && json_items_next(&columns[c].items, &value) != ERR_NONE)
            value.ptr = NULL;
        if (!value.ptr || str_equal(value, STR("null")))
            value = STR("-");
        (void)printf("  %12.*s", STR_ARGS(value));
    }
    (void)printf("\n");
}

static int print_plan(struct str body, struct arena *arena)
{
    struct column columns[] = { { .member = "cars_w", .title = "cars W" },
                                { .member = "limit_w", .title = "limit W" },
                                { .member = "solar_w", .title = "solar W" },
                                { .member = "price_minor_per_kwh", .title = "price/kWh" } };
    struct str value, from;
    enum time_flaw flaw;
    int64_t step_s = 0;
    utc_ms at = 0;
    uint32_t steps = 0;

    if (json_member(body, STR("from_at"), &value) != ERR_NONE ||
        !json_value_str(value, arena, &from) || !time_parse(from, &at, &flaw) ||
        json_member(body, STR("step_s"), &value) != ERR_NONE || !json_value_i64(value, &step_s))
        return cli_fail(1, "the plan does not read");
    (void)printf("%-17s", "from");
    for (size_t c = 0; c < COUNT(columns); c++) {
        (void)printf("  %12s", columns[c].title);
        columns[c].there = json_member(body, str_of(columns[c].member), &value) == ERR_NONE &&
                           json_items_open(&columns[c].items, value);
        if (c == 0 && columns[c].there) {
            struct json_items counted = columns[c].items;
            while (json_items_next(&counted, &value) == ERR_NONE && value.ptr)
                steps++;
        }
    }
    (void)printf("\n");
    for (uint32_t i = 0; i < steps && i < STEPS_SHOWN; i++)
        print_row(columns, COUNT(columns), at + i * step_s * 1000);
    return 0;
}

static int show_plan(const struct cli_args *args, const char *name)
{
    struct ask_answer answer = { 0 };
    struct setup setup = { 0 };
    struct arena arena;
    struct str id;
    int code;

    arena_init(&arena, NULL, 0);
    code = setup_read(&setup, args);
    if (!code)
        code = find_site(&setup, name, &arena, &id);
    if (!code)
        code = ask(&setup, "GET",
                   arena_printf(&arena, "/api/v1/sites/%.*s/power/plan", STR_ARGS(id)).ptr,
                   STR_NONE, &answer);
    if (!code && answer.status != 200)
        code = ask_failed(&answer, &arena);
    else if (!code && cli_has(args, "--json"))
        (void)printf("%.*s\n", STR_ARGS(answer.body));
    else if (!code)
        code = print_plan(answer.body, &arena);
    ask_free(&answer);
    arena_reset(&arena);
    setup_fini(&setup);
    return code;
}

int cli_plan(const struct cli_args *args)
{
    const char *file = cli_value(args, "--replay"), *site = cli_value(args, "--site");

    if (!file == !site)
        return cli_fail(2, "voltd plan takes --replay FILE or --site NAME");
    return file ? replay(file) : show_plan(args, site);
}
