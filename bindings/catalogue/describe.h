// SPDX-License-Identifier: MIT
// The catalogue as Lua tables: what help, lists, the sandbox and generated documents read.
#ifndef BD_DESCRIBE_H
#define BD_DESCRIBE_H

#include "operation.h"

// Pushes everything that the catalogue says of a vendor. [-0, +1]
void bd_describe_vendor(lua_State *L, const struct bd_vendor *vendor);

// Sets a list of fields as a member of the table on top. [-0, +0]
void bd_describe_fields(lua_State *L, const char *key, const struct bd_field *fields);

// Pushes an empty list, which stays one in JSON. [-0, +1]
void bd_describe_push_list(lua_State *L);

// describe_probe.c: push how an unknown outcome is found out, and the list of what is used up. [-0, +1]
void bd_describe_probe(lua_State *L, const struct bd_probe *probe);
void bd_describe_budgets(lua_State *L, const struct bd_budget *budget);

#endif
