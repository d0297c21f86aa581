// SPDX-License-Identifier: MIT
// The pages of docs/ that are part of the program, each packed with gzip; made by the build (embed_docs.cmake).
#ifndef BD_DOCUMENTS_H
#define BD_DOCUMENTS_H

#include <lua.h>
#include <stddef.h>

struct bd_document {
    const char *name; // "errors", "vendors/..."; NULL ends the list
    const unsigned char *packed;
    size_t len;
};

extern const struct bd_document bd_documents[];

// Opens the Lua module beadle.cli.documents: names(), read(name), page(text). [-0, +1]
int bd_documents_module(lua_State *L);

#endif
