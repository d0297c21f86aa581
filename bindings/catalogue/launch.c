// SPDX-License-Identifier: MIT
// What a call would send, for those who send it another way: a launch by LTI goes through a person's browser.
#include <lauxlib.h>
#include <string.h>

#include "arguments.h"
#include "call.h"
#include "core/error.h"
#include "core/secret.h"
#include "type.h"
#include "vendor_module.h"

// The stack of both functions: their arguments, then the upvalues of the operation's function.
enum { OPERATION = 1, PARAMS, CLIENT, CALLABLE, NAMES };

static const char SCRATCH[] = "beadle.catalogue.scratch";

static int l_free_scratch(lua_State *L)
{
    bd_buf_free(luaL_checkudata(L, 1, SCRATCH));
    return 0;
}

// A buffer that Lua owns: whatever is raised, it is freed. [-0, +1]
static struct bd_buf *push_scratch(lua_State *L)
{
    struct bd_buf *scratch = lua_newuserdatauv(L, sizeof *scratch, 0);
    memset(scratch, 0, sizeof *scratch);
    if (luaL_newmetatable(L, SCRATCH)) {
        lua_pushcfunction(L, l_free_scratch);
        lua_setfield(L, -2, "__gc");
    }
    lua_setmetatable(L, -2);
    return scratch;
}

// Pushes the upvalues of the function of an operation. Raises when it is something else. [-0, +3]
static struct bd_client *push_upvalues(lua_State *L, const struct bd_callable **callable)
{
    if (lua_tocfunction(L, OPERATION) != bd_perform) {
        bd_error_push(L, BD_ARGUMENT, "this %s is no operation of a vendor",
                      luaL_typename(L, OPERATION));
        bd_error_text(L, "hint",
                      "Give the function, such as vendor.operation, or its name as a text.");
        bd_error_text(L, "outcome", "none");
        bd_error_raise(L);
    }
    (void)lua_getupvalue(L, OPERATION, 1);
    (void)lua_getupvalue(L, OPERATION, 2);
    (void)lua_getupvalue(L, OPERATION, 3);
    *callable = lua_touserdata(L, CALLABLE);
    return lua_touserdata(L, CLIENT);
}

// about(operation): which one a function is: {vendor, operation, profile}; profile only when it is not the run's.
int bd_catalogue_about(lua_State *L)
{
    const struct bd_callable *callable;
    lua_settop(L, PARAMS);
    struct bd_client *client = push_upvalues(L, &callable);
    lua_createtable(L, 0, 3);
    lua_pushstring(L, callable->vendor->name);
    lua_setfield(L, -2, "vendor");
    lua_pushstring(L, strchr(callable->name, '.') + 1);
    lua_setfield(L, -2, "operation");
    if (client->profile[0] != '\0') {
        lua_pushstring(L, client->profile);
        lua_setfield(L, -2, "profile");
    }
    return 1;
}

// The selector's value in effect, for a parameter that has none of its own.
static const char *fixed_text(const struct bd_callable *callable, const struct bd_variant *variant,
                              const struct bd_field *field, struct bd_buf *scratch)
{
    const char *selector = callable->op->selector;
    if (variant == NULL || selector == NULL || strcmp(selector, field->name) != 0) {
        return field->fallback;
    }
    bd_buf_reset(scratch, 64);
    bd_buf_add_integer(scratch, variant->value);
    return bd_buf_text(scratch);
}

// Appends a parameter's {name, text, lti, carried} to the list on top, unless it is not sent.
static void add_field(lua_State *L, const struct bd_field *field, const char *text, size_t len)
{
    if (text == NULL) {
        return;
    }
    lua_createtable(L, 0, 4);
    lua_pushstring(L, field->name);
    lua_setfield(L, -2, "name");
    lua_pushlstring(L, text, len);
    lua_setfield(L, -2, "text");
    lua_pushstring(L, field->lti);
    lua_setfield(L, -2, "lti");
    lua_pushboolean(L, (field->flags & BD_LTI_CARRIES) != 0);
    lua_setfield(L, -2, "carried");
    lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
}

// A page that a browser shows is no place for what the script itself may not read.
static void refuse_secret(lua_State *L, const struct bd_callable *callable,
                          const struct bd_field *field, int index)
{
    size_t len;
    if (bd_secret_value(L, index, &len) == NULL) {
        return;
    }
    bd_error_push(L, BD_ARGUMENT, "%s is a secret, and a launch goes through the person's browser",
                  field->name);
    bd_error_text(L, "vendor", callable->vendor->name);
    bd_error_text(L, "operation", callable->name);
    bd_error_text(L, "hint", "Leave it out, or call the operation instead of launching it.");
    bd_error_text(L, "outcome", "none");
    bd_error_raise(L);
}

// form_of(operation, parameters): what a call would send as its form, checked as a call is: a list of {name, text,
// lti, carried}, in the order of the catalogue. Nothing is sent.
int bd_catalogue_form_of(lua_State *L)
{
    const struct bd_callable *callable;
    lua_settop(L, PARAMS);
    struct bd_client *client = push_upvalues(L, &callable);
    bd_arguments_check(L, callable, PARAMS, PARAMS);
    struct bd_account *account = bd_client_account(L, client);
    bool has_defaults = client->has_defaults && !callable->op->without_common;
    (void)lua_getiuservalue(L, CLIENT, 1);
    int defaults = lua_gettop(L);
    struct bd_buf *scratch = push_scratch(L);
    int first = lua_gettop(L) + 1;
    const struct bd_variant *variant = callable->variant;
    uint64_t given = bd_check_params(L, callable, account, lua_isnil(L, PARAMS) ? 0 : PARAMS,
                                     has_defaults ? defaults : 0, NAMES, &variant);
    lua_newtable(L);
    for (size_t i = 0; i < callable->count; i++) {
        const struct bd_field *field = callable->params[i];
        int index = first + (int)i;
        if (field->place != BD_IN_FORM) {
            continue;
        }
        if ((given & (UINT64_C(1) << i)) != 0) {
            size_t len = 0;
            refuse_secret(L, callable, field, index);
            const char *text = field->type->text(L, index, scratch, &len);
            add_field(L, field, text, len);
        } else {
            const char *text = fixed_text(callable, variant, field, scratch);
            add_field(L, field, text, text != NULL ? strlen(text) : 0);
        }
    }
    return 1;
}
