// SPDX-License-Identifier: MIT
// Requests that simulated vendors make: from the twin's state to a task of the script's, and what came of them back.
#include <lauxlib.h>

#include "check.h"
#include "runtime.h"
#include "task.h"
#include "twin_internal.h"

enum { DEPTH = 3, ROOM = 8 };

// Copies a text, number, boolean or table of such from one state to the other; all else becomes nil. [-0, +1 on `to`]
static void copy_plain(lua_State *from, int index, lua_State *to, int depth)
{
    size_t len;
    const char *text;
    switch (lua_type(from, index)) {
    case LUA_TSTRING:
        text = lua_tolstring(from, index, &len);
        lua_pushlstring(to, text, len);
        return;
    case LUA_TNUMBER:
        if (lua_isinteger(from, index)) {
            lua_pushinteger(to, lua_tointeger(from, index));
        } else {
            lua_pushnumber(to, lua_tonumber(from, index));
        }
        return;
    case LUA_TBOOLEAN:
        lua_pushboolean(to, lua_toboolean(from, index));
        return;
    case LUA_TTABLE:
        break;
    default:
        lua_pushnil(to);
        return;
    }
    BD_CHECK(depth > 0 && lua_checkstack(from, ROOM) != 0 && lua_checkstack(to, ROOM) != 0);
    index = lua_absindex(from, index);
    lua_newtable(to);
    lua_pushnil(from);
    while (lua_next(from, index) != 0) {
        copy_plain(from, -2, to, depth - 1);
        copy_plain(from, -1, to, depth - 1);
        lua_rawset(to, -3);
        lua_pop(from, 1);
    }
}

void bd_twin_set_caller(lua_State *L, struct bd_twin *twin)
{
    luaL_unref(L, LUA_REGISTRYINDEX, twin->caller_ref);
    twin->caller_ref = luaL_ref(L, LUA_REGISTRYINDEX);
}

static struct bd_twin_visit *find_visit(const struct bd_twin *twin, lua_Integer waits_for)
{
    struct bd_twin_visit *visit = twin->visits;
    while (visit != NULL && visit->waits_for != waits_for) {
        visit = visit->right;
    }
    return visit;
}

void bd_twin_called(lua_State *L, struct bd_twin *twin, lua_Integer id, int result)
{
    lua_State *T = twin->L;
    lua_pushinteger(T, id);
    copy_plain(L, result, T, DEPTH);
    if (!bd_twin_handler(twin, "called", 2, 1)) {
        lua_pushnil(T);
    }
    struct bd_twin_visit *visit = find_visit(twin, id); // none: nobody waited, or no longer
    if (visit != NULL) {
        bd_twin_settle(twin, visit);
    }
    lua_settop(T, 0);
    bd_twin_tick(twin);
}

static void begin_call(struct bd_twin *twin, int call)
{
    lua_State *L = twin->rt->L;
    lua_State *T = twin->L;
    lua_rawgeti(L, LUA_REGISTRYINDEX, twin->caller_ref);
    BD_CHECK(lua_isfunction(L, -1)); // set before anybody could ask the sandbox for anything
    lua_getfield(T, call, "id");
    lua_pushinteger(L, lua_tointeger(T, -1));
    lua_pop(T, 1);
    copy_plain(T, call, L, DEPTH);
    bd_task_spawn_root(L, 2);
    lua_pop(L, 1);
}

void bd_twin_begin_calls(struct bd_twin *twin)
{
    lua_State *T = twin->L;
    int calls = lua_gettop(T);
    for (lua_Integer i = 1; lua_rawgeti(T, calls, i) == LUA_TTABLE; i++) {
        begin_call(twin, lua_gettop(T));
        lua_pop(T, 1);
    }
    lua_pop(T, 1);
}
