#include "store/pack.h"

#include <zstd.h>

enum { LEVEL = 1 };

enum err text_pack(struct str text, struct arena *arena, struct str *packed)
{
    size_t room = ZSTD_compressBound(text.len), len;
    char *memory = room <= UINT32_MAX ? arena_alloc(arena, room) : NULL;

    if (!memory)
        return ERR_FULL;
    len = ZSTD_compress(memory, room, text.ptr, text.len, LEVEL);
    if (ZSTD_isError(len))
        return ERR_FULL; /* the room is enough: only memory can be out */
    *packed = (struct str){ memory, (uint32_t)len };
    return ERR_NONE;
}

enum err text_unpack(struct str packed, uint32_t len_max, struct arena *arena, struct str *text)
{
    unsigned long long len = ZSTD_getFrameContentSize(packed.ptr, packed.len);
    char *memory;

    /* Both errors are very large numbers. */
    if (len > len_max)
        return ERR_CORRUPT;
    memory = arena_alloc(arena, (size_t)len);
    if (!memory)
        return ERR_FULL;
    if (ZSTD_decompress(memory, (size_t)len, packed.ptr, packed.len) != len)
        return ERR_CORRUPT;
    *text = (struct str){ memory, (uint32_t)len };
    return ERR_NONE;
}
