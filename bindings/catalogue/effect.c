// SPDX-License-Identifier: MIT
#include "effect.h"

#include <lauxlib.h>
#include <string.h>

static void set_bytes(lua_State *L, const char *key, const struct bd_buf *bytes)
{
    lua_pushlstring(L, bytes->len > 0 ? bytes->data : "", bytes->len);
    lua_setfield(L, -2, key);
}

// The parameters that have a value, by name. [-0, +1]
static void push_params(lua_State *L, const struct bd_call *call, int first)
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

// How to find out whether it happened, should its answer be lost.
static void set_probe(lua_State *L, const struct bd_call *call)
{
    const struct bd_operation *op = call->callable->op;
    const struct bd_probe *probe = call->variant != NULL ? &call->variant->probe : &op->probe;
    lua_pushstring(L, bd_probe_name(probe->kind));
    lua_setfield(L, -2, "probe");
    lua_pushnumber(L, (lua_Number)call->account->settle_ms / 1000);
    lua_setfield(L, -2, "settle");
    if (probe->code != 0) {
        lua_pushinteger(L, probe->code);
        lua_setfield(L, -2, "probe_code");
    }
}

void bd_effect_push(lua_State *L, const struct bd_call *call, int first)
{
    const struct bd_callable *callable = call->callable;
    const struct bd_exchange *exchange = &call->request.exchange;
    luaL_checkstack(L, 6, "effect");
    push_params(L, call, first);
    int params = lua_gettop(L);
    lua_createtable(L, 0, 12);
    push_key(L, call, params);
    lua_setfield(L, -2, "key");
    lua_pushstring(L, callable->name);
    lua_setfield(L, -2, "operation");
    lua_pushstring(L, callable->vendor->name);
    lua_setfield(L, -2, "vendor");
    lua_pushstring(L, call->account->profile);
    lua_setfield(L, -2, "profile");
    lua_pushstring(L, bd_effect_name(bd_operation_effect(callable->op, call->variant)));
    lua_setfield(L, -2, "effect");
    lua_pushstring(L, exchange->method);
    lua_setfield(L, -2, "method");
    set_bytes(L, "url", &exchange->url);
    set_bytes(L, "body", &exchange->body);
    set_probe(L, call);
    lua_insert(L, params);
    lua_setfield(L, params, "params");
}
