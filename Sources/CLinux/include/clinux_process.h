#ifndef CLINUX_PROCESS_H
#define CLINUX_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CLINUX_TOOL_OUTPUT_BYTES 8192

struct clinux_tool_output {
    size_t count;
    bool truncated; /* the bytes are the last of more */
    char bytes[CLINUX_TOOL_OUTPUT_BYTES];
};
typedef struct clinux_tool_output clinux_tool_output;

struct clinux_tool_result {
    int32_t exit_status; /* valid where signal is 0 */
    int32_t signal;      /* that ended the program, else 0 */
    bool timed_out;
    clinux_tool_output output;
    clinux_tool_output error;
};
typedef struct clinux_tool_result clinux_tool_result;

/* The bytes, as Swift does not see a field of this length. Valid as long as the structure. */
const char *_Nonnull clinux_tool_output_bytes(const clinux_tool_output *_Nonnull output);

/* Waits until no child is between its clone and its exec. Until then it holds copies of all descriptors, close-on-exec
 * or not, so a mount or device that this process has just let go of would be busy. */
void clinux_await_starting_children(void);

/* Starts a program in a process group of its own with posix_spawn, waits for its end, and collects the last bytes
 * of both output streams. No descriptor but 0, 1 and 2 reaches it, standard input is /dev/null, signals are at their
 * defaults. When the deadline passes, and whatever the end was, the whole group is killed; the function returns only
 * once the program is really gone and reaped. arguments and environment end with NULL. Kernel 5.4 (pidfd). */
int32_t clinux_tool_run(
    const char *_Nonnull path, char *_Nullable const *_Nonnull arguments,
    char *_Nullable const *_Nonnull environment, int64_t deadline_milliseconds,
    clinux_tool_result *_Nonnull result);

/* Starts a program as clinux_tool_run does, but with standard output and error going to one descriptor, and returns its
 * process id at once. The caller reaps it with clinux_child_wait. */
int32_t clinux_child_start(
    const char *_Nonnull path, char *_Nullable const *_Nonnull arguments,
    char *_Nullable const *_Nonnull environment, int32_t output);
/* Sends a signal to a child that was not reaped yet; one that has ended takes it silently. */
int32_t clinux_child_signal(int32_t child, int32_t signal);
/* Waits that long for a child to end and reaps it. Returns 1 and its wait status once it has ended (then the process id
 * is not the caller's any more), 0 if it still runs. Kernel 5.4 (pidfd). */
int32_t clinux_child_wait(int32_t child, int64_t milliseconds, int32_t *_Nonnull exit_status, int32_t *_Nonnull ended_by);

/* 0 if the path is a regular file that may be executed. */
int32_t clinux_can_execute(const char *_Nonnull path);

#endif
