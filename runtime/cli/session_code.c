// SPDX-License-Identifier: MIT
// What a session asks of Lua about functions, and of the program about its modules. A variable that is local to a
// line lives on as the upvalue of a function; functions of later lines are joined to it.
#include <lauxlib.h>
#include <string.h>

#include "core/runtime.h"
#include "core/script.h"
#include "core/task.h"
#include "session_internal.h"
#include "sources.h"

// upvalue(fn, i): its name and value; nothing when there is none.
static int l_upvalue(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TFUNCTION);
    const char *name = lua_getupvalue(L, 1, (int)luaL_checkinteger(L, 2));
    if (name == NULL) {
        return 0;
    }
    lua_pushstring(L, name);
    lua_insert(L, -2);
    return 2;
}

// join(fn, i, other, j): the i-th upvalue of fn becomes the same variable as the j-th of other.
static int l_join(lua_State *L)
{
    int i = (int)luaL_checkinteger(L, 2);
    int j = (int)luaL_checkinteger(L, 4);
    bool both = lua_isfunction(L, 1) && !lua_iscfunction(L, 1) && lua_isfunction(L, 3) &&
                !lua_iscfunction(L, 3) && lua_upvalueid(L, 1, i) != NULL &&
                lua_upvalueid(L, 3, j) != NULL;
    luaL_argcheck(L, both, 1, "no such variable");
    lua_upvaluejoin(L, 1, i, 3, j);
    return 0;
}

// methods(x): the methods of a userdata by their names, in a table; nil when it has none.
static int l_methods(lua_State *L)
{
    luaL_checkany(L, 1);
    lua_settop(L, 1);
    if (lua_type(L, 1) != LUA_TUSERDATA || luaL_getmetafield(L, 1, "__index") != LUA_TTABLE) {
        return 0;
    }
    lua_newtable(L); // a copy: nobody changes them by it
    lua_pushnil(L);
    while (lua_next(L, 2) != 0) {
        lua_pushvalue(L, -2);
        lua_insert(L, -2);
        lua_rawset(L, 3);
    }
    return 1;
}

// trace(error): where it came from, or nil.
static int l_trace(lua_State *L)
{
    luaL_checkany(L, 1);
    lua_settop(L, 1);
    bd_task_push_traceback(L, 1);
    lua_settop(L, 2);
    return 1;
}

// place(fn): the name of its source and the line that it begins on; nothing for a function in C.
static int l_place(lua_State *L)
{
    lua_Debug info;
    luaL_checktype(L, 1, LUA_TFUNCTION);
    lua_settop(L, 1);
    if (lua_iscfunction(L, 1) || !lua_getinfo(L, ">S", &info)) {
        return 0;
    }
    lua_pushstring(L, info.source);
    lua_pushinteger(L, info.linedefined);
    return 2;
}

static void add_name(lua_State *L, const char *name)
{
    lua_pushboolean(L, true);
    lua_setfield(L, -2, name);
}

// modules(): the set of the names of all that `require` finds in the program.
static int l_modules(lua_State *L)
{
    lua_newtable(L);
    for (const struct bd_source *source = bd_sources; source->name != NULL; source++) {
        add_name(L, source->name);
    }
    lua_getfield(L, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
    lua_pushnil(L);
    while (lua_next(L, -2) != 0) {
        lua_pop(L, 1);
        if (lua_type(L, -1) == LUA_TSTRING) {
            lua_pushvalue(L, -1);
            lua_pushboolean(L, true);
            lua_rawset(L, -5);
        }
    }
    lua_pop(L, 1);
    return 1;
}

// source(name): the text of a module, by its name or by its file as functions name it; nil when it is none of ours.
static int l_source(lua_State *L)
{
    const char *name = luaL_checkstring(L, 1);
    static const char PREFIX[] = "=" BD_SCRIPT_OWN;
    bool by_file = strncmp(name, PREFIX, sizeof PREFIX - 1) == 0;
    const char *file = by_file ? name + sizeof PREFIX - 1 : NULL;
    for (const struct bd_source *source = bd_sources; source->name != NULL; source++) {
        if (by_file ? strcmp(source->file, file) == 0 : strcmp(source->name, name) == 0) {
            lua_pushlstring(L, (const char *)source->text, source->len);
            return 1;
        }
    }
    return 0;
}

void bd_session_add_code(lua_State *L)
{
    static const luaL_Reg FUNCTIONS[] = {
        {"upvalue", l_upvalue}, {"join", l_join},       {"trace", l_trace},   {"place", l_place},
        {"methods", l_methods}, {"modules", l_modules}, {"source", l_source}, {NULL, NULL},
    };
    luaL_setfuncs(L, FUNCTIONS, 0);
}
