#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server.h"

int grpcshim_is_address(const char *text) {
    struct in6_addr parsed;
    char without_zone[INET6_ADDRSTRLEN] = "";
    size_t length = strcspn(text, "%");
    if (length < sizeof without_zone)
        memcpy(without_zone, text, length);
    return inet_pton(AF_INET, text, &parsed) == 1 || inet_pton(AF_INET6, without_zone, &parsed) == 1;
}

/* Binds as gRPC core does, and lets go again; a port in use by a listener is refused by bind (ip(7)). */
static int try(const struct addrinfo *at) {
    int descriptor = socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0)
        return -errno;
    int on = 1;
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    int result = bind(descriptor, at->ai_addr, at->ai_addrlen) == 0 ? 0 : -errno;
    close(descriptor);
    return result;
}

int grpcshim_port_try(const char *host, uint16_t port) {
    char service[8];
    snprintf(service, sizeof service, "%u", (unsigned)port);
    struct addrinfo want = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    int error = getaddrinfo(host ? host : "::", service, &want, &found);
    if (error != 0)
        return error == EAI_SYSTEM ? -errno : error == EAI_MEMORY ? -ENOMEM : -EINVAL;
    int result = try(found);
    freeaddrinfo(found);
    /* A kernel without IPv6: gRPC core listens on all of IPv4 then. */
    if (result == -EAFNOSUPPORT && host == NULL)
        return grpcshim_port_try("0.0.0.0", port);
    return result;
}
