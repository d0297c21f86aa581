// SPDX-License-Identifier: MIT
#ifndef BD_CATALOGUE_MODULE_H
#define BD_CATALOGUE_MODULE_H

#include <lua.h>

// Opens the module beadle.catalogue: vendors(), describe(vendor), settings(vendor), lint(),
// parse(vendor, operation, parameter, text), from_wire(the same), check_value(vendor, operation, parameter,
// value), is_legal(vendor, operation, names, value), check_setting(vendor, name, value),
// check_profile(vendor, operation), nearest(name, names). The script's state and the sandbox's both
// have it. [-0, +1]
int bd_catalogue_module(lua_State *L);

int bd_catalogue_is_legal(lua_State *L); // its function is_legal, see legal.c

#endif
