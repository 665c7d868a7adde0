/* An HTTP/2 client for one gRPC call at a time over a Unix socket, on libnghttp2.
 *
 * Blocking; a connection belongs to one thread at a time. Functions return >= 0 or a negated errno:
 * -ETIMEDOUT: the instant came first; -ECONNRESET: the server closed the connection; -EPROTO: what came is not
 * HTTP/2; -ESHUTDOWN: the server said that it takes no more calls (GOAWAY). Instants are of CLOCK_MONOTONIC, in
 * nanoseconds; INT64_MAX waits for ever. gRPC's framing of messages is left to the caller. */
#ifndef CHTTP2CLIENT_H
#define CHTTP2CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    struct http2client_connection_state *_Nullable ref;
} http2client_connection;

/* What happens next on the call under way. */
enum {
    http2client_event_data = 1, /* bytes of the reply came: see http2client_take_data */
    http2client_event_end = 2,  /* the call is over: see http2client_result_get */
};

/* How a call ended. */
typedef struct {
    int32_t http_status;    /* -1 if no headers came */
    int32_t grpc_status;    /* -1 if the server sent none */
    uint32_t reset_code;    /* HTTP/2 error code of a RST_STREAM, 0 for none */
    size_t message_length;  /* of grpc-message, still percent-encoded */
} http2client_result;

int64_t http2client_now(void);

/* Connects and sends the preface; the caller owns *out. */
int http2client_connect(const char *_Nonnull path, int64_t until, http2client_connection *_Nonnull out);

/* Frees the connection, saying good-bye if that needs no waiting. */
void http2client_close(http2client_connection connection);

/* Starts a call with a copy of body. timeout is the value of grpc-timeout ("100m") or null. With end_stream
 * false the client's side of the stream stays open. */
int http2client_begin(http2client_connection connection, const char *_Nonnull path, const char *_Nullable timeout,
                      const uint8_t *_Nullable body, size_t length, bool end_stream);

/* Sends and receives until something happens on the call: an event, or a negated errno. */
int http2client_next(http2client_connection connection, int64_t until);

/* Copies out and forgets the received bytes, at most capacity; capacity 0 asks how many there are. */
int64_t http2client_take_data(http2client_connection connection, uint8_t *_Nullable buffer, size_t capacity);

/* After the end event. */
http2client_result http2client_result_get(http2client_connection connection);
int64_t http2client_copy_message(http2client_connection connection, uint8_t *_Nullable buffer, size_t capacity);

/* Abandons the call under way: RST_STREAM with CANCEL, sent before this returns if the socket takes it. */
void http2client_cancel(http2client_connection connection);

/* Sends bytes on a fresh connection and reads until the server closes it or the instant comes: the number of bytes
 * that came (kept up to capacity), or -ETIMEDOUT. For tests of what a server does with garbage. */
int64_t http2client_raw_exchange(const char *_Nonnull path, const uint8_t *_Nullable bytes, size_t length,
                                 uint8_t *_Nullable reply, size_t capacity, int64_t until);

#endif
