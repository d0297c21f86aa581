// SPDX-License-Identifier: MIT
// Finds the key that appears twice. That one does is known before, for the walk has met fewer members than
// the text has; so this may be slow, and it reads a text that is known to be JSON.
#include "json_internal.h"

#include <lauxlib.h>
#include <string.h>

enum { SHOWN = 60 }; // bytes of the key

static const char *string_end(const char *quote)
{
    const char *p = quote + 1;
    while (*p != '"') {
        p += *p == '\\' ? 2 : 1;
    }
    return p + 1;
}

static bool is_key(const char *behind, const char *end)
{
    while (behind < end && strchr(" \n\r\t", *behind) != NULL) {
        behind++;
    }
    return behind < end && *behind == ':';
}

// Pushes the string of a token, whose escapes lua-cjson undoes. [-0, +1]
static void push_string(lua_State *L, int state, const char *quote, const char *end)
{
    size_t len = (size_t)(end - quote);
    if (memchr(quote, '\\', len) == NULL) {
        lua_pushlstring(L, quote + 1, len - 2);
    } else {
        bd_json_push_part(L, state, BD_JSON_PART_DECODE);
        lua_pushlstring(L, quote, len);
        (void)bd_json_call(L);
    }
}

// Adds the key to the set of its object, which is on top. False when it is there. [-0, +0]
static bool add_key(lua_State *L, int state, const char *quote, const char *end)
{
    push_string(L, state, quote, end);
    lua_pushvalue(L, -1);
    bool is_new = lua_rawget(L, -3) == LUA_TNIL;
    lua_pop(L, 1);
    lua_pushboolean(L, true);
    lua_rawset(L, -3);
    return is_new;
}

static void report(struct bd_json_fault *fault, size_t offset, const char *quote, const char *end)
{
    size_t len = (size_t)(end - quote) - 2;
    const char *dots = "";
    if (len > SHOWN) {
        len = SHOWN;
        dots = "...";
        while ((quote[1 + len] & 0xC0) == 0x80) { // never a part of a character
            len--;
        }
    }
    bd_json_set_fault(fault, offset, "the key \"%.*s%s\" appears twice in one object", (int)len,
                      quote + 1, dots);
}

void bd_json_duplicate_find(lua_State *L, int state, const char *text, size_t len,
                            struct bd_json_fault *fault)
{
    int top = lua_gettop(L);
    const char *end = text + len;
    luaL_checkstack(L, BD_JSON_DEPTH + 8, "JSON");
    bd_json_set_fault(fault, 0, "a key appears twice in one object");
    for (const char *p = text; p < end; p++) {
        if (*p == '{') {
            lua_newtable(L);
        } else if (*p == '[') {
            lua_pushboolean(L, false); // stands for the array
        } else if (*p == '}' || *p == ']') {
            lua_pop(L, 1);
        } else if (*p == '"') {
            const char *behind = string_end(p);
            if (is_key(behind, end) && !add_key(L, state, p, behind)) {
                report(fault, (size_t)(p - text), p, behind);
                break;
            }
            p = behind - 1;
        }
    }
    lua_settop(L, top);
}
