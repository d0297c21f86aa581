// SPDX-License-Identifier: MIT
// What `beadle doctor` looks at: libraries, certificates, folders.
#ifndef BD_INSTALLATION_H
#define BD_INSTALLATION_H

#include <lua.h>

// Opens the Lua module beadle.cli.installation: libraries(), authorities(), look(path), program(). [-0, +1]
int bd_installation_module(lua_State *L);

#endif
