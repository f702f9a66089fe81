#include "core/log.h"

#include "base/varint.h"

void log_put(struct buf *block, const struct log_entry *entry)
{
    varint_put(block, entry->kind);
    varint_put(block, entry->flags);
    varint_put(block, entry->row_kind);
    varint_put(block, entry->station);
    varint_put(block, entry->session);
    varint_put(block, entry->at);
    varint_put(block, entry->block_before);
    varint_put(block, entry->took_ms);
    varint_put_text(block, entry->action);
    varint_put_text(block, entry->message_id);
    varint_put_text(block, entry->text);
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
