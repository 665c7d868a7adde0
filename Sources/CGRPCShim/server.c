#define _GNU_SOURCE
#include "server.h"

#include <errno.h>
#include <grpc/grpc.h>
#include <grpc/grpc_posix.h>
#include <grpc/grpc_security.h>
#include <grpc/support/log.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "call_state.h"

struct grpcshim_server_state {
    grpc_server *server;
    grpc_completion_queue *queue;
    grpc_server_credentials *plain;
    struct tag shutdown_tag;
    struct grpcshim_call_state *wanted; /* the state that the next call will fill */
    grpcshim_event kept;                /* a second event of one batch, delivered by the next call of next */
};

static pthread_once_t initialized = PTHREAD_ONCE_INIT;

static void (*_Atomic log_sink)(const char *text);

static void pass_log_line(gpr_log_func_args *line) {
    log_sink(line->message);
}

void grpcshim_log_to(void (*sink)(const char *text)) {
    log_sink = sink;
    gpr_set_log_function(pass_log_line);
}

static grpc_arg integer(const char *key, int value) {
    return (grpc_arg){.type = GRPC_ARG_INTEGER, .key = (char *)key, .value = {.integer = value}};
}

static void want_call(struct grpcshim_server_state *state) {
    struct grpcshim_call_state *call = grpcshim_call_create();
    if (call == NULL)
        abort(); /* a small calloc failed; nothing useful can follow, and state on disk is crash-safe */
    state->wanted = call;
    grpc_call_error error =
        grpc_server_request_call(state->server, &call->call, &call->details, &call->metadata, state->queue, state->queue,
                                 &call->arrived_tag);
    if (error != GRPC_CALL_OK)
        abort(); /* only a wrong queue gives an error here */
}

int grpcshim_server_create(int32_t max_message_bytes, grpcshim_server *out) {
    pthread_once(&initialized, grpc_init);
    struct grpcshim_server_state *state = calloc(1, sizeof *state);
    if (state == NULL)
        return -ENOMEM;
    grpc_arg arguments[] = {
        integer(GRPC_ARG_MAX_RECEIVE_MESSAGE_LENGTH, max_message_bytes),
        integer(GRPC_ARG_MAX_SEND_MESSAGE_LENGTH, max_message_bytes),
        /* Clients hold connections for days or make one per call: the server never closes one by itself. */
        integer(GRPC_ARG_KEEPALIVE_TIME_MS, INT_MAX),
        integer(GRPC_ARG_HTTP2_MAX_PING_STRIKES, 0),
        integer(GRPC_ARG_HTTP2_BDP_PROBE, 0),
        integer(GRPC_ARG_ENABLE_CHANNELZ, 0),
        integer(GRPC_ARG_ENABLE_CENSUS, 0),
    };
    grpc_channel_args all = {.num_args = sizeof arguments / sizeof *arguments, .args = arguments};
    state->server = grpc_server_create(&all, NULL);
    state->queue = grpc_completion_queue_create_for_next(NULL);
    state->plain = grpc_insecure_server_credentials_create();
    state->shutdown_tag = (struct tag){tag_shutdown, NULL};
    grpc_server_register_completion_queue(state->server, state->queue, NULL);
    grpc_server_start(state->server);
    want_call(state);
    out->ref = state;
    return 0;
}

void grpcshim_server_adopt(grpcshim_server server, int32_t descriptor) {
    grpc_server_add_channel_from_fd(server.ref->server, descriptor, server.ref->plain);
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
        grpc_completion_queue_shutdown(state->queue);
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
        grpc_event event = grpc_completion_queue_next(state->queue, gpr_inf_future(GPR_CLOCK_MONOTONIC), NULL);
        if (event.type == GRPC_QUEUE_SHUTDOWN)
            out->kind = grpcshim_event_drained;
        else if (event.type == GRPC_OP_COMPLETE)
            handle(state, event.tag, event.success != 0, out);
    }
}

void grpcshim_server_shutdown(grpcshim_server server) {
    grpc_server_shutdown_and_notify(server.ref->server, server.ref->queue, &server.ref->shutdown_tag);
}

void grpcshim_server_disconnect(grpcshim_server server) {
    grpc_server_cancel_all_calls(server.ref->server);
}

void grpcshim_server_destroy(grpcshim_server server) {
    grpc_server_destroy(server.ref->server);
    grpc_completion_queue_destroy(server.ref->queue);
    grpc_server_credentials_release(server.ref->plain);
    free(server.ref);
}
