#define _GNU_SOURCE
#include "CLinux.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int32_t clinux_make_folder(int32_t folder, const char *name, uint32_t mode)
{
    return mkdirat(folder, name, mode) == 0 ? 0 : -errno;
}

int32_t clinux_remove_file(int32_t folder, const char *name)
{
    return unlinkat(folder, name, 0) == 0 ? 0 : -errno;
}

int32_t clinux_remove_folder(int32_t folder, const char *name)
{
    return unlinkat(folder, name, AT_REMOVEDIR) == 0 ? 0 : -errno;
}

int32_t clinux_rename(int32_t from, const char *name, int32_t to, const char *new_name, bool replace)
{
    return renameat2(from, name, to, new_name, replace ? 0 : RENAME_NOREPLACE) == 0 ? 0 : -errno;
}

int32_t clinux_link(int32_t folder, const char *name, const char *new_name)
{
    return linkat(folder, name, folder, new_name, 0) == 0 ? 0 : -errno;
}

/* Copies the names of one getdents64 answer; never needs more room than the answer itself took. */
static size_t pack_names(const char *answer, size_t length, char *names)
{
    size_t used = 0;
    for (size_t at = 0; at < length;) {
        const struct dirent64 *entry = (const struct dirent64 *)(answer + at);
        at += entry->d_reclen;
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        size_t bytes = strlen(entry->d_name) + 1;
        memcpy(names + used, entry->d_name, bytes);
        used += bytes;
    }
    return used;
}

int64_t clinux_read_entries(int32_t folder, char *names, size_t capacity)
{
    _Alignas(struct dirent64) char answer[CLINUX_ENTRIES_BYTES];
    if (capacity < sizeof answer)
        return -EINVAL;
    for (;;) {
        ssize_t length = getdents64(folder, answer, sizeof answer);
        if (length == 0)
            return 0;
        if (length < 0 && errno != EINTR)
            return -errno;
        size_t used = length > 0 ? pack_names(answer, (size_t)length, names) : 0;
        if (used > 0)
            return (int64_t)used;
    }
}
