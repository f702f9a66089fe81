/* pack.h: a text made smaller (zstd), and back. Any thread. */
#pragma once
#include "base/base.h"

/* Into the arena. ERR_FULL. */
MUST_CHECK enum err text_pack(struct str text, struct arena *arena, struct str *packed);
/* ERR_CORRUPT: not what text_pack made, or larger than len_max; ERR_FULL. */
MUST_CHECK enum err text_unpack(struct str packed, uint32_t len_max, struct arena *arena,
                                struct str *text);
