// SPDX-License-Identifier: MIT
// What task.c, task_wait.c, task_error.c and scope.c share. Nobody else includes this.
#ifndef BD_TASK_INTERNAL_H
#define BD_TASK_INTERNAL_H

#include "task.h"

struct bd_scope {
    uint64_t number;        // never used twice
    struct bd_scope *outer; // the next scope out in the same task
    struct bd_task *owner;
    struct bd_task *children;
    size_t live;
    int error_ref; // registry reference of the first error of a child; LUA_NOREF
    bool failing;  // a child failed
    bool closing;  // its tasks were cancelled; new ones are refused
};

// scope.c
struct bd_scope *bd_scope_open(struct bd_task *owner);
void bd_scope_free(lua_State *L, struct bd_scope *scope); // takes it off its owner
void bd_scope_adopt(struct bd_scope *scope, struct bd_task *child);

// Takes a child out that goes on without the scope.
void bd_scope_let_go(struct bd_scope *scope, struct bd_task *child);

// Takes an ended child out; a failure that nobody asked for fails the scope. True when it was the last.
bool bd_scope_release(struct bd_scope *scope, struct bd_task *child);

// task_wait.c: as bd_task_cancel, for the owner of a scope that fails: its own failure still counts for its own scope.
void bd_task_interrupt(struct bd_task *task, enum bd_why why);

void bd_scope_cancel(struct bd_scope *scope, enum bd_why why);

// Ends all scopes of the running task: waits for their tasks, then gives the results that lie above the
// message handler at index 1, or raises. To be returned from a C function; `failed`: its body's error lies
// on top.
int bd_scope_drain_all(lua_State *L, bool failed);

// task.c: puts a task at the end of the ready queue.
void bd_task_queue(struct bd_runtime *rt, struct bd_task *task);

// task_wait.c: notes what the running task waits for from now on.
void bd_task_begin_wait(lua_State *L, struct bd_wait *wait);

// task_error.c: a message handler that notes where an error came from while the stack is still there.
int bd_task_on_error(lua_State *L);

// The innermost scope that fails among those of a task and the one it belongs to; NULL: none.
const struct bd_scope *bd_task_failing_scope(const struct bd_task *task);

#endif
