/* tls.c: TLS doors are refused until the handshake is built in. */
#include "net/tls.h"

#include <stdio.h>

#include "net/tls_doors.h"

bool tls_begin(struct conn *conn)
{
    (void)conn;
    return false;
}
void tls_read(struct conn *conn, char *ptr, size_t len)
{
    (void)conn;
    (void)ptr;
    (void)len;
}
bool tls_write(struct conn *conn, const struct out_part *parts, uint32_t count)
{
    (void)conn;
    (void)parts;
    (void)count;
    return false;
}
void tls_say_goodbye(struct conn *conn)
{
    (void)conn;
}
void tls_free(struct conn *conn)
{
    (void)conn;
}
void tls_wire_free(struct tls_wire *wire)
{
    (void)wire;
}
enum err tls_doors_open(const struct net_tls_config *config, struct tls_doors **doors, char *why,
                        size_t why_cap)
{
    (void)config;
    (void)doors;
    (void)snprintf(why, why_cap, "TLS doors are not built in yet");
    return ERR_NOT_SUPPORTED;
}
enum err tls_doors_reload(struct tls_doors *doors, const struct net_tls_config *config, char *why,
                          size_t why_cap)
{
    (void)config;
    (void)doors;
    (void)why;
    (void)why_cap;
    return ERR_NOT_SUPPORTED;
}
void tls_doors_close(struct tls_doors *doors)
{
    (void)doors;
}
