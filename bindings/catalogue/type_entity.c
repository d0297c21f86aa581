// SPDX-License-Identifier: MIT
// What entities of OData services have: enumerations whose values have a number and a name, links to other
// entities, and bytes.
#include <inttypes.h>
#include <lauxlib.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/encode.h"
#include "core/json.h"
#include "type_internal.h"

// ------------------------------------------------------------------------------------------------
// Enumerations: sent as the digits of their number in a text, answered by name

static bool has_value(const struct bd_choice *choice, lua_State *L, int index)
{
    if (lua_isinteger(L, index)) {
        return choice->value == (int64_t)lua_tointeger(L, index);
    }
    char digits[24];
    (void)snprintf(digits, sizeof digits, "%" PRId64, choice->value);
    const char *text = lua_tostring(L, index);
    return strcmp(text, choice->text) == 0 || strcmp(text, digits) == 0;
}

static const struct bd_choice *find_choice(lua_State *L, int index, const struct bd_field *field)
{
    const struct bd_choice *choice = field->choices != NULL ? field->choices->choices : NULL;
    for (; choice != NULL && choice->name != NULL; choice++) {
        if (has_value(choice, L, index)) {
            return choice;
        }
    }
    return NULL;
}

static bool check_numbered(lua_State *L, int index, const struct bd_field *field)
{
    bool legal = lua_isinteger(L, index) ||
                 (lua_type(L, index) == LUA_TSTRING && bd_string.check(L, index, field));
    bool open = field->choices == NULL || field->choices->open;
    return legal && (open || find_choice(L, index, field) != NULL);
}

// A value's digits; of one that the catalogue does not know, what was given.
static const char *text_numbered(lua_State *L, int index, struct bd_buf *scratch, size_t *len)
{
    return bd_type_text_any(L, index, scratch, len);
}

static void json_numbered(lua_State *L, int index, const struct bd_field *field, struct bd_buf *out)
{
    const struct bd_choice *choice = find_choice(L, index, field);
    if (choice != NULL) {
        bd_buf_addf(out, "\"%" PRId64 "\"", choice->value);
    } else if (lua_isinteger(L, index)) {
        bd_buf_addf(out, "\"%" PRId64 "\"", (int64_t)lua_tointeger(L, index));
    } else {
        size_t len;
        const char *text = lua_tolstring(L, index, &len);
        bd_encode_json_string(out, text, len);
    }
}

static bool parse_line(lua_State *L, const char *text, size_t len, const struct bd_field *field)
{
    return bd_string.parse(L, text, len, field);
}

static bool accept_numbered(lua_State *L, int index, const struct bd_field *field)
{
    (void)field;
    return lua_type(L, index) == LUA_TSTRING || lua_isinteger(L, index);
}

const struct bd_type bd_numbered = {.name = "enumeration",
                                    .luacats = "string|integer",
                                    .what = "a value of an enumeration: its name or its number",
                                    .chooses = true,
                                    .check = check_numbered,
                                    .text = text_numbered,
                                    .json = json_numbered,
                                    .parse = parse_line,
                                    .accept = accept_numbered};

// ------------------------------------------------------------------------------------------------
// Links, "Domains(131072)" (OData JSON Format, "Bind Operation")

// "domains(5)" where Domains are meant: entity sets are told apart by case, and servers answer another one with an
// error of their own.
static bool is_misspelt(const char *text, const char *set)
{
    size_t len = strcspn(text, "(");
    return set != NULL && len == strlen(set) && strncasecmp(text, set, len) == 0 &&
           strncmp(text, set, len) != 0;
}

static bool check_link(lua_State *L, int index, const struct bd_field *field)
{
    if (lua_isinteger(L, index)) {
        return field->set != NULL;
    }
    return lua_type(L, index) == LUA_TSTRING && bd_string.check(L, index, field) &&
           !is_misspelt(lua_tostring(L, index), field->set);
}

static void json_link(lua_State *L, int index, const struct bd_field *field, struct bd_buf *out)
{
    if (lua_isinteger(L, index)) {
        bd_buf_addf(out, "\"%s(%" PRId64 ")\"", field->set, (int64_t)lua_tointeger(L, index));
        return;
    }
    size_t len;
    const char *text = lua_tolstring(L, index, &len);
    bd_encode_json_string(out, text, len);
}

static bool parse_link(lua_State *L, const char *text, size_t len, const struct bd_field *field)
{
    return bd_type_parse_integer(L, text, len, field) ||
           (!is_misspelt(text, field->set) && bd_string.parse(L, text, len, field));
}

// Answered when it was expanded: an entity, or whatever the vendor lets stand there.
static bool accept_entity(lua_State *L, int index, const struct bd_field *field)
{
    (void)L;
    (void)index;
    (void)field;
    return true;
}

const struct bd_type bd_link = {.name = "link",
                                .luacats = "integer|string|table",
                                .what = "a link: an id, or a text such as \"Domains(131072)\"",
                                .suffix = "@odata.bind",
                                .check = check_link,
                                .text = bd_type_text_any,
                                .json = json_link,
                                .parse = parse_link,
                                .accept = accept_entity};

static bool check_link_list(lua_State *L, int index, const struct bd_field *field)
{
    if (!lua_istable(L, index)) {
        return check_link(L, index, field); // one alone
    }
    lua_Integer count = (lua_Integer)lua_rawlen(L, index);
    lua_Integer keys = 0;
    bool ok = true;
    for (lua_pushnil(L); lua_next(L, index) != 0; lua_pop(L, 1)) {
        keys++;
        ok = ok && lua_isinteger(L, -2) && check_link(L, lua_gettop(L), field);
    }
    return ok && keys == count;
}

static void json_link_list(lua_State *L, int index, const struct bd_field *field,
                           struct bd_buf *out)
{
    bd_buf_add_char(out, '[');
    if (!lua_istable(L, index)) {
        json_link(L, index, field, out);
    } else {
        lua_Integer count = (lua_Integer)lua_rawlen(L, index);
        for (lua_Integer i = 1; i <= count; i++) {
            bd_buf_add_text(out, i > 1 ? "," : "");
            lua_rawgeti(L, index, i);
            json_link(L, lua_gettop(L), field, out);
            lua_pop(L, 1);
        }
    }
    bd_buf_add_char(out, ']');
}

static bool parse_link_list(lua_State *L, const char *text, size_t len,
                            const struct bd_field *field)
{
    lua_newtable(L);
    lua_Integer count = 0;
    for (size_t start = 0; start <= len;) {
        const char *comma = memchr(text + start, ',', len - start);
        size_t end = comma != NULL ? (size_t)(comma - text) : len;
        lua_pushlstring(L, text + start, end - start);
        size_t item_len;
        const char *item = lua_tolstring(L, -1, &item_len);
        if (!parse_link(L, item, item_len, field)) {
            lua_pop(L, 2);
            return false;
        }
        lua_remove(L, -2);
        lua_rawseti(L, -2, ++count);
        start = end + 1;
    }
    return true;
}

const struct bd_type bd_link_list = {
    .name = "link list",
    .luacats = "(integer|string|table)[]",
    .what = "a list of links, each an id or a text such as \"Domains(131072)\"",
    .suffix = "@odata.bind",
    .check = check_link_list,
    .text = bd_type_text_any,
    .json = json_link_list,
    .parse = parse_link_list,
    .accept = accept_entity};

// ------------------------------------------------------------------------------------------------
// Bytes: a Lua string that travels as a list of numbers

static bool is_byte_list(lua_State *L, int index)
{
    lua_Integer count = (lua_Integer)lua_rawlen(L, index);
    lua_Integer keys = 0;
    bool ok = true;
    for (lua_pushnil(L); lua_next(L, index) != 0; lua_pop(L, 1)) {
        keys++;
        ok = ok && lua_isinteger(L, -2) && lua_isinteger(L, -1) && lua_tointeger(L, -1) >= 0 &&
             lua_tointeger(L, -1) <= 255;
    }
    return ok && keys == count && count > 0;
}

static bool check_bytes(lua_State *L, int index, const struct bd_field *field)
{
    (void)field;
    return lua_istable(L, index) ? is_byte_list(L, index)
                                 : lua_type(L, index) == LUA_TSTRING && lua_rawlen(L, index) > 0;
}

static void json_bytes(lua_State *L, int index, const struct bd_field *field, struct bd_buf *out)
{
    (void)field;
    size_t len = lua_rawlen(L, index);
    const char *bytes = lua_istable(L, index) ? NULL : lua_tostring(L, index);
    bd_buf_add_char(out, '[');
    for (size_t i = 0; i < len; i++) {
        bd_buf_add_text(out, i > 0 ? "," : "");
        if (bytes != NULL) {
            bd_buf_add_integer(out, (unsigned char)bytes[i]);
        } else {
            lua_rawgeti(L, index, (lua_Integer)i + 1);
            bd_buf_add_integer(out, (int64_t)lua_tointeger(L, -1));
            lua_pop(L, 1);
        }
    }
    bd_buf_add_char(out, ']');
}

static bool parse_bytes(lua_State *L, const char *text, size_t len, const struct bd_field *field)
{
    (void)field;
    lua_pushlstring(L, text, len);
    return true;
}

// The list becomes a string.
static bool accept_bytes(lua_State *L, int index, const struct bd_field *field)
{
    if (!lua_istable(L, index) || !check_bytes(L, index, field)) {
        return lua_type(L, index) == LUA_TSTRING;
    }
    size_t len = lua_rawlen(L, index);
    luaL_Buffer bytes;
    char *out = luaL_buffinitsize(L, &bytes, len);
    for (size_t i = 0; i < len; i++) {
        lua_rawgeti(L, index, (lua_Integer)i + 1);
        out[i] = (char)lua_tointeger(L, -1);
        lua_pop(L, 1);
    }
    luaL_pushresultsize(&bytes, len);
    lua_replace(L, index);
    return true;
}

const struct bd_type bd_bytes = {.name = "bytes",
                                 .luacats = "string",
                                 .what = "bytes: a string, or a list of numbers from 0 to 255",
                                 .check = check_bytes,
                                 .text = bd_type_text_any,
                                 .json = json_bytes,
                                 .parse = parse_bytes,
                                 .accept = accept_bytes};
