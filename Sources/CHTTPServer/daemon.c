#include "CHTTPServer.h"
#include "library.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { most_connections = 16, silence_seconds = 10, connection_bytes = 16 * 1024, stack_bytes = 512 * 1024 };

struct httpserver_daemon_state {
    struct MHD_Daemon *daemon;
    httpserver_answer answer;
    void *context;
    /* For methods other than GET and HEAD. */
    httpserver_reply refusal;
};

struct httpserver_exchange_state {
    struct MHD_Connection *connection;
    enum MHD_Result result;
};

static struct MHD_Response *response(httpserver_reply reply)
{
    return (struct MHD_Response *)reply.ref;
}

/* Called once when the head of a request is there, with *seen NULL, and again when the rest is. */
static enum MHD_Result handle(
    void *argument, struct MHD_Connection *connection, const char *path, const char *method, const char *version,
    const char *body, size_t *body_bytes, void **seen)
{
    (void)version;
    (void)body;
    struct httpserver_daemon_state *state = argument;
    if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
        return httpserver_library.queue_response(
            connection, MHD_HTTP_METHOD_NOT_ALLOWED, response(state->refusal));
    if (*seen == NULL) {
        *seen = state;
        return MHD_YES;
    }
    if (*body_bytes != 0) {
        /* Nobody asked for a body. */
        *body_bytes = 0;
        return MHD_YES;
    }
    struct httpserver_exchange_state exchange = {.connection = connection, .result = MHD_NO};
    state->answer(state->context, path, (httpserver_exchange){.ref = &exchange});
    return exchange.result;
}

static void release(struct httpserver_daemon_state *state)
{
    httpserver_reply_release(state->refusal);
    free(state);
}

int32_t httpserver_start(int32_t listener, httpserver_answer answer, void *context, httpserver_daemon *out)
{
    static const char text[] = "only GET and HEAD are answered\n";
    struct httpserver_daemon_state *state = calloc(1, sizeof *state);
    if (state == NULL)
        return -ENOMEM;
    state->answer = answer;
    state->context = context;
    int32_t result = httpserver_reply_create(
        (const uint8_t *)text, sizeof text - 1, "text/plain; charset=utf-8", &state->refusal);
    if (result < 0) {
        free(state);
        return result;
    }
    httpserver_library.add_response_header(response(state->refusal), MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
    /* The eventfd (ITC) ends the thread's wait at once; without it that would have to look around from time to time. */
    state->daemon = httpserver_library.start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ITC, 0, NULL, NULL, handle, state,
        MHD_OPTION_LISTEN_SOCKET, (MHD_socket)listener,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned int)most_connections,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned int)silence_seconds,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)connection_bytes,
        MHD_OPTION_THREAD_STACK_SIZE, (size_t)stack_bytes,
        MHD_OPTION_STRICT_FOR_CLIENT, 1,
        MHD_OPTION_END);
    if (state->daemon == NULL) {
        release(state);
        return -EIO;
    }
    out->ref = state;
    return 0;
}

void httpserver_stop(httpserver_daemon daemon)
{
    httpserver_library.stop_daemon(daemon.ref->daemon);
    release(daemon.ref);
}

int32_t httpserver_reply_create(const uint8_t *bytes, size_t count, const char *content_type, httpserver_reply *out)
{
    struct MHD_Response *made = httpserver_library.create_response_from_buffer(
        count, (void *)(uintptr_t)bytes, MHD_RESPMEM_MUST_COPY);
    if (made == NULL)
        return -ENOMEM;
    if (httpserver_library.add_response_header(made, MHD_HTTP_HEADER_CONTENT_TYPE, content_type) != MHD_YES ||
        httpserver_library.add_response_header(made, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store") != MHD_YES ||
        httpserver_library.add_response_header(made, MHD_HTTP_HEADER_CONNECTION, "close") != MHD_YES) {
        httpserver_library.destroy_response(made);
        return -ENOMEM;
    }
    out->ref = (struct httpserver_reply_state *)made;
    return 0;
}

void httpserver_reply_release(httpserver_reply reply)
{
    httpserver_library.destroy_response(response(reply));
}

void httpserver_send(httpserver_exchange exchange, uint32_t status, httpserver_reply reply)
{
    exchange.ref->result =
        httpserver_library.queue_response(exchange.ref->connection, status, response(reply));
}
