/* A listening Unix socket that owns its file name. */
#ifndef CGRPCSHIM_LISTENER_H
#define CGRPCSHIM_LISTENER_H

#include <stdint.h>

/* The descriptor, and the identity of the socket file that it made. Plain data; closed with grpcshim_listener_close. */
typedef struct {
    int32_t descriptor;
    uint64_t device;
    uint64_t inode;
} grpcshim_listener;

/* Binds and listens at path with mode 0660.
 * A socket file there that nobody answers is removed first. -EADDRINUSE: somebody answers; -ENOTSOCK: the name
 * belongs to something that is not a socket; -ENAMETOOLONG: more than 107 bytes; -EWOULDBLOCK: another process
 * held the folder's lock for five seconds. *step names the step that failed (a static string).
 * The steps run under an exclusive flock of the folder, so that of two drivers started at once one is refused. */
int grpcshim_listener_open(const char *_Nonnull path, grpcshim_listener *_Nonnull out,
                           const char *_Nullable *_Nonnull step);

/* What a negated errno means: a static string. */
const char *_Nonnull grpcshim_error_text(int error);

/* Waits for a connection: its descriptor (close-on-exec, non-blocking). -EINVAL once the listener was shut down. */
int grpcshim_listener_accept(grpcshim_listener listener);

/* Removes the socket file if it is still the one that this listener made, and ends a waiting accept. */
void grpcshim_listener_shutdown(grpcshim_listener listener, const char *_Nonnull path);

/* Closes the descriptor; no thread may be in accept any more. */
void grpcshim_listener_close(grpcshim_listener listener);

#endif
