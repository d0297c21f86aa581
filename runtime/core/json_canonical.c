// SPDX-License-Identifier: MIT
// Encoding in one form only, for texts that are compared and kept.
#include <lauxlib.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "encode.h"
#include "json_internal.h"

enum { FEW = 32 }; // members that need no memory of their own

struct canonical {
    lua_State *L;
    struct bd_buf *out;
    struct bd_json_fault *fault;
    const void *array_metatable;
};

struct member {
    const char *name;
    size_t len;
    int key; // place on the stack
};

static bool write_value(struct canonical *c, int index, unsigned depth);

static void write_bytes(struct bd_buf *out, const char *bytes, size_t len)
{
    static const char HEX[] = "0123456789abcdef";
    bd_buf_add_text(out, "{\"$bytes\":\"");
    for (size_t i = 0; i < len; i++) {
        bd_buf_add_char(out, HEX[(unsigned char)bytes[i] >> 4]);
        bd_buf_add_char(out, HEX[(unsigned char)bytes[i] & 15]);
    }
    bd_buf_add_text(out, "\"}");
}

static void write_string(struct canonical *c, int index)
{
    size_t len;
    const char *text = lua_tolstring(c->L, index, &len);
    if (bd_json_text_malformed(text, text + len) == text + len) {
        bd_encode_json_string(c->out, text, len);
    } else {
        write_bytes(c->out, text, len);
    }
}

static void write_number(struct canonical *c, int index)
{
    char text[BD_JSON_FLOAT_ROOM];
    if (lua_isinteger(c->L, index)) {
        bd_buf_add_integer(c->out, lua_tointeger(c->L, index));
        return;
    }
    double number = lua_tonumber(c->L, index);
    if (!isfinite(number)) {
        bd_buf_add_text(c->out, "null");
    } else if (bd_json_number_is_short(number) && rint(number) != number) {
        bd_buf_addf(c->out, "%.14g", number); // as bd_json_encode writes it
    } else {
        bd_buf_add(c->out, text, bd_json_number_print(text, number));
    }
}

static bool write_list(struct canonical *c, int index, unsigned depth)
{
    lua_State *L = c->L;
    bd_buf_add_char(c->out, '[');
    for (lua_Integer i = 1; lua_rawgeti(L, index, i) != LUA_TNIL; i++) {
        if (i > 1) {
            bd_buf_add_char(c->out, ',');
        }
        if (!write_value(c, lua_gettop(L), depth)) {
            return false;
        }
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
    bd_buf_add_char(c->out, ']');
    return true;
}

// Whether the member on top has a name and a value that are written.
static bool is_written(lua_State *L)
{
    int name = lua_type(L, -2);
    return (name == LUA_TSTRING || name == LUA_TNUMBER) && !lua_isfunction(L, -1);
}

static size_t count_members(lua_State *L, int index)
{
    size_t count = 0;
    lua_pushnil(L);
    while (lua_next(L, index) != 0) {
        count += is_written(L) ? 1 : 0;
        lua_pop(L, 1);
    }
    return count;
}

static int by_name(const void *a, const void *b)
{
    const struct member *left = a;
    const struct member *right = b;
    size_t least = left->len < right->len ? left->len : right->len;
    int order = memcmp(left->name, right->name, least);
    return order != 0 ? order : (left->len > right->len) - (left->len < right->len);
}

// Leaves two values on the stack for each member: its key, and its name, which owns the text.
static void read_members(lua_State *L, int index, struct member *members)
{
    size_t count = 0;
    lua_pushnil(L);
    while (lua_next(L, index) != 0) {
        if (!is_written(L)) {
            lua_pop(L, 1);
            continue;
        }
        struct member *member = &members[count++];
        lua_pop(L, 1);
        lua_pushvalue(L, -1);
        member->name = lua_tolstring(L, -1, &member->len); // a copy, for lua_next needs the key
        lua_pushvalue(L, -2);
        member->key = lua_gettop(L) - 2;
    }
}

static bool write_member(struct canonical *c, int index, const struct member *member,
                         unsigned depth)
{
    lua_State *L = c->L;
    if (bd_json_text_malformed(member->name, member->name + member->len) !=
        member->name + member->len) {
        bd_json_set_fault(c->fault, 0, "a name is not UTF-8");
        return false;
    }
    bd_encode_json_string(c->out, member->name, member->len);
    bd_buf_add_char(c->out, ':');
    lua_pushvalue(L, member->key);
    (void)lua_rawget(L, index);
    if (!write_value(c, lua_gettop(L), depth)) {
        return false;
    }
    lua_pop(L, 1);
    return true;
}

static bool write_object(struct canonical *c, int index, unsigned depth)
{
    lua_State *L = c->L;
    struct member few[FEW];
    struct member *members = few;
    size_t count = count_members(L, index);
    luaL_checkstack(L, (int)(2 * count + 10), "JSON");
    if (count > FEW) {
        members = lua_newuserdatauv(L, count * sizeof *members, 0);
    }
    read_members(L, index, members);
    qsort(members, count, sizeof *members, by_name);
    bd_buf_add_char(c->out, '{');
    for (size_t i = 0; i < count; i++) {
        if (i > 0) {
            bd_buf_add_char(c->out, ',');
        }
        if (!write_member(c, index, &members[i], depth)) {
            return false;
        }
    }
    bd_buf_add_char(c->out, '}');
    return true;
}

static bool is_list(struct canonical *c, int index)
{
    if (lua_rawlen(c->L, index) > 0) {
        return true;
    }
    if (!lua_getmetatable(c->L, index)) {
        return false;
    }
    bool marked = lua_topointer(c->L, -1) == c->array_metatable;
    lua_pop(c->L, 1);
    return marked;
}

static bool write_table(struct canonical *c, int index, unsigned depth)
{
    int top = lua_gettop(c->L);
    if (depth == BD_JSON_DEPTH) {
        bd_json_set_fault(c->fault, 0, "more than 512 levels of arrays and objects");
        return false;
    }
    luaL_checkstack(c->L, 10, "JSON");
    bool ok = (is_list(c, index) ? write_list : write_object)(c, index, depth + 1);
    lua_settop(c->L, top);
    return ok;
}

static bool write_value(struct canonical *c, int index, unsigned depth)
{
    switch (lua_type(c->L, index)) {
    case LUA_TSTRING:
        write_string(c, index);
        return true;
    case LUA_TNUMBER:
        write_number(c, index);
        return true;
    case LUA_TBOOLEAN:
        bd_buf_add_text(c->out, lua_toboolean(c->L, index) ? "true" : "false");
        return true;
    case LUA_TUSERDATA:
        bd_buf_add_text(c->out, "\"[secret]\"");
        return true;
    case LUA_TTABLE:
        return write_table(c, index, depth);
    default:
        bd_buf_add_text(c->out, "null");
        return true;
    }
}

bool bd_json_canonical(lua_State *L, int index, struct bd_buf *out, struct bd_json_fault *fault)
{
    int top = lua_gettop(L);
    struct canonical c = {.L = L, .out = out, .fault = fault};
    index = lua_absindex(L, index);
    luaL_checkstack(L, 10, "JSON");
    c.array_metatable = bd_json_push_state(L)->array_metatable;
    bool ok = write_value(&c, index, 0);
    lua_settop(L, top);
    return ok;
}
