#define _GNU_SOURCE
#include "thread.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct grpcshim_semaphore_state {
    sem_t semaphore;
};

struct start {
    void (*body)(void *);
    void *context;
    char name[16];
};

int64_t grpcshim_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

void grpcshim_sleep(uint32_t milliseconds) {
    struct timespec left = {.tv_sec = milliseconds / 1000, .tv_nsec = (long)(milliseconds % 1000) * 1000000};
    while (nanosleep(&left, &left) != 0 && errno == EINTR) {
    }
}

static void *run(void *argument) {
    struct start start = *(struct start *)argument;
    free(argument);
    pthread_setname_np(pthread_self(), start.name);
    start.body(start.context);
    return NULL;
}

int grpcshim_thread_start(const char *name, size_t stack_bytes, void (*body)(void *), void *context) {
    struct start *start = calloc(1, sizeof *start);
    if (start == NULL)
        return -ENOMEM;
    start->body = body;
    start->context = context;
    memcpy(start->name, name, strnlen(name, sizeof start->name - 1));

    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, stack_bytes);
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pthread_t thread;
    int error = pthread_create(&thread, &attributes, run, start);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    if (error != 0)
        free(start);
    return -error;
}

int grpcshim_semaphore_create(grpcshim_semaphore *out) {
    out->ref = calloc(1, sizeof *out->ref);
    if (out->ref == NULL)
        return -ENOMEM;
    sem_init(&out->ref->semaphore, 0, 0);
    return 0;
}

void grpcshim_semaphore_destroy(grpcshim_semaphore semaphore) {
    sem_destroy(&semaphore.ref->semaphore);
    free(semaphore.ref);
}

void grpcshim_semaphore_post(grpcshim_semaphore semaphore) {
    sem_post(&semaphore.ref->semaphore);
}

void grpcshim_semaphore_wait(grpcshim_semaphore semaphore) {
    while (sem_wait(&semaphore.ref->semaphore) != 0 && errno == EINTR) {
    }
}

int grpcshim_semaphore_wait_until(grpcshim_semaphore semaphore, int64_t instant) {
    struct timespec until = {.tv_sec = instant / 1000000000, .tv_nsec = instant % 1000000000};
    while (sem_clockwait(&semaphore.ref->semaphore, CLOCK_MONOTONIC, &until) != 0) {
        if (errno != EINTR)
            return -errno;
    }
    return 0;
}
