/* Reading of PEM texts, for the other files of this target. */
#ifndef CCERTIFICATES_PEM_H
#define CCERTIFICATES_PEM_H

#include "CCertificates.h"

#include <openssl/x509.h>

/* The first certificate or the private key of a text, or NULL. The caller frees it. */
X509 *_Nullable pem_certificate(const char *_Nullable text);
EVP_PKEY *_Nullable pem_key(const char *_Nullable text);

/* All certificates of a text; NULL if there is none, or one of them is broken. The caller frees all. */
STACK_OF(X509) *_Nullable pem_certificates(const char *_Nullable text);

/* Copies what was written to a memory BIO, and frees it; the length, -ENOSPC, or -EIO for no BIO or an unsuccessful write. */
int64_t pem_take(BIO *_Nullable bio, int written, uint8_t *_Nonnull out, size_t capacity);

#endif
