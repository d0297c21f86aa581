// SPDX-License-Identifier: MIT
// Whether one value is legal at one place of a call, for whoever knows no more of the call than that.
#include <lauxlib.h>
#include <string.h>

#include "catalogue_module.h"
#include "core/json.h"
#include "operation.h"
#include "type.h"

static const struct bd_field *find_in(const struct bd_field *fields, const char *name)
{
    for (; fields != NULL && fields->name != NULL; fields++) {
        if (bd_type_is_name(fields, name)) {
            return fields;
        }
    }
    return NULL;
}

// A member of the parameter that takes what is given under names of no parameter.
static const struct bd_field *find_in_rest(const struct bd_operation *op, const char *name,
                                           const char *choice)
{
    for (const struct bd_field *field = op->params; field != NULL && field->name != NULL; field++) {
        if ((field->flags & BD_REST) == 0) {
            continue;
        }
        const struct bd_field *chooser =
            field->fields_of != NULL ? find_in(op->params, field->fields_of) : NULL;
        return chooser != NULL && choice != NULL ? find_in(bd_choice_fields(chooser, choice), name)
                                                 : find_in(field->fields, name);
    }
    return NULL;
}

static const struct bd_field *find_first(const struct bd_vendor *vendor,
                                         const struct bd_operation *op, const char *name,
                                         const char *choice)
{
    const struct bd_field *field = op != NULL ? find_in(op->params, name) : NULL;
    field = field != NULL ? field : find_in(vendor->common, name);
    return field != NULL || op == NULL ? field : find_in_rest(op, name, choice);
}

// The field that the list of names at an index leads to; NULL when there is none.
static const struct bd_field *find_path(lua_State *L, int names, const struct bd_vendor *vendor,
                                        const struct bd_operation *op, const char *choice)
{
    const struct bd_field *field = NULL;
    lua_Integer count = (lua_Integer)lua_rawlen(L, names);
    for (lua_Integer i = 1; i <= count && (field != NULL || i == 1); i++) {
        (void)lua_rawgeti(L, names, i);
        const char *name = luaL_checkstring(L, -1);
        field = i == 1 ? find_first(vendor, op, name, choice) : find_in(field->fields, name);
        lua_pop(L, 1);
    }
    return field;
}

// is_legal(vendor, operation, names, value [, choice]): whether the value has the type, the bounds and the choices
// of a parameter, or of the member that the names lead to; what is inside the value is not looked at. Operation
// nil: a parameter of all operations. `choice`: the text that decides what the rest's members are. Of what the
// catalogue does not know, everything is legal.
int bd_catalogue_is_legal(lua_State *L)
{
    const struct bd_vendor *vendor = bd_vendor_find(luaL_checkstring(L, 1));
    const struct bd_variant *variant;
    luaL_argcheck(L, vendor != NULL, 1, "unknown vendor");
    const struct bd_operation *op =
        lua_isnil(L, 2) ? NULL : bd_operation_find(vendor, luaL_checkstring(L, 2), &variant);
    luaL_checktype(L, 3, LUA_TTABLE);
    lua_settop(L, 5);
    const struct bd_field *field = find_path(L, 3, vendor, op, luaL_optstring(L, 5, NULL));
    bool legal = field == NULL || ((field->flags & BD_NULLABLE) != 0 && bd_json_is_null(L, 4)) ||
                 (field->type->check(L, 4, field) && bd_type_in_range(L, 4, field));
    lua_pushboolean(L, legal);
    return 1;
}
