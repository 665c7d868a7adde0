/*
 * CLinux: the system calls and ioctls that Swift cannot import or must not number itself.
 *
 * Every function that can fail does one whole operation and returns a value >= 0, or the negated errno. Calls that
 * a signal interrupted are repeated here where that is right (not for close). The only state kept here
 * is a lock around the start of children; every function may be called from any thread at any time. Minimum kernel: 5.15.
 */
#ifndef CLINUX_H
#define CLINUX_H

#include "clinux_bell.h"
#include "clinux_error.h"
#include "clinux_file.h"
#include "clinux_filesystem.h"
#include "clinux_folder.h"
#include "clinux_loop.h"
#include "clinux_mount.h"
#include "clinux_process.h"
#include "clinux_signals.h"
#include "clinux_system.h"
#include "clinux_thread.h"

#endif
