// SPDX-License-Identifier: MIT
// Checks of what is inside an object or a list that a call sends.
#ifndef BD_STRUCTURE_H
#define BD_STRUCTURE_H

#include "operation.h"

// True when every member of the value at an index is known, legal, and there if it must be. Else the first
// fault is appended with its path, "committees[2].name is required (its name)". The value itself has passed
// its type's check.
bool bd_structure_check(lua_State *L, int index, const struct bd_field *field,
                        struct bd_buf *wrong);

// The same for the value itself too, which may be read-only.
bool bd_structure_check_member(lua_State *L, int index, const struct bd_field *field,
                               struct bd_buf *wrong);

// Visits every text inside a value that the catalogue marks with one of these flags.
void bd_structure_visit(lua_State *L, int index, const struct bd_field *field, unsigned flags,
                        void (*visit)(void *arg, const char *text, size_t len), void *arg);

#endif
