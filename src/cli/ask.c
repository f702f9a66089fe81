#include "cli/ask.h"

#include <stdio.h>
#include <stdlib.h>

#include "cli/socket.h"
#include "node/node.h"
#include "json/cursor.h"

enum { WHY_CAP = 512, PATH_CAP = 4200 };

/* Takes the status and the body out of "HTTP/1.1 200 OK\r\n…\r\n\r\nBODY". */
static bool take_answer(char *bytes, size_t len, struct ask_answer *answer)
{
    char *end = strstr(bytes, "\r\n\r\n");
    struct str line = str_first((struct str){ bytes, (uint32_t)len }, 12);
    int64_t status;

    if (!end || line.len < 12 || !str_starts(line, STR("HTTP/1.1 ")) ||
        !str_to_i64(str_from(line, 9), &status))
        return false;
    answer->status = (int)status;
    answer->body.len = (uint32_t)(len - (size_t)(end + 4 - bytes));
    memmove(bytes, end + 4, answer->body.len + 1); /* with the NUL; the block is freed as a whole */
    answer->body.ptr = bytes;
    return true;
}

static int ask_server(const char *path, const char *method, const char *target, struct str body,
                      struct ask_answer *answer, bool *nobody)
{
    struct arena arena;
    struct str request;
    char why[WHY_CAP] = "", *bytes = NULL;
    size_t len = 0;
    enum err err = ERR_FULL;

    arena_init(&arena, NULL, 0);
    request = arena_printf(&arena,
                           "%s %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                           "Content-Type: application/json\r\nContent-Length: %u\r\n\r\n%.*s",
                           method, target, body.len, STR_ARGS(body));
    if (request.ptr)
        err = socket_request(path, request, &bytes, &len, why, sizeof why);
    arena_reset(&arena);
    *nobody = err == ERR_NOT_CONNECTED;
    if (*nobody)
        return 0;
    if (err != ERR_NONE)
        return cli_fail(1, "the server does not answer: %s", why[0] ? why : err_text(err));
    answer->running = true;
    if (take_answer(bytes, len, answer))
        return 0;
    free(bytes);
    return cli_fail(1, "%s: the server's answer makes no sense; is it a voltd of this version?",
                    path);
}

static int ask_store(const struct setup *setup, const char *method, const char *target,
                     struct str body, struct ask_answer *answer)
{
    const struct node_config config = { .options = &setup->options,
                                        .directory = setup->directory,
                                        .version = CLI_VERSION };
    char why[WHY_CAP] = "", *copy;
    struct node *node;
    struct str got;

    if (node_open(&config, &node, why, sizeof why) != ERR_NONE)
        return cli_fail(1, "%s", why);
    answer->status = node_request(node, str_of(method), str_of(target), body, &got);
    copy = malloc(got.len + 1);
    check(copy != NULL);
    memcpy(copy, got.ptr, got.len);
    copy[got.len] = '\0';
    answer->body = (struct str){ copy, got.len };
    node_close(node);
    return 0;
}

int ask(const struct setup *setup, const char *method, const char *target, struct str body,
        struct ask_answer *answer)
{
    char path[PATH_CAP];
    bool nobody;
    int code;

    *answer = (struct ask_answer){ 0 };
    (void)snprintf(path, sizeof path, "%s/voltd.sock",
                   setup->directory); /* the directory is shorter */
    code = ask_server(path, method, target, body, answer, &nobody);
    return nobody ? ask_store(setup, method, target, body, answer) : code;
}

void ask_free(struct ask_answer *answer)
{
    free((void *)(uintptr_t)answer->body.ptr);
    *answer = (struct ask_answer){ 0 };
}

struct str ask_text(const struct ask_answer *answer, const char *member, struct arena *arena)
{
    struct str value, text;

    if (json_member(answer->body, str_of(member), &value) != ERR_NONE ||
        !json_value_str(value, arena, &text))
        return STR_NONE;
    return text;
}

int ask_failed(const struct ask_answer *answer, struct arena *arena)
{
    struct str detail = ask_text(answer, "detail", arena);
    struct str field = ask_text(answer, "field", arena);
    struct str title = ask_text(answer, "title", arena);

    if (field.len)
        return cli_fail(answer->status == 422 ? 2 : 1, "%.*s: %.*s", STR_ARGS(field),
                        STR_ARGS(detail.len ? detail : title));
    return cli_fail(1, "%.*s",
                    STR_ARGS(detail.len  ? detail
                             : title.len ? title
                                         : STR("it did not work")));
}
