/* percent.h: text in which bytes may stand as %XX (RFC 3986 §2.1): parts of paths and queries. */
#pragma once
#include "base/base.h"

/* The bytes, with a NUL behind them that is not counted, in the arena. False: a % without two hex
 * digits, or memory is out. What they are, NUL and bad UTF-8 included, is the caller's to judge. */
MUST_CHECK bool percent_decode(struct str text, struct arena *arena, struct str *out);
