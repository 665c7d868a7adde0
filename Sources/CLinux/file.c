#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static uint64_t open_flags(clinux_open_how how)
{
    switch (how) {
    case CLINUX_OPEN_READ: return O_RDONLY;
    case CLINUX_OPEN_READ_WRITE: return O_RDWR;
    case CLINUX_OPEN_READ_WRITE_DIRECT: return O_RDWR | O_DIRECT;
    case CLINUX_OPEN_CREATE: return O_RDWR | O_CREAT | O_EXCL;
    case CLINUX_OPEN_APPEND: return O_RDWR | O_CREAT | O_APPEND; /* open(2): for writing alone a FIFO would wait */
    case CLINUX_OPEN_FOLDER: return O_RDONLY | O_DIRECTORY;
    case CLINUX_OPEN_PATH: return O_PATH;
    case CLINUX_OPEN_PATH_FOLDER: return O_PATH | O_DIRECTORY;
    }
    return O_RDONLY;
}

static uint64_t resolve_flags(clinux_walk walk)
{
    switch (walk) {
    case CLINUX_WALK_ANY: return 0;
    case CLINUX_WALK_NO_LINKS: return RESOLVE_NO_SYMLINKS;
    case CLINUX_WALK_BENEATH: return RESOLVE_NO_SYMLINKS | RESOLVE_BENEATH;
    case CLINUX_WALK_BENEATH_SAME_MOUNT: return RESOLVE_NO_SYMLINKS | RESOLVE_BENEATH | RESOLVE_NO_XDEV;
    }
    return RESOLVE_NO_SYMLINKS | RESOLVE_BENEATH;
}

static int32_t open_with(int32_t folder, const char *path, uint64_t flags, clinux_walk walk, uint32_t mode)
{
    struct open_how request = { .flags = flags, .mode = mode, .resolve = resolve_flags(walk) };
    /* EAGAIN: a rename or mount somewhere raced with the scoped walk (openat2(2)); bounded, as it may recur. */
    int retries = 128;
    for (;;) {
        long fd = syscall(SYS_openat2, folder < 0 ? AT_FDCWD : folder, path, &request, sizeof request);
        if (fd >= 0)
            return (int32_t)fd;
        if (errno == EINTR || (errno == EAGAIN && retries-- > 0))
            continue;
        return -errno;
    }
}

int32_t clinux_open(int32_t folder, const char *path, clinux_open_how how, clinux_walk walk, uint32_t mode)
{
    bool is_place = how == CLINUX_OPEN_PATH || how == CLINUX_OPEN_PATH_FOLDER;
    uint64_t flags = open_flags(how) | O_CLOEXEC | (is_place ? 0 : O_NOCTTY);
    return open_with(folder, path, flags, walk, how == CLINUX_OPEN_CREATE || how == CLINUX_OPEN_APPEND ? mode : 0);
}

static int32_t expect_regular(int32_t fd)
{
    struct stat found;
    if (fstat(fd, &found) != 0)
        return -errno;
    if (S_ISDIR(found.st_mode))
        return -EISDIR;
    return S_ISREG(found.st_mode) ? 0 : -EINVAL;
}

int32_t clinux_open_regular(int32_t folder, const char *path, clinux_open_how how, clinux_walk walk)
{
    uint64_t flags = open_flags(how) | O_CLOEXEC | O_NOCTTY;
    /* open(2): with O_NONBLOCK a FIFO answers at once. */
    int32_t fd = open_with(folder, path, flags | O_NONBLOCK, walk, 0);
    if (fd == -ENXIO)
        return -EINVAL; /* open(2): a socket */
    if (fd == -EAGAIN) {
        /* Only a regular file can have a lease, such as one of an NFS server, that has to be waited for (fcntl(2)). */
        struct stat found;
        if (fstatat(folder < 0 ? AT_FDCWD : folder, path, &found, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(found.st_mode))
            return open_with(folder, path, flags, walk, 0);
    }
    if (fd < 0)
        return fd;
    int32_t result = expect_regular(fd);
    /* A file system in user space is shown the flags with each read; from here on they are as usual. */
    if (result == 0 && fcntl(fd, F_SETFL, (int)flags) != 0)
        result = -errno;
    if (result == 0)
        return fd;
    close(fd);
    return result;
}

int32_t clinux_close(int32_t fd)
{
    return close(fd) == 0 ? 0 : -errno;
}

static clinux_kind kind_of(uint16_t mode)
{
    if (S_ISREG(mode))
        return CLINUX_KIND_REGULAR;
    if (S_ISDIR(mode))
        return CLINUX_KIND_FOLDER;
    if (S_ISLNK(mode))
        return CLINUX_KIND_LINK;
    if (S_ISBLK(mode))
        return CLINUX_KIND_BLOCK;
    return CLINUX_KIND_OTHER;
}

static int32_t status_at(int32_t folder, const char *name, int flags, clinux_status *result)
{
    struct statx found;
    unsigned wanted = STATX_BASIC_STATS | STATX_MNT_ID;
    int rc;
    do
        rc = statx(folder, name, flags | AT_NO_AUTOMOUNT, wanted, &found);
    while (rc != 0 && errno == EINTR);
    if (rc != 0)
        return -errno;
    *result = (clinux_status){
        .device_major = found.stx_dev_major,
        .device_minor = found.stx_dev_minor,
        .inode = found.stx_ino,
        .kind = kind_of(found.stx_mode),
        .mode = found.stx_mode & 07777,
        .owner = found.stx_uid,
        .modified_nanoseconds = found.stx_mtime.tv_sec * 1000000000 + found.stx_mtime.tv_nsec,
        .size_bytes = (int64_t)found.stx_size,
        .allocated_bytes = (int64_t)found.stx_blocks * 512,
        .node_major = found.stx_rdev_major,
        .node_minor = found.stx_rdev_minor,
        .mount_id = (found.stx_mask & STATX_MNT_ID) != 0 ? found.stx_mnt_id : 0,
        .is_mount_root = (found.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0,
        .links = found.stx_nlink,
    };
    return 0;
}

int32_t clinux_status_of(int32_t folder, const char *name, clinux_status *result)
{
    return status_at(folder, name, AT_SYMLINK_NOFOLLOW | (name[0] == '\0' ? AT_EMPTY_PATH : 0), result);
}

int32_t clinux_status_of_path(const char *path, clinux_status *result)
{
    return status_at(AT_FDCWD, path, 0, result);
}

int64_t clinux_pread_full(int32_t fd, void *buffer, size_t count, int64_t offset)
{
    size_t done = 0;
    while (done < count) {
        ssize_t got = pread(fd, (char *)buffer + done, count - done, offset + (int64_t)done);
        if (got == 0)
            break;
        if (got > 0)
            done += (size_t)got;
        else if (errno != EINTR)
            return -errno;
    }
    return (int64_t)done;
}

int64_t clinux_read_full(int32_t fd, void *buffer, size_t count)
{
    size_t done = 0;
    while (done < count) {
        ssize_t got = read(fd, (char *)buffer + done, count - done);
        if (got == 0)
            break;
        if (got > 0)
            done += (size_t)got;
        else if (errno != EINTR)
            return -errno;
    }
    return (int64_t)done;
}

int32_t clinux_pwrite_full(int32_t fd, const void *bytes, size_t count, int64_t offset)
{
    size_t done = 0;
    while (done < count) {
        ssize_t put = pwrite(fd, (const char *)bytes + done, count - done, offset + (int64_t)done);
        if (put >= 0)
            done += (size_t)put;
        else if (errno != EINTR)
            return -errno;
    }
    return 0;
}

static int32_t allocate(int32_t fd, int mode, int64_t offset, int64_t length)
{
    int rc;
    do
        rc = fallocate(fd, mode, offset, length);
    while (rc != 0 && errno == EINTR);
    return rc == 0 ? 0 : -errno;
}

int32_t clinux_allocate(int32_t fd, int64_t offset, int64_t length)
{
    return allocate(fd, 0, offset, length);
}

int32_t clinux_drop_cache(int32_t fd)
{
    /* Returns the error itself, not through errno. */
    return -posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
}

int32_t clinux_punch_hole(int32_t fd, int64_t offset, int64_t length)
{
    return allocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset, length);
}

int32_t clinux_truncate(int32_t fd, int64_t size_bytes)
{
    int rc;
    do
        rc = ftruncate(fd, size_bytes);
    while (rc != 0 && errno == EINTR);
    return rc == 0 ? 0 : -errno;
}

int32_t clinux_touch(int32_t fd)
{
    return futimens(fd, NULL) == 0 ? 0 : -errno;
}

int32_t clinux_sync(int32_t fd)
{
    /* Not repeated on EINTR or EIO: after a failed fsync the kernel may have dropped the dirty pages. */
    return fsync(fd) == 0 ? 0 : -errno;
}

int32_t clinux_lock(int32_t fd, bool exclusive)
{
    int rc;
    do
        rc = flock(fd, (exclusive ? LOCK_EX : LOCK_SH) | LOCK_NB);
    while (rc != 0 && errno == EINTR);
    return rc == 0 ? 0 : -errno;
}

int32_t clinux_unlock(int32_t fd)
{
    return flock(fd, LOCK_UN) == 0 ? 0 : -errno;
}

int64_t clinux_copy_range(
    int32_t source, int64_t source_offset, int32_t destination, int64_t destination_offset, int64_t count)
{
    for (;;) {
        off64_t from = source_offset, to = destination_offset;
        ssize_t copied = copy_file_range(source, &from, destination, &to, (size_t)count, 0);
        if (copied >= 0)
            return copied;
        if (errno != EINTR)
            return -errno;
    }
}

int64_t clinux_seek_data(int32_t fd, int64_t offset)
{
    off_t found = lseek(fd, offset, SEEK_DATA);
    return found >= 0 ? found : -errno;
}

int64_t clinux_seek_hole(int32_t fd, int64_t offset)
{
    off_t found = lseek(fd, offset, SEEK_HOLE);
    return found >= 0 ? found : -errno;
}

int64_t clinux_descriptor_path(int32_t fd, char *buffer, size_t capacity)
{
    char link[32];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, buffer, capacity);
    return length >= 0 ? length : -errno;
}
