// SPDX-License-Identifier: MIT
// beadle.json
#include "core/json.h"

#include <lauxlib.h>
#include <string.h>

#include "core/error.h"
#include "modules.h"

struct option {
    const char *name;
    const char *value; // NULL: a boolean
    unsigned flag;
};

// Reads an options table into flags; refuses what is not known.
static unsigned read_options(lua_State *L, int index, const struct option *known)
{
    unsigned flags = 0;
    if (lua_isnoneornil(L, index)) {
        return 0;
    }
    luaL_checktype(L, index, LUA_TTABLE);
    lua_pushnil(L);
    while (lua_next(L, index) != 0) {
        const char *name = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "?";
        const struct option *option = known;
        while (option->name != NULL && strcmp(option->name, name) != 0) {
            option++;
        }
        if (option->name == NULL) {
            bd_error(L, BD_ARGUMENT, "there is no option \"%s\"", name);
        }
        bool on = option->value == NULL
                      ? lua_toboolean(L, -1)
                      : lua_isstring(L, -1) && strcmp(lua_tostring(L, -1), option->value) == 0;
        flags |= on ? option->flag : 0;
        lua_pop(L, 1);
    }
    return flags;
}

// decode(text [, {null = true, big = "text", nan = true}])
static int l_decode(lua_State *L)
{
    static const struct option OPTIONS[] = {{"null", NULL, BD_JSON_KEEP_NULL},
                                            {"big", "text", BD_JSON_BIG_AS_TEXT},
                                            {"nan", NULL, BD_JSON_ALLOW_NAN},
                                            {NULL, NULL, 0}};
    size_t len;
    const char *text = luaL_checklstring(L, 1, &len);
    struct bd_json_fault fault;
    if (bd_json_decode(L, text, len, read_options(L, 2, OPTIONS), &fault)) {
        return 1;
    }
    return bd_error(L, BD_DECODE, "no JSON: %s (at byte %I)", fault.message,
                    (lua_Integer)fault.offset + 1);
}

static int l_free_text(lua_State *L)
{
    bd_buf_free(lua_touserdata(L, 1));
    return 0;
}

// Pushes a value that owns an empty buffer: Lua may raise while the text is there. [-0, +1]
static struct bd_buf *push_text(lua_State *L)
{
    struct bd_buf *text = lua_newuserdatauv(L, sizeof *text, 0);
    *text = (struct bd_buf){0};
    if (luaL_newmetatable(L, "beadle.json.text")) {
        lua_pushcfunction(L, l_free_text);
        lua_setfield(L, -2, "__gc");
    }
    lua_setmetatable(L, -2);
    return text;
}

// encode(value [, {integral_floats = "int"}])
static int l_encode(lua_State *L)
{
    static const struct option OPTIONS[] = {{"integral_floats", "int", BD_JSON_INTEGRAL_FLOATS},
                                            {NULL, NULL, 0}};
    luaL_checkany(L, 1);
    unsigned flags = read_options(L, 2, OPTIONS);
    struct bd_json_fault fault;
    struct bd_buf *out = push_text(L);
    if (!bd_json_encode(L, 1, flags, out, &fault)) {
        return bd_error(L, BD_ARGUMENT, "%s", fault.message);
    }
    lua_pushlstring(L, out->data, out->len);
    bd_buf_free(out);
    return 1;
}

// array([list]): the list, marked so that it is [] when empty.
static int l_array(lua_State *L)
{
    if (lua_isnoneornil(L, 1)) {
        lua_settop(L, 0);
        lua_newtable(L);
    }
    luaL_checktype(L, 1, LUA_TTABLE);
    bd_json_mark_array(L, 1);
    lua_settop(L, 1);
    return 1;
}

static int l_is_array(lua_State *L)
{
    luaL_checkany(L, 1);
    lua_pushboolean(L, lua_istable(L, 1) && bd_json_is_array(L, 1));
    return 1;
}

int bd_json_module(lua_State *L)
{
    static const luaL_Reg FUNCTIONS[] = {{"decode", l_decode},
                                         {"encode", l_encode},
                                         {"array", l_array},
                                         {"is_array", l_is_array},
                                         {NULL, NULL}};
    luaL_newlib(L, FUNCTIONS);
    bd_json_push_null(L);
    lua_setfield(L, -2, "null");
    return 1;
}
