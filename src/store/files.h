/* files.h: the database as a file: whose directory it is, whether the place is fit for it, whether
 * it is sound, how a backup is put back. `why` has STORE_WHY_SIZE bytes.
 */
#pragma once
#include "store/store.h"

#define STORE_FILE_NAME "voltd.db"   /* in the data directory */
#define STORE_LOCK_NAME "voltd.lock" /* held as long as somebody has the directory; says who */

struct store_lock {
    int fd;
};

/* Takes the directory for this process. ERR_EXISTS: another has it, `why` names its pid. */
MUST_CHECK enum err store_lock_take(const char *directory, struct store_lock *lock, char *why);
void store_lock_drop(struct store_lock *lock);

/* Shared memory and locks, which a write-ahead log stands on, do not work over most networks: BAD
 * for NFS, SMB and their like; DOUBTFUL where a program is the file system (FUSE): `why` says what
 * to do. GOOD for all others. ERR_STORAGE: there is no such path. */
enum store_place { STORE_PLACE_GOOD, STORE_PLACE_DOUBTFUL, STORE_PLACE_BAD };
MUST_CHECK enum err store_check_place(const char *path, enum store_place *place, char *why);

struct store_verdict {
    int64_t rows, blocks, faults;
    bool foreign; /* not for this voltd to judge: another program's, or a newer voltd's */
};

/* Called with each fault, in words. */
typedef void store_fault_fn(void *context, const char *text);

/* Reads the whole file: its structure, every row, every log block. Beside a running server it keeps
 * the write-ahead log growing for as long as it takes. ERR_NONE: sound. ERR_CORRUPT: `tell` got the
 * faults. Others: it could not be looked at; `tell` got why. */
MUST_CHECK enum err store_verify(const char *path, store_fault_fn *tell, void *context,
                                 struct store_verdict *verdict);

/* Puts a sound backup into a directory, made when it is missing, that holds nothing but a lock.
 * ERR_CORRUPT: the backup is not sound. ERR_EXISTS: the directory is not empty. */
MUST_CHECK enum err store_restore(const char *backup, const char *directory, char *why);
