/* The functions of libmicrohttpd in use, once they are loaded. */
#ifndef CHTTPSERVER_LIBRARY_H
#define CHTTPSERVER_LIBRARY_H

#include <microhttpd.h>

struct library {
    __typeof__(&MHD_start_daemon) start_daemon;
    __typeof__(&MHD_stop_daemon) stop_daemon;
    __typeof__(&MHD_create_response_from_buffer) create_response_from_buffer;
    __typeof__(&MHD_add_response_header) add_response_header;
    __typeof__(&MHD_destroy_response) destroy_response;
    __typeof__(&MHD_queue_response) queue_response;
};

/* Filled by httpserver_load. */
extern struct library httpserver_library;

#endif
