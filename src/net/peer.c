/* peer.c: who is at the other end: addresses as text, private ranges, trusted proxies. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "net/inner.h"

/* From outside nobody can come by these: RFC 1918, RFC 6598 (CGNAT), RFC 3927, RFC 4193, RFC 4291.
 */
static const struct cidr private_blocks[] = {
    { { [10] = 0xff, 0xff, 127 }, 104 },      /* 127.0.0.0/8 */
    { { [10] = 0xff, 0xff, 10 }, 104 },       /* 10.0.0.0/8 */
    { { [10] = 0xff, 0xff, 172, 16 }, 108 },  /* 172.16.0.0/12 */
    { { [10] = 0xff, 0xff, 192, 168 }, 112 }, /* 192.168.0.0/16 */
    { { [10] = 0xff, 0xff, 100, 64 }, 106 },  /* 100.64.0.0/10 */
    { { [10] = 0xff, 0xff, 169, 254 }, 112 }, /* 169.254.0.0/16 */
    { { [15] = 1 }, 128 },                    /* ::1 */
    { { 0xfc }, 7 },                          /* fc00::/7 */
    { { 0xfe, 0x80 }, 10 },                   /* fe80::/10 */
};

/* IPv4 as ::ffff:a.b.c.d. False: it is neither. */
static bool bytes_of(const struct sockaddr_storage *address, uint8_t bytes[16])
{
    static const uint8_t mapped[12] = { [10] = 0xff, 0xff };

    if (address->ss_family == AF_INET) {
        const struct sockaddr_in *in = (const void *)address;
        memcpy(bytes, mapped, sizeof mapped);
        memcpy(bytes + 12, &in->sin_addr, 4);
        return true;
    }
    if (address->ss_family != AF_INET6)
        return false;
    memcpy(bytes, &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr, 16);
    return true;
}

static bool cidr_has(const struct cidr *cidr, const uint8_t bytes[16])
{
    uint8_t whole = cidr->bits / 8, rest = cidr->bits % 8;

    if (memcmp(cidr->address, bytes, whole) != 0)
        return false;
    return rest == 0 || (cidr->address[whole] ^ bytes[whole]) >> (8 - rest) == 0;
}

bool cidr_parse(const char *text, struct cidr *cidr)
{
    char host[INET6_ADDRSTRLEN];
    struct str rest = str_of(text), address;
    struct sockaddr_storage any = { .ss_family = AF_INET };
    int64_t bits = 0;
    bool is_4;

    if (!str_cut(&rest, '/', &address) || address.len >= sizeof host)
        return false;
    memcpy(host, address.ptr, address.len);
    host[address.len] = '\0';
    is_4 = inet_pton(AF_INET, host, &((struct sockaddr_in *)(void *)&any)->sin_addr) == 1;
    if (!is_4) {
        any.ss_family = AF_INET6;
        if (inet_pton(AF_INET6, host, &((struct sockaddr_in6 *)(void *)&any)->sin6_addr) != 1)
            return false;
    }
    bits = is_4 ? 32 : 128;
    if (str_find_byte(str_of(text), '/') >= 0 && (!str_to_i64(rest, &bits) || bits < 0))
        return false;
    if (bits > (is_4 ? 32 : 128))
        return false;
    cidr->bits = (uint8_t)(is_4 ? bits + 96 : bits);
    return bytes_of(&any, cidr->address);
}

void peer_describe(const struct sockaddr_storage *address, struct net_peer *peer)
{
    uint8_t bytes[16];
    char host[INET6_ADDRSTRLEN];
    bool is_4;
    uint16_t port;

    if (!bytes_of(address, bytes)) {
        (void)snprintf(peer->address, sizeof peer->address, "local"); /* fits */
        peer->plain_private = true;
        return;
    }
    is_4 = cidr_has(&(struct cidr){ { [10] = 0xff, 0xff }, 96 }, bytes);
    port = ntohs(address->ss_family == AF_INET
                     ? ((const struct sockaddr_in *)(const void *)address)->sin_port
                     : ((const struct sockaddr_in6 *)(const void *)address)->sin6_port);
    check(inet_ntop(is_4 ? AF_INET : AF_INET6, is_4 ? bytes + 12 : bytes, host, sizeof host));
    (void)snprintf(peer->address, sizeof peer->address, is_4 ? "%s:%u" : "[%s]:%u", host,
                   (unsigned)port); /* fits: 46 + 8 */
    peer->plain_private = false;
    for (size_t i = 0; i < COUNT(private_blocks); i++)
        if (cidr_has(&private_blocks[i], bytes))
            peer->plain_private = true;
}

bool peer_is_proxy(const struct net *net, const struct sockaddr_storage *address)
{
    uint8_t bytes[16];

    if (!bytes_of(address, bytes))
        return false;
    for (uint32_t i = 0; i < net->config.proxy_count; i++)
        if (cidr_has(&net->proxies[i], bytes))
            return true;
    return false;
}
