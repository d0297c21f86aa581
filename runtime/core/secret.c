// SPDX-License-Identifier: MIT
#include "secret.h"

#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "error.h"
#include "log.h"
#include "runtime.h"

static const char METATABLE[] = "beadle.secret";

struct bd_secret {
    char *value; // NULL once collected
    size_t len;
    char name[64];
};

static int l_gc(lua_State *L)
{
    struct bd_secret *secret = luaL_checkudata(L, 1, METATABLE);
    if (secret->value != NULL) {
        explicit_bzero(secret->value, secret->len);
        free(secret->value);
        secret->value = NULL;
    }
    return 0;
}

static int l_tostring(lua_State *L)
{
    struct bd_secret *secret = luaL_checkudata(L, 1, METATABLE);
    lua_pushfstring(L, "[secret %s]", secret->name);
    return 1;
}

static int l_refuse(lua_State *L)
{
    bd_error_push(L, BD_PERMISSION, "a secret cannot become text in a script");
    bd_error_text(L, "hint", "Pass it as it is to the function that sends it.");
    return bd_error_raise(L);
}

void bd_secret_open(lua_State *L)
{
    static const luaL_Reg METHODS[] = {
        {"__gc", l_gc},        {"__tostring", l_tostring}, {"__concat", l_refuse},
        {"__len", l_refuse},   {"__lt", l_refuse},         {"__le", l_refuse},
        {"__index", l_refuse}, {"__pairs", l_refuse},      {NULL, NULL},
    };
    luaL_newmetatable(L, METATABLE);
    luaL_setfuncs(L, METHODS, 0);
    lua_pushliteral(L, "secret");
    lua_setfield(L, -2, "__metatable");
    lua_pop(L, 1);
}

bool bd_secret_push(lua_State *L, const char *name, const char *value, size_t len)
{
    struct bd_runtime *rt = bd_runtime_of(L);
    if (!bd_mask_add(&rt->log->mask, value, len)) {
        return false;
    }
    struct bd_secret *secret = lua_newuserdatauv(L, sizeof *secret, 0);
    memset(secret, 0, sizeof *secret);
    luaL_setmetatable(L, METATABLE);
    strncpy(secret->name, name, sizeof secret->name - 1);
    secret->value = bd_strndup(value, len);
    secret->len = len;
    return true;
}

const char *bd_secret_value(lua_State *L, int index, size_t *len)
{
    struct bd_secret *secret = luaL_testudata(L, index, METATABLE);
    if (secret == NULL || secret->value == NULL) {
        return NULL;
    }
    *len = secret->len;
    return secret->value;
}

const char *bd_secret_or_text(lua_State *L, int index, size_t *len)
{
    if (lua_type(L, index) == LUA_TSTRING) {
        return lua_tolstring(L, index, len);
    }
    return bd_secret_value(L, index, len);
}
