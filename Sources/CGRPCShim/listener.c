#define _GNU_SOURCE
#include "listener.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "thread.h"

enum { lock_attempts = 100, lock_pause_milliseconds = 50, backlog = 4096 };

/* Opens and locks the folder that holds path. Closing the descriptor gives the lock back. */
static int lock_folder(const struct sockaddr_un *address, const char **step) {
    char copy[sizeof address->sun_path];
    memcpy(copy, address->sun_path, sizeof copy);
    *step = "open the folder of the socket";
    int folder = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0)
        return -errno;
    *step = "lock the folder of the socket";
    for (int attempt = 1; flock(folder, LOCK_EX | LOCK_NB) != 0; attempt++) {
        int error = errno;
        if ((error != EWOULDBLOCK && error != EINTR) || attempt == lock_attempts) {
            close(folder);
            return -error;
        }
        grpcshim_sleep(lock_pause_milliseconds);
    }
    return folder;
}

/* Removes a socket file that nobody answers; 0 if the name is free afterwards. */
static int clear_name(const struct sockaddr_un *address, const char **step) {
    *step = "look at the name of the socket";
    struct stat there;
    if (lstat(address->sun_path, &there) != 0)
        return errno == ENOENT ? 0 : -errno;
    if (!S_ISSOCK(there.st_mode))
        return -ENOTSOCK;

    *step = "ask whether the existing socket is in use";
    int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (probe < 0)
        return -errno;
    int error = connect(probe, (const struct sockaddr *)address, sizeof *address) == 0 ? 0 : errno;
    close(probe);
    /* EAGAIN: a full backlog, so somebody listens. EPROTOTYPE: a live socket of another type. */
    if (error == 0 || error == EAGAIN || error == EPROTOTYPE)
        return -EADDRINUSE;
    if (error == ENOENT)
        return 0;
    if (error != ECONNREFUSED)
        return -error;

    *step = "remove the stale socket";
    return unlink(address->sun_path) == 0 || errno == ENOENT ? 0 : -errno;
}

static int bind_and_listen(const struct sockaddr_un *address, grpcshim_listener *out, const char **step) {
    *step = "create the socket";
    int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0)
        return -errno;
    /* unix(7): the mode of the socket before bind limits the mode of the file, so it is never wider than this. */
    int result = fchmod(descriptor, 0660);
    *step = "bind the socket";
    if (result == 0)
        result = bind(descriptor, (const struct sockaddr *)address, sizeof *address);
    if (result != 0) {
        int error = errno;
        close(descriptor);
        return -error;
    }

    struct stat made = {0};
    *step = "set the mode of the socket";
    result = chmod(address->sun_path, 0660);
    if (result == 0)
        result = lstat(address->sun_path, &made);
    if (result == 0) {
        *step = "listen on the socket";
        result = listen(descriptor, backlog);
    }
    if (result != 0) {
        int error = errno;
        unlink(address->sun_path);
        close(descriptor);
        return -error;
    }
    *out = (grpcshim_listener){.descriptor = descriptor, .device = made.st_dev, .inode = made.st_ino};
    return 0;
}

int grpcshim_listener_open(const char *path, grpcshim_listener *out, const char **step) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    *step = "check the length of the path";
    if (strlen(path) >= sizeof address.sun_path)
        return -ENAMETOOLONG;
    memcpy(address.sun_path, path, strlen(path));

    int folder = lock_folder(&address, step);
    if (folder < 0)
        return folder;
    int result = clear_name(&address, step);
    if (result == 0)
        result = bind_and_listen(&address, out, step);
    close(folder);
    return result;
}

const char *grpcshim_error_text(int error) {
    const char *text = strerrordesc_np(-error);
    return text != NULL ? text : "unknown error";
}

int grpcshim_listener_accept(grpcshim_listener listener) {
    for (;;) {
        int connection = accept4(listener.descriptor, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (connection >= 0)
            return connection;
        if (errno != EINTR && errno != ECONNABORTED)
            return -errno;
    }
}

void grpcshim_listener_shutdown(grpcshim_listener listener, const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    memcpy(address.sun_path, path, strnlen(path, sizeof address.sun_path - 1));
    const char *step;
    /* Without the lock (folder gone, or held by a stuck process) the file is left: the next start removes it. */
    int folder = lock_folder(&address, &step);
    if (folder >= 0) {
        struct stat there;
        if (lstat(path, &there) == 0 && there.st_dev == listener.device && there.st_ino == listener.inode)
            unlink(path);
        close(folder);
    }
    shutdown(listener.descriptor, SHUT_RDWR);
}

void grpcshim_listener_close(grpcshim_listener listener) {
    close(listener.descriptor);
}
