#ifndef CLINUX_ERROR_H
#define CLINUX_ERROR_H

#include <stdint.h>

/* The error numbers that callers tell apart; their values come from the C library. */
extern const int32_t clinux_error_no_entry;
extern const int32_t clinux_error_exists;
extern const int32_t clinux_error_busy;
extern const int32_t clinux_error_again;
extern const int32_t clinux_error_no_space;
extern const int32_t clinux_error_quota;
extern const int32_t clinux_error_read_only;
extern const int32_t clinux_error_not_supported;
extern const int32_t clinux_error_invalid;
extern const int32_t clinux_error_not_folder;
extern const int32_t clinux_error_is_folder;
extern const int32_t clinux_error_not_empty;
extern const int32_t clinux_error_stale;
extern const int32_t clinux_error_loop;
extern const int32_t clinux_error_no_device;
extern const int32_t clinux_error_no_address;
extern const int32_t clinux_error_io;
extern const int32_t clinux_error_too_big;
extern const int32_t clinux_error_bad_descriptor;
extern const int32_t clinux_error_fault;
extern const int32_t clinux_error_no_memory;
extern const int32_t clinux_error_many_files;
extern const int32_t clinux_error_table_full;
extern const int32_t clinux_error_not_tty;
extern const int32_t clinux_error_no_call;
extern const int32_t clinux_error_cross_device;
extern const int32_t clinux_error_text_busy;

/* The symbolic name of an error number ("ENOSPC"), or NULL if the C library knows none. Static storage. */
const char *_Nullable clinux_error_name(int32_t number);

#endif
