// SPDX-License-Identifier: MIT
// Gates: what a task's effects pass before they are sent (stdlib/gate.lua says what scripts see). A C function
// that is about to send hands its stack over, and continues in a function `send`, which the gate calls or not.
#ifndef BD_GATE_H
#define BD_GATE_H

#include <lua.h>
#include <stdbool.h>

// Calls the gate. On the stack: the caller's values from 1 to `frame`, the gate, the effect, then `upvalues`
// values, which become the first upvalues of `send`. Leaves the caller's values, what bd_gate_sent reads, and on
// top the result or, as `done` is told by its status, the error. To be returned; `done` ends the caller.
int bd_gate_pass(lua_State *L, int frame, int upvalues, lua_CFunction send, lua_KContext context,
                 lua_KFunction done);

// In `send`, first of all: puts the caller's values at 1 to `frame` again. Raises when the gate has called it before.
void bd_gate_enter(lua_State *L, int upvalues);

// In `done`: whether the gate has called `send`.
bool bd_gate_sent(lua_State *L, int frame);

#endif
