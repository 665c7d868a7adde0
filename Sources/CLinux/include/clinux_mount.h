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
extern const uint64_t clinux_mount_other_operations;

/* Copies the mount that holds the open source place, makes the copy read-only if asked, and only then puts it onto
 * the target: nobody sees it writable. Other flags of the source mount stay. Kernel 5.12. */
int32_t clinux_bind(int32_t source, int32_t target, bool read_only);

/* umount2 with UMOUNT_NOFOLLOW: never lazy, never forced. EINVAL: not a mount point; EBUSY: in use. */
int32_t clinux_unmount(const char *_Nonnull path);
/* The same for one name in an open folder. */
int32_t clinux_unmount_in(int32_t folder, const char *_Nonnull name);

#endif
