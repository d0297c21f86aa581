// SPDX-License-Identifier: MIT
// Whatever comes as a token is read or refused with a reason, never raises, and is never accepted unless it is the one
// that was signed. The first byte chooses: as it is, or three parts that are put into base64url first.
#include <lauxlib.h>
#include <stdio.h>
#include <string.h>

#include "bindings/bindings.h"
#include "cli/sources.h"
#include "core/base64.h"
#include "core/check.h"
#include "core/error.h"
#include "core/runtime.h"
#include "core/script.h"
#include "fuzz.h"

// Signed by a key of which only the public half is left.
#define SIGNED                                                                         \
    "eyJhbGciOiJSUzI1NiIsImtpZCI6ImsiLCJ0eXAiOiJKV1QifQ.eyJhdWQiOiJhIiwiaXNzIjoiaSIsI" \
    "mV4cCI6MjAwMCwiaWF0IjoxMDAwLCJub25jZSI6Im4ifQ.SD4lEDbJkPbHyTKOXCmQQDPLrmcnlzUrJ-" \
    "AEywBlHBkef7wYwopOC5xQKdedx-WC38Kyg1NpaxAWPM71zDc_d5nVL36DWjTRrpP3gQwQKFOdAKOyUQ" \
    "s7gpIVfugVUOn1OeiGnpYlG0v1BnWtNGfarxBrmL1AJBChAd9RjU6NTiAb3B85iNO93wX5jhDOnqz_WG" \
    "XBRkF_zd1vp_NBYKDU8l7NZ2nk2gnVXr-"                                                \
    "8KaWhd5TLblnuhxatkOUqKKs9zltYIeBbLS0t3BqxVtN9Tkg9yO-"                             \
    "4tCv8oK8kd8VUUyInygtJQdLm2Rvs21_QN-vlkQHWFbj1SFlRIn3nYXZZX9EU0g"
#define MODULUS                                                                        \
    "vcj982r8Sb1KgvYlIrdotyRVJm1oUJq_GHw79dDNzWtNqE3AwZidq0Wd_hsFzCxn78awbsv7tmsfPqPe" \
    "w2Me9KntQ7A5T6ORoSG53fG9NQ0uZBn-XOEBBwEx9bOhtnL53JgRLZvmiITg2U5K1BaZwBGzZGU46V3o" \
    "e3UtUySd7E9S4d2nkV9nSfGjtcslARTaZpY8MjJnN9xECiQ1tDmpnVUvM7rhyMYy07wjv0hmywX-Wbro" \
    "kx5TG_HmcJ-P2DqiZTRHa4yhO1B8hECVWR5WB6JTwzl2PY4f2QLmScHq-"                        \
    "R04C5sXS4cZ0ywFCINJCPNr57sIa_VW7En4mH0lIMV5IQ"

const struct fuzz_seed fuzz_seeds[] = {
    FUZZ_SEED("\0" SIGNED),
    FUZZ_SEED("\1{\"alg\":\"RS256\",\"kid\":\"k\",\"typ\":\"JWT\"}.{\"iss\":\"i\",\"aud\":[\"a\"],"
              "\"exp\":2000}.x"),
    FUZZ_SEED("\1{\"alg\":\"none\",\"jwk\":{\"kty\":\"RSA\"}}.{}."),
    FUZZ_SEED("\1{\"kid\":null,\"alg\":\"RS256\",\"crit\":[\"b64\"]}.[].AAAA"),
    FUZZ_SEED("\0e30.e30."),
    {0},
};
const struct fuzz_seed fuzz_bytes =
    FUZZ_SEED(".{}[]:,\"\\0123456789AZaz-_=+/ \n\xc3\xa9\xff\0eyJhbGciOi");

static const char SCRIPT[] =
    "local jwt = require 'beadle.lti.jwt'\n"
    "local keys = { keys = { { kty = 'RSA', kid = 'k', e = 'AQAB', n = '" MODULUS "' } } }\n"
    "return function(token)\n"
    "  local header, claims = jwt.read(token)\n"
    "  assert(header and type(claims) == 'table' or type(claims) == 'string')\n"
    "  local found, reason, detail = jwt.verify(token, { keys = keys, issuer = 'i', audience = "
    "'a', nonce = 'n',\n"
    "    now = 1000 })\n"
    "  assert(found or (reason:find '^[a-z_]+$' and type(detail) == 'table'))\n"
    "  return found ~= nil\n"
    "end\n";

// Leaves the function at index 1.
static lua_State *open_state(void)
{
    static const struct bd_options OPTIONS = {
        .seeded = true, .seed = 1, .ignore_environment = true};
    struct bd_runtime *rt = bd_runtime_open(&OPTIONS);
    bd_script_set_sources(rt, bd_sources);
    bd_script_open(rt->L);
    bd_bindings_open(rt);
    bool loaded = luaL_loadbufferx(rt->L, SCRIPT, sizeof SCRIPT - 1, "=fuzz", "t") == LUA_OK &&
                  lua_pcall(rt->L, 0, 1, 0) == LUA_OK;
    if (!loaded) {
        fprintf(stderr, "%s\n", bd_error_describe(rt->L, -1));
    }
    BD_CHECK(loaded);
    return rt->L;
}

// The parts in base64url, the dots between them as they are.
static void encode_parts(struct bd_buf *out, const char *text, size_t len)
{
    const char *end = text + len;
    for (;;) {
        const char *dot = memchr(text, '.', (size_t)(end - text));
        bd_base64url_encode(out, text, (size_t)((dot != NULL ? dot : end) - text));
        if (dot == NULL) {
            return;
        }
        bd_buf_add_char(out, '.');
        text = dot + 1;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static lua_State *L; // one for all inputs: making it takes longer than they do
    struct bd_buf token = {0};
    if (size == 0) {
        return 0;
    }
    if (L == NULL) {
        L = open_state();
    }
    if (data[0] % 2 == 1) {
        encode_parts(&token, (const char *)data + 1, size - 1);
    } else {
        bd_buf_add(&token, data + 1, size - 1);
    }
    bool is_signed = token.len == sizeof SIGNED - 1 && memcmp(token.data, SIGNED, token.len) == 0;
    lua_settop(L, 1);
    lua_pushvalue(L, 1);
    lua_pushlstring(L, token.data != NULL ? token.data : "", token.len);
    bd_buf_free(&token);
    int status = lua_pcall(L, 1, 1, 0);
    if (status != LUA_OK) {
        fprintf(stderr, "%s\n", bd_error_describe(L, -1));
    }
    BD_CHECK(status == LUA_OK);
    BD_CHECK(lua_toboolean(L, -1) == is_signed);
    lua_settop(L, 1);
    return 0;
}
