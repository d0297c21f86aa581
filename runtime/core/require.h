// SPDX-License-Identifier: MIT
// `require` for scripts: as Lua's, but the body of a module may wait. A task that needs a module that
// another task is loading waits for it.
#ifndef BD_REQUIRE_H
#define BD_REQUIRE_H

#include <lua.h>
#include <stdbool.h>

// Installs require, package.searchers, package.path and package.cpath. `native`: C modules too.
void bd_require_open(lua_State *L, bool native);

#endif
