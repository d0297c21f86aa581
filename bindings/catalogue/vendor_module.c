// SPDX-License-Identifier: MIT
#include "vendor_module.h"

#include <lauxlib.h>
#include <string.h>

#include "call.h"
#include "core/check.h"
#include "core/nearest.h"
#include "core/runtime.h"
#include "core/script.h"
#include "perform.h"

struct bd_account *bd_client_account(lua_State *L, struct bd_client *client)
{
    const struct bd_runtime *rt = bd_runtime_of(L);
    bool named = client->profile[0] != '\0';
    bool outdated = !named && client->profile_changes != rt->profile_changes;
    if (client->account == NULL || outdated) {
        client->account = bd_account_get(L, client->vendor, named ? client->profile : NULL);
        client->profile_changes = rt->profile_changes;
    }
    return client->account;
}

static struct bd_client *push_client(lua_State *L, const struct bd_vendor *vendor)
{
    struct bd_client *client = lua_newuserdatauv(L, sizeof *client, 1);
    memset(client, 0, sizeof *client);
    client->vendor = vendor;
    client->profile_changes = bd_runtime_of(L)->profile_changes;
    return client;
}

static void set_masks(struct bd_callable *callable)
{
    const char *selector = callable->op->selector;
    const struct bd_operation *op = callable->op;
    bool post = op->method != NULL && strcmp(op->method, "POST") == 0; // what was removed has none
    callable->bodiless = post && !op->empty_form;
    for (size_t i = 0; i < callable->count; i++) {
        const struct bd_field *field = callable->params[i];
        BD_CHECK(field != NULL);
        uint64_t bit = UINT64_C(1) << i;
        bool fixed =
            callable->variant != NULL && selector != NULL && strcmp(selector, field->name) == 0;
        bool has_value = field->fallback != NULL || fixed;
        callable->required |= (field->flags & BD_REQUIRED) != 0 && !has_value ? bit : 0;
        callable->settings |= field->setting != NULL ? bit : 0;
        callable->aliases |= field->means != NULL ? bit : 0;
        callable->always |= has_value ? bit : 0;
        callable->headers |= field->place == BD_IN_HEADER ? bit : 0;
        callable->bodiless = callable->bodiless && field->place != BD_IN_FORM;
        if ((field->flags & BD_REST) != 0) {
            callable->rest = field;
            callable->rest_at = i;
        }
        bool json = field->place == BD_IN_JSON ||
                    (field->place == BD_IN_BODY && callable->body != BD_IN_JSON);
        callable->body = json ? field->place : callable->body;
    }
}

// Pushes the function of an operation for the client at an index. [-0, +1]
static void push_operation(lua_State *L, int client, const struct bd_vendor *vendor,
                           const struct bd_operation *op, const struct bd_variant *variant)
{
    const struct bd_field *params[BD_PARAMS_MOST];
    size_t count = bd_operation_params(vendor, op, params);
    lua_pushvalue(L, client);
    struct bd_callable *callable =
        lua_newuserdatauv(L, sizeof *callable + count * sizeof *params, 0);
    *callable =
        (struct bd_callable){.vendor = vendor, .op = op, .variant = variant, .count = count};
    memcpy(callable->params, params, count * sizeof *params);
    set_masks(callable);
    lua_createtable(L, 0, (int)count);
    for (size_t i = 0; i < count; i++) {
        if ((params[i]->flags & BD_REST) != 0) {
            continue; // nothing is given under its name
        }
        lua_pushinteger(L, (lua_Integer)i + 1);
        lua_setfield(L, -2, params[i]->name);
    }
    const char *name = variant != NULL && variant->name != NULL ? variant->name : op->name;
    callable->name = lua_pushfstring(L, "%s.%s", vendor->name, name);
    lua_rawseti(L, -2, 0); // keeps the text
    lua_pushcclosure(L, bd_perform, 3);
}

void bd_vendor_push_token_operation(lua_State *L, struct bd_account *account)
{
    const struct bd_variant *variant;
    const struct bd_vendor *vendor = account->vendor;
    struct bd_client *client = push_client(L, vendor);
    client->account = account;
    push_operation(L, lua_gettop(L), vendor,
                   bd_operation_find(vendor, vendor->auth.operation, &variant), NULL);
    lua_remove(L, -2);
}

// ------------------------------------------------------------------------------------------------
// Unknown names

static void raise_unknown(lua_State *L, const char *what, const char *prefix, const char *name,
                          const struct bd_nearest *nearest)
{
    bd_error_push(L, BD_ARGUMENT, "there is no %s %s.%s", what, prefix, name);
    bd_error_text(L, "outcome", "none");
    if (nearest->best != NULL) {
        lua_pushfstring(L, "Did you mean %s.%s?", prefix, nearest->best);
        bd_error_value(L, "hint");
    }
    bd_error_raise(L);
}

static void raise_unknown_operation(lua_State *L, const struct bd_vendor *vendor, const char *name)
{
    struct bd_nearest nearest = {.wanted = name};
    for (const struct bd_operation *op = bd_operation_first(vendor); op != NULL;
         op = bd_operation_next(op)) {
        bd_nearest_offer(&nearest, op->name);
        for (const struct bd_variant *v = op->variants; v != NULL && v->summary != NULL; v++) {
            if (v->name != NULL) {
                bd_nearest_offer(&nearest, v->name);
            }
        }
    }
    for (const struct bd_enumeration *const *e = vendor->enumerations; *e != NULL; e++) {
        bd_nearest_offer(&nearest, (*e)->name);
    }
    bd_nearest_offer(&nearest, "client");
    raise_unknown(L, "operation", vendor->name, name, &nearest);
}

// ------------------------------------------------------------------------------------------------
// Enumerations

static int l_enumeration_index(lua_State *L)
{
    const struct bd_enumeration *enumeration = lua_touserdata(L, lua_upvalueindex(1));
    const char *prefix = lua_tostring(L, lua_upvalueindex(2));
    const char *name = luaL_tolstring(L, 2, NULL);
    struct bd_nearest nearest = {.wanted = name};
    for (const struct bd_choice *choice = enumeration->choices; choice->name != NULL; choice++) {
        bd_nearest_offer(&nearest, choice->name);
    }
    raise_unknown(L, "value", prefix, name, &nearest);
    return 0;
}

static void push_enumeration(lua_State *L, const struct bd_vendor *vendor,
                             const struct bd_enumeration *enumeration)
{
    lua_newtable(L);
    for (const struct bd_choice *choice = enumeration->choices; choice->name != NULL; choice++) {
        if (choice->text != NULL) {
            lua_pushstring(L, choice->text);
        } else {
            lua_pushinteger(L, choice->value);
        }
        lua_setfield(L, -2, choice->name);
    }
    lua_createtable(L, 0, 1);
    lua_pushlightuserdata(L, (void *)(uintptr_t)enumeration);
    lua_pushfstring(L, "%s.%s", vendor->name, enumeration->name);
    lua_pushcclosure(L, l_enumeration_index, 2);
    lua_setfield(L, -2, "__index");
    lua_pushfstring(L, "%s.%s", vendor->name, enumeration->name);
    lua_setfield(L, -2, "__name");
    lua_setmetatable(L, -2);
}

static const struct bd_enumeration *find_enumeration(const struct bd_vendor *vendor,
                                                     const char *name)
{
    for (const struct bd_enumeration *const *e = vendor->enumerations; *e != NULL; e++) {
        if (strcmp((*e)->name, name) == 0) {
            return *e;
        }
    }
    return NULL;
}

// ------------------------------------------------------------------------------------------------
// The module

static void push_table(lua_State *L, const struct bd_vendor *vendor);

// client{profile = NAME, ...}: the same module under another profile, or with parameters that every call
// of it shall have.
static int l_client(lua_State *L)
{
    const struct bd_vendor *vendor = lua_touserdata(L, lua_upvalueindex(1));
    luaL_checktype(L, 1, LUA_TTABLE);
    struct bd_client *client = push_client(L, vendor);
    lua_newtable(L);
    lua_pushnil(L);
    while (lua_next(L, 1) != 0) {
        const char *name = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "?";
        const struct bd_field *field = vendor->common;
        if (strcmp(name, "profile") == 0) {
            size_t len;
            const char *profile = luaL_checklstring(L, -1, &len);
            luaL_argcheck(L, len > 0 && len < sizeof client->profile, 1, "its profile is no name");
            memcpy(client->profile, profile, len);
            lua_pop(L, 1);
            continue;
        }
        struct bd_nearest nearest = {.wanted = name};
        bd_nearest_offer(&nearest, "profile");
        for (; field != NULL && field->name != NULL && strcmp(field->name, name) != 0; field++) {
            bd_nearest_offer(&nearest, field->name);
        }
        if (field == NULL || field->name == NULL) {
            bd_error_push(L, BD_ARGUMENT, "%s.client takes no \"%s\"", vendor->name, name);
            if (nearest.best != NULL) {
                lua_pushfstring(L, "Did you mean %s?", nearest.best);
                bd_error_value(L, "hint");
            }
            return bd_error_raise(L);
        }
        lua_pushvalue(L, -2);
        lua_insert(L, -2);
        lua_rawset(L, -4);
        client->has_defaults = true;
    }
    lua_setiuservalue(L, -2, 1);
    push_table(L, vendor);
    return 1;
}

// Makes the member of that name when it is first used. Upvalues: the client, the vendor.
static int l_index(lua_State *L)
{
    const struct bd_vendor *vendor = lua_touserdata(L, lua_upvalueindex(2));
    const char *name = luaL_checkstring(L, 2);
    const struct bd_variant *variant;
    const struct bd_operation *op = bd_operation_find(vendor, name, &variant);
    const struct bd_enumeration *enumeration = find_enumeration(vendor, name);
    if (op != NULL) {
        push_operation(L, lua_upvalueindex(1), vendor, op, variant);
    } else if (enumeration != NULL) {
        push_enumeration(L, vendor, enumeration);
    } else if (strcmp(name, "client") == 0) {
        lua_pushlightuserdata(L, (void *)(uintptr_t)vendor);
        lua_pushcclosure(L, l_client, 1);
    } else {
        raise_unknown_operation(L, vendor, name);
    }
    lua_pushvalue(L, 2);
    lua_pushvalue(L, -2);
    lua_rawset(L, 1);
    return 1;
}

static void add_helpers(lua_State *L, const struct bd_vendor *vendor)
{
    if (vendor->helpers == NULL) {
        return;
    }
    lua_getglobal(L, "require");
    lua_pushstring(L, vendor->helpers);
    lua_call(L, 1, 1);
    lua_pushnil(L);
    while (lua_next(L, -2) != 0) {
        lua_pushvalue(L, -2);
        lua_insert(L, -2);
        lua_rawset(L, -5);
    }
    lua_pop(L, 1);
}

// Replaces the client on top by a module table around it. [-1, +1]
static void push_table(lua_State *L, const struct bd_vendor *vendor)
{
    lua_newtable(L);
    lua_createtable(L, 0, 2);
    lua_pushvalue(L, -3);
    lua_pushlightuserdata(L, (void *)(uintptr_t)vendor);
    lua_pushcclosure(L, l_index, 2);
    lua_setfield(L, -2, "__index");
    lua_pushfstring(L, "beadle.%s", vendor->name);
    lua_setfield(L, -2, "__name");
    lua_setmetatable(L, -2);
    add_helpers(L, vendor);
    lua_remove(L, -2);
}

int bd_vendor_push_module(lua_State *L, const struct bd_vendor *vendor)
{
    push_client(L, vendor);
    push_table(L, vendor);
    return 1;
}

static int l_open_vendor(lua_State *L)
{
    return bd_vendor_push_module(L, lua_touserdata(L, lua_upvalueindex(1)));
}

void bd_vendors_open(lua_State *L)
{
    lua_getfield(L, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
    for (const struct bd_vendor *const *vendor = bd_vendors; *vendor != NULL; vendor++) {
        lua_pushlightuserdata(L, (void *)(uintptr_t)*vendor);
        lua_pushcclosure(L, l_open_vendor, 1);
        lua_pushfstring(L, "beadle.%s", (*vendor)->name);
        lua_insert(L, -2);
        lua_settable(L, -3);
    }
    lua_pop(L, 1);
}
