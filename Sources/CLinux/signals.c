#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <signal.h>
#include <time.h>

const int32_t clinux_signal_terminate = SIGTERM;
const int32_t clinux_signal_interrupt = SIGINT;
const int32_t clinux_signal_kill = SIGKILL;

static void fill(sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGTERM);
    sigaddset(set, SIGINT);
}

int32_t clinux_signals_block(void)
{
    sigset_t set;
    fill(&set);
    int rc = pthread_sigmask(SIG_BLOCK, &set, NULL);
    if (rc != 0)
        return -rc;
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    return sigaction(SIGPIPE, &ignore, NULL) == 0 ? 0 : -errno;
}

int32_t clinux_signals_wait(void)
{
    sigset_t set;
    fill(&set);
    for (;;) {
        int number = sigwaitinfo(&set, NULL);
        if (number > 0)
            return number;
        if (errno != EINTR)
            return -errno;
    }
}

int32_t clinux_signals_wait_for(int64_t nanoseconds)
{
    sigset_t set;
    fill(&set);
    int64_t until = clinux_monotonic_nanoseconds() + nanoseconds;
    for (;;) {
        int64_t rest = until - clinux_monotonic_nanoseconds();
        if (rest < 0)
            rest = 0;
        struct timespec left = {.tv_sec = rest / 1000000000, .tv_nsec = rest % 1000000000};
        int number = sigtimedwait(&set, NULL, &left);
        if (number > 0)
            return number;
        if (errno == EAGAIN)
            return 0;
        if (errno != EINTR)
            return -errno;
    }
}
