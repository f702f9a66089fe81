/* directory.h: the data directory. What lies in it: docs/operate.md.
 */
#pragma once
#include "base/base.h"

/* Makes it where it is missing, with those above it. On an error `why` says in one line what and
 * what to do. ERR_USAGE: no path; ERR_OS. */
MUST_CHECK enum err directory_make(const char *path, char *why, size_t why_cap);
/* DIRECTORY/NAME, for a short name, in a directory that was made; returns `path`. */
const char *directory_file(const char *directory, const char *name, char path[4096]);
