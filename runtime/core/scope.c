// SPDX-License-Identifier: MIT
// Scopes: no task outlives its own.
#include <lauxlib.h>
#include <stdlib.h>

#include "buf.h"
#include "check.h"
#include "error.h"
#include "log.h"
#include "runtime.h"
#include "task_internal.h"

struct bd_scope *bd_scope_open(struct bd_task *owner)
{
    struct bd_scope *scope = bd_alloc(sizeof *scope);
    scope->number = ++bd_runtime_of(owner->co)->scopes;
    scope->outer = owner->scope;
    scope->owner = owner;
    scope->error_ref = LUA_NOREF;
    owner->scope = scope;
    return scope;
}

void bd_scope_free(lua_State *L, struct bd_scope *scope)
{
    struct bd_scope **place = &scope->owner->scope;
    while (*place != scope) { // a coroutine that waits aside may have opened another since
        place = &(*place)->outer;
    }
    *place = scope->outer;
    luaL_unref(L, LUA_REGISTRYINDEX, scope->error_ref);
    free(scope);
}

void bd_scope_adopt(struct bd_scope *scope, struct bd_task *child)
{
    child->home = scope;
    child->right = scope->children;
    if (scope->children != NULL) {
        scope->children->left = child;
    }
    scope->children = child;
    scope->live++;
}

void bd_scope_let_go(struct bd_scope *scope, struct bd_task *child)
{
    if (child->left != NULL) {
        child->left->right = child->right;
    } else {
        scope->children = child->right;
    }
    if (child->right != NULL) {
        child->right->left = child->left;
    }
    child->left = child->right = NULL;
    child->home = NULL;
    scope->live--;
}

void bd_scope_cancel(struct bd_scope *scope, enum bd_why why)
{
    scope->closing = true;
    for (struct bd_task *child = scope->children; child != NULL; child = child->right) {
        bd_task_cancel(child, why);
    }
}

static void fail(struct bd_scope *scope, lua_State *co)
{
    scope->failing = true;
    lua_pushvalue(co, -1);
    scope->error_ref = luaL_ref(co, LUA_REGISTRYINDEX);
    bd_scope_cancel(scope, BD_WHY_SCOPE);
    bd_task_interrupt(scope->owner, BD_WHY_SCOPE);
}

static void report_lost(lua_State *co)
{
    if (bd_error_is(co, -1, BD_CANCELLED) || bd_error_is(co, -1, BD_TIMEOUT)) {
        return;
    }
    const char *text = bd_error_describe(co, -1);
    bd_log(bd_runtime_of(co)->log, BD_LOG_WARN, "a task that was being cancelled failed: %s", text);
    lua_pop(co, 1);
}

bool bd_scope_release(struct bd_scope *scope, struct bd_task *child)
{
    bd_scope_let_go(scope, child);
    if (child->state == BD_TASK_FAILED) {
        if (scope->closing || child->was_cancelled) {
            report_lost(child->co);
        } else {
            fail(scope, child->co);
        }
    }
    return scope->live == 0;
}

// ------------------------------------------------------------------------------------------------
// Running code in a scope

static void stop_nothing(struct bd_wait *wait)
{
    (void)wait;
}

// What follows once a scope has been drained, as a context of continuations.
enum {
    BODY_FAILED = 1 << 0, // the body's error lies on top
    ALL_SCOPES = 1 << 1,  // the task's other scopes end too
};

// A scope's tasks have all ended. The stack holds the message handler and then the body's results, or its
// error on top.
static int drained(lua_State *L, int status, lua_KContext what)
{
    bool failed = (what & BODY_FAILED) != 0;
    struct bd_task *task = bd_task_current(L);
    struct bd_scope *scope = task->draining;
    (void)status;
    task->draining = NULL;
    if (scope->failing) {
        lua_rawgeti(L, LUA_REGISTRYINDEX, scope->error_ref);
        failed = true;
    }
    bool told_by_this = scope->failing && task->why == BD_WHY_SCOPE;
    bd_scope_free(L, scope);
    if (told_by_this && bd_task_failing_scope(task) == NULL) {
        task->why = BD_WHY_NONE;
    }
    if (!failed && task->why != BD_WHY_NONE) {
        bd_task_push_cancellation(L);
        failed = true;
    }
    if ((what & ALL_SCOPES) != 0) {
        return bd_scope_drain_all(L, failed);
    }
    return failed ? bd_error_rethrow(L) : lua_gettop(L) - 1;
}

static int drain(lua_State *L, struct bd_scope *scope, lua_KContext what)
{
    struct bd_task *task = bd_task_current(L);
    if ((what & BODY_FAILED) != 0) {
        bd_scope_cancel(scope, BD_WHY_SCOPE);
    } else if (task->why != BD_WHY_NONE) { // cancelled while it was about to end
        bd_scope_cancel(scope, task->why);
    }
    task->draining = scope;
    if (scope->live == 0) {
        return drained(L, LUA_OK, what);
    }
    task->own_wait.stop = stop_nothing;
    bd_task_begin_wait(L, &task->own_wait);
    task->state = BD_TASK_DRAINING;
    return lua_yieldk(L, 0, what, drained);
}

// More than one scope is left when a coroutine that opened one was never resumed.
int bd_scope_drain_all(lua_State *L, bool failed)
{
    struct bd_scope *scope = bd_task_current(L)->scope;
    if (scope != NULL) {
        return drain(L, scope, ALL_SCOPES | (failed ? BODY_FAILED : 0));
    }
    return failed ? bd_error_rethrow(L) : lua_gettop(L) - 1;
}

// The scope of that number, when it is one of the running task's.
static struct bd_scope *find(lua_State *L, lua_KContext number)
{
    const struct bd_task *task = bd_task_current(L);
    struct bd_scope *scope = task != NULL ? task->scope : NULL;
    while (scope != NULL && (lua_KContext)scope->number != number) {
        scope = scope->outer;
    }
    return scope;
}

// The body may have been a coroutine that was resumed when its task was over, by another task, or where
// nothing can wait. A scope that is still open then ends with its task.
static int scope_body_ended(lua_State *L, int status, lua_KContext number)
{
    bool failed = status != LUA_OK && status != LUA_YIELD;
    struct bd_scope *scope = find(L, number);
    if (scope != NULL && (scope->live == 0 || bd_task_can_wait(L))) {
        return drain(L, scope, failed ? BODY_FAILED : 0);
    }
    if (failed) {
        return bd_error_rethrow(L);
    }
    return bd_error(L, BD_ARGUMENT, "a scope cannot end %s",
                    scope == NULL ? "in another task than it began in"
                                  : "inside a function that Lua itself calls, which must return at "
                                    "once: its tasks still run");
}

int bd_task_scope(lua_State *L, int nargs)
{
    bd_task_may_wait(L, "a scope");
    lua_KContext number = (lua_KContext)bd_scope_open(bd_task_current(L))->number;
    lua_pushcfunction(L, bd_task_on_error);
    lua_insert(L, 1);
    BD_CHECK(lua_gettop(L) == nargs + 2);
    int status = lua_pcallk(L, nargs, LUA_MULTRET, 1, number, scope_body_ended);
    return scope_body_ended(L, status, number);
}
