#ifndef CLINUX_THREAD_H
#define CLINUX_THREAD_H

#include <stddef.h>
#include <stdint.h>

struct clinux_thread {
    uint64_t handle;
};
typedef struct clinux_thread clinux_thread;

/* Starts a thread that calls body(context) once. name is cut to 15 bytes; stack_bytes 0 means the default.
 * The caller must join or detach it exactly once. On failure body is not called and context stays the caller's. */
int32_t clinux_thread_start(
    const char *_Nonnull name, size_t stack_bytes, void (*_Nonnull body)(void *_Nonnull context),
    void *_Nonnull context, clinux_thread *_Nonnull result);
int32_t clinux_thread_join(clinux_thread thread);
int32_t clinux_thread_detach(clinux_thread thread);

#endif
