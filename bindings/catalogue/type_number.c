// SPDX-License-Identifier: MIT
// Numbers and truth.
#include <lauxlib.h>
#include <math.h>
#include <string.h>

#include "core/check.h"
#include "core/json.h"
#include "type_internal.h"

bool bd_type_check_integer(lua_State *L, int index, const struct bd_field *field)
{
    int is_integer = 0;
    (void)field;
    (void)lua_tointegerx(L, index, &is_integer);
    return lua_type(L, index) == LUA_TNUMBER && is_integer;
}

const char *bd_type_text_integer(lua_State *L, int index, struct bd_buf *scratch, size_t *len)
{
    bd_buf_reset(scratch, 64);
    bd_buf_add_integer(scratch, (int64_t)lua_tointeger(L, index));
    *len = scratch->len;
    return scratch->data;
}

bool bd_type_parse_integer(lua_State *L, const char *text, size_t len, const struct bd_field *field)
{
    (void)field;
    size_t digits = len > 0 && (text[0] == '-' || text[0] == '+') ? 1 : 0;
    if (digits == len || len > 20 || strspn(text + digits, "0123456789") != len - digits) {
        return false;
    }
    int is_integer = 0;
    lua_pushlstring(L, text, len);
    lua_Integer value = lua_tointegerx(L, -1, &is_integer);
    lua_pop(L, 1);
    if (is_integer) {
        lua_pushinteger(L, value);
    }
    return is_integer;
}

// Takes the digits of a text too: some servers send their numbers so.
bool bd_type_accept_integer(lua_State *L, int index, const struct bd_field *field)
{
    if (bd_type_check_integer(L, index, field)) {
        return true;
    }
    size_t len;
    const char *text = lua_type(L, index) == LUA_TSTRING ? lua_tolstring(L, index, &len) : NULL;
    if (text == NULL || !bd_type_parse_integer(L, text, len, field)) {
        return false;
    }
    lua_replace(L, index);
    return true;
}

const struct bd_type bd_integer = {.name = "integer",
                                   .luacats = "integer",
                                   .what = "a whole number",
                                   .check = bd_type_check_integer,
                                   .text = bd_type_text_integer,
                                   .parse = bd_type_parse_integer,
                                   .accept = bd_type_accept_integer};

static bool check_number(lua_State *L, int index, const struct bd_field *field)
{
    (void)field;
    return lua_type(L, index) == LUA_TNUMBER && isfinite(lua_tonumber(L, index));
}

// As JSON has it: a whole number without a point, any other with all its digits, of which Lua's text keeps 14.
static const char *text_float(lua_State *L, int index, struct bd_buf *scratch, size_t *len)
{
    struct bd_json_fault fault;
    bd_buf_reset(scratch, 64);
    bool encoded = bd_json_encode(L, index, BD_JSON_INTEGRAL_FLOATS, scratch, &fault);
    BD_CHECK(encoded); // the check saw to that: it is finite
    *len = scratch->len;
    return scratch->data;
}

const char *bd_type_text_any(lua_State *L, int index, struct bd_buf *scratch, size_t *len)
{
    if (lua_type(L, index) == LUA_TNUMBER && !lua_isinteger(L, index)) {
        return text_float(L, index, scratch, len);
    }
    bd_buf_reset(scratch, 64);
    lua_pushvalue(L, index); // lua_tolstring would change the caller's number to a text
    const char *text = lua_tolstring(L, -1, len);
    bd_buf_add(scratch, text, *len);
    lua_pop(L, 1);
    return scratch->data;
}

// Decimal only, without the spaces and the hexadecimal digits that Lua would take. Whole numbers stay
// integers.
static bool parse_number(lua_State *L, const char *text, size_t len, const struct bd_field *field)
{
    if (strspn(text, "+-.0123456789eE") != len || lua_stringtonumber(L, text) != len + 1) {
        return false;
    }
    if (check_number(L, lua_gettop(L), field)) {
        return true;
    }
    lua_pop(L, 1);
    return false;
}

static bool accept_number(lua_State *L, int index, const struct bd_field *field)
{
    size_t len;
    if (lua_type(L, index) != LUA_TSTRING) {
        return check_number(L, index, field);
    }
    const char *text = lua_tolstring(L, index, &len);
    if (!parse_number(L, text, len, field)) {
        return false;
    }
    lua_replace(L, index);
    return true;
}

const struct bd_type bd_number = {.name = "number",
                                  .luacats = "number",
                                  .what = "a number",
                                  .check = check_number,
                                  .text = bd_type_text_any,
                                  .parse = parse_number,
                                  .accept = accept_number};

// ------------------------------------------------------------------------------------------------
// Identifiers that are a number at one place and a text at another

static bool check_id(lua_State *L, int index, const struct bd_field *field)
{
    return bd_type_check_integer(L, index, field) || bd_string.check(L, index, field);
}

static bool parse_id(lua_State *L, const char *text, size_t len, const struct bd_field *field)
{
    return bd_type_parse_integer(L, text, len, field) || bd_string.parse(L, text, len, field);
}

const struct bd_type bd_id = {.name = "id",
                              .luacats = "integer|string",
                              .what = "a whole number or a text of one line",
                              .check = check_id,
                              .text = bd_type_text_any,
                              .parse = parse_id,
                              .accept = check_id};

// ------------------------------------------------------------------------------------------------
// Truth

static bool check_boolean(lua_State *L, int index, const struct bd_field *field)
{
    (void)field;
    return lua_isboolean(L, index);
}

static const char *text_boolean(lua_State *L, int index, struct bd_buf *scratch, size_t *len)
{
    const char *text = lua_toboolean(L, index) ? "true" : "false";
    (void)scratch;
    *len = strlen(text);
    return text;
}

static bool is_word(const char *text, size_t len, const char *const *words)
{
    for (; *words != NULL; words++) {
        if (strlen(*words) == len && memcmp(*words, text, len) == 0) {
            return true;
        }
    }
    return false;
}

static bool parse_boolean(lua_State *L, const char *text, size_t len, const struct bd_field *field)
{
    static const char *const YES[] = {"true", "1", "yes", NULL};
    static const char *const NO[] = {"false", "0", "no", NULL};
    (void)field;
    bool yes = is_word(text, len, YES);
    if (!yes && !is_word(text, len, NO)) {
        return false;
    }
    lua_pushboolean(L, yes);
    return true;
}

const struct bd_type bd_boolean = {.name = "boolean",
                                   .luacats = "boolean",
                                   .what = "true or false",
                                   .check = check_boolean,
                                   .text = text_boolean,
                                   .parse = parse_boolean,
                                   .accept = check_boolean};

// A flag travels as 1 or not at all.
static bool check_flag(lua_State *L, int index, const struct bd_field *field)
{
    (void)field;
    return lua_isboolean(L, index) ||
           (lua_isinteger(L, index) && (lua_tointeger(L, index) | 1) == 1);
}

static bool flag_is_on(lua_State *L, int index)
{
    return lua_isboolean(L, index) ? lua_toboolean(L, index) : lua_tointeger(L, index) == 1;
}

static const char *text_flag(lua_State *L, int index, struct bd_buf *scratch, size_t *len)
{
    (void)scratch;
    *len = 1;
    return flag_is_on(L, index) ? "1" : NULL;
}

static void json_flag(lua_State *L, int index, const struct bd_field *field, struct bd_buf *out)
{
    (void)field;
    bd_buf_add_char(out, flag_is_on(L, index) ? '1' : '0');
}

const struct bd_type bd_flag = {.name = "flag",
                                .luacats = "boolean",
                                .what = "true or false (also 1 or 0)",
                                .check = check_flag,
                                .text = text_flag,
                                .json = json_flag,
                                .parse = parse_boolean,
                                .accept = check_flag};
