/* The small face of gRPC core that RPCServer and RPCChannel need, and the few system calls around its socket and threads.
 *
 * Return protocol of every function that can fail: >= 0, or a negated errno. Handles are one-member structs
 * passed by value. Nothing here knows what the bytes of a call mean. */
#ifndef CGRPCSHIM_H
#define CGRPCSHIM_H

#include "call.h"
#include "channel.h"
#include "library.h"
#include "listener.h"
#include "server.h"
#include "thread.h"

#endif
