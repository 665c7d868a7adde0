/* The small face of libmicrohttpd that pages for operators need: plain HTTP, GET and HEAD, replies from memory.
 *
 * Return protocol: functions return >= 0, or -errno.
 * The library is loaded by httpserver_load and not before, so that a process that serves no pages does not carry it. */
#ifndef CHTTPSERVER_H
#define CHTTPSERVER_H

#include <stddef.h>
#include <stdint.h>

/* A running server. Plain data; ended with httpserver_stop. */
typedef struct {
    struct httpserver_daemon_state *_Nullable ref;
} httpserver_daemon;

/* A body in memory that any number of requests can be answered with. Freed with httpserver_reply_release. */
typedef struct {
    struct httpserver_reply_state *_Nullable ref;
} httpserver_reply;

/* A request that waits for its answer; valid only while the answering function runs. */
typedef struct {
    struct httpserver_exchange_state *_Nonnull ref;
} httpserver_exchange;

/* Answers a GET or HEAD of a path, which comes from outside and may be anything, with httpserver_send.
 * Runs on the server's one thread. A request that it does not answer has its connection closed. */
typedef void (*httpserver_answer)(void *_Nonnull context, const char *_Nonnull path, httpserver_exchange exchange);

/* Loads libmicrohttpd for good; to be called before anything else here. -ENOENT with *why set if it cannot be loaded;
 * *why stays valid. From any thread. */
int32_t httpserver_load(const char *_Nullable *_Nonnull why);

/* 1 if the text is a numeric IPv4 or IPv6 address, else 0. */
int32_t httpserver_is_address(const char *_Nonnull text);

/* What a negated errno means: a static string. */
const char *_Nonnull httpserver_error_text(int32_t error);

/* Binds and listens; without an address on all of the machine, IPv4 and (where the kernel has it) IPv6.
 * Port 0 lets the kernel choose; *bound is the port in any case. Returns a descriptor (close-on-exec) that the caller
 * owns, or -EADDRINUSE, -EADDRNOTAVAIL, ... */
int32_t httpserver_listen(const char *_Nullable address, uint16_t port, uint16_t *_Nonnull bound);

/* Serves the listener, which it takes over in any case, on one thread of its own.
 * At most 16 connections at once, others wait in the backlog; one that is silent for 10 seconds is closed; each is
 * closed after its reply. context must outlive httpserver_stop. -EIO if the library cannot start. */
int32_t httpserver_start(
    int32_t listener, httpserver_answer _Nonnull answer, void *_Nonnull context, httpserver_daemon *_Nonnull out);

/* Ends the server: waits for a running answer, closes all connections and the listener. */
void httpserver_stop(httpserver_daemon daemon);

/* Copies the bytes. The content type is copied, too. -ENOMEM. */
int32_t httpserver_reply_create(
    const uint8_t *_Nullable bytes, size_t count, const char *_Nonnull content_type, httpserver_reply *_Nonnull out);

/* Gives the caller's reference back, on any thread; requests that are being answered with the reply keep it. */
void httpserver_reply_release(httpserver_reply reply);

/* Answers the exchange; once. */
void httpserver_send(httpserver_exchange exchange, uint32_t status, httpserver_reply reply);

#endif
