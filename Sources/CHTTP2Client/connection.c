#define _GNU_SOURCE
#include <errno.h>
#include <nghttp2/nghttp2.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "CHTTP2Client.h"
#include "socket.h"

enum { message_capacity = 16 * 1024 };

struct bytes {
    uint8_t *start;
    size_t length, capacity;
};

struct http2client_connection_state {
    int descriptor;
    nghttp2_session *session;
    bool goaway, out_of_memory;
    int32_t last_accepted;
    int32_t stream; /* of the call under way, 0 for none */
    bool ended;     /* the server's side of the stream is over */
    bool closed;    /* both sides are */
    bool end_stream;
    struct bytes request, reply, message;
    size_t request_sent;
    http2client_result result;
};

static bool append(struct bytes *bytes, const uint8_t *data, size_t length) {
    if (bytes->capacity - bytes->length < length) {
        size_t capacity = bytes->capacity < 4096 ? 4096 : bytes->capacity;
        while (capacity - bytes->length < length)
            capacity *= 2;
        uint8_t *larger = realloc(bytes->start, capacity);
        if (larger == NULL)
            return false;
        bytes->start = larger;
        bytes->capacity = capacity;
    }
    if (length > 0)
        memcpy(bytes->start + bytes->length, data, length);
    bytes->length += length;
    return true;
}

static bool is(const uint8_t *name, size_t length, const char *wanted) {
    return length == strlen(wanted) && memcmp(name, wanted, length) == 0;
}

/* A decimal number of at most 9 digits, or -1. */
static int32_t number(const uint8_t *text, size_t length) {
    int32_t value = 0;
    if (length == 0 || length > 9)
        return -1;
    for (size_t i = 0; i < length; i++) {
        if (text[i] < '0' || text[i] > '9')
            return -1;
        value = value * 10 + (text[i] - '0');
    }
    return value;
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name, size_t name_length,
                     const uint8_t *value, size_t value_length, uint8_t flags, void *user) {
    (void)session, (void)flags;
    struct http2client_connection_state *state = user;
    if (frame->hd.stream_id != state->stream)
        return 0;
    if (is(name, name_length, ":status"))
        state->result.http_status = number(value, value_length);
    else if (is(name, name_length, "grpc-status"))
        state->result.grpc_status = number(value, value_length);
    else if (is(name, name_length, "grpc-message") && value_length <= message_capacity) {
        state->message.length = 0;
        if (!append(&state->message, value, value_length))
            state->out_of_memory = true;
    }
    return 0;
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t stream, const uint8_t *data, size_t length,
                   void *user) {
    (void)session, (void)flags;
    struct http2client_connection_state *state = user;
    if (stream == state->stream && !append(&state->reply, data, length))
        state->out_of_memory = true;
    return 0;
}

static int on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *user) {
    (void)session;
    struct http2client_connection_state *state = user;
    if (frame->hd.type == NGHTTP2_GOAWAY) {
        state->goaway = true;
        state->last_accepted = frame->goaway.last_stream_id;
    } else if (frame->hd.stream_id == state->stream && state->stream != 0) {
        bool may_end = frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA;
        if (may_end && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0)
            state->ended = true;
    }
    return 0;
}

static int on_close(nghttp2_session *session, int32_t stream, uint32_t code, void *user) {
    (void)session;
    struct http2client_connection_state *state = user;
    if (stream == state->stream) {
        if (!state->ended)
            state->result.reset_code = code;
        state->ended = state->closed = true;
    }
    return 0;
}

static ssize_t read_request(nghttp2_session *session, int32_t stream, uint8_t *buffer, size_t length, uint32_t *flags,
                            nghttp2_data_source *source, void *user) {
    (void)session, (void)stream, (void)source;
    struct http2client_connection_state *state = user;
    size_t left = state->request.length - state->request_sent;
    if (left == 0 && !state->end_stream)
        return NGHTTP2_ERR_DEFERRED;
    size_t size = left < length ? left : length;
    if (size > 0)
        memcpy(buffer, state->request.start + state->request_sent, size);
    state->request_sent += size;
    if (size == left && state->end_stream)
        *flags |= NGHTTP2_DATA_FLAG_EOF;
    return (ssize_t)size;
}

static ssize_t send_bytes(nghttp2_session *session, const uint8_t *data, size_t length, int flags, void *user) {
    (void)session, (void)flags;
    struct http2client_connection_state *state = user;
    ssize_t sent = send(state->descriptor, data, length, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent >= 0)
        return sent;
    return errno == EAGAIN || errno == EINTR ? NGHTTP2_ERR_WOULDBLOCK : NGHTTP2_ERR_CALLBACK_FAILURE;
}

static int start_session(struct http2client_connection_state *state) {
    nghttp2_session_callbacks *callbacks;
    if (nghttp2_session_callbacks_new(&callbacks) != 0)
        return -ENOMEM;
    nghttp2_session_callbacks_set_send_callback(callbacks, send_bytes);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
    int error = nghttp2_session_client_new(&state->session, callbacks, state);
    nghttp2_session_callbacks_del(callbacks);
    if (error != 0)
        return -ENOMEM;
    nghttp2_settings_entry entry = {NGHTTP2_SETTINGS_ENABLE_PUSH, 0};
    return nghttp2_submit_settings(state->session, NGHTTP2_FLAG_NONE, &entry, 1) == 0 ? 0 : -ENOMEM;
}

int http2client_connect(const char *path, int64_t until, http2client_connection *out) {
    int descriptor = http2client_socket_connect(path, until);
    if (descriptor < 0)
        return descriptor;
    struct http2client_connection_state *state = calloc(1, sizeof *state);
    if (state == NULL) {
        close(descriptor);
        return -ENOMEM;
    }
    state->descriptor = descriptor;
    out->ref = state;
    int result = start_session(state);
    if (result != 0)
        http2client_close(*out);
    return result;
}

void http2client_close(http2client_connection connection) {
    struct http2client_connection_state *state = connection.ref;
    if (state->session != NULL) {
        /* The farewell may be lost: the socket is closed right after. */
        nghttp2_session_terminate_session(state->session, NGHTTP2_NO_ERROR);
        nghttp2_session_send(state->session);
        nghttp2_session_del(state->session);
    }
    close(state->descriptor);
    free(state->request.start);
    free(state->reply.start);
    free(state->message.start);
    free(state);
}

static nghttp2_nv header(const char *name, const char *value) {
    return (nghttp2_nv){(uint8_t *)name, (uint8_t *)value, strlen(name), strlen(value), NGHTTP2_NV_FLAG_NONE};
}

int http2client_begin(http2client_connection connection, const char *path, const char *timeout, const uint8_t *body,
                      size_t length, bool end_stream) {
    struct http2client_connection_state *state = connection.ref;
    if (state->goaway)
        return -ESHUTDOWN;
    state->request.length = state->reply.length = state->message.length = 0;
    state->request_sent = 0;
    state->ended = state->closed = false;
    state->end_stream = end_stream;
    state->result = (http2client_result){.http_status = -1, .grpc_status = -1};
    if (!append(&state->request, body, length))
        return -ENOMEM;
    nghttp2_nv headers[9] = {
        header(":method", "POST"),           header(":scheme", "http"),
        header(":path", path),               header(":authority", "localhost"),
        header("te", "trailers"),            header("content-type", "application/grpc"),
        header("user-agent", "loopcsi"),
    };
    size_t count = 7;
    if (timeout != NULL)
        headers[count++] = header("grpc-timeout", timeout);
    nghttp2_data_provider provider = {.read_callback = read_request};
    int32_t stream = nghttp2_submit_request(state->session, NULL, headers, count, &provider, NULL);
    if (stream < 0)
        return stream == NGHTTP2_ERR_NOMEM ? -ENOMEM : -ESHUTDOWN;
    state->stream = stream;
    return 0;
}

/* Reads once: 0, -EAGAIN if nothing was there, or what went wrong. */
static int receive(struct http2client_connection_state *state) {
    uint8_t buffer[16 * 1024];
    ssize_t got = recv(state->descriptor, buffer, sizeof buffer, MSG_DONTWAIT);
    if (got == 0)
        return -ECONNRESET;
    if (got < 0)
        return errno == EINTR ? -EAGAIN : -errno;
    if (nghttp2_session_mem_recv(state->session, buffer, (size_t)got) < 0)
        return -EPROTO;
    return state->out_of_memory ? -ENOMEM : 0;
}

int http2client_next(http2client_connection connection, int64_t until) {
    struct http2client_connection_state *state = connection.ref;
    for (;;) {
        if (state->reply.length > 0)
            return http2client_event_data;
        if (state->ended)
            return http2client_event_end;
        if (state->goaway && state->stream > state->last_accepted)
            return -ESHUTDOWN;
        int sent = nghttp2_session_send(state->session);
        if (sent == NGHTTP2_ERR_NOMEM)
            return -ENOMEM;
        int result = receive(state);
        if (result == 0)
            continue;
        if (result != -EAGAIN)
            return result;
        short events = POLLIN | (sent == 0 && nghttp2_session_want_write(state->session) ? POLLOUT : 0);
        result = http2client_socket_wait(state->descriptor, events, until);
        if (result != 0)
            return result;
    }
}

int64_t http2client_take_data(http2client_connection connection, uint8_t *buffer, size_t capacity) {
    struct bytes *reply = &connection.ref->reply;
    if (capacity == 0)
        return (int64_t)reply->length;
    size_t size = reply->length < capacity ? reply->length : capacity;
    memcpy(buffer, reply->start, size);
    memmove(reply->start, reply->start + size, reply->length - size);
    reply->length -= size;
    return (int64_t)size;
}

http2client_result http2client_result_get(http2client_connection connection) {
    http2client_result result = connection.ref->result;
    result.message_length = connection.ref->message.length;
    return result;
}

int64_t http2client_copy_message(http2client_connection connection, uint8_t *buffer, size_t capacity) {
    struct bytes *message = &connection.ref->message;
    if (capacity > 0 && message->length > 0)
        memcpy(buffer, message->start, message->length < capacity ? message->length : capacity);
    return (int64_t)message->length;
}

void http2client_cancel(http2client_connection connection) {
    struct http2client_connection_state *state = connection.ref;
    if (state->stream == 0)
        return;
    if (!state->closed) {
        nghttp2_submit_rst_stream(state->session, NGHTTP2_FLAG_NONE, state->stream, NGHTTP2_CANCEL);
        nghttp2_session_send(state->session);
    }
    state->stream = 0;
    state->reply.length = 0;
}
