/* http_call.c: connect, write, read until the answer is whole. */
#include "net/http_call.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "net/http_parse.h"

enum { TIMEOUT_MS = 30000, BODY_MAX = 64 << 20, HEAD_MAX = 64 << 10, HEADERS_MAX = 200 };

struct calling {
    int fd;
    mono_ms until;
};

static mono_ms now_ms(void)
{
    struct timespec t;

    check(clock_gettime(CLOCK_MONOTONIC, &t) == 0);
    return (mono_ms)t.tv_sec * 1000 + (mono_ms)t.tv_nsec / 1000000;
}

/* Waits until the socket is ready, or it is too late. */
static enum err await(const struct calling *calling, short what)
{
    struct pollfd fd = { .fd = calling->fd, .events = what };
    mono_ms now = now_ms();
    int ready;

    if (now >= calling->until)
        return ERR_TIMEOUT;
    ready = poll(&fd, 1, (int)(calling->until - now));
    if (ready < 0 && errno != EINTR)
        return ERR_OS;
    return ready == 0 ? ERR_TIMEOUT : ERR_NONE;
}

/* --- connecting --- */

static enum err connect_to(struct calling *calling, const struct sockaddr *address, socklen_t len)
{
    int reason = 0;
    socklen_t reason_len = sizeof reason;
    enum err err;

    calling->fd = socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (calling->fd < 0)
        return ERR_OS;
    if (connect(calling->fd, address, len) == 0)
        return ERR_NONE;
    if (errno != EINPROGRESS)
        return ERR_NOT_CONNECTED;
    err = await(calling, POLLOUT);
    if (err != ERR_NONE)
        return err;
    check(getsockopt(calling->fd, SOL_SOCKET, SO_ERROR, &reason, &reason_len) == 0);
    return reason == 0 ? ERR_NONE : ERR_NOT_CONNECTED;
}

static enum err connect_local(struct calling *calling, struct str path)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };

    if (path.len >= sizeof address.sun_path)
        return ERR_USAGE;
    memcpy(address.sun_path, path.ptr, path.len);
    return connect_to(calling, (const struct sockaddr *)&address, sizeof address);
}

/* "host:port", "[::1]:port". */
static enum err connect_tcp(struct calling *calling, struct str place)
{
    const struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV };
    char text[300], *colon, *host = text;
    struct addrinfo *found;
    enum err err = ERR_NOT_CONNECTED;

    if (place.len >= sizeof text)
        return ERR_USAGE;
    memcpy(text, place.ptr, place.len);
    text[place.len] = '\0';
    colon = strrchr(text, ':');
    if (!colon)
        return ERR_USAGE;
    *colon = '\0';
    if (host[0] == '[' && colon > text && colon[-1] == ']') {
        host++;
        colon[-1] = '\0';
    }
    if (getaddrinfo(host, colon + 1, &hints, &found) != 0)
        return ERR_USAGE;
    for (const struct addrinfo *one = found; one && err == ERR_NOT_CONNECTED; one = one->ai_next) {
        if (calling->fd >= 0)
            close(calling->fd);
        calling->fd = -1;
        err = connect_to(calling, one->ai_addr, one->ai_addrlen);
    }
    freeaddrinfo(found);
    return err;
}

/* --- writing and reading --- */

static struct str request_text(const struct net_call *call, struct arena *arena)
{
    struct str place = str_of(call->place);
    struct buf buf;

    buf_init_arena(&buf, arena, HEAD_MAX + call->body.len);
    buf_put(&buf, call->method);
    buf_put_byte(&buf, ' ');
    buf_put(&buf, call->target);
    buf_put(&buf, STR(" HTTP/1.1\r\nHost: "));
    buf_put(&buf, str_find_byte(place, '/') >= 0 ? STR("localhost") : place);
    buf_printf(&buf, "\r\nConnection: close\r\nContent-Length: %u\r\n", call->body.len);
    for (uint32_t i = 0; i < call->header_count; i++) {
        buf_put(&buf, call->headers[i].name);
        buf_put(&buf, STR(": "));
        buf_put(&buf, call->headers[i].value);
        buf_put(&buf, STR("\r\n"));
    }
    buf_put(&buf, STR("\r\n"));
    buf_put(&buf, call->body);
    return buf.overflow ? STR_NONE : buf_str(&buf);
}

static enum err write_all(const struct calling *calling, struct str text)
{
    while (text.len) {
        ssize_t sent = send(calling->fd, text.ptr, text.len, MSG_NOSIGNAL);
        enum err err = ERR_NONE;
        if (sent > 0)
            text = str_from(text, (uint32_t)sent);
        else if (errno == EAGAIN)
            err = await(calling, POLLOUT);
        else if (errno == EPIPE || errno == ECONNRESET)
            return ERR_NONE; /* it may have answered before it stopped listening */
        else if (errno != EINTR)
            err = ERR_OS;
        if (err != ERR_NONE)
            return err;
    }
    return ERR_NONE;
}

static enum parse_state feed(struct http_parse *parse, const char *bytes, ssize_t got)
{
    struct str input = { bytes, (uint32_t)got };
    enum parse_state state;

    if (got == 0)
        return http_parse_end(parse) == PARSE_WHOLE ? PARSE_WHOLE : PARSE_FAILED;
    do
        state = http_parse_feed(parse, &input);
    while (state == PARSE_CONTINUE || (state == PARSE_PART && input.len != 0));
    return state;
}

static enum err read_answer(const struct calling *calling, struct http_parse *parse)
{
    char bytes[16384];
    enum parse_state state = PARSE_PART;

    while (state == PARSE_PART) {
        ssize_t got = recv(calling->fd, bytes, sizeof bytes, 0);
        enum err err = ERR_NONE;
        if (got >= 0)
            state = feed(parse, bytes, got);
        else if (errno == EAGAIN)
            err = await(calling, POLLIN);
        else if (errno != EINTR)
            err = ERR_NOT_CONNECTED;
        if (err != ERR_NONE)
            return err;
    }
    if (state == PARSE_WHOLE)
        return ERR_NONE;
    return parse->status == 413 || parse->status == 431 ? ERR_TOO_LARGE : ERR_BAD_FORMAT;
}

static enum err take_answer(struct http_parse *parse, struct arena *arena, int *status,
                            struct str *body)
{
    struct http_message *message = http_parse_take(parse);
    struct str copy = { NULL, 0 };

    if (message)
        copy = arena_copy(arena, message->request.body);
    http_message_free(message);
    if (!copy.ptr)
        return ERR_FULL;
    *status = parse->status;
    *body = copy;
    return ERR_NONE;
}

enum err net_http_call(const struct net_call *call, struct arena *arena, int *status,
                       struct str *body)
{
    const struct http_limits limits = {
        .head_bytes_max = HEAD_MAX,
        .headers_max = HEADERS_MAX,
        .body_bytes_max = call->body_bytes_max ? call->body_bytes_max : BODY_MAX,
    };
    struct str place = str_of(call->place), text = request_text(call, arena);
    struct calling calling = { .fd = -1,
                               .until =
                                   now_ms() + (call->timeout_ms ? call->timeout_ms : TIMEOUT_MS) };
    struct http_parse parse;
    enum err err = ERR_FULL;

    http_parse_init(&parse, true, str_equal(call->method, STR("HEAD")), &limits);
    if (text.len)
        err = str_find_byte(place, '/') >= 0 ? connect_local(&calling, place)
                                             : connect_tcp(&calling, place);
    if (err == ERR_NONE)
        err = write_all(&calling, text);
    if (err == ERR_NONE)
        err = read_answer(&calling, &parse);
    if (err == ERR_NONE)
        err = take_answer(&parse, arena, status, body);
    http_parse_fini(&parse);
    if (calling.fd >= 0)
        close(calling.fd);
    return err;
}
