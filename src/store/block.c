#include "store/block.h"

#include <stdlib.h>
#include <zstd.h>

#include "store/crc32c.h"

enum { LEVEL = 1 }; /* of 1 to 3 the quickest, and on frames the smallest too (measured) */

void block_codec_fini(struct block_codec *codec)
{
    (void)ZSTD_freeCCtx(codec->packer);   /* always 0 */
    (void)ZSTD_freeDCtx(codec->unpacker); /* always 0 */
    free(codec->memory);
    *codec = (struct block_codec){ 0 };
}

static uint32_t checksum(const struct packed_block *block)
{
    const int64_t numbers[] = { block->id, block->at, block->len };
    char head[sizeof numbers];

    for (size_t i = 0; i < sizeof head; i++)
        head[i] = (char)((uint64_t)numbers[i / 8] >> 8 * (i % 8) & 0xff);
    return crc32c(crc32c(0, (struct str){ head, sizeof head }), block->data);
}

static bool make_room(struct block_codec *codec, size_t size)
{
    char *memory;

    if (codec->memory_size >= size)
        return true;
    memory = malloc(size);
    if (!memory)
        return false;
    free(codec->memory);
    codec->memory = memory;
    codec->memory_size = size;
    return true;
}

enum err block_pack(struct block_codec *codec, const struct store_block *block,
                    struct packed_block *out)
{
    struct packed_block packed = { .id = block->id, .at = block->at, .len = block->data.len };
    size_t len;

    if (!codec->packer)
        codec->packer = ZSTD_createCCtx();
    if (!codec->packer || !make_room(codec, ZSTD_compressBound(block->data.len)))
        return ERR_FULL;
    len = ZSTD_compressCCtx(codec->packer, codec->memory, codec->memory_size, block->data.ptr,
                            block->data.len, LEVEL);
    if (ZSTD_isError(len) || len > UINT32_MAX)
        return ERR_FULL; /* the room is enough: only memory can be out */
    packed.data = (struct str){ codec->memory, (uint32_t)len };
    packed.crc = checksum(&packed);
    *out = packed;
    return ERR_NONE;
}

enum err block_unpack(struct block_codec *codec, const struct packed_block *packed,
                      struct arena *arena, struct store_block *out)
{
    size_t len;
    char *data;

    if (packed->len < 0 || packed->len > UINT32_MAX || packed->crc != checksum(packed))
        return ERR_CORRUPT;
    if (!codec->unpacker)
        codec->unpacker = ZSTD_createDCtx();
    data = arena_alloc(arena, (size_t)packed->len);
    if (!codec->unpacker || !data)
        return ERR_FULL;
    len = ZSTD_decompressDCtx(codec->unpacker, data, (size_t)packed->len, packed->data.ptr,
                              packed->data.len);
    if (ZSTD_isError(len) || len != (size_t)packed->len)
        return ERR_CORRUPT;
    *out = (struct store_block){ packed->id, packed->at, { data, (uint32_t)len } };
    return ERR_NONE;
}
