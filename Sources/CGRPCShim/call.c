#define _GNU_SOURCE
#include "call_state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "buffer.h"
#include "core.h"

struct grpcshim_call_state *grpcshim_call_create(void) {
    struct grpcshim_call_state *state = calloc(1, sizeof *state);
    if (state == NULL)
        return NULL;
    atomic_init(&state->references, 1);
    pthread_mutex_init(&state->lock, NULL);
    sem_init(&state->streamed, 0, 0);
    grpcshim_core.call_details_init(&state->details);
    grpcshim_core.metadata_array_init(&state->metadata);
    state->arrived_tag = (struct tag){tag_arrived, state};
    state->received_tag = (struct tag){tag_received, state};
    state->closed_tag = (struct tag){tag_closed, state};
    state->streamed_tag = (struct tag){tag_streamed, state};
    state->finished_tag = (struct tag){tag_finished, state};
    return state;
}

void grpcshim_call_release(grpcshim_call call) {
    struct grpcshim_call_state *state = call.ref;
    if (atomic_fetch_sub_explicit(&state->references, 1, memory_order_acq_rel) != 1)
        return;
    grpcshim_buffer_destroy(&state->request);
    grpcshim_buffer_destroy(&state->outgoing);
    grpcshim_core.metadata_array_destroy(&state->metadata);
    grpcshim_core.call_details_destroy(&state->details);
    sem_destroy(&state->streamed);
    pthread_mutex_destroy(&state->lock);
    free(state);
}

/* Starts a batch with the lock held. */
static int start(struct grpcshim_call_state *state, const grpc_op *ops, size_t count, struct tag *tag) {
    state->batches++;
    atomic_fetch_add_explicit(&state->references, 1, memory_order_relaxed);
    if (grpcshim_core.call_start_batch(state->call, ops, count, tag, NULL) == GRPC_CALL_OK)
        return 0;
    state->batches--;
    atomic_fetch_sub_explicit(&state->references, 1, memory_order_relaxed);
    return -EINVAL;
}

void grpcshim_call_watch(struct grpcshim_call_state *state) {
    pthread_mutex_lock(&state->lock);
    grpc_op op = {.op = GRPC_OP_RECV_CLOSE_ON_SERVER};
    op.data.recv_close_on_server.cancelled = &state->cancelled_by_peer;
    start(state, &op, 1, &state->closed_tag);
    pthread_mutex_unlock(&state->lock);
}

int64_t grpcshim_call_copy_method(grpcshim_call call, uint8_t *buffer, size_t capacity) {
    size_t length = GRPC_SLICE_LENGTH(call.ref->details.method);
    memcpy(buffer, GRPC_SLICE_START_PTR(call.ref->details.method), length < capacity ? length : capacity);
    return (int64_t)length;
}

int64_t grpcshim_call_deadline(grpcshim_call call) {
    gpr_timespec deadline = call.ref->details.deadline;
    if (gpr_time_cmp(deadline, gpr_inf_future(deadline.clock_type)) == 0)
        return INT64_MAX;
    deadline = gpr_convert_clock_type(deadline, GPR_CLOCK_MONOTONIC);
    if (deadline.tv_sec >= INT64_MAX / 1000000000 - 1)
        return INT64_MAX;
    return deadline.tv_sec * 1000000000 + deadline.tv_nsec;
}

bool grpcshim_call_peer_is(grpcshim_call call, const char *name) {
    bool found = false;
    grpc_auth_context *context = grpcshim_core.call_auth_context(call.ref->call);
    grpc_auth_property_iterator names =
        grpcshim_core.auth_context_find_properties_by_name(context, GRPC_PEER_DNS_PROPERTY_NAME);
    const grpc_auth_property *each;
    while (!found && (each = grpcshim_core.auth_property_iterator_next(&names)) != NULL)
        found = each->value_length == strlen(name) && strncasecmp(each->value, name, each->value_length) == 0;
    grpcshim_core.auth_context_release(context);
    return found;
}

bool grpcshim_call_is_cancelled(grpcshim_call call) {
    return atomic_load_explicit(&call.ref->cancelled, memory_order_acquire);
}

int grpcshim_call_receive(grpcshim_call call) {
    struct grpcshim_call_state *state = call.ref;
    pthread_mutex_lock(&state->lock);
    grpc_op op = {.op = GRPC_OP_RECV_MESSAGE};
    op.data.recv_message.recv_message = &state->request;
    int result = state->finished ? -EALREADY : start(state, &op, 1, &state->received_tag);
    pthread_mutex_unlock(&state->lock);
    return result;
}

int64_t grpcshim_call_request_length(grpcshim_call call) {
    pthread_mutex_lock(&call.ref->lock);
    int64_t length = call.ref->request_length;
    pthread_mutex_unlock(&call.ref->lock);
    return length;
}

int grpcshim_call_take_request(grpcshim_call call, uint8_t *buffer, size_t length) {
    struct grpcshim_call_state *state = call.ref;
    pthread_mutex_lock(&state->lock);
    grpc_byte_buffer *request = state->request;
    state->request = NULL;
    pthread_mutex_unlock(&state->lock);

    if (request == NULL)
        return -ENODATA;
    int result = grpcshim_buffer_copy(request, buffer, length);
    grpcshim_buffer_destroy(&request);
    return result;
}

int grpcshim_call_send(grpcshim_call call, const uint8_t *body, size_t length) {
    struct grpcshim_call_state *state = call.ref;
    grpc_op ops[2] = {0};
    size_t count = 0;
    pthread_mutex_lock(&state->lock);
    if (state->finished || grpcshim_call_is_cancelled(call)) {
        pthread_mutex_unlock(&state->lock);
        return -ECANCELED;
    }
    if (!state->headers_sent)
        ops[count++].op = GRPC_OP_SEND_INITIAL_METADATA;
    state->headers_sent = true;
    state->outgoing = grpcshim_buffer_of(body, length);
    ops[count].op = GRPC_OP_SEND_MESSAGE;
    ops[count++].data.send_message.send_message = state->outgoing;
    int result = start(state, ops, count, &state->streamed_tag);
    if (result != 0)
        grpcshim_buffer_destroy(&state->outgoing);
    pthread_mutex_unlock(&state->lock);
    if (result != 0)
        return result;

    while (sem_wait(&state->streamed) != 0 && errno == EINTR) {
    }
    pthread_mutex_lock(&state->lock);
    result = state->streamed_well ? 0 : -ECANCELED;
    pthread_mutex_unlock(&state->lock);
    return result;
}

int grpcshim_call_finish(grpcshim_call call, int32_t code, const uint8_t *message, size_t message_length, bool has_body,
                         const uint8_t *body, size_t length) {
    struct grpcshim_call_state *state = call.ref;
    grpc_op ops[3] = {0};
    size_t count = 0;
    pthread_mutex_lock(&state->lock);
    if (state->finished) {
        pthread_mutex_unlock(&state->lock);
        return -EALREADY;
    }
    state->finished = true;
    if (!state->headers_sent)
        ops[count++].op = GRPC_OP_SEND_INITIAL_METADATA;
    state->headers_sent = true;
    if (has_body) {
        state->outgoing = grpcshim_buffer_of(body, length);
        ops[count].op = GRPC_OP_SEND_MESSAGE;
        ops[count++].data.send_message.send_message = state->outgoing;
    }
    grpc_slice details = grpcshim_core.slice_from_copied_buffer((const char *)message, message_length);
    ops[count].op = GRPC_OP_SEND_STATUS_FROM_SERVER;
    ops[count].data.send_status_from_server.status = (grpc_status_code)code;
    ops[count++].data.send_status_from_server.status_details = &details;
    int result = start(state, ops, count, &state->finished_tag);
    if (result != 0)
        grpcshim_core.call_cancel(state->call, NULL);
    grpcshim_core.slice_unref(details);
    pthread_mutex_unlock(&state->lock);
    return result;
}

void grpcshim_call_cut_off(grpcshim_call call) {
    struct grpcshim_call_state *state = call.ref;
    pthread_mutex_lock(&state->lock);
    if (state->call != NULL)
        grpcshim_core.call_cancel_with_status(state->call, GRPC_STATUS_RESOURCE_EXHAUSTED, "too many calls are under way",
                                              NULL);
    pthread_mutex_unlock(&state->lock);
}

void grpcshim_call_cancel(grpcshim_call call) {
    struct grpcshim_call_state *state = call.ref;
    pthread_mutex_lock(&state->lock);
    atomic_store_explicit(&state->cancelled, true, memory_order_release);
    if (state->call != NULL && state->headers_sent)
        grpcshim_core.call_cancel(state->call, NULL);
    pthread_mutex_unlock(&state->lock);
}

bool grpcshim_call_batch_ended(struct grpcshim_call_state *state, enum tag_kind kind, bool well) {
    pthread_mutex_lock(&state->lock);
    state->batches--;
    switch (kind) {
    case tag_received:
        if (state->request != NULL)
            state->request_length = (int64_t)grpcshim_core.byte_buffer_length(state->request);
        else if (!well)
            state->request_length = -EMSGSIZE; /* gRPC's limit filter, which answers the client by itself */
        else
            state->request_length = grpcshim_core.call_failed_before_recv_message(state->call) ? -ECANCELED : -ENODATA;
        break;
    case tag_closed:
        if (state->cancelled_by_peer)
            atomic_store_explicit(&state->cancelled, true, memory_order_release);
        break;
    case tag_streamed:
        grpcshim_buffer_destroy(&state->outgoing);
        state->streamed_well = well;
        sem_post(&state->streamed);
        break;
    default:
        grpcshim_buffer_destroy(&state->outgoing);
    }
    grpc_call *done = state->finished && state->batches == 0 ? state->call : NULL;
    if (done != NULL)
        state->call = NULL;
    pthread_mutex_unlock(&state->lock);
    if (done != NULL)
        grpcshim_core.call_unref(done);
    return done != NULL;
}
