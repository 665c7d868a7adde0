#ifndef CLINUX_MOUNT_H
#define CLINUX_MOUNT_H

#include <stdbool.h>
#include <stdint.h>

/* mount(2) of a file system onto an open folder (a descriptor with or without O_PATH). flags are MS_ bits. */
int32_t clinux_mount(
    const char *_Nonnull source, int32_t target, const char *_Nonnull type, uint64_t flags,
    const char *_Nullable data);

/* Mounts a file system nowhere and takes it off again, which replays its log unless read_only. flag is one more option
 * or NULL. Kernel 5.2. */
int32_t clinux_mount_unseen(
    const char *_Nonnull source, const char *_Nonnull type, const char *_Nullable flag, bool read_only);

/* The MS_RDONLY bit, and the bits that would make mount(2) do something else than mount a file system. */
extern const uint64_t clinux_mount_read_only;
extern const uint64_t clinux_mount_no_atime;
extern const uint64_t clinux_mount_relatime;
extern const uint64_t clinux_mount_strict_atime;
extern const uint64_t clinux_mount_other_operations;

/* The MS_ bits that a single mount has for itself, whatever the file system's other mounts have. */
extern const uint64_t clinux_mount_single;

/* Those of them that the mount of an open place shows (statfs(2)), with exactly one of the three for atime. */
int64_t clinux_mount_flags_of(int32_t place);

/* Copies the mount that holds the open source place, gives the copy more flags (of clinux_mount_single), and only then
 * puts it onto the target: nobody sees it without. Other flags of the source mount stay. Kernel 5.12. */
int32_t clinux_bind(int32_t source, int32_t target, uint64_t flags);

/* Whether a file system takes writes now, which it does not while it is frozen; root is the root of a mount of it (O_PATH
 * will do). Never waits: a look at the folder sets its time of access where that can be done at once (touch_atime skips
 * a frozen file system), for which the mount has strictatime for a moment. 1: it does. 0: it is frozen, or the time was
 * set within the same tick. -EROFS: the mount is read-only. -EIO: shut down. Kernel 5.12. */
int32_t clinux_takes_writes(int32_t root);

/* FITHAW of a file system on a device that is mounted nowhere in sight. EINVAL: it is not frozen. Kernel 5.2. */
int32_t clinux_thaw_unseen(const char *_Nonnull source, const char *_Nonnull type);

/* umount2 with UMOUNT_NOFOLLOW: never lazy, never forced. EINVAL: not a mount point; EBUSY: in use. */
int32_t clinux_unmount(const char *_Nonnull path);
/* The same for one name in an open folder. */
int32_t clinux_unmount_in(int32_t folder, const char *_Nonnull name);

#endif
