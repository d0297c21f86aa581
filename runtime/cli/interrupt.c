// SPDX-License-Identifier: MIT
#include "interrupt.h"

#include <lauxlib.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "core/error.h"
#include "core/runtime.h"
#include "core/task.h"
#include "line_editor.h"

// A signal handler gets no argument: the one place where state hangs on nothing but the process.
static struct bd_runtime *volatile target;
static volatile sig_atomic_t caught, signals;

// What may still be computed after a signal that came while nothing ran: enough to clean up, and about a
// second of a loop that never waits and so never hears that its task was cancelled.
enum { PATIENCE = 100 * 1000 * 1000 }; // instructions

static void on_hook(lua_State *L, lua_Debug *where)
{
    (void)where;
    bd_error(L, BD_CANCELLED, "interrupted");
}

// Signals that a script may still answer. One that ends in order is first asked, then told; any other is told.
static int patience(const struct bd_runtime *rt)
{
    return rt != NULL && rt->orderly ? 2 : 1;
}

// Every instruction from here on raises, so that a loop around pcall ends as well.
static void stop_now(lua_State *co)
{
    lua_sethook(co, on_hook, LUA_MASKCALL | LUA_MASKRET | LUA_MASKLINE | LUA_MASKCOUNT, 1);
}

// Now for all coroutines: one may be a loop that makes others and catches their errors.
static void on_patience_over(lua_State *L, lua_Debug *where)
{
    bd_runtime_of(L)->interrupt = stop_now;
    stop_now(L);
    on_hook(L, where);
}

static void stop_soon(lua_State *co)
{
    if (lua_gethook(co) == NULL) {
        lua_sethook(co, on_patience_over, LUA_MASKCOUNT, PATIENCE);
    }
}

// A connection that breaks can send SIGHUP several times, from the terminal and from the shell.
static bool is_repeated_hangup(const struct bd_runtime *rt, int number)
{
    return number == SIGHUP && signals > 0 && rt != NULL && rt->orderly;
}

// ------------------------------------------------------------------------------------------------
// Sessions: Ctrl-C ends the line that runs, and nothing else

static bool runs_in_line(const struct bd_runtime *rt)
{
    return rt->foreground != NULL && bd_task_is_within(rt->current, rt->foreground);
}

// What the line runs after the signal, in whatever coroutine.
static void stop_line(lua_State *co)
{
    if (runs_in_line(bd_runtime_of(co))) {
        stop_now(co);
    }
}

// The loop still has not heard of the signal: what runs here keeps it busy.
static void on_session_patience_over(lua_State *L, lua_Debug *where)
{
    struct bd_runtime *rt = bd_runtime_of(L);
    lua_sethook(L, NULL, 0, 0);
    if (rt->line_interrupted) {
        rt->line_interrupted = 0;
        on_hook(L, where);
    }
}

static void interrupt_line(struct bd_runtime *rt)
{
    lua_State *running = rt->running;
    rt->line_interrupted = 1;
    if (running != NULL && runs_in_line(rt)) {
        rt->interrupt = stop_line;
        stop_now(running);
    } else if (running != NULL) {
        lua_sethook(running, on_session_patience_over, LUA_MASKCOUNT, PATIENCE);
    }
    bd_loop_wake(&rt->loop);
}

void bd_interrupt_line_ended(struct bd_runtime *rt)
{
    rt->line_interrupted = 0;
    if (rt->interrupt == stop_line) {
        rt->interrupt = NULL;
    }
}

// ------------------------------------------------------------------------------------------------

static void on_signal(int number)
{
    struct bd_runtime *rt = target;
    if (rt != NULL && rt->session && number == SIGINT) {
        interrupt_line(rt);
        return;
    }
    if (is_repeated_hangup(rt, number)) {
        return;
    }
    if (signals >= patience(rt)) {
        static const char TEXT[] = "\nbeadle: stopped at once; what was under way is unknown\n";
        ssize_t ignored = write(STDERR_FILENO, TEXT, sizeof TEXT - 1);
        (void)ignored;
        bd_editor_rescue();
        _exit(128 + number);
    }
    signals++;
    caught = number;
    if (rt == NULL) {
        return;
    }
    if (!rt->orderly || signals > 1) {
        rt->interrupt = stop_soon;
    }
    lua_State *running = rt->running;
    bool may_go_on = rt->orderly && (signals == 1 || (rt->main != NULL && running == rt->main->co));
    if (running != NULL && !may_go_on) {
        stop_now(running);
    }
    bd_loop_wake(&rt->loop);
}

static void set_handler(int number, void (*handler)(int))
{
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = handler;
    sigemptyset(&action.sa_mask);
    (void)sigaction(number, &action, NULL);
}

static bool is_ignored(int number)
{
    struct sigaction action;
    return sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

// A signal that comes later finds nothing to cancel.
static void detach(void *value)
{
    (void)value;
    target = NULL;
}

void bd_interrupt_install(struct bd_runtime *rt)
{
    static const char KEY;
    bd_runtime_attach(rt, &KEY, rt, detach);
    target = rt;
    caught = 0;
    signals = 0;
    set_handler(SIGINT, on_signal);
    set_handler(SIGTERM, on_signal);
    if (!is_ignored(SIGHUP)) { // nohup
        set_handler(SIGHUP, on_signal);
    }
    set_handler(SIGPIPE, SIG_IGN);
    set_handler(SIGXFSZ, SIG_IGN); // `ulimit -f`: writing fails then, and that can be said
}

int bd_interrupt_signal(void)
{
    return caught;
}
