// SPDX-License-Identifier: MIT
// One running beadle: a Lua state, its loop, and what belongs to both. There is no other global state; a
// test may have several runtimes, one after the other or side by side.
#ifndef BD_RUNTIME_H
#define BD_RUNTIME_H

#include <lua.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "buf.h"
#include "loop.h"
#include "random.h"

struct bd_task;
struct bd_config;
struct bd_log;
struct bd_net;

// What a script may do beyond the allow-list of globals; granted by flags of the command line only.
enum bd_permission {
    BD_ALLOW_PROCESS = 1 << 0, // io.popen, os.execute
    BD_ALLOW_NATIVE = 1 << 1,  // package.loadlib, C searchers
    BD_ALLOW_DEBUG = 1 << 2,   // all of the debug library
    BD_ALLOW_PROXY = 1 << 3,   // the proxy variables of the environment
    BD_ALLOW_KEYLOG = 1 << 4,  // SSLKEYLOGFILE
};

struct bd_options {
    unsigned permissions; // of enum bd_permission
    bool virtual_time;    // only with the twin transport
    double wall_start;    // virtual time: seconds since 1970 at the start
    bool seeded;          // else a fresh seed
    uint64_t seed;
    bool ignore_environment; // BEADLE_* variables and the user's configuration
    const char *profile;     // NULL: as configured
    const char *config_file; // NULL: the usual places
};

struct bd_runtime {
    lua_State *L;                  // the main thread; tasks are its coroutines
    struct bd_alloc_state *memory; // of L
    struct bd_loop loop;
    struct bd_random random;
    struct bd_options options;
    struct bd_log *log;
    struct bd_buf warning; // the pieces of one of Lua's warnings
    bool warnings_on;
    struct bd_net *net;       // transports; made at the first use
    struct bd_config *config; // read at the first use
    unsigned profile_changes; // counts how often a session chose another profile

    // Tasks (task.c).
    struct bd_task *current;     // the one being resumed; NULL between
    lua_State *volatile running; // the coroutine that runs now; read by the signal handler
    // Set by the signal handler: called for every coroutine that runs from then on.
    void (*volatile interrupt)(lua_State *co);
    struct bd_task *ready_head, *ready_tail;
    struct bd_task *main;
    // The line of a session that runs: Ctrl-C and having nothing left to wait for end it, not `main`. NULL: none.
    struct bd_task *foreground;
    void (*on_interrupt)(
        struct bd_runtime *rt); // after a signal, on the loop; NULL: cancels `main`
    size_t tasks_live;          // those that may still be resumed
    uint64_t tasks_made;
    int tasks_ref;    // registry reference: table of the tasks that have not ended
    unsigned blocked; // > 0: below the running coroutine is one that cannot yield
    uint64_t scopes;  // that were ever opened: numbers them
    bool closing;     // tasks that wait now are parked for good

    int tell_ref;      // observe.c: registry reference; not above 0: nobody watches
    bool tell_bodies;  // somebody wants the bodies of requests
    bool tell_answers; // and somebody those of answers

    // What os.exit or the end of the program asked for.
    bool exiting;
    int exit_status;

    // Ctrl-C ends the line that runs, not the program: read by the signal handler.
    volatile sig_atomic_t session;
    volatile sig_atomic_t line_interrupted; // and the loop has not heard of it yet
    // The script ends in order by itself after a signal: read by the signal handler.
    volatile sig_atomic_t orderly;

    // Modules written in C keep one pointer each; freed at the end by their function.
    struct bd_attachment *attachments;
};

// Makes a runtime: loop, Lua state with error, log and task support, no script environment yet. The result
// does not move. Free with bd_runtime_close.
struct bd_runtime *bd_runtime_open(const struct bd_options *options);

// Ends a runtime in order and in bounded time, and frees it. Tasks that are still there get `grace`
// milliseconds (of real time) to end after a cancellation.
void bd_runtime_close(struct bd_runtime *rt, uint64_t grace);

// The runtime that a Lua state or coroutine belongs to.
struct bd_runtime *bd_runtime_of(lua_State *L);

// Notes the coroutine that runs now; NULL: none.
void bd_runtime_enter(struct bd_runtime *rt, lua_State *co);

// Runs the loop until the task has ended, or os.exit was called. A task that nothing can wake any more is
// cancelled.
void bd_runtime_run(struct bd_runtime *rt, struct bd_task *task);

// A pointer kept under a key (the address of a static) for as long as the runtime lives. `detach` runs
// when the runtime closes, before the Lua state is closed.
void bd_runtime_attach(struct bd_runtime *rt, const void *key, void *value, void (*detach)(void *));
void bd_runtime_forget(struct bd_runtime *rt, const void *key); // its `detach` will not run
void *bd_runtime_attached(const struct bd_runtime *rt, const void *key); // NULL: nothing there

#endif
