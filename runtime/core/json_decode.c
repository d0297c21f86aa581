// SPDX-License-Identifier: MIT
// Decoding: the lexical pass, lua-cjson, and a walk over what it made. The walk turns integral floats into
// integers, for they can only have been that, and marks into their values; it gives arrays their metatable.
#include "json_internal.h"

#include <lauxlib.h>
#include <math.h>
#include <string.h>

#include "check.h"

enum { STACK_PER_LEVEL = 5 }; // key, value, and what is put in its place

struct walk {
    lua_State *L;
    size_t unmet; // of struct bd_json_scan: what was not met yet
    bool drop_null;
    bool marked;
    int array_metatable; // index
};

// Where the value on top came from: the table at an index of the stack, and the element of that number, or
// 0 for the field whose key is below the value. Table 0: from nowhere, it is the whole.
struct slot {
    int table;
    lua_Integer element;
};

static void restore_table(struct walk *w, int table);

// A new value for a slot is pushed between these two. [-0, +(0|1)] and [-(1|2), +0]; but the whole is
// replaced. Assigning to a field that exists, nil too, is allowed while lua_next goes through its table.
static void begin_put(const struct walk *w, const struct slot *slot)
{
    if (slot->table != 0 && slot->element == 0) {
        lua_pushvalue(w->L, -2);
    }
}

static void end_put(const struct walk *w, const struct slot *slot)
{
    if (slot->table == 0) {
        lua_replace(w->L, -2);
    } else if (slot->element == 0) {
        lua_rawset(w->L, slot->table);
    } else {
        lua_rawseti(w->L, slot->table, slot->element);
    }
}

// Without a mark all numbers are below 10^15.
static void restore_number(struct walk *w, const struct slot *slot)
{
    lua_Number number = lua_tonumber(w->L, -1);
    lua_Integer integer = (lua_Integer)number;
    if ((lua_Number)integer == number) {
        begin_put(w, slot);
        lua_pushinteger(w->L, integer);
        end_put(w, slot);
        w->unmet--;
    }
}

// Pushes the value of a mark. [-0, +1]
static void push_marked(const struct walk *w, const char *text)
{
    lua_State *L = w->L;
    if (*text == '[') {
        lua_newtable(L);
        lua_pushvalue(L, w->array_metatable);
        lua_setmetatable(L, -2);
    } else if (strcmp(text, "NaN") == 0) {
        lua_pushnumber(L, (lua_Number)NAN);
    } else if (strcmp(text, "Infinity") == 0 || strcmp(text, "-Infinity") == 0) {
        lua_pushnumber(L, *text == '-' ? -(lua_Number)INFINITY : (lua_Number)INFINITY);
    } else {
        BD_CHECK(lua_stringtonumber(L, text) != 0);
        if (!lua_isinteger(L, -1) && strpbrk(text, ".eE") == NULL) {
            lua_pop(L, 1);
            lua_pushstring(L, text); // an integer outside 64 bits, allowed as text
        }
    }
}

static void restore_string(struct walk *w, const struct slot *slot)
{
    const char *text = lua_tostring(w->L, -1);
    if (text[0] == BD_JSON_MARK[0]) {
        begin_put(w, slot);
        push_marked(w, text + 1);
        end_put(w, slot);
        w->unmet--;
    }
}

// Looks at the value on top, and at all in it. [-0, +0]
static void restore_value(struct walk *w, const struct slot *slot)
{
    switch (lua_type(w->L, -1)) {
    case LUA_TNUMBER:
        restore_number(w, slot);
        break;
    case LUA_TSTRING:
        if (w->marked) {
            restore_string(w, slot);
        }
        break;
    case LUA_TLIGHTUSERDATA:
        if (w->drop_null && slot->table != 0 && slot->element == 0) {
            begin_put(w, slot);
            lua_pushnil(w->L);
            end_put(w, slot);
        }
        break;
    case LUA_TTABLE:
        restore_table(w, lua_gettop(w->L));
        break;
    default:
        break;
    }
}

static void restore_object(struct walk *w, int table)
{
    const struct slot slot = {.table = table};
    lua_pushnil(w->L);
    while (lua_next(w->L, table) != 0) {
        w->unmet--;
        restore_value(w, &slot);
        lua_pop(w->L, 1);
    }
}

static void restore_array(struct walk *w, int table, lua_Integer count)
{
    struct slot slot = {.table = table, .element = 1};
    lua_pushvalue(w->L, w->array_metatable);
    lua_setmetatable(w->L, table);
    for (; slot.element <= count && w->unmet > 0; slot.element++) {
        lua_rawgeti(w->L, table, slot.element);
        restore_value(w, &slot);
        lua_pop(w->L, 1);
    }
}

// Keys of objects are strings, and an array without elements is a mark: a length tells which it is.
static void restore_table(struct walk *w, int table)
{
    lua_Integer count = (lua_Integer)lua_rawlen(w->L, table);
    w->unmet--;
    if (count > 0) {
        restore_array(w, table, count);
    } else {
        restore_object(w, table);
    }
}

// Where things stand on the Lua stack while one text is decoded.
struct places {
    int state;
    int array_metatable;
};

// Restores the value on top. False when members are missing. [-1, +1]
static bool restore(const struct bd_json_scan *scan, const struct places *at)
{
    struct walk walk = {.L = scan->L,
                        .unmet = scan->unmet,
                        .drop_null = (scan->flags & BD_JSON_KEEP_NULL) == 0,
                        .marked = scan->copy != NULL,
                        .array_metatable = at->array_metatable};
    const struct slot whole = {0};
    if (walk.unmet > 0) { // else it is a string or a literal
        luaL_checkstack(scan->L, STACK_PER_LEVEL * (int)(scan->deepest + 1), "JSON");
        restore_value(&walk, &whole);
    }
    return walk.unmet == 0;
}

// Pushes the value, or leaves what is on the stack after a fault to the caller.
static bool decode(struct bd_json_scan *scan, const struct places *at)
{
    lua_State *L = scan->L;
    size_t len = (size_t)(scan->end - scan->text);
    if (!bd_json_scan(scan)) {
        return false;
    }
    bd_json_push_part(L, at->state, BD_JSON_PART_DECODE);
    if (scan->copy != NULL) {
        lua_pushlstring(L, scan->copy, scan->copy_len);
    } else {
        lua_pushlstring(L, scan->text, len);
    }
    if (!bd_json_call(L)) {
        bd_json_set_fault(scan->fault, 0, "%s", bd_json_reason(L));
        return false;
    }
    if (!restore(scan, at)) {
        bd_json_duplicate_find(L, at->state, scan->text, len, scan->fault);
        return false;
    }
    return true;
}

bool bd_json_decode(lua_State *L, const char *text, size_t len, unsigned flags,
                    struct bd_json_fault *fault)
{
    int top = lua_gettop(L);
    luaL_checkstack(L, 10, "JSON");
    const char *begin = len > 0 ? text : ""; // an empty buffer has no address
    struct bd_json_scan scan = {
        .L = L, .text = begin, .end = begin + len, .flags = flags, .fault = fault};
    struct places at = {.state = top + 1, .array_metatable = top + 2};
    scan.json = bd_json_push_state(L);
    bd_json_push_part(L, at.state, BD_JSON_PART_ARRAY);
    bool decoded = decode(&scan, &at);
    if (decoded) {
        lua_copy(L, -1, top + 1);
    }
    lua_settop(L, decoded ? top + 1 : top);
    return decoded;
}
