/* The small face of OpenSSL's libcrypto that certificates of the relay need: EC P-256 keys and X.509 v3 certificates as PEM.
 *
 * Return protocol: functions return >= 0, or -errno: -EINVAL for a text that is no PEM of the wanted kind, -ENOSPC for a
 * result that does not fit, -EIO for whatever else the library answers. All are safe from any thread, keep nothing, ask
 * nobody for a passphrase, and leave the library's queue of errors empty, as a TLS connection on the same thread reads it.
 * What is read is terminated text; what is made is not. Times are seconds since 1970 in UTC. Written for OpenSSL 3.0. */
#ifndef CCERTIFICATES_H
#define CCERTIFICATES_H

#include <stddef.h>
#include <stdint.h>

/* What a certificate is for. */
typedef enum {
    CERTIFICATES_AUTHORITY,
    CERTIFICATES_SERVER,
    CERTIFICATES_CLIENT,
} certificates_kind;

/* No PEM text that is made here is longer; one that is read may be. */
#define CERTIFICATES_PEM_BYTES 4096

/* Makes a private key; returns the length of its PKCS #8 PEM text. */
int64_t certificates_make_key(uint8_t *_Nonnull out, size_t capacity);

/* Makes a certificate for a key, with a random serial number; returns the length of its PEM text.
 * An authority is signed by its own key: name, issuer and issuer_key are not looked at. Else name is the one DNS name.
 * -EKEYREJECTED if issuer and issuer_key do not belong together. */
int64_t certificates_make(
    certificates_kind kind, const char *_Nonnull key, const char *_Nullable name, const char *_Nullable issuer,
    const char *_Nullable issuer_key, int64_t not_before, int64_t not_after, uint8_t *_Nonnull out, size_t capacity);

/* What the first certificate of a text says. */
typedef struct {
    int64_t not_before;
    int64_t not_after;
    /* Bytes used of names: DNS names of the subject, each ended by a NUL. */
    size_t names_bytes;
    char names[2048];
} certificates_facts;

/* Reads the first certificate of a text. */
int32_t certificates_read(const char *_Nonnull certificate, certificates_facts *_Nonnull out);

/* The names of the facts. Valid as long as the facts are. */
const char *_Nonnull certificates_names(const certificates_facts *_Nonnull facts);

/* 1 if the key is that of the first certificate, else 0; -EINVAL if it is the key that cannot be read. */
int32_t certificates_key_matches(const char *_Nonnull certificate, const char *_Nonnull key);

/* Verifies the first certificate, which the others of its text may lead to an authority, at a moment.
 * Returns 0 if all is well, else a number for certificates_verdict; *depth is how far up the chain it went wrong.
 * -EINVAL if authorities has no certificate. */
int32_t certificates_verify(
    const char *_Nonnull certificate, const char *_Nonnull authorities, certificates_kind kind, int64_t now,
    int32_t *_Nonnull depth);

/* What certificates_verify found, in words. Static storage. */
const char *_Nonnull certificates_verdict(int32_t number);

/* The verdict of a certificate whose time is over. */
extern const int32_t certificates_verdict_expired;

#endif
