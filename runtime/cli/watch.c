// SPDX-License-Identifier: MIT
#include "watch.h"

#include <lauxlib.h>

// Pushes a function of a module. [-0, +1]
static void push_function(lua_State *L, const char *module, const char *name)
{
    lua_getglobal(L, "require");
    lua_pushstring(L, module);
    lua_call(L, 1, 1);
    lua_getfield(L, -1, name);
    lua_remove(L, -2);
}

static int l_begin(lua_State *L)
{
    const struct bd_command_line *line = lua_touserdata(L, 1);
    push_function(L, "beadle.trace", "begin");
    lua_createtable(L, 0, 2);
    lua_pushstring(L, line->trace_file);
    lua_setfield(L, -2, "path");
    lua_pushboolean(L, line->trace_bodies);
    lua_setfield(L, -2, "bodies");
    lua_call(L, 1, 0);
    return 0;
}

bool bd_watch_begin(lua_State *L, const struct bd_command_line *line)
{
    if (!line->trace) {
        return true;
    }
    lua_pushcfunction(L, l_begin);
    lua_pushlightuserdata(L, (void *)(uintptr_t)line);
    return lua_pcall(L, 1, 0, 0) == LUA_OK;
}

void bd_watch_enter(lua_State *L, const struct bd_command_line *line)
{
    if (line->dry_run) {
        push_function(L, "beadle.dry_run", "begin");
        lua_pushboolean(L, line->dry_run_json);
        lua_call(L, 1, 0);
    }
}

static int l_end(lua_State *L)
{
    const struct bd_command_line *line = lua_touserdata(L, 1);
    if (line->trace) {
        push_function(L, "beadle.trace", "finish");
        lua_call(L, 0, 0);
    }
    if (!line->dry_run) {
        lua_settop(L, 2);
        return 1;
    }
    push_function(L, "beadle.dry_run", "finish");
    lua_pushvalue(L, 2);
    lua_call(L, 1, 1);
    return 1;
}

int bd_watch_end(lua_State *L, const struct bd_command_line *line, int status)
{
    if (!line->trace && !line->dry_run) {
        return status;
    }
    lua_pushcfunction(L, l_end);
    lua_pushlightuserdata(L, (void *)(uintptr_t)line);
    lua_pushinteger(L, status);
    if (lua_pcall(L, 2, 1, 0) != LUA_OK) {
        return -1;
    }
    int wanted = (int)lua_tointeger(L, -1);
    lua_pop(L, 1);
    return wanted;
}
