// SPDX-License-Identifier: MIT
// beadle.hook.native: what hooks need beyond Lua. For stdlib/hook.lua only.
#include <lauxlib.h>
#include <sys/random.h>

#include "core/check.h"
#include "core/encode.h"
#include "core/runtime.h"
#include "core/secret.h"
#include "core/task.h"
#include "modules.h"

enum { SECRET_BYTES = 24, ID_BYTES = 6 }; // 192 and 48 bits

// In a seeded run whose time is virtual nobody outside can call, and the same seed gives the same run.
static void fill(struct bd_runtime *rt, unsigned char *bytes, size_t len)
{
    if (!rt->options.seeded || !rt->loop.virtual_time) {
        BD_CHECK(getrandom(bytes, len, 0) == (ssize_t)len);
        return;
    }
    for (size_t i = 0; i < len; i++) {
        bytes[i] = (unsigned char)(bd_random_next(&rt->random) >> 56);
    }
}

static void push_random(lua_State *L, size_t len)
{
    unsigned char bytes[SECRET_BYTES];
    struct bd_buf text = {0};
    fill(bd_runtime_of(L), bytes, len);
    bd_encode_base64(&text, (const char *)bytes, len);
    for (size_t i = 0; i < text.len;
         i++) { // RFC 4648, "Base 64 Encoding with URL and Filename Safe Alphabet"
        text.data[i] = text.data[i] == '+' ? '-' : text.data[i];
        text.data[i] = text.data[i] == '/' ? '_' : text.data[i];
    }
    lua_pushlstring(L, text.data, text.len);
    bd_buf_free(&text);
}

// hide(secret): nobody reads it in what this program writes.
static int l_hide(lua_State *L)
{
    size_t len;
    const char *secret = luaL_checklstring(L, 1, &len);
    lua_pushboolean(L, bd_secret_push(L, "hook", secret, len));
    return 1;
}

// token(): a short text that names a hook, and a long one that nobody guesses.
static int l_token(lua_State *L)
{
    push_random(L, ID_BYTES);
    push_random(L, SECRET_BYTES);
    return 2;
}

// same(a, b): whether two texts are equal. How long it takes tells their lengths only.
static int l_same(lua_State *L)
{
    size_t a_len;
    size_t b_len;
    const char *a = luaL_checklstring(L, 1, &a_len);
    const char *b = luaL_checklstring(L, 2, &b_len);
    volatile unsigned char differ = a_len != b_len;
    for (size_t i = 0; i < a_len && i < b_len; i++) {
        differ = differ | (unsigned char)(a[i] ^ b[i]);
    }
    lua_pushboolean(L, differ == 0);
    return 1;
}

// spawn(fn, ...): a task of nobody's scope. It ends with the program, which does not wait for it.
static int l_spawn(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TFUNCTION);
    bd_task_spawn_apart(L, lua_gettop(L) - 1);
    return 1;
}

int bd_hook_module(lua_State *L)
{
    static const luaL_Reg FUNCTIONS[] = {
        {"token", l_token}, {"hide", l_hide}, {"same", l_same}, {"spawn", l_spawn}, {NULL, NULL}};
    luaL_newlib(L, FUNCTIONS);
    return 1;
}
