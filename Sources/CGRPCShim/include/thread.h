/* Threads, counting semaphores and the monotonic clock. */
#ifndef CGRPCSHIM_THREAD_H
#define CGRPCSHIM_THREAD_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
    struct grpcshim_semaphore_state *_Nullable ref;
} grpcshim_semaphore;

/* Nanoseconds of CLOCK_MONOTONIC. */
int64_t grpcshim_now(void);

/* Sleeps for that many milliseconds, whatever signals arrive. */
void grpcshim_sleep(uint32_t milliseconds);

/* Starts a detached thread that runs body(context) once and takes no signals. The name is cut to 15 bytes. */
int grpcshim_thread_start(const char *_Nonnull name, size_t stack_bytes, void (*_Nonnull body)(void *_Nonnull),
                          void *_Nonnull context);

/* The caller owns *out and destroys it when no thread can touch it any more. */
int grpcshim_semaphore_create(grpcshim_semaphore *_Nonnull out);
void grpcshim_semaphore_destroy(grpcshim_semaphore semaphore);
void grpcshim_semaphore_post(grpcshim_semaphore semaphore);
void grpcshim_semaphore_wait(grpcshim_semaphore semaphore);

/* Waits until the instant of grpcshim_now() given: 0, or -ETIMEDOUT. */
int grpcshim_semaphore_wait_until(grpcshim_semaphore semaphore, int64_t instant);

#endif
