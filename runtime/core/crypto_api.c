// SPDX-License-Identifier: MIT
#include "crypto_api.h"

#include <stdio.h>

#include "check.h"
#include "dynlib.h"
#include "error.h"

static bool load(struct bd_crypto_api *api, char *wrong, size_t wrong_size)
{
    const struct bd_dynlib_symbol symbols[] = {
#define BD_SYMBOL(member, function) {#function, (void **)(void *)&api->member},
        BD_CRYPTO_FUNCTIONS(BD_SYMBOL)
#undef BD_SYMBOL
    };
    if (!bd_dynlib_load("libcrypto.so.3", symbols, BD_COUNT(symbols), wrong, wrong_size)) {
        return false;
    }
    enum { OLDEST = 0x30000000 };
    if (api->version_num() < OLDEST) {
        (void)snprintf(wrong, wrong_size, "%s is too old", api->version(OPENSSL_VERSION));
        return false;
    }
    return true;
}

const struct bd_crypto_api *bd_crypto_load(char *wrong, size_t wrong_size)
{
    static struct bd_crypto_api functions;
    static bool loaded;
    loaded = loaded || load(&functions, wrong, wrong_size);
    return loaded ? &functions : NULL;
}

const struct bd_crypto_api *bd_crypto_api(lua_State *L)
{
    char wrong[256];
    const struct bd_crypto_api *api = bd_crypto_load(wrong, sizeof wrong);
    if (api == NULL) {
        bd_error_push(L, BD_CONFIGURATION, "nothing can be signed or checked: %s", wrong);
        bd_error_text(L, "hint", "Install OpenSSL 3 (Debian: libssl3).");
        bd_error_text(L, "outcome", "none");
        bd_error_raise(L);
    }
    return api;
}
