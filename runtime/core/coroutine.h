// SPDX-License-Identifier: MIT
// The `coroutine` library for scripts. It means what Lua's means, and lets a wait of the host pass through:
// a vendor call inside a script's own generator suspends the task, not just the generator.
#ifndef BD_COROUTINE_H
#define BD_COROUTINE_H

#include <lua.h>

// Pushes the library. Lua's own must be there as the global `coroutine`. [-0, +1]
int bd_coroutine_module(lua_State *L);

#endif
