/* cli.h: the subcommands of the one binary. Each is a row in commands.def and a function.
 *
 * Exit codes: 0 done; 1 failed, one line on stderr says what and what to do; 2 wrong usage.
 */
#pragma once
#include "base/base.h"

/* What follows the command's name: flags by commands.def, and at most CLI_WORDS_MAX words. */
enum { CLI_WORDS_MAX = 4, CLI_FLAGS_MAX = 32 };

struct cli_flag {
    const char *name;  /* "--data" */
    const char *value; /* NULL: a flag without one */
};

struct cli_args {
    char *words[CLI_WORDS_MAX];
    uint32_t word_count;
    struct cli_flag flags[CLI_FLAGS_MAX];
    uint32_t flag_count;
    char **environment;
};

struct cli_command {
    const char *name;  /* "user add" */
    const char *words; /* "NAME" as help shows it; "" */
    uint32_t words_min, words_max;
    const char *flags;   /* "--role ROLE|--password-stdin": a flag with a word takes a value */
    const char *summary; /* one line */
    int (*run)(const struct cli_args *args);
};

extern const struct cli_command cli_commands[];
extern const uint32_t cli_command_count;

/* The value of a flag given last, or NULL; cli_has: was it given? */
const char *cli_value(const struct cli_args *args, const char *flag);
bool cli_has(const struct cli_args *args, const char *flag);
/* A number in [min, max]; false: it is none, and that was said. *out stays when the flag is absent.
 */
bool cli_number(const struct cli_args *args, const char *flag, int64_t min, int64_t max,
                int64_t *out);

/* One line on stderr, "voltd: …"; returns `code`. */
int cli_fail(int code, const char *format, ...) PRINTF_LIKE(2, 3);

/* main() */
int cli_main(int argc, char **argv, char **environment);

#define CLI_VERSION "0.1.0"
