// SPDX-License-Identifier: MIT
// beadle.lti.native: the bytes under beadle.lti.oauth1 and beadle.lti.jwt. What is wrong with a request that came
// is given back as nil and words; what is wrong with a call raises.
#include "lti.h"

#include <lauxlib.h>
#include <string.h>

#include "base_string.h"
#include "core/base64.h"
#include "core/crypto_api.h"
#include "core/encode.h"
#include "core/error.h"
#include "core/random.h"
#include "core/runtime.h"
#include "core/script.h"
#include "core/secret.h"
#include "pairs.h"

static const char SCRATCH[] = "beadle.lti.scratch";
static const char PAIRS[] = "beadle.lti.pairs";

void bd_lti_add_modules(lua_State *L)
{
    bd_script_add_module(L, "beadle.lti.native", bd_lti_native_module);
    bd_script_add_module(L, "beadle.lti.keys", bd_lti_keys_module);
    bd_script_add_module(L, "beadle.lti.store", bd_lti_store_module);
}

// ------------------------------------------------------------------------------------------------
// C memory that a Lua error does not leak

static int l_free_scratch(lua_State *L)
{
    struct bd_buf *buf = lua_touserdata(L, 1);
    if (buf->data != NULL) {
        explicit_bzero(buf->data, buf->cap);
    }
    bd_buf_free(buf);
    return 0;
}

static int l_free_pairs(lua_State *L)
{
    bd_pairs_free(lua_touserdata(L, 1));
    return 0;
}

// A zeroed userdata with that function as its finalizer. [-0, +1]
static void *push_owned(lua_State *L, const char *type, size_t size, lua_CFunction finalize)
{
    void *owned = memset(lua_newuserdatauv(L, size, 0), 0, size);
    if (luaL_newmetatable(L, type)) {
        lua_pushcfunction(L, finalize);
        lua_setfield(L, -2, "__gc");
    }
    lua_setmetatable(L, -2);
    return owned;
}

struct bd_buf *bd_lti_scratch(lua_State *L)
{
    return push_owned(L, SCRATCH, sizeof(struct bd_buf), l_free_scratch);
}

int bd_lti_scratch_result(lua_State *L)
{
    struct bd_buf *buf = lua_touserdata(L, -1);
    lua_pushlstring(L, buf->data != NULL ? buf->data : "", buf->len);
    bd_buf_free(buf);
    lua_replace(L, -2);
    return 1;
}

static struct bd_pairs *push_pairs(lua_State *L)
{
    return push_owned(L, PAIRS, sizeof(struct bd_pairs), l_free_pairs);
}

// Replaces the pairs on top by a flat list: name, value, name, value. [-1, +1]
static int pairs_result(lua_State *L)
{
    struct bd_pairs *pairs = lua_touserdata(L, -1);
    lua_Integer at = 0;
    lua_createtable(L, (int)(2 * pairs->count), 0);
    for (size_t i = 0; i < pairs->count; i++) {
        lua_pushlstring(L, bd_pairs_name(pairs, i), pairs->list[i].name_len);
        lua_rawseti(L, -2, ++at);
        lua_pushlstring(L, bd_pairs_value(pairs, i), pairs->list[i].value_len);
        lua_rawseti(L, -2, ++at);
    }
    bd_pairs_free(pairs);
    lua_replace(L, -2);
    return 1;
}

static int refused(lua_State *L, const char *why)
{
    lua_pushnil(L);
    lua_pushstring(L, why);
    return 2;
}

// ------------------------------------------------------------------------------------------------
// OAuth 1.0

// encode(text): RFC 5849, section 3.6.
static int l_encode(lua_State *L)
{
    size_t len;
    const char *text = luaL_checklstring(L, 1, &len);
    bd_encode_percent(bd_lti_scratch(L), text, len);
    return bd_lti_scratch_result(L);
}

// query(url): the parameters of its query; nil and what is wrong.
static int l_query(lua_State *L)
{
    size_t len;
    const char *text = luaL_checklstring(L, 1, &len);
    struct bd_url url;
    const char *wrong = bd_url_parse(&url, text, len);
    struct bd_pairs *pairs = push_pairs(L);
    if (wrong == NULL && url.query != NULL) {
        wrong = bd_pairs_read_query(pairs, url.query, url.query_len);
    }
    return wrong != NULL ? refused(L, wrong) : pairs_result(L);
}

// authorization(header): its parameters without the realm; nil and what is wrong.
static int l_authorization(lua_State *L)
{
    size_t len;
    const char *text = luaL_checklstring(L, 1, &len);
    const char *wrong = bd_pairs_read_authorization(push_pairs(L), text, len);
    return wrong != NULL ? refused(L, wrong) : pairs_result(L);
}

static void read_flat_list(lua_State *L, int index, struct bd_pairs *pairs)
{
    lua_Integer count = (lua_Integer)lua_rawlen(L, index);
    for (lua_Integer i = 1; i < count; i += 2) {
        size_t name_len;
        size_t value_len;
        lua_rawgeti(L, index, i);
        lua_rawgeti(L, index, i + 1);
        const char *name = luaL_checklstring(L, -2, &name_len);
        const char *value = luaL_checklstring(L, -1, &value_len);
        bd_pairs_add(pairs, name, name_len, value, value_len);
        lua_pop(L, 2);
    }
}

// base_string(method, url, {name, value, name, value, ...}); nil and what is wrong with the url.
static int l_base_string(lua_State *L)
{
    size_t method_len;
    size_t url_len;
    const char *method = luaL_checklstring(L, 1, &method_len);
    const char *text = luaL_checklstring(L, 2, &url_len);
    luaL_checktype(L, 3, LUA_TTABLE);
    struct bd_url url;
    const char *wrong = bd_url_parse(&url, text, url_len);
    if (wrong != NULL) {
        return refused(L, wrong);
    }
    struct bd_pairs *pairs = push_pairs(L);
    read_flat_list(L, 3, pairs);
    bd_base_string(bd_lti_scratch(L), method, method_len, &url, pairs);
    return bd_lti_scratch_result(L);
}

static const EVP_MD *digest_of(lua_State *L, const struct bd_crypto_api *crypto, int index)
{
    static const char *const METHODS[] = {"HMAC-SHA1", "HMAC-SHA256", NULL};
    return luaL_checkoption(L, index, NULL, METHODS) == 0 ? crypto->sha1() : crypto->sha256();
}

// Writes base64 of the HMAC of the text, with the consumer secret and no token secret as the key (RFC 5849,
// section 3.4.2).
static void write_signature(lua_State *L, const char *text, size_t text_len, const char *secret,
                            size_t secret_len, struct bd_buf *key, struct bd_buf *out)
{
    const struct bd_crypto_api *crypto = bd_crypto_api(L);
    unsigned char mac[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    bd_buf_reserve(key, 3 * secret_len + 1); // so that no copy is left behind
    bd_encode_percent(key, secret, secret_len);
    bd_buf_add_char(key, '&');
    bool done = crypto->hmac(digest_of(L, crypto, 1), key->data, (int)key->len,
                             (const unsigned char *)text, text_len, mac, &len) != NULL;
    if (!done) {
        crypto->clear_errors();
        bd_error(L, BD_INTERNAL, "OpenSSL cannot compute an HMAC");
    }
    bd_encode_base64(out, (const char *)mac, len);
    explicit_bzero(mac, sizeof mac);
}

// The text of a consumer secret. An empty one is refused: anybody could sign with it.
static const char *check_secret(lua_State *L, int index, size_t *len)
{
    const char *secret = bd_secret_or_text(L, index, len);
    if (secret == NULL || *len == 0) {
        bd_error_push(L, BD_ARGUMENT, "%s",
                      secret == NULL ? "a consumer secret must be a secret or a text"
                                     : "an empty consumer secret protects nothing");
        bd_error_text(L, "outcome", "none");
        bd_error_raise(L);
    }
    return secret;
}

// signature(method, base_string, secret)
static int l_signature(lua_State *L)
{
    size_t text_len;
    size_t secret_len;
    const char *text = luaL_checklstring(L, 2, &text_len);
    const char *secret = check_secret(L, 3, &secret_len);
    struct bd_buf *key = bd_lti_scratch(L);
    write_signature(L, text, text_len, secret, secret_len, key, bd_lti_scratch(L));
    return bd_lti_scratch_result(L);
}

static bool equal(const struct bd_crypto_api *crypto, const char *a, size_t a_len, const char *b,
                  size_t b_len)
{
    return a_len == b_len && crypto->equal(a, b, a_len) == 0;
}

// matches(method, base_string, secret, signature): whether it is the signature. Without a secret it is not, and
// takes as long.
static int l_matches(lua_State *L)
{
    static const char STAND_IN[] = "of a consumer that is not known";
    size_t text_len;
    size_t given_len;
    size_t secret_len = sizeof STAND_IN - 1;
    const char *text = luaL_checklstring(L, 2, &text_len);
    bool known = !lua_isnoneornil(L, 3);
    const char *secret = known ? check_secret(L, 3, &secret_len) : STAND_IN;
    const char *given = luaL_checklstring(L, 4, &given_len);
    struct bd_buf *key = bd_lti_scratch(L);
    struct bd_buf *expected = bd_lti_scratch(L);
    write_signature(L, text, text_len, secret, secret_len, key, expected);
    bool same = equal(bd_crypto_api(L), expected->data, expected->len, given, given_len);
    lua_pushboolean(L, same && known);
    return 1;
}

// body_hash(method, body): OAuth Request Body Hash, section 3.2.
static int l_body_hash(lua_State *L)
{
    const struct bd_crypto_api *crypto = bd_crypto_api(L);
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned hash_len = 0;
    size_t len;
    const char *body = luaL_checklstring(L, 2, &len);
    if (crypto->digest(body, len, hash, &hash_len, digest_of(L, crypto, 1), NULL) != 1) {
        crypto->clear_errors();
        return bd_error(L, BD_INTERNAL, "OpenSSL cannot compute a digest");
    }
    bd_encode_base64(bd_lti_scratch(L), (const char *)hash, hash_len);
    return bd_lti_scratch_result(L);
}

// ------------------------------------------------------------------------------------------------
// For both

// equal(a, b): texts, in a time that does not tell where they differ.
static int l_equal(lua_State *L)
{
    size_t a_len;
    size_t b_len;
    const char *a = luaL_checklstring(L, 1, &a_len);
    const char *b = luaL_checklstring(L, 2, &b_len);
    lua_pushboolean(L, equal(bd_crypto_api(L), a, a_len, b, b_len));
    return 1;
}

// True in the sandbox's own Lua state, and where time is virtual: nothing there leaves the program, and the same
// seed shall give the same run.
static bool is_simulated(lua_State *L)
{
    const struct bd_runtime *rt = bd_runtime_of(L);
    lua_rawgeti(L, LUA_REGISTRYINDEX, LUA_RIDX_MAINTHREAD);
    bool simulated = rt->loop.virtual_time || lua_tothread(L, -1) != rt->L;
    lua_pop(L, 1);
    return simulated;
}

// nonce(): 128 bits as 32 hexadecimal digits, from OpenSSL; from the run's seed where all is simulated.
static int l_nonce(lua_State *L)
{
    unsigned char bytes[16];
    char text[2 * sizeof bytes];
    if (is_simulated(L)) {
        struct bd_random *random = &bd_runtime_of(L)->random;
        const uint64_t numbers[] = {bd_random_next(random), bd_random_next(random)};
        _Static_assert(sizeof numbers == sizeof bytes, "as many bytes");
        memcpy(bytes, numbers, sizeof bytes);
    } else if (bd_crypto_api(L)->random(bytes, sizeof bytes) != 1) {
        return bd_error(L, BD_INTERNAL, "OpenSSL has no random numbers");
    }
    for (size_t i = 0; i < sizeof bytes; i++) {
        static const char HEX[] = "0123456789abcdef";
        text[2 * i] = HEX[bytes[i] >> 4];
        text[2 * i + 1] = HEX[bytes[i] & 15];
    }
    lua_pushlstring(L, text, sizeof text);
    return 1;
}

// now(): seconds since 1970, on the run's clock.
static int l_now(lua_State *L)
{
    lua_pushnumber(L, bd_loop_wall(&bd_runtime_of(L)->loop));
    return 1;
}

// is_secret(value): whether it can be a secret parameter: a secret or a text.
static int l_is_secret(lua_State *L)
{
    size_t len;
    lua_pushboolean(L, bd_secret_or_text(L, 1, &len) != NULL);
    return 1;
}

// base64url(bytes)
static int l_base64url(lua_State *L)
{
    size_t len;
    const char *bytes = luaL_checklstring(L, 1, &len);
    bd_base64url_encode(bd_lti_scratch(L), bytes, len);
    return bd_lti_scratch_result(L);
}

// from_base64url(text): the bytes; nil when it is not base64url as core/base64.h says.
static int l_from_base64url(lua_State *L)
{
    size_t len;
    const char *text = luaL_checklstring(L, 1, &len);
    if (!bd_base64url_decode(bd_lti_scratch(L), text, len)) {
        lua_pushnil(L);
        return 1;
    }
    return bd_lti_scratch_result(L);
}

int bd_lti_native_module(lua_State *L)
{
    static const luaL_Reg FUNCTIONS[] = {
        {"encode", l_encode},
        {"query", l_query},
        {"authorization", l_authorization},
        {"base_string", l_base_string},
        {"signature", l_signature},
        {"matches", l_matches},
        {"body_hash", l_body_hash},
        {"equal", l_equal},
        {"nonce", l_nonce},
        {"now", l_now},
        {"is_secret", l_is_secret},
        {"base64url", l_base64url},
        {"from_base64url", l_from_base64url},
        {NULL, NULL},
    };
    luaL_newlib(L, FUNCTIONS);
    return 1;
}
