// SPDX-License-Identifier: MIT
#include "effect.h"

#include <lauxlib.h>
#include <string.h>

static void set_bytes(lua_State *L, const char *key, const struct bd_buf *bytes)
{
    lua_pushlstring(L, bytes->len > 0 ? bytes->data : "", bytes->len);
    lua_setfield(L, -2, key);
}

void bd_effect_push_params(lua_State *L, const struct bd_call *call, int first)
{
    lua_newtable(L);
    for (size_t i = 0; i < call->callable->count; i++) {
        if ((call->given >> i & 1) != 0) {
            lua_pushvalue(L, first + (int)i);
            lua_setfield(L, -2, call->callable->params[i]->name);
        }
    }
}

static const char *const *key_of(const struct bd_call *call)
{
    const struct bd_variant *variant = call->variant;
    return variant != NULL && variant->key != NULL ? variant->key : call->callable->op->key;
}

// The natural key; what is not given has no place in it. [-0, +1]
static void push_key(lua_State *L, const struct bd_call *call, int params)
{
    lua_newtable(L);
    for (const char *const *name = key_of(call); name != NULL && *name != NULL; name++) {
        lua_getfield(L, params, *name);
        lua_setfield(L, -2, *name);
    }
}

void bd_effect_push(lua_State *L, const struct bd_call *call, int first)
{
    const struct bd_callable *callable = call->callable;
    const struct bd_exchange *exchange = &call->request.exchange;
    luaL_checkstack(L, 6, "effect");
    bd_effect_push_params(L, call, first);
    int params = lua_gettop(L);
    lua_createtable(L, 0, 10);
    push_key(L, call, params);
    lua_setfield(L, -2, "key");
    lua_pushstring(L, callable->name);
    lua_setfield(L, -2, "operation");
    lua_pushstring(L, callable->vendor->name);
    lua_setfield(L, -2, "vendor");
    lua_pushstring(L, call->account->profile);
    lua_setfield(L, -2, "profile");
    lua_pushboolean(L, call->account->sandbox);
    lua_setfield(L, -2, "sandbox");
    lua_pushstring(L, bd_effect_name(bd_operation_effect(callable->op, call->variant)));
    lua_setfield(L, -2, "effect");
    lua_pushstring(L, exchange->method);
    lua_setfield(L, -2, "method");
    set_bytes(L, "url", &exchange->url);
    set_bytes(L, "body", &exchange->body);
    lua_insert(L, params);
    lua_setfield(L, params, "params");
}
