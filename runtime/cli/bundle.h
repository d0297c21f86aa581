// SPDX-License-Identifier: MIT
// Files that are part of the program beside its Lua modules, packed: recipes and their tests, annotations for editors,
// completion scripts. Made by the build (embed_files.cmake).
#ifndef BD_BUNDLE_H
#define BD_BUNDLE_H

#include <lua.h>
#include <stddef.h>

struct bd_bundled {
    const char *name;            // "recipes/register-candidate.lua"; NULL ends a list
    const unsigned char *packed; // gzip
    size_t len;
};

extern const struct bd_bundled bd_bundle[];
extern const struct bd_bundled
    bd_documents[]; // the pages of docs/, by topic: "errors", "vendors/lara"

// The file of that name in a list; NULL when there is none.
const struct bd_bundled *bd_bundle_find(const struct bd_bundled *list, const char *name);

// Pushes the names of a list, in its order. [-0, +1]
void bd_bundle_push_names(lua_State *L, const struct bd_bundled *list);

// Pushes the bytes of a file; raises when it is damaged. [-0, +1]
void bd_bundle_push(lua_State *L, const struct bd_bundled *file);

// Loads a file as a chunk that calls itself `chunk_name`, as bd_script_load_text does. [-0, +1]
int bd_bundle_load(lua_State *L, const struct bd_bundled *file, const char *chunk_name);

int bd_bundle_module(lua_State *L); // beadle.cli.bundle

#endif
