#ifndef CLINUX_SYSTEM_H
#define CLINUX_SYSTEM_H

#include <stddef.h>
#include <stdint.h>

/* Fills a buffer with random bytes of the kernel; waits only in the first moments after boot. */
int32_t clinux_random(void *_Nonnull buffer, size_t count);

/* CLOCK_MONOTONIC in nanoseconds. */
int64_t clinux_monotonic_nanoseconds(void);
/* CLOCK_REALTIME in nanoseconds since 1970. */
int64_t clinux_wall_nanoseconds(void);
/* Processor time that this process took, in nanoseconds. */
int64_t clinux_process_nanoseconds(void);
/* Lets this process open as many descriptors as its hard limit allows, getrlimit(2); no privilege is needed. */
int32_t clinux_raise_descriptor_limit(void);
/* Sleeps the calling thread, whatever signals arrive. */
void clinux_sleep_nanoseconds(int64_t nanoseconds);

/* Effective user id. */
uint32_t clinux_effective_user(void);
/* The machine's node name. Returns its length; no NUL is counted. */
int32_t clinux_host_name(char *_Nonnull buffer, size_t capacity);

/* Frees what a C library allocated for its caller; NULL is fine. */
void clinux_free(void *_Nullable memory);

/* The value of an environment variable, or NULL; valid while nobody changes the environment. */
const char *_Nullable clinux_environment(const char *_Nonnull name);

#endif
