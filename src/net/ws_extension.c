/* ws_extension.c: what is agreed about permessage-deflate. RFC 7692 §5, §7.1.
 *
 * A server's window smaller than 32 KiB is kept by the sender: only messages that fit into it are
 * compressed, since no reference reaches further back than the message is long. */
#include "net/ws_handshake.h"

enum { BITS_MIN = 8, BITS_MAX = 15 };

/* What one offer or answer says. */
struct terms {
    bool server_alone, client_alone; /* no context takeover */
    bool server_bits_named, client_bits_named;
    int64_t server_bits, client_bits; /* 0: named without a value */
};

static struct str unquoted(struct str value)
{
    if (value.len >= 2 && value.ptr[0] == '"' && value.ptr[value.len - 1] == '"')
        return (struct str){ value.ptr + 1, value.len - 2 };
    return value;
}

/* "10" and the like: 8..15 without sign or leading zero (§7.1.2). */
static bool read_bits(struct str value, int64_t *bits)
{
    value = unquoted(str_trim(value));
    return value.len > 0 && value.ptr[0] >= '1' && value.ptr[0] <= '9' && str_to_i64(value, bits) &&
           *bits >= BITS_MIN && *bits <= BITS_MAX;
}

static bool once(bool *seen)
{
    bool first = !*seen;

    *seen = true;
    return first;
}

/* False: a parameter that is unknown, there twice, or has a wrong value. */
static bool read_parameter(struct str parameter, struct terms *terms)
{
    struct str name, value = parameter;
    bool has_value = str_find_byte(parameter, '=') >= 0;

    if (!str_cut(&value, '=', &name))
        return false;
    name = str_trim(name);
    if (str_equal_nocase(name, STR("server_no_context_takeover")))
        return !has_value && once(&terms->server_alone);
    if (str_equal_nocase(name, STR("client_no_context_takeover")))
        return !has_value && once(&terms->client_alone);
    if (str_equal_nocase(name, STR("server_max_window_bits")))
        return once(&terms->server_bits_named) && has_value &&
               read_bits(value, &terms->server_bits);
    if (str_equal_nocase(name, STR("client_max_window_bits")))
        return once(&terms->client_bits_named) &&
               (!has_value || read_bits(value, &terms->client_bits));
    return false;
}

static bool read_terms(struct str extension, struct terms *terms)
{
    struct str part;

    *terms = (struct terms){ 0 };
    if (!str_cut(&extension, ';', &part) ||
        !str_equal_nocase(str_trim(part), STR("permessage-deflate")))
        return false;
    while (str_cut(&extension, ';', &part))
        if (!read_parameter(str_trim(part), terms))
            return false;
    return true;
}

bool ws_agree(struct str offers, struct ws_agreed *agreed)
{
    struct str offer;
    struct terms terms;

    *agreed = (struct ws_agreed){ 0 };
    while (str_cut(&offers, ',', &offer)) {
        if (!read_terms(str_trim(offer), &terms))
            continue; /* §7.1: declined, the next one may do */
        *agreed = (struct ws_agreed){
            .deflate = true,
            .window_named = terms.server_bits_named,
            .window_bits = terms.server_bits_named ? (uint8_t)terms.server_bits : BITS_MAX,
        };
        return true;
    }
    return false;
}

void ws_put_agreed(struct buf *buf, const struct ws_agreed *agreed)
{
    buf_put(buf, STR(WS_CLIENT_OFFER));
    if (agreed->window_named)
        buf_printf(buf, "; server_max_window_bits=%u", (unsigned)agreed->window_bits);
}

bool ws_check_extensions(struct str answer, struct ws_agreed *agreed)
{
    struct terms terms;

    *agreed = (struct ws_agreed){ 0 };
    if (str_trim(answer).len == 0)
        return true;
    /* The inflater is shared, so a server that keeps its context cannot be read. A limit on the
     * client's window was not offered, so it cannot be asked for (§7.1.2.2). */
    if (!read_terms(str_trim(answer), &terms) || !terms.server_alone || terms.client_bits_named)
        return false;
    *agreed = (struct ws_agreed){ .deflate = true, .window_bits = BITS_MAX };
    return true;
}
