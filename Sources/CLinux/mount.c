#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

/* linux/fs.h, which <sys/mount.h> cannot join. */
#define CLINUX_FITHAW _IOWR('X', 120, int)
/* linux/mount.h and linux/statfs.h of 5.10; the C library may not name them. */
#define CLINUX_MS_NOSYMFOLLOW 256
#define CLINUX_ST_NOSYMFOLLOW 0x2000

const uint64_t clinux_mount_read_only = MS_RDONLY;
const uint64_t clinux_mount_no_atime = MS_NOATIME;
const uint64_t clinux_mount_relatime = MS_RELATIME;
const uint64_t clinux_mount_strict_atime = MS_STRICTATIME;
const uint64_t clinux_mount_other_operations =
    MS_REMOUNT | MS_BIND | MS_MOVE | MS_REC | MS_SHARED | MS_PRIVATE | MS_SLAVE | MS_UNBINDABLE;

int32_t clinux_mount(
    const char *source, int32_t target, const char *type, uint64_t flags, const char *data)
{
    char place[32];
    snprintf(place, sizeof place, "/proc/self/fd/%d", target);
    return mount(source, place, type, flags, data) == 0 ? 0 : -errno;
}

int32_t clinux_mount_unseen(const char *source, const char *type, const char *flag, bool read_only)
{
    int context = fsopen(type, FSOPEN_CLOEXEC);
    if (context < 0)
        return -errno;
    int32_t result = 0;
    if (fsconfig(context, FSCONFIG_SET_STRING, "source", source, 0) != 0
        || (flag != NULL && fsconfig(context, FSCONFIG_SET_FLAG, flag, NULL, 0) != 0)
        || (read_only && fsconfig(context, FSCONFIG_SET_FLAG, "ro", NULL, 0) != 0)
        || fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) != 0)
        result = -errno;
    clinux_await_starting_children();
    close(context);
    return result;
}

const uint64_t clinux_mount_single = MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOATIME | MS_NODIRATIME
    | MS_RELATIME | MS_STRICTATIME | CLINUX_MS_NOSYMFOLLOW;

static struct mount_attr attributes_of(uint64_t flags)
{
    struct mount_attr result = {
        .attr_set = ((flags & MS_RDONLY) != 0 ? MOUNT_ATTR_RDONLY : 0)
            | ((flags & MS_NOSUID) != 0 ? MOUNT_ATTR_NOSUID : 0) | ((flags & MS_NODEV) != 0 ? MOUNT_ATTR_NODEV : 0)
            | ((flags & MS_NOEXEC) != 0 ? MOUNT_ATTR_NOEXEC : 0)
            | ((flags & MS_NODIRATIME) != 0 ? MOUNT_ATTR_NODIRATIME : 0)
            | ((flags & CLINUX_MS_NOSYMFOLLOW) != 0 ? MOUNT_ATTR_NOSYMFOLLOW : 0),
    };
    if ((flags & (MS_NOATIME | MS_RELATIME | MS_STRICTATIME)) != 0) {
        result.attr_clr = MOUNT_ATTR__ATIME;
        result.attr_set |= (flags & MS_NOATIME) != 0 ? MOUNT_ATTR_NOATIME
            : (flags & MS_STRICTATIME) != 0          ? MOUNT_ATTR_STRICTATIME
                                                     : MOUNT_ATTR_RELATIME;
    }
    return result;
}

int64_t clinux_mount_flags_of(int32_t place)
{
    struct statfs found;
    int rc;
    do
        rc = fstatfs(place, &found);
    while (rc != 0 && errno == EINTR);
    if (rc != 0)
        return -errno;
    uint64_t shown = (uint64_t)found.f_flags;
    return (int64_t)(((shown & ST_RDONLY) != 0 ? MS_RDONLY : 0) | ((shown & ST_NOSUID) != 0 ? MS_NOSUID : 0)
        | ((shown & ST_NODEV) != 0 ? MS_NODEV : 0) | ((shown & ST_NOEXEC) != 0 ? MS_NOEXEC : 0)
        | ((shown & ST_NODIRATIME) != 0 ? MS_NODIRATIME : 0)
        | ((shown & CLINUX_ST_NOSYMFOLLOW) != 0 ? CLINUX_MS_NOSYMFOLLOW : 0)
        | ((shown & ST_NOATIME) != 0 ? MS_NOATIME : (shown & ST_RELATIME) != 0 ? MS_RELATIME : MS_STRICTATIME));
}

int32_t clinux_takes_writes(int32_t root)
{
    int64_t flags = clinux_mount_flags_of(root);
    if (flags < 0)
        return (int32_t)flags;
    int folder = openat(root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0)
        return -errno;
    int32_t result = 0;
    struct mount_attr strict = {
        .attr_set = MOUNT_ATTR_STRICTATIME, .attr_clr = MOUNT_ATTR__ATIME | MOUNT_ATTR_NODIRATIME};
    struct mount_attr before = attributes_of((uint64_t)flags & (MS_NOATIME | MS_RELATIME | MS_STRICTATIME | MS_NODIRATIME));
    struct stat earlier, later;
    char entries[64];
    if ((flags & MS_RDONLY) != 0)
        result = -EROFS;
    else if (mount_setattr(root, "", AT_EMPTY_PATH, &strict, sizeof strict) != 0)
        result = -errno;
    else {
        if (fstat(folder, &earlier) != 0)
            result = -errno;
        /* The end of the folder, where there is nothing to list: the call reaches touch_atime all the same. */
        else if (lseek(folder, INT64_MAX, SEEK_SET) < 0 && lseek(folder, 0, SEEK_END) < 0)
            result = -errno;
        else if (syscall(SYS_getdents64, folder, entries, sizeof entries) < 0 && errno != EINVAL)
            result = -errno;
        else if (fstat(folder, &later) != 0)
            result = -errno;
        else
            result = earlier.st_atim.tv_sec != later.st_atim.tv_sec || earlier.st_atim.tv_nsec != later.st_atim.tv_nsec;
        (void)mount_setattr(root, "", AT_EMPTY_PATH, &before, sizeof before);
    }
    close(folder);
    return result;
}

int32_t clinux_thaw_unseen(const char *source, const char *type)
{
    int context = fsopen(type, FSOPEN_CLOEXEC);
    if (context < 0)
        return -errno;
    int32_t result = 0;
    int mounted = -1;
    if (fsconfig(context, FSCONFIG_SET_STRING, "source", source, 0) != 0
        || fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) != 0
        || (mounted = fsmount(context, FSMOUNT_CLOEXEC, 0)) < 0)
        result = -errno;
    else {
        int root = openat(mounted, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (root < 0 || ioctl(root, CLINUX_FITHAW, 0) != 0)
            result = -errno;
        if (root >= 0)
            close(root);
    }
    if (mounted >= 0)
        close(mounted);
    close(context);
    return result;
}

int32_t clinux_bind(int32_t source, int32_t target, uint64_t flags)
{
    int tree = open_tree(source, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
    if (tree < 0)
        return -errno;
    int32_t result = 0;
    struct mount_attr attributes = attributes_of(flags);
    if ((attributes.attr_set != 0 || attributes.attr_clr != 0)
        && mount_setattr(tree, "", AT_EMPTY_PATH, &attributes, sizeof attributes) != 0)
        result = -errno;
    if (result == 0 && move_mount(tree, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) != 0)
        result = -errno;
    close(tree);
    return result;
}

int32_t clinux_unmount(const char *path)
{
    clinux_await_starting_children();
    return umount2(path, UMOUNT_NOFOLLOW) == 0 ? 0 : -errno;
}

int32_t clinux_unmount_in(int32_t folder, const char *name)
{
    char path[NAME_MAX + 32];
    int length = snprintf(path, sizeof path, "/proc/self/fd/%d/%s", folder, name);
    if (length < 0 || (size_t)length >= sizeof path)
        return -ENAMETOOLONG;
    return clinux_unmount(path);
}
