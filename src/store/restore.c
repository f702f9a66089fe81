/* restore.c: a backup becomes a data directory. */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "store/files.h"
#include "store/sqlite/db.h"

/* Does this name stand in the way? */
static int is_in_the_way(const struct dirent *entry)
{
    struct str name = str_of(entry->d_name);

    return !str_equal(name, STR(".")) && !str_equal(name, STR("..")) &&
           !str_equal(name, STR(STORE_LOCK_NAME));
}

static enum err check_empty(const char *directory, char *why)
{
    struct dirent **entries = NULL;
    int count = scandir(directory, &entries, is_in_the_way, alphasort);

    if (count < 0) {
        why_say(why, "cannot read %s: %s", directory, strerrordesc_np(errno));
        return ERR_STORAGE;
    }
    if (count > 0)
        why_say(why, "%s is not empty (%.80s): name a new directory", directory,
                entries[0]->d_name);
    for (int i = 0; i < count; i++)
        free(entries[i]);
    free(entries);
    return count > 0 ? ERR_EXISTS : ERR_NONE;
}

static void keep_first(void *context, const char *text)
{
    char *why = context;

    if (!why[0])
        why_say(why, "%s", text);
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
        why_say(why, "%s cannot be restored: %s", backup, fault);
        return err;
    }
    return db_copy(backup, to, why);
}
