// SPDX-License-Identifier: MIT
// How a task waits: for an operation, for a time, in a list, for another task; and how a wait is ended.
#include <lauxlib.h>

#include "check.h"
#include "error.h"
#include "runtime.h"
#include "task_internal.h"

void bd_task_begin_wait(lua_State *L, struct bd_wait *wait)
{
    struct bd_task *task = bd_task_current(L);
    BD_CHECK(task != NULL && task->wait == NULL && wait->stop != NULL);
    task->wait = wait;
    task->state = BD_TASK_WAITING;
    if (L != task->co) {
        bd_task_set_host_wait(L, true);
    }
}

bool bd_task_can_wait(lua_State *L)
{
    return lua_isyieldable(L) && bd_runtime_of(L)->blocked == 0;
}

void bd_task_may_wait(lua_State *L, const char *what)
{
    struct bd_runtime *rt = bd_runtime_of(L);
    struct bd_task *task = rt->current;
    if (task == NULL || rt->closing) {
        bd_error(L, BD_CANCELLED, "%s cannot begin: the program is ending", what);
        return;
    }
    if (!bd_task_can_wait(L)) {
        bd_error_push(
            L, BD_ARGUMENT,
            "%s has to wait, and cannot do so inside a function that Lua itself calls and "
            "that must return at once (a table.sort comparator, a string.gsub callback, "
            "__tostring, __gc)",
            what);
        bd_error_text(L, "hint", "Make the call before, and use its result there.");
        bd_error_text(L, "outcome", "none");
        bd_error_raise(L);
        return;
    }
    if (task->why != BD_WHY_NONE) {
        bd_task_push_cancellation(L);
        bd_error_text(L, "outcome", "none");
        bd_error_raise(L);
    }
}

int bd_task_wait(lua_State *L, struct bd_wait *wait, lua_KContext context, lua_KFunction k)
{
    bd_task_begin_wait(L, wait);
    return lua_yieldk(L, 0, context, k);
}

void bd_task_park(lua_State *L)
{
    struct bd_runtime *rt = bd_runtime_of(L);
    rt->current->state = BD_TASK_PARKED;
    rt->tasks_live--;
    (void)lua_yield(L, 0);
}

void bd_task_wake(struct bd_task *task)
{
    BD_CHECK(task->wait != NULL);
    task->wait = NULL;
    bd_task_queue(bd_runtime_of(task->co), task);
}

bool bd_task_interrupted(lua_State *L)
{
    struct bd_task *task = bd_task_current(L);
    bool interrupted = task->interrupted;
    task->interrupted = false;
    return interrupted;
}

void bd_task_cancel(struct bd_task *task, enum bd_why why)
{
    if (!bd_task_ended(task)) {
        task->was_cancelled = true;
        bd_task_interrupt(task, why);
    }
}

void bd_task_interrupt(struct bd_task *task, enum bd_why why)
{
    if (task->why == BD_WHY_NONE) {
        task->why = (uint8_t)why;
    }
    if (task->state == BD_TASK_DRAINING) {
        bd_scope_cancel(task->draining, why);
    } else if (task->state == BD_TASK_WAITING) {
        struct bd_wait *wait = task->wait;
        task->wait = NULL;
        task->interrupted = true;
        wait->stop(wait);
        bd_task_queue(bd_runtime_of(task->co), task);
    }
}

static int raise_cancellation(lua_State *L)
{
    bd_task_push_cancellation(L);
    return bd_error_raise(L);
}

static void stop_sleep(struct bd_wait *wait)
{
    struct bd_task *task = BD_OUTER(wait, struct bd_task, own_wait);
    bd_loop_disarm(&bd_runtime_of(task->co)->loop, &task->timer);
}

static void on_sleep_over(struct bd_timer *timer)
{
    bd_task_wake(BD_OUTER(timer, struct bd_task, timer));
}

static int slept(lua_State *L, int status, lua_KContext context)
{
    (void)status;
    (void)context;
    return bd_task_interrupted(L) ? raise_cancellation(L) : 0;
}

int bd_task_sleep(lua_State *L, uint64_t delay)
{
    bd_task_may_wait(L, "sleep");
    struct bd_runtime *rt = bd_runtime_of(L);
    struct bd_task *task = rt->current;
    task->own_wait.stop = stop_sleep;
    task->timer.fire = on_sleep_over;
    bd_loop_arm(&rt->loop, &task->timer, delay);
    return bd_task_wait(L, &task->own_wait, 0, slept);
}

static int push_results(lua_State *L, struct bd_task *task)
{
    if (task->state == BD_TASK_FAILED) {
        lua_pushvalue(task->co, -1);
        lua_xmove(task->co, L, 1);
        return bd_error_rethrow(L);
    }
    int count = lua_gettop(task->co);
    luaL_checkstack(L, count, "results of a task");
    for (int i = 1; i <= count; i++) { // one by one: nothing may be raised in the other thread
        lua_pushvalue(task->co, i);
        lua_xmove(task->co, L, 1);
    }
    return count;
}

static void leave_list(struct bd_wait *wait)
{
    struct bd_task *task = BD_OUTER(wait, struct bd_task, own_wait);
    struct bd_waitlist *list = task->list;
    struct bd_task *before = NULL;
    for (struct bd_task *other = list->first; other != task; other = other->next) {
        before = other;
    }
    if (before != NULL) {
        before->next = task->next;
    } else {
        list->first = task->next;
    }
    if (list->last == task) {
        list->last = before;
    }
    task->list = NULL;
}

int bd_waitlist_wait(lua_State *L, struct bd_waitlist *list, lua_KContext context, lua_KFunction k)
{
    struct bd_task *task = bd_task_current(L);
    task->own_wait.stop = leave_list;
    task->list = list;
    task->next = NULL;
    if (list->last != NULL) {
        list->last->next = task;
    } else {
        list->first = task;
    }
    list->last = task;
    return bd_task_wait(L, &task->own_wait, context, k);
}

bool bd_waitlist_wake_first(struct bd_waitlist *list)
{
    struct bd_task *task = list->first;
    if (task == NULL) {
        return false;
    }
    leave_list(&task->own_wait);
    bd_task_wake(task);
    return true;
}

void bd_waitlist_wake_all(struct bd_waitlist *list)
{
    while (bd_waitlist_wake_first(list)) {}
}

static int joined(lua_State *L, int status, lua_KContext context)
{
    (void)status;
    struct bd_task *task = (struct bd_task *)context; // NOLINT
    return bd_task_interrupted(L) ? raise_cancellation(L) : push_results(L, task);
}

bool bd_task_is_within(const struct bd_task *task, const struct bd_task *outer)
{
    for (; task != NULL; task = task->home != NULL ? task->home->owner : NULL) {
        if (task == outer) {
            return true;
        }
    }
    return false;
}

int bd_task_join(lua_State *L, struct bd_task *task)
{
    if (bd_task_ended(task)) {
        return push_results(L, task);
    }
    bd_task_may_wait(L, "waiting for a task");
    if (bd_task_is_within(bd_task_current(L), task)) {
        return bd_error(L, BD_ARGUMENT,
                        "a task cannot wait for itself or for one it was spawned by");
    }
    return bd_waitlist_wait(L, &task->joiners, (lua_KContext)task, joined);
}
