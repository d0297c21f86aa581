// SPDX-License-Identifier: MIT
// What is accepted once stays the same for good: decode, encode, decode, encode give equal values and texts
// of equal length, and lua-cjson never has a complaint of its own. The first byte of the input is the
// flags.
#include <lauxlib.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "core/check.h"
#include "core/error.h"
#include "core/json.h"
#include "fuzz.h"

// The first byte is the flags.
const struct fuzz_seed fuzz_seeds[] = {
    FUZZ_SEED("\1{\"res\":true,\"can_id\":123,\"err_cod\":0,\"err_msg\":\"\"}"),
    FUZZ_SEED("\2[1,-0,1.5e300,9007199254740993,18446744073709551616,1E400,-1e-7]"),
    FUZZ_SEED("\4{\"a\":{\"a\":[[[]]],\"b\":{}},\"c\":null,\"d\":[null,false]}"),
    FUZZ_SEED("\3\"\\u00e9\\ud83d\\ude00\\n\\/ \xc3\xa9 \xf0\x9f\x98\x80\""),
    FUZZ_SEED("\7{\"NaN\":NaN,\"i\":-Infinity,\"x\":\"\\u0000\"}"),
    FUZZ_SEED("\0 { \"res\" : \"1\" , \"res\" : 2 } \t\r\n"),
    {0},
};
const struct fuzz_seed fuzz_bytes = FUZZ_SEED("{}[]:,\"\\/0123456789+-.eEntfu \t\n\xc3\xa9\xff\0");

static bool same(lua_State *L, int a, int b);

static size_t count_members(lua_State *L, int table)
{
    size_t count = 0;
    for (lua_pushnil(L); lua_next(L, table) != 0; lua_pop(L, 1)) {
        count++;
    }
    return count;
}

static bool same_tables(lua_State *L, int a, int b)
{
    bool equal = bd_json_is_array(L, a) == bd_json_is_array(L, b) &&
                 count_members(L, a) == count_members(L, b);
    lua_pushnil(L);
    while (equal && lua_next(L, a) != 0) {
        int value = lua_gettop(L);
        lua_pushvalue(L, value - 1);
        lua_rawget(L, b);
        equal = same(L, value, value + 1);
        lua_settop(L, value - 1);
    }
    return equal;
}

static bool same(lua_State *L, int a, int b)
{
    luaL_checkstack(L, 10, NULL);
    if (lua_istable(L, a) && lua_istable(L, b)) {
        return same_tables(L, a, b);
    }
    if (lua_type(L, a) == LUA_TNUMBER && lua_type(L, b) == LUA_TNUMBER && !lua_isinteger(L, a)) {
        lua_Number number = lua_tonumber(L, a);
        lua_Number other = lua_tonumber(L, b);
        return !lua_isinteger(L, b) &&
               memcmp(&number, &other, sizeof number) == 0; // NOLINT: NaN too
    }
    return lua_isinteger(L, a) == lua_isinteger(L, b) && lua_rawequal(L, a, b);
}

static void check_stable(lua_State *L, unsigned flags)
{
    struct bd_buf first = {0};
    struct bd_buf second = {0};
    struct bd_json_fault fault;
    if (!bd_json_encode(L, 1, 0, &first, &fault)) { // only these have no JSON form
        BD_CHECK((flags & BD_JSON_ALLOW_NAN) != 0 && strstr(fault.message, "has no JSON") != NULL);
        return;
    }
    BD_CHECK(memchr(first.data, 0xFF, first.len) == NULL);
    BD_CHECK(bd_json_decode(L, first.data, first.len, BD_JSON_KEEP_NULL, &fault));
    BD_CHECK(lua_gettop(L) == 2 && same(L, 1, 2));
    BD_CHECK(bd_json_encode(L, 2, 0, &second, &fault));
    BD_CHECK(first.len == second.len);
    BD_CHECK(lua_gettop(L) == 2);
    bd_buf_free(&first);
    bd_buf_free(&second);
}

static lua_State *open_state(void)
{
    lua_State *L = luaL_newstate();
    BD_CHECK(L != NULL);
    bd_error_open(L);
    bd_json_open(L);
    return L;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static lua_State *L; // one for all inputs: making it takes longer than they do
    struct bd_json_fault fault;
    if (size == 0) {
        return 0;
    }
    if (L == NULL) {
        L = open_state();
    }
    unsigned flags = data[0] & (BD_JSON_KEEP_NULL | BD_JSON_BIG_AS_TEXT | BD_JSON_ALLOW_NAN);
    if (bd_json_decode(L, (const char *)data + 1, size - 1, flags, &fault)) {
        BD_CHECK(lua_gettop(L) == 1);
        check_stable(L, flags);
    } else {
        BD_CHECK(lua_gettop(L) == 0);
        BD_CHECK(fault.offset < size);
        BD_CHECK(strncmp(fault.message, "Expected", 8) != 0); // how lua-cjson begins
    }
    lua_settop(L, 0);
    return 0;
}
