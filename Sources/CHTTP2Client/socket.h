/* Non-blocking Unix socket with instants to wait for; not part of the module. */
#ifndef CHTTP2CLIENT_SOCKET_H
#define CHTTP2CLIENT_SOCKET_H

#include <stdint.h>
#include <sys/types.h>

/* A connected non-blocking descriptor, or a negated errno. */
int http2client_socket_connect(const char *path, int64_t until);

/* Waits for poll(2) events: 0, or -ETIMEDOUT. */
int http2client_socket_wait(int descriptor, short events, int64_t until);

#endif
