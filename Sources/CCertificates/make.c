#include "pem.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdio.h>

int64_t certificates_make_key(uint8_t *out, size_t capacity)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    BIO *bio = BIO_new(BIO_s_mem());
    int written = key != NULL && bio != NULL && PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL);
    int64_t result = pem_take(bio, written, out, capacity);
    EVP_PKEY_free(key);
    ERR_clear_error();
    return result;
}

/* RFC 5280, 4.1.2.2: positive, at most 20 bytes. */
static int set_serial(X509 *certificate)
{
    BIGNUM *number = BN_new();
    int done = number != NULL && BN_rand(number, 128, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1 &&
               BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != NULL;
    BN_free(number);
    return done;
}

static int set_name(X509 *certificate, const char *text)
{
    return X509_NAME_add_entry_by_txt(
        X509_get_subject_name(certificate), "CN", MBSTRING_ASC, (const unsigned char *)text, -1, -1, 0);
}

/* An authority is called after its key: two of them are told apart, and one made again from the same key is the same. */
static int set_authority_name(X509 *certificate)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int length = 0;
    char name[40];
    if (X509_pubkey_digest(certificate, EVP_sha256(), digest, &length) != 1 || length < 4)
        return 0;
    snprintf(name, sizeof name, "loopcsi CA %02x%02x%02x%02x", digest[0], digest[1], digest[2], digest[3]);
    return set_name(certificate, name);
}

static int add_extension(X509 *certificate, X509V3_CTX *context, int kind, const char *value)
{
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, context, kind, value);
    int done = extension != NULL && X509_add_ext(certificate, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return done;
}

/* Not by the library's text form, where a comma in a name would begin another one. */
static int add_dns_name(X509 *certificate, const char *name)
{
    GENERAL_NAMES *names = GENERAL_NAMES_new();
    GENERAL_NAME *entry = GENERAL_NAME_new();
    ASN1_IA5STRING *text = ASN1_IA5STRING_new();
    int done = names != NULL && entry != NULL && text != NULL && ASN1_STRING_set(text, name, -1) == 1;
    if (done) {
        GENERAL_NAME_set0_value(entry, GEN_DNS, text);
        text = NULL;
        done = sk_GENERAL_NAME_push(names, entry) > 0;
    }
    if (done) {
        entry = NULL;
        done = X509_add1_ext_i2d(certificate, NID_subject_alt_name, names, 0, X509V3_ADD_DEFAULT) == 1;
    }
    ASN1_IA5STRING_free(text);
    GENERAL_NAME_free(entry);
    GENERAL_NAMES_free(names);
    return done;
}

static int add_extensions(X509 *certificate, X509 *issuer, certificates_kind kind, const char *name)
{
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    X509V3_set_ctx_nodb(&context);
    int is_authority = kind == CERTIFICATES_AUTHORITY;
    return add_extension(
               certificate, &context, NID_basic_constraints,
               is_authority ? "critical,CA:TRUE,pathlen:0" : "critical,CA:FALSE") &&
           add_extension(
               certificate, &context, NID_key_usage,
               is_authority ? "critical,keyCertSign,cRLSign" : "critical,digitalSignature") &&
           (is_authority || add_extension(
                                certificate, &context, NID_ext_key_usage,
                                kind == CERTIFICATES_SERVER ? "serverAuth" : "clientAuth")) &&
           add_extension(certificate, &context, NID_subject_key_identifier, "hash") &&
           add_extension(certificate, &context, NID_authority_key_identifier, "keyid:always") &&
           (is_authority || add_dns_name(certificate, name));
}

static int fill(
    X509 *certificate, EVP_PKEY *key, X509 *issuer, certificates_kind kind, const char *name, int64_t not_before,
    int64_t not_after)
{
    int is_authority = kind == CERTIFICATES_AUTHORITY;
    /* The names of the holders are in the extension; a common name has room for 64 bytes only. */
    const char *title = kind == CERTIFICATES_SERVER ? "loopcsi node" : "loopcsi controller";
    return X509_set_version(certificate, X509_VERSION_3) && set_serial(certificate) &&
           ASN1_TIME_set(X509_getm_notBefore(certificate), not_before) != NULL &&
           ASN1_TIME_set(X509_getm_notAfter(certificate), not_after) != NULL && X509_set_pubkey(certificate, key) &&
           (is_authority ? set_authority_name(certificate) : set_name(certificate, title)) &&
           X509_set_issuer_name(certificate, X509_get_subject_name(issuer)) &&
           add_extensions(certificate, issuer, kind, name);
}

static int64_t sign_and_write(X509 *certificate, EVP_PKEY *issuer_key, uint8_t *out, size_t capacity)
{
    BIO *bio = BIO_new(BIO_s_mem());
    int written = bio != NULL && X509_sign(certificate, issuer_key, EVP_sha256()) > 0 &&
                  PEM_write_bio_X509(bio, certificate);
    return pem_take(bio, written, out, capacity);
}

int64_t certificates_make(
    certificates_kind kind, const char *key_text, const char *name, const char *issuer_text,
    const char *issuer_key_text, int64_t not_before, int64_t not_after, uint8_t *out, size_t capacity)
{
    int is_authority = kind == CERTIFICATES_AUTHORITY;
    X509 *made = X509_new();
    EVP_PKEY *key = pem_key(key_text);
    X509 *issuer = is_authority ? NULL : pem_certificate(issuer_text);
    EVP_PKEY *issuer_key = is_authority ? NULL : pem_key(issuer_key_text);
    int64_t result;
    if (key == NULL || (!is_authority && (issuer == NULL || issuer_key == NULL || name == NULL)))
        result = -EINVAL;
    else if (!is_authority && X509_check_private_key(issuer, issuer_key) != 1)
        result = -EKEYREJECTED;
    else if (made == NULL || !fill(made, key, is_authority ? made : issuer, kind, name, not_before, not_after))
        result = -EIO;
    else
        result = sign_and_write(made, is_authority ? key : issuer_key, out, capacity);
    X509_free(made);
    X509_free(issuer);
    EVP_PKEY_free(key);
    EVP_PKEY_free(issuer_key);
    ERR_clear_error();
    return result;
}
