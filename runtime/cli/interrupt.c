// SPDX-License-Identifier: MIT
#include "interrupt.h"

#include <lauxlib.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "core/error.h"
#include "core/runtime.h"
#include "core/task.h"

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

static void on_signal(int number)
{
    struct bd_runtime *rt = target;
    if (is_repeated_hangup(rt, number)) {
        return;
    }
    if (signals >= patience(rt)) {
        static const char TEXT[] = "\nbeadle: stopped at once; what was under way is unknown\n";
        ssize_t ignored = write(STDERR_FILENO, TEXT, sizeof TEXT - 1);
        (void)ignored;
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
}

int bd_interrupt_signal(void)
{
    return caught;
}
