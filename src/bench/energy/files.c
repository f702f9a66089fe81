#include "bench/energy/files.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>

enum { FILE_BYTES_MAX = 256 << 20, READ_BYTES = 1 << 20 };

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

static char *grown(char *text, uint32_t size)
{
    char *more = realloc(text, size);

    check(more != NULL);
    return more;
}

char *file_read_all(const char *path, uint32_t *len, char *why)
{
    gzFile file = gzopen(path, "rb");
    uint32_t size = 0;
    char *text = NULL;
    int got = 1;

    *len = 0;
    while (file && got > 0 && *len < FILE_BYTES_MAX) {
        if (size - *len < READ_BYTES) {
            size += 4 * READ_BYTES;
            text = grown(text, size);
        }
        got = gzread(file, text + *len, READ_BYTES);
        *len += got > 0 ? (uint32_t)got : 0;
    }
    if (!file || got != 0) {
        (void)snprintf(why, BENCH_WHY_SIZE, "%s: %s", path,
                       file ? "is no file that can be unpacked, or too large" : strerror(errno));
        free(text);
        text = NULL;
    }
    if (file)
        (void)gzclose(file); /* was only read */
    return text;
}

double file_number(struct str text)
{
    char copy[40];
    uint32_t len = text.len < sizeof copy ? text.len : sizeof copy - 1;

    memcpy(copy, text.ptr, len);
    copy[len] = 0;
    return strtod(copy, NULL);
}

uint32_t file_cells(struct str line, struct str *cells, uint32_t most)
{
    uint32_t count = 0;

    while (count < most && str_cut(&line, ',', &cells[count]))
        count++;
    return count;
}
