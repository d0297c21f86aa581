// SPDX-License-Identifier: MIT
// beadle.log: error, warn, info, debug, trace. Each takes a text, or a format and values as
// string.format does; nothing is formatted that is not written. And masked.
#include "core/log.h"

#include <lauxlib.h>

#include "core/runtime.h"
#include "modules.h"

static int write_at(lua_State *L, enum bd_log_level level)
{
    struct bd_log *log = bd_runtime_of(L)->log;
    luaL_checkstring(L, 1);
    if (level > log->level) {
        return 0;
    }
    if (lua_gettop(L) > 1) {
        luaL_getmetafield(L, 1, "__index"); // the string library
        lua_getfield(L, -1, "format");
        lua_insert(L, 1);
        lua_pop(L, 1);
        lua_call(L, lua_gettop(L) - 1, 1);
    }
    bd_log(log, level, "%s", lua_tostring(L, 1));
    return 0;
}

static int l_error(lua_State *L)
{
    return write_at(L, BD_LOG_ERROR);
}

static int l_warn(lua_State *L)
{
    return write_at(L, BD_LOG_WARN);
}

static int l_info(lua_State *L)
{
    return write_at(L, BD_LOG_INFO);
}

static int l_debug(lua_State *L)
{
    return write_at(L, BD_LOG_DEBUG);
}

static int l_trace(lua_State *L)
{
    return write_at(L, BD_LOG_TRACE);
}

// masked(text): the text without the secrets that are known, for what is kept.
static int l_masked(lua_State *L)
{
    size_t len;
    const char *text = luaL_checklstring(L, 1, &len);
    const struct bd_mask *mask = &bd_runtime_of(L)->log->mask;
    if (!bd_mask_hits(mask, text, len)) {
        lua_settop(L, 1);
        return 1;
    }
    struct bd_buf masked = {0};
    bd_mask_apply(mask, &masked, text, len);
    lua_pushlstring(L, masked.data, masked.len);
    bd_buf_free(&masked);
    return 1;
}

int bd_log_module(lua_State *L)
{
    static const luaL_Reg FUNCTIONS[] = {
        {"error", l_error}, {"warn", l_warn},     {"info", l_info}, {"debug", l_debug},
        {"trace", l_trace}, {"masked", l_masked}, {NULL, NULL}};
    luaL_newlib(L, FUNCTIONS);
    return 1;
}
