/* place.c: is this file system fit for a database? */
#include <errno.h>
#include <sys/vfs.h>

#include "store/files.h"
#include "store/why.h"

/* Numbers of statfs(2) and linux/magic.h. */
static const struct {
    uint32_t number;
    enum store_place place;
    const char *name;
} kinds[] = {
    { 0x6969, STORE_PLACE_BAD, "NFS" },
    { 0x517b, STORE_PLACE_BAD, "SMB" },
    { 0xff534d42, STORE_PLACE_BAD, "CIFS" },
    { 0xfe534d42, STORE_PLACE_BAD, "SMB2" },
    { 0x5346414f, STORE_PLACE_BAD, "AFS" },
    { 0x73757245, STORE_PLACE_BAD, "Coda" },
    { 0x65735546, STORE_PLACE_DOUBTFUL, "FUSE" },
    { 0x00c36400, STORE_PLACE_DOUBTFUL, "Ceph" },
    { 0x0bd00bd0, STORE_PLACE_DOUBTFUL, "Lustre" },
    { 0x01021994, STORE_PLACE_DOUBTFUL, "tmpfs" },
};

enum err store_check_place(const char *path, enum store_place *place, char *why)
{
    struct statfs about;

    if (statfs(path, &about) != 0) {
        why_say(why, "cannot look at %s: %s", path, strerrordesc_np(errno));
        return ERR_STORAGE;
    }
    *place = STORE_PLACE_GOOD;
    for (size_t i = 0; i < COUNT(kinds); i++) {
        if ((uint32_t)about.f_type != kinds[i].number)
            continue;
        *place = kinds[i].place;
        if (kinds[i].number == 0x01021994)
            why_say(why, "%s is in memory (tmpfs): what is stored there is gone after a restart",
                    path);
        else
            why_say(why,
                    "%s is on %s, which %s keep locks and shared memory as a database needs: "
                    "use a local disk",
                    path, kinds[i].name,
                    kinds[i].place == STORE_PLACE_BAD ? "does not" : "may not");
    }
    return ERR_NONE;
}
