// SPDX-License-Identifier: MIT
#include "json.h"

#include <lauxlib.h>
#include <lua-cjson.h>
#include <stdarg.h>
#include <stdio.h>

#include "check.h"
#include "error.h"
#include "json_internal.h"

static const char KEY = 'k'; // its address is the key of struct bd_json in the registry

struct bd_json *bd_json_push_state(lua_State *L)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, &KEY);
    struct bd_json *json = lua_touserdata(L, -1);
    BD_CHECK(json != NULL);
    return json;
}

void bd_json_push_part(lua_State *L, int state, enum bd_json_part part)
{
    lua_getiuservalue(L, state, (int)part);
}

bool bd_json_call(lua_State *L)
{
    int status = lua_pcall(L, 1, 1, 0);
    if (status == LUA_ERRMEM) {
        bd_error_rethrow(L);
    }
    return status == LUA_OK;
}

const char *bd_json_reason(lua_State *L)
{
    const char *message = lua_tostring(L, -1);
    return message != NULL ? message : "lua-cjson failed";
}

void bd_json_set_fault(struct bd_json_fault *fault, size_t offset, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)vsnprintf(fault->message, sizeof fault->message, format, args);
    va_end(args);
    fault->offset = offset;
}

void bd_json_push_null(lua_State *L)
{
    lua_pushlightuserdata(L, NULL);
}

bool bd_json_is_null(lua_State *L, int index)
{
    return lua_islightuserdata(L, index) && lua_touserdata(L, index) == NULL;
}

static void mark(lua_State *L, int index, enum bd_json_part part)
{
    index = lua_absindex(L, index);
    BD_CHECK(lua_istable(L, index));
    luaL_checkstack(L, 2, "JSON");
    bd_json_push_state(L);
    bd_json_push_part(L, -1, part);
    lua_setmetatable(L, index);
    lua_pop(L, 1);
}

void bd_json_mark_array(lua_State *L, int index)
{
    mark(L, index, BD_JSON_PART_ARRAY);
}

void bd_json_mark_object(lua_State *L, int index)
{
    mark(L, index, BD_JSON_PART_OBJECT);
}

bool bd_json_is_array(lua_State *L, int index)
{
    luaL_checkstack(L, 2, "JSON");
    if (!lua_istable(L, index) || !lua_getmetatable(L, index)) {
        return false;
    }
    bool is = lua_topointer(L, -1) == bd_json_push_state(L)->array_metatable;
    lua_pop(L, 2);
    return is;
}

// ------------------------------------------------------------------------------------------------
// The metatable of light userdata

// tostring(json.null) -> "null"
static int l_tostring(lua_State *L)
{
    if (bd_json_is_null(L, 1)) {
        lua_pushliteral(L, "null");
    } else {
        lua_pushfstring(L, "userdata: %p", lua_touserdata(L, 1));
    }
    return 1;
}

// json.null[key], json.null[key] = value: raises
static int l_index(lua_State *L)
{
    const char *what = bd_json_is_null(L, 1) ? "json.null" : "a light userdata";
    if (lua_type(L, 2) == LUA_TSTRING) {
        return bd_error(L, BD_ARGUMENT, "%s has no field '%s'", what, lua_tostring(L, 2));
    }
    return bd_error(L, BD_ARGUMENT, "%s has no fields or elements", what);
}

static void open_null(lua_State *L)
{
    static const luaL_Reg METHODS[] = {
        {"__tostring", l_tostring}, {"__index", l_index}, {"__newindex", l_index}, {NULL, NULL}};
    bd_json_push_null(L);
    luaL_newlib(L, METHODS);
    lua_pushliteral(L, "json.null");
    lua_setfield(L, -2, "__metatable");
    lua_setmetatable(L, -2);
    lua_pop(L, 1);
}

// ------------------------------------------------------------------------------------------------
// The instance

// Makes a metatable for the state's userdata on top; scripts can see its name but not the table. [-0, +0]
static const void *open_metatable(lua_State *L, enum bd_json_part part, const char *name)
{
    lua_createtable(L, 0, 2);
    const void *table = lua_topointer(L, -1);
    lua_pushstring(L, name);
    lua_setfield(L, -2, "__name");
    lua_pushstring(L, name);
    lua_setfield(L, -2, "__metatable");
    lua_setiuservalue(L, -2, (int)part);
    return table;
}

static void set_option(lua_State *L, int cjson, const char *name, int value)
{
    lua_getfield(L, cjson, name);
    if (value >= 0) {
        lua_pushinteger(L, value);
    } else {
        lua_pushboolean(L, false);
    }
    lua_call(L, 1, 0);
}

static void keep_part(lua_State *L, int state, int cjson, enum bd_json_part part, const char *name)
{
    int type = lua_getfield(L, cjson, name);
    BD_CHECK(type == LUA_TFUNCTION);
    lua_setiuservalue(L, state, (int)part);
}

void bd_json_open(lua_State *L)
{
    int top = lua_gettop(L);
    luaL_checkstack(L, 8, "JSON");
    struct bd_json *json = lua_newuserdatauv(L, sizeof *json, BD_JSON_PARTS);
    json->array_metatable = open_metatable(L, BD_JSON_PART_ARRAY, "json.array");
    json->object_metatable = open_metatable(L, BD_JSON_PART_OBJECT, "json.object");
    lua_pushcfunction(L, luaopen_cjson); // each call makes an instance with settings of its own
    lua_call(L, 0, 1);
    int cjson = top + 2;
    set_option(L, cjson, "decode_max_depth", BD_JSON_DEPTH);
    set_option(L, cjson, "encode_max_depth", BD_JSON_DEPTH);
    set_option(L, cjson, "decode_invalid_numbers", -1);
    set_option(L, cjson, "encode_invalid_numbers", -1);
    keep_part(L, top + 1, cjson, BD_JSON_PART_DECODE, "decode");
    keep_part(L, top + 1, cjson, BD_JSON_PART_ENCODE, "encode");
    keep_part(L, top + 1, cjson, BD_JSON_PART_KEEP_BUFFER, "encode_keep_buffer");
    lua_pushvalue(L, top + 1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &KEY);
    open_null(L);
    lua_settop(L, top);
}
