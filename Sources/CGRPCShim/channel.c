#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>

#include "channel_state.h"
#include "core.h"
#include "tls.h"

struct grpcshim_identity_state {
    grpc_channel_credentials *credentials;
};

enum {
    first_pause_milliseconds = 1000,      /* after a failed attempt to connect; calls fail at once meanwhile */
    longest_pause_milliseconds = 10000,   /* which the pause grows to */
    connect_within_milliseconds = 5000,   /* the handshake included */
    tls_record_bytes = 4096,              /* the largest; a buffer of that size is kept for each connection */
    read_bytes = 1024                     /* at once to begin with; grows with what arrives */
};

int32_t grpcshim_identity_create(const char *key, const char *certificate, const char *authority,
                                 uint32_t refresh_seconds, grpcshim_identity *out) {
    out->ref = calloc(1, sizeof *out->ref);
    if (out->ref == NULL)
        return -ENOMEM;
    out->ref->credentials = grpcshim_tls_for_channels(key, certificate, authority, refresh_seconds);
    return 0;
}

void grpcshim_identity_release(grpcshim_identity identity) {
    grpcshim_core.channel_credentials_release(identity.ref->credentials);
    free(identity.ref);
}

int32_t grpcshim_channel_create(grpcshim_identity identity, const char *target, const char *name,
                                int32_t max_message_bytes, int32_t ping_milliseconds, grpcshim_channel *out) {
    struct grpcshim_channel_state *state = calloc(1, sizeof *state);
    if (state == NULL)
        return -ENOMEM;
    grpc_arg arguments[] = {
        {.type = GRPC_ARG_STRING,
         .key = (char *)GRPC_SSL_TARGET_NAME_OVERRIDE_ARG,
         .value = {.string = (char *)name}},
        integer(GRPC_ARG_MAX_RECEIVE_MESSAGE_LENGTH, max_message_bytes),
        integer(GRPC_ARG_MAX_SEND_MESSAGE_LENGTH, max_message_bytes),
        integer(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, first_pause_milliseconds),
        integer(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, longest_pause_milliseconds),
        integer(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, connect_within_milliseconds),
        integer(GRPC_ARG_KEEPALIVE_TIME_MS, ping_milliseconds),
        integer(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, ping_milliseconds),
        integer(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0),
        integer(GRPC_ARG_HTTP2_BDP_PROBE, 0),
        integer(GRPC_ARG_TSI_MAX_FRAME_SIZE, tls_record_bytes),
        integer(GRPC_ARG_TCP_READ_CHUNK_SIZE, read_bytes),
        /* Whether to repeat a call is the caller's to decide, and nobody but the address is asked anything. */
        integer(GRPC_ARG_ENABLE_RETRIES, 0),
        integer(GRPC_ARG_SERVICE_CONFIG_DISABLE_RESOLUTION, 1),
        integer(GRPC_ARG_ENABLE_HTTP_PROXY, 0),
        integer(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1),
        integer(GRPC_ARG_ENABLE_CHANNELZ, 0),
        integer(GRPC_ARG_MAX_CHANNEL_TRACE_EVENT_MEMORY_PER_NODE, 0),
        integer(GRPC_ARG_ENABLE_CENSUS, 0),
    };
    grpc_channel_args all = {.num_args = sizeof arguments / sizeof *arguments, .args = arguments};
    pthread_mutex_init(&state->lock, NULL);
    state->channel = grpcshim_core.channel_create(target, identity.ref->credentials, &all);
    out->ref = state;
    return 0;
}

void grpcshim_channel_close(grpcshim_channel channel) {
    pthread_mutex_lock(&channel.ref->lock);
    channel.ref->closed = true;
    for (struct outgoing *each = channel.ref->under_way; each != NULL; each = each->after)
        grpcshim_core.call_cancel_with_status(each->call, GRPC_STATUS_UNAVAILABLE, "the channel was closed", NULL);
    pthread_mutex_unlock(&channel.ref->lock);
}

void grpcshim_channel_destroy(grpcshim_channel channel) {
    grpcshim_core.channel_destroy(channel.ref->channel);
    pthread_mutex_destroy(&channel.ref->lock);
    free(channel.ref);
}
