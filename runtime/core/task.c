// SPDX-License-Identifier: MIT
#include "task.h"

#include <lauxlib.h>
#include <string.h>

#include "check.h"
#include "error.h"
#include "runtime.h"
#include "task_internal.h"

static const char METATABLE[] = "beadle.task";

enum { COROUTINE = 1, GATE, LABEL, USER_VALUES = LABEL };

// The extra space of a Lua thread holds the runtime; the two low bits say what the thread is. New threads
// copy the main thread's, whose bits are clear.
enum { IS_BODY = 1, IS_HOST_WAIT = 2 };

static uintptr_t *extra(lua_State *co)
{
    return (uintptr_t *)lua_getextraspace(co);
}

struct bd_runtime *bd_runtime_of(lua_State *L)
{
    return (struct bd_runtime *)(*extra(L) & ~(uintptr_t)(IS_BODY | IS_HOST_WAIT)); // NOLINT
}

bool bd_task_is_body(lua_State *co)
{
    return (*extra(co) & IS_BODY) != 0;
}

bool bd_task_is_host_wait(lua_State *co)
{
    return (*extra(co) & IS_HOST_WAIT) != 0;
}

void bd_task_set_host_wait(lua_State *co, bool waiting)
{
    *extra(co) = (*extra(co) & ~(uintptr_t)IS_HOST_WAIT) | (waiting ? IS_HOST_WAIT : 0);
}

bool bd_task_ended(const struct bd_task *task)
{
    return task->state == BD_TASK_DONE || task->state == BD_TASK_FAILED;
}

struct bd_task *bd_task_current(lua_State *L)
{
    return bd_runtime_of(L)->current;
}

struct bd_task *bd_task_check(lua_State *L, int index)
{
    return luaL_checkudata(L, index, METATABLE);
}

void bd_task_queue(struct bd_runtime *rt, struct bd_task *task)
{
    task->state = BD_TASK_READY;
    task->next = NULL;
    if (rt->ready_tail != NULL) {
        rt->ready_tail->next = task;
    } else {
        rt->ready_head = task;
    }
    rt->ready_tail = task;
    bd_loop_ready(&rt->loop);
}

// ------------------------------------------------------------------------------------------------
// Life of a task

static int body_ended(lua_State *L, int status, lua_KContext context)
{
    bool failed = status != LUA_OK && status != LUA_YIELD;
    (void)context;
    return bd_scope_drain_all(L, failed);
}

static int task_body(lua_State *L)
{
    lua_pushcfunction(L, bd_task_on_error);
    lua_insert(L, 1);
    int status = lua_pcallk(L, lua_gettop(L) - 2, LUA_MULTRET, 1, 0, body_ended);
    return body_ended(L, status, 0);
}

static void anchor(struct bd_runtime *rt, lua_State *L, struct bd_task *task)
{
    lua_rawgeti(L, LUA_REGISTRYINDEX, rt->tasks_ref);
    lua_pushvalue(L, -2);
    task->anchor = luaL_ref(L, -2);
    lua_pop(L, 1);
    rt->tasks_live++;
}

static void release_anchor(struct bd_runtime *rt, struct bd_task *task)
{
    lua_rawgeti(rt->L, LUA_REGISTRYINDEX, rt->tasks_ref);
    luaL_unref(rt->L, -1, task->anchor);
    lua_pop(rt->L, 1);
    task->anchor = LUA_NOREF;
    rt->tasks_live--;
}

static struct bd_scope *scope_for_child(lua_State *L)
{
    struct bd_task *parent = bd_task_current(L);
    if (parent == NULL) {
        return NULL;
    }
    if (parent->scope == NULL) {
        return bd_scope_open(parent);
    }
    if (parent->scope->closing) {
        bd_error(L, BD_CANCELLED, "no new task can begin: its scope is ending");
    }
    return parent->scope;
}

// Pushes the userdata of a task that has not ended. [-0, +1]
static void push_task(lua_State *L, const struct bd_task *task)
{
    lua_rawgeti(L, LUA_REGISTRYINDEX, bd_runtime_of(L)->tasks_ref);
    lua_rawgeti(L, -1, task->anchor);
    lua_remove(L, -2);
}

void bd_task_release_children(lua_State *L)
{
    struct bd_scope *scope = bd_task_current(L)->scope;
    lua_newtable(L);
    for (lua_Integer i = 1; scope != NULL && !scope->failing && scope->children != NULL; i++) {
        struct bd_task *child = scope->children;
        push_task(L, child);
        lua_rawseti(L, -2, i);
        bd_scope_let_go(scope, child);
    }
}

void bd_task_set_gate(lua_State *L, bool reads)
{
    struct bd_task *task = bd_task_current(L);
    luaL_checkstack(L, 4, "task");
    if (task == NULL) { // a `<close>` variable of a task that ends without being run again
        lua_pop(L, 1);
        return;
    }
    task->gated = !lua_isnil(L, -1);
    task->gates_reads = task->gated && reads;
    push_task(L, task);
    lua_insert(L, -2);
    lua_setiuservalue(L, -2, GATE);
    lua_pop(L, 1);
}

void bd_task_set_label(lua_State *L)
{
    struct bd_task *task = bd_task_current(L);
    luaL_checkstack(L, 4, "task");
    if (task == NULL) {
        lua_pop(L, 1);
        return;
    }
    task->labelled = !lua_isnil(L, -1);
    push_task(L, task);
    lua_insert(L, -2);
    lua_setiuservalue(L, -2, LABEL);
    lua_pop(L, 1);
}

void bd_task_push_label(lua_State *L)
{
    const struct bd_task *task = bd_task_current(L);
    if (task == NULL || !task->labelled) {
        lua_pushnil(L);
        return;
    }
    push_task(L, task);
    lua_getiuservalue(L, -1, LABEL);
    lua_remove(L, -2);
}

bool bd_task_push_gate(lua_State *L)
{
    const struct bd_task *task = bd_task_current(L);
    if (task == NULL || !task->gated) {
        return false;
    }
    luaL_checkstack(L, 6, "gate");
    push_task(L, task);
    lua_getiuservalue(L, -1, GATE);
    lua_remove(L, -2);
    return true;
}

bool bd_task_push_gate_for(lua_State *L, bool changes)
{
    const struct bd_task *task = bd_task_current(L);
    bool wanted = task != NULL && task->gated && (changes || task->gates_reads);
    return wanted && bd_task_push_gate(L);
}

// The new task on top has the gate and the label of the one that makes it.
static void inherit(lua_State *L, struct bd_task *task)
{
    const struct bd_task *parent = bd_task_current(L);
    if (parent == NULL) {
        return;
    }
    if (bd_task_push_gate(L)) {
        lua_setiuservalue(L, -2, GATE);
        task->gated = true;
        task->gates_reads = parent->gates_reads;
    }
    if (parent->labelled) {
        bd_task_push_label(L);
        lua_setiuservalue(L, -2, LABEL);
        task->labelled = true;
    }
}

static struct bd_task *spawn(lua_State *L, int nargs, struct bd_scope *home, bool inherits)
{
    struct bd_runtime *rt = bd_runtime_of(L);
    luaL_checkstack(L, 6, "task");
    struct bd_task *task = lua_newuserdatauv(L, sizeof *task, USER_VALUES);
    memset(task, 0, sizeof *task);
    luaL_setmetatable(L, METATABLE);
    task->co = lua_newthread(L);
    *extra(task->co) |= IS_BODY;
    if (!lua_checkstack(task->co, nargs + 2)) { // a new thread has room for 40 values
        bd_error(L, BD_ARGUMENT, "too many arguments to a task");
    }
    lua_setiuservalue(L, -2, COROUTINE);
    task->number = ++rt->tasks_made;
    if (inherits) {
        inherit(L, task);
    }
    lua_insert(L, -(nargs + 2)); // below the function
    lua_pushcfunction(task->co, task_body);
    lua_xmove(L, task->co, nargs + 1);
    anchor(rt, L, task);
    if (home != NULL) {
        bd_scope_adopt(home, task);
    }
    bd_task_queue(rt, task);
    return task;
}

struct bd_task *bd_task_spawn(lua_State *L, int nargs)
{
    return spawn(L, nargs, scope_for_child(L), true);
}

struct bd_task *bd_task_spawn_root(lua_State *L, int nargs)
{
    return spawn(L, nargs, NULL, false);
}

struct bd_task *bd_task_spawn_apart(lua_State *L, int nargs)
{
    return spawn(L, nargs, NULL, true);
}

static void tell_end(struct bd_task *task)
{
    struct bd_task_end *end = task->end;
    task->end = NULL;
    if (end != NULL) {
        end->ended(end);
    }
}

static void end_task(struct bd_runtime *rt, struct bd_task *task, bool failed)
{
    struct bd_scope *home = task->home;
    task->state = failed ? BD_TASK_FAILED : BD_TASK_DONE;
    tell_end(task);
    bd_waitlist_wake_all(&task->joiners);
    if (home != NULL && bd_scope_release(home, task)) {
        struct bd_task *owner = home->owner;
        if (owner->state == BD_TASK_DRAINING && owner->draining == home) {
            bd_task_wake(owner);
        }
    }
    release_anchor(rt, task);
}

static void resume(struct bd_runtime *rt, struct bd_task *task)
{
    lua_State *co = task->co;
    bool fresh = lua_status(co) == LUA_OK;
    task->state = BD_TASK_RUNNING;
    rt->current = task;
    rt->blocked = 0;
    bool stillborn = fresh && task->why != BD_WHY_NONE;
    int status = LUA_ERRRUN;
    int results = 0;
    if (stillborn) {
        lua_settop(co, 0);
        bd_task_push_cancellation(co);
    } else {
        bd_runtime_enter(rt, co);
        status = lua_resume(co, rt->L, fresh ? lua_gettop(co) - 1 : 0, &results);
        bd_runtime_enter(rt, NULL);
    }
    rt->current = NULL;
    if (status == LUA_YIELD) {
        lua_pop(co, results);
        BD_CHECK(task->state != BD_TASK_RUNNING);
        return;
    }
    if (status != LUA_OK && !stillborn) {
        (void)lua_resetthread(co);
    }
    end_task(rt, task, status != LUA_OK);
}

// Queues a list of ready tasks again.
static void put_back(struct bd_runtime *rt, struct bd_task *list)
{
    while (list != NULL) {
        struct bd_task *next = list->next;
        bd_task_queue(rt, list);
        list = next;
    }
}

void bd_task_run_ready(struct bd_runtime *rt)
{
    struct bd_task *task = rt->ready_head;
    rt->ready_head = rt->ready_tail = NULL;
    while (task != NULL && !rt->exiting) {
        struct bd_task *next = task->next;
        task->next = NULL;
        resume(rt, task);
        task = next;
    }
    put_back(rt, task); // after os.exit: they have yet to learn that the program ends
}

// ------------------------------------------------------------------------------------------------
// The whole

void bd_task_open(struct bd_runtime *rt)
{
    luaL_newmetatable(rt->L, METATABLE);
    lua_pop(rt->L, 1);
    lua_newtable(rt->L);
    rt->tasks_ref = luaL_ref(rt->L, LUA_REGISTRYINDEX);
}

// Calls `act` for every live task; it must not make or end one.
static void for_each_live(struct bd_runtime *rt, void (*act)(struct bd_task *))
{
    lua_State *L = rt->L;
    lua_rawgeti(L, LUA_REGISTRYINDEX, rt->tasks_ref);
    lua_pushnil(L);
    while (lua_next(L, -2) != 0) {
        struct bd_task *task = luaL_testudata(L, -1, METATABLE);
        lua_pop(L, 1);
        if (task != NULL) {
            act(task);
        }
    }
    lua_pop(L, 1);
}

static void cancel_for_closing(struct bd_task *task)
{
    bd_task_cancel(task, BD_WHY_CLOSING);
}

void bd_task_cancel_all(struct bd_runtime *rt)
{
    for_each_live(rt, cancel_for_closing);
}

static void abandon(struct bd_task *task)
{
    if (bd_task_ended(task)) {
        return;
    }
    if (task->wait != NULL) {
        struct bd_wait *wait = task->wait;
        task->wait = NULL;
        wait->stop(wait);
    }
    while (task->scope != NULL) {
        bd_scope_free(task->co, task->scope);
    }
    task->state = BD_TASK_PARKED; // what its `<close>` variables run may cancel it
    (void)lua_resetthread(task->co);
    lua_settop(task->co, 0);
    bd_task_push_cancellation(task->co);
    task->state = BD_TASK_FAILED;
    tell_end(task);
}

void bd_task_abandon_all(struct bd_runtime *rt)
{
    rt->closing = true;
    rt->ready_head = rt->ready_tail = NULL;
    for_each_live(rt, abandon);
}
