#include "sim/http.h"

#include <errno.h>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

enum { HEAD_MAX = 4096, TIMEOUT_S = 30 };

void sim_http_close(struct sim_http *http)
{
    if (http->fd >= 0)
        close(http->fd);
    http->fd = -1;
}

/* The first of its addresses that answers. */
static bool dial(struct sim_http *http)
{
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *addresses;
    struct timeval patience = { .tv_sec = TIMEOUT_S };
    int failed = getaddrinfo(http->url.host, http->url.port, &hints, &addresses);

    if (failed) {
        buf_printf(http->why, "%s: %s", http->url.host, gai_strerror(failed));
        return false;
    }
    for (const struct addrinfo *at = addresses; at && http->fd < 0; at = at->ai_next) {
        http->fd = socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (http->fd < 0)
            continue;
        /* Only less patient or more so when it fails. */
        (void)setsockopt(http->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        if (connect(http->fd, at->ai_addr, at->ai_addrlen) < 0)
            sim_http_close(http);
    }
    if (http->fd < 0)
        buf_printf(http->why, "%s:%s: %s", http->url.host, http->url.port, strerrordesc_np(errno));
    freeaddrinfo(addresses);
    return http->fd >= 0;
}

static bool send_all(int fd, struct str bytes)
{
    while (bytes.len > 0) {
        ssize_t sent = send(fd, bytes.ptr, bytes.len, MSG_NOSIGNAL);

        if (sent <= 0)
            return false;
        bytes = str_from(bytes, (uint32_t)sent);
    }
    return true;
}

/* The Content-Length of a head; 0 when it names none. */
static uint32_t content_length(struct str head)
{
    struct str line, name;
    int64_t length = 0;

    while (str_cut(&head, '\n', &line))
        if (str_cut(&line, ':', &name) && str_equal_nocase(str_trim(name), STR("content-length")) &&
            !str_to_i64(str_trim(line), &length))
            return 0;
    return length > 0 && length <= SIM_HTTP_ANSWER_MAX ? (uint32_t)length : 0;
}

static int status_of(struct str head)
{
    int64_t status = 0;

    /* "HTTP/1.1 201 Created" */
    if (!str_starts(head, STR("HTTP/1.")) || head.len < 12 ||
        !str_to_i64(str_first(str_from(head, 9), 3), &status))
        return 0;
    return (int)status;
}

/* Reads one answer. 0: the connection ended or is no use. */
static int read_answer(int fd, struct buf *answer)
{
    char head[HEAD_MAX];
    uint32_t len = 0, body_len, have;
    char *end = NULL;

    while (!end && len < HEAD_MAX) {
        ssize_t got = recv(fd, head + len, HEAD_MAX - len, 0);

        if (got <= 0)
            return 0;
        len += (uint32_t)got;
        end = memmem(head, len, "\r\n\r\n", 4);
    }
    if (!end)
        return 0;
    body_len = content_length((struct str){ head, (uint32_t)(end - head) });
    have = len - (uint32_t)(end + 4 - head);
    answer->len = 0;
    buf_put(answer, (struct str){ end + 4, have < body_len ? have : body_len });
    while (answer->len < body_len && !answer->overflow) {
        char *room = buf_reserve(answer, body_len - answer->len);
        ssize_t got = room ? recv(fd, room, body_len - answer->len, 0) : 0;

        if (got <= 0)
            return 0;
        answer->len += (uint32_t)got;
    }
    return status_of((struct str){ head, len });
}

int sim_http_request(struct sim_http *http, const char *method, struct str path, struct str body)
{
    struct str base = str_ends(http->url.path, STR("/"))
                          ? str_first(http->url.path, http->url.path.len - 1)
                          : http->url.path;
    char memory[HEAD_MAX];
    struct buf head;
    int status = 0;

    buf_init(&head, memory, sizeof memory);
    buf_printf(&head, "%s %.*s%.*s HTTP/1.1\r\nHost: %s:%s\r\nAuthorization: Bearer %.*s\r\n",
               method, STR_ARGS(base), STR_ARGS(path), http->url.host, http->url.port,
               STR_ARGS(http->key));
    buf_printf(&head, "Content-Type: application/json\r\nContent-Length: %u\r\n\r\n", body.len);
    check(!head.overflow);
    for (int attempt = 0; status == 0 && attempt < 2; attempt++) {
        if (http->fd < 0 && !dial(http))
            return 0;
        if (send_all(http->fd, buf_str(&head)) && send_all(http->fd, body))
            status = read_answer(http->fd, &http->answer);
        if (status == 0)
            sim_http_close(http);
    }
    if (status == 0)
        buf_printf(http->why, "%s:%s: no answer to %s", http->url.host, http->url.port, method);
    return status;
}
