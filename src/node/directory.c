#include "node/directory.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum err directory_make(const char *path, char *why, size_t why_cap)
{
    char part[4096];
    size_t len = strlen(path);

    if (len == 0 || len >= sizeof part) {
        (void)snprintf(why, why_cap, "--data: the path is empty or too long");
        return ERR_USAGE;
    }
    memcpy(part, path, len + 1);
    for (size_t at = 1; at <= len; at++) {
        char held = part[at];
        if (held != '/' && held != '\0')
            continue;
        part[at] = '\0';
        if (mkdir(part, 0700) != 0 && errno != EEXIST) {
            (void)snprintf(
                why, why_cap,
                "%s: cannot make this directory: %s. Make it, or name another with --data", part,
                strerror(errno));
            return ERR_OS;
        }
        part[at] = held;
    }
    if (access(path, W_OK | X_OK) != 0) {
        (void)snprintf(why, why_cap,
                       "%s: cannot write here: %s. Change its owner, or name another with --data",
                       path, strerror(errno));
        return ERR_OS;
    }
    return ERR_NONE;
}

const char *directory_file(const char *directory, const char *name, char path[4096])
{
    (void)snprintf(path, 4096, "%s/%s", directory, name); /* it fits, directory_make saw to it */
    return path;
}
