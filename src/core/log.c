#include "core/log.h"

/* Numbers are zigzag varints: small ones are short, and all of them compress well beside their
 * likes. */
static void put_number(struct buf *block, int64_t value)
{
    uint64_t rest = ((uint64_t)value << 1) ^ (value < 0 ? UINT64_MAX : 0);

    while (rest >= 0x80) {
        buf_put_byte(block, (char)(rest | 0x80));
        rest >>= 7;
    }
    buf_put_byte(block, (char)rest);
}

static void put_text(struct buf *block, struct str text)
{
    put_number(block, text.len);
    buf_put(block, text);
}

static bool take_number(struct str *block, int64_t *value)
{
    uint64_t sum = 0;

    for (unsigned shift = 0; shift < 64; shift += 7) {
        uint8_t byte;
        if (block->len == 0)
            return false;
        byte = (uint8_t)block->ptr[0];
        *block = str_from(*block, 1);
        sum |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            *value = (int64_t)(sum >> 1) ^ -(int64_t)(sum & 1);
            return true;
        }
    }
    return false;
}

static bool take_text(struct str *block, struct str *text)
{
    int64_t len;

    if (!take_number(block, &len) || len < 0 || len > block->len)
        return false;
    *text = str_first(*block, (uint32_t)len);
    *block = str_from(*block, (uint32_t)len);
    return true;
}

void log_put(struct buf *block, const struct log_entry *entry)
{
    put_number(block, entry->kind);
    put_number(block, entry->flags);
    put_number(block, entry->row_kind);
    put_number(block, entry->station);
    put_number(block, entry->session);
    put_number(block, entry->at);
    put_number(block, entry->block_before);
    put_number(block, entry->took_ms);
    put_text(block, entry->action);
    put_text(block, entry->message_id);
    put_text(block, entry->text);
}

enum err log_take(struct str *block, struct log_entry *entry)
{
    int64_t kind, flags, row_kind;
    struct log_entry got;

    if (block->len == 0)
        return ERR_NOT_FOUND;
    if (!take_number(block, &kind) || !take_number(block, &flags) ||
        !take_number(block, &row_kind) || !take_number(block, &got.station) ||
        !take_number(block, &got.session) || !take_number(block, &got.at) ||
        !take_number(block, &got.block_before) || !take_number(block, &got.took_ms) ||
        !take_text(block, &got.action) || !take_text(block, &got.message_id) ||
        !take_text(block, &got.text))
        return ERR_CORRUPT;
    if (kind < 0 || kind > LOG_REDO || row_kind < 0 || row_kind >= ROW_KIND_COUNT || flags < 0 ||
        flags > UINT32_MAX)
        return ERR_CORRUPT;
    got.kind = (enum log_kind)kind;
    got.flags = (uint32_t)flags;
    got.row_kind = (enum row_kind)row_kind;
    *entry = got;
    return ERR_NONE;
}
