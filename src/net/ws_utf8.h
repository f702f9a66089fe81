/* ws_utf8.h: is a text that comes in pieces UTF-8 (RFC 3629)? It says no at the first byte that
 * cannot be right, as RFC 6455 §8.1 wants, even when the rest is still to come. */
#pragma once
#include "base/base.h"

/* Between two pieces. Zero-initialised is the start. */
struct ws_utf8 {
    uint8_t left;      /* continuation bytes still to come */
    uint8_t low, high; /* what the next of them must lie between */
};

/* Goes on over these bytes; false: it is no UTF-8. */
bool ws_utf8_feed(struct ws_utf8 *utf8, const char *data, size_t len);

/* May the text end here? */
static inline bool ws_utf8_is_whole(const struct ws_utf8 *utf8)
{
    return utf8->left == 0;
}
