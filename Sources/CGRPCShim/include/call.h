/* One call on the server's side. */
#ifndef CGRPCSHIM_CALL_H
#define CGRPCSHIM_CALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    struct grpcshim_call_state *_Nullable ref;
} grpcshim_call;

/* Gives back the reference that came with the arrived event. The handle must not be used afterwards. */
void grpcshim_call_release(grpcshim_call call);

/* Copies the method's path ("/package.Service/Method") into buffer, at most capacity bytes: its full length. */
int64_t grpcshim_call_copy_method(grpcshim_call call, uint8_t *_Nullable buffer, size_t capacity);

/* The deadline as an instant of grpcshim_now(), INT64_MAX for none. */
int64_t grpcshim_call_deadline(grpcshim_call call);

/* True if the client's certificate, verified in the handshake, has that DNS name (as it is written: a wildcard stands for
 * nothing). False without a certificate. Only on the queue's thread, before the call is finished. */
bool grpcshim_call_peer_is(grpcshim_call call, const char *_Nonnull name);

/* True once the client is gone, has given up, or its deadline has passed. Any thread. */
bool grpcshim_call_is_cancelled(grpcshim_call call);

/* Asks for the request; the received event follows. Once, on the queue's thread. */
int grpcshim_call_receive(grpcshim_call call);

/* After the received event: the length of the request; -ENODATA: the client ended the stream without one;
 * -ECANCELED: it could not be received (client gone); -EMSGSIZE: it was larger than the limit. */
int64_t grpcshim_call_request_length(grpcshim_call call);

/* Copies the request (exactly its length) to buffer and frees gRPC's copy. Once. */
int grpcshim_call_take_request(grpcshim_call call, uint8_t *_Nullable buffer, size_t length);

/* Sends one message of a stream and waits until flow control let it pass. -ECANCELED: the call is over.
 * Any thread but the queue's, one at a time. */
int grpcshim_call_send(grpcshim_call call, const uint8_t *_Nullable body, size_t length);

/* Ends the call with a status and, for a unary reply, one message (has_body). Does not wait.
 * Any thread. -EALREADY if the call was ended before: then nothing is done. */
int grpcshim_call_finish(grpcshim_call call, int32_t code, const uint8_t *_Nullable message, size_t message_length,
                         bool has_body, const uint8_t *_Nullable body, size_t length);

/* Ends the stream at once with RESOURCE_EXHAUSTED, without waiting for the client to read or to end its side. The call still has
 * to be finished. Any thread, before it is finished. */
void grpcshim_call_cut_off(grpcshim_call call);

/* Makes the call look cancelled to its handler and lets a waiting send fail. A call of which nothing was sent yet
 * can still be finished with a status. Any thread. */
void grpcshim_call_cancel(grpcshim_call call);

#endif
