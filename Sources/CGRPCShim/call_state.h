/* What call.c and server.c share; not part of the module. */
#ifndef CGRPCSHIM_CALL_STATE_H
#define CGRPCSHIM_CALL_STATE_H

#include <grpc/grpc.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>

#include "call.h"

enum tag_kind { tag_arrived, tag_received, tag_closed, tag_streamed, tag_finished, tag_shutdown };

/* The tag of a batch: which one of which call. */
struct tag {
    enum tag_kind kind;
    struct grpcshim_call_state *call;
};

/* gRPC's call object lives until the call is finished and each batch has come back, whoever still holds this
 * state; so a stuck handler cannot keep the server from being destroyed. */
struct grpcshim_call_state {
    atomic_int references; /* one for the owner of the handle, one for each batch under way */
    atomic_bool cancelled;
    pthread_mutex_t lock; /* orders the batches; guards what follows */
    grpc_call *call;
    int batches;
    bool headers_sent, finished, streamed_well;
    int cancelled_by_peer;
    grpc_byte_buffer *request, *outgoing;
    int64_t request_length;
    sem_t streamed;
    grpc_call_details details;
    grpc_metadata_array metadata;
    struct tag arrived_tag, received_tag, closed_tag, streamed_tag, finished_tag;
};

struct grpcshim_call_state *grpcshim_call_create(void);

/* Starts watching for the end of the call; first thing after arrival. */
void grpcshim_call_watch(struct grpcshim_call_state *state);

/* Books the end of a batch; true if it was the last one of a finished call. */
bool grpcshim_call_batch_ended(struct grpcshim_call_state *state, enum tag_kind kind, bool well);

#endif
