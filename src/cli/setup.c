#include "cli/setup.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { CONFIG_BYTES_MAX = 1 << 20 };

static int read_file(struct setup *setup, const char *path)
{
    FILE *file = fopen(path, "r");
    struct option_error error;
    char *text;
    size_t len;
    enum err err;

    if (!file)
        return cli_fail(1, "--config %s: %s", path, strerror(errno));
    text = calloc(1, CONFIG_BYTES_MAX + 1);
    check(text != NULL);
    len = fread(text, 1, CONFIG_BYTES_MAX, file);
    bool failed = ferror(file) != 0;
    failed = fclose(file) != 0 || failed || len == CONFIG_BYTES_MAX;
    if (failed) {
        free(text);
        return cli_fail(1, "--config %s: cannot be read, or is longer than a megabyte", path);
    }
    err = options_read_file(&setup->options, text, path, &error);
    free(text);
    return err == ERR_NONE ? 0 : cli_fail(2, "%s", error.text);
}

static int read_sets(struct setup *setup, const struct cli_args *args)
{
    struct option_error error;

    for (uint32_t i = 0; i < args->flag_count; i++) {
        struct str text = str_of(args->flags[i].value), name;
        if (strcmp(args->flags[i].name, "--set") != 0)
            continue;
        if (!str_cut(&text, '=', &name) || !text.ptr)
            return cli_fail(2, "--set %s: it must be KEY=VALUE", args->flags[i].value);
        if (options_set(&setup->options, name, text, OPTION_FLAG, &error) != ERR_NONE)
            return cli_fail(2, "%s", error.text);
    }
    return 0;
}

/* --data, else where systemd says, else here (docs/operate.md). */
static void find_directory(struct setup *setup, const struct cli_args *args)
{
    const char *directory = cli_value(args, "--data");

    if (!directory)
        directory = getenv("STATE_DIRECTORY");
    (void)snprintf(setup->directory, sizeof setup->directory, "%s",
                   directory ? directory : "voltd-data"); /* too long: does not open */
}

int setup_read(struct setup *setup, const struct cli_args *args)
{
    const char *config = cli_value(args, "--config");
    struct option_error error;
    int wrong;

    options_init(&setup->options);
    find_directory(setup, args);
    wrong = read_sets(setup, args);
    if (wrong)
        return wrong;
    if (options_read_environment(&setup->options, args->environment, &error) != ERR_NONE)
        return cli_fail(2, "%s", error.text);
    wrong = config ? read_file(setup, config) : 0;
    if (wrong)
        return wrong;
    return options_check(&setup->options, &error) == ERR_NONE ? 0 : cli_fail(2, "%s", error.text);
}

void setup_fini(struct setup *setup)
{
    options_fini(&setup->options);
}
