/* failing.h: allocations of src/net that fail on order: the linker puts these in the place of
 * malloc and its kin (-Wl,--wrap) for what is linked statically. Those of OpenSSL, zlib and libuv
 * go on.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

/* The n-th from now fails, of the threads that were not the first (the loops), or of the first one.
 * 0: none. Returns how many were left: 0 when it came to that. */
int64_t failing_at(int64_t n, bool first_thread);
