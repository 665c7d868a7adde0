/* Credentials of both ends of a connection with mutual TLS; not part of the module. */
#ifndef CGRPCSHIM_TLS_H
#define CGRPCSHIM_TLS_H

#include <grpc/grpc_security.h>
#include <stdint.h>

/* Of a server that demands a certificate of its clients. Released with server_credentials_release. */
grpc_server_credentials *grpcshim_tls_for_server(const char *key, const char *certificate, const char *authority,
                                                 uint32_t refresh_seconds);

/* Of channels that demand the name which they are told (GRPC_SSL_TARGET_NAME_OVERRIDE_ARG) in the server's certificate.
 * Released with channel_credentials_release. */
grpc_channel_credentials *grpcshim_tls_for_channels(const char *key, const char *certificate, const char *authority,
                                                    uint32_t refresh_seconds);

#endif
