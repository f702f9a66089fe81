/* ws_write.c: frames out. RFC 6455 §5.2, §5.3, §5.5.1. */
#include "net/ws.h"

uint8_t ws_mask(char *data, size_t len, const uint8_t mask[4], uint8_t at)
{
    uint8_t turned[8];
    uint64_t eight, pattern;
    size_t i = 0;

    for (size_t k = 0; k < sizeof turned; k++)
        turned[k] = mask[(at + k) & 3];
    memcpy(&pattern, turned, sizeof pattern);
    if (pattern != 0) {
        for (; i + sizeof eight <= len; i += sizeof eight) {
            memcpy(&eight, data + i, sizeof eight);
            eight ^= pattern;
            memcpy(data + i, &eight, sizeof eight);
        }
        for (; i < len; i++)
            data[i] = (char)((uint8_t)data[i] ^ turned[i & 7]);
    }
    return (uint8_t)((at + len) & 3);
}

uint32_t ws_head(uint8_t head[WS_HEAD_MAX], enum ws_opcode opcode, bool rsv1, uint64_t len,
                 const uint8_t *mask)
{
    uint8_t masked = mask ? 0x80 : 0, size = len < 126 ? 0 : len <= UINT16_MAX ? 2 : 8;
    uint32_t at = 2;

    head[0] = (uint8_t)(0x80 | (rsv1 ? 0x40 : 0) | opcode);
    head[1] = (uint8_t)(masked | (size == 0 ? len : size == 2 ? 126 : 127));
    for (uint8_t i = 0; i < size; i++)
        head[at++] = (uint8_t)(len >> (8 * (size - 1 - i)));
    if (mask) {
        memcpy(head + at, mask, 4);
        at += 4;
    }
    return at;
}

uint32_t ws_close_payload(char payload[WS_CONTROL_MAX], uint16_t code, struct str reason)
{
    uint32_t len = reason.len < WS_CONTROL_MAX - 2 ? reason.len : WS_CONTROL_MAX - 2;

    if (code == WS_NO_CODE)
        return 0;
    while (len < reason.len && len > 0 && ((uint8_t)reason.ptr[len] & 0xc0) == 0x80)
        len--; /* not in the middle of a character */
    payload[0] = (char)(code >> 8);
    payload[1] = (char)(code & 0xff);
    if (len)
        memcpy(payload + 2, reason.ptr, len);
    return len + 2;
}
