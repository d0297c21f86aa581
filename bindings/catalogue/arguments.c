// SPDX-License-Identifier: MIT
#include "arguments.h"

#include <lauxlib.h>
#include <string.h>

#include "core/duration.h"

// Raises the error of the arguments that is on top; nothing has been sent.
static _Noreturn void refuse(lua_State *L, const struct bd_callable *callable, const char *hint)
{
    bd_error_text(L, "vendor", callable->vendor->name);
    bd_error_text(L, "operation", callable->name);
    bd_error_text(L, "outcome", "none");
    bd_error_text(L, "hint", hint);
    bd_error_raise(L);
}

static void refuse_removed(lua_State *L, const struct bd_callable *callable)
{
    if (callable->op->removed != NULL) {
        bd_error_push(L, BD_ARGUMENT, "the vendor has removed %s", callable->name);
        refuse(L, callable, callable->op->removed);
    }
}

// vendor:operation{...} would give the module as the parameters.
static void refuse_colon(lua_State *L, const struct bd_callable *callable, int params)
{
    bool module = false;
    if (lua_istable(L, params) && luaL_getmetafield(L, params, "__name") == LUA_TSTRING) {
        module = strncmp(lua_tostring(L, -1), "beadle.", 7) == 0;
        lua_pop(L, 1);
    }
    if (module) {
        bd_error_push(L, BD_ARGUMENT, "call it with a dot: %s { ... }, not with a colon",
                      callable->name);
        refuse(L, callable, NULL);
    }
}

static void check_table(lua_State *L, const struct bd_callable *callable, int index,
                        const char *what)
{
    if (!lua_isnoneornil(L, index) && !lua_istable(L, index)) {
        bd_error_push(L, BD_ARGUMENT, "%s must be a table, not a %s", what,
                      luaL_typename(L, index));
        refuse(L, callable, NULL);
    }
}

void bd_arguments_check(lua_State *L, const struct bd_callable *callable, int params, int options)
{
    refuse_removed(L, callable);
    refuse_colon(L, callable, params);
    check_table(L, callable, params, "the parameters");
    check_table(L, callable, options, "the options");
}

static void check_names(lua_State *L, const struct bd_callable *callable, int options)
{
    lua_pushnil(L);
    while (lua_next(L, options) != 0) {
        lua_pop(L, 1);
        const char *name = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "?";
        bool page = strcmp(name, "page") == 0 && callable->op->paging != NULL;
        if (!page && strcmp(name, "timeout") != 0 && strcmp(name, "retry") != 0) {
            bd_error_push(L, BD_ARGUMENT, "there is no option \"%s\"; known are timeout and retry",
                          name);
            refuse(L, callable, NULL);
        }
    }
}

static unsigned read_attempts(lua_State *L, const struct bd_callable *callable, int options)
{
    int type = lua_getfield(L, options, "retry");
    bool retry = type == LUA_TNIL || lua_toboolean(L, -1);
    if (type != LUA_TNIL && type != LUA_TBOOLEAN) {
        bd_error_push(L, BD_ARGUMENT, "the option retry must be true or false, not a %s",
                      luaL_typename(L, -1));
        refuse(L, callable, NULL);
    }
    lua_pop(L, 1);
    return retry ? bd_request_attempts : 1;
}

static uint64_t read_time_limit(lua_State *L, int options, uint64_t usual)
{
    uint64_t limit = usual;
    if (lua_getfield(L, options, "timeout") != LUA_TNIL) {
        limit = bd_duration_check(L, -1, "the option timeout");
    }
    lua_pop(L, 1);
    return limit;
}

struct bd_call_options bd_arguments_options(lua_State *L, const struct bd_callable *callable,
                                            const struct bd_account *account, int options)
{
    struct bd_call_options result = {.attempts = bd_request_attempts,
                                     .time_limit = account->time_limit};
    if (lua_isnil(L, options)) {
        return result;
    }
    check_names(L, callable, options);
    result.attempts = read_attempts(L, callable, options);
    result.time_limit = read_time_limit(L, options, account->time_limit);
    return result;
}
