/* verdict.c: what the codec says of messages: a filter for run.mjs.
 *
 * A line in: VERSION ACTION req|res JSON. A line out: "ok" and the message as the codec writes it,
 * or the name of the flaw and the field. On the way each message is read in both modes and written;
 * they must agree with each other.
 */
#include <stdio.h>
#include <stdlib.h>

#include "ocpp/contracts.h"
#include "json/encode.h"
#include "json/reader.h"

static const char *const flaw_names[] = {
#define FLAW(name, text, error) #name,
#include "json/flaw.def"
#undef FLAW
};

static const struct json_desc *find_desc(struct str version, struct str action, struct str part)
{
    enum ocpp_version known = str_equal(version, STR("1.6"))     ? OCPP_V16
                              : str_equal(version, STR("2.0.1")) ? OCPP_V201
                                                                 : OCPP_V21;
    const struct ocpp_action *found = ocpp_action_find(known, action);

    check(found != NULL);
    return str_equal(part, STR("req")) ? found->req : found->res;
}

static void *read_message(const struct json_desc *desc, struct str text, enum json_mode mode,
                          struct arena *arena, enum err *err, struct json_report *report)
{
    void *message = arena_zalloc(arena, 1, desc->size);

    check(message != NULL);
    *err = json_read(desc, text, mode, arena, message, report);
    return message;
}

static struct str write_message(const struct json_desc *desc, const void *message,
                                struct arena *arena)
{
    struct buf buf;
    struct json_writer w;

    buf_init_arena(&buf, arena, 1u << 24);
    w = json_writer(&buf);
    check(json_write_struct(desc, message, &w) == ERR_NONE);
    return buf_str(&buf);
}

static void print_quoted(struct str text, struct arena *arena)
{
    struct buf buf;
    struct json_writer w;

    buf_init_arena(&buf, arena, 1u << 20);
    w = json_writer(&buf);
    json_str(&w, text);
    printf("%.*s\n", STR_ARGS(buf_str(&buf)));
}

/* Lenient sees what strict sees first, and goes on unless the text is no JSON. */
static void compare_modes(const struct json_report *strict, enum err strict_err,
                          const struct json_report *lenient, enum err lenient_err)
{
    check((strict->count == 0) == (strict_err == ERR_NONE));
    check(lenient->count >= strict->count);
    check(lenient->count > 0 || lenient_err == ERR_NONE);
    if (strict->count == 0)
        check(lenient->count == 0);
    else
        check(lenient->flaws[0].kind == strict->flaws[0].kind);
    if (strict_err == ERR_BAD_FORMAT)
        check(lenient_err == ERR_BAD_FORMAT);
}

static void judge(const struct json_desc *desc, struct str text, struct arena *arena)
{
    static struct json_report strict, lenient;
    enum err strict_err, lenient_err, again_err;
    const void *message = read_message(desc, text, JSON_STRICT, arena, &strict_err, &strict);
    struct str once, twice;

    (void)read_message(desc, text, JSON_LENIENT, arena, &lenient_err, &lenient);
    compare_modes(&strict, strict_err, &lenient, lenient_err);
    if (strict_err != ERR_NONE) {
        /* The path of an unknown field may hold anything, so it is written as JSON. */
        printf("%s ", flaw_names[strict.flaws[0].kind]);
        print_quoted(strict.flaws[0].path, arena);
        return;
    }
    once = write_message(desc, message, arena);
    message = read_message(desc, once, JSON_STRICT, arena, &again_err, &strict);
    check(again_err == ERR_NONE);
    twice = write_message(desc, message, arena);
    check(str_equal(once, twice));
    printf("ok %.*s\n", STR_ARGS(once));
}

int main(void)
{
    struct arena_pool pool = { .spare_max = 64 };
    struct arena arena;
    char *line = NULL;
    size_t cap = 0;
    ssize_t len;

    arena_init(&arena, &pool, 0);
    while ((len = getline(&line, &cap, stdin)) > 0) {
        struct str rest = { line, (uint32_t)len - 1 }, version, action, part;

        check(str_cut(&rest, ' ', &version));
        check(str_cut(&rest, ' ', &action));
        check(str_cut(&rest, ' ', &part));
        judge(find_desc(version, action, part), rest, &arena);
        arena_reset(&arena);
    }
    free(line);
    arena_pool_fini(&pool);
    return 0;
}
