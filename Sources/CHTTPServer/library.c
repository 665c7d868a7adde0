#define _GNU_SOURCE
#include "CHTTPServer.h"
#include "library.h"

#include <dlfcn.h>
#include <errno.h>

struct library httpserver_library;

int32_t httpserver_load(const char **why)
{
    /* The name of the version whose header this was built with; never unloaded. */
    void *handle = dlopen("libmicrohttpd.so.12", RTLD_NOW | RTLD_LOCAL);
    if (handle == NULL) {
        *why = dlerror();
        return -ENOENT;
    }
#define LOAD(name)                                                                     \
    httpserver_library.name = (__typeof__(&MHD_##name))dlsym(handle, "MHD_" #name);    \
    if (httpserver_library.name == NULL) {                                             \
        *why = dlerror();                                                              \
        return -ENOENT;                                                                \
    }
    LOAD(start_daemon)
    LOAD(stop_daemon)
    LOAD(create_response_from_buffer)
    LOAD(add_response_header)
    LOAD(destroy_response)
    LOAD(queue_response)
#undef LOAD
    return 0;
}
