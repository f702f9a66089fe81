#include "cli/socket.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { ANSWER_BYTES_MAX = 16 << 20, FIRST_CAP = 64 << 10 };

static enum err fail(char *why, size_t why_cap, const char *path)
{
    (void)snprintf(why, why_cap, "%s: %s", path, strerror(errno)); /* cut where there is no room */
    return ERR_OS;
}

static bool write_all(int fd, struct str text)
{
    while (text.len) {
        ssize_t sent = send(fd, text.ptr, text.len, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent <= 0)
            return false;
        text = str_from(text, (uint32_t)sent);
    }
    return true;
}

/* Until the server closes. NULL: it failed, or the answer is absurdly long. */
static char *read_all(int fd, size_t *len)
{
    size_t cap = FIRST_CAP;
    char *bytes = malloc(cap + 1);

    for (*len = 0; bytes && *len < ANSWER_BYTES_MAX;) {
        ssize_t got = read(fd, bytes + *len, cap - *len);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            bytes[*len] = '\0';
            return bytes; /* the length that the head tells is checked by the caller */
        }
        *len += (size_t)got;
        if (*len == cap) {
            char *more = realloc(bytes, 2 * cap + 1);
            if (!more)
                break;
            bytes = more;
            cap *= 2;
        }
    }
    free(bytes);
    return NULL;
}

enum err socket_request(const char *path, struct str request, char **answer, size_t *len, char *why,
                        size_t why_cap)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    enum err err = ERR_NONE;
    int fd;

    if (strlen(path) >= sizeof address.sun_path)
        return ERR_NOT_CONNECTED; /* no server could listen there either */
    memcpy(address.sun_path, path, strlen(path) + 1);
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return fail(why, why_cap, path);
    if (connect(fd, (const struct sockaddr *)&address, sizeof address) != 0) {
        bool nobody = errno == ENOENT || errno == ECONNREFUSED;
        err = nobody ? ERR_NOT_CONNECTED : fail(why, why_cap, path);
    } else if (!write_all(fd, request)) {
        err = fail(why, why_cap, path);
    } else {
        *answer = read_all(fd, len);
        if (!*answer)
            err = fail(why, why_cap, path);
    }
    (void)close(fd); /* all was read or has failed */
    return err;
}
