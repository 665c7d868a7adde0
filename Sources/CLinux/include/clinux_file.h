#ifndef CLINUX_FILE_H
#define CLINUX_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How a name is opened. All are close-on-exec. */
enum clinux_open_how {
    CLINUX_OPEN_READ = 0,
    CLINUX_OPEN_READ_WRITE = 1,
    CLINUX_OPEN_CREATE = 2,      /* new file for reading and writing; EEXIST if the name is taken */
    CLINUX_OPEN_FOLDER = 3,      /* a folder that can be listed and synced */
    CLINUX_OPEN_PATH = 4,        /* O_PATH: a place, of any kind */
    CLINUX_OPEN_PATH_FOLDER = 5, /* O_PATH: a place that must be a folder */
    CLINUX_OPEN_READ_WRITE_DIRECT = 6, /* past the page cache; memory, offsets and lengths must be aligned */
    CLINUX_OPEN_APPEND = 7,      /* for writing at the end, made if it is missing */
};
typedef enum clinux_open_how clinux_open_how;

/* What a path may pass through on its way. */
enum clinux_walk {
    CLINUX_WALK_ANY = 0,              /* follows symbolic links */
    CLINUX_WALK_NO_LINKS = 1,         /* ELOOP at any symbolic link, also a magic one */
    CLINUX_WALK_BENEATH = 2,          /* no links, and never above or beside the start: EXDEV */
    CLINUX_WALK_BENEATH_SAME_MOUNT = 3, /* the same, and never onto another mount: EXDEV */
};
typedef enum clinux_walk clinux_walk;

/* Opens a path relative to an open folder, or an absolute path with folder = -1.
 * Returns a descriptor that the caller owns. mode is used by CLINUX_OPEN_CREATE and _APPEND. */
int32_t clinux_open(
    int32_t folder, const char *_Nonnull path, clinux_open_how how, clinux_walk walk, uint32_t mode);

/* The same for a regular file and nothing else: never waits for the other end of a FIFO, and touches no device.
 * EISDIR for a folder, EINVAL for another kind of file. how is one of the reading ones. */
int32_t clinux_open_regular(int32_t folder, const char *_Nonnull path, clinux_open_how how, clinux_walk walk);

/* Closes a descriptor. The descriptor is gone whatever is returned. */
int32_t clinux_close(int32_t fd);

/* Kinds of file, as far as callers tell them apart. */
enum clinux_kind {
    CLINUX_KIND_REGULAR = 0,
    CLINUX_KIND_FOLDER = 1,
    CLINUX_KIND_LINK = 2,
    CLINUX_KIND_BLOCK = 3,
    CLINUX_KIND_OTHER = 4,
};
typedef enum clinux_kind clinux_kind;

struct clinux_status {
    uint32_t device_major; /* of the file system */
    uint32_t device_minor;
    uint64_t inode;
    clinux_kind kind;
    uint32_t mode; /* permission bits only */
    uint32_t owner;
    int64_t modified_nanoseconds; /* since 1970 */
    int64_t size_bytes;
    int64_t allocated_bytes;
    uint32_t node_major; /* of a device node */
    uint32_t node_minor;
    uint64_t mount_id;
    bool is_mount_root;
    uint32_t links;
};
typedef struct clinux_status clinux_status;

/* Looks at one name in a folder without following a link; an empty name means the descriptor itself.
 * Kernel 5.8 for mount id and mount root. */
int32_t clinux_status_of(int32_t folder, const char *_Nonnull name, clinux_status *_Nonnull result);

/* Like clinux_status_of for an absolute path, following links. */
int32_t clinux_status_of_path(const char *_Nonnull path, clinux_status *_Nonnull result);

/* Reads or writes everything asked for; a read returns less only at the end of the file. */
int64_t clinux_pread_full(int32_t fd, void *_Nonnull buffer, size_t count, int64_t offset);
int64_t clinux_read_full(int32_t fd, void *_Nonnull buffer, size_t count);
int32_t clinux_pwrite_full(int32_t fd, const void *_Nonnull bytes, size_t count, int64_t offset);

/* Lets go of what the page cache holds of a file and has written already (POSIX_FADV_DONTNEED). */
int32_t clinux_drop_cache(int32_t fd);

/* Reserves blocks for [offset, offset + length) and extends the file where needed. */
int32_t clinux_allocate(int32_t fd, int64_t offset, int64_t length);
/* Gives blocks back; the size stays. EOPNOTSUPP where the file system cannot. */
int32_t clinux_punch_hole(int32_t fd, int64_t offset, int64_t length);
int32_t clinux_truncate(int32_t fd, int64_t size_bytes);
int32_t clinux_sync(int32_t fd);

/* Sets the times of access and change of what is open to now (futimens(3)): 0 or a negated errno. */
int32_t clinux_touch(int32_t fd);

/* Non-blocking flock. EAGAIN if another open file holds it. */
int32_t clinux_lock(int32_t fd, bool exclusive);
int32_t clinux_unlock(int32_t fd);

/* FICLONE: makes destination share all blocks of source. Both on one file system. */
int32_t clinux_clone(int32_t destination, int32_t source);
/* Copies up to count bytes inside the kernel; returns how many, 0 at the end of the source. */
int64_t clinux_copy_range(
    int32_t source, int64_t source_offset, int32_t destination, int64_t destination_offset, int64_t count);
/* The next data (or hole) at or behind offset; ENXIO when there is none. */
int64_t clinux_seek_data(int32_t fd, int64_t offset);
int64_t clinux_seek_hole(int32_t fd, int64_t offset);

/* Extent size and copy-on-write extent size hints (XFS); only while the file is empty. */
int32_t clinux_set_extent_hints(int32_t fd, uint32_t bytes);
/* FS_NOCOW_FL (btrfs); only while the file is empty. */
int32_t clinux_set_no_copy_on_write(int32_t fd);

/* Where a descriptor points, from /proc/self/fd. Returns the length; no NUL is added. */
int64_t clinux_descriptor_path(int32_t fd, char *_Nonnull buffer, size_t capacity);

#endif
