// SPDX-License-Identifier: MIT
// What the room of LTI gives to Lua from C. Signing and checking never wait, so all of it is there in the
// sandbox's Lua state too.
#ifndef BD_LTI_H
#define BD_LTI_H

#include <lua.h>

#include "core/buf.h"

// Makes the modules known to `require` of a Lua state.
void bd_lti_add_modules(lua_State *L);

int bd_lti_native_module(lua_State *L); // beadle.lti.native, under oauth1 and jwt
int bd_lti_keys_module(lua_State *L);   // beadle.lti.keys
int bd_lti_store_module(lua_State *L);  // beadle.lti.store, under nonces

// Pushes a value that owns an empty buffer, so that a Lua error leaks nothing; its bytes are wiped when they
// are freed. [-0, +1]
struct bd_buf *bd_lti_scratch(lua_State *L);

// Replaces the scratch at the top of the stack by its text. [-1, +1]
int bd_lti_scratch_result(lua_State *L);

#endif
