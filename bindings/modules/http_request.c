// SPDX-License-Identifier: MIT
// A request as a handler sees it. What was sent lies in it as texts (method, target, path, head, body); what is read
// from them is made when it is first asked for: query, query_list, form, form_list, headers, url, json().
#include <lauxlib.h>
#include <string.h>
#include <strings.h>

#include "core/check.h"
#include "core/encode.h"
#include "core/error.h"
#include "core/head.h"
#include "core/json.h"
#include "http_server.h"

static const char REQUEST[] = "beadle.http.server_request";
static const char FORM[] = "beadle.http.form";

// Raises an error that is answered with that status and the message (stdlib/http_server.lua).
static _Noreturn void refuse(lua_State *L, int status, const char *message)
{
    bd_error_push(L, BD_DECODE, "%s", message);
    bd_error_integer(L, "reply", status);
    bd_error_raise(L);
}

// ------------------------------------------------------------------------------------------------
// Fields: application/x-www-form-urlencoded (WHATWG URL, "application/x-www-form-urlencoded parsing"), but what
// is no UTF-8, or a broken escape, is refused and not repaired.

// Pushes the decoded text, or raises. [-0, +1]
static void push_decoded(lua_State *L, const char *text, size_t len, bool plus, const char *wrong)
{
    luaL_Buffer buffer;
    struct bd_buf out = {0};
    char *room = luaL_buffinitsize(L, &buffer, len);
    bool ok = bd_decode_percent(&out, text, len, plus) && bd_utf8_valid(out.data, out.len);
    if (ok && out.len > 0) {
        memcpy(room, out.data, out.len); // decoding never makes it longer
    }
    size_t decoded = out.len;
    bd_buf_free(&out);
    luaL_pushresultsize(&buffer, ok ? decoded : 0);
    if (!ok) {
        refuse(L, 400, wrong);
    }
}

static void add_field(lua_State *L, int list, int map, const char *text, size_t len,
                      const char *wrong)
{
    const char *equals = memchr(text, '=', len);
    size_t name_len = equals != NULL ? (size_t)(equals - text) : len;
    size_t value_len = equals != NULL ? len - name_len - 1 : 0;
    push_decoded(L, text, name_len, true, wrong);
    push_decoded(L, equals != NULL ? equals + 1 : "", value_len, true, wrong);
    lua_createtable(L, 2, 0);
    lua_pushvalue(L, -3);
    lua_rawseti(L, -2, 1);
    lua_pushvalue(L, -2);
    lua_rawseti(L, -2, 2);
    lua_rawseti(L, list, (lua_Integer)lua_rawlen(L, list) + 1);
    lua_pushvalue(L, -2);
    if (lua_rawget(L, map) == LUA_TNIL) { // the first of a name
        lua_pop(L, 1);
        lua_rawset(L, map);
    } else {
        lua_pop(L, 3);
    }
}

// Pushes the list of {name, value} and the table of names. [-0, +2]
static void push_fields(lua_State *L, const char *text, size_t len, const char *wrong)
{
    lua_newtable(L);
    lua_newtable(L);
    int map = lua_gettop(L);
    for (size_t at = 0; at < len;) {
        const char *mark = memchr(text + at, '&', len - at);
        size_t end = mark != NULL ? (size_t)(mark - text) : len;
        if (end > at) {
            add_field(L, map - 1, map, text + at, end - at, wrong);
        }
        at = end + 1;
    }
}

// Keeps the two tables on top as fields of the request and leaves the one that was asked for. [-2, +1]
static int keep_fields(lua_State *L, const char *list, const char *map, bool wants_list)
{
    lua_pushvalue(L, -1);
    lua_pushstring(L, map);
    lua_insert(L, -2);
    lua_rawset(L, 1);
    lua_pushvalue(L, -2);
    lua_pushstring(L, list);
    lua_insert(L, -2);
    lua_rawset(L, 1);
    lua_pop(L, wants_list ? 1 : 0);
    return 1;
}

static const char *text_field(lua_State *L, const char *name, size_t *len)
{
    lua_pushstring(L, name);
    lua_rawget(L, 1);
    const char *text = lua_type(L, -1) == LUA_TSTRING ? lua_tolstring(L, -1, len) : NULL;
    if (text == NULL) {
        *len = 0;
    }
    return text != NULL ? text : "";
}

static int read_query(lua_State *L, bool wants_list)
{
    size_t len;
    const char *target = text_field(L, "target", &len);
    const char *mark = memchr(target, '?', len);
    push_fields(L, mark != NULL ? mark + 1 : "",
                mark != NULL ? len - (size_t)(mark - target) - 1 : 0,
                "the query is not percent-encoded UTF-8");
    return keep_fields(L, "query_list", "query", wants_list);
}

static bool is_form(const char *type, size_t len)
{
    static const char WANTED[] = "application/x-www-form-urlencoded";
    size_t wanted = sizeof WANTED - 1;
    return len >= wanted && strncasecmp(type, WANTED, wanted) == 0 &&
           (len == wanted || type[wanted] == ';' || type[wanted] == ' ' || type[wanted] == '\t');
}

static int read_form(lua_State *L, bool wants_list)
{
    size_t len;
    size_t type_len = 0;
    size_t head_len;
    const char *text = text_field(L, "head", &head_len);
    const struct bd_buf head = {.data = (char *)(uintptr_t)text, .len = head_len};
    const char *type = bd_head_find(&head, "content-type", &type_len);
    const char *body = text_field(L, "body", &len);
    if (type == NULL || !is_form(type, type_len)) {
        refuse(L, 415, "the body is no form (application/x-www-form-urlencoded)");
    }
    push_fields(L, body, len, "the form is not percent-encoded UTF-8");
    luaL_setmetatable(L, FORM);
    return keep_fields(L, "form_list", "form", wants_list);
}

// request:form() gives the form as request.form does.
static int l_form_call(lua_State *L)
{
    lua_settop(L, 1);
    return 1;
}

// ------------------------------------------------------------------------------------------------
// Headers

static void push_lower(lua_State *L, const char *text, size_t len)
{
    luaL_Buffer lower;
    char *out = luaL_buffinitsize(L, &lower, len);
    for (size_t i = 0; i < len; i++) {
        out[i] = (char)(text[i] >= 'A' && text[i] <= 'Z' ? text[i] + 'a' - 'A' : text[i]);
    }
    luaL_pushresultsize(&lower, len);
}

// RFC 9110, "Field Order".
void bd_http_push_headers(lua_State *L, const struct bd_buf *head)
{
    struct bd_head_line line;
    lua_newtable(L);
    int headers = lua_gettop(L);
    for (size_t at = 0; bd_head_next(head, &at, &line);) {
        push_lower(L, line.name, line.name_len);
        lua_pushvalue(L, -1);
        if (lua_rawget(L, headers) == LUA_TNIL) {
            lua_pop(L, 1);
            lua_pushlstring(L, line.value, line.value_len);
        } else {
            lua_pushliteral(L, ", ");
            lua_pushlstring(L, line.value, line.value_len);
            lua_concat(L, 3);
        }
        lua_rawset(L, headers);
    }
}

static int read_headers(lua_State *L, bool unused)
{
    size_t len;
    const char *text = text_field(L, "head", &len);
    const struct bd_buf head = {.data = (char *)(uintptr_t)text, .len = len};
    (void)unused;
    bd_http_push_headers(L, &head);
    lua_pushvalue(L, -1);
    lua_setfield(L, 1, "headers");
    return 1;
}

// ------------------------------------------------------------------------------------------------
// The rest

static int read_url(lua_State *L, bool unused)
{
    size_t len;
    (void)unused;
    (void)text_field(L, "origin", &len);
    (void)text_field(L, "target", &len);
    lua_concat(L, 2);
    lua_pushvalue(L, -1);
    lua_setfield(L, 1, "url");
    return 1;
}

static int read_params(lua_State *L, bool unused)
{
    (void)unused;
    lua_newtable(L);
    lua_pushvalue(L, -1);
    lua_setfield(L, 1, "params");
    return 1;
}

// request:json(): the body decoded.
static int l_json(lua_State *L)
{
    size_t len;
    struct bd_json_fault fault;
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    const char *body = text_field(L, "body", &len);
    if (bd_json_decode(L, body, len, 0, &fault)) {
        return 1;
    }
    lua_pushfstring(L, "the body is no JSON: %s", fault.message);
    refuse(L, 400, lua_tostring(L, -1));
}

static int push_json(lua_State *L, bool unused)
{
    (void)unused;
    lua_pushcfunction(L, l_json);
    return 1;
}

static int l_index(lua_State *L)
{
    static const struct {
        const char *name;
        int (*read)(lua_State *L, bool list);
        bool list;
    } FIELDS[] = {
        {"query", read_query, false},     {"query_list", read_query, true},
        {"form", read_form, false},       {"form_list", read_form, true},
        {"headers", read_headers, false}, {"url", read_url, false},
        {"params", read_params, false},   {"json", push_json, false},
    };
    const char *key = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : "";
    for (size_t i = 0; i < BD_COUNT(FIELDS); i++) {
        if (strcmp(FIELDS[i].name, key) == 0) {
            return FIELDS[i].read(L, FIELDS[i].list);
        }
    }
    return 0;
}

// decode(text): percent-decoded, as a part of a path is; nil when it is no UTF-8 or holds a NUL.
int bd_http_decode(lua_State *L)
{
    size_t len;
    const char *text = luaL_checklstring(L, 1, &len);
    if (memchr(text, '%', len) == NULL) {
        lua_settop(L, 1);
        if (!bd_utf8_valid(text, len)) {
            lua_pushnil(L);
        }
        return 1;
    }
    luaL_Buffer buffer;
    struct bd_buf out = {0};
    char *room = luaL_buffinitsize(L, &buffer, len);
    bool ok = bd_decode_percent(&out, text, len, false) && bd_utf8_valid(out.data, out.len) &&
              memchr(out.data, '\0', out.len) == NULL;
    if (ok) {
        memcpy(room, out.data, out.len);
    }
    size_t decoded = out.len;
    bd_buf_free(&out);
    luaL_pushresultsize(&buffer, ok ? decoded : 0);
    if (!ok) {
        lua_pushnil(L);
    }
    return 1;
}

void bd_http_request_open(lua_State *L)
{
    luaL_newmetatable(L, REQUEST);
    lua_pushcfunction(L, l_index);
    lua_setfield(L, -2, "__index");
    luaL_newmetatable(L, FORM);
    lua_pushcfunction(L, l_form_call);
    lua_setfield(L, -2, "__call");
    lua_pop(L, 2);
}

static void set_text(lua_State *L, const char *name, const char *text, size_t len)
{
    lua_pushlstring(L, len > 0 ? text : "", len);
    lua_setfield(L, -2, name);
}

void bd_http_request_push(lua_State *L, const struct bd_server_request *request, int origin)
{
    enum { FIELDS = 8 };
    const char *target = request->target;
    lua_pushvalue(L, origin);
    lua_createtable(L, 0, FIELDS);
    lua_insert(L, -2);
    lua_setfield(L, -2, "origin");
    set_text(L, "method", request->method, strlen(request->method));
    set_text(L, "target", target, strlen(target));
    set_text(L, "path", target, strcspn(target, "?"));
    set_text(L, "remote", request->remote, strlen(request->remote));
    set_text(L, "head", request->headers.data, request->headers.len);
    set_text(L, "body", request->body.data, request->body.len);
    luaL_setmetatable(L, REQUEST);
}
