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

/* All of a file, gzipped or not, in memory that the caller frees. NULL: `why` (BENCH_WHY_SIZE
 * bytes) says it. */
char *file_read_all(const char *path, uint32_t *len, char *why);
/* The cells of a line of a table; how many, `most` at most. */
uint32_t file_cells(struct str line, struct str *cells, uint32_t most);
double file_number(struct str text);
