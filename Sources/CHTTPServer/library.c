#define _GNU_SOURCE
#include "CHTTPServer.h"
#include "library.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>

struct library httpserver_library;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static const char *failure;

static void load(void)
{
    /* The name of the version whose header this was built with; never unloaded. */
    static char text[256];
    void *handle = dlopen("libmicrohttpd.so.12", RTLD_NOW | RTLD_LOCAL);
    int found = handle != NULL;
#define LOAD(name)                                                                                \
    if (found) {                                                                                  \
        httpserver_library.name = (__typeof__(&MHD_##name))dlsym(handle, "MHD_" #name);           \
        found = httpserver_library.name != NULL;                                                  \
    }
    LOAD(start_daemon)
    LOAD(stop_daemon)
    LOAD(create_response_from_buffer)
    LOAD(add_response_header)
    LOAD(destroy_response)
    LOAD(queue_response)
#undef LOAD
    if (!found) {
        /* dlerror(3): the text belongs to the thread that failed, and the next failure replaces it. */
        const char *why = dlerror();
        snprintf(text, sizeof text, "%s", why ? why : "libmicrohttpd.so.12 cannot be loaded");
        failure = text;
    }
}

int32_t httpserver_load(const char **why)
{
    /* Once for the process: the functions are called by the threads of every server. */
    pthread_once(&once, load);
    *why = failure;
    return failure == NULL ? 0 : -ENOENT;
}
