#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

const char *clinux_tool_output_bytes(const clinux_tool_output *output)
{
    return output->bytes;
}

int32_t clinux_can_execute(const char *path)
{
    struct stat found;
    if (stat(path, &found) != 0)
        return -errno;
    if (!S_ISREG(found.st_mode))
        return -EACCES;
    return faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) == 0 ? 0 : -errno;
}

static int64_t now_milliseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int add_actions(posix_spawn_file_actions_t *actions, int output, int error)
{
    int rc = posix_spawn_file_actions_addopen(actions, 0, "/dev/null", O_RDONLY, 0);
    if (rc == 0)
        rc = posix_spawn_file_actions_adddup2(actions, output, 1);
    if (rc == 0)
        rc = posix_spawn_file_actions_adddup2(actions, error, 2);
    /* Libraries of this process may hold descriptors without close-on-exec. */
    if (rc == 0)
        rc = posix_spawn_file_actions_addclosefrom_np(actions, 3);
    return rc;
}

static int add_attributes(posix_spawnattr_t *attributes)
{
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    int rc = posix_spawnattr_setsigmask(attributes, &none);
    if (rc == 0)
        rc = posix_spawnattr_setsigdefault(attributes, &all);
    if (rc == 0)
        rc = posix_spawnattr_setpgroup(attributes, 0);
    if (rc == 0)
        rc = posix_spawnattr_setflags(
            attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    return rc;
}

/* Held while a child has been cloned and does not run its own program yet. */
static pthread_mutex_t starting = PTHREAD_MUTEX_INITIALIZER;

void clinux_await_starting_children(void)
{
    pthread_mutex_lock(&starting);
    pthread_mutex_unlock(&starting);
}

static int32_t spawn(
    const char *path, char *const *arguments, char *const *environment, int output, int error)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int rc = posix_spawn_file_actions_init(&actions);
    if (rc != 0)
        return -rc;
    rc = posix_spawnattr_init(&attributes);
    if (rc != 0) {
        posix_spawn_file_actions_destroy(&actions);
        return -rc;
    }
    pid_t child = 0;
    rc = add_actions(&actions, output, error);
    if (rc == 0)
        rc = add_attributes(&attributes);
    if (rc == 0) {
        /* Returns once the child runs its own program, as glibc clones with CLONE_VFORK. */
        pthread_mutex_lock(&starting);
        rc = posix_spawn(&child, path, &actions, &attributes, arguments, environment);
        pthread_mutex_unlock(&starting);
    }
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return rc == 0 ? child : -rc;
}

/* Takes what the pipe has now and keeps the last bytes. False at its end. */
static bool drain(int fd, clinux_tool_output *kept)
{
    char chunk[CLINUX_TOOL_OUTPUT_BYTES];
    for (;;) {
        ssize_t got = read(fd, chunk, sizeof chunk);
        if (got == 0)
            return false;
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return errno == EAGAIN;
        size_t fresh = (size_t)got;
        size_t excess = kept->count + fresh > sizeof kept->bytes ? kept->count + fresh - sizeof kept->bytes : 0;
        if (excess > 0) {
            kept->truncated = true;
            kept->count -= excess;
            memmove(kept->bytes, kept->bytes + excess, kept->count);
        }
        memcpy(kept->bytes + kept->count, chunk, fresh);
        kept->count += fresh;
    }
}

/* Collects output until the program ends (true) or the deadline passes (false). */
static bool follow(int pidfd, int output, int error, int64_t deadline, clinux_tool_result *result)
{
    struct pollfd watched[3] = {
        {.fd = pidfd, .events = POLLIN}, {.fd = output, .events = POLLIN}, {.fd = error, .events = POLLIN}};
    for (;;) {
        int64_t left = deadline - now_milliseconds();
        if (left <= 0)
            return false;
        int ready = poll(watched, 3, left > 60000 ? 60000 : (int)left);
        if (ready <= 0)
            continue;
        if (watched[1].revents != 0 && !drain(output, &result->output))
            watched[1].fd = -1;
        if (watched[2].revents != 0 && !drain(error, &result->error))
            watched[2].fd = -1;
        if (watched[0].revents != 0)
            return true;
    }
}

/* Ends the group, reaps the program, and reaps members that came to this process as their reaper. */
static void finish(pid_t child, clinux_tool_result *result)
{
    siginfo_t info;
    while (waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT) != 0 && errno == EINTR) {
    }
    /* The unreaped program keeps its process group number from being used again. */
    kill(-child, SIGKILL);
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    if (WIFSIGNALED(status))
        result->signal = WTERMSIG(status);
    else
        result->exit_status = WEXITSTATUS(status);
    for (int attempt = 0; attempt < 100; attempt++) {
        pid_t adopted = waitpid(-child, NULL, WNOHANG);
        if (adopted < 0 && errno != EINTR)
            break;
        if (adopted == 0)
            nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
}

int32_t clinux_tool_run(
    const char *path, char *const *arguments, char *const *environment, int64_t deadline_milliseconds,
    clinux_tool_result *result)
{
    memset(result, 0, sizeof *result);
    int output[2], error[2];
    if (pipe2(output, O_CLOEXEC) != 0)
        return -errno;
    if (pipe2(error, O_CLOEXEC) != 0) {
        int32_t failure = -errno;
        close(output[0]);
        close(output[1]);
        return failure;
    }
    fcntl(output[0], F_SETFL, O_NONBLOCK);
    fcntl(error[0], F_SETFL, O_NONBLOCK);
    int64_t deadline = now_milliseconds() + deadline_milliseconds;
    int32_t child = spawn(path, arguments, environment, output[1], error[1]);
    close(output[1]);
    close(error[1]);
    int32_t failure = child < 0 ? child : 0;
    if (child > 0) {
        long pidfd = syscall(SYS_pidfd_open, child, 0);
        if (pidfd < 0)
            failure = -errno;
        bool ended = pidfd >= 0 && follow((int)pidfd, output[0], error[0], deadline, result);
        if (!ended) {
            result->timed_out = pidfd >= 0;
            kill(-child, SIGKILL);
        }
        finish(child, result);
        drain(output[0], &result->output);
        drain(error[0], &result->error);
        if (pidfd >= 0)
            close((int)pidfd);
    }
    close(output[0]);
    close(error[0]);
    return failure;
}

int32_t clinux_child_start(
    const char *path, char *const *arguments, char *const *environment, int32_t output)
{
    return spawn(path, arguments, environment, output, output);
}

int32_t clinux_child_signal(int32_t child, int32_t signal)
{
    return kill(child, signal) == 0 ? 0 : -errno;
}

int32_t clinux_child_wait(int32_t child, int64_t milliseconds, int32_t *exit_status, int32_t *ended_by)
{
    long pidfd = syscall(SYS_pidfd_open, child, 0);
    if (pidfd < 0)
        return -errno;
    int64_t deadline = now_milliseconds() + milliseconds;
    int64_t left = milliseconds;
    int ready;
    do {
        struct pollfd watched = {.fd = (int)pidfd, .events = POLLIN};
        ready = poll(&watched, 1, left > 60000 ? 60000 : (int)left);
        left = deadline - now_milliseconds();
    } while (ready <= 0 && left > 0);
    close((int)pidfd);
    if (ready <= 0)
        return 0;
    int status = 0;
    while (waitpid(child, &status, 0) < 0) {
        if (errno != EINTR)
            return -errno;
    }
    *exit_status = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
    *ended_by = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    return 1;
}
