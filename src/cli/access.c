/* access.c: user, key, station: thin clients of the API. A made secret stands alone on the last
 * line of stdout. */
#include <stdio.h>
#include <unistd.h>

#include "access/rights.h"
#include "access/secret.h"
#include "cli/ask.h"
#include "json/writer.h"

int cli_user_add(const struct cli_args *args);
int cli_user_link(const struct cli_args *args);
int cli_key_create(const struct cli_args *args);
int cli_station_add(const struct cli_args *args);

/* One command under way: what it sends and what came back. */
struct errand {
    struct setup setup;
    struct arena arena;
    struct buf body;
    struct json_writer json;
    struct ask_answer answer;
};

static int begin(struct errand *errand, const struct cli_args *args)
{
    *errand = (struct errand){ 0 };
    arena_init(&errand->arena, NULL, 0);
    buf_init_arena(&errand->body, &errand->arena, 64u << 10);
    errand->json = json_writer(&errand->body);
    json_object_begin(&errand->json);
    return setup_read(&errand->setup, args);
}

static void end(struct errand *errand)
{
    if (errand->body.ptr)
        secret_wipe_bytes(errand->body.ptr, errand->body.len);
    ask_free(&errand->answer);
    arena_reset(&errand->arena);
    setup_fini(&errand->setup);
}

/* Sends it; prints the whole answer with --json, else `note` on stderr and the secret alone on
 * stdout. */
static int send(struct errand *errand, const struct cli_args *args, const char *target,
                const char *secret_member, const char *note)
{
    struct str secret;
    int code;

    json_object_end(&errand->json);
    if (errand->body.overflow)
        return cli_fail(2, "the arguments are too long");
    code = ask(&errand->setup, "POST", target, buf_str(&errand->body), &errand->answer);
    if (code)
        return code;
    if (errand->answer.status >= 300)
        return ask_failed(&errand->answer, &errand->arena);
    if (cli_has(args, "--json")) {
        (void)printf("%.*s\n", STR_ARGS(errand->answer.body));
        return 0;
    }
    secret = ask_text(&errand->answer, secret_member, &errand->arena);
    if (secret.len == 0)
        return 0;
    (void)fprintf(stderr, "%s\n", note);
    (void)printf("%.*s\n", STR_ARGS(secret));
    return 0;
}

/* 0, or 2 after it said what roles there are. */
static int need_role(const struct cli_args *args, const char **role)
{
    *role = cli_value(args, "--role");
    if (!*role)
        return cli_fail(2, "--role is missing: admin, operator or viewer");
    if (role_find(str_of(*role)) == ROLE_COUNT)
        return cli_fail(2, "--role %s: it must be admin, operator or viewer", *role);
    return 0;
}

/* The first line of stdin, without its end. */
static int read_password(struct secret *password)
{
    int c;

    if (isatty(STDIN_FILENO))
        (void)fprintf(stderr, "Password (it is shown while you type; better use a pipe): ");
    for (password->len = 0; (c = getchar()) != EOF && c != '\n';) {
        if (password->len == SECRET_TEXT_MAX)
            return cli_fail(2, "--password-stdin: a password has at most 256 bytes");
        password->text[password->len++] = (char)c;
    }
    if (password->len && password->text[password->len - 1] == '\r')
        password->len--;
    return password->len ? 0 : cli_fail(2, "--password-stdin: there is nothing on stdin");
}

int cli_user_add(const struct cli_args *args)
{
    struct errand errand;
    struct secret password = { 0 };
    const char *role;
    int code = begin(&errand, args);

    code = code ? code : need_role(args, &role);
    if (!code && cli_has(args, "--password-stdin"))
        code = read_password(&password);
    if (!code) {
        json_key_str(&errand.json, "name", str_of(args->words[0]));
        json_key_str(&errand.json, "role", str_of(role));
        if (password.len)
            json_key_str(&errand.json, "password", secret_str(&password));
        code = send(&errand, args, "/api/v1/people", "link",
                    "A login link. It works once, within 24 hours:");
    }
    secret_wipe(&password);
    end(&errand);
    return code;
}

/* Percent-encodes what is not a letter, a digit or a hyphen. */
static struct str path_text(struct arena *arena, const char *text)
{
    struct buf out;

    buf_init_arena(&out, arena, (uint32_t)strlen(text) * 3 + 1);
    for (; *text; text++) {
        bool plain = (*text >= 'a' && *text <= 'z') || (*text >= 'A' && *text <= 'Z') ||
                     (*text >= '0' && *text <= '9') || *text == '-';
        if (plain)
            buf_put_byte(&out, *text);
        else
            buf_printf(&out, "%%%02X", (unsigned)(unsigned char)*text);
    }
    return buf_str(&out);
}

int cli_user_link(const struct cli_args *args)
{
    struct errand errand;
    struct str target;
    int code = begin(&errand, args);

    target = arena_printf(&errand.arena, "/api/v1/people/%.*s/link",
                          STR_ARGS(path_text(&errand.arena, args->words[0])));
    if (!code)
        code = send(&errand, args, target.ptr, "link",
                    "A login link. It works once, within 24 hours:");
    end(&errand);
    return code;
}

int cli_key_create(const struct cli_args *args)
{
    struct errand errand;
    const char *role, *name = cli_value(args, "--name");
    int code = begin(&errand, args);

    code = code ? code : need_role(args, &role);
    if (!code) {
        json_key_str(&errand.json, "role", str_of(role));
        if (name)
            json_key_str(&errand.json, "name", str_of(name));
        code = send(&errand, args, "/api/v1/keys", "key",
                    "A key for Authorization: Bearer. It is shown this once:");
    }
    end(&errand);
    return code;
}

int cli_station_add(const struct cli_args *args)
{
    struct errand errand;
    const char *password = cli_value(args, "--password");
    int64_t profile = 1;
    int code = begin(&errand, args);

    if (!code && !cli_number(args, "--profile", 0, 3, &profile))
        code = 2;
    if (!code) {
        json_key_str(&errand.json, "id", str_of(args->words[0]));
        json_key_i64(&errand.json, "security_profile", profile);
        if (password)
            json_key_str(&errand.json, "password", str_of(password));
        code = send(&errand, args, "/api/v1/stations", "password",
                    "The station's password. It is shown this once:");
    }
    end(&errand);
    return code;
}
