/* files.h: where the sessions and series of the past are found: given by --sessions, in
 * $VOLTD_SESSIONS (a directory), or beside the repository.
 */
#pragma once
#include "bench/energy/energy.h"
#include "bench/energy/sessions.h"

const char *file_base_name(const char *path);
/* False: it is nowhere; `why` says what to do. */
bool file_find(const struct energy_bench *bench, const char *name, char path[4096]);
/* ERR_NOT_FOUND, ERR_BAD_FORMAT. */
MUST_CHECK enum err file_sessions(const struct energy_bench *bench, const char *name,
                                  struct sessions *sessions);
