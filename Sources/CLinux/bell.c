#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <sys/eventfd.h>

int32_t clinux_bell_create(void)
{
    int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return fd >= 0 ? fd : -errno;
}

int32_t clinux_bell_ring(int32_t bell)
{
    return eventfd_write(bell, 1) == 0 ? 0 : -errno;
}

int32_t clinux_bell_wait(int32_t bell, int64_t milliseconds)
{
    int64_t deadline = clinux_monotonic_nanoseconds() + milliseconds * 1000000;
    for (;;) {
        int64_t left = (deadline - clinux_monotonic_nanoseconds() + 999999) / 1000000;
        if (left < 0)
            left = 0;
        struct pollfd entry = {.fd = bell, .events = POLLIN};
        int rc = poll(&entry, 1, left > INT_MAX ? INT_MAX : (int)left);
        if (rc >= 0)
            return rc > 0 ? 1 : 0;
        if (errno != EINTR)
            return -errno;
    }
}
