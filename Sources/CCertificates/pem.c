#include "pem.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <string.h>

/* In the place of the library's own, which would ask at the terminal. */
static int no_passphrase(char *buffer, int size, int writing, void *context)
{
    (void)buffer, (void)size, (void)writing, (void)context;
    return -1;
}

static BIO *reader(const char *text)
{
    return text != NULL ? BIO_new_mem_buf(text, -1) : NULL;
}

X509 *pem_certificate(const char *text)
{
    BIO *bio = reader(text);
    X509 *found = bio != NULL ? PEM_read_bio_X509(bio, NULL, no_passphrase, NULL) : NULL;
    BIO_free(bio);
    return found;
}

EVP_PKEY *pem_key(const char *text)
{
    BIO *bio = reader(text);
    EVP_PKEY *found = bio != NULL ? PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL) : NULL;
    BIO_free(bio);
    return found;
}

STACK_OF(X509) *pem_certificates(const char *text)
{
    BIO *bio = reader(text);
    STACK_OF(X509) *all = sk_X509_new_null();
    X509 *next;
    int is_whole = bio != NULL && all != NULL;
    while (is_whole && (next = PEM_read_bio_X509(bio, NULL, no_passphrase, NULL)) != NULL) {
        is_whole = sk_X509_push(all, next) > 0;
        if (!is_whole)
            X509_free(next);
    }
    /* The end of the text shows as a missing first line. */
    is_whole = is_whole && ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
    BIO_free(bio);
    if (is_whole && sk_X509_num(all) > 0)
        return all;
    sk_X509_pop_free(all, X509_free);
    return NULL;
}

int64_t pem_take(BIO *bio, int written, uint8_t *out, size_t capacity)
{
    char *bytes = NULL;
    long count = bio != NULL && written == 1 ? BIO_get_mem_data(bio, &bytes) : -1;
    int64_t result = count <= 0 ? -EIO : (size_t)count > capacity ? -ENOSPC : count;
    if (result > 0)
        memcpy(out, bytes, (size_t)count);
    if (bytes != NULL && count > 0)
        OPENSSL_cleanse(bytes, (size_t)count);
    BIO_free(bio);
    return result;
}
