// SPDX-License-Identifier: MIT
#include "rsa.h"

#include <string.h>

#include "core/base64.h"

EVP_PKEY *bd_rsa_generate(const struct bd_crypto_api *crypto, unsigned bits)
{
    EVP_PKEY *key = crypto->keygen(NULL, NULL, "RSA", (size_t)bits);
    crypto->clear_errors();
    return key;
}

// ------------------------------------------------------------------------------------------------
// Checking

static const char *wrong_numbers(const struct bd_crypto_api *crypto, const BIGNUM *n,
                                 const BIGNUM *e)
{
    enum { MOST_EXPONENT_BITS = 64 };
    int bits = crypto->number_bits(n);
    if (bits < BD_RSA_FEWEST_BITS) {
        return "it has fewer than 2048 bits";
    }
    if (bits > BD_RSA_MOST_BITS) {
        return "it has more than 8192 bits";
    }
    int exponent = crypto->number_bits(e);
    bool usable = exponent >= 2 && exponent <= MOST_EXPONENT_BITS && crypto->number_is_odd(e) &&
                  crypto->number_is_odd(n);
    return usable ? NULL : "its numbers cannot be those of an RSA key";
}

const char *bd_rsa_check(const struct bd_crypto_api *crypto, const EVP_PKEY *key)
{
    BIGNUM *n = NULL;
    BIGNUM *e = NULL;
    const char *wrong = "it is no RSA key";
    if (crypto->key_is_a(key, "RSA") == 1 &&
        crypto->key_number(key, OSSL_PKEY_PARAM_RSA_N, &n) == 1 &&
        crypto->key_number(key, OSSL_PKEY_PARAM_RSA_E, &e) == 1) {
        wrong = wrong_numbers(crypto, n, e);
    }
    crypto->number_free(n);
    crypto->number_free(e);
    crypto->clear_errors();
    return wrong;
}

// Both halves belong together.
static bool is_pair(const struct bd_crypto_api *crypto, EVP_PKEY *key)
{
    EVP_PKEY_CTX *context = crypto->key_context(NULL, key, NULL);
    bool pair = context != NULL && crypto->key_check_pair(context) == 1;
    crypto->key_context_free(context);
    crypto->clear_errors();
    return pair;
}

// ------------------------------------------------------------------------------------------------
// Reading

// Nobody is asked for a passphrase: this may run where no one is.
static int refuse_passphrase(char *buffer, // NOLINT: OpenSSL's type
                             int size, int writing, void *asked)
{
    (void)buffer;
    (void)size;
    (void)writing;
    *(bool *)asked = true;
    return -1;
}

static EVP_PKEY *read_pem(const struct bd_crypto_api *crypto, const char *text, size_t len,
                          bool is_private, bool *asked)
{
    BIO *memory = crypto->memory_over(text, (int)len);
    if (memory == NULL) {
        return NULL;
    }
    EVP_PKEY *key = is_private ? crypto->pem_read_private(memory, NULL, refuse_passphrase, asked)
                               : crypto->pem_read_public(memory, NULL, refuse_passphrase, asked);
    (void)crypto->memory_free(memory);
    crypto->clear_errors();
    return key;
}

EVP_PKEY *bd_rsa_read_pem(const struct bd_crypto_api *crypto, const char *text, size_t len,
                          bool *is_private, const char **wrong)
{
    bool asked = false;
    *wrong = "it is longer than 65536 bytes";
    if (len > BD_RSA_LONGEST_PEM) {
        return NULL;
    }
    *is_private = true;
    EVP_PKEY *key = read_pem(crypto, text, len, true, &asked);
    if (key == NULL && !asked) {
        *is_private = false;
        key = read_pem(crypto, text, len, false, &asked);
    }
    if (key == NULL) {
        *wrong = asked ? "it is encrypted with a passphrase" : "it is no key in PEM";
        return NULL;
    }
    *wrong = bd_rsa_check(crypto, key);
    if (*wrong == NULL && *is_private && !is_pair(crypto, key)) {
        *wrong = "its private and public halves do not belong together";
    }
    if (*wrong != NULL) {
        crypto->key_free(key);
        return NULL;
    }
    return key;
}

static EVP_PKEY *build(const struct bd_crypto_api *crypto, const BIGNUM *n, const BIGNUM *e)
{
    EVP_PKEY *key = NULL;
    OSSL_PARAM *params = NULL;
    OSSL_PARAM_BLD *builder = crypto->params_new();
    EVP_PKEY_CTX *context = crypto->key_context_by_name(NULL, "RSA", NULL);
    if (builder != NULL && context != NULL &&
        crypto->params_push_number(builder, OSSL_PKEY_PARAM_RSA_N, n) == 1 &&
        crypto->params_push_number(builder, OSSL_PKEY_PARAM_RSA_E, e) == 1) {
        params = crypto->params_build(builder);
    }
    if (params != NULL && (crypto->fromdata_init(context) != 1 ||
                           crypto->fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, params) != 1)) {
        key = NULL;
    }
    crypto->params_built_free(params);
    crypto->params_free(builder);
    crypto->key_context_free(context);
    crypto->clear_errors();
    return key;
}

static BIGNUM *read_number(const struct bd_crypto_api *crypto, const struct bd_buf *bytes)
{
    enum { LONGEST = BD_RSA_MOST_BITS / 8 + 16 };
    if (bytes->len == 0 || bytes->len > LONGEST) {
        return NULL;
    }
    return crypto->number_read((const unsigned char *)bytes->data, (int)bytes->len, NULL);
}

EVP_PKEY *bd_rsa_from_numbers(const struct bd_crypto_api *crypto, const struct bd_buf *n,
                              const struct bd_buf *e, const char **wrong)
{
    BIGNUM *modulus = read_number(crypto, n);
    BIGNUM *exponent = read_number(crypto, e);
    EVP_PKEY *key = NULL;
    *wrong = "its numbers cannot be those of an RSA key";
    if (modulus != NULL && exponent != NULL) {
        *wrong = wrong_numbers(crypto, modulus, exponent);
    }
    if (*wrong == NULL) {
        key = build(crypto, modulus, exponent);
        *wrong = key != NULL ? NULL : "OpenSSL does not take its numbers";
    }
    crypto->number_free(modulus);
    crypto->number_free(exponent);
    return key;
}

// ------------------------------------------------------------------------------------------------
// Writing

bool bd_rsa_add_number(const struct bd_crypto_api *crypto, const EVP_PKEY *key, const char *name,
                       struct bd_buf *out)
{
    BIGNUM *number = NULL;
    if (crypto->key_number(key, name, &number) != 1) {
        crypto->clear_errors();
        return false;
    }
    size_t len = ((size_t)crypto->number_bits(number) + 7) / 8;
    bd_buf_reserve(out, len + 1);
    crypto->number_write(number, (unsigned char *)out->data + out->len);
    out->len += len;
    crypto->number_free(number);
    return true;
}

// The members in the order of RFC 7638, section 3.2.
static bool add_thumbprint_input(const struct bd_crypto_api *crypto, const EVP_PKEY *key,
                                 struct bd_buf *out)
{
    struct bd_buf n = {0};
    struct bd_buf e = {0};
    bool whole = bd_rsa_add_number(crypto, key, OSSL_PKEY_PARAM_RSA_N, &n) &&
                 bd_rsa_add_number(crypto, key, OSSL_PKEY_PARAM_RSA_E, &e);
    bd_buf_add_text(out, "{\"e\":\"");
    bd_base64url_encode(out, e.data, e.len);
    bd_buf_add_text(out, "\",\"kty\":\"RSA\",\"n\":\"");
    bd_base64url_encode(out, n.data, n.len);
    bd_buf_add_text(out, "\"}");
    bd_buf_free(&n);
    bd_buf_free(&e);
    return whole;
}

bool bd_rsa_add_thumbprint(const struct bd_crypto_api *crypto, const EVP_PKEY *key,
                           struct bd_buf *out)
{
    struct bd_buf input = {0};
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    bool done = add_thumbprint_input(crypto, key, &input) &&
                crypto->digest(input.data, input.len, hash, &len, crypto->sha256(), NULL) == 1;
    if (done) {
        bd_base64url_encode(out, (const char *)hash, len);
    }
    bd_buf_free(&input);
    crypto->clear_errors();
    return done;
}

bool bd_rsa_add_pem(const struct bd_crypto_api *crypto, EVP_PKEY *key, bool is_private,
                    struct bd_buf *out)
{
    BIO *memory = crypto->memory_new(crypto->memory_kind_secret()); // wiped when it is freed
    char *text = NULL;
    bool written = memory != NULL &&
                   (is_private ? crypto->pem_write_private(memory, key, NULL, NULL, 0, NULL, NULL)
                               : crypto->pem_write_public(memory, key)) == 1;
    if (written) {
        long len = crypto->memory_control(memory, BIO_CTRL_INFO, 0, (void *)&text);
        bd_buf_reserve(out, (size_t)len); // in one step, so that no copy is left behind
        bd_buf_add(out, text, (size_t)len);
    }
    (void)crypto->memory_free(memory);
    crypto->clear_errors();
    return written;
}

// ------------------------------------------------------------------------------------------------
// Signing

bool bd_rsa_sign(const struct bd_crypto_api *crypto, EVP_PKEY *key, const char *text, size_t len,
                 struct bd_buf *out)
{
    EVP_MD_CTX *context = crypto->digest_new();
    size_t room = ((size_t)crypto->key_bits(key) + 7) / 8;
    bd_buf_reserve(out, room);
    bool done = context != NULL &&
                crypto->sign_init(context, NULL, crypto->sha256(), NULL, key) == 1 &&
                crypto->sign(context, (unsigned char *)out->data + out->len, &room,
                             (const unsigned char *)text, len) == 1;
    out->len += done ? room : 0;
    crypto->digest_free(context);
    crypto->clear_errors();
    return done;
}

bool bd_rsa_verify(const struct bd_crypto_api *crypto, EVP_PKEY *key, const char *text, size_t len,
                   const char *signature, size_t signature_len)
{
    if (signature_len != ((size_t)crypto->key_bits(key) + 7) / 8) {
        return false;
    }
    EVP_MD_CTX *context = crypto->digest_new();
    bool right = context != NULL &&
                 crypto->verify_init(context, NULL, crypto->sha256(), NULL, key) == 1 &&
                 crypto->verify(context, (const unsigned char *)signature, signature_len,
                                (const unsigned char *)text, len) == 1;
    crypto->digest_free(context);
    crypto->clear_errors();
    return right;
}
