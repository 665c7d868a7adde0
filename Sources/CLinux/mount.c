#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/mount.h>
#include <unistd.h>

const uint64_t clinux_mount_read_only = MS_RDONLY;
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

int32_t clinux_bind(int32_t source, int32_t target, bool read_only)
{
    int tree = open_tree(source, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
    if (tree < 0)
        return -errno;
    int32_t result = 0;
    if (read_only) {
        struct mount_attr attributes = {.attr_set = MOUNT_ATTR_RDONLY};
        if (mount_setattr(tree, "", AT_EMPTY_PATH, &attributes, sizeof attributes) != 0)
            result = -errno;
    }
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
