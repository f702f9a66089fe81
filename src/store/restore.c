/* restore.c: a backup becomes a data directory. */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>

#include "store/files.h"
#include "store/sqlite/db.h"

static enum err check_empty(const char *directory, char *why)
{
    const struct dirent *entry;
    enum err err = ERR_NONE;
    DIR *open_directory = opendir(directory);

    if (!open_directory) {
        why_say(why, "cannot read %s: %s", directory, strerrordesc_np(errno));
        return ERR_STORAGE;
    }
    while (err == ERR_NONE && (entry = readdir(open_directory)) != NULL) {
        struct str name = str_of(entry->d_name);

        if (str_equal(name, STR(".")) || str_equal(name, STR("..")) ||
            str_equal(name, STR(STORE_LOCK_NAME)))
            continue;
        why_say(why, "%s is not empty (%.80s): name a new directory", directory, entry->d_name);
        err = ERR_EXISTS;
    }
    (void)closedir(open_directory); /* was only read */
    return err;
}

static void keep_first(void *context, const char *text)
{
    char *why = context;

    if (!why[0])
        why_say(why, "the backup is not sound: %s", text);
}

enum err store_restore(const char *backup, const char *directory, char *why)
{
    char to[PATH_MAX], fault[STORE_WHY_SIZE] = "";
    struct store_verdict verdict;
    enum err err;

    if ((size_t)snprintf(to, sizeof to, "%s/" STORE_FILE_NAME, directory) >= sizeof to) {
        why_say(why, "the path is too long");
        return ERR_STORAGE;
    }
    if (mkdir(directory, 0700) != 0 && errno != EEXIST) {
        why_say(why, "cannot make %s: %s", directory, strerrordesc_np(errno));
        return ERR_STORAGE;
    }
    err = check_empty(directory, why);
    if (err != ERR_NONE)
        return err;
    err = store_verify(backup, keep_first, fault, &verdict);
    if (err != ERR_NONE) {
        why_say(why, "%s", fault);
        return err;
    }
    return db_copy(backup, to, why);
}
