// SPDX-License-Identifier: MIT
// beadle.session: what an interactive session needs beyond Lua. For stdlib/repl*.lua and stdlib/complete*.lua only.
#ifndef BD_SESSION_H
#define BD_SESSION_H

#include <lua.h>

int bd_session_module(lua_State *L); // [-0, +1]

#endif
