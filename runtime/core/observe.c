// SPDX-License-Identifier: MIT
#include "observe.h"

#include <lauxlib.h>
#include <string.h>

#include "error.h"
#include "log.h"
#include "request.h"
#include "runtime.h"

static const double MICROSECONDS = 1e6;

bool bd_observe_tells(const struct bd_runtime *rt)
{
    return rt->tell_ref > 0;
}

void bd_observe_tell(lua_State *L)
{
    struct bd_runtime *rt = bd_runtime_of(L);
    luaL_checkstack(L, 4, "report");
    lua_rawgeti(L, LUA_REGISTRYINDEX, rt->tell_ref);
    lua_insert(L, -2);
    if (lua_pcall(L, 1, 0, 0) != LUA_OK) {
        bd_log(rt->log, BD_LOG_WARN, "a request cannot be reported: %s", bd_error_describe(L, -1));
        lua_pop(L, 2);
    }
}

// ------------------------------------------------------------------------------------------------
// Requests

// Pushes a text without the secrets in it. [-0, +1]
static void push_masked(lua_State *L, const char *text, size_t len,
                        const struct bd_mask *const *secrets, size_t count)
{
    struct bd_buf from = {0};
    bd_buf_add(&from, text, len);
    for (size_t i = 0; i <= count; i++) {
        const struct bd_mask *mask = i < count ? secrets[i] : &bd_runtime_of(L)->log->mask;
        struct bd_buf to = {0};
        if (from.len > 0 && bd_mask_hits(mask, from.data, from.len)) {
            bd_mask_apply(mask, &to, from.data, from.len);
            bd_buf_free(&from);
            from = to;
        }
    }
    char *copy = lua_newuserdatauv(L, from.len + 1, 0); // owned by Lua before the text is made
    size_t copied = from.len;
    if (copied > 0) {
        memcpy(copy, from.data, copied);
    }
    bd_buf_free(&from);
    lua_pushlstring(L, copy, copied);
    lua_replace(L, -2);
}

static void set_seconds(lua_State *L, const char *name, int64_t microseconds)
{
    if (microseconds >= 0) {
        lua_pushnumber(L, (lua_Number)microseconds / MICROSECONDS);
        lua_setfield(L, -2, name);
    }
}

static void set_result(lua_State *L, int status, enum bd_fault fault)
{
    if (status != 0) {
        lua_pushinteger(L, status);
        lua_setfield(L, -2, "status");
    }
    if (fault != BD_FAULT_NONE) {
        lua_pushstring(L, bd_fault_text(fault));
        lua_setfield(L, -2, "fault");
    }
}

static void push_attempt(lua_State *L, const struct bd_attempt *attempt)
{
    lua_createtable(L, 0, 8);
    set_seconds(L, "begun", attempt->begun);
    set_seconds(L, "ended", attempt->ended);
    set_result(L, attempt->status, attempt->fault);
    set_seconds(L, "resolved", attempt->times.resolved);
    set_seconds(L, "connected", attempt->times.connected);
    set_seconds(L, "secured", attempt->times.secured);
    set_seconds(L, "answered", attempt->times.answered);
}

static void set_attempts(lua_State *L, const struct bd_request *request)
{
    unsigned kept = request->attempts < BD_ATTEMPTS_KEPT ? request->attempts : BD_ATTEMPTS_KEPT;
    lua_newtable(L);
    for (unsigned i = 0; i < kept; i++) {
        push_attempt(L, &request->log[i]);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    lua_setfield(L, -2, "attempts");
    lua_pushinteger(L, (lua_Integer)request->attempts);
    lua_setfield(L, -2, "tries");
    set_seconds(L, "queued", kept > 0 ? request->log[0].begun : -1);
}

void bd_observe_set_request(lua_State *L, const struct bd_request *request,
                            const struct bd_mask *const *secrets, size_t count)
{
    const struct bd_exchange *exchange = &request->exchange;
    luaL_checkstack(L, 6, "request");
    lua_pushstring(L, exchange->method);
    lua_setfield(L, -2, "method");
    push_masked(L, exchange->url.data, exchange->url.len, secrets, count);
    lua_setfield(L, -2, "url");
    if (exchange->has_body) {
        push_masked(L, exchange->body.data, exchange->body.len, secrets, count);
        lua_setfield(L, -2, "body");
    }
    lua_newtable(L);
    for (size_t i = 0; exchange->headers != NULL && i < exchange->headers->count; i++) {
        const char *line = exchange->headers->lines[i];
        push_masked(L, line, strlen(line), secrets, count);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    lua_setfield(L, -2, "headers");
    set_result(L, exchange->status, exchange->fault);
    set_attempts(L, request);
}

// ------------------------------------------------------------------------------------------------
// The module

// tell(fn): fn is called with a table when a request is over (bd_observe_set_request); of a vendor's it has also
// operation, vendor, profile, sandbox, effect, decoded (seconds), and result or failure. It must return at once.
static int l_tell(lua_State *L)
{
    struct bd_runtime *rt = bd_runtime_of(L);
    if (!lua_isnoneornil(L, 1)) {
        luaL_checktype(L, 1, LUA_TFUNCTION);
    }
    lua_settop(L, 1);
    luaL_unref(L, LUA_REGISTRYINDEX, rt->tell_ref > 0 ? rt->tell_ref : LUA_NOREF);
    rt->tell_ref = luaL_ref(L, LUA_REGISTRYINDEX); // of nil: LUA_REFNIL, which is below 0
    return 0;
}

int bd_observe_module(lua_State *L)
{
    static const luaL_Reg FUNCTIONS[] = {{"tell", l_tell}, {NULL, NULL}};
    luaL_newlib(L, FUNCTIONS);
    return 1;
}
