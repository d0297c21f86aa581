// SPDX-License-Identifier: MIT
// beadle.task: tasks and scopes as stdlib/async.lua builds on them.
#include "core/task.h"

#include <lauxlib.h>

#include "core/duration.h"
#include "core/error.h"
#include "core/runtime.h"
#include "modules.h"

// spawn(fn, ...): a task in the innermost scope.
static int l_spawn(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TFUNCTION);
    bd_task_spawn(L, lua_gettop(L) - 1);
    return 1;
}

// scope(fn, ...): the results of fn, once every task that was spawned in it has ended.
static int l_scope(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TFUNCTION);
    return bd_task_scope(L, lua_gettop(L) - 1);
}

// sleep(duration)
static int l_sleep(lua_State *L)
{
    return bd_task_sleep(L, bd_duration_check(L, 1, "the duration"));
}

// orderly(on): whether the script itself ends in order after Ctrl-C. The main task is cancelled where it waits,
// and nothing is stopped while it computes; only a second Ctrl-C does that, to all but the main task.
static int l_orderly(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TBOOLEAN);
    bd_runtime_of(L)->orderly = lua_toboolean(L, 1);
    return 0;
}

// gate(): the running task's gate, or nil; and whether it sees what only reads.
static int l_gate(lua_State *L)
{
    if (!bd_task_push_gate(L)) {
        return 0;
    }
    lua_pushboolean(L, bd_task_current(L)->gates_reads);
    return 2;
}

// set_gate(fn [, reads]): a function or an object with __call, the gate of this task and of those it spawns from here on; nil: none. With `reads` it also
// sees operations that only read. For beadle.gate.
static int l_set_gate(lua_State *L)
{
    if (!lua_isnoneornil(L, 1) && luaL_getmetafield(L, 1, "__call") == LUA_TNIL) {
        luaL_checktype(L, 1, LUA_TFUNCTION);
    }
    bool reads = lua_toboolean(L, 2);
    lua_settop(L, 1);
    bd_task_set_gate(L, reads);
    return 0;
}

// set_label(text): what this task and those it spawns from here on work at; nil: nothing in particular. Traces show it.
static int l_set_label(lua_State *L)
{
    lua_settop(L, 1);
    if (!lua_isnil(L, 1)) {
        luaL_checkstring(L, 1);
    }
    bd_task_set_label(L);
    return 0;
}

// label(): that text, or nil.
static int l_label(lua_State *L)
{
    bd_task_push_label(L);
    return 1;
}

// task:wait(): its results; raises its error.
static int l_wait(lua_State *L)
{
    return bd_task_join(L, bd_task_check(L, 1));
}

// task:cancel([why]): "timeout" makes the error it sees one of kind timeout.
static int l_cancel(lua_State *L)
{
    static const char *const NAMES[] = {"cancelled", "timeout", NULL};
    struct bd_task *task = bd_task_check(L, 1);
    int why = luaL_checkoption(L, 2, "cancelled", NAMES);
    bd_task_cancel(task, why == 1 ? BD_WHY_TIMEOUT : BD_WHY_CANCELLED);
    return 0;
}

// task:status(): "running", "done" or "failed".
static int l_status(lua_State *L)
{
    const struct bd_task *task = bd_task_check(L, 1);
    const char *status = task->state == BD_TASK_DONE ? "done" : "running";
    lua_pushstring(L, task->state == BD_TASK_FAILED ? "failed" : status);
    return 1;
}

static int l_tostring(lua_State *L)
{
    const struct bd_task *task = bd_task_check(L, 1);
    lua_pushfstring(L, "task: %p", (const void *)task);
    return 1;
}

// ------------------------------------------------------------------------------------------------
// Events

static const char EVENT[] = "beadle.event";

struct event {
    struct bd_waitlist waiting; // its tasks hold the event on their stacks
    bool set;
};

// event(): something that happens once.
static int l_event(lua_State *L)
{
    struct event *event = lua_newuserdatauv(L, sizeof *event, 0);
    *event = (struct event){.set = false};
    luaL_setmetatable(L, EVENT);
    return 1;
}

static int event_waited(lua_State *L, int status, lua_KContext context)
{
    (void)status;
    (void)context;
    if (bd_task_interrupted(L)) {
        bd_task_push_cancellation(L);
        return bd_error_raise(L);
    }
    return 0;
}

// event:wait()
static int l_event_wait(lua_State *L)
{
    struct event *event = luaL_checkudata(L, 1, EVENT);
    if (event->set) {
        return 0;
    }
    bd_task_may_wait(L, "waiting for an event");
    return bd_waitlist_wait(L, &event->waiting, 0, event_waited);
}

// event:set()
static int l_event_set(lua_State *L)
{
    struct event *event = luaL_checkudata(L, 1, EVENT);
    event->set = true;
    bd_waitlist_wake_all(&event->waiting);
    return 0;
}

static void make_event_metatable(lua_State *L)
{
    static const luaL_Reg METHODS[] = {{"wait", l_event_wait}, {"set", l_event_set}, {NULL, NULL}};
    luaL_newmetatable(L, EVENT);
    luaL_newlib(L, METHODS);
    lua_setfield(L, -2, "__index");
    lua_pop(L, 1);
}

int bd_task_module(lua_State *L)
{
    static const luaL_Reg FUNCTIONS[] = {{"spawn", l_spawn},         {"scope", l_scope},
                                         {"sleep", l_sleep},         {"event", l_event},
                                         {"orderly", l_orderly},     {"gate", l_gate},
                                         {"set_gate", l_set_gate},   {"label", l_label},
                                         {"set_label", l_set_label}, {NULL, NULL}};
    make_event_metatable(L);
    static const luaL_Reg METHODS[] = {
        {"wait", l_wait}, {"cancel", l_cancel}, {"status", l_status}, {NULL, NULL}};
    luaL_getmetatable(L, "beadle.task");
    luaL_newlib(L, METHODS);
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, l_tostring);
    lua_setfield(L, -2, "__tostring");
    lua_pushliteral(L, "task");
    lua_setfield(L, -2, "__metatable");
    lua_pop(L, 1);
    luaL_newlib(L, FUNCTIONS);
    return 1;
}
