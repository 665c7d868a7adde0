/* gRPC core itself, which is opened when it is first needed and not linked. */
#ifndef CGRPCSHIM_LIBRARY_H
#define CGRPCSHIM_LIBRARY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Opens gRPC core for good and initializes it: the variant with TLS, or the one without, which takes less memory. The first
 * call decides for the process; later ones change nothing. Everything else here needs it to have succeeded. Any thread.
 * -ENOENT: it cannot be opened, *why says why and stays valid; -EALREADY: TLS is wanted, but the other one is open. */
int32_t grpcshim_load(bool tls, const char *_Nullable *_Nonnull why);

/* Sends the lines that gRPC core logs (by default errors alone, see GRPC_VERBOSITY) to sink instead of stderr, for the
 * whole process. sink is called on any thread, with a text that is gone afterwards. Needs no grpcshim_load. */
void grpcshim_log_to(void (*_Nonnull sink)(const char *_Nonnull text));

/* Gives free memory of the heap back to the system if there are that many bytes of it. Any thread. */
void grpcshim_trim_heap(size_t least);

#endif
