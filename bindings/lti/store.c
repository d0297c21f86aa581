// SPDX-License-Identifier: MIT
// beadle.lti.store: the file under beadle.lti.nonces.
#include <inttypes.h>
#include <lauxlib.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/runtime.h"
#include "lti.h"
#include "nonce_store.h"
#include "private_file.h"

static const char STORE[] = "beadle.lti.store";

enum { WORDS = 512 };

// default_path(): this user's file.
static int l_default_path(lua_State *L)
{
    if (!bd_private_state_path(bd_lti_scratch(L), "nonces.sqlite")) {
        return bd_error(L, BD_CONFIGURATION, "neither XDG_STATE_HOME nor HOME names a folder");
    }
    return bd_lti_scratch_result(L);
}

// open(path)
static int l_open(lua_State *L)
{
    char wrong[WORDS];
    const char *path = luaL_checkstring(L, 1);
    struct bd_nonce_store *store = lua_newuserdatauv(L, sizeof *store, 0);
    *store = (struct bd_nonce_store){.turn = -1};
    luaL_setmetatable(L, STORE);
    if (!bd_nonce_store_open(store, path, wrong, sizeof wrong)) {
        bd_error_push(L, BD_IO, "the nonces cannot be kept: %s", wrong);
        bd_error_text(L, "hint", "Nothing is accepted without them.");
        return bd_error_raise(L);
    }
    return 1;
}

static int64_t check_seconds(lua_State *L, int index, double (*round_to)(double), const char *name)
{
    static const double MOST = 1e15;
    double seconds = luaL_checknumber(L, index);
    if (!(seconds >= 0 && seconds <= MOST)) {
        bd_error(L, BD_ARGUMENT, "%s must be seconds since 1970", name);
    }
    return (int64_t)round_to(seconds);
}

static const char *check_bytes(lua_State *L, int index, size_t *len, const char *name)
{
    const char *bytes = luaL_checklstring(L, index, len);
    if (*len > BD_NONCE_LONGEST) {
        bd_error(L, BD_ARGUMENT, "%s is longer than %d bytes", name, BD_NONCE_LONGEST);
    }
    return bytes;
}

// store:use(owner, nonce, expires_at [, now])
static int l_use(lua_State *L)
{
    struct bd_nonce_store *store = luaL_checkudata(L, 1, STORE);
    char wrong[WORDS];
    size_t owner_len;
    size_t nonce_len;
    const char *owner = check_bytes(L, 2, &owner_len, "the owner");
    const char *nonce = check_bytes(L, 3, &nonce_len, "the nonce");
    int64_t expires = check_seconds(L, 4, ceil, "expires_at");
    lua_settop(L, 5);
    if (lua_isnil(L, 5)) {
        lua_pushnumber(L, bd_loop_wall(&bd_runtime_of(L)->loop));
        lua_replace(L, 5);
    }
    int64_t now = check_seconds(L, 5, floor, "now");
    if (store->db == NULL) {
        return bd_error(L, BD_ARGUMENT, "the store is closed");
    }
    switch (bd_nonce_store_use(store, owner, owner_len, nonce, nonce_len, expires, now, wrong,
                               sizeof wrong)) {
    case BD_NONCE_NEW:
        lua_pushboolean(L, true);
        return 1;
    case BD_NONCE_USED:
        lua_pushboolean(L, false);
        return 1;
    case BD_NONCE_UNKNOWN:
        bd_error_push(L, BD_IO, "whether a nonce was used is not known: the clock went back");
        bd_error_text(L, "hint",
                      "Set the clock right. When it was ahead before, remove the file of the "
                      "nonces once the longest window is over.");
        return bd_error_raise(L);
    case BD_NONCE_FAILED:
    default:
        bd_error_push(L, BD_IO, "a nonce cannot be kept: %s", wrong);
        bd_error_text(L, "hint", "Nothing is accepted without it.");
        return bd_error_raise(L);
    }
}

static int l_close(lua_State *L)
{
    bd_nonce_store_close(luaL_checkudata(L, 1, STORE));
    return 0;
}

int bd_lti_store_module(lua_State *L)
{
    static const luaL_Reg METHODS[] = {{"use", l_use}, {"close", l_close}, {NULL, NULL}};
    static const luaL_Reg FUNCTIONS[] = {
        {"open", l_open}, {"default_path", l_default_path}, {NULL, NULL}};
    luaL_newmetatable(L, STORE);
    luaL_newlib(L, METHODS);
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, l_close);
    lua_setfield(L, -2, "__gc");
    lua_pushcfunction(L, l_close);
    lua_setfield(L, -2, "__close");
    lua_pushliteral(L, "store");
    lua_setfield(L, -2, "__metatable");
    lua_pop(L, 1);
    luaL_newlib(L, FUNCTIONS);
    return 1;
}
