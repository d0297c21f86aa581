// SPDX-License-Identifier: MIT
// Starting this program again, with another command line and in another folder.
#ifndef BD_AGAIN_H
#define BD_AGAIN_H

#include <lua.h>

int bd_again_module(lua_State *L); // beadle.cli.again, for `beadle resume`

#endif
