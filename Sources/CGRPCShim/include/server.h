/* A gRPC server with one completion queue. */
#ifndef CGRPCSHIM_SERVER_H
#define CGRPCSHIM_SERVER_H

#include <stdint.h>

#include "call.h"

typedef struct {
    struct grpcshim_server_state *_Nullable ref;
} grpcshim_server;

enum {
    grpcshim_event_arrived = 1,  /* a call, its method known, its request not yet: the receiver owns one reference */
    grpcshim_event_received = 2, /* the request of a call is there, or will never be */
    grpcshim_event_ended = 3,    /* gRPC is done with a call: the reply is written, or the client is gone */
    grpcshim_event_shutdown = 4, /* the server has no calls and no connections any more */
    grpcshim_event_drained = 5,  /* last event of the queue */
};

typedef struct {
    int32_t kind;
    /* The call of the event, borrowed (arrived: owned). */
    grpcshim_call call;
} grpcshim_event;

/* Sends the lines that gRPC core logs (by default errors alone, see GRPC_VERBOSITY) to sink instead of stderr, for the
 * whole process. sink is called on any thread, with a text that is gone afterwards. */
void grpcshim_log_to(void (*_Nonnull sink)(const char *_Nonnull text));

/* Makes a server without listeners and starts it. gRPC core is initialized once per process and never shut down. */
int grpcshim_server_create(int32_t max_message_bytes, grpcshim_server *_Nonnull out);

/* Serves an accepted connection; takes the descriptor, which must be non-blocking. Any thread. */
void grpcshim_server_adopt(grpcshim_server server, int32_t descriptor);

/* Waits for the next event. One thread only. */
void grpcshim_server_next(grpcshim_server server, grpcshim_event *_Nonnull out);

/* Begins the end: connections are told to go, new calls are refused by gRPC, the shutdown event follows. Once. */
void grpcshim_server_shutdown(grpcshim_server server);

/* Cuts all connections; only after grpcshim_server_shutdown. */
void grpcshim_server_disconnect(grpcshim_server server);

/* Frees the server; only after the drained event. */
void grpcshim_server_destroy(grpcshim_server server);

#endif
