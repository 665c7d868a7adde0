/* What channel.c and gather.c share; not part of the module. */
#ifndef CGRPCSHIM_CHANNEL_STATE_H
#define CGRPCSHIM_CHANNEL_STATE_H

#include <grpc/grpc.h>
#include <pthread.h>
#include <stdbool.h>

#include "channel.h"

/* One call of a gather; it stays where it is, as gRPC core writes into it until its only batch has come back. */
struct outgoing {
    grpc_call *call; /* NULL before it began and after it ended */
    struct grpcshim_channel_state *channel;
    struct outgoing *before, *after; /* neighbours among the channel's calls under way; guarded by the channel's lock */
    bool has_deadline;
    grpc_metadata_array initial, trailing;
    grpc_byte_buffer *request, *reply;
    grpc_status_code code;
    grpc_slice message;
};

struct grpcshim_channel_state {
    grpc_channel *channel;
    pthread_mutex_t lock; /* guards what follows, and keeps a call that is to be cancelled from ending meanwhile */
    bool closed;
    struct outgoing *under_way;
};

#endif
