/* The functions of gRPC core in use, once they are loaded; not part of the module. */
#ifndef CGRPCSHIM_CORE_H
#define CGRPCSHIM_CORE_H

#include <grpc/byte_buffer_reader.h>
#include <grpc/grpc.h>
#include <grpc/grpc_posix.h>
#include <grpc/grpc_security.h>
#include <limits.h>

#include "library.h"

/* Names without "grpc_", of both variants. */
#define CORE_FUNCTIONS(X)                                                                                              \
    X(init)                                                                                                            \
    X(auth_context_find_properties_by_name)                                                                            \
    X(auth_context_release)                                                                                            \
    X(auth_property_iterator_next)                                                                                     \
    X(byte_buffer_destroy)                                                                                             \
    X(byte_buffer_length)                                                                                              \
    X(byte_buffer_reader_destroy)                                                                                      \
    X(byte_buffer_reader_init)                                                                                         \
    X(byte_buffer_reader_next)                                                                                         \
    X(call_auth_context)                                                                                               \
    X(call_cancel)                                                                                                     \
    X(call_cancel_with_status)                                                                                         \
    X(call_details_destroy)                                                                                            \
    X(call_details_init)                                                                                               \
    X(call_failed_before_recv_message)                                                                                 \
    X(call_start_batch)                                                                                                \
    X(call_unref)                                                                                                      \
    X(channel_create)                                                                                                  \
    X(channel_create_call)                                                                                             \
    X(channel_credentials_release)                                                                                     \
    X(channel_destroy)                                                                                                 \
    X(completion_queue_create_for_next)                                                                                \
    X(completion_queue_destroy)                                                                                        \
    X(completion_queue_next)                                                                                           \
    X(completion_queue_shutdown)                                                                                       \
    X(insecure_server_credentials_create)                                                                              \
    X(metadata_array_destroy)                                                                                          \
    X(metadata_array_init)                                                                                             \
    X(raw_byte_buffer_create)                                                                                          \
    X(server_add_channel_from_fd)                                                                                      \
    X(server_add_http2_port)                                                                                           \
    X(server_cancel_all_calls)                                                                                         \
    X(server_create)                                                                                                   \
    X(server_credentials_release)                                                                                      \
    X(server_destroy)                                                                                                  \
    X(server_register_completion_queue)                                                                                \
    X(server_request_call)                                                                                             \
    X(server_shutdown_and_notify)                                                                                      \
    X(server_start)                                                                                                    \
    X(slice_from_copied_buffer)                                                                                        \
    X(slice_unref)

/* Of the variant with TLS alone. */
#define TLS_FUNCTIONS(X)                                                                                               \
    X(tls_certificate_provider_file_watcher_create)                                                                    \
    X(tls_certificate_provider_release)                                                                                \
    X(tls_certificate_verifier_host_name_create)                                                                       \
    X(tls_certificate_verifier_release)                                                                                \
    X(tls_credentials_create)                                                                                          \
    X(tls_credentials_options_create)                                                                                  \
    X(tls_credentials_options_set_cert_request_type)                                                                   \
    X(tls_credentials_options_set_certificate_provider)                                                                \
    X(tls_credentials_options_set_certificate_verifier)                                                                \
    X(tls_credentials_options_watch_identity_key_cert_pairs)                                                           \
    X(tls_credentials_options_watch_root_certs)                                                                        \
    X(tls_server_credentials_create)

struct core {
#define MEMBER(name) __typeof__(&grpc_##name) name;
    CORE_FUNCTIONS(MEMBER)
    TLS_FUNCTIONS(MEMBER)
#undef MEMBER
};

/* Filled by grpcshim_load; the functions of TLS are NULL in the variant without. */
extern struct core grpcshim_core;

static inline grpc_arg integer(const char *key, int value) {
    return (grpc_arg){.type = GRPC_ARG_INTEGER, .key = (char *)key, .value = {.integer = value}};
}

#endif
