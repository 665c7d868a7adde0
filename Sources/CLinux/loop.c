#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/loop.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

_Static_assert(sizeof(struct loop_info64) == 232, "struct loop_info64 is kernel interface");
_Static_assert(sizeof(((clinux_loop_status *)0)->name) == LO_NAME_SIZE, "the name is as long as the kernel's");

static int32_t control(unsigned long request, long argument)
{
    int fd = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    int number;
    do
        number = ioctl(fd, request, argument);
    while (number < 0 && errno == EINTR);
    int32_t result = number >= 0 ? number : -errno;
    close(fd);
    return result;
}

int32_t clinux_loop_free_number(void)
{
    return control(LOOP_CTL_GET_FREE, 0);
}

int32_t clinux_loop_new_number(void)
{
    return control(LOOP_CTL_ADD, -1);
}

static int open_node(const char *path, int flags)
{
    int fd;
    do
        fd = open(path, flags);
    while (fd < 0 && errno == EINTR);
    return fd;
}

int32_t clinux_loop_open(int32_t number, uint32_t major, uint32_t minor, bool writable, bool exclusive)
{
    char path[32];
    snprintf(path, sizeof path, "/dev/loop%d", number);
    int flags = (writable ? O_RDWR : O_RDONLY) | (exclusive ? O_EXCL : 0) | O_CLOEXEC | O_NOFOLLOW;
    int fd = open_node(path, flags);
    if (fd < 0 && errno == ENOENT) {
        if (mknod(path, S_IFBLK | 0660, makedev(major, minor)) != 0 && errno != EEXIST)
            return -errno;
        fd = open_node(path, flags);
    }
    if (fd < 0)
        return -errno;
    struct stat found;
    if (fstat(fd, &found) != 0 || !S_ISBLK(found.st_mode) || found.st_rdev != makedev(major, minor)) {
        close(fd);
        return -ENODEV;
    }
    return fd;
}

int32_t clinux_loop_configure(
    int32_t device, int32_t image, const char *name, const clinux_loop_options *options)
{
    struct loop_config config;
    memset(&config, 0, sizeof config);
    config.fd = (uint32_t)image;
    config.block_size = options->block_size;
    config.info.lo_flags =
        (options->read_only ? LO_FLAGS_READ_ONLY : 0) | (options->direct_io ? LO_FLAGS_DIRECT_IO : 0) |
        (options->autoclear ? LO_FLAGS_AUTOCLEAR : 0);
    strncpy((char *)config.info.lo_file_name, name, LO_NAME_SIZE - 1);
    int rc;
    do
        rc = ioctl(device, LOOP_CONFIGURE, &config);
    while (rc != 0 && errno == EINTR);
    return rc == 0 ? 0 : -errno;
}

/* The kernel's 32-bit device encoding (huge_encode_dev), in which LOOP_GET_STATUS64 answers. */
static uint32_t encoded_major(uint64_t device)
{
    return (uint32_t)((device & 0xfff00) >> 8);
}

static uint32_t encoded_minor(uint64_t device)
{
    return (uint32_t)((device & 0xff) | ((device >> 12) & 0xfff00));
}

int32_t clinux_loop_get_status(int32_t device, clinux_loop_status *result)
{
    struct loop_info64 info;
    int rc;
    do
        rc = ioctl(device, LOOP_GET_STATUS64, &info);
    while (rc != 0 && errno == EINTR);
    if (rc != 0)
        return -errno;
    *result = (clinux_loop_status){
        .backing_major = encoded_major(info.lo_device),
        .backing_minor = encoded_minor(info.lo_device),
        .backing_inode = info.lo_inode,
        .backing_node_major = encoded_major(info.lo_rdevice),
        .backing_node_minor = encoded_minor(info.lo_rdevice),
        .read_only = (info.lo_flags & LO_FLAGS_READ_ONLY) != 0,
        .direct_io = (info.lo_flags & LO_FLAGS_DIRECT_IO) != 0,
        .autoclear = (info.lo_flags & LO_FLAGS_AUTOCLEAR) != 0,
    };
    memcpy(result->name, info.lo_file_name, sizeof result->name);
    return 0;
}

int32_t clinux_loop_clear(int32_t device)
{
    clinux_await_starting_children();
    int rc;
    do
        rc = ioctl(device, LOOP_CLR_FD, 0);
    while (rc != 0 && errno == EINTR);
    return rc == 0 ? 0 : -errno;
}

int32_t clinux_loop_unmark_autoclear(int32_t device)
{
    /* No other opener can free the device between the two calls, as this descriptor keeps it open. */
    struct loop_info64 info;
    if (ioctl(device, LOOP_GET_STATUS64, &info) != 0) {
        if (errno == ENXIO)
            return -ENXIO;
        /* The file system of the image does not answer (EIO). No part of the image is left out, loop_configure above,
         * and the kernel keeps what is not said here but the name. */
        memset(&info, 0, sizeof info);
    }
    info.lo_flags &= ~(uint32_t)LO_FLAGS_AUTOCLEAR;
    int rc;
    do
        rc = ioctl(device, LOOP_SET_STATUS64, &info);
    while (rc != 0 && (errno == EINTR || errno == EAGAIN));
    return rc == 0 ? 0 : -errno;
}

int32_t clinux_loop_refresh_capacity(int32_t device)
{
    int rc;
    do
        rc = ioctl(device, LOOP_SET_CAPACITY, 0);
    while (rc != 0 && errno == EINTR);
    return rc == 0 ? 0 : -errno;
}

int64_t clinux_block_size_bytes(int32_t device)
{
    uint64_t bytes = 0;
    return ioctl(device, BLKGETSIZE64, &bytes) == 0 ? (int64_t)bytes : -errno;
}

int32_t clinux_block_sector_bytes(int32_t device)
{
    int bytes = 0;
    return ioctl(device, BLKSSZGET, &bytes) == 0 ? bytes : -errno;
}

int32_t clinux_block_is_read_only(int32_t device)
{
    int value = 0;
    return ioctl(device, BLKROGET, &value) == 0 ? value != 0 : -errno;
}

int32_t clinux_block_set_read_only(int32_t device, bool read_only)
{
    int value = read_only;
    return ioctl(device, BLKROSET, &value) == 0 ? 0 : -errno;
}
