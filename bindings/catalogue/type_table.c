// SPDX-License-Identifier: MIT
// Lists and objects.
#include <lauxlib.h>
#include <string.h>

#include "core/check.h"
#include "core/encode.h"
#include "core/json.h"
#include "type_internal.h"

static void json_flat_list(lua_State *L, int index, const struct bd_field *field,
                           struct bd_buf *out);

static bool check_integer_list(lua_State *L, int index, const struct bd_field *field)
{
    if (!lua_istable(L, index)) {
        return bd_type_check_integer(L, index, field); // one alone
    }
    lua_Integer count = (lua_Integer)lua_rawlen(L, index);
    lua_Integer keys = 0;
    bool ok = count > 0;
    lua_pushnil(L);
    while (lua_next(L, index) != 0) {
        keys++;
        ok = ok && lua_isinteger(L, -2) && bd_type_check_integer(L, lua_gettop(L), field);
        lua_pop(L, 1);
    }
    return ok && keys == count;
}

static const char *text_integer_list(lua_State *L, int index, struct bd_buf *scratch, size_t *len)
{
    if (!lua_istable(L, index)) {
        return bd_type_text_integer(L, index, scratch, len);
    }
    bd_buf_reset(scratch, 1024);
    lua_Integer count = (lua_Integer)lua_rawlen(L, index);
    for (lua_Integer i = 1; i <= count; i++) {
        lua_rawgeti(L, index, i);
        bd_buf_add_text(scratch, i > 1 ? "," : "");
        bd_buf_add_integer(scratch, (int64_t)lua_tointeger(L, -1));
        lua_pop(L, 1);
    }
    *len = scratch->len;
    return scratch->data;
}

static bool parse_integer_list(lua_State *L, const char *text, size_t len,
                               const struct bd_field *field)
{
    lua_newtable(L);
    lua_Integer count = 0;
    for (size_t start = 0; start <= len;) {
        const char *comma = memchr(text + start, ',', len - start);
        size_t end = comma != NULL ? (size_t)(comma - text) : len;
        char item[24];
        if (end - start >= sizeof item) {
            lua_pop(L, 1);
            return false;
        }
        memcpy(item, text + start, end - start);
        item[end - start] = '\0';
        if (!bd_type_parse_integer(L, item, end - start, field)) {
            lua_pop(L, 1);
            return false;
        }
        lua_rawseti(L, -2, ++count);
        start = end + 1;
    }
    return true;
}

static bool is_list(lua_State *L, int index)
{
    return lua_istable(L, index) && (bd_json_is_array(L, index) || lua_rawlen(L, index) > 0);
}

static bool accept_integer_list(lua_State *L, int index, const struct bd_field *field)
{
    if (!is_list(L, index)) {
        return false;
    }
    lua_Integer count = (lua_Integer)lua_rawlen(L, index);
    for (lua_Integer i = 1; i <= count; i++) {
        lua_rawgeti(L, index, i);
        bool ok = bd_type_accept_integer(L, lua_gettop(L), field);
        lua_rawseti(L, index, i);
        if (!ok) {
            return false;
        }
    }
    return true;
}

const struct bd_type bd_integer_list = {.name = "integer list",
                                        .luacats = "integer[]",
                                        .what = "a list of whole numbers",
                                        .list = true,
                                        .check = check_integer_list,
                                        .text = text_integer_list,
                                        .json = json_flat_list,
                                        .parse = parse_integer_list,
                                        .accept = accept_integer_list};

static bool check_string_list(lua_State *L, int index, const struct bd_field *field)
{
    if (!lua_istable(L, index)) {
        return bd_string.check(L, index, field); // one alone
    }
    lua_Integer count = (lua_Integer)lua_rawlen(L, index);
    lua_Integer keys = 0;
    bool ok = true;
    lua_pushnil(L);
    while (lua_next(L, index) != 0) {
        keys++;
        ok = ok && lua_isinteger(L, -2) && bd_string.check(L, lua_gettop(L), field);
        lua_pop(L, 1);
    }
    return ok && keys == count;
}

static bool parse_string_list(lua_State *L, const char *text, size_t len,
                              const struct bd_field *field)
{
    lua_newtable(L);
    lua_Integer count = 0;
    for (size_t start = 0; start <= len;) {
        const char *comma = memchr(text + start, ',', len - start);
        size_t end = comma != NULL ? (size_t)(comma - text) : len;
        if (!bd_string.parse(L, text + start, end - start, field)) {
            lua_pop(L, 1);
            return false;
        }
        lua_rawseti(L, -2, ++count);
        start = end + 1;
    }
    return true;
}

static const char *text_string_list(lua_State *L, int index, struct bd_buf *scratch, size_t *len)
{
    if (!lua_istable(L, index)) {
        return bd_string.text(L, index, scratch, len);
    }
    bd_buf_reset(scratch, 1024);
    lua_Integer count = (lua_Integer)lua_rawlen(L, index);
    for (lua_Integer i = 1; i <= count; i++) {
        lua_rawgeti(L, index, i);
        size_t item_len;
        const char *item = lua_tolstring(L, -1, &item_len);
        bd_buf_add_text(scratch, i > 1 ? "," : "");
        bd_buf_add(scratch, item, item_len);
        lua_pop(L, 1);
    }
    *len = scratch->len;
    return bd_buf_text(scratch);
}

static void encode(lua_State *L, int index, struct bd_buf *out)
{
    struct bd_json_fault fault;
    bool encoded = bd_json_encode(L, index, BD_JSON_INTEGRAL_FLOATS, out, &fault);
    BD_CHECK(encoded); // the check tried
}

// One value alone is a list of one, and an empty table a list of none.
static void json_flat_list(lua_State *L, int index, const struct bd_field *field,
                           struct bd_buf *out)
{
    (void)field;
    bool list = lua_istable(L, index);
    if (list && lua_rawlen(L, index) > 0) {
        encode(L, index, out);
        return;
    }
    bd_buf_add_char(out, '[');
    if (!list) {
        encode(L, index, out);
    }
    bd_buf_add_char(out, ']');
}

static bool accept_string_list(lua_State *L, int index, const struct bd_field *field)
{
    if (!is_list(L, index)) {
        return false;
    }
    lua_Integer count = (lua_Integer)lua_rawlen(L, index);
    bool ok = true;
    for (lua_Integer i = 1; ok && i <= count; i++) {
        lua_rawgeti(L, index, i);
        ok = bd_string.accept(L, lua_gettop(L), field);
        lua_pop(L, 1);
    }
    return ok;
}

const struct bd_type bd_string_list = {.name = "string list",
                                       .luacats = "string[]",
                                       .what = "a list of texts of one line",
                                       .list = true,
                                       .is_text = true,
                                       .check = check_string_list,
                                       .text = text_string_list,
                                       .json = json_flat_list,
                                       .parse = parse_string_list,
                                       .accept = accept_string_list};

// ------------------------------------------------------------------------------------------------
// Structures. Their members are checked by structure.c on the way out and by read.c on the way in.

static bool has_json(lua_State *L, int index)
{
    struct bd_buf scratch = {0};
    struct bd_json_fault fault;
    bool ok = bd_json_encode(L, index, 0, &scratch, &fault);
    bd_buf_free(&scratch);
    return ok;
}

static bool check_any(lua_State *L, int index, const struct bd_field *field)
{
    (void)field;
    return has_json(L, index);
}

static bool check_object(lua_State *L, int index, const struct bd_field *field)
{
    if (!lua_istable(L, index) || bd_json_is_array(L, index) || lua_rawlen(L, index) > 0) {
        return false;
    }
    return field->fields != NULL || has_json(L, index);
}

static bool check_list(lua_State *L, int index, const struct bd_field *field)
{
    if (!lua_istable(L, index)) {
        return false;
    }
    lua_Integer count = (lua_Integer)lua_rawlen(L, index);
    lua_Integer keys = 0;
    for (lua_pushnil(L); lua_next(L, index) != 0; lua_pop(L, 1)) {
        keys++;
    }
    return keys == count && (field->fields != NULL || has_json(L, index));
}

// On a command line and in a file a structure is written as JSON.
static bool parse_json(lua_State *L, const char *text, size_t len, const struct bd_field *field)
{
    struct bd_json_fault fault;
    if (!bd_json_decode(L, text, len, 0, &fault)) {
        return false;
    }
    if (field->type->check(L, lua_gettop(L), field)) {
        return true;
    }
    lua_pop(L, 1);
    return false;
}

bool bd_type_is_name(const struct bd_field *field, const char *name)
{
    size_t len = strlen(field->name);
    if (strncmp(field->name, name, len) != 0) {
        return false;
    }
    const char *suffix = field->type->suffix;
    return name[len] == '\0' || (suffix != NULL && strcmp(name + len, suffix) == 0);
}

void bd_type_push_member(lua_State *L, int table, const struct bd_field *field)
{
    const char *suffix = field->type->suffix;
    if (lua_getfield(L, table, field->name) != LUA_TNIL || suffix == NULL) {
        return;
    }
    lua_pop(L, 1);
    lua_pushfstring(L, "%s%s", field->name, suffix);
    (void)lua_gettable(L, table);
}

static void add_name(struct bd_buf *out, bool first, const char *name, size_t len)
{
    bd_buf_add_text(out, first ? "" : ",");
    bd_encode_json_string(out, name, len);
    bd_buf_add_char(out, ':');
}

static void add_member_name(struct bd_buf *out, bool first, const struct bd_field *member)
{
    struct bd_buf whole = {0};
    const char *suffix = member->type->suffix;
    bd_buf_addf(&whole, "%s%s", member->name, suffix != NULL ? suffix : "");
    add_name(out, first, whole.data, whole.len);
    bd_buf_free(&whole);
}

// Members that the catalogue does not know.
static bool json_free_members(lua_State *L, int table, bool first, struct bd_buf *out)
{
    bool any = false;
    for (lua_pushnil(L); lua_next(L, table) != 0; lua_pop(L, 1)) {
        size_t len;
        const char *name = lua_tolstring(L, -2, &len); // an object: keys are texts
        add_name(out, first && !any, name, len);
        encode(L, lua_gettop(L), out);
        any = true;
    }
    return any;
}

bool bd_type_json_members(lua_State *L, int table, const struct bd_field *fields, bool first,
                          struct bd_buf *out)
{
    luaL_checkstack(L, 6, "object");
    if (fields == NULL) {
        return json_free_members(L, table, first, out);
    }
    bool any = false;
    for (const struct bd_field *member = fields; member->name != NULL; member++) {
        bd_type_push_member(L, table, member);
        if (!lua_isnil(L, -1)) {
            add_member_name(out, first && !any, member);
            bd_type_json(L, lua_gettop(L), member, out);
            any = true;
        }
        lua_pop(L, 1);
    }
    return any;
}

static void json_object(lua_State *L, int index, const struct bd_field *field, struct bd_buf *out)
{
    if (field->fields == NULL) {
        encode(L, index, out);
        return;
    }
    bd_buf_add_char(out, '{');
    (void)bd_type_json_members(L, index, field->fields, true, out);
    bd_buf_add_char(out, '}');
}

static void json_list(lua_State *L, int index, const struct bd_field *field, struct bd_buf *out)
{
    if (field->fields == NULL) {
        json_flat_list(L, index, field, out);
        return;
    }
    luaL_checkstack(L, 4, "list");
    lua_Integer count = (lua_Integer)lua_rawlen(L, index);
    bd_buf_add_char(out, '[');
    for (lua_Integer i = 1; i <= count; i++) {
        bd_buf_add_text(out, i > 1 ? "," : "");
        lua_rawgeti(L, index, i);
        json_object(L, lua_gettop(L), field, out);
        lua_pop(L, 1);
    }
    bd_buf_add_char(out, ']');
}

void bd_type_json(lua_State *L, int index, const struct bd_field *field, struct bd_buf *out)
{
    if (field->type->json != NULL && !bd_json_is_null(L, index)) {
        field->type->json(L, index, field, out);
        return;
    }
    encode(L, index, out);
}

bool bd_type_is_structure(const struct bd_type *type)
{
    return type == &bd_object || type == &bd_list || type == &bd_map;
}

static bool accept_list(lua_State *L, int index, const struct bd_field *field)
{
    (void)field;
    return is_list(L, index);
}

static bool accept_object(lua_State *L, int index, const struct bd_field *field)
{
    (void)field;
    return lua_istable(L, index) && !bd_json_is_array(L, index);
}

// A server written in PHP sends an empty map as [].
static bool accept_map(lua_State *L, int index, const struct bd_field *field)
{
    (void)field;
    if (!lua_istable(L, index)) {
        return false;
    }
    if (bd_json_is_array(L, index) && lua_rawlen(L, index) == 0) {
        lua_newtable(L);
        bd_json_mark_object(L, -1);
        lua_replace(L, index);
    }
    return !bd_json_is_array(L, index);
}

static const char *text_structure(lua_State *L, int index, struct bd_buf *scratch, size_t *len)
{
    bd_buf_reset(scratch, 1024);
    encode(L, index, scratch);
    *len = scratch->len;
    return bd_buf_text(scratch);
}

static bool accept_any(lua_State *L, int index, const struct bd_field *field)
{
    (void)L;
    (void)index;
    (void)field;
    return true;
}

#define STRUCTURED_TYPE(symbol, title, annotation, sentence, check_it, json_it, accept_it) \
    const struct bd_type symbol = {.name = (title),                                        \
                                   .luacats = (annotation),                                \
                                   .what = (sentence),                                     \
                                   .check = (check_it),                                    \
                                   .text = text_structure,                                 \
                                   .json = (json_it),                                      \
                                   .parse = parse_json,                                    \
                                   .accept = (accept_it)}

STRUCTURED_TYPE(bd_object, "object", "table", "an object", check_object, json_object,
                accept_object);
STRUCTURED_TYPE(bd_list, "list", "table[]", "a list", check_list, json_list, accept_list);
STRUCTURED_TYPE(bd_map, "map", "table<string, table>", "an object", check_object, NULL, accept_map);
STRUCTURED_TYPE(bd_any, "any", "any", "a value that JSON has", check_any, NULL, accept_any);
