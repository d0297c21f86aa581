// SPDX-License-Identifier: MIT
// A task is a coroutine that the loop resumes. A waiting task has one pending operation with one stop
// function, so cancelling never needs to know what the task waits for. Tasks live in scopes: a scope does
// not end before its tasks, and when one fails, the scope cancels the others and fails too.
//
// Only bd_task_run_ready calls lua_resume. Callbacks of the loop move bytes and call bd_task_wake.
#ifndef BD_TASK_H
#define BD_TASK_H

#include <lua.h>
#include <stdbool.h>
#include <stdint.h>

#include "timer.h"

struct bd_runtime;
struct bd_scope;

// A pending operation; embedded in whatever performs it.
struct bd_wait {
    // Abandons the operation. Runs outside Lua, must not wake the task; afterwards nobody else will.
    void (*stop)(struct bd_wait *wait);
};

enum bd_task_state {
    BD_TASK_READY,
    BD_TASK_RUNNING,
    BD_TASK_WAITING,
    BD_TASK_DRAINING, // its body has ended, or a scope's body: it waits for the scope's tasks
    BD_TASK_PARKED,   // it called os.exit: never resumed
    BD_TASK_DONE,
    BD_TASK_FAILED, // ended with an error, which lies on top of its stack
};

// Why a task is being cancelled.
enum bd_why {
    BD_WHY_NONE,
    BD_WHY_CANCELLED,
    BD_WHY_TIMEOUT,
    BD_WHY_INTERRUPTED, // Ctrl-C
    BD_WHY_SCOPE,       // another task of the scope failed
    BD_WHY_STUCK,       // nothing was left that could wake it
    BD_WHY_CLOSING,
};

// Somebody who is told when a task has ended, in whatever way; embedded in whatever the task works for.
struct bd_task_end {
    // Runs outside Lua and must not run any. The task is no longer to be touched.
    void (*ended)(struct bd_task_end *end);
};

// Tasks that wait for the same thing, first come first.
struct bd_waitlist {
    struct bd_task *first, *last;
};

// Collectable: a userdata whose user values are the coroutine, its gate and its label. Anchored by the runtime until it
// has ended.
struct bd_task {
    lua_State *co;
    struct bd_wait *wait;         // pending operation; NULL when there is none
    struct bd_wait own_wait;      // for sleeping, draining and waiting in a list
    struct bd_timer timer;        // for sleeping
    struct bd_task *next;         // in the ready queue or in a waitlist
    struct bd_waitlist *list;     // the waitlist it stands in
    struct bd_waitlist joiners;   // those that wait for this task
    struct bd_scope *home;        // the scope it is a child of; NULL for a root
    struct bd_task *left, *right; // its neighbours in `home`
    struct bd_scope *scope;       // innermost scope its body has opened; NULL when none
    struct bd_scope *draining;    // the one whose tasks it waits for
    struct bd_task_end *end;      // NULL: nobody; borrowed
    int anchor;
    uint8_t state;      // enum bd_task_state
    uint8_t why;        // enum bd_why; a cancellation that was not delivered yet
    bool interrupted;   // its wait was stopped by a cancellation
    bool gated;         // bd_task_set_gate
    bool gates_reads;   // its gate sees requests that only read, too
    bool labelled;      // bd_task_set_label
    uint64_t number;    // from 1, in the order of their beginning
    bool was_cancelled; // somebody cancelled it: its failure is no news to the scope
};

// Makes a task from a function and `nargs` arguments on top of L's stack, queues it, and leaves its
// userdata instead of them. It belongs to the innermost scope of the running task, which is opened when
// there is none yet; outside any task it is a root. [-(nargs+1), +1]
struct bd_task *bd_task_spawn(lua_State *L, int nargs);

// The same for a task that belongs to nobody: it ends with the program, and no gate holds
// for it.
struct bd_task *bd_task_spawn_root(lua_State *L, int nargs);

// The same with the gate and the label of the running task: it works for the script, though in nobody's scope.
struct bd_task *bd_task_spawn_apart(lua_State *L, int nargs);

// Runs a function with `nargs` arguments from the top of the stack in a scope of its own, in the running
// task. To be returned from a C function: pushes the function's results when the scope has ended well.
int bd_task_scope(lua_State *L, int nargs);

// Makes the live tasks of the running task's innermost scope tasks that belong to nobody, and pushes a list of them:
// the running task does not wait for them any more. [-0, +1]
void bd_task_release_children(lua_State *L);

// The task at a stack index; raises when there is none.
struct bd_task *bd_task_check(lua_State *L, int index);

// Raises unless the running code may wait now; `what` names the call in the message. Also raises a
// cancellation that has not been delivered yet. Call it before anything is started.
void bd_task_may_wait(lua_State *L, const char *what);

// Whether the running code can be suspended at all: nothing below it must return at once.
bool bd_task_can_wait(lua_State *L);

// Suspends the running task until bd_task_wake or a cancellation. To be returned from a C function; `k` is
// entered afterwards and begins with bd_task_interrupted.
int bd_task_wait(lua_State *L, struct bd_wait *wait, lua_KContext context, lua_KFunction k);

// Suspends the running task for good: nothing wakes it, and it ends with the runtime. For os.exit.
void bd_task_park(lua_State *L);

// Ends the wait of a task: the operation is over.
void bd_task_wake(struct bd_task *task);

// In a continuation: true when the wait was stopped. Then the caller raises the error that
// bd_task_push_cancellation pushes, perhaps with more fields.
bool bd_task_interrupted(lua_State *L);
void bd_task_push_cancellation(lua_State *L);

// True for an error value that told the running task of its own cancellation, of whatever kind it is.
bool bd_task_is_own_cancellation(lua_State *L, int index);

// Waits. Durations in milliseconds. To be returned from a C function.
int bd_task_sleep(lua_State *L, uint64_t delay);

// Waits in a list until somebody wakes it from there. `k` as in bd_task_wait. The caller has called
// bd_task_may_wait.
int bd_waitlist_wait(lua_State *L, struct bd_waitlist *list, lua_KContext context, lua_KFunction k);
bool bd_waitlist_wake_first(struct bd_waitlist *list); // false when nobody waits
void bd_waitlist_wake_all(struct bd_waitlist *list);

// Waits until the task has ended and pushes its results, or raises its error.
int bd_task_join(lua_State *L, struct bd_task *task);

// Asks a task to end: it sees an error at the call it waits in, or at its next wait. Nothing happens to a
// task that has ended.
void bd_task_cancel(struct bd_task *task, enum bd_why why);

// The task that runs now.
struct bd_task *bd_task_current(lua_State *L);

bool bd_task_ended(const struct bd_task *task);

// Whether `task` is `outer`, or one that `outer` spawned, or one that such a one spawned.
bool bd_task_is_within(const struct bd_task *task, const struct bd_task *outer);

// True for a coroutine that is the body of a task, not one that a script made.
bool bd_task_is_body(lua_State *co);
// True for a script's coroutine that waits in an operation of the host (coroutine.c).
bool bd_task_is_host_wait(lua_State *co);
void bd_task_set_host_wait(lua_State *co, bool waiting);

// Called by the loop: resumes what was ready when it began.
void bd_task_run_ready(struct bd_runtime *rt);

// Makes the metatable and the table of live tasks; once per runtime.
void bd_task_open(struct bd_runtime *rt);

// Pops a function(effect, send), or nil: the gate of the running task and of those it spawns from here on. Each
// request that may change something at the other side goes through it (gate.h says how), and with `reads` every other
// request of a vendor's operation. [-1, +0]
void bd_task_set_gate(lua_State *L, bool reads);

// Pushes the running task's gate; false, pushing nothing, when it has none. [-0, +(0|1)]
bool bd_task_push_gate(lua_State *L);

// The same for a request that may change something, or only reads: of the latter few gates want to know.
bool bd_task_push_gate_for(lua_State *L, bool changes);

// Pops a value that says what the running task and those it spawns from here on work at, such as "line 7"; nil: nothing
// in particular. For those who watch (observe.h). [-1, +0]
void bd_task_set_label(lua_State *L);

// Pushes it, or nil. [-0, +1]
void bd_task_push_label(lua_State *L);

// Cancels every live task (BD_WHY_CLOSING).
void bd_task_cancel_all(struct bd_runtime *rt);

// Ends every live task without resuming it; their `<close>` variables run. After this no task runs.
void bd_task_abandon_all(struct bd_runtime *rt);

// Pushes the traceback that belongs to an error value that ended a task, or nil. [-0, +1]
void bd_task_push_traceback(lua_State *L, int error);

#endif
