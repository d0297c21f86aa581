// SPDX-License-Identifier: MIT
// Who watches the requests of a run: a Lua function that is told of every request when it is over. Sessions set it.
// Without it nothing is measured and nothing is copied. What is to be kept from being sent passes a gate (gate.h).
#ifndef BD_OBSERVE_H
#define BD_OBSERVE_H

#include <lua.h>
#include <stdbool.h>

#include "mask.h"

struct bd_request;
struct bd_runtime;

bool bd_observe_tells(const struct bd_runtime *rt);

// Pops a table that says what is about to be done, and calls the function that is asked, which may wait: it returns,
// or raises what keeps the request from being sent. To be returned from a C function, like lua_callk: `k` is entered
// afterwards with its status, on an error with that on top. [-1, +0]
int bd_observe_ask(lua_State *L, lua_KContext context, lua_KFunction k);

// Pops a table that says what was done, and tells it. What the function raises is logged. [-1, +0]
void bd_observe_tell(lua_State *L);

// Sets what a request that is over says of itself in the table on top: method, url, headers (a list of lines), body,
// status, fault, queued (seconds until the first attempt), attempts: each with begun and ended (seconds since the
// request began), status, fault and, where known, the ends of its phases: resolved, connected, secured, answered.
// Values in `secrets` and all that the run's mask knows are replaced. [-0, +0]
void bd_observe_set_request(lua_State *L, const struct bd_request *request,
                            const struct bd_mask *const *secrets, size_t count);

// The module beadle.observe: tell(fn or nil). [-0, +1]
int bd_observe_module(lua_State *L);

#endif
