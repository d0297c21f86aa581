// SPDX-License-Identifier: MIT
// The errors that end tasks: where they came from, and what a cancelled task sees.
#include <lauxlib.h>

#include "error.h"
#include "runtime.h"
#include "task_internal.h"

static const char TRACE_KEY[] = "beadle.trace"; // registry: {error value, its traceback}

int bd_task_on_error(lua_State *L)
{
    luaL_checkstack(L, 8, "error handler");
    if (bd_error_is_error(L, 1)) {
        if (lua_getfield(L, 1, "traceback") == LUA_TNIL) {
            luaL_traceback(L, L, NULL, 1);
            lua_setfield(L, 1, "traceback");
        }
        lua_settop(L, 1);
        return 1;
    }
    if (lua_getfield(L, LUA_REGISTRYINDEX, TRACE_KEY) == LUA_TTABLE) {
        lua_rawgeti(L, -1, 1);
        if (lua_rawequal(L, -1, 1)) {
            lua_settop(L, 1);
            return 1;
        }
    }
    lua_createtable(L, 2, 0);
    lua_pushvalue(L, 1);
    lua_rawseti(L, -2, 1);
    luaL_traceback(L, L, NULL, 1);
    lua_rawseti(L, -2, 2);
    lua_setfield(L, LUA_REGISTRYINDEX, TRACE_KEY);
    lua_settop(L, 1);
    return 1;
}

void bd_task_push_traceback(lua_State *L, int error)
{
    error = lua_absindex(L, error);
    if (bd_error_is_error(L, error)) {
        lua_getfield(L, error, "traceback");
        return;
    }
    if (lua_getfield(L, LUA_REGISTRYINDEX, TRACE_KEY) != LUA_TTABLE) {
        return;
    }
    lua_rawgeti(L, -1, 1);
    bool same = lua_rawequal(L, -1, error);
    lua_pop(L, 1);
    if (same) {
        lua_rawgeti(L, -1, 2);
    } else {
        lua_pushnil(L);
    }
    lua_replace(L, -2);
}

const struct bd_scope *bd_task_failing_scope(const struct bd_task *task)
{
    for (const struct bd_scope *scope = task->scope; scope != NULL; scope = scope->outer) {
        if (scope->failing) {
            return scope;
        }
    }
    return task->home != NULL && task->home->failing ? task->home : NULL;
}

// Pushes the table {error value -> the task that it told of its cancellation}. [-0, +1]
static void push_cancellations(lua_State *L)
{
    luaL_checkstack(L, 4, "cancellation");
    if (!luaL_getsubtable(L, LUA_REGISTRYINDEX, "beadle.cancellations")) {
        lua_createtable(L, 0, 1);
        lua_pushliteral(L, "k"); // the error values are not kept for this
        lua_setfield(L, -2, "__mode");
        lua_setmetatable(L, -2);
    }
}

bool bd_task_is_own_cancellation(lua_State *L, int index)
{
    const struct bd_task *task = bd_task_current(L);
    index = lua_absindex(L, index);
    push_cancellations(L);
    lua_pushvalue(L, index);
    lua_rawget(L, -2);
    bool own = task != NULL && lua_touserdata(L, -1) == task;
    lua_pop(L, 2);
    return own;
}

void bd_task_push_cancellation(lua_State *L)
{
    static const char *const MESSAGES[] = {
        [BD_WHY_NONE] = "cancelled",
        [BD_WHY_CANCELLED] = "the task was cancelled",
        [BD_WHY_TIMEOUT] = "the time limit was reached",
        [BD_WHY_INTERRUPTED] = "interrupted",
        [BD_WHY_SCOPE] = "another task of the same scope failed",
        [BD_WHY_STUCK] = "it waits for something that can no longer happen",
        [BD_WHY_CLOSING] = "the program is ending",
    };
    struct bd_task *task = bd_task_current(L);
    enum bd_why why = task != NULL ? task->why : BD_WHY_CLOSING;
    bd_error_push(L, why == BD_WHY_TIMEOUT ? BD_TIMEOUT : BD_CANCELLED, "%s", MESSAGES[why]);
    if (why == BD_WHY_STUCK && bd_runtime_of(L)->loop.virtual_time) {
        bd_error_text(L, "hint", "Time is virtual: nobody outside this program can call it.");
    }
    if (why == BD_WHY_SCOPE) {
        const struct bd_scope *scope = bd_task_failing_scope(task);
        if (scope != NULL) {
            lua_rawgeti(L, LUA_REGISTRYINDEX, scope->error_ref);
            bd_error_value(L, "cause");
        }
    }
    if (task != NULL) {
        task->why = BD_WHY_NONE;
        push_cancellations(L);
        lua_pushvalue(L, -2);
        lua_pushlightuserdata(L, task);
        lua_rawset(L, -3);
        lua_pop(L, 1);
    }
}
