// SPDX-License-Identifier: MIT
// What a script may see: an allow-list of Lua's own globals, text chunks only, and a `require` whose module
// bodies may wait.
#ifndef BD_SCRIPT_H
#define BD_SCRIPT_H

#include <lua.h>
#include <stdbool.h>
#include <stddef.h>

struct bd_runtime;

// How the places of our own Lua code begin in messages; they say nothing to a script's author.
#define BD_SCRIPT_OWN "[beadle] "

// Lua source that is part of the program.
struct bd_source {
    const char *name; // module name, "beadle.async"; NULL ends a list
    const char *file; // as shown in messages, "stdlib/async.lua"
    const unsigned char *text;
    size_t len;
};

// Gives the runtime the sources that `require` finds; they outlive it.
void bd_script_set_sources(struct bd_runtime *rt, const struct bd_source *sources);

// Opens the libraries of a Lua state of a runtime.
void bd_script_open(lua_State *L);

// Makes a module written in C known to `require`.
void bd_script_add_module(lua_State *L, const char *name, lua_CFunction open);

// Puts the folder of a script in front of package.path, so that its modules are found beside it.
void bd_script_set_folder(lua_State *L, const char *script);

// Load a chunk, text only; a first line that begins with '#' is skipped. Return LUA_OK with the function on
// top, or an error code with the message on top. `path` NULL: standard input. [-0, +1]
int bd_script_load_file(lua_State *L, const char *path);
int bd_script_load_text(lua_State *L, const char *text, size_t len, const char *name);

// The embedded source of that name; NULL when there is none.
const struct bd_source *bd_script_source(const struct bd_runtime *rt, const char *name);

#endif
