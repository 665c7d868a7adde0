/* A bell that one thread rings and another waits for, with a time limit (eventfd(2), poll(2)). */
#ifndef CLINUX_BELL_H
#define CLINUX_BELL_H

#include <stdint.h>

/* Makes a bell; returns a descriptor (close-on-exec) that the caller owns, or -errno. */
int32_t clinux_bell_create(void);

/* Rings; every wait from now on returns at once. Returns 0 or -errno. */
int32_t clinux_bell_ring(int32_t bell);

/* Waits for the ring; returns 1 if it rang, 0 when the time is over, or -errno. Interrupted waits go on. */
int32_t clinux_bell_wait(int32_t bell, int64_t milliseconds);

#endif
