/* tls.h: TLS on a connection. Records pass through buffers of the loop, so that an idle connection
 * holds none of them. */
#pragma once
#include "net/inner.h"

/* The handshake begins. False: memory is out. */
MUST_CHECK bool tls_begin(struct conn *conn);
/* Bytes from the socket: decrypts, hands on by conn_plain. */
void tls_read(struct conn *conn, const char *ptr, size_t len);
/* Encrypts and sends. False: the connection died. */
bool tls_write(struct conn *conn, const struct out_part *parts, uint32_t count);
void tls_say_goodbye(struct conn *conn);
void tls_free(struct conn *conn);
void tls_wire_free(struct tls_wire *wire);
