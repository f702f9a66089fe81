/* basic.h: what a station proves itself with. */
#pragma once
#include "base/base.h"

/* "user:password" in base64, as Authorization: Basic wants it (RFC 7617). */
void sim_put_basic(struct buf *out, struct str user, struct str password);
