// SPDX-License-Identifier: MIT
// Who watches the requests of a run: Lua functions that are told of every request when it is over. Sessions and traces
// set them. Without any nothing is measured and nothing is copied. What is to be kept from being sent passes a gate (gate.h).
#ifndef BD_OBSERVE_H
#define BD_OBSERVE_H

#include <lua.h>
#include <stdbool.h>

#include "mask.h"

struct bd_request;
struct bd_runtime;

bool bd_observe_tells(const struct bd_runtime *rt);

// Pops a table that says what was done, and tells it. What a function raises is logged. [-1, +0]
void bd_observe_tell(lua_State *L);

// Sets what a request that is over says of itself in the table on top: method, url, headers (a list of lines), body
// and answer where somebody wants them, answer_headers, body_size, head_size, answer_size (bytes, unpacked), protocol
// ("HTTP/2"), status, fault, outcome (of a request that changes something), task (its number), label (what it works
// at), begun (seconds, by beadle.observe.now), queued (seconds until the first attempt), attempts: each with begun and
// ended (seconds since the request began), status, fault and, where known, the ends of its phases, seconds since its
// own begin: resolved, connected, secured, sent, answered. Values in `secrets` and all that the run's mask knows are replaced. [-0, +0]
void bd_observe_set_request(lua_State *L, const struct bd_request *request,
                            const struct bd_mask *const *secrets, size_t count);

// The module beadle.observe: tell, now, hide. [-0, +1]
int bd_observe_module(lua_State *L);

#endif
