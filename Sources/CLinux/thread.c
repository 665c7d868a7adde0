#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(sizeof(pthread_t) <= sizeof(uint64_t), "clinux_thread carries a pthread_t");

struct start {
    void (*body)(void *);
    void *context;
    char name[16];
};

static void *run(void *argument)
{
    struct start start = *(struct start *)argument;
    free(argument);
    pthread_setname_np(pthread_self(), start.name);
    start.body(start.context);
    return NULL;
}

int32_t clinux_thread_start(
    const char *name, size_t stack_bytes, void (*body)(void *), void *context, clinux_thread *result)
{
    struct start *start = calloc(1, sizeof *start);
    if (start == NULL)
        return -ENOMEM;
    start->body = body;
    start->context = context;
    strncpy(start->name, name, sizeof start->name - 1);
    pthread_attr_t attributes;
    pthread_t thread;
    int rc = pthread_attr_init(&attributes);
    if (rc == 0) {
        if (stack_bytes > 0)
            rc = pthread_attr_setstacksize(&attributes, stack_bytes);
        if (rc == 0)
            rc = pthread_create(&thread, &attributes, run, start);
        pthread_attr_destroy(&attributes);
    }
    if (rc != 0) {
        free(start);
        return -rc;
    }
    result->handle = (uint64_t)thread;
    return 0;
}

int32_t clinux_thread_join(clinux_thread thread)
{
    return -pthread_join((pthread_t)thread.handle, NULL);
}

int32_t clinux_thread_detach(clinux_thread thread)
{
    return -pthread_detach((pthread_t)thread.handle);
}
