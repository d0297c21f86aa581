// SPDX-License-Identifier: MIT
// beadle.lti.keys: RSA keys of at least 2048 bits, for RS256. A key is a userdata; a private one leaves it as a secret
// or into a file that only its owner may read.
//
//   generate { bits = 2048, kid = }   a new key; 2048, 3072 or 4096 bits. Everything waits meanwhile: a tenth of a
//                                     second, or some seconds for 4096 bits
//   load(pem [, { kid = }])           of a secret or a text; private or public
//   load_file(path [, { kid = }])     private: the file is its owner's, and nobody else may read it
//   from_jwk(table)                   public (RFC 7517); read_jwk gives nil and what is wrong instead of an error
//   key:kid(), key:bits(), key:is_private()
//   key:jwk()                         public, as a table; kid is the thumbprint (RFC 7638) unless it was given
//   key:pem()                         private, PKCS#8, a secret; key:public_pem() a text
//   key:save(path)                    private, into a new file
//   key:sign(text), key:verify(text, signature)   RS256, bytes
#include "lti.h"

#include <errno.h>
#include <lauxlib.h>
#include <libgen.h>
#include <string.h>
#include <unistd.h>

#include "core/base64.h"
#include "core/error.h"
#include "core/secret.h"
#include "private_file.h"
#include "rsa.h"

static const char KEY[] = "beadle.lti.key";

struct key { // its user value is its kid
    EVP_PKEY *pkey;
    bool is_private;
};

static struct key *check_key(lua_State *L)
{
    return luaL_checkudata(L, 1, KEY);
}

static int refuse(lua_State *L, const char *format, const char *why)
{
    bd_error_push(L, BD_ARGUMENT, format, why);
    bd_error_text(L, "outcome", "none");
    return bd_error_raise(L);
}

static struct key *push_key(lua_State *L)
{
    struct key *key = lua_newuserdatauv(L, sizeof *key, 1);
    *key = (struct key){0};
    luaL_setmetatable(L, KEY);
    return key;
}

// Sets the kid of the key on top: the text at `kid`, else its thumbprint. [-0, +0]
static int name_key(lua_State *L, struct key *key, int kid)
{
    if (kid != 0) {
        lua_pushvalue(L, kid);
    } else {
        if (!bd_rsa_add_thumbprint(bd_crypto_api(L), key->pkey, bd_lti_scratch(L))) {
            return bd_error(L, BD_INTERNAL, "OpenSSL cannot compute a thumbprint");
        }
        (void)bd_lti_scratch_result(L);
    }
    lua_setiuservalue(L, -2, 1);
    return 1;
}

// ------------------------------------------------------------------------------------------------
// Making and reading

// The option `kid` of the table at an index, pushed; 0 when there is none. Other options than it and `other` are
// refused.
static int read_kid(lua_State *L, int options, const char *other)
{
    if (lua_isnoneornil(L, options)) {
        return 0;
    }
    luaL_checktype(L, options, LUA_TTABLE);
    for (lua_pushnil(L); lua_next(L, options) != 0; lua_pop(L, 1)) {
        const char *name = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "?";
        if (strcmp(name, "kid") != 0 && (other == NULL || strcmp(name, other) != 0)) {
            refuse(L, "there is no option \"%s\"", name);
        }
    }
    int type = lua_getfield(L, options, "kid");
    if (type == LUA_TNIL) {
        return 0;
    }
    if (type != LUA_TSTRING || lua_rawlen(L, -1) == 0) {
        refuse(L, "the option \"%s\" must be a text", "kid");
    }
    return lua_gettop(L);
}

static int l_generate(lua_State *L)
{
    lua_settop(L, 1);
    int kid = read_kid(L, 1, "bits");
    lua_Integer bits = BD_RSA_FEWEST_BITS;
    if (lua_istable(L, 1) && lua_getfield(L, 1, "bits") != LUA_TNIL) {
        bits = lua_isinteger(L, -1) ? lua_tointeger(L, -1) : 0;
    }
    if (bits != 2048 && bits != 3072 && bits != 4096) {
        return refuse(L, "the option \"%s\" must be 2048, 3072 or 4096", "bits");
    }
    const struct bd_crypto_api *crypto = bd_crypto_api(L);
    struct key *key = push_key(L);
    key->is_private = true;
    key->pkey = bd_rsa_generate(crypto, (unsigned)bits);
    if (key->pkey == NULL) {
        return bd_error(L, BD_INTERNAL, "OpenSSL cannot make a key");
    }
    return name_key(L, key, kid);
}

static int load_text(lua_State *L, const char *text, size_t len, int kid, const char *what)
{
    const char *wrong;
    struct key *key = push_key(L);
    key->pkey = bd_rsa_read_pem(bd_crypto_api(L), text, len, &key->is_private, &wrong);
    if (key->pkey == NULL) {
        bd_error_push(L, BD_ARGUMENT, "%s cannot be used: %s", what, wrong);
        bd_error_text(L, "outcome", "none");
        bd_error_text(L, "hint", "A key is RSA of at least 2048 bits, in PEM.");
        return bd_error_raise(L);
    }
    return name_key(L, key, kid);
}

static int l_load(lua_State *L)
{
    size_t len;
    const char *text = bd_secret_or_text(L, 1, &len);
    if (text == NULL) {
        return refuse(L, "%s must be a secret or a text", "the PEM");
    }
    lua_settop(L, 2);
    return load_text(L, text, len, read_kid(L, 2, NULL), "the key");
}

static int l_load_file(lua_State *L)
{
    const char *path = luaL_checkstring(L, 1);
    lua_settop(L, 2);
    int kid = read_kid(L, 2, NULL);
    struct bd_buf *text = bd_lti_scratch(L);
    int number = bd_private_read(path, BD_RSA_LONGEST_PEM, text);
    if (number == EPERM || number == ELOOP) {
        bd_error_push(L, BD_PERMISSION, "%s is not read: %s", path,
                      number == ELOOP ? "it is a link" : "others may read it, or it is not yours");
        bd_error_text(L, "hint", "A private key is a file of its owner alone (chmod 600).");
        return bd_error_raise(L);
    }
    if (number != 0) {
        return bd_error(L, BD_IO, "%s cannot be read: %s", path, strerror(number));
    }
    (void)load_text(L, text->data, text->len, kid, path);
    return 1;
}

// ------------------------------------------------------------------------------------------------
// JSON Web Keys

// NULL, or what makes the table at index 1 unusable. A member that is missing may be, for "use" and "alg".
static const char *check_member(lua_State *L, const char *name, const char *expected, bool required,
                                const char *wrong)
{
    int type = lua_getfield(L, 1, name);
    bool right = type == LUA_TSTRING && strcmp(lua_tostring(L, -1), expected) == 0;
    lua_pop(L, 1);
    return right || (type == LUA_TNIL && !required) ? NULL : wrong;
}

// Pushes a scratch with the bytes of a member in base64url; they are empty when it is not that.
static struct bd_buf *push_number(lua_State *L, const char *name)
{
    size_t len = 0;
    bool is_text = lua_getfield(L, 1, name) == LUA_TSTRING;
    const char *text = is_text ? lua_tolstring(L, -1, &len) : "";
    struct bd_buf *bytes = bd_lti_scratch(L);
    if (len > BD_RSA_LONGEST_PEM || !bd_base64url_decode(bytes, text, len)) {
        bytes->len = 0;
    }
    return bytes;
}

static const char *check_members(lua_State *L)
{
    static const char *const PRIVATE[] = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"};
    const char *wrong = check_member(L, "kty", "RSA", true, "its type (kty) is not RSA");
    if (wrong == NULL) {
        wrong = check_member(L, "use", "sig", false, "it is not for signatures (use)");
    }
    if (wrong == NULL) {
        wrong = check_member(L, "alg", "RS256", false, "it is not for RS256 (alg)");
    }
    for (size_t i = 0; i < sizeof PRIVATE / sizeof *PRIVATE && wrong == NULL; i++) {
        wrong = lua_getfield(L, 1, PRIVATE[i]) != LUA_TNIL ? "it holds the private key" : NULL;
        lua_pop(L, 1);
    }
    int kid = lua_getfield(L, 1, "kid");
    lua_pop(L, 1);
    if (wrong == NULL && kid != LUA_TNIL && kid != LUA_TSTRING) {
        wrong = "its name (kid) is no text";
    }
    return wrong;
}

// Pushes the key of the table at index 1; gives what is wrong with it, and then pushes anything.
static const char *push_jwk(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    const char *wrong = check_members(L);
    if (wrong != NULL) {
        return wrong;
    }
    int kid = lua_getfield(L, 1, "kid") == LUA_TSTRING ? lua_gettop(L) : 0;
    struct bd_buf *n = push_number(L, "n");
    struct bd_buf *e = push_number(L, "e");
    struct key *key = push_key(L);
    key->pkey = bd_rsa_from_numbers(bd_crypto_api(L), n, e, &wrong);
    if (key->pkey != NULL) {
        (void)name_key(L, key, kid);
    }
    return wrong;
}

static int l_from_jwk(lua_State *L)
{
    const char *wrong = push_jwk(L);
    return wrong != NULL ? refuse(L, "the key cannot be used: %s", wrong) : 1;
}

static int l_read_jwk(lua_State *L)
{
    const char *wrong = push_jwk(L);
    if (wrong == NULL) {
        return 1;
    }
    lua_pushnil(L);
    lua_pushstring(L, wrong);
    return 2;
}

static void set_number(lua_State *L, const struct key *key, const char *name)
{
    struct bd_buf *bytes = bd_lti_scratch(L);
    if (!bd_rsa_add_number(bd_crypto_api(L), key->pkey, name, bytes)) {
        bd_error(L, BD_INTERNAL, "OpenSSL does not show the key's numbers");
    }
    bd_base64url_encode(bd_lti_scratch(L), bytes->data, bytes->len);
    (void)bd_lti_scratch_result(L);
    lua_setfield(L, -3, name);
    lua_pop(L, 1);
}

static int l_jwk(lua_State *L)
{
    static const char *const MEMBERS[][2] = {{"kty", "RSA"}, {"use", "sig"}, {"alg", "RS256"}};
    const struct key *key = check_key(L);
    lua_createtable(L, 0, 6);
    for (size_t i = 0; i < sizeof MEMBERS / sizeof *MEMBERS; i++) {
        lua_pushstring(L, MEMBERS[i][1]);
        lua_setfield(L, -2, MEMBERS[i][0]);
    }
    (void)lua_getiuservalue(L, 1, 1);
    lua_setfield(L, -2, "kid");
    set_number(L, key, OSSL_PKEY_PARAM_RSA_N);
    set_number(L, key, OSSL_PKEY_PARAM_RSA_E);
    return 1;
}

// ------------------------------------------------------------------------------------------------
// What a key is and does

static const struct key *check_private(lua_State *L)
{
    const struct key *key = check_key(L);
    if (!key->is_private) {
        refuse(L, "%s has no private half", "the key");
    }
    return key;
}

// Pushes a scratch with the PEM.
static struct bd_buf *push_pem(lua_State *L, const struct key *key, bool is_private)
{
    struct bd_buf *text = bd_lti_scratch(L);
    if (!bd_rsa_add_pem(bd_crypto_api(L), key->pkey, is_private, text)) {
        bd_error(L, BD_INTERNAL, "OpenSSL cannot write the key");
    }
    return text;
}

static int l_pem(lua_State *L)
{
    const struct bd_buf *text = push_pem(L, check_private(L), true);
    if (!bd_secret_push(L, "private key", text->data, text->len)) {
        return bd_error(L, BD_INTERNAL, "a key is too short to be masked");
    }
    return 1;
}

static int l_public_pem(lua_State *L)
{
    (void)push_pem(L, check_key(L), false);
    return bd_lti_scratch_result(L);
}

static int l_save(lua_State *L)
{
    const struct key *key = check_private(L);
    const char *path = luaL_checkstring(L, 2);
    const struct bd_buf *text = push_pem(L, key, true);
    int number = bd_private_create(path, text->data, text->len);
    if (number != 0) {
        return bd_error(L, BD_IO, "%s cannot be written: %s", path, strerror(number));
    }
    return 0;
}

// default_folder(): where this user's keys are.
static int l_default_folder(lua_State *L)
{
    if (!bd_private_state_path(bd_lti_scratch(L), "lti")) {
        return bd_error(L, BD_CONFIGURATION, "neither XDG_STATE_HOME nor HOME names a folder");
    }
    return bd_lti_scratch_result(L);
}

// check_folder(path [, make]): raises unless it is a folder where only its owner may write.
static int l_check_folder(lua_State *L)
{
    const char *path = luaL_checkstring(L, 1);
    if (lua_toboolean(L, 2) && !bd_private_make_folders(path)) {
        return bd_error(L, BD_IO, "%s cannot be made: %s", path, strerror(errno));
    }
    const char *why = bd_private_check_folder(path);
    if (why != NULL) {
        bd_error_push(L, BD_PERMISSION, "%s is not used: %s", path, why);
        bd_error_text(L, "hint", "Make it yours alone (chown, chmod 700), or name another.");
        return bd_error_raise(L);
    }
    return 0;
}

// forget(path): removes the file of a key.
static int l_forget(lua_State *L)
{
    const char *path = luaL_checkstring(L, 1);
    if (unlink(path) != 0) {
        return bd_error(L, BD_IO, "%s cannot be removed: %s", path, strerror(errno));
    }
    size_t size = strlen(path) + 1;
    char *copy = memcpy(lua_newuserdatauv(L, size, 0), path, size);
    bd_private_sync_folder(dirname(copy));
    return 0;
}

static int l_sign(lua_State *L)
{
    const struct key *key = check_private(L);
    size_t len;
    const char *text = luaL_checklstring(L, 2, &len);
    if (!bd_rsa_sign(bd_crypto_api(L), key->pkey, text, len, bd_lti_scratch(L))) {
        return bd_error(L, BD_INTERNAL, "OpenSSL cannot sign");
    }
    return bd_lti_scratch_result(L);
}

static int l_verify(lua_State *L)
{
    const struct key *key = check_key(L);
    size_t len;
    size_t signature_len;
    const char *text = luaL_checklstring(L, 2, &len);
    const char *signature = luaL_checklstring(L, 3, &signature_len);
    lua_pushboolean(
        L, bd_rsa_verify(bd_crypto_api(L), key->pkey, text, len, signature, signature_len));
    return 1;
}

static int l_kid(lua_State *L)
{
    (void)check_key(L);
    (void)lua_getiuservalue(L, 1, 1);
    return 1;
}

static int l_bits(lua_State *L)
{
    lua_pushinteger(L, bd_crypto_api(L)->key_bits(check_key(L)->pkey));
    return 1;
}

static int l_is_private(lua_State *L)
{
    lua_pushboolean(L, check_key(L)->is_private);
    return 1;
}

static int l_tostring(lua_State *L)
{
    const struct key *key = check_key(L);
    (void)lua_getiuservalue(L, 1, 1);
    const char *kid = lua_tostring(L, -1);
    lua_pushfstring(L, "[%s key %s]", key->is_private ? "private" : "public",
                    kid != NULL ? kid : "");
    return 1;
}

static int l_gc(lua_State *L)
{
    struct key *key = check_key(L);
    if (key->pkey != NULL) {
        bd_crypto_api(L)->key_free(key->pkey); // wipes the private numbers
        key->pkey = NULL;
    }
    return 0;
}

int bd_lti_keys_module(lua_State *L)
{
    static const luaL_Reg METHODS[] = {
        {"kid", l_kid},   {"bits", l_bits}, {"is_private", l_is_private},
        {"jwk", l_jwk},   {"pem", l_pem},   {"public_pem", l_public_pem},
        {"save", l_save}, {"sign", l_sign}, {"verify", l_verify},
        {NULL, NULL},
    };
    static const luaL_Reg FUNCTIONS[] = {
        {"generate", l_generate},
        {"load", l_load},
        {"load_file", l_load_file},
        {"from_jwk", l_from_jwk},
        {"read_jwk", l_read_jwk},
        {"default_folder", l_default_folder},
        {"check_folder", l_check_folder},
        {"forget", l_forget},
        {NULL, NULL},
    };
    luaL_newmetatable(L, KEY);
    luaL_newlib(L, METHODS);
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, l_tostring);
    lua_setfield(L, -2, "__tostring");
    lua_pushcfunction(L, l_gc);
    lua_setfield(L, -2, "__gc");
    lua_pushliteral(L, "key");
    lua_setfield(L, -2, "__metatable");
    lua_pop(L, 1);
    luaL_newlib(L, FUNCTIONS);
    return 1;
}
