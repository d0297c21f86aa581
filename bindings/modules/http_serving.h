// SPDX-License-Identifier: MIT
// One server of beadle.http. Shared by http_serve.c and http_serve_module.c only.
#ifndef BD_HTTP_SERVING_H
#define BD_HTTP_SERVING_H

#include <lua.h>
#include <stdbool.h>

#include "core/task.h"
#include "core/timer.h"
#include "http_server.h"

struct bd_handling;

// A userdata. Its task is a child of the scope that opened it.
struct bd_serving {
    struct bd_http_server *http; // NULL once it is closed
    struct bd_runtime *rt;
    struct bd_task *task;                   // kept by Lua: the server's user value
    struct bd_task_end end;                 // of the task
    struct bd_wait wait;                    // the task's
    bool is_waiting;                        // for a request, or for handlers to end
    bool closing;                           // nothing new is taken
    bool hurried;                           // the grace is over
    struct bd_server_request *first, *last; // not dispatched yet
    struct bd_handling *handlings;
    struct bd_handling
        *spare; // for the next request, so that nothing is lost when Lua has no memory
    struct bd_timer grace;
    uint64_t handler_ms, grace_ms;
    unsigned port;
    int anchor; // keeps this userdata while the core may call us
};

// Sets what the core calls.
void bd_serving_listen(struct bd_serving *server, struct bd_server_options *options);

// Spawns the task. Stack: server, origin, respond, failed. [-0, +0]
void bd_serving_start(lua_State *L, struct bd_serving *server);

// Takes nothing new from here on, and gives the handlers their grace.
void bd_serving_end(struct bd_serving *server);

// Lets go of everything. Its handlers may still be cleaning up.
void bd_serving_free(struct bd_serving *server);

#endif
