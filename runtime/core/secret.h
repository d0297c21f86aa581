// SPDX-License-Identifier: MIT
// A secret value in Lua: a userdata that prints as its name only, and that cannot be concatenated,
// compared for order, measured or encoded. Its bytes are read in C, where a request is built. Making one
// registers its value with the mask of the runtime.
#ifndef BD_SECRET_H
#define BD_SECRET_H

#include <lua.h>
#include <stdbool.h>
#include <stddef.h>

void bd_secret_open(lua_State *L);

// Pushes a secret with a copy of the value. False, pushing nothing, when the value is shorter than
// BD_MASK_SHORTEST and therefore cannot be masked. `name` is shown instead of the value. [-0, +(0|1)]
bool bd_secret_push(lua_State *L, const char *name, const char *value, size_t len);

// The value of the secret at an index, valid while it is on the stack; NULL when there is no secret.
const char *bd_secret_value(lua_State *L, int index, size_t *len);

// True for a value that counts as the text of a secret parameter: a secret or a string.
const char *bd_secret_or_text(lua_State *L, int index, size_t *len);

#endif
