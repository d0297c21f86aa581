// SPDX-License-Identifier: MIT
// Encoding: the walk that prepares the value, lua-cjson, and the removal of marks from its text.
#include "json_internal.h"

#include <lauxlib.h>
#include <string.h>

#include "check.h"

// A buffer of lua-cjson that has grown beyond this is given back.
static const size_t BUFFER_KEPT = 1 << 20;

static const char *find(const char *from, const char *end, char c)
{
    const char *found = memchr(from, c, (size_t)(end - from));
    return found != NULL ? found : end;
}

static void add(struct bd_buf *out, const char *from, const char *to)
{
    bd_buf_add(out, from, (size_t)(to - from));
}

// Appends a text of lua-cjson with "\/" as "/" and with the marks, "\xFF...", without their quotes.
static void add_text(struct bd_buf *out, const char *text, const char *end, bool marked)
{
    const char *from = text;
    const char *escape = find(text, end, '\\');
    const char *mark = marked ? find(text, end, BD_JSON_MARK[0]) : end;
    bd_buf_reserve(out, (size_t)(end - text));
    while (escape != end || mark != end) {
        if (escape < mark) {
            if (escape[1] == '/') {
                add(out, from, escape);
                from = escape + 1;
            }
            escape = find(escape + 2, end, '\\');
        } else {
            const char *quote = find(mark, end, '"');
            add(out, from, mark - 1);
            add(out, mark + 1, quote);
            from = quote + 1;
            mark = find(from, end, BD_JSON_MARK[0]);
        }
    }
    add(out, from, end);
}

// lua-cjson keeps its buffer for the next text, and so never leaks it. Turning that off and on frees it.
static void shrink_buffer(lua_State *L, int state)
{
    for (int keep = 0; keep <= 1; keep++) {
        bd_json_push_part(L, state, BD_JSON_PART_KEEP_BUFFER);
        lua_pushboolean(L, keep);
        (void)bd_json_call(L);
        lua_pop(L, 1);
    }
}

bool bd_json_encode(lua_State *L, int index, unsigned flags, struct bd_buf *out,
                    struct bd_json_fault *fault)
{
    int top = lua_gettop(L);
    index = lua_absindex(L, index);
    luaL_checkstack(L, 10, "JSON");
    const struct bd_json *json = bd_json_push_state(L);
    bd_json_push_part(L, top + 1, BD_JSON_PART_ENCODE);
    lua_pushvalue(L, index);
    bool marked = false;
    if (!bd_json_prepare(L, json, flags, &marked, fault)) {
        lua_settop(L, top);
        return false;
    }
    if (!bd_json_call(L)) {
        bd_json_set_fault(fault, 0, "%s", bd_json_reason(L));
        lua_settop(L, top);
        return false;
    }
    size_t len = 0;
    const char *text = lua_tolstring(L, -1, &len);
    BD_CHECK(text != NULL);
    if (len > BUFFER_KEPT) {
        shrink_buffer(L, top + 1);
    }
    add_text(out, text, text + len, marked); // from here on nothing raises
    lua_settop(L, top);
    return true;
}
