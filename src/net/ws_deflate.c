/* ws_deflate.c: permessage-deflate, RFC 7692 §7.2, without context takeover: each message stands
 * alone, so one pair of zlib streams (about 300 KB) serves all connections of a thread. */
#include <stdlib.h>
#define ZLIB_CONST /* zlib reads its input only */
#include <zlib.h>

#include "net/ws.h"

enum {
    WINDOW_BITS = -15, /* raw deflate */
    MEMORY_LEVEL = 8,
    SCRATCH_KEPT = 1 << 16, /* a larger one is given back */
    COUNT_ON = 4,           /* how many times the limit a bomb's size is counted, and no further */
    TAIL = 4,
    AT_BLOCK_END = 128, /* of data_type: zlib.h at inflate() */
};

/* What a sync flush ends with; §7.2.1 takes it off, §7.2.2 puts it back. */
static const char tail[TAIL] = { 0, 0, (char)0xff, (char)0xff };

static bool scratch_room(struct ws_shared *shared, uint32_t len)
{
    uint32_t cap = shared->scratch_cap ? shared->scratch_cap : 4096;
    char *grown;

    if (len <= shared->scratch_cap)
        return true;
    while (cap < len)
        cap = cap > UINT32_MAX / 2 ? UINT32_MAX : cap * 2;
    grown = realloc(shared->scratch, cap);
    if (!grown)
        return false;
    shared->scratch = grown;
    shared->scratch_cap = cap;
    return true;
}

/* Before it is used again. */
static void scratch_trim(struct ws_shared *shared)
{
    if (shared->scratch_cap <= SCRATCH_KEPT)
        return;
    free(shared->scratch);
    shared->scratch = NULL;
    shared->scratch_cap = 0;
}

static z_stream *inflater(struct ws_shared *shared)
{
    z_stream *z = shared->inflater;

    if (z)
        return inflateReset(z) == Z_OK ? z : NULL;
    z = calloc(1, sizeof *z);
    if (z && inflateInit2(z, WINDOW_BITS) != Z_OK) {
        free(z);
        z = NULL;
    }
    shared->inflater = z;
    return z;
}

static z_stream *deflater(struct ws_shared *shared)
{
    z_stream *z = shared->deflater;

    if (z)
        return deflateReset(z) == Z_OK ? z : NULL;
    z = calloc(1, sizeof *z);
    if (z && deflateInit2(z, Z_BEST_SPEED, Z_DEFLATED, WINDOW_BITS, MEMORY_LEVEL,
                          Z_DEFAULT_STRATEGY) != Z_OK) {
        free(z);
        z = NULL;
    }
    shared->deflater = z;
    return z;
}

/* One message on its way through the inflater. */
struct inflating {
    struct ws_shared *shared;
    z_stream *z;
    uint32_t bytes_max;
    uint64_t size;      /* inflated so far */
    uint64_t count_max; /* beyond bytes_max it is only counted, to here */
    bool ended;         /* the last block was just read */
};

/* Where the next output goes: behind what is there, or, once it is too large, nowhere that
 * matters. */
static bool output_room(struct inflating *run)
{
    struct ws_shared *shared = run->shared;
    uint32_t kept = run->size <= run->bytes_max ? (uint32_t)run->size : 0, want = kept + 4096;

    if (shared->scratch_cap - kept < 1024 && !scratch_room(shared, want))
        return false;
    run->z->next_out = (Bytef *)shared->scratch + kept;
    run->z->avail_out = shared->scratch_cap - kept;
    return true;
}

/* Runs over one piece of input. A block marked as the last one may have others behind it
 * (§7.2.3.5), so the stream then starts over. */
static enum err inflate_piece(struct inflating *run, struct str piece)
{
    z_stream *z = run->z;
    int result = Z_OK;

    z->next_in = (const Bytef *)piece.ptr;
    z->avail_in = piece.len;
    do {
        uInt room, before = z->avail_in;
        if (!output_room(run))
            return ERR_FULL;
        room = z->avail_out;
        result = inflate(z, Z_SYNC_FLUSH);
        run->size += room - z->avail_out;
        run->ended = result == Z_STREAM_END;
        if (run->ended && inflateReset(z) != Z_OK)
            return ERR_BAD_FORMAT;
        if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR)
            return ERR_BAD_FORMAT;
        if (result == Z_BUF_ERROR && z->avail_in == before && z->avail_out == room)
            return z->avail_in == 0 ? ERR_NONE : ERR_BAD_FORMAT; /* no way on */
    } while ((z->avail_in != 0 || z->avail_out == 0) && run->size <= run->count_max);
    return ERR_NONE;
}

enum err ws_inflate(struct ws_shared *shared, struct str data, uint32_t bytes_max, struct str *out,
                    uint64_t *size)
{
    struct inflating run = { .shared = shared,
                             .bytes_max = bytes_max,
                             .count_max = (uint64_t)bytes_max * COUNT_ON };
    enum err err;

    if (data.len ==
        0) { /* §7.2.3.6 wants a byte; that nothing means nothing is clear all the same */
        *out = STR_NONE;
        return ERR_NONE;
    }
    scratch_trim(shared);
    run.z = inflater(shared);
    if (!run.z)
        return ERR_FULL;
    err = inflate_piece(&run, data);
    if (err == ERR_NONE && run.size <= run.count_max && !run.ended) {
        err = inflate_piece(&run, (struct str){ tail, TAIL });
        if (err == ERR_NONE && !(run.z->data_type & AT_BLOCK_END))
            err = ERR_BAD_FORMAT; /* it was cut */
    }
    if (err != ERR_NONE)
        return err;
    *size = run.size;
    if (run.size > bytes_max)
        return ERR_TOO_LARGE;
    *out = (struct str){ run.size ? shared->scratch : "", (uint32_t)run.size };
    return ERR_NONE;
}

bool ws_deflate(struct ws_shared *shared, struct str text, struct str *out)
{
    z_stream *z;
    uint32_t len;

    if (text.len < WS_DEFLATE_BYTES_MIN)
        return false;
    scratch_trim(shared);
    z = deflater(shared);
    /* Only what gets shorter is wanted, so there need not be room for more. */
    if (!z || !scratch_room(shared, text.len + TAIL))
        return false;
    check(shared->scratch != NULL);
    z->next_in = (const Bytef *)text.ptr;
    z->avail_in = text.len;
    z->next_out = (Bytef *)shared->scratch;
    z->avail_out = text.len + TAIL;
    if (deflate(z, Z_SYNC_FLUSH) != Z_OK || z->avail_in != 0 || z->avail_out == 0)
        return false;
    len = text.len + TAIL - z->avail_out;
    check(len >= TAIL && memcmp(shared->scratch + len - TAIL, tail, TAIL) == 0);
    *out = (struct str){ shared->scratch, len - TAIL };
    return true;
}

void ws_shared_fini(struct ws_shared *shared)
{
    if (shared->inflater)
        (void)inflateEnd(shared->inflater); /* its answer is about the caller's memory, not ours */
    if (shared->deflater)
        (void)deflateEnd(shared->deflater); /* says that input was left, which is no matter */
    free(shared->inflater);
    free(shared->deflater);
    free(shared->scratch);
    *shared = (struct ws_shared){ 0 };
}
