/* The client's side: channels to servers, and calls of one request and one reply, many at once. */
#ifndef CGRPCSHIM_CHANNEL_H
#define CGRPCSHIM_CHANNEL_H

#include <stddef.h>
#include <stdint.h>

/* What all channels of one client have in common. Freed with grpcshim_identity_release; channels keep what they need. */
typedef struct {
    struct grpcshim_identity_state *_Nullable ref;
} grpcshim_identity;

/* A connection to one address, made when it is first needed and again after it broke. */
typedef struct {
    struct grpcshim_channel_state *_Nullable ref;
} grpcshim_channel;

/* Calls that are waited for together. One thread at a time. */
typedef struct {
    struct grpcshim_gather_state *_Nullable ref;
} grpcshim_gather;

/* The three PEM files are read again every so many seconds. Needs the variant of gRPC core with TLS. */
int32_t grpcshim_identity_create(const char *_Nonnull key, const char *_Nonnull certificate,
                                 const char *_Nonnull authority, uint32_t refresh_seconds,
                                 grpcshim_identity *_Nonnull out);
void grpcshim_identity_release(grpcshim_identity identity);

/* target: "ipv4:10.1.2.3:9810" or "ipv6:%5Bfd00::1%5D:9810". name: what the server's certificate must have. While
 * calls are under way, silence of ping_milliseconds is followed by a ping, and as much again without an answer by the
 * end of the connection. Connects to nobody yet. */
int32_t grpcshim_channel_create(grpcshim_identity identity, const char *_Nonnull target, const char *_Nonnull name,
                                int32_t max_message_bytes, int32_t ping_milliseconds,
                                grpcshim_channel *_Nonnull out);

/* Ends the calls under way, UNAVAILABLE; calls that begin later end the same way. Any thread. */
void grpcshim_channel_close(grpcshim_channel channel);

/* Frees the channel and its connection; no gather that used the channel may be left. */
void grpcshim_channel_destroy(grpcshim_channel channel);

int32_t grpcshim_gather_create(grpcshim_gather *_Nonnull out);

/* Begins a call, copying the request; deadline: an instant of grpcshim_now(), INT64_MAX for none. The channel must
 * outlive the gather. */
int32_t grpcshim_gather_add(grpcshim_gather gather, grpcshim_channel channel, const char *_Nonnull method,
                            const uint8_t *_Nullable request, size_t length, int64_t deadline);

/* Waits until each call has ended; the last deadline ends all that have one. Once. */
void grpcshim_gather_wait(grpcshim_gather gather);

/* Of the call that was added as number index (from 0), after grpcshim_gather_wait: its gRPC code. */
int32_t grpcshim_gather_code(grpcshim_gather gather, size_t index);

/* Its message and its reply: the length, of which at most capacity bytes are copied. -EBADMSG: an unreadable reply. */
int64_t grpcshim_gather_copy_message(grpcshim_gather gather, size_t index, uint8_t *_Nullable buffer, size_t capacity);
int64_t grpcshim_gather_reply_length(grpcshim_gather gather, size_t index);
int32_t grpcshim_gather_copy_reply(grpcshim_gather gather, size_t index, uint8_t *_Nullable buffer, size_t length);

/* Frees the calls; only after grpcshim_gather_wait. */
void grpcshim_gather_destroy(grpcshim_gather gather);

#endif
