#include "bench/energy/files.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

const char *file_base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

bool file_find(const struct energy_bench *bench, const char *name, char path[4096])
{
    const struct bench_config *config = bench->config;
    const char *directories[] = { getenv("VOLTD_SESSIONS"), "../shared/data/acn" };

    for (uint32_t i = 0; i < config->sessions_count; i++)
        if (strcmp(file_base_name(config->sessions[i]), name) == 0) {
            (void)snprintf(path, 4096, "%s", config->sessions[i]);
            return true;
        }
    for (size_t i = 0; i < COUNT(directories); i++) {
        if (!directories[i])
            continue;
        (void)snprintf(path, 4096, "%s/%s", directories[i], name);
        if (access(path, R_OK) == 0)
            return true;
    }
    (void)snprintf(bench->why, BENCH_WHY_SIZE,
                   "it needs %s: name it with --sessions, or its directory in VOLTD_SESSIONS",
                   name);
    return false;
}

enum err file_sessions(const struct energy_bench *bench, const char *name,
                       struct sessions *sessions)
{
    char path[4096];

    if (!file_find(bench, name, path))
        return ERR_NOT_FOUND;
    return sessions_read(path, sessions, bench->why);
}
