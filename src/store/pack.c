#include "store/pack.h"

#include <zstd.h>

enum { LEVEL = 1, WINDOW_BITS_LEAST = 10, MATCH_LEAST = 32 /* bytes, of what two texts share */ };

static char *room_for(struct str text, struct arena *arena, size_t *room)
{
    *room = ZSTD_compressBound(text.len);
    return *room <= UINT32_MAX ? arena_alloc(arena, *room) : NULL;
}

enum err text_pack(struct str text, struct arena *arena, struct str *packed)
{
    size_t room, len;
    char *memory = room_for(text, arena, &room);

    if (!memory)
        return ERR_FULL;
    len = ZSTD_compress(memory, room, text.ptr, text.len, LEVEL);
    if (ZSTD_isError(len))
        return ERR_FULL; /* the room is enough: only memory can be out */
    *packed = (struct str){ memory, (uint32_t)len };
    return ERR_NONE;
}

/* A window that reaches back over both texts. */
static int window_bits(struct str base, struct str text)
{
    int bits = WINDOW_BITS_LEAST;

    while (((uint64_t)1 << bits) < (uint64_t)base.len + text.len)
        bits++;
    return bits;
}

/* Long matches are found first: in texts of a thousand things that are alike, the same thing in the
 * other text, and not just any. */
enum err text_pack_against(struct str base, struct str text, struct arena *arena,
                           struct str *packed)
{
    size_t room, len = 0;
    char *memory = room_for(text, arena, &room);
    ZSTD_CCtx *context = memory ? ZSTD_createCCtx() : NULL;
    bool fine;

    if (!context)
        return ERR_FULL;
    fine =
        !ZSTD_isError(ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, LEVEL)) &&
        !ZSTD_isError(ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, window_bits(base, text))) &&
        !ZSTD_isError(ZSTD_CCtx_setParameter(context, ZSTD_c_enableLongDistanceMatching, 1)) &&
        !ZSTD_isError(ZSTD_CCtx_setParameter(context, ZSTD_c_ldmMinMatch, MATCH_LEAST)) &&
        !ZSTD_isError(ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1)) &&
        !ZSTD_isError(ZSTD_CCtx_refPrefix(context, base.ptr, base.len));
    if (fine)
        len = ZSTD_compress2(context, memory, room, text.ptr, text.len);
    (void)ZSTD_freeCCtx(context); /* always 0 */
    if (!fine || ZSTD_isError(len))
        return ERR_FULL;
    *packed = (struct str){ memory, (uint32_t)len };
    return ERR_NONE;
}

static bool read_len(struct str packed, uint32_t len_max, uint32_t *len)
{
    unsigned long long found = ZSTD_getFrameContentSize(packed.ptr, packed.len);

    if (found > len_max) /* both errors are very large numbers */
        return false;
    *len = (uint32_t)found;
    return true;
}

uint32_t text_packed_len(struct str packed)
{
    uint32_t len = 0;

    return read_len(packed, UINT32_MAX, &len) ? len : 0;
}

static enum err unpack(ZSTD_DCtx *context, struct str base, struct str packed, char *memory,
                       uint32_t len)
{
    if (ZSTD_isError(ZSTD_DCtx_refPrefix(context, base.ptr, base.len)) ||
        ZSTD_decompressDCtx(context, memory, len, packed.ptr, packed.len) != len)
        return ERR_CORRUPT;
    return ERR_NONE;
}

enum err text_unpack_chain(const struct str *packed, uint32_t count, uint32_t len_max,
                           struct arena *arena, struct str *text)
{
    ZSTD_DCtx *context = ZSTD_createDCtx();
    enum err err = context ? ERR_NONE : ERR_FULL;
    struct str base = STR_NONE;
    char *memory[2] = { NULL }; /* in turns: a text, and the one before it */
    uint32_t room[2] = { 0 };

    check(count > 0);
    for (uint32_t i = 0; i < count && err == ERR_NONE; i++) {
        uint32_t len = 0, which = i & 1;
        if (!read_len(packed[i], len_max, &len))
            err = ERR_CORRUPT;
        else if (!memory[which] || room[which] < len)
            memory[which] = arena_alloc(arena, room[which] = len);
        if (err == ERR_NONE && !memory[which])
            err = ERR_FULL;
        if (err == ERR_NONE)
            err = unpack(context, base, packed[i], memory[which], len);
        base = (struct str){ memory[which], len };
    }
    (void)ZSTD_freeDCtx(context); /* always 0, also without one */
    if (err == ERR_NONE)
        *text = base;
    return err;
}

enum err text_unpack(struct str packed, uint32_t len_max, struct arena *arena, struct str *text)
{
    return text_unpack_chain(&packed, 1, len_max, arena, text);
}
