// SPDX-License-Identifier: MIT
// The walk before lua-cjson encodes: it refuses what has no JSON form, and where lua-cjson would write a
// value wrongly it puts a mark in a shallow copy of the table, and of the tables above it. All else is used
// as it is.
#include "json_internal.h"

#include <lauxlib.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum outcome {
    FAULT,
    SAME,
    CHANGED, // the value on top was replaced
};

enum kind {
    KIND_OPEN, // neither marked nor known from a key yet
    KIND_ARRAY,
    KIND_OBJECT,
};

enum {
    VALUE_BYTES = 32, // what any number, literal, mark or pair of brackets needs, with its comma
    ESCAPE_BYTES = 6, // what any byte of a string needs
};

// Integers of fewer digits than this one has, lua-cjson writes exactly.
static const lua_Integer EXACT_INTEGER = 100000000000000;

struct prepare {
    lua_State *L;
    const struct bd_json *json;
    struct bd_json_fault *fault;
    unsigned flags;
    size_t bytes; // never fewer than the text needs
    bool marked;
};

// A table that is being looked at. Its place on the stack is followed by the copy or nil.
struct table {
    struct bd_json_level level; // looks at the present member
    int index;
    bool copied;
    enum kind kind;
    bool told; // the kind, by a metatable
    lua_Integer count;
    lua_Integer last; // the largest index
};

static enum outcome prepare_value(struct prepare *p, const struct bd_json_level *level);

static enum outcome fail(const struct prepare *p, const struct bd_json_level *level,
                         const char *reason)
{
    bd_json_path_fault(p->fault, level, "%s", reason);
    return FAULT;
}

static enum outcome take_bytes(struct prepare *p, const struct bd_json_level *level, size_t count,
                               enum outcome outcome)
{
    p->bytes += count;
    if (p->bytes > BD_JSON_LONGEST_WRITTEN) {
        return fail(p, level, "the text would be too long");
    }
    return outcome;
}

// ------------------------------------------------------------------------------------------------
// Values that are no tables

// Replaces the value on top by a mark. [-1, +1]
static enum outcome put_mark(struct prepare *p, const char *text, size_t len)
{
    char mark[BD_JSON_FLOAT_ROOM + 1] = BD_JSON_MARK;
    memcpy(mark + 1, text, len);
    lua_pop(p->L, 1);
    lua_pushlstring(p->L, mark, len + 1);
    p->marked = true;
    return CHANGED;
}

static enum outcome put_integer(struct prepare *p, lua_Integer integer)
{
    char text[BD_JSON_FLOAT_ROOM];
    int len = snprintf(text, sizeof text, "%lld", (long long)integer);
    return put_mark(p, text, (size_t)len);
}

static enum outcome prepare_integer(struct prepare *p, lua_Integer integer)
{
    bool exact = integer > -EXACT_INTEGER && integer < EXACT_INTEGER;
    return exact ? SAME : put_integer(p, integer);
}

static enum outcome prepare_float(struct prepare *p, const struct bd_json_level *level,
                                  lua_Number number)
{
    if (!isfinite(number)) {
        return fail(p, level, isnan(number) ? "NaN has no JSON form" : "infinity has no JSON form");
    }
    bool integral = rint(number) == number;
    bool as_integer =
        (p->flags & BD_JSON_INTEGRAL_FLOATS) != 0 && number >= -0x1p63 && number < 0x1p63;
    if (integral && as_integer) {
        return number == 0 ? put_integer(p, 0) : prepare_integer(p, (lua_Integer)number);
    }
    if (!integral && bd_json_number_is_short(number)) {
        return SAME;
    }
    char text[BD_JSON_FLOAT_ROOM];
    return put_mark(p, text, bd_json_number_print(text, number));
}

static enum outcome prepare_number(struct prepare *p, const struct bd_json_level *level)
{
    enum outcome outcome = lua_isinteger(p->L, -1)
                               ? prepare_integer(p, lua_tointeger(p->L, -1))
                               : prepare_float(p, level, lua_tonumber(p->L, -1));
    return outcome == FAULT ? FAULT : take_bytes(p, level, VALUE_BYTES, outcome);
}

// Sets the fault when the text at a place of the stack is not UTF-8; `what` is what it is.
static enum outcome check_text(struct prepare *p, const struct bd_json_level *level,
                               const char *what, const char *text, size_t len)
{
    const char *bad = bd_json_text_malformed(text, text + len);
    if (bad != text + len) {
        bd_json_path_fault(p->fault, level, "%s is not UTF-8 from byte %zu on", what,
                           (size_t)(bad - text) + 1);
        return FAULT;
    }
    if (len > BD_JSON_LONGEST_WRITTEN / ESCAPE_BYTES) {
        return fail(p, level, "the text would be too long");
    }
    return take_bytes(p, level, ESCAPE_BYTES * len + VALUE_BYTES, SAME);
}

static enum outcome prepare_string(struct prepare *p, const struct bd_json_level *level)
{
    size_t len = 0;
    const char *text = lua_tolstring(p->L, -1, &len);
    return check_text(p, level, "the string", text, len);
}

// Values without a JSON form. A userdata is named, never shown.
static enum outcome refuse(const struct prepare *p, const struct bd_json_level *level)
{
    lua_State *L = p->L;
    int type = lua_type(L, -1);
    if (type == LUA_TUSERDATA && luaL_getmetafield(L, -1, "__name") == LUA_TSTRING) {
        bd_json_path_fault(p->fault, level, "a userdata (%.40s) has no JSON form",
                           lua_tostring(L, -1));
        return FAULT;
    }
    const char *article = type == LUA_TNIL ? "" : "a ";
    const char *name = type == LUA_TLIGHTUSERDATA ? "userdata" : lua_typename(L, type);
    bd_json_path_fault(p->fault, level, "%s%s has no JSON form", article, name);
    return FAULT;
}

// ------------------------------------------------------------------------------------------------
// Tables

static enum kind told_kind(const struct prepare *p, int index)
{
    if (!lua_getmetatable(p->L, index)) {
        return KIND_OPEN;
    }
    const void *metatable = lua_topointer(p->L, -1);
    lua_pop(p->L, 1);
    if (metatable == p->json->array_metatable) {
        return KIND_ARRAY;
    }
    return metatable == p->json->object_metatable ? KIND_OBJECT : KIND_OPEN;
}

// The outermost table that is inside itself, as its level; NULL when there is none.
static const struct bd_json_level *find_cycle(const struct bd_json_level *innermost)
{
    const struct bd_json_level *found = NULL;
    for (const struct bd_json_level *level = innermost; level != NULL; level = level->outer) {
        for (const struct bd_json_level *above = level->outer; above != NULL;
             above = above->outer) {
            if (above->table == level->table) {
                found = level;
            }
        }
    }
    return found;
}

// A cycle needs no other check than the limit that ends it.
static enum outcome fail_depth(const struct prepare *p, const struct bd_json_level *innermost)
{
    const struct bd_json_level *cycle = find_cycle(innermost);
    if (cycle != NULL) {
        return fail(p, cycle->outer, "the table contains itself");
    }
    return fail(p, innermost->outer, "more than 512 levels of arrays and objects");
}

static enum outcome fail_kind(const struct prepare *p, const struct table *t, enum kind of_key)
{
    if (!t->told) {
        return fail(p, t->level.outer, "a table with both elements (1 to n) and named fields");
    }
    return fail(p, &t->level,
                of_key == KIND_OBJECT ? "an array cannot have a named field"
                                      : "an object cannot have an integer as a key");
}

static enum outcome take_index(struct prepare *p, struct table *t)
{
    struct bd_json_level *level = &t->level;
    level->key = NULL;
    level->index = lua_tointeger(p->L, -2);
    if (t->kind == KIND_OBJECT) {
        return fail_kind(p, t, KIND_ARRAY);
    }
    t->kind = KIND_ARRAY;
    if (level->index < 1) {
        return fail(p, level, "the keys of an array begin with 1");
    }
    t->last = level->index > t->last ? level->index : t->last;
    return SAME;
}

static enum outcome take_key(struct prepare *p, struct table *t)
{
    struct bd_json_level *level = &t->level;
    level->key = lua_tolstring(p->L, -2, &level->key_len);
    if (t->kind == KIND_ARRAY) {
        return fail_kind(p, t, KIND_OBJECT);
    }
    t->kind = KIND_OBJECT;
    return check_text(p, level, "the key", level->key, level->key_len);
}

// Notes the key below the value on top.
static enum outcome take_member(struct prepare *p, struct table *t)
{
    int type = lua_type(p->L, -2);
    t->count++;
    if (type == LUA_TSTRING) {
        return take_key(p, t);
    }
    if (type == LUA_TNUMBER && lua_isinteger(p->L, -2)) {
        return take_index(p, t);
    }
    bd_json_path_fault(p->fault, t->level.outer, "a %s cannot be a key",
                       type == LUA_TNUMBER ? "float" : lua_typename(p->L, type));
    return FAULT;
}

// Puts a copy of the table into the place for it, if it is not there. [-0, +0]
static void need_copy(struct prepare *p, struct table *t)
{
    lua_State *L = p->L;
    if (t->copied) {
        return;
    }
    int elements = (int)lua_rawlen(L, t->index);
    int fields = 0;
    if (t->kind == KIND_OBJECT) {
        lua_pushnil(L);
        while (lua_next(L, t->index) != 0) {
            lua_pop(L, 1);
            fields++;
        }
    }
    lua_createtable(L, elements, fields);
    lua_pushnil(L);
    while (lua_next(L, t->index) != 0) {
        lua_pushvalue(L, -2);
        lua_insert(L, -2);
        lua_rawset(L, -4);
    }
    lua_replace(L, t->index + 1);
    t->copied = true;
}

static enum outcome fail_hole(const struct prepare *p, struct table *t)
{
    t->level.key = NULL;
    t->level.index = 1;
    while (lua_rawgeti(p->L, t->index, t->level.index) != LUA_TNIL) {
        lua_pop(p->L, 1);
        t->level.index++;
    }
    return fail(p, &t->level, "the array has a hole here");
}

// All members are in order: leaves what lua-cjson shall see where the table was. [-1, +0]
static enum outcome finish_table(struct prepare *p, struct table *t)
{
    if (t->kind == KIND_ARRAY && t->count != t->last) {
        return fail_hole(p, t);
    }
    if (t->copied) {
        lua_replace(p->L, t->index);
        return CHANGED;
    }
    lua_pop(p->L, 1);
    if (t->kind == KIND_ARRAY && t->count == 0) {
        return put_mark(p, "[]", 2);
    }
    return SAME;
}

static enum outcome prepare_members(struct prepare *p, struct table *t)
{
    lua_State *L = p->L;
    lua_pushnil(L);
    while (lua_next(L, t->index) != 0) {
        if (take_member(p, t) == FAULT) {
            return FAULT;
        }
        enum outcome outcome = prepare_value(p, &t->level);
        if (outcome == FAULT) {
            return FAULT;
        }
        if (outcome == CHANGED) {
            need_copy(p, t);
            lua_pushvalue(L, -2);
            lua_insert(L, -2);
            lua_rawset(L, t->index + 1);
        } else {
            lua_pop(L, 1);
        }
    }
    return SAME;
}

static enum outcome prepare_table(struct prepare *p, const struct bd_json_level *outer)
{
    luaL_checkstack(p->L, 10, "JSON");
    int index = lua_gettop(p->L);
    struct table t = {
        .level = {.outer = outer, .table = lua_topointer(p->L, index)},
        .index = index,
        .kind = told_kind(p, index),
    };
    t.told = t.kind != KIND_OPEN;
    t.level.depth = outer != NULL ? outer->depth + 1 : 1;
    if (t.level.depth > BD_JSON_DEPTH) {
        return fail_depth(p, &t.level);
    }
    lua_pushnil(p->L); // the place of the copy
    if (prepare_members(p, &t) == FAULT) {
        return FAULT;
    }
    enum outcome outcome = finish_table(p, &t);
    return outcome == FAULT ? FAULT : take_bytes(p, outer, VALUE_BYTES, outcome);
}

static enum outcome prepare_value(struct prepare *p, const struct bd_json_level *level)
{
    switch (lua_type(p->L, -1)) {
    case LUA_TSTRING:
        return prepare_string(p, level);
    case LUA_TNUMBER:
        return prepare_number(p, level);
    case LUA_TBOOLEAN:
        return take_bytes(p, level, VALUE_BYTES, SAME);
    case LUA_TTABLE:
        return prepare_table(p, level);
    default:
        return bd_json_is_null(p->L, -1) ? take_bytes(p, level, VALUE_BYTES, SAME)
                                         : refuse(p, level);
    }
}

bool bd_json_prepare(lua_State *L, const struct bd_json *json, unsigned flags, bool *marked,
                     struct bd_json_fault *fault)
{
    struct prepare p = {.L = L, .json = json, .flags = flags, .fault = fault};
    enum outcome outcome = prepare_value(&p, NULL);
    *marked = p.marked;
    return outcome != FAULT;
}
