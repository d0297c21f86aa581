// SPDX-License-Identifier: MIT
// RSA keys for RS256: RSASSA-PKCS1-v1_5 with SHA-256 (RFC 7518, section 3.3). No Lua here. Each function leaves
// OpenSSL's list of errors empty; `wrong` is the end of a sentence and never holds anything of a key. The caller
// frees keys with key_free.
#ifndef BD_LTI_RSA_H
#define BD_LTI_RSA_H

#include <stdbool.h>
#include <stddef.h>

#include "core/buf.h"
#include "core/crypto_api.h"

enum {
    BD_RSA_FEWEST_BITS = 2048, // RFC 7518, section 3.3
    BD_RSA_MOST_BITS = 8192,   // our assumption: longer ones only cost time
    BD_RSA_LONGEST_PEM = 65536,
};

// A new key; 2048, 3072 or 4096 bits. Takes from a tenth of a second to some seconds. NULL when OpenSSL cannot.
EVP_PKEY *bd_rsa_generate(const struct bd_crypto_api *crypto, unsigned bits);

// The key of a PEM text: PKCS#8 or PKCS#1 of a private key, or a public key. NULL and `wrong` when it is none, is
// encrypted, or bd_rsa_check refuses it.
EVP_PKEY *bd_rsa_read_pem(const struct bd_crypto_api *crypto, const char *text, size_t len,
                          bool *is_private, const char **wrong);

// The public key with that modulus and exponent, big-endian.
EVP_PKEY *bd_rsa_from_numbers(const struct bd_crypto_api *crypto, const struct bd_buf *n,
                              const struct bd_buf *e, const char **wrong);

// NULL, or why the key is not used: another type, too short, too long, an exponent that cannot be.
const char *bd_rsa_check(const struct bd_crypto_api *crypto, const EVP_PKEY *key);

// Append. False when OpenSSL cannot.
bool bd_rsa_add_number(const struct bd_crypto_api *crypto, const EVP_PKEY *key, const char *name,
                       struct bd_buf *out); // "n" or "e", big-endian without leading zeros
bool bd_rsa_add_thumbprint(const struct bd_crypto_api *crypto, const EVP_PKEY *key,
                           struct bd_buf *out); // RFC 7638 with SHA-256, base64url
bool bd_rsa_add_pem(const struct bd_crypto_api *crypto, EVP_PKEY *key, bool is_private,
                    struct bd_buf *out); // PKCS#8, or the public key
bool bd_rsa_sign(const struct bd_crypto_api *crypto, EVP_PKEY *key, const char *text, size_t len,
                 struct bd_buf *out);

// True when it is the key's signature of the text. One of another length never is.
bool bd_rsa_verify(const struct bd_crypto_api *crypto, EVP_PKEY *key, const char *text, size_t len,
                   const char *signature, size_t signature_len);

#endif
