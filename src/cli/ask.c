#include "cli/ask.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "net/http_call.h"
#include "node/node.h"
#include "store/files.h"
#include "json/cursor.h"

enum { WHY_CAP = 512, PATH_CAP = 4200, ANSWER_MS = 600000 /* a backup takes its time */ };

static void keep_body(struct ask_answer *answer, struct str body)
{
    char *copy = malloc((size_t)body.len + 1);

    check(copy != NULL);
    if (body.len)
        memcpy(copy, body.ptr, body.len);
    copy[body.len] = '\0';
    answer->memory = copy;
    answer->body = (struct str){ copy, body.len };
}

static int ask_server(const char *path, const struct net_call *question, struct ask_answer *answer,
                      bool *nobody)
{
    struct net_call call = *question;
    struct arena arena;
    struct str got;
    enum err err;

    call.place = path;
    arena_init(&arena, NULL, 0);
    err = net_http_call(&call, &arena, &answer->status, &got);
    *nobody = err == ERR_NOT_CONNECTED || err == ERR_USAGE;
    if (err == ERR_NONE) {
        answer->running = true;
        keep_body(answer, got);
    }
    arena_reset(&arena);
    if (err == ERR_NONE || *nobody)
        return 0;
    return cli_fail(1, "%s: the server does not answer: %s", path, err_text(err));
}

static int ask_store(const struct setup *setup, const char *method, const char *target,
                     struct str body, struct ask_answer *answer)
{
    const struct node_config config = { .options = &setup->options,
                                        .directory = setup->directory,
                                        .version = CLI_VERSION };
    char why[WHY_CAP] = "", database[PATH_CAP];
    struct node *node;
    struct str got;

    (void)snprintf(database, sizeof database, "%s/" STORE_FILE_NAME,
                   setup->directory); /* the directory is shorter */
    if (access(database, F_OK) != 0)
        (void)fprintf(stderr,
                      "%s holds no data yet: it begins here. Another directory is named by "
                      "--data.\n",
                      setup->directory);
    if (node_open(&config, &node, why, sizeof why) != ERR_NONE)
        return cli_fail(1, "%s", why);
    answer->status = node_request(node, str_of(method), str_of(target), body, &got);
    keep_body(answer, got);
    node_close(node);
    return 0;
}

int ask(const struct setup *setup, const char *method, const char *target, struct str body,
        struct ask_answer *answer)
{
    static const struct net_header headers[] = {
        { STR_INIT("content-type"), STR_INIT("application/json") },
    };
    const struct net_call question = { .method = str_of(method),
                                       .target = str_of(target),
                                       .headers = headers,
                                       .header_count = COUNT(headers),
                                       .body = body,
                                       .timeout_ms = ANSWER_MS };
    char path[PATH_CAP];
    bool nobody;
    int code;

    *answer = (struct ask_answer){ 0 };
    (void)snprintf(path, sizeof path, "%s/voltd.sock",
                   setup->directory); /* the directory is shorter */
    code = ask_server(path, &question, answer, &nobody);
    return nobody ? ask_store(setup, method, target, body, answer) : code;
}

void ask_free(struct ask_answer *answer)
{
    free(answer->memory);
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
