/* lock.c: one process has a data directory. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

#include "store/files.h"
#include "store/why.h"

enum { PID_LEN = 11 }; /* "%-10d\n": always as long, so that no reader sees a half of it */

static enum err say_who(int fd, const char *directory, char *why)
{
    char text[PID_LEN + 1] = "";
    int64_t pid;

    if (pread(fd, text, PID_LEN, 0) == PID_LEN && str_to_i64(str_trim(str_of(text)), &pid))
        why_say(why, "%s is in use by process %lld: end it, or name another directory", directory,
                (long long)pid);
    else
        why_say(why, "%s is in use: end the other voltd, or name another directory", directory);
    return ERR_EXISTS;
}

enum err store_lock_take(const char *directory, struct store_lock *lock, char *why)
{
    char path[PATH_MAX], text[PID_LEN + 1];
    enum err err = ERR_NONE;
    int fd;

    if ((size_t)snprintf(path, sizeof path, "%s/" STORE_LOCK_NAME, directory) >= sizeof path) {
        why_say(why, "the path is too long");
        return ERR_STORAGE;
    }
    fd = open(path, O_CREAT | O_RDWR | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0) {
        why_say(why, "cannot open %s: %s", path, strerrordesc_np(errno));
        return ERR_STORAGE;
    }
    (void)snprintf(text, sizeof text, "%-10d\n", (int)getpid()); /* fits */
    if (flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
        err = say_who(fd, directory, why);
    } else if (pwrite(fd, text, PID_LEN, 0) != PID_LEN) { /* also where flock is not known */
        why_say(why, "cannot write %s: %s", path, strerrordesc_np(errno));
        err = ERR_STORAGE;
    }
    if (err != ERR_NONE)
        (void)close(fd); /* nothing of ours is in it */
    else
        lock->fd = fd;
    return err;
}

void store_lock_drop(struct store_lock *lock)
{
    (void)close(lock->fd); /* gives the lock back, whatever it says */
    lock->fd = -1;
}
