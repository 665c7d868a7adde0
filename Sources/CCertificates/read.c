#define _GNU_SOURCE
#include "pem.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <time.h>

const int32_t certificates_verdict_expired = X509_V_ERR_CERT_HAS_EXPIRED;

static int seconds(const ASN1_TIME *time, int64_t *out)
{
    struct tm parts;
    if (time == NULL || ASN1_TIME_to_tm(time, &parts) != 1)
        return 0;
    *out = timegm(&parts);
    return 1;
}

/* A name that holds a NUL is somebody's trick and is left out, as is what does not fit. */
static void read_names(const X509 *certificate, certificates_facts *out)
{
    GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
    for (int at = 0; at < sk_GENERAL_NAME_num(names); at++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, at);
        if (name->type != GEN_DNS)
            continue;
        const unsigned char *bytes = ASN1_STRING_get0_data(name->d.dNSName);
        size_t count = (size_t)ASN1_STRING_length(name->d.dNSName);
        if (memchr(bytes, 0, count) != NULL || out->names_bytes + count + 1 > sizeof out->names)
            continue;
        memcpy(out->names + out->names_bytes, bytes, count);
        out->names_bytes += count;
        out->names[out->names_bytes++] = 0;
    }
    GENERAL_NAMES_free(names);
}

int32_t certificates_read(const char *text, certificates_facts *out)
{
    memset(out, 0, sizeof *out);
    X509 *certificate = pem_certificate(text);
    int is_read = certificate != NULL && seconds(X509_get0_notBefore(certificate), &out->not_before) &&
                  seconds(X509_get0_notAfter(certificate), &out->not_after);
    if (is_read)
        read_names(certificate, out);
    X509_free(certificate);
    ERR_clear_error();
    return is_read ? 0 : -EINVAL;
}

const char *certificates_names(const certificates_facts *facts)
{
    return facts->names;
}

int32_t certificates_key_matches(const char *certificate_text, const char *key_text)
{
    X509 *certificate = pem_certificate(certificate_text);
    EVP_PKEY *key = pem_key(key_text);
    int32_t result = key == NULL ? -EINVAL : certificate != NULL && X509_check_private_key(certificate, key) == 1;
    X509_free(certificate);
    EVP_PKEY_free(key);
    ERR_clear_error();
    return result;
}

static int32_t verify(
    X509_STORE_CTX *context, X509_STORE *store, STACK_OF(X509) *chain, STACK_OF(X509) *trusted, certificates_kind kind,
    int64_t now, int32_t *depth)
{
    if (X509_STORE_CTX_init(context, store, sk_X509_value(chain, 0), chain) != 1)
        return -EIO;
    X509_STORE_CTX_set0_trusted_stack(context, trusted);
    X509_VERIFY_PARAM *rules = X509_STORE_CTX_get0_param(context);
    X509_VERIFY_PARAM_set_time(rules, now);
    /* As gRPC core has it: each authority of the file is trusted, whether or not it is signed by itself. */
    X509_VERIFY_PARAM_set_flags(rules, X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_TRUSTED_FIRST);
    X509_VERIFY_PARAM_set_purpose(rules, kind == CERTIFICATES_SERVER ? X509_PURPOSE_SSL_SERVER : X509_PURPOSE_SSL_CLIENT);
    if (X509_verify_cert(context) == 1)
        return 0;
    *depth = X509_STORE_CTX_get_error_depth(context);
    int number = X509_STORE_CTX_get_error(context);
    return number != X509_V_OK ? number : -EIO;
}

int32_t certificates_verify(
    const char *certificate, const char *authorities, certificates_kind kind, int64_t now, int32_t *depth)
{
    *depth = 0;
    STACK_OF(X509) *chain = pem_certificates(certificate);
    STACK_OF(X509) *trusted = pem_certificates(authorities);
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    int32_t result = -EIO;
    if (chain == NULL || trusted == NULL)
        result = -EINVAL;
    else if (store != NULL && context != NULL)
        result = verify(context, store, chain, trusted, kind, now, depth);
    X509_STORE_CTX_free(context);
    X509_STORE_free(store);
    sk_X509_pop_free(trusted, X509_free);
    sk_X509_pop_free(chain, X509_free);
    ERR_clear_error();
    return result;
}

const char *certificates_verdict(int32_t number)
{
    return X509_verify_cert_error_string(number);
}
