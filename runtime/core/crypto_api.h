// SPDX-License-Identifier: MIT
// The functions of OpenSSL's libcrypto that we use, loaded when something is first signed or checked.
#ifndef BD_CRYPTO_API_H
#define BD_CRYPTO_API_H

#include <lua.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <stdbool.h>
#include <stddef.h>

// X(member, function of libcrypto)
#define BD_CRYPTO_FUNCTIONS(X)                          \
    X(version, OpenSSL_version)                         \
    X(version_num, OpenSSL_version_num)                 \
    X(clear_errors, ERR_clear_error)                    \
    X(equal, CRYPTO_memcmp)                             \
    X(random, RAND_bytes)                               \
    X(sha1, EVP_sha1)                                   \
    X(sha256, EVP_sha256)                               \
    X(digest, EVP_Digest)                               \
    X(base64, EVP_EncodeBlock)                          \
    X(hmac, HMAC)                                       \
    X(keygen, EVP_PKEY_Q_keygen)                        \
    X(key_free, EVP_PKEY_free)                          \
    X(key_is_a, EVP_PKEY_is_a)                          \
    X(key_bits, EVP_PKEY_get_bits)                      \
    X(key_number, EVP_PKEY_get_bn_param)                \
    X(key_context, EVP_PKEY_CTX_new_from_pkey)          \
    X(key_context_by_name, EVP_PKEY_CTX_new_from_name)  \
    X(key_context_free, EVP_PKEY_CTX_free)              \
    X(key_check_pair, EVP_PKEY_pairwise_check)          \
    X(fromdata_init, EVP_PKEY_fromdata_init)            \
    X(fromdata, EVP_PKEY_fromdata)                      \
    X(params_new, OSSL_PARAM_BLD_new)                   \
    X(params_free, OSSL_PARAM_BLD_free)                 \
    X(params_push_number, OSSL_PARAM_BLD_push_BN)       \
    X(params_build, OSSL_PARAM_BLD_to_param)            \
    X(params_built_free, OSSL_PARAM_free)               \
    X(number_read, BN_bin2bn)                           \
    X(number_write, BN_bn2bin)                          \
    X(number_bits, BN_num_bits)                         \
    X(number_is_odd, BN_is_odd)                         \
    X(number_free, BN_free)                             \
    X(memory_new, BIO_new)                              \
    X(memory_kind_secret, BIO_s_secmem)                 \
    X(memory_over, BIO_new_mem_buf)                     \
    X(memory_control, BIO_ctrl)                         \
    X(memory_free, BIO_free)                            \
    X(pem_write_private, PEM_write_bio_PKCS8PrivateKey) \
    X(pem_write_public, PEM_write_bio_PUBKEY)           \
    X(pem_read_private, PEM_read_bio_PrivateKey)        \
    X(pem_read_public, PEM_read_bio_PUBKEY)             \
    X(digest_new, EVP_MD_CTX_new)                       \
    X(digest_free, EVP_MD_CTX_free)                     \
    X(sign_init, EVP_DigestSignInit)                    \
    X(sign, EVP_DigestSign)                             \
    X(verify_init, EVP_DigestVerifyInit)                \
    X(verify, EVP_DigestVerify)

struct bd_crypto_api {
#define BD_MEMBER(member, function) __typeof__(function) *member;
    BD_CRYPTO_FUNCTIONS(BD_MEMBER)
#undef BD_MEMBER
};

// The functions; NULL, with a sentence in `wrong`, when the library is missing or older than 3.0. They
// belong to the process, for the library is never unloaded, and keys live longer than what a runtime
// attaches.
const struct bd_crypto_api *bd_crypto_load(char *wrong, size_t wrong_size);

// The same for Lua: raises an error of kind "configuration".
const struct bd_crypto_api *bd_crypto_api(lua_State *L);

#endif
