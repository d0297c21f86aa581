// SPDX-License-Identifier: MIT
// Shared by session.c, session_code.c and session_input.c only.
#ifndef BD_SESSION_INTERNAL_H
#define BD_SESSION_INTERNAL_H

#include <lua.h>

// Adds the functions about code to the table on top: upvalue, join, trace, place, modules, source. [-0, +0]
void bd_session_add_code(lua_State *L);

// input(): the next bytes of standard input; nothing at its end. Waits.
int bd_session_input(lua_State *L);

#endif
