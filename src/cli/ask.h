/* ask.h: one request to the API of a data directory: of the server that runs on it, over its
 * socket, or else in this process on the opened store. Either way it is in force when this returns.
 */
#pragma once
#include "cli/setup.h"

struct ask_answer {
    int status;      /* HTTP */
    struct str body; /* NUL-terminated */
    char *memory;    /* it lies here; ask_free */
    bool running;    /* a server gave it */
};

/* 0, or the exit code after it said why there is no answer. */
int ask(const struct setup *setup, const char *method, const char *target, struct str body,
        struct ask_answer *answer);
void ask_free(struct ask_answer *answer);

/* The text of a member of the answer; empty when there is none. It lies in the arena. */
struct str ask_text(const struct ask_answer *answer, const char *member, struct arena *arena);
/* Says what the problem in the answer says. Exit code 1; 2 for 422. */
int ask_failed(const struct ask_answer *answer, struct arena *arena);
