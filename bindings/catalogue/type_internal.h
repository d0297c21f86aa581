// SPDX-License-Identifier: MIT
// Functions of types that other types use too. Included by type_*.c only.
#ifndef BD_TYPE_INTERNAL_H
#define BD_TYPE_INTERNAL_H

#include "type.h"

// type_number.c; what they do is said at the members of struct bd_type.
bool bd_type_check_integer(lua_State *L, int index, const struct bd_field *field);
const char *bd_type_text_integer(lua_State *L, int index, struct bd_buf *scratch, size_t *len);
bool bd_type_parse_integer(lua_State *L, const char *text, size_t len,
                           const struct bd_field *field);
bool bd_type_accept_integer(lua_State *L, int index, const struct bd_field *field);

// The text of any number or string.
const char *bd_type_text_any(lua_State *L, int index, struct bd_buf *scratch, size_t *len);

#endif
