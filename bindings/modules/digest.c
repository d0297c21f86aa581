// SPDX-License-Identifier: MIT
// beadle.digest: the SHA-256 of a text, by which equal texts are known again without being kept. Loads OpenSSL when it
// is first asked for.
#include <lauxlib.h>

#include "core/crypto_api.h"
#include "core/error.h"
#include "modules.h"

// sha256(text) -> base64. Raises an error of kind "internal" when OpenSSL cannot be had.
static int l_sha256(lua_State *L)
{
    const struct bd_crypto_api *crypto = bd_crypto_api(L);
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned hash_len = 0;
    size_t len;
    const char *text = luaL_checklstring(L, 1, &len);
    if (crypto->digest(text, len, hash, &hash_len, crypto->sha256(), NULL) != 1) {
        crypto->clear_errors();
        return bd_error(L, BD_INTERNAL, "OpenSSL cannot compute a digest");
    }
    unsigned char text64[EVP_ENCODE_LENGTH(EVP_MAX_MD_SIZE)];
    int text64_len = crypto->base64(text64, hash, (int)hash_len);
    lua_pushlstring(L, (const char *)text64, (size_t)text64_len);
    return 1;
}

int bd_digest_module(lua_State *L)
{
    static const luaL_Reg FUNCTIONS[] = {{"sha256", l_sha256}, {NULL, NULL}};
    luaL_newlib(L, FUNCTIONS);
    return 1;
}
