#define _GNU_SOURCE
#include "tls.h"

#include "core.h"

/* The least version is TLS 1.2 and the highest 1.3; gRPC core 1.51 has no public function to raise the former. Two ends
 * of this program agree on 1.3. */
static grpc_tls_credentials_options *options(const char *key, const char *certificate, const char *authority,
                                             uint32_t refresh_seconds) {
    grpc_tls_credentials_options *options = grpcshim_core.tls_credentials_options_create();
    grpc_tls_certificate_provider *files =
        grpcshim_core.tls_certificate_provider_file_watcher_create(key, certificate, authority, refresh_seconds);
    grpcshim_core.tls_credentials_options_set_certificate_provider(options, files);
    grpcshim_core.tls_certificate_provider_release(files);
    grpcshim_core.tls_credentials_options_watch_identity_key_cert_pairs(options);
    grpcshim_core.tls_credentials_options_watch_root_certs(options);
    return options;
}

grpc_server_credentials *grpcshim_tls_for_server(const char *key, const char *certificate, const char *authority,
                                                 uint32_t refresh_seconds) {
    grpc_tls_credentials_options *all = options(key, certificate, authority, refresh_seconds);
    grpcshim_core.tls_credentials_options_set_cert_request_type(
        all, GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
    return grpcshim_core.tls_server_credentials_create(all);
}

grpc_channel_credentials *grpcshim_tls_for_channels(const char *key, const char *certificate, const char *authority,
                                                    uint32_t refresh_seconds) {
    grpc_tls_credentials_options *all = options(key, certificate, authority, refresh_seconds);
    grpc_tls_certificate_verifier *names = grpcshim_core.tls_certificate_verifier_host_name_create();
    grpcshim_core.tls_credentials_options_set_certificate_verifier(all, names);
    grpcshim_core.tls_certificate_verifier_release(names);
    return grpcshim_core.tls_credentials_create(all);
}
