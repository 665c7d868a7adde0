#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <signal.h>

const int32_t clinux_signal_terminate = SIGTERM;
const int32_t clinux_signal_interrupt = SIGINT;

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
