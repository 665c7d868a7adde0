#ifndef CLINUX_SIGNALS_H
#define CLINUX_SIGNALS_H

#include <stdint.h>

extern const int32_t clinux_signal_terminate;
extern const int32_t clinux_signal_interrupt;
extern const int32_t clinux_signal_kill;

/* Blocks SIGTERM and SIGINT in the calling thread (threads started later inherit it) and ignores SIGPIPE. */
int32_t clinux_signals_block(void);
/* Waits for one of the blocked signals and returns its number. */
int32_t clinux_signals_wait(void);
/* The same, but for so long at most; returns 0 if none came. */
int32_t clinux_signals_wait_for(int64_t nanoseconds);

#endif
