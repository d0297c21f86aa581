// SPDX-License-Identifier: MIT
#include "catalogue_module.h"

#include <lauxlib.h>
#include <string.h>

#include "call.h"
#include "client.h"
#include "core/nearest.h"
#include "describe.h"
#include "lint.h"
#include "structure.h"
#include "type.h"
#include "vendor_module.h"

// vendors(): the names of all vendors.
static int l_vendors(lua_State *L)
{
    bd_describe_push_list(L);
    lua_Integer count = 0;
    for (const struct bd_vendor *const *vendor = bd_vendors; *vendor != NULL; vendor++) {
        lua_pushstring(L, (*vendor)->name);
        lua_rawseti(L, -2, ++count);
    }
    return 1;
}

static const struct bd_vendor *check_vendor(lua_State *L, const char *name)
{
    const struct bd_vendor *vendor = bd_vendor_find(name);
    if (vendor != NULL) {
        return vendor;
    }
    struct bd_nearest nearest = {.wanted = name};
    for (const struct bd_vendor *const *v = bd_vendors; *v != NULL; v++) {
        bd_nearest_offer(&nearest, (*v)->name);
    }
    bd_error_push(L, BD_ARGUMENT, "there is no vendor \"%s\"", name);
    if (nearest.best != NULL) {
        lua_pushfstring(L, "Did you mean %s?", nearest.best);
        bd_error_value(L, "hint");
    }
    bd_error_raise(L);
    return NULL;
}

// describe(vendor): everything that the catalogue says of it.
static int l_describe(lua_State *L)
{
    bd_describe_vendor(L, check_vendor(L, luaL_checkstring(L, 1)));
    return 1;
}

// settings(vendor): the settings of a profile, the vendor's and then the common ones.
static int l_settings(lua_State *L)
{
    const struct bd_vendor *vendor = check_vendor(L, luaL_checkstring(L, 1));
    lua_newtable(L);
    bd_describe_fields(L, "own", vendor->settings);
    bd_describe_fields(L, "common", bd_common_settings(vendor));
    return 1;
}

// Raises unless the profile says what an operation is called with.
static void check_operation(lua_State *L, struct bd_account *account, const struct bd_operation *op)
{
    (void)bd_account_endpoint(L, account, op->endpoint);
    (void)bd_account_headers(L, account, false);
    for (const struct bd_field *field = op->params; field != NULL && field->name != NULL; field++) {
        if (field->setting == NULL || (field->flags & BD_REQUIRED) == 0) {
            continue;
        }
        bd_account_push_setting(L, account, field->setting);
        if (lua_isnil(L, -1)) {
            bd_account_refuse_missing(L, account, field->setting);
        }
        lua_pop(L, 1);
    }
}

// check_profile(vendor, operation): raises unless the run's profile has all that a call needs. Nothing is sent.
static int l_check_profile(lua_State *L)
{
    const struct bd_vendor *vendor = check_vendor(L, luaL_checkstring(L, 1));
    const struct bd_variant *variant;
    const struct bd_operation *op = bd_operation_find(vendor, luaL_checkstring(L, 2), &variant);
    luaL_argcheck(L, op != NULL, 2, "unknown operation");
    struct bd_account *account = bd_account_get(L, vendor, NULL);
    check_operation(L, account, op);
    if (vendor->auth.operation != NULL && !op->without_token) {
        check_operation(L, account, bd_operation_find(vendor, vendor->auth.operation, &variant));
    }
    return 0;
}

// settle(vendor [, profile]): seconds that the vendor may still work on a request whose answer was lost.
static int l_settle(lua_State *L)
{
    const struct bd_vendor *vendor = check_vendor(L, luaL_checkstring(L, 1));
    const struct bd_account *account = bd_account_get(L, vendor, luaL_optstring(L, 2, NULL));
    uint64_t ms = bd_account_settle(L, account);
    if (ms % 1000 == 0) {
        lua_pushinteger(L, (lua_Integer)(ms / 1000));
    } else {
        lua_pushnumber(L, (lua_Number)ms / 1000);
    }
    return 1;
}

static const struct bd_field *find_field(const struct bd_field *fields, const char *name)
{
    for (; fields != NULL && fields->name != NULL; fields++) {
        if (strcmp(fields->name, name) == 0) {
            return fields;
        }
    }
    return NULL;
}

static const struct bd_field *find_member(const struct bd_field *fields, const char *name)
{
    for (; fields != NULL && fields->name != NULL; fields++) {
        if (bd_type_is_name(fields, name)) {
            return fields;
        }
    }
    return NULL;
}

// The members that the choices of a parameter have.
static const struct bd_field *find_chosen(const struct bd_field *param, const char *name,
                                          const char *text)
{
    const struct bd_field *found = NULL;
    const struct bd_choice *c =
        param != NULL && param->choices != NULL ? param->choices->choices : NULL;
    for (; found == NULL && c != NULL && c->name != NULL; c++) {
        if (text == NULL || (c->text != NULL && strcmp(c->text, text) == 0)) {
            found = find_member(c->fields, name);
        }
    }
    return found;
}

// A member of the parameter that takes the rest; `text`: of that choice only.
static const struct bd_field *find_in_rest(const struct bd_operation *op, const char *name,
                                           const char *text)
{
    for (const struct bd_field *field = op->params; field != NULL && field->name != NULL; field++) {
        if ((field->flags & BD_REST) == 0) {
            continue;
        }
        return field->fields_of == NULL
                   ? find_member(field->fields, name)
                   : find_chosen(find_field(op->params, field->fields_of), name, text);
    }
    return NULL;
}

// Checks the value on top and leaves it, or nil and a text: what it must be.
static int give_checked(lua_State *L, bool parsed, const struct bd_field *field)
{
    int index = lua_gettop(L);
    if (parsed && field->type->check(L, index, field) && bd_type_in_range(L, index, field)) {
        return 1;
    }
    struct bd_buf must = {0};
    bd_type_describe(&must, field);
    lua_pushnil(L);
    lua_pushstring(L, bd_buf_text(&must));
    bd_buf_free(&must);
    return 2;
}

// The parameter that the arguments vendor, operation, parameter mean.
static const struct bd_field *check_param(lua_State *L, const struct bd_field **means)
{
    const struct bd_vendor *vendor = check_vendor(L, luaL_checkstring(L, 1));
    const struct bd_variant *variant;
    const struct bd_operation *op = bd_operation_find(vendor, luaL_checkstring(L, 2), &variant);
    const char *name = luaL_checkstring(L, 3);
    luaL_argcheck(L, op != NULL, 2, "unknown operation");
    const struct bd_field *field = find_field(op->params, name);
    field = field != NULL ? field : find_field(vendor->common, name);
    field = field != NULL ? field : find_in_rest(op, name, luaL_optstring(L, 5, NULL));
    luaL_argcheck(L, field != NULL, 3, "unknown parameter");
    *means = field->means != NULL ? find_field(op->params, field->means) : field;
    return field;
}

// The choice that a text comes close to: its value, else its name. [-0, +1]
static void push_nearest_choice(lua_State *L, const char *text, const struct bd_field *field)
{
    const char *value = bd_type_nearest_value(text, field);
    lua_pushstring(L, value != NULL ? value : bd_type_nearest_name(text, field));
}

// parse(vendor, operation, parameter, text): the value that a person means by a text; or nil, what it must
// be, and the choice that comes closest, or nil.
static int l_parse(lua_State *L)
{
    const struct bd_field *means;
    const struct bd_field *field = check_param(L, &means);
    size_t len;
    const char *text = luaL_checklstring(L, 4, &len);
    int count = give_checked(L, bd_type_parse(L, text, len, field), field);
    if (count == 1) {
        return 1;
    }
    push_nearest_choice(L, text, field);
    return 3;
}

// from_wire(vendor, operation, parameter, text): the value that a text of a request means, under another
// name of a parameter that one's; or nil and what it must be. Choices have no names there, and a flag is 1.
static int l_from_wire(lua_State *L)
{
    const struct bd_field *means;
    (void)check_param(L, &means);
    size_t len;
    const char *text = luaL_checklstring(L, 4, &len);
    bool is_flag = means->type == &bd_flag;
    bool legal = !is_flag || strcmp(text, "1") == 0 || strcmp(text, "0") == 0;
    return give_checked(L, legal && means->type->parse(L, text, len, means), means);
}

// check_value(vendor, operation, parameter, value [, choice]): true when a decoded JSON value is legal there, else
// false and what it must be. A name of no parameter is one of those that the rest takes, with that choice.
static int l_check_value(lua_State *L)
{
    const struct bd_field *means;
    const struct bd_field *field = check_param(L, &means);
    struct bd_buf wrong = {0};
    lua_settop(L, 4);
    bool legal = bd_structure_check_member(L, 4, field, &wrong);
    lua_pushboolean(L, legal);
    lua_pushstring(L, bd_buf_text(&wrong));
    bd_buf_free(&wrong);
    return 2;
}

// check_setting(vendor, name, value): the value, or nil and what it must be.
static int l_check_setting(lua_State *L)
{
    const struct bd_vendor *vendor = check_vendor(L, luaL_checkstring(L, 1));
    const char *name = luaL_checkstring(L, 2);
    const struct bd_field *field = find_field(vendor->settings, name);
    field = field != NULL ? field : find_field(bd_common_settings(vendor), name);
    luaL_argcheck(L, field != NULL, 2, "unknown setting");
    lua_settop(L, 3);
    if (lua_type(L, 3) == LUA_TSTRING) { // from the environment everything comes as text
        size_t len;
        const char *text = lua_tolstring(L, 3, &len);
        return give_checked(L, bd_type_parse(L, text, len, field), field);
    }
    return give_checked(L, true, field);
}

// nearest(name, names): the closest of the names, or nil.
static int l_nearest(lua_State *L)
{
    struct bd_nearest nearest = {.wanted = luaL_checkstring(L, 1)};
    luaL_checktype(L, 2, LUA_TTABLE);
    lua_Integer count = (lua_Integer)lua_rawlen(L, 2);
    luaL_checkstack(L, 4, "names");
    for (lua_Integer i = 1; i <= count; i++) {
        if (lua_rawgeti(L, 2, i) == LUA_TSTRING) {
            bd_nearest_offer(&nearest, lua_tostring(L, -1)); // the table keeps the text alive
        }
        lua_pop(L, 1);
    }
    lua_pushstring(L, nearest.best);
    return 1;
}

// operation_of(value): the full name of the operation that a function calls; nil for any other value.
static int l_operation_of(lua_State *L)
{
    luaL_checkany(L, 1);
    const struct bd_callable *callable = NULL;
    if (lua_tocfunction(L, 1) == bd_perform && lua_getupvalue(L, 1, 2) != NULL) {
        callable = lua_touserdata(L, -1);
    }
    lua_pushstring(L, callable != NULL ? callable->name : NULL);
    return 1;
}

// lint(): a text that names every fault of the records; empty when there is none.
static int l_lint(lua_State *L)
{
    struct bd_buf out = {0};
    for (const struct bd_vendor *const *vendor = bd_vendors; *vendor != NULL; vendor++) {
        (void)bd_lint_vendor(*vendor, &out);
    }
    lua_pushlstring(L, out.len > 0 ? out.data : "", out.len);
    bd_buf_free(&out);
    return 1;
}

int bd_catalogue_module(lua_State *L)
{
    static const luaL_Reg FUNCTIONS[] = {
        {"vendors", l_vendors},
        {"describe", l_describe},
        {"settings", l_settings},
        {"parse", l_parse},
        {"nearest", l_nearest},
        {"check_setting", l_check_setting},
        {"lint", l_lint},
        {"from_wire", l_from_wire},
        {"check_value", l_check_value},
        {"is_legal", bd_catalogue_is_legal},
        {"check_profile", l_check_profile},
        {"settle", l_settle},
        {"operation_of", l_operation_of},
        {"about", bd_catalogue_about},
        {"form_of", bd_catalogue_form_of},
        {NULL, NULL},
    };
    luaL_newlib(L, FUNCTIONS);
    return 1;
}
