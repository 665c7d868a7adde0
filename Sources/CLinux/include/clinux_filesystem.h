#ifndef CLINUX_FILESYSTEM_H
#define CLINUX_FILESYSTEM_H

#include <stdbool.h>
#include <stdint.h>

enum clinux_filesystem_type {
    CLINUX_FILESYSTEM_OTHER = 0,
    CLINUX_FILESYSTEM_EXT4 = 1,
    CLINUX_FILESYSTEM_XFS = 2,
    CLINUX_FILESYSTEM_BTRFS = 3,
    CLINUX_FILESYSTEM_NFS = 4,
    CLINUX_FILESYSTEM_TMPFS = 5,
};
typedef enum clinux_filesystem_type clinux_filesystem_type;

struct clinux_space {
    int64_t block_bytes;
    int64_t total_bytes;
    int64_t free_bytes;
    int64_t available_bytes; /* to unprivileged writers */
    int64_t total_inodes;
    int64_t free_inodes;
    uint64_t magic;
    clinux_filesystem_type type;
    bool is_read_only;
    bool is_of_many; /* made for several machines at once; FUSE, which may be anything, does not count */
};
typedef struct clinux_space clinux_space;

int32_t clinux_space_of(int32_t fd, clinux_space *_Nonnull result);

/* Writes everything that the file system of the open folder holds in memory (syncfs(2)). Returns 0 or -errno. */
int32_t clinux_sync_filesystem(int32_t folder);

/* FIFREEZE and FITHAW of the file system that holds the open folder. EBUSY: frozen already; EINVAL: not frozen. */
int32_t clinux_freeze(int32_t folder);
int32_t clinux_thaw(int32_t folder);

/* How many extents a file has (FIEMAP without a list, which changes nothing). EOPNOTSUPP where nobody can tell. */
int64_t clinux_count_extents(int32_t fd);

/* Whether the ext4 that holds the open folder keeps files as extents, so that it can reserve blocks: 1 or 0, or -errno.
 * 0 also where it was made before it did. */
int32_t clinux_keeps_extents(int32_t folder);

/* Whether the XFS that holds the open folder can share blocks: 1 or 0, or -errno. ENOTTY if it is no XFS. */
int32_t clinux_xfs_shares_blocks(int32_t folder);

#endif
