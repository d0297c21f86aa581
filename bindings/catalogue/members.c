// SPDX-License-Identifier: MIT
// Members that depend on what a call is about: the properties of the entity set that a parameter names.
#include <string.h>

#include "call.h"

// The fields that go with the choice of the parameter of that name; NULL when it is no text with fields.
static const struct bd_field *chosen_fields(lua_State *L, const struct bd_callable *callable,
                                            int first, const char *param)
{
    for (size_t i = 0; i < callable->count; i++) {
        int index = first + (int)i;
        if (strcmp(callable->params[i]->name, param) == 0 && lua_type(L, index) == LUA_TSTRING) {
            return bd_choice_fields(callable->params[i], lua_tostring(L, index));
        }
    }
    return NULL;
}

struct bd_field bd_call_field(lua_State *L, const struct bd_callable *callable, int first,
                              const struct bd_field *field)
{
    struct bd_field resolved = *field;
    if (field->fields_of != NULL) {
        resolved.fields = chosen_fields(L, callable, first, field->fields_of);
    }
    return resolved;
}
