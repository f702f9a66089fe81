/* The small parts of the network layer: proxy headers, address blocks, the wheel of deadlines. */
#include "test.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include "net/inner.h"
#include "net/proxy.h"

#define SIGNATURE "\r\n\r\n\0\r\nQUIT\n"

static void a_proxy_header_is_read_or_refused(void **state)
{
    static const struct {
        const char *name;
        struct str bytes;
        enum proxy_state want;
        const char *address;
    } cases[] = {
        { "IPv4", STR_INIT(SIGNATURE "\x21\x11\0\x0c\xcb\0\x71\x09\x0a\0\0\x01\x15\xb3\0\x50"),
          PROXY_WHOLE, "203.0.113.9:5555" },
        { "IPv4 with more behind it",
          STR_INIT(SIGNATURE "\x21\x11\0\x0f\xcb\0\x71\x09\x0a\0\0\x01\x15\xb3\0\x50\x03\0\0"),
          PROXY_WHOLE, "203.0.113.9:5555" },
        { "IPv6",
          STR_INIT(SIGNATURE "\x21\x21\0\x24\xfd\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01"
                             "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\x1e\x61\0\x50"),
          PROXY_WHOLE, "[fd00::1]:7777" },
        { "the proxy itself", STR_INIT(SIGNATURE "\x20\0\0\0"), PROXY_LOCAL, NULL },
        { "the proxy itself, with an address", STR_INIT(SIGNATURE "\x20\x11\0\x02xx"), PROXY_LOCAL,
          NULL },
        { "nothing yet", STR_INIT(""), PROXY_PART, NULL },
        { "half a signature", STR_INIT("\r\n\r\n\0"), PROXY_PART, NULL },
        { "the signature", STR_INIT(SIGNATURE), PROXY_PART, NULL },
        { "half an address", STR_INIT(SIGNATURE "\x21\x11\0\x0c\xcb\0"), PROXY_PART, NULL },
        { "HTTP", STR_INIT("GET / HTTP/1.1\r\n"), PROXY_BROKEN, NULL },
        { "version 1", STR_INIT("PROXY TCP4 "), PROXY_BROKEN, NULL },
        { "version 3", STR_INIT(SIGNATURE "\x31\x11\0\x0c\0\0\0\0\0\0\0\0\0\0\0\0"), PROXY_BROKEN,
          NULL },
        { "an unknown command", STR_INIT(SIGNATURE "\x22\x11\0\x0c\0\0\0\0\0\0\0\0\0\0\0\0"),
          PROXY_BROKEN, NULL },
        { "datagrams", STR_INIT(SIGNATURE "\x21\x12\0\x0c\0\0\0\0\0\0\0\0\0\0\0\0"), PROXY_BROKEN,
          NULL },
        { "an address too short", STR_INIT(SIGNATURE "\x21\x11\0\x0b\0\0\0\0\0\0\0\0\0\0\0"),
          PROXY_BROKEN, NULL },
        { "IPv6 with IPv4's length", STR_INIT(SIGNATURE "\x21\x21\0\x0c\0\0\0\0\0\0\0\0\0\0\0\0"),
          PROXY_BROKEN, NULL },
        { "a length beyond the limit", STR_INIT(SIGNATURE "\x21\x11\xff\xff"), PROXY_BROKEN, NULL },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct sockaddr_storage address;
        struct net_peer peer;
        size_t len = 0;
        print_message("# %s\n", cases[i].name);
        assert_int_equal(
            proxy_parse((const uint8_t *)cases[i].bytes.ptr, cases[i].bytes.len, &len, &address),
            cases[i].want);
        if (!cases[i].address)
            continue;
        assert_int_equal(len, cases[i].bytes.len);
        peer_describe(&address, &peer);
        assert_string_equal(peer.address, cases[i].address);
    }
}

static void describe(const char *text, struct net_peer *peer)
{
    struct sockaddr_storage address = { .ss_family = strchr(text, ':') ? AF_INET6 : AF_INET };
    void *bytes = address.ss_family == AF_INET
                      ? (void *)&((struct sockaddr_in *)(void *)&address)->sin_addr
                      : (void *)&((struct sockaddr_in6 *)(void *)&address)->sin6_addr;

    assert_int_equal(inet_pton(address.ss_family, text, bytes), 1);
    peer_describe(&address, peer);
}

static void addresses_are_private_or_not(void **state)
{
    static const struct {
        const char *address;
        bool is_private;
    } cases[] = {
        { "127.0.0.1", true },
        { "127.255.255.255", true },
        { "126.255.255.255", false },
        { "10.0.0.0", true },
        { "10.255.255.255", true },
        { "11.0.0.0", false },
        { "172.15.255.255", false },
        { "172.16.0.0", true },
        { "172.31.255.255", true },
        { "172.32.0.0", false },
        { "192.168.0.0", true },
        { "192.168.255.255", true },
        { "192.169.0.0", false },
        { "100.63.255.255", false },
        { "100.64.0.0", true },
        { "100.127.255.255", true },
        { "100.128.0.0", false },
        { "169.254.1.1", true },
        { "169.255.0.0", false },
        { "8.8.8.8", false },
        { "::1", true },
        { "::2", false },
        { "fc00::1", true },
        { "fdff::1", true },
        { "fe00::1", false },
        { "fe80::1", true },
        { "febf::1", true },
        { "fec0::1", false },
        { "2001:db8::1", false },
        { "::ffff:10.1.2.3", true },
        { "::ffff:8.8.8.8", false },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct net_peer peer;
        print_message("# %s\n", cases[i].address);
        describe(cases[i].address, &peer);
        assert_int_equal(peer.plain_private, cases[i].is_private);
    }
}

static void blocks_of_addresses_are_read_or_refused(void **state)
{
    static const struct {
        const char *text;
        bool good;
        uint8_t bits;
    } cases[] = {
        { "10.0.0.0/8", true, 104 },   { "10.0.0.1", true, 128 },    { "0.0.0.0/0", true, 96 },
        { "::1", true, 128 },          { "fd00::/8", true, 8 },      { "::/0", true, 0 },
        { "10.0.0.0/33", false, 0 },   { "fd00::/129", false, 0 },   { "10.0.0.0/-1", false, 0 },
        { "10.0.0.0/", false, 0 },     { "10.0.0/8", false, 0 },     { "", false, 0 },
        { "proxy.example", false, 0 }, { "10.0.0.0/8/8", false, 0 },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct cidr cidr = { 0 };
        print_message("# %s\n", cases[i].text);
        assert_int_equal(cidr_parse(cases[i].text, &cidr), cases[i].good);
        if (cases[i].good)
            assert_int_equal(cidr.bits, cases[i].bits);
    }
}

struct alarm {
    struct wheel_node node;
    mono_ms want, rang;
    struct alarm *again; /* set this one when it rings */
};

struct clockwork {
    struct wheel wheel;
    mono_ms now;
};

static void ring(void *context, struct wheel_node *node)
{
    struct clockwork *clockwork = context;
    struct alarm *alarm = CONTAINER_OF(node, struct alarm, node);

    assert_int_equal(alarm->rang, 0);
    alarm->rang = clockwork->now;
    if (alarm->again)
        wheel_set(&clockwork->wheel, &alarm->again->node, clockwork->now, 0);
}

static void a_deadline_is_late_by_half_a_second_at_most_and_never_early(void **state)
{
    static const uint32_t waits[] = { 0,     1,     249,   250,   251,    1000,
                                      63749, 63750, 64000, 64001, 130000, 1000000 };
    static struct clockwork clockwork;
    struct alarm alarms[COUNT(waits)] = { 0 };
    struct alarm after = { 0 };

    (void)state;
    clockwork.now = 123456789;
    wheel_init(&clockwork.wheel, 0);
    alarms[3].again = &after;
    for (size_t i = 0; i < COUNT(waits); i++) {
        alarms[i].want = clockwork.now + waits[i];
        wheel_set(&clockwork.wheel, &alarms[i].node, clockwork.now, waits[i]);
    }
    for (int step = 0; clockwork.wheel.count && step < 10000; step++) {
        clockwork.now += 100 + (mono_ms)(step % 7) * 10;
        wheel_run(&clockwork.wheel, clockwork.now, ring, &clockwork);
    }
    for (size_t i = 0; i < COUNT(waits); i++) {
        assert_true(alarms[i].rang >= alarms[i].want);
        assert_true(alarms[i].rang <= alarms[i].want + 500);
    }
    assert_true(after.rang > alarms[3].rang);
}

static void a_deadline_that_is_moved_or_cleared_does_not_ring_before(void **state)
{
    static struct clockwork clockwork;
    struct alarm moved = { 0 }, cleared = { 0 };

    (void)state;
    wheel_init(&clockwork.wheel, 0);
    wheel_set(&clockwork.wheel, &moved.node, 0, 1000);
    wheel_set(&clockwork.wheel, &cleared.node, 0, 1000);
    wheel_set(&clockwork.wheel, &moved.node, 0, 5000);
    wheel_clear(&clockwork.wheel, &cleared.node);
    wheel_clear(&clockwork.wheel, &cleared.node);
    for (clockwork.now = 0; clockwork.now < 4000; clockwork.now += 250)
        wheel_run(&clockwork.wheel, clockwork.now, ring, &clockwork);
    assert_int_equal(moved.rang, 0);
    for (; clockwork.now < 6000; clockwork.now += 250)
        wheel_run(&clockwork.wheel, clockwork.now, ring, &clockwork);
    assert_int_not_equal(moved.rang, 0);
    assert_int_equal(cleared.rang, 0);
    assert_int_equal(clockwork.wheel.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_proxy_header_is_read_or_refused),
        cmocka_unit_test(addresses_are_private_or_not),
        cmocka_unit_test(blocks_of_addresses_are_read_or_refused),
        cmocka_unit_test(a_deadline_is_late_by_half_a_second_at_most_and_never_early),
        cmocka_unit_test(a_deadline_that_is_moved_or_cleared_does_not_ring_before),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
