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
    grpcshim_event_abandoned = 6 /* the client of a call is gone, or has given up; ended follows once it is finished */
};

typedef struct {
    int32_t kind;
    /* The call of the event, borrowed (arrived: owned). */
    grpcshim_call call;
} grpcshim_event;

/* Makes a server without listeners and starts it. */
int grpcshim_server_create(int32_t max_message_bytes, grpcshim_server *_Nonnull out);

/* 1 if the text is an IPv4 address in four parts or an IPv6 address, with or without a zone ("%eth0"); else 0. */
int grpcshim_is_address(const char *_Nonnull text);

/* Tries whether a TCP port can be listened at: 0, or -EADDRINUSE, -EADDRNOTAVAIL, -EINVAL (no numeric address), ...
 * No host means all addresses of the machine. */
int grpcshim_port_try(const char *_Nullable host, uint16_t port);

/* Makes a server that listens at a numeric address with a port (0: any) and starts it: the port. Clients must show a
 * certificate that the authority signed. The three PEM files are read again every so many seconds. Needs the variant
 * with TLS. -EADDRNOTAVAIL: gRPC cannot listen there. */
int grpcshim_server_create_port(const char *_Nonnull address, const char *_Nonnull key, const char *_Nonnull certificate,
                                const char *_Nonnull authority, uint32_t refresh_seconds, int32_t max_message_bytes,
                                grpcshim_server *_Nonnull out);

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
