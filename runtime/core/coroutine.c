// SPDX-License-Identifier: MIT
#include "coroutine.h"

#include <lauxlib.h>
#include <stdbool.h>

#include "error.h"
#include "runtime.h"
#include "task.h"

// Upvalue 1 of every function here is Lua's own function of that name.
enum { ORIGINAL = lua_upvalueindex(1), WRAPPED = lua_upvalueindex(2) };

static lua_State *check_thread(lua_State *L)
{
    lua_State *co = lua_tothread(L, 1);
    luaL_argexpected(L, co != NULL, 1, "coroutine");
    return co;
}

static void refuse(lua_State *L, lua_State *co, const char *verb)
{
    if (bd_task_is_body(co)) {
        bd_error(L, BD_ARGUMENT, "cannot %s this coroutine: it is a task", verb);
    }
    if (bd_task_is_host_wait(co)) {
        bd_error(L, BD_ARGUMENT, "cannot %s this coroutine: it waits for a call in another task",
                 verb);
    }
}

static int after_wait(lua_State *L, int status, lua_KContext context);

// Runs Lua's own resume on the thread at `at` with the `nargs` values on top, and leaves its results above
// `base`. When the thread has begun a wait of the host, so does L.
static int run(lua_State *L, int at, int nargs, lua_KFunction k)
{
    struct bd_runtime *rt = bd_runtime_of(L);
    lua_State *co = lua_tothread(L, at);
    lua_State *outer = rt->running;
    unsigned blocked = rt->blocked;
    int base = lua_gettop(L) - nargs;
    lua_pushvalue(L, ORIGINAL);
    lua_pushvalue(L, at);
    lua_rotate(L, base + 1, 2);
    rt->blocked += lua_isyieldable(L) ? 0 : 1;
    bd_runtime_enter(rt, co);
    int status = lua_pcall(L, nargs + 1, LUA_MULTRET, 0); // raises when C's stack is full
    bd_runtime_enter(rt, outer);
    rt->blocked = blocked;
    if (status != LUA_OK) {
        return bd_error_rethrow(L);
    }
    if (!bd_task_is_host_wait(co)) {
        return k(L, LUA_OK, base);
    }
    lua_settop(L, base);
    if (!bd_task_is_body(L)) {
        bd_task_set_host_wait(L, true);
    }
    return lua_yieldk(L, 0, base, k);
}

static int resumed(lua_State *L, int status, lua_KContext base)
{
    if (status == LUA_YIELD) {
        bd_task_set_host_wait(lua_tothread(L, 1), false);
        return run(L, 1, 0, resumed);
    }
    return lua_gettop(L) - (int)base;
}

static int l_resume(lua_State *L)
{
    refuse(L, check_thread(L), "resume");
    return run(L, 1, lua_gettop(L) - 1, resumed);
}

// As auxwrap in Lua's lcorolib.c: an error leaves through the caller, with the caller's place before it.
static int pass_error(lua_State *L, lua_State *co)
{
    int status = lua_status(co);
    if (status != LUA_OK && status != LUA_YIELD) {
        (void)lua_resetthread(co);
        lua_settop(L, 0);
        lua_xmove(co, L, 1);
    }
    if (lua_type(L, -1) == LUA_TSTRING) {
        luaL_where(L, 1);
        lua_insert(L, -2);
        lua_concat(L, 2);
    }
    return bd_error_rethrow(L);
}

static int after_wait(lua_State *L, int status, lua_KContext base)
{
    lua_State *co = lua_tothread(L, WRAPPED);
    if (status == LUA_YIELD) {
        bd_task_set_host_wait(co, false);
        return run(L, WRAPPED, 0, after_wait);
    }
    if (!lua_toboolean(L, (int)base + 1)) {
        return pass_error(L, co);
    }
    return lua_gettop(L) - (int)base - 1;
}

static int l_wrapped(lua_State *L)
{
    refuse(L, lua_tothread(L, WRAPPED), "resume");
    return run(L, WRAPPED, lua_gettop(L), after_wait);
}

// Upvalue 1 is Lua's own `resume`, which the function it makes needs.
static int l_wrap(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TFUNCTION);
    lua_State *co = lua_newthread(L);
    lua_pushvalue(L, 1);
    lua_xmove(L, co, 1);
    lua_pushvalue(L, ORIGINAL);
    lua_insert(L, -2);
    lua_pushcclosure(L, l_wrapped, 2);
    return 1;
}

static int l_yield(lua_State *L)
{
    if (bd_task_is_body(L)) {
        return bd_error(L, BD_ARGUMENT, "attempt to yield from outside a coroutine");
    }
    return lua_yield(L, lua_gettop(L));
}

static int l_close(lua_State *L)
{
    refuse(L, check_thread(L), "close");
    lua_settop(L, 1);
    lua_pushvalue(L, ORIGINAL);
    lua_insert(L, 1);
    lua_call(L, 1, LUA_MULTRET);
    return lua_gettop(L);
}

// A task's body is to a script what the main coroutine is to a program of Lua alone.
static int l_running(lua_State *L)
{
    bool is_main = lua_pushthread(L) == 1;
    lua_pushboolean(L, is_main || bd_task_is_body(L));
    return 2;
}

static int l_isyieldable(lua_State *L)
{
    lua_State *co = lua_isnone(L, 1) ? L : check_thread(L);
    lua_pushboolean(L, lua_isyieldable(co) && !bd_task_is_body(co));
    return 1;
}

int bd_coroutine_module(lua_State *L)
{
    static const struct {
        const char *name;
        lua_CFunction function;
        const char *original;
    } FUNCTIONS[] = {
        {"resume", l_resume, "resume"},    {"wrap", l_wrap, "resume"},
        {"yield", l_yield, "yield"},       {"close", l_close, "close"},
        {"running", l_running, "running"}, {"isyieldable", l_isyieldable, "isyieldable"},
        {"create", NULL, "create"},        {"status", NULL, "status"},
    };
    lua_newtable(L);
    lua_getglobal(L, "coroutine");
    for (size_t i = 0; i < sizeof FUNCTIONS / sizeof *FUNCTIONS; i++) {
        lua_getfield(L, -1, FUNCTIONS[i].original);
        if (FUNCTIONS[i].function != NULL) {
            lua_pushcclosure(L, FUNCTIONS[i].function, 1);
        }
        lua_setfield(L, -3, FUNCTIONS[i].name);
    }
    lua_pop(L, 1);
    return 1;
}
