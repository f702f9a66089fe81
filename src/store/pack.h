/* pack.h: a text made smaller (zstd), and back. Any thread. */
#pragma once
#include "base/base.h"

/* Into the arena. ERR_FULL. */
MUST_CHECK enum err text_pack(struct str text, struct arena *arena, struct str *packed);
/* ERR_CORRUPT: not what text_pack made, or larger than len_max; ERR_FULL. */
MUST_CHECK enum err text_unpack(struct str packed, uint32_t len_max, struct arena *arena,
                                struct str *text);

/* A text that is much like one that whoever unpacks has, too: what they share costs next to
 * nothing. ERR_FULL. */
MUST_CHECK enum err text_pack_against(struct str base, struct str text, struct arena *arena,
                                      struct str *packed);
/* The text of the last of `count`; the first was packed alone, each other one against the text of
 * the one before it. Errors as text_unpack. */
MUST_CHECK enum err text_unpack_chain(const struct str *packed, uint32_t count, uint32_t len_max,
                                      struct arena *arena, struct str *text);
/* How long its text is, as it says; 0: nothing that was packed. */
uint32_t text_packed_len(struct str packed);
