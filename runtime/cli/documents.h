// SPDX-License-Identifier: MIT
// The pages of docs/ that are part of the program.
#ifndef BD_DOCUMENTS_H
#define BD_DOCUMENTS_H

#include <lua.h>

// Opens the Lua module beadle.cli.documents: names(), read(name), page(text). [-0, +1]
int bd_documents_module(lua_State *L);

#endif
