/* why.h: a failure in words for people: what it is and what to do. One line, cut where it does not
 * fit. */
#pragma once
#include "store/store.h"

/* `why` has STORE_WHY_SIZE bytes. */
PRINTF_LIKE(2, 3) void why_say(char *why, const char *fmt, ...);
