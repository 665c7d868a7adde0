#ifndef CLINUX_LOOP_H
#define CLINUX_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A number that no image uses (LOOP_CTL_GET_FREE), or a newly made device (LOOP_CTL_ADD). */
int32_t clinux_loop_free_number(void);
int32_t clinux_loop_new_number(void);

/* Opens /dev/loopN and checks that it is the block device major:minor (ENODEV if not); makes the node where a
 * private /dev does not show it. exclusive: EBUSY while it is mounted or claimed. Returns an owned descriptor. */
int32_t clinux_loop_open(int32_t number, uint32_t major, uint32_t minor, bool writable, bool exclusive);

struct clinux_loop_options {
    bool read_only;
    bool direct_io;
    bool autoclear; /* the kernel detaches it when its last user closes it */
    uint32_t block_size; /* 0: the kernel's choice */
};
typedef struct clinux_loop_options clinux_loop_options;

/* LOOP_CONFIGURE (kernel 5.8): the device takes a reference to this very open file, with its flock.
 * EBUSY: the device has an image already. name is cut to what the kernel keeps (63 bytes). */
int32_t clinux_loop_configure(
    int32_t device, int32_t image, const char *_Nonnull name, const clinux_loop_options *_Nonnull options);

struct clinux_loop_status {
    uint32_t backing_major; /* file system of the image */
    uint32_t backing_minor;
    uint64_t backing_inode;
    uint32_t backing_node_major; /* where the image is itself a device */
    uint32_t backing_node_minor;
    bool read_only;
    bool direct_io;
    bool autoclear;
    uint8_t name[64]; /* as given to clinux_loop_configure, ends in a zero byte */
};
typedef struct clinux_loop_status clinux_loop_status;

/* LOOP_GET_STATUS64. ENXIO: nothing attached. */
int32_t clinux_loop_get_status(int32_t device, clinux_loop_status *_Nonnull result);

/* LOOP_CLR_FD. 0 also if the kernel only marked the device for the last close. ENXIO: nothing attached. */
int32_t clinux_loop_clear(int32_t device);
/* Takes back that mark, also where the status cannot be read. ENXIO: nothing attached. */
int32_t clinux_loop_unmark_autoclear(int32_t device);
int32_t clinux_loop_refresh_capacity(int32_t device);

/* Block device questions and settings; they work on any block device. */
int64_t clinux_block_size_bytes(int32_t device);
int32_t clinux_block_sector_bytes(int32_t device);
int32_t clinux_block_is_read_only(int32_t device);
int32_t clinux_block_set_read_only(int32_t device, bool read_only);

#endif
