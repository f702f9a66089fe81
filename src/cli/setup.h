/* setup.h: configuration and data directory of a command, from its flags, the environment and
 * voltd.conf. */
#pragma once
#include "cli/cli.h"
#include "core/options.h"

struct setup {
    struct options options;
    char directory[4096];
};

/* 0, or the exit code after it said what is wrong. Take setup_fini back in both cases. */
int setup_read(struct setup *setup, const struct cli_args *args);
void setup_fini(struct setup *setup);
