#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <unistd.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <sys/ioctl.h>
#include <sys/vfs.h>

/* statfs(2) lists it; linux/magic.h has no name for it. */
#define CLINUX_XFS_MAGIC 0x58465342

/* ST_RDONLY of statvfs(3); statfs(2) f_flags uses the same bit. <sys/statvfs.h> cannot join <linux/fs.h>. */
#define CLINUX_STATFS_READ_ONLY 1

/* Of modules that are not part of Linux. */
#define CLINUX_LUSTRE_MAGIC 0x0bd00bd0
#define CLINUX_GPFS_MAGIC 0x47504653
#define CLINUX_BEEGFS_MAGIC 0x19830326
/* linux/gfs2_ondisk.h and the sources of OrangeFS; neither is worth its header. */
#define CLINUX_GFS2_MAGIC 0x01161970
#define CLINUX_ORANGEFS_MAGIC 0x20030528

static bool is_of_many(uint64_t magic)
{
    switch (magic) {
    case NFS_SUPER_MAGIC:
    case CEPH_SUPER_MAGIC:
    case SMB_SUPER_MAGIC:
    case CIFS_SUPER_MAGIC:
    case SMB2_SUPER_MAGIC:
    case OCFS2_SUPER_MAGIC:
    case AFS_SUPER_MAGIC:
    case AFS_FS_MAGIC:
    case V9FS_MAGIC:
    case CLINUX_GFS2_MAGIC:
    case CLINUX_LUSTRE_MAGIC:
    case CLINUX_GPFS_MAGIC:
    case CLINUX_BEEGFS_MAGIC:
    case CLINUX_ORANGEFS_MAGIC: return true;
    default: return false;
    }
}

static clinux_filesystem_type type_of(uint64_t magic)
{
    switch (magic) {
    case EXT4_SUPER_MAGIC: return CLINUX_FILESYSTEM_EXT4;
    case CLINUX_XFS_MAGIC: return CLINUX_FILESYSTEM_XFS;
    case BTRFS_SUPER_MAGIC: return CLINUX_FILESYSTEM_BTRFS;
    case NFS_SUPER_MAGIC: return CLINUX_FILESYSTEM_NFS;
    case TMPFS_MAGIC: return CLINUX_FILESYSTEM_TMPFS;
    default: return CLINUX_FILESYSTEM_OTHER;
    }
}

int32_t clinux_space_of(int32_t fd, clinux_space *result)
{
    struct statfs found;
    int rc;
    do
        rc = fstatfs(fd, &found);
    while (rc != 0 && errno == EINTR);
    if (rc != 0)
        return -errno;
    int64_t unit = found.f_frsize > 0 ? found.f_frsize : found.f_bsize;
    uint64_t magic = (uint64_t)found.f_type & 0xffffffff;
    *result = (clinux_space){
        .block_bytes = unit,
        .total_bytes = (int64_t)found.f_blocks * unit,
        .free_bytes = (int64_t)found.f_bfree * unit,
        .available_bytes = (int64_t)found.f_bavail * unit,
        .total_inodes = (int64_t)found.f_files,
        .free_inodes = (int64_t)found.f_ffree,
        .magic = magic,
        .type = type_of(magic),
        .is_of_many = is_of_many(magic),
        .is_read_only = (found.f_flags & CLINUX_STATFS_READ_ONLY) != 0,
    };
    return 0;
}

int32_t clinux_sync_filesystem(int32_t folder)
{
    return syncfs(folder) == 0 ? 0 : -errno;
}

int32_t clinux_freeze(int32_t folder)
{
    return ioctl(folder, FIFREEZE, 0) == 0 ? 0 : -errno;
}

int32_t clinux_thaw(int32_t folder)
{
    return ioctl(folder, FITHAW, 0) == 0 ? 0 : -errno;
}

int32_t clinux_clone(int32_t destination, int32_t source)
{
    int rc;
    do
        rc = ioctl(destination, FICLONE, source);
    while (rc != 0 && errno == EINTR);
    return rc == 0 ? 0 : -errno;
}

static int set_hints(int32_t fd, struct fsxattr attributes, uint32_t flags, uint32_t bytes)
{
    attributes.fsx_xflags |= flags;
    attributes.fsx_extsize = bytes;
    attributes.fsx_cowextsize = (flags & FS_XFLAG_COWEXTSIZE) != 0 ? bytes : 0;
    return ioctl(fd, FS_IOC_FSSETXATTR, &attributes) == 0 ? 0 : -errno;
}

int32_t clinux_set_extent_hints(int32_t fd, uint32_t bytes)
{
    struct fsxattr attributes;
    if (ioctl(fd, FS_IOC_FSGETXATTR, &attributes) != 0)
        return -errno;
    int rc = set_hints(fd, attributes, FS_XFLAG_EXTSIZE | FS_XFLAG_COWEXTSIZE, bytes);
    if (rc != 0) /* without reflink XFS knows only the first of the two */
        rc = set_hints(fd, attributes, FS_XFLAG_EXTSIZE, bytes);
    if (rc != 0)
        return rc;
    /* ext4 answers success and keeps nothing. */
    if (ioctl(fd, FS_IOC_FSGETXATTR, &attributes) != 0)
        return -errno;
    return (attributes.fsx_xflags & FS_XFLAG_EXTSIZE) != 0 && attributes.fsx_extsize == bytes ? 0 : -EOPNOTSUPP;
}

int32_t clinux_set_no_copy_on_write(int32_t fd)
{
    int flags = 0;
    if (ioctl(fd, FS_IOC_GETFLAGS, &flags) != 0)
        return -errno;
    flags |= FS_NOCOW_FL;
    return ioctl(fd, FS_IOC_SETFLAGS, &flags) == 0 ? 0 : -errno;
}

int32_t clinux_keeps_extents(int32_t folder)
{
    int flags = 0;
    if (ioctl(folder, FS_IOC_GETFLAGS, &flags) != 0)
        return -errno;
    return (flags & FS_EXTENT_FL) != 0;
}

int64_t clinux_count_extents(int32_t fd)
{
    struct fiemap map = {.fm_length = FIEMAP_MAX_OFFSET};
    int rc;
    do
        rc = ioctl(fd, FS_IOC_FIEMAP, &map);
    while (rc != 0 && errno == EINTR);
    return rc == 0 ? (int64_t)map.fm_mapped_extents : -errno;
}

/* fs/xfs/libxfs/xfs_fs.h, struct xfs_fsop_geom_v1; no header of the kernel has it. */
struct geometry {
    uint32_t sizes[8];
    uint64_t counts[4];
    uint8_t uuid[16];
    uint32_t stripe[2];
    int32_t version;
    uint32_t flags;
    uint32_t more_sizes[3];
};
_Static_assert(sizeof(struct geometry) == 112, "XFS_IOC_FSGEOMETRY_V1 is kernel interface");
#define CLINUX_XFS_GEOMETRY _IOR('X', 100, struct geometry)
#define CLINUX_XFS_REFLINK (1u << 20)

int32_t clinux_xfs_shares_blocks(int32_t folder)
{
    struct geometry found = {0};
    if (ioctl(folder, CLINUX_XFS_GEOMETRY, &found) != 0)
        return -errno;
    return (found.flags & CLINUX_XFS_REFLINK) != 0;
}
