#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "channel_state.h"
#include "core.h"

struct grpcshim_gather_state {
    grpc_completion_queue *queue; /* of its own, so that the thread that waits does gRPC's work itself */
    struct outgoing **calls;
    size_t count, capacity, under_way;
    int64_t last_deadline; /* INT64_MAX: a call has none */
};

/* gRPC ends calls at their deadlines by itself; what is left so much later is cancelled. */
static const int64_t patience_nanoseconds = 250000000;

static gpr_timespec instant(int64_t nanoseconds) {
    if (nanoseconds >= INT64_MAX - patience_nanoseconds)
        return gpr_inf_future(GPR_CLOCK_MONOTONIC);
    return (gpr_timespec){.tv_sec = nanoseconds / 1000000000,
                          .tv_nsec = (int32_t)(nanoseconds % 1000000000),
                          .clock_type = GPR_CLOCK_MONOTONIC};
}

int32_t grpcshim_gather_create(grpcshim_gather *out) {
    out->ref = calloc(1, sizeof *out->ref);
    if (out->ref == NULL)
        return -ENOMEM;
    out->ref->queue = grpcshim_core.completion_queue_create_for_next(NULL);
    return 0;
}

static struct outgoing *append(struct grpcshim_gather_state *state) {
    if (state->count == state->capacity) {
        size_t capacity = state->capacity == 0 ? 1 : state->capacity * 2;
        struct outgoing **calls = realloc(state->calls, capacity * sizeof *calls);
        if (calls == NULL)
            return NULL;
        state->calls = calls;
        state->capacity = capacity;
    }
    struct outgoing *one = calloc(1, sizeof *one);
    if (one == NULL)
        return NULL;
    state->calls[state->count++] = one;
    grpcshim_core.metadata_array_init(&one->initial);
    grpcshim_core.metadata_array_init(&one->trailing);
    return one;
}

static void fail(struct outgoing *one, grpc_status_code code, const char *message) {
    one->code = code;
    one->message = grpcshim_core.slice_from_copied_buffer(message, strlen(message));
}

static void enlist(struct outgoing *one) {
    one->after = one->channel->under_way;
    if (one->after != NULL)
        one->after->before = one;
    one->channel->under_way = one;
}

static void delist(struct outgoing *one) {
    pthread_mutex_lock(&one->channel->lock);
    if (one->before != NULL)
        one->before->after = one->after;
    else
        one->channel->under_way = one->after;
    if (one->after != NULL)
        one->after->before = one->before;
    pthread_mutex_unlock(&one->channel->lock);
}

/* With the channel's lock held. */
static bool begin(struct grpcshim_gather_state *state, struct outgoing *one, const char *method, int64_t deadline) {
    grpc_slice path = grpcshim_core.slice_from_copied_buffer(method, strlen(method));
    one->call = grpcshim_core.channel_create_call(one->channel->channel, NULL, GRPC_PROPAGATE_DEFAULTS, state->queue,
                                                  path, NULL, instant(deadline), NULL);
    grpcshim_core.slice_unref(path);
    if (one->call == NULL)
        return false;
    grpc_op ops[6] = {{.op = GRPC_OP_SEND_INITIAL_METADATA}, {.op = GRPC_OP_SEND_MESSAGE},
                      {.op = GRPC_OP_SEND_CLOSE_FROM_CLIENT}, {.op = GRPC_OP_RECV_INITIAL_METADATA},
                      {.op = GRPC_OP_RECV_MESSAGE},           {.op = GRPC_OP_RECV_STATUS_ON_CLIENT}};
    ops[1].data.send_message.send_message = one->request;
    ops[3].data.recv_initial_metadata.recv_initial_metadata = &one->initial;
    ops[4].data.recv_message.recv_message = &one->reply;
    ops[5].data.recv_status_on_client.trailing_metadata = &one->trailing;
    ops[5].data.recv_status_on_client.status = &one->code;
    ops[5].data.recv_status_on_client.status_details = &one->message;
    if (grpcshim_core.call_start_batch(one->call, ops, sizeof ops / sizeof *ops, one, NULL) == GRPC_CALL_OK)
        return true;
    grpcshim_core.call_unref(one->call);
    one->call = NULL;
    return false;
}

int32_t grpcshim_gather_add(grpcshim_gather gather, grpcshim_channel channel, const char *method,
                            const uint8_t *request, size_t length, int64_t deadline) {
    struct outgoing *one = append(gather.ref);
    if (one == NULL)
        return -ENOMEM;
    one->channel = channel.ref;
    one->has_deadline = deadline != INT64_MAX;
    one->request = grpcshim_buffer_of(request, length);
    pthread_mutex_lock(&channel.ref->lock);
    if (channel.ref->closed)
        fail(one, GRPC_STATUS_UNAVAILABLE, "the channel was closed");
    else if (!begin(gather.ref, one, method, deadline))
        fail(one, GRPC_STATUS_INTERNAL, "gRPC core could not begin the call");
    else
        enlist(one);
    pthread_mutex_unlock(&channel.ref->lock);
    if (one->call != NULL)
        gather.ref->under_way++;
    if (deadline > gather.ref->last_deadline)
        gather.ref->last_deadline = deadline;
    return 0;
}

void grpcshim_gather_wait(grpcshim_gather gather) {
    struct grpcshim_gather_state *state = gather.ref;
    int64_t until = state->last_deadline;
    if (until < INT64_MAX - patience_nanoseconds)
        until += patience_nanoseconds;
    while (state->under_way > 0) {
        grpc_event event = grpcshim_core.completion_queue_next(state->queue, instant(until), NULL);
        if (event.type == GRPC_OP_COMPLETE) {
            struct outgoing *one = event.tag;
            delist(one);
            grpcshim_core.call_unref(one->call);
            one->call = NULL;
            state->under_way--;
        } else {
            until = INT64_MAX;
            for (size_t index = 0; index < state->count; index++)
                if (state->calls[index]->call != NULL && state->calls[index]->has_deadline)
                    grpcshim_core.call_cancel_with_status(state->calls[index]->call, GRPC_STATUS_DEADLINE_EXCEEDED,
                                                          "the deadline has passed", NULL);
        }
    }
}

int32_t grpcshim_gather_code(grpcshim_gather gather, size_t index) {
    return (int32_t)gather.ref->calls[index]->code;
}

int64_t grpcshim_gather_copy_message(grpcshim_gather gather, size_t index, uint8_t *buffer, size_t capacity) {
    grpc_slice message = gather.ref->calls[index]->message;
    size_t length = GRPC_SLICE_LENGTH(message);
    if (capacity > 0)
        memcpy(buffer, GRPC_SLICE_START_PTR(message), length < capacity ? length : capacity);
    return (int64_t)length;
}

int64_t grpcshim_gather_reply_length(grpcshim_gather gather, size_t index) {
    grpc_byte_buffer *reply = gather.ref->calls[index]->reply;
    return reply == NULL ? 0 : (int64_t)grpcshim_core.byte_buffer_length(reply);
}

int32_t grpcshim_gather_copy_reply(grpcshim_gather gather, size_t index, uint8_t *buffer, size_t length) {
    grpc_byte_buffer *reply = gather.ref->calls[index]->reply;
    return reply == NULL ? -EBADMSG : grpcshim_buffer_copy(reply, buffer, length);
}

void grpcshim_gather_destroy(grpcshim_gather gather) {
    struct grpcshim_gather_state *state = gather.ref;
    for (size_t index = 0; index < state->count; index++) {
        struct outgoing *one = state->calls[index];
        grpcshim_buffer_destroy(&one->request);
        grpcshim_buffer_destroy(&one->reply);
        grpcshim_core.slice_unref(one->message);
        grpcshim_core.metadata_array_destroy(&one->initial);
        grpcshim_core.metadata_array_destroy(&one->trailing);
        free(one);
    }
    free(state->calls);
    grpcshim_core.completion_queue_shutdown(state->queue);
    grpcshim_core.completion_queue_destroy(state->queue);
    free(state);
}
