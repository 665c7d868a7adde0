#define _GNU_SOURCE
#include "server.h"

#include <errno.h>
#include <stdlib.h>

#include "call_state.h"
#include "core.h"
#include "tls.h"

struct grpcshim_server_state {
    grpc_server *server;
    grpc_completion_queue *queue;
    grpc_server_credentials *credentials;
    struct tag shutdown_tag;
    struct grpcshim_call_state *wanted; /* the state that the next call will fill */
    grpcshim_event kept;                /* a second event of one batch, delivered by the next call of next */
};

static void want_call(struct grpcshim_server_state *state) {
    struct grpcshim_call_state *call = grpcshim_call_create();
    if (call == NULL)
        abort(); /* a small calloc failed; nothing useful can follow, and state on disk is crash-safe */
    state->wanted = call;
    grpc_call_error error =
        grpcshim_core.server_request_call(state->server, &call->call, &call->details, &call->metadata, state->queue,
                                          state->queue, &call->arrived_tag);
    if (error != GRPC_CALL_OK)
        abort(); /* only a wrong queue gives an error here */
}

enum {
    shortest_ping_milliseconds = 5000,    /* the least time between two pings of a client that is no reason to cut it off */
    look_after_milliseconds = 600000,     /* how long a TCP connection may be silent until the client is asked for a sign */
    sign_within_milliseconds = 20000,     /* and how long that may take */
    handshake_within_milliseconds = 10000, /* what connects and says nothing is not kept longer */
    most_streams = 512                     /* calls at once on one connection: several times what any client here makes */
};

static struct grpcshim_server_state *create(int32_t max_message_bytes, bool is_remote) {
    struct grpcshim_server_state *state = calloc(1, sizeof *state);
    if (state == NULL)
        return NULL;
    grpc_arg arguments[] = {
        integer(GRPC_ARG_MAX_RECEIVE_MESSAGE_LENGTH, max_message_bytes),
        integer(GRPC_ARG_MAX_SEND_MESSAGE_LENGTH, max_message_bytes),
        /* Clients hold connections for days or make one per call: the server never closes one by itself. Over a
         * network it must notice that a client is gone without a farewell. */
        integer(GRPC_ARG_KEEPALIVE_TIME_MS, is_remote ? look_after_milliseconds : INT_MAX),
        integer(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, sign_within_milliseconds),
        integer(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, is_remote),
        integer(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, shortest_ping_milliseconds),
        integer(GRPC_ARG_HTTP2_MAX_PING_STRIKES, 0),
        integer(GRPC_ARG_HTTP2_BDP_PROBE, 0),
        integer(GRPC_ARG_MAX_CONCURRENT_STREAMS, most_streams),
        integer(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, handshake_within_milliseconds),
        /* A second process on the same port is a mistake that has to be told. */
        integer(GRPC_ARG_ALLOW_REUSEPORT, 0),
        integer(GRPC_ARG_ENABLE_CHANNELZ, 0),
        integer(GRPC_ARG_ENABLE_CENSUS, 0),
    };
    grpc_channel_args all = {.num_args = sizeof arguments / sizeof *arguments, .args = arguments};
    state->server = grpcshim_core.server_create(&all, NULL);
    state->queue = grpcshim_core.completion_queue_create_for_next(NULL);
    state->shutdown_tag = (struct tag){tag_shutdown, NULL};
    grpcshim_core.server_register_completion_queue(state->server, state->queue, NULL);
    return state;
}

static void start(struct grpcshim_server_state *state, grpcshim_server *out) {
    grpcshim_core.server_start(state->server);
    want_call(state);
    out->ref = state;
}

int grpcshim_server_create(int32_t max_message_bytes, grpcshim_server *out) {
    struct grpcshim_server_state *state = create(max_message_bytes, false);
    if (state == NULL)
        return -ENOMEM;
    state->credentials = grpcshim_core.insecure_server_credentials_create();
    start(state, out);
    return 0;
}

int grpcshim_server_create_port(const char *address, const char *key, const char *certificate, const char *authority,
                                uint32_t refresh_seconds, int32_t max_message_bytes, grpcshim_server *out) {
    struct grpcshim_server_state *state = create(max_message_bytes, true);
    if (state == NULL)
        return -ENOMEM;
    state->credentials = grpcshim_tls_for_server(key, certificate, authority, refresh_seconds);
    int port = grpcshim_core.server_add_http2_port(state->server, address, state->credentials);
    if (port == 0) {
        grpcshim_server_destroy((grpcshim_server){state});
        return -EADDRNOTAVAIL; /* gRPC logs the reason, and does not return it */
    }
    start(state, out);
    return port;
}

void grpcshim_server_adopt(grpcshim_server server, int32_t descriptor) {
    grpcshim_core.server_add_channel_from_fd(server.ref->server, descriptor, server.ref->credentials);
}

static void arrived(struct grpcshim_server_state *state, struct grpcshim_call_state *call, bool well,
                    grpcshim_event *out) {
    state->wanted = NULL;
    if (!well) { /* the server shuts down: this request will never be answered */
        grpcshim_call_release((grpcshim_call){call});
        return;
    }
    want_call(state);
    grpcshim_call_watch(call);
    *out = (grpcshim_event){grpcshim_event_arrived, {call}};
}

static void handle(struct grpcshim_server_state *state, const struct tag *tag, bool well, grpcshim_event *out) {
    struct grpcshim_call_state *call = tag->call;
    if (tag->kind == tag_shutdown) {
        grpcshim_core.completion_queue_shutdown(state->queue);
        out->kind = grpcshim_event_shutdown;
        return;
    }
    if (tag->kind == tag_arrived) {
        arrived(state, call, well, out);
        return;
    }
    enum tag_kind kind = tag->kind;
    bool ended = grpcshim_call_batch_ended(call, kind, well);
    if (kind == tag_received)
        *out = (grpcshim_event){grpcshim_event_received, {call}};
    else if (kind == tag_closed && !ended && grpcshim_call_is_cancelled((grpcshim_call){call}))
        *out = (grpcshim_event){grpcshim_event_abandoned, {call}};
    if (ended && out->kind == 0)
        *out = (grpcshim_event){grpcshim_event_ended, {call}};
    else if (ended)
        state->kept = (grpcshim_event){grpcshim_event_ended, {call}};
    /* The receiver of arrived still owns a reference until it has seen ended, so the call outlives the event. */
    grpcshim_call_release((grpcshim_call){call});
}

void grpcshim_server_next(grpcshim_server server, grpcshim_event *out) {
    struct grpcshim_server_state *state = server.ref;
    *out = state->kept;
    state->kept = (grpcshim_event){0};
    while (out->kind == 0) {
        grpc_event event = grpcshim_core.completion_queue_next(state->queue, gpr_inf_future(GPR_CLOCK_MONOTONIC), NULL);
        if (event.type == GRPC_QUEUE_SHUTDOWN)
            out->kind = grpcshim_event_drained;
        else if (event.type == GRPC_OP_COMPLETE)
            handle(state, event.tag, event.success != 0, out);
    }
}

void grpcshim_server_shutdown(grpcshim_server server) {
    grpcshim_core.server_shutdown_and_notify(server.ref->server, server.ref->queue, &server.ref->shutdown_tag);
}

void grpcshim_server_disconnect(grpcshim_server server) {
    grpcshim_core.server_cancel_all_calls(server.ref->server);
}

void grpcshim_server_destroy(grpcshim_server server) {
    grpcshim_core.server_destroy(server.ref->server);
    grpcshim_core.completion_queue_destroy(server.ref->queue);
    grpcshim_core.server_credentials_release(server.ref->credentials);
    free(server.ref);
}
