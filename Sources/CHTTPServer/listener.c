#define _GNU_SOURCE
#include "CHTTPServer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { backlog = 128 };

union place {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

/* Reads a numeric address; 0 for any other text. */
static socklen_t parse(const char *text, uint16_t port, union place *out)
{
    memset(out, 0, sizeof *out);
    if (inet_pton(AF_INET, text, &out->v4.sin_addr) == 1) {
        out->v4.sin_family = AF_INET;
        out->v4.sin_port = htons(port);
        return sizeof out->v4;
    }
    memset(out, 0, sizeof *out);
    if (inet_pton(AF_INET6, text, &out->v6.sin6_addr) == 1) {
        out->v6.sin6_family = AF_INET6;
        out->v6.sin6_port = htons(port);
        return sizeof out->v6;
    }
    return 0;
}

int32_t httpserver_is_address(const char *text)
{
    union place place;
    return parse(text, 0, &place) != 0;
}

const char *httpserver_error_text(int32_t error)
{
    const char *text = strerrordesc_np(-error);
    return text != NULL ? text : "unknown error";
}

static int32_t listen_at(const union place *place, socklen_t length, int only_v6, uint16_t *bound)
{
    int descriptor = socket(place->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (descriptor < 0)
        return -errno;
    /* A restart must not wait for connections of the last run; a socket that listens is refused all the same. */
    int on = 1;
    union place own;
    socklen_t own_length = sizeof own;
    if (setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        (place->any.sa_family == AF_INET6 &&
         setsockopt(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, &only_v6, sizeof only_v6) != 0) ||
        bind(descriptor, &place->any, length) != 0 || listen(descriptor, backlog) != 0 ||
        getsockname(descriptor, &own.any, &own_length) != 0) {
        int error = errno;
        close(descriptor);
        return -error;
    }
    *bound = ntohs(own.any.sa_family == AF_INET6 ? own.v6.sin6_port : own.v4.sin_port);
    return descriptor;
}

int32_t httpserver_listen(const char *address, uint16_t port, uint16_t *bound)
{
    union place place;
    socklen_t length = parse(address != NULL ? address : "::", port, &place);
    if (length == 0)
        return -EINVAL;
    int32_t descriptor = listen_at(&place, length, address != NULL, bound);
    /* Kernels without IPv6, or with it switched off. */
    if (address == NULL && (descriptor == -EAFNOSUPPORT || descriptor == -EADDRNOTAVAIL)) {
        length = parse("0.0.0.0", port, &place);
        descriptor = listen_at(&place, length, 0, bound);
    }
    return descriptor;
}
