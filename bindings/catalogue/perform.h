// SPDX-License-Identifier: MIT
// Calls of operations from Lua, and the Lua modules of vendors.
#ifndef BD_PERFORM_H
#define BD_PERFORM_H

#include <lua.h>

#include "operation.h"

// Pushes the module of a vendor: its operations as functions, its enumerations, its helpers, `client`.
// [-0, +1]
int bd_vendor_push_module(lua_State *L, const struct bd_vendor *vendor);

// Makes every vendor's module known to `require`.
void bd_vendors_open(lua_State *L);

#endif
