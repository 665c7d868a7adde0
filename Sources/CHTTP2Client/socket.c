#define _GNU_SOURCE
#include "socket.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "CHTTP2Client.h"

int64_t http2client_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int http2client_socket_wait(int descriptor, short events, int64_t until) {
    for (;;) {
        struct timespec left = {0};
        if (until != INT64_MAX) {
            int64_t nanoseconds = until - http2client_now();
            if (nanoseconds <= 0)
                return -ETIMEDOUT;
            left = (struct timespec){.tv_sec = nanoseconds / 1000000000, .tv_nsec = nanoseconds % 1000000000};
        }
        struct pollfd one = {.fd = descriptor, .events = events};
        int ready = ppoll(&one, 1, until == INT64_MAX ? NULL : &left, NULL);
        if (ready > 0)
            return 0;
        if (ready < 0 && errno != EINTR)
            return -errno;
    }
}

int http2client_socket_connect(const char *path, int64_t until) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path)
        return -ENAMETOOLONG;
    memcpy(address.sun_path, path, strlen(path));
    int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (descriptor < 0)
        return -errno;
    while (connect(descriptor, (struct sockaddr *)&address, sizeof address) != 0) {
        int error = errno;
        /* EAGAIN: the server's backlog is full; a Unix socket has nothing to poll for then. */
        if ((error != EAGAIN && error != EINTR) || http2client_now() >= until) {
            close(descriptor);
            return error == EAGAIN ? -ETIMEDOUT : -error;
        }
        nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
    }
    return descriptor;
}

int64_t http2client_raw_exchange(const char *path, const uint8_t *bytes, size_t length, uint8_t *reply,
                                 size_t capacity, int64_t until) {
    int descriptor = http2client_socket_connect(path, until);
    if (descriptor < 0)
        return descriptor;
    int64_t total = 0;
    size_t sent = 0;
    for (;;) {
        uint8_t buffer[4096];
        short events = POLLIN | (sent < length ? POLLOUT : 0);
        int waited = http2client_socket_wait(descriptor, events, until);
        if (waited != 0) {
            total = waited;
            break;
        }
        ssize_t put = sent < length ? send(descriptor, bytes + sent, length - sent, MSG_NOSIGNAL | MSG_DONTWAIT) : 0;
        if (put > 0)
            sent += (size_t)put;
        else if (put < 0 && errno != EAGAIN)
            sent = length; /* the server has closed; what it said is still to be read */
        ssize_t got = recv(descriptor, buffer, sizeof buffer, MSG_DONTWAIT);
        if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
            break;
        for (ssize_t i = 0; i < got; i++, total++)
            if ((size_t)total < capacity)
                reply[total] = buffer[i];
    }
    close(descriptor);
    return total;
}
