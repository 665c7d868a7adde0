#ifndef CLINUX_FOLDER_H
#define CLINUX_FOLDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All names are single components of the open folder; links are never followed. */

int32_t clinux_make_folder(int32_t folder, const char *_Nonnull name, uint32_t mode);
int32_t clinux_remove_file(int32_t folder, const char *_Nonnull name);
int32_t clinux_remove_folder(int32_t folder, const char *_Nonnull name);
int32_t clinux_rename(
    int32_t from, const char *_Nonnull name, int32_t to, const char *_Nonnull new_name, bool replace);

/* Gives a file of the folder a second name; EEXIST if that is taken. */
int32_t clinux_link(int32_t folder, const char *_Nonnull name, const char *_Nonnull new_name);

/* Reads the next entries of an open folder as NUL-terminated names, without "." and "..".
 * Returns the bytes used, 0 at the end. capacity must be at least CLINUX_ENTRIES_BYTES. */
#define CLINUX_ENTRIES_BYTES 32768
int64_t clinux_read_entries(int32_t folder, char *_Nonnull names, size_t capacity);

#endif
