#include "core/log.h"

#include "base/varint.h"

static char *write_text(char *at, struct str text)
{
    at = varint_write(at, zigzag(text.len));
    if (text.len)
        memcpy(at, text.ptr, text.len);
    return at + text.len;
}

/* Twice a message: in one go. */
void log_put(struct buf *block, const struct log_entry *entry)
{
    const int64_t numbers[] = { entry->kind,    entry->flags, entry->row_kind,     entry->station,
                                entry->session, entry->at,    entry->block_before, entry->took_ms };
    const struct str texts[] = { entry->action, entry->message_id, entry->text };
    uint64_t room = (COUNT(numbers) + COUNT(texts)) * VARINT_BYTES_MAX;
    char *start, *at;

    for (size_t i = 0; i < COUNT(texts); i++)
        room += texts[i].len;
    start = room <= UINT32_MAX ? buf_reserve(block, (uint32_t)room) : NULL;
    if (!start) {
        block->overflow = true;
        return;
    }
    at = start;
    for (size_t i = 0; i < COUNT(numbers); i++)
        at = varint_write(at, zigzag(numbers[i]));
    for (size_t i = 0; i < COUNT(texts); i++)
        at = write_text(at, texts[i]);
    block->len += (uint32_t)(at - start);
}

enum err log_take(struct str *block, struct log_entry *entry)
{
    int64_t kind, flags, row_kind;
    struct log_entry got;

    if (block->len == 0)
        return ERR_NOT_FOUND;
    if (!varint_take(block, &kind) || !varint_take(block, &flags) ||
        !varint_take(block, &row_kind) || !varint_take(block, &got.station) ||
        !varint_take(block, &got.session) || !varint_take(block, &got.at) ||
        !varint_take(block, &got.block_before) || !varint_take(block, &got.took_ms) ||
        !varint_take_text(block, &got.action) || !varint_take_text(block, &got.message_id) ||
        !varint_take_text(block, &got.text))
        return ERR_CORRUPT;
    if (kind < 0 || kind >= LOG_KIND_COUNT || row_kind < 0 || row_kind >= ROW_KIND_COUNT ||
        flags < 0 || flags > UINT32_MAX)
        return ERR_CORRUPT;
    got.kind = (enum log_kind)kind;
    got.flags = (uint32_t)flags;
    got.row_kind = (enum row_kind)row_kind;
    *entry = got;
    return ERR_NONE;
}
