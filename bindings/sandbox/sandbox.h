// SPDX-License-Identifier: MIT
// The sandbox of a runtime: every vendor, simulated.
#ifndef BD_SANDBOX_H
#define BD_SANDBOX_H

#include <lua.h>

struct bd_runtime;
struct bd_twin;

// Lets the runtime's network find the sandbox when it needs it.
void bd_sandbox_install(struct bd_runtime *rt);

// The sandbox; made at the first use. Raises when its own code fails.
struct bd_twin *bd_sandbox_get(lua_State *L);

// Opens beadle.sandbox.native: control, called, serve. [-0, +1]
int bd_sandbox_module(lua_State *L);

#endif
