// SPDX-License-Identifier: MIT
// What transport_twin.c and twin_outgoing.c share. Nobody else includes this.
#ifndef BD_TWIN_INTERNAL_H
#define BD_TWIN_INTERNAL_H

#include "timer.h"
#include "transport_twin.h"

struct bd_twin {
    struct bd_transport transport; // first
    struct bd_runtime *rt;
    lua_State *L;
    int handler_ref;
    struct bd_timer wakeup;
    int caller_ref;               // in the script's state
    struct bd_twin_visit *visits; // those whose answer waits for a vendor's request
};

// transport_twin.c: calls handler[name] with the `nargs` values on top of the twin's stack. On failure reports it,
// for the sandbox's own code is at fault, and leaves nothing.
bool bd_twin_handler(struct bd_twin *twin, const char *name, int nargs, int nresults);

// Has the sandbox do what is due, and begins what its vendors ask for.
void bd_twin_tick(struct bd_twin *twin);

// Takes the answer on top of the twin's stack, or the lack of one, for a visit: it is done, or waits. Clears the
// stack.
void bd_twin_settle(struct bd_twin *twin, struct bd_twin_visit *visit);

// twin_outgoing.c: begins the requests in the list on top of the twin's stack.
void bd_twin_begin_calls(struct bd_twin *twin);

#endif
