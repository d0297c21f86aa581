// SPDX-License-Identifier: MIT
#include "error.h"

#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "script.h"

static const char METATABLE[] = "beadle.error";

static const char *const KINDS[] = {
    [BD_ARGUMENT] = "argument",
    [BD_CONFIGURATION] = "configuration",
    [BD_PERMISSION] = "permission",
    [BD_NETWORK] = "network",
    [BD_TIMEOUT] = "timeout",
    [BD_CANCELLED] = "cancelled",
    [BD_AUTH] = "auth",
    [BD_NOT_FOUND] = "not_found",
    [BD_CONFLICT] = "conflict",
    [BD_RATE_LIMIT] = "rate_limit",
    [BD_REJECTED] = "rejected",
    [BD_SERVER] = "server",
    [BD_DECODE] = "decode",
    [BD_IO] = "io",
    [BD_SCRIPT] = "script",
    [BD_INTERNAL] = "internal",
};

const char *bd_kind_name(enum bd_kind kind)
{
    BD_CHECK((size_t)kind < BD_COUNT(KINDS));
    return KINDS[kind];
}

static void push_new(lua_State *L, enum bd_kind kind)
{
    luaL_checkstack(L, 4, "error value");
    lua_createtable(L, 0, 8);
    lua_pushstring(L, bd_kind_name(kind));
    lua_setfield(L, -2, "kind");
    luaL_setmetatable(L, METATABLE);
}

static void push_formatted(lua_State *L, enum bd_kind kind, const char *format, va_list args)
{
    push_new(L, kind);
    lua_pushvfstring(L, format, args);
    lua_setfield(L, -2, "message");
}

void bd_error_push(lua_State *L, enum bd_kind kind, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    push_formatted(L, kind, format, args);
    va_end(args);
}

void bd_error_text(lua_State *L, const char *field, const char *text)
{
    if (text != NULL) {
        lua_pushstring(L, text);
        lua_setfield(L, -2, field);
    }
}

void bd_error_integer(lua_State *L, const char *field, lua_Integer value)
{
    lua_pushinteger(L, value);
    lua_setfield(L, -2, field);
}

void bd_error_boolean(lua_State *L, const char *field, bool value)
{
    lua_pushboolean(L, value);
    lua_setfield(L, -2, field);
}

void bd_error_value(lua_State *L, const char *field)
{
    lua_setfield(L, -2, field);
}

// The nearest Lua function of the script up the stack: C functions and our own Lua may stand between.
static void note_place(lua_State *L)
{
    lua_Debug place;
    for (int level = 1; lua_getstack(L, level, &place); level++) {
        lua_getinfo(L, "Sl", &place);
        bool own = strncmp(place.short_src, BD_SCRIPT_OWN, sizeof BD_SCRIPT_OWN - 1) == 0;
        if (place.currentline > 0 && !own) {
            lua_pushfstring(L, "%s:%d", place.short_src, place.currentline);
            lua_setfield(L, -2, "where");
            return;
        }
    }
}

int bd_error_raise(lua_State *L)
{
    note_place(L);
    bd_error_rethrow(L);
}

int bd_error_rethrow(lua_State *L)
{
    lua_error(L);
    abort(); // not reached: lua.h does not say so
}

int bd_error(lua_State *L, enum bd_kind kind, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    push_formatted(L, kind, format, args);
    va_end(args);
    bd_error_raise(L);
}

bool bd_error_is_error(lua_State *L, int index)
{
    if (!lua_istable(L, index) || !lua_getmetatable(L, index)) {
        return false;
    }
    luaL_getmetatable(L, METATABLE);
    bool same = lua_rawequal(L, -1, -2);
    lua_pop(L, 2);
    return same;
}

bool bd_error_is(lua_State *L, int index, enum bd_kind kind)
{
    if (!bd_error_is_error(L, index)) {
        return false;
    }
    lua_getfield(L, index, "kind");
    const char *name = lua_tostring(L, -1);
    bool same = name != NULL && strcmp(name, bd_kind_name(kind)) == 0;
    lua_pop(L, 1);
    return same;
}

// The functions below push pieces of text that l_tostring joins; each returns how many.

static int push_field(lua_State *L, int error, const char *before, const char *field,
                      const char *behind)
{
    int type = lua_getfield(L, error, field);
    if (type != LUA_TSTRING && type != LUA_TNUMBER) {
        lua_pop(L, 1);
        return 0;
    }
    lua_pushfstring(L, "%s%s%s", before, lua_tostring(L, -1), behind);
    lua_replace(L, -2);
    return 1;
}

static int push_outcome(lua_State *L, int error)
{
    lua_getfield(L, error, "outcome");
    const char *outcome = lua_tostring(L, -1);
    bool answered = lua_getfield(L, error, "status") != LUA_TNIL;
    const char *sentence = "";
    if (outcome != NULL && strcmp(outcome, "unknown") == 0) {
        sentence = " Whether the vendor did it is not known: check before you repeat it.";
    } else if (outcome != NULL && strcmp(outcome, "none") == 0) {
        sentence = answered ? " The vendor did nothing." : " Nothing was sent.";
    } else if (outcome != NULL && strcmp(outcome, "done") == 0) {
        sentence = " The vendor did it all the same.";
    }
    lua_pop(L, 2);
    lua_pushstring(L, sentence);
    return 1;
}

static int push_causes(lua_State *L, int error)
{
    enum { DEEPEST = 5 };
    int pieces = 0;
    lua_pushvalue(L, error);
    for (; pieces < DEEPEST && lua_istable(L, -1); pieces++) {
        if (lua_getfield(L, -1, "cause") == LUA_TNIL) {
            lua_pop(L, 1);
            break;
        }
        if (lua_istable(L, -1)) {
            lua_getfield(L, -1, "message");
        } else {
            lua_pushvalue(L, -1);
        }
        const char *text = lua_isstring(L, -1) ? lua_tostring(L, -1) : "(an error without text)";
        lua_pushfstring(L, "\n  because: %s", text);
        lua_insert(L, -4); // [piece, outer, cause, text]
        lua_pop(L, 1);
        lua_replace(L, -2); // [piece, cause]
    }
    lua_pop(L, 1);
    return pieces;
}

static int l_tostring(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    luaL_checkstack(L, 40, "error text");
    int pieces = push_field(L, 1, "", "where", ": ");
    pieces += push_field(L, 1, "line ", "row", ": ");
    pieces += push_field(L, 1, "", "operation", ": ");
    pieces += push_field(L, 1, "", "message", "");
    pieces += push_field(L, 1, " [", "kind", "");
    pieces += push_field(L, 1, ", code ", "code", "");
    pieces += push_field(L, 1, ", HTTP ", "status", "");
    lua_pushliteral(L, "].");
    pieces += 1 + push_outcome(L, 1);
    pieces += push_field(L, 1, " ", "hint", "");
    pieces += push_causes(L, 1);
    lua_concat(L, pieces);
    return 1;
}

const char *bd_error_describe(lua_State *L, int index)
{
    index = lua_absindex(L, index);
    if (lua_isstring(L, index)) { // or a number: the copy becomes its text
        lua_pushvalue(L, index);
    } else if (bd_error_is_error(L, index)) {
        lua_pushcfunction(L, l_tostring);
        lua_pushvalue(L, index);
        if (lua_pcall(L, 1, 1, 0) != LUA_OK) {
            lua_pop(L, 1);
            lua_pushliteral(L, "(an error that could not be shown)");
        }
    } else if (luaL_getmetafield(L, index, "__tostring") != LUA_TNIL) {
        lua_pushvalue(L, index);
        if (lua_pcall(L, 1, 1, 0) != LUA_OK || lua_type(L, -1) != LUA_TSTRING) {
            lua_pop(L, 1);
            lua_pushliteral(L, "(an error that could not be shown)");
        }
    } else {
        lua_pushfstring(L, "(error object is a %s value)", luaL_typename(L, index));
    }
    return lua_tostring(L, -1);
}

// "it failed: " .. err
static int l_concat(lua_State *L)
{
    luaL_tolstring(L, 1, NULL);
    luaL_tolstring(L, 2, NULL);
    lua_concat(L, 2);
    return 1;
}

static int l_new(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_getfield(L, 1, "kind");
    lua_getfield(L, 1, "message");
    const char *kind = lua_tostring(L, -2);
    bool known = false;
    for (size_t i = 0; kind != NULL && i < BD_COUNT(KINDS); i++) {
        known = known || strcmp(kind, KINDS[i]) == 0;
    }
    luaL_argcheck(L, known, 1, "its kind is none of the known ones (beadle.error.kinds)");
    luaL_argcheck(L, lua_type(L, -1) == LUA_TSTRING, 1, "its message is missing");
    lua_createtable(L, 0, 8);
    lua_pushnil(L);
    while (lua_next(L, 1) != 0) {
        lua_pushvalue(L, -2);
        lua_insert(L, -2);
        lua_rawset(L, -4);
    }
    luaL_setmetatable(L, METATABLE);
    return 1;
}

static int l_is(lua_State *L)
{
    luaL_checkany(L, 1);
    const char *kind = luaL_optstring(L, 2, NULL);
    bool is = bd_error_is_error(L, 1);
    if (is && kind != NULL) {
        lua_getfield(L, 1, "kind");
        is = lua_type(L, -1) == LUA_TSTRING && strcmp(lua_tostring(L, -1), kind) == 0;
    }
    lua_pushboolean(L, is);
    return 1;
}

static int explained(lua_State *L, int status, lua_KContext context)
{
    (void)L;
    (void)status;
    (void)context;
    return 1;
}

// err:explain(): what it means and what to do, which prints as text.
static int l_explain(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    lua_getglobal(L, "require");
    lua_pushliteral(L, "beadle.explain");
    lua_call(L, 1, 1); // it does not wait while it loads
    lua_getfield(L, -1, "error");
    lua_pushvalue(L, 1);
    lua_callk(L, 1, 1, 0, explained);
    return explained(L, LUA_OK, 0);
}

void bd_error_open(lua_State *L)
{
    luaL_newmetatable(L, METATABLE);
    lua_createtable(L, 0, 1);
    lua_pushcfunction(L, l_explain);
    lua_setfield(L, -2, "explain");
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, l_tostring);
    lua_setfield(L, -2, "__tostring");
    lua_pushcfunction(L, l_concat);
    lua_setfield(L, -2, "__concat");
    lua_pop(L, 1);
}

int bd_error_module(lua_State *L)
{
    static const luaL_Reg FUNCTIONS[] = {{"new", l_new}, {"is", l_is}, {NULL, NULL}};
    luaL_newlib(L, FUNCTIONS);
    lua_createtable(L, (int)BD_COUNT(KINDS), 0);
    for (size_t i = 0; i < BD_COUNT(KINDS); i++) {
        lua_pushstring(L, KINDS[i]);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    lua_setfield(L, -2, "kinds");
    return 1;
}
