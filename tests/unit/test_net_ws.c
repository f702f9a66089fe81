/* The WebSocket codec against net_ws_cases.def. Each case is read whole, byte by byte, and in
 * pieces of many sizes, and must say the same each time.
 *
 * Bytes in, separated by spaces:
 *   <81 05>          these bytes as they are
 *   [81: …]          a frame with this first byte and a payload; masked in the server's cases, not
 *                    in the client's. Before the colon: u (unmasked), m (masked), k (a mask of
 *                    zeros), L2, L8 (length in so many bytes)
 *   {…}*3            all of it three times
 *   {f10 …}          the payload as a compressed message in ten fragments
 * A payload: 'text', hex, x*3 or c3a4*3 (repeated); behind z it is deflated; r 100: a hundred bytes
 * that hardly deflate, deflated.
 * Events out: text(…) ping(…) pong(…) close(code,reason) fail(code) fail(1009,size), and "part"
 * when something is under way. #100 stands for a hundred bytes, \xff for one that is not printable.
 */
#include "test.h"

#include <stdlib.h>
#include <zlib.h>

#include "base/rand.h"
#include "net/ws.h"

enum kind { SERVER, CLIENT, LIMIT, DEFLATE, DEFLATE_LIMIT };

struct ws_case {
    enum kind kind;
    const char *name, *in, *out;
};

static const struct ws_case cases[] = {
#define SERVER(name, in, out)        { SERVER, name, in, out },
#define CLIENT(name, in, out)        { CLIENT, name, in, out },
#define LIMIT(name, in, out)         { LIMIT, name, in, out },
#define DEFLATE(name, in, out)       { DEFLATE, name, in, out },
#define DEFLATE_LIMIT(name, in, out) { DEFLATE_LIMIT, name, in, out },
#include "net_ws_cases.def"
#undef SERVER
#undef CLIENT
#undef LIMIT
#undef DEFLATE
#undef DEFLATE_LIMIT
};

enum { BYTES_MAX = 1 << 20 };

static char memory[4][BYTES_MAX];

/* --- bytes in --- */

static void forward(struct str *s, uint32_t count)
{
    *s = str_from(*s, count);
}

static bool at(const struct str *s, char c)
{
    return s->len != 0 && s->ptr[0] == c;
}

static uint8_t hex_byte(struct str *s)
{
    char text[3] = { s->ptr[0], s->ptr[1], 0 }, *end;
    unsigned long value = strtoul(text, &end, 16);

    assert_ptr_equal(end, text + 2);
    forward(s, 2);
    return (uint8_t)value;
}

static uint32_t number(struct str *s)
{
    uint32_t value = 0;

    assert_true(s->len && s->ptr[0] >= '0' && s->ptr[0] <= '9');
    while (s->len && s->ptr[0] >= '0' && s->ptr[0] <= '9') {
        value = value * 10 + (uint32_t)(s->ptr[0] - '0');
        forward(s, 1);
    }
    return value;
}

static struct str deflated(struct str text, char *out)
{
    z_stream z = { 0 };

    assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY), Z_OK);
    z.next_in = (Bytef *)(uintptr_t)text.ptr;
    z.avail_in = text.len;
    z.next_out = (Bytef *)out;
    z.avail_out = BYTES_MAX;
    assert_int_equal(deflate(&z, Z_SYNC_FLUSH), Z_OK);
    text = (struct str){ out, (uint32_t)z.total_out - 4 };
    assert_int_equal(deflateEnd(&z), Z_DATA_ERROR); /* "was not finished", as it should be */
    return text;
}

static void put_random(struct buf *buf, uint32_t count)
{
    struct rand rand = { 7 };

    for (uint32_t i = 0; i < count; i++)
        buf_put_byte(buf, (char)(' ' + rand_below(&rand, 95)));
}

/* One of: 'text', x*3, c3a4*3, c3a4. */
static void put_item(struct buf *buf, struct str *s)
{
    char unit[64];
    uint32_t len = 0, times = 1;

    if (at(s, '\'')) {
        forward(s, 1);
        while (!at(s, '\'')) {
            buf_put_byte(buf, s->ptr[0]);
            forward(s, 1);
        }
        forward(s, 1);
        return;
    }
    if (s->len > 1 && s->ptr[1] == '*') {
        unit[len++] = s->ptr[0];
        forward(s, 1);
    }
    while (s->len > 1 && strchr("0123456789abcdef", s->ptr[0]))
        unit[len++] = (char)hex_byte(s);
    assert_int_not_equal(len, 0);
    if (at(s, '*')) {
        forward(s, 1);
        times = number(s);
    }
    while (times--)
        buf_put(buf, (struct str){ unit, len });
}

/* Up to the closing bracket. */
static struct str read_payload(struct str *s, char end)
{
    struct buf buf;
    bool deflate = false;

    buf_init(&buf, memory[0], BYTES_MAX);
    while (!at(s, end)) {
        if (at(s, ' ')) {
            forward(s, 1);
        } else if (at(s, 'z') && s->ptr[1] != '*') {
            deflate = true;
            forward(s, 1);
        } else if (at(s, 'r') && s->ptr[1] == ' ') {
            deflate = true;
            forward(s, 2);
            put_random(&buf, number(s));
        } else {
            put_item(&buf, s);
        }
    }
    forward(s, 1);
    assert_false(buf.overflow);
    return deflate ? deflated(buf_str(&buf), memory[1]) : buf_str(&buf);
}

struct frame_style {
    bool masked, zero_mask;
    int len_bytes; /* 0: as few as can be */
};

static void put_frame(struct buf *buf, uint8_t first, struct str payload,
                      const struct frame_style *style)
{
    static const uint8_t mask[2][4] = { { 0x37, 0xfa, 0x21, 0x3d }, { 0 } };
    const uint8_t *key = mask[style->zero_mask];
    int size = style->len_bytes      ? style->len_bytes
               : payload.len < 126   ? 0
               : payload.len < 65536 ? 2
                                     : 8;

    buf_put_byte(buf, (char)first);
    buf_put_byte(buf, (char)((style->masked ? 0x80 : 0) | (size == 0   ? (int)payload.len
                                                           : size == 2 ? 126
                                                                       : 127)));
    for (int i = size - 1; i >= 0; i--)
        buf_put_byte(buf, (char)((uint64_t)payload.len >> (8 * i)));
    if (style->masked)
        buf_put(buf, (struct str){ (const char *)key, 4 });
    for (uint32_t i = 0; i < payload.len; i++)
        buf_put_byte(buf, (char)(payload.ptr[i] ^ (style->masked ? key[i % 4] : 0)));
}

static void put_bracket(struct buf *buf, struct str *s, bool masked)
{
    struct frame_style style = { .masked = masked };
    uint8_t first = hex_byte(s);

    while (!at(s, ':')) {
        char option = s->ptr[0];
        forward(s, 1);
        if (option == 'u')
            style.masked = false;
        else if (option == 'm')
            style.masked = true;
        else if (option == 'k')
            style.zero_mask = true;
        else if (option == 'L')
            style.len_bytes = (int)number(s);
        else
            assert_int_equal(option, ' ');
    }
    forward(s, 1);
    put_frame(buf, first, read_payload(s, ']'), &style);
}

static void put_fragments(struct buf *buf, struct str *s)
{
    uint32_t count = number(s), done = 0;
    struct str all = read_payload(s, '}');
    struct frame_style style = { .masked = true };

    for (uint32_t i = 0; i < count; i++) {
        uint32_t end = i + 1 == count ? all.len : all.len * (i + 1) / count;
        uint8_t first = (uint8_t)((i == 0 ? 0x41 : 0) | (i + 1 == count ? 0x80 : 0));
        put_frame(buf, first, (struct str){ all.ptr + done, end - done }, &style);
        done = end;
    }
}

static void put_input(struct buf *buf, struct str s, bool masked);

static void put_group(struct buf *buf, struct str *s, bool masked)
{
    int64_t end = str_find_byte(*s, '}');
    struct str inner = str_first(*s, (uint32_t)end);

    if (at(&inner, 'f')) {
        forward(s, 1);
        put_fragments(buf, s);
        return;
    }
    forward(s, (uint32_t)end + 2); /* "}*" */
    for (uint32_t times = number(s); times > 0; times--)
        put_input(buf, inner, masked);
}

static void put_input(struct buf *buf, struct str s, bool masked)
{
    while (s.len) {
        char c = s.ptr[0];
        forward(&s, 1);
        if (c == '[') {
            put_bracket(buf, &s, masked);
        } else if (c == '{') {
            put_group(buf, &s, masked);
        } else if (c == '<') {
            for (; !at(&s, '>');)
                if (at(&s, ' '))
                    forward(&s, 1);
                else
                    buf_put_byte(buf, (char)hex_byte(&s));
            forward(&s, 1);
        } else {
            assert_int_equal(c, ' ');
        }
    }
}

/* --- events out --- */

static void put_shown(struct buf *buf, struct str data)
{
    if (data.len > 60) {
        buf_printf(buf, "#%u", data.len);
        return;
    }
    for (uint32_t i = 0; i < data.len; i++)
        if (data.ptr[i] >= ' ' && data.ptr[i] < 127)
            buf_put_byte(buf, data.ptr[i]);
        else
            buf_printf(buf, "\\x%02x", (unsigned)(uint8_t)data.ptr[i]);
}

static void put_event(struct buf *buf, const struct ws_event *event)
{
    static const char *const names[] = { "", "text(", "ping(", "pong(", "close(", "fail(" };

    if (buf->len)
        buf_put_byte(buf, ' ');
    buf_put(buf, str_of(names[event->kind]));
    if (event->kind == WS_CLOSE || event->kind == WS_FAILED)
        buf_printf(buf, "%u", (unsigned)event->code);
    if (event->kind == WS_CLOSE)
        buf_put_byte(buf, ',');
    if (event->oversize_bytes)
        buf_printf(buf, ",%llu", (unsigned long long)event->oversize_bytes);
    put_shown(buf, event->data);
    buf_put_byte(buf, ')');
    if (event->kind == WS_FAILED)
        assert_non_null(event->why);
}

/* How the input is cut: 0 not at all, 1 into bytes, else at random with this seed. */
static struct str run(const struct ws_case *test, struct str in, uint64_t cut)
{
    bool small = test->kind == LIMIT || test->kind == DEFLATE_LIMIT;
    _Atomic size_t assembling = 0;
    struct ws_shared shared = { .assembling = &assembling, .assembling_max = 1 << 22 };
    struct rand rand = { cut };
    struct ws_event event;
    struct ws ws;
    struct buf out;

    buf_init(&out, memory[3], BYTES_MAX);
    ws_init(&ws, test->kind == CLIENT, test->kind == DEFLATE || test->kind == DEFLATE_LIMIT,
            small ? 1000 : 1 << 20);
    while (in.len) {
        uint32_t len = cut == 0   ? in.len
                       : cut == 1 ? 1
                                  : 1 + (uint32_t)rand_below(&rand, UINT64_C(40) << (cut % 9));
        struct str piece = str_first(in, len);
        /* Memory of its own, so that a sanitizer sees a byte too many. */
        char *own = malloc(piece.len);
        struct ws_input input = { own, piece.len };
        memcpy(own, piece.ptr, piece.len);
        while (ws_read(&ws, &shared, &input, &event) != WS_MORE)
            put_event(&out, &event);
        assert_int_equal(input.len, 0);
        free(own);
        in = str_from(in, piece.len);
    }
    if (!ws.ended && ws_is_partial(&ws))
        buf_put(&out, out.len ? STR(" part") : STR("part"));
    if (!ws_is_partial(&ws)) {
        assert_null(ws.message);
        assert_null(ws.stash);
    }
    ws_fini(&ws, &shared);
    ws_shared_fini(&shared);
    assert_int_equal(assembling, 0);
    return buf_str(&out);
}

/* "fail(1009,>4000)" wants any number above. */
static bool fits(struct str got, struct str want)
{
    int64_t sign = str_find_byte(want, '>'), least = 0, real = 0;

    if (sign < 0)
        return str_equal(got, want);
    return str_starts(got, str_first(want, (uint32_t)sign)) &&
           str_to_i64(str_first(str_from(want, (uint32_t)sign + 1), want.len - (uint32_t)sign - 2),
                      &least) &&
           str_to_i64(str_first(str_from(got, (uint32_t)sign), got.len - (uint32_t)sign - 1),
                      &real) &&
           real > least;
}

static void every_case_says_the_same_however_it_is_cut(void **state)
{
    enum { CUTS = 12 };
    uint32_t wrong = 0;

    (void)state;
    assert_true(COUNT(cases) >= 300);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct buf in;
        buf_init(&in, memory[2], BYTES_MAX);
        put_input(&in, str_of(cases[i].in), cases[i].kind != CLIENT);
        assert_false(in.overflow);
        for (uint64_t cut = 0; cut < CUTS; cut++) {
            struct str got = run(&cases[i], buf_str(&in), cut);
            if (!fits(got, str_of(cases[i].out))) {
                print_error("%s, cut %u: got %.*s, want %s\n", cases[i].name, (unsigned)cut,
                            STR_ARGS(got), cases[i].out);
                wrong++;
                break;
            }
        }
    }
    assert_int_equal(wrong, 0);
}

static void what_is_assembled_is_bounded_over_all_connections(void **state)
{
    _Atomic size_t assembling = 0;
    struct ws_shared shared = { .assembling = &assembling, .assembling_max = 10000 };
    struct ws ws[4];
    struct ws_event event;
    uint32_t refused = 0;

    (void)state;
    for (size_t i = 0; i < COUNT(ws); i++) {
        char piece[4006] = { (char)0x81, (char)0xfe, 0x40, 0 };
        struct ws_input input = { piece, sizeof piece };
        memset(piece + 8, 'a', sizeof piece - 8);
        memset(piece + 4, 0, 4);
        ws_init(&ws[i], false, false, 1 << 20);
        while (ws_read(&ws[i], &shared, &input, &event) != WS_MORE) {
            assert_int_equal(event.kind, WS_FAILED);
            assert_int_equal(event.code, WS_TRY_LATER);
            refused++;
        }
        assert_true(assembling <= 10000);
    }
    assert_int_equal(refused, 2);
    for (size_t i = 0; i < COUNT(ws); i++)
        ws_fini(&ws[i], &shared);
    assert_int_equal(assembling, 0);
}

static void what_one_role_writes_the_other_reads(void **state)
{
    static const uint32_t lengths[] = { 0, 1, 125, 126, 127, 65535, 65536, 200000 };
    static const uint8_t mask[4] = { 1, 2, 3, 250 };
    struct ws_shared shared = { 0 };

    (void)state;
    for (size_t i = 0; i < COUNT(lengths) * 2; i++) {
        bool to_server = i % 2;
        uint32_t len = lengths[i / 2], head_len;
        char *all = malloc(WS_HEAD_MAX + len);
        struct ws_input input = { all, 0 };
        struct ws_event event;
        struct ws ws;
        head_len = ws_head((uint8_t *)all, WS_OP_TEXT, false, len, to_server ? mask : NULL);
        memset(all + head_len, 'x', len);
        if (to_server)
            (void)ws_mask(all + head_len, len, mask, 0);
        input.len = head_len + len;
        ws_init(&ws, !to_server, false, 1 << 20);
        assert_int_equal(ws_read(&ws, &shared, &input, &event), WS_TEXT);
        assert_int_equal(event.data.len, len);
        for (uint32_t k = 0; k < len; k++)
            assert_int_equal(event.data.ptr[k], 'x');
        ws_fini(&ws, &shared);
        free(all);
    }
}

static void masking_in_pieces_is_masking_at_once(void **state)
{
    static const uint8_t mask[4] = { 0x37, 0xfa, 0x21, 0x3d };
    struct rand rand = { 3 };

    (void)state;
    for (int round = 0; round < 300; round++) {
        char whole[100], pieces[100];
        uint8_t place = 0;
        for (size_t i = 0; i < sizeof whole; i++)
            whole[i] = pieces[i] = (char)rand_next(&rand);
        (void)ws_mask(whole, sizeof whole, mask, 0);
        for (size_t done = 0; done < sizeof pieces;) {
            size_t len = 1 + rand_below(&rand, sizeof pieces - done);
            place = ws_mask(pieces + done, len, mask, place);
            done += len;
        }
        assert_memory_equal(whole, pieces, sizeof whole);
    }
}

static void a_reason_is_cut_between_characters(void **state)
{
    static const struct {
        const char *name, *reason;
        uint32_t len;
    } rows[] = {
        { "none", "", 2 },
        { "short", "bye", 5 },
        { "123 bytes",
          "1234567890123456789012345678901234567890123456789012345678901234567890123456789012345678"
          "90"
          "123456789012345678901234567890123",
          125 },
        { "124 bytes",
          "1234567890123456789012345678901234567890123456789012345678901234567890123456789012345678"
          "90"
          "1234567890123456789012345678901234",
          125 },
        { "a character over the edge",
          "1234567890123456789012345678901234567890123456789012345678901234567890123456789012345678"
          "90"
          "12345678901234567890123456789012\xc3\xa4",
          124 },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        char payload[WS_CONTROL_MAX];
        print_message("# %s\n", rows[i].name);
        assert_int_equal(ws_close_payload(payload, 1000, str_of(rows[i].reason)), rows[i].len);
        assert_memory_equal(payload, "\x03\xe8", 2);
        assert_memory_equal(payload + 2, rows[i].reason, rows[i].len - 2);
    }
    assert_int_equal(ws_close_payload((char[WS_CONTROL_MAX]){ 0 }, WS_NO_CODE, STR("x")), 0);
}

static void what_is_deflated_inflates_to_the_same(void **state)
{
    static char text[100000];
    struct ws_shared shared = { 0 }, other = { 0 };
    struct rand rand = { 11 };

    (void)state;
    for (uint32_t len = 1; len < sizeof text; len = len * 3 / 2 + 1) {
        struct str out, back;
        uint64_t size;
        for (uint32_t i = 0; i < len; i++)
            text[i] = "[]{},:\"aeiou0123"[rand_below(&rand, 16)];
        if (!ws_deflate(&shared, (struct str){ text, len }, &out)) {
            assert_true(len < WS_DEFLATE_BYTES_MIN);
            continue;
        }
        assert_true(len >= WS_DEFLATE_BYTES_MIN);
        assert_true(out.len < len);
        assert_int_equal(ws_inflate(&other, out, sizeof text, &back, &size), ERR_NONE);
        assert_str_equal(back, ((struct str){ text, len }));
        assert_int_equal(ws_inflate(&other, out, len - 1, &back, &size), ERR_TOO_LARGE);
        assert_int_equal(size, len);
    }
    ws_shared_fini(&shared);
    ws_shared_fini(&other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_case_says_the_same_however_it_is_cut),
        cmocka_unit_test(what_is_assembled_is_bounded_over_all_connections),
        cmocka_unit_test(what_one_role_writes_the_other_reads),
        cmocka_unit_test(masking_in_pieces_is_masking_at_once),
        cmocka_unit_test(a_reason_is_cut_between_characters),
        cmocka_unit_test(what_is_deflated_inflates_to_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
