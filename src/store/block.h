/* block.h: a log block as it is stored: compressed with zstd, with a CRC-32C over its id, time and
 * length and the compressed bytes, so that no flipped bit and no exchanged block goes unseen.
 */
#pragma once
#include "store/store.h"

struct packed_block {
    int64_t id;
    utc_ms at;
    int64_t len; /* before compression */
    int64_t crc;
    struct str data;
};

/* The contexts that zstd is quicker with when they are used again; one thread. */
struct block_codec {
    struct ZSTD_CCtx_s *packer;
    struct ZSTD_DCtx_s *unpacker;
    char *memory;
    size_t memory_size;
};

void block_codec_fini(struct block_codec *codec);
/* out->data is the codec's until the next call. ERR_FULL: memory is out. */
MUST_CHECK enum err block_pack(struct block_codec *codec, const struct store_block *block,
                               struct packed_block *out);
/* out->data is in the arena. ERR_CORRUPT: not what was packed. ERR_FULL: memory is out. */
MUST_CHECK enum err block_unpack(struct block_codec *codec, const struct packed_block *packed,
                                 struct arena *arena, struct store_block *out);
