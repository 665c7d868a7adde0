#define _GNU_SOURCE
#include "core.h"

#include <dlfcn.h>
#include <errno.h>
#include <grpc/support/log.h>
#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

struct core grpcshim_core;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static enum { nothing, plain, secure } loaded; /* guarded by the lock */
static char failure[256];

static void (*_Atomic log_sink)(const char *text);

static void pass_log_line(gpr_log_func_args *line) {
    log_sink(line->message);
}

void grpcshim_log_to(void (*sink)(const char *text)) {
    log_sink = sink;
    gpr_set_log_function(pass_log_line);
}

static bool find_all(void *handle, bool tls) {
    bool found = handle != NULL;
#define FIND(name)                                                                                                     \
    if (found) {                                                                                                       \
        grpcshim_core.name = (__typeof__(&grpc_##name))dlsym(handle, "grpc_" #name);                                   \
        found = grpcshim_core.name != NULL;                                                                            \
    }
    CORE_FUNCTIONS(FIND)
    if (tls) {
        TLS_FUNCTIONS(FIND)
    }
#undef FIND
    return found;
}

static int32_t open_and_start(bool tls) {
    /* The names of the version whose headers this was built with; never closed. */
    void *handle = dlopen(tls ? "libgrpc.so.29" : "libgrpc_unsecure.so.29", RTLD_NOW | RTLD_LOCAL);
    if (!find_all(handle, tls)) {
        /* dlerror(3): the text belongs to the thread that failed, and the next failure replaces it. */
        const char *text = dlerror();
        if (failure[0] == '\0')
            snprintf(failure, sizeof failure, "%s", text ? text : "gRPC core cannot be loaded");
        return -ENOENT;
    }
    grpcshim_core.init();
    loaded = tls ? secure : plain;
    return 0;
}

int32_t grpcshim_load(bool tls, const char **why) {
    int32_t result = 0;
    pthread_mutex_lock(&lock);
    if (loaded == nothing)
        result = open_and_start(tls);
    else if (loaded == plain && tls)
        result = -EALREADY;
    *why = failure;
    pthread_mutex_unlock(&lock);
    return result;
}

void grpcshim_trim_heap(size_t least) {
    if (mallinfo2().fordblks >= least)
        malloc_trim(0);
}
