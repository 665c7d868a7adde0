#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <string.h>

const int32_t clinux_error_no_entry = ENOENT;
const int32_t clinux_error_exists = EEXIST;
const int32_t clinux_error_busy = EBUSY;
const int32_t clinux_error_again = EAGAIN;
const int32_t clinux_error_no_space = ENOSPC;
const int32_t clinux_error_quota = EDQUOT;
const int32_t clinux_error_read_only = EROFS;
const int32_t clinux_error_not_supported = EOPNOTSUPP;
const int32_t clinux_error_invalid = EINVAL;
const int32_t clinux_error_not_folder = ENOTDIR;
const int32_t clinux_error_is_folder = EISDIR;
const int32_t clinux_error_not_empty = ENOTEMPTY;
const int32_t clinux_error_stale = ESTALE;
const int32_t clinux_error_loop = ELOOP;
const int32_t clinux_error_no_device = ENODEV;
const int32_t clinux_error_no_address = ENXIO;
const int32_t clinux_error_io = EIO;
const int32_t clinux_error_too_big = EFBIG;
const int32_t clinux_error_bad_descriptor = EBADF;
const int32_t clinux_error_fault = EFAULT;
const int32_t clinux_error_no_memory = ENOMEM;
const int32_t clinux_error_many_files = EMFILE;
const int32_t clinux_error_table_full = ENFILE;
const int32_t clinux_error_not_tty = ENOTTY;
const int32_t clinux_error_no_call = ENOSYS;
const int32_t clinux_error_cross_device = EXDEV;
const int32_t clinux_error_text_busy = ETXTBSY;

const char *clinux_error_name(int32_t number)
{
    return strerrorname_np(number);
}
