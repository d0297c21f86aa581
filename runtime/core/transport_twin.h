// SPDX-License-Identifier: MIT
// The transport without a socket: the sandbox, which plays every vendor, in a Lua state of its own. The
// code it runs is given by who opens it; this file moves requests in and answers out.
//
// The state's handler is a Lua table with these functions, all called on the loop:
//   handle(request) -> answer     request: method, url, host, port, path, query, headers (lower-case name ->
//                                 value), body. answer: status, headers (name -> value), body; delay
//                                 (seconds), fault: "lost" (no answer comes), "reset" (the connection
//                                 breaks) or "cut" (body holds the bytes that still come, the header
//                                 Content-Length says how many there should be); or later (the number of a
//                                 vendor's request that it waits for)
//   control(name, command, args) -> value   what scripts and tests tell a twin
//   tick() -> next, calls         does what is due; next: seconds until it wants to be called again, or
//                                 nil; calls: list of requests that vendors make, {id, method, url, headers,
//                                 body}
//   called(id, result) -> answer  how such a request went: status, headers, body; or why. What it gives, as
//                                 `handle` does, answers the request that waited for it, if one did
#ifndef BD_TRANSPORT_TWIN_H
#define BD_TRANSPORT_TWIN_H

#include <lua.h>
#include <stdbool.h>

#include "exchange.h"

struct bd_runtime;

struct bd_twin;

// Makes the sandbox. `open` runs in the new state, which has Lua's libraries and `require`, and leaves the
// handler on its stack. Ends with the runtime. Raises in L when the sandbox's own code fails.
struct bd_twin *bd_twin_open(lua_State *L, void (*open)(lua_State *twin));

struct bd_transport *bd_twin_transport(struct bd_twin *twin);

// Takes a function(id, request) from the top of L's stack: it makes a request that a simulated vendor wants
// made, in a task of its own, and ends with bd_twin_called. [-1, +0]
void bd_twin_set_caller(lua_State *L, struct bd_twin *twin);
// `result`: index in L of a table {status, headers, body} or {why}.
void bd_twin_called(lua_State *L, struct bd_twin *twin, lua_Integer id, int result);

// A request that a twin answers; embedded in whatever carries it.
struct bd_twin_visit {
    struct bd_exchange *exchange; // borrowed until `done`
    // Called once, perhaps before bd_twin_visit returns: the exchange has its answer, which shall leave after
    // `delay` ms. Not answered: no whole answer shall be sent; exchange->fault is BD_FAULT_EMPTY, _RESET or _CUT.
    void (*done)(struct bd_twin_visit *visit, bool answered, uint64_t delay);
    lua_Integer waits_for; // a vendor's request
    struct bd_twin_visit *left, *right;
};

// Has the twin answer a request. `headers`: lines "Name: value\r\n". Whoever brings it takes it back, unless it is
// done, before the twin ends with the runtime.
void bd_twin_visit(struct bd_twin *twin, struct bd_twin_visit *visit, const struct bd_buf *headers);
// Nobody wants the answer any more: `done` is not called. For a visit that is not done.
void bd_twin_leave(struct bd_twin *twin, struct bd_twin_visit *visit);

// The same for a client that cannot wait: fills in the exchange's answer at once; *delay in ms. False: no answer shall
// be sent, or the twin has one only later.
bool bd_twin_answer(struct bd_twin *twin, struct bd_exchange *exchange,
                    const struct bd_buf *headers, uint64_t *delay);

// Tells a twin something; text goes in and comes out as JSON. Raises what the twin raises. [-0, +1]
int bd_twin_control(lua_State *L, struct bd_twin *twin, const char *name, const char *command,
                    int args);

#endif
