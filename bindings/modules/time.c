// SPDX-License-Identifier: MIT
// beadle.time: the run's clock, which may be virtual.
#include <lauxlib.h>
#include <math.h>
#include <string.h>
#include <time.h>

#include "core/duration.h"
#include "core/error.h"
#include "core/runtime.h"
#include "modules.h"

// now(): seconds since 1970, UTC.
static int l_now(lua_State *L)
{
    lua_pushnumber(L, bd_loop_wall(&bd_runtime_of(L)->loop));
    return 1;
}

// elapsed(): seconds on a clock that never goes back.
static int l_elapsed(lua_State *L)
{
    struct bd_loop *loop = &bd_runtime_of(L)->loop;
    bd_loop_update_now(loop);
    lua_pushnumber(L, (lua_Number)bd_loop_now(loop) / 1000);
    return 1;
}

// seconds(duration): "10 min" -> 600.0
static int l_seconds(lua_State *L)
{
    lua_pushnumber(L, (lua_Number)bd_duration_check(L, 1, "the duration") / 1000);
    return 1;
}

// iso([time]): "2026-01-15T09:00:00Z"
static int l_iso(lua_State *L)
{
    double wall = luaL_optnumber(L, 1, bd_loop_wall(&bd_runtime_of(L)->loop));
    struct tm parts;
    char text[32];
    time_t seconds = (time_t)floor(wall);
    luaL_argcheck(L, gmtime_r(&seconds, &parts) != NULL, 1, "it is no time");
    luaL_argcheck(L, strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts) > 0, 1,
                  "it is no time");
    lua_pushstring(L, text);
    return 1;
}

// is_virtual(): whether waiting takes no time in this run.
static int l_is_virtual(lua_State *L)
{
    lua_pushboolean(L, bd_runtime_of(L)->loop.virtual_time);
    return 1;
}

int bd_time_module(lua_State *L)
{
    static const luaL_Reg FUNCTIONS[] = {
        {"now", l_now}, {"elapsed", l_elapsed},       {"seconds", l_seconds},
        {"iso", l_iso}, {"is_virtual", l_is_virtual}, {NULL, NULL}};
    luaL_newlib(L, FUNCTIONS);
    return 1;
}
