/* ws_utf8.c: UTF-8 in pieces. Almost all of OCPP is ASCII, which is passed over 8 bytes at once. */
#include "net/ws_utf8.h"

static size_t ascii_run(const uint8_t *p, size_t len)
{
    size_t i = 0;
    uint64_t eight;

    for (; i + sizeof eight <= len; i += sizeof eight) {
        memcpy(&eight, p + i, sizeof eight);
        if (eight & 0x8080808080808080u)
            break;
    }
    while (i < len && p[i] < 0x80)
        i++;
    return i;
}

/* What may follow a first byte; RFC 3629 §4 has the table. */
static bool start(struct ws_utf8 *utf8, uint8_t byte)
{
    utf8->low = 0x80;
    utf8->high = 0xbf;
    if (byte < 0xc2 || byte > 0xf4)
        return false;
    utf8->left = byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
    if (byte == 0xe0)
        utf8->low = 0xa0; /* else overlong */
    else if (byte == 0xed)
        utf8->high = 0x9f; /* else a surrogate */
    else if (byte == 0xf0)
        utf8->low = 0x90; /* else overlong */
    else if (byte == 0xf4)
        utf8->high = 0x8f; /* else above U+10FFFF */
    return true;
}

bool ws_utf8_feed(struct ws_utf8 *utf8, const char *data, size_t len)
{
    const uint8_t *p = (const uint8_t *)data;
    size_t i = 0;

    while (i < len) {
        if (utf8->left == 0) {
            i += ascii_run(p + i, len - i);
            if (i == len)
                return true;
            if (!start(utf8, p[i]))
                return false;
        } else {
            if (p[i] < utf8->low || p[i] > utf8->high)
                return false;
            utf8->left--;
            utf8->low = 0x80;
            utf8->high = 0xbf;
        }
        i++;
    }
    return true;
}
