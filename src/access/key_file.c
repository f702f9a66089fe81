#include "access/key_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "access/secret.h"

enum { PATH_CAP = 4096 };

static enum err fail(char *why, size_t why_cap, const char *path, const char *what)
{
    (void)snprintf(why, why_cap, "%s: %s", path, what); /* cut where there is no room */
    return ERR_OS;
}

/* Whole or not at all: a key that is half on disk would lock every station out. */
static bool write_key(int directory, const uint8_t key[SERVER_KEY_BYTES])
{
    static const char temporary[] = SERVER_KEY_FILE ".new";
    int fd = openat(directory, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool written =
        fd >= 0 && write(fd, key, SERVER_KEY_BYTES) == SERVER_KEY_BYTES && fsync(fd) == 0;

    if (fd >= 0 && close(fd) != 0)
        written = false;
    return written && renameat(directory, temporary, directory, SERVER_KEY_FILE) == 0 &&
           fsync(directory) == 0;
}

static enum err make_key(const char *path, const char *directory, uint8_t key[SERVER_KEY_BYTES],
                         char *why, size_t why_cap)
{
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool written;

    if (fd < 0)
        return fail(why, why_cap, directory, strerror(errno));
    secret_random(key, SERVER_KEY_BYTES);
    written = write_key(fd, key);
    (void)close(fd); /* a directory; all is on disk or reported */
    return written ? ERR_NONE : fail(why, why_cap, path, strerror(errno));
}

static enum err read_key(int fd, const char *path, uint8_t key[SERVER_KEY_BYTES], char *why,
                         size_t why_cap)
{
    uint8_t bytes[SERVER_KEY_BYTES + 1];
    struct stat status;
    ssize_t got = read(fd, bytes, sizeof bytes);

    if (got != SERVER_KEY_BYTES) {
        (void)fail(why, why_cap, path,
                   "is no key of this server: put back the one from your backup");
        return ERR_CORRUPT;
    }
    if (fstat(fd, &status) != 0)
        return fail(why, why_cap, path, strerror(errno));
    if (status.st_mode & (S_IRWXG | S_IRWXO))
        return fail(why, why_cap, path, "others can read it: chmod 600");
    memcpy(key, bytes, SERVER_KEY_BYTES);
    secret_wipe_bytes(bytes, sizeof bytes);
    return ERR_NONE;
}

enum err key_file_open(const char *directory, uint8_t key[SERVER_KEY_BYTES], char *why,
                       size_t why_cap)
{
    char path[PATH_CAP];
    enum err err;
    int fd;

    if (snprintf(path, sizeof path, "%s/%s", directory, SERVER_KEY_FILE) >= (int)sizeof path)
        return fail(why, why_cap, directory, "the path is too long");
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT)
        return make_key(path, directory, key, why, why_cap);
    if (fd < 0)
        return fail(why, why_cap, path, strerror(errno));
    err = read_key(fd, path, key, why, why_cap);
    (void)close(fd); /* opened for reading */
    return err;
}
