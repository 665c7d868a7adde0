#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

int32_t clinux_random(void *buffer, size_t count)
{
    size_t done = 0;
    while (done < count) {
        ssize_t got = getrandom((char *)buffer + done, count - done, 0);
        if (got >= 0)
            done += (size_t)got;
        else if (errno != EINTR)
            return -errno;
    }
    return 0;
}

static int64_t nanoseconds(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t clinux_monotonic_nanoseconds(void)
{
    return nanoseconds(CLOCK_MONOTONIC);
}

int64_t clinux_wall_nanoseconds(void)
{
    return nanoseconds(CLOCK_REALTIME);
}

int64_t clinux_process_nanoseconds(void)
{
    return nanoseconds(CLOCK_PROCESS_CPUTIME_ID);
}

int32_t clinux_raise_descriptor_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return -errno;
    limit.rlim_cur = limit.rlim_max;
    return setrlimit(RLIMIT_NOFILE, &limit) == 0 ? 0 : -errno;
}

void clinux_sleep_nanoseconds(int64_t duration)
{
    struct timespec left = {.tv_sec = duration / 1000000000, .tv_nsec = duration % 1000000000};
    while (clock_nanosleep(CLOCK_MONOTONIC, 0, &left, &left) == EINTR) {
    }
}

uint32_t clinux_effective_user(void)
{
    return geteuid();
}

int32_t clinux_host_name(char *buffer, size_t capacity)
{
    struct utsname names;
    if (uname(&names) != 0)
        return -errno;
    size_t length = strlen(names.nodename);
    if (length >= capacity)
        return -ENAMETOOLONG;
    memcpy(buffer, names.nodename, length + 1);
    return (int32_t)length;
}

const char *clinux_environment(const char *name)
{
    return getenv(name);
}

void clinux_free(void *memory)
{
    free(memory);
}
