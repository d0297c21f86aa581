// SPDX-License-Identifier: MIT
// Reads the options of a request of beadle.http. What a script writes wrong is refused here, by name.
#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/check.h"
#include "core/duration.h"
#include "core/encode.h"
#include "core/error.h"
#include "core/head.h"
#include "core/json.h"
#include "core/nearest.h"
#include "core/runtime.h"
#include "core/secret.h"
#include "core/url.h"
#include "http_call.h"

enum { REDIRECTS_MOST = 5 };
static const uint64_t TIME_LIMIT_MS = 120000;
static const char ACCEPT_ENCODING[] = "gzip";

static void push_refusal(lua_State *L, const char *format, const char *detail)
{
    bd_error_push(L, BD_ARGUMENT, format, detail);
    bd_error_text(L, "operation", "http.request");
    bd_error_text(L, "outcome", "none");
}

int bd_http_refuse(lua_State *L, const char *format, const char *detail)
{
    push_refusal(L, format, detail);
    bd_error_raise(L);
}

// ------------------------------------------------------------------------------------------------
// Method and address

static void read_method(lua_State *L, int value, struct http_call *call)
{
    static const char *const METHODS[] = {"GET",   "HEAD",   "POST",   "PUT",
                                          "PATCH", "DELETE", "OPTIONS"};
    const char *wanted = lua_type(L, value) == LUA_TSTRING ? lua_tostring(L, value) : "";
    for (size_t i = 0; i < BD_COUNT(METHODS); i++) {
        if (strcmp(METHODS[i], wanted) == 0) {
            call->request.exchange.method = METHODS[i];
            return;
        }
    }
    bd_http_refuse(L, "the method \"%s\" is none of GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS",
                   wanted);
}

void bd_http_set_target(lua_State *L, struct http_call *call, const char *text, size_t len)
{
    struct bd_url url;
    const char *wrong = bd_url_parse(&url, text, len);
    if (wrong != NULL) {
        bd_http_refuse(L, "the url cannot be used: %s", wrong);
    }
    call->request.transport = bd_net_transport(L, &url);
    call->request.host = bd_net_host(bd_net_of(bd_runtime_of(L)), &url);
    bd_buf_reset(&call->request.exchange.url, 4096);
    bd_buf_add(&call->request.exchange.url, text, len);
}

static void read_url(lua_State *L, int value, struct http_call *call)
{
    size_t len;
    if (lua_type(L, value) != LUA_TSTRING) {
        bd_http_refuse(L, "the %s must be a text", "url");
    }
    const char *text = lua_tolstring(L, value, &len);
    bd_http_set_target(L, call, text, len);
}

// ------------------------------------------------------------------------------------------------
// Body

static struct bd_buf *begin_body(lua_State *L, struct http_call *call, const char *content_type)
{
    struct bd_exchange *exchange = &call->request.exchange;
    if (exchange->has_body) {
        bd_http_refuse(L, "give one of %s", "body, form and json");
    }
    exchange->has_body = true;
    call->content_type = content_type;
    return &exchange->body;
}

static void read_body(lua_State *L, int value, struct http_call *call)
{
    size_t len;
    struct bd_buf *body = begin_body(L, call, NULL);
    if (lua_type(L, value) != LUA_TSTRING) {
        bd_http_refuse(L, "the %s must be a text", "body");
    }
    const char *text = lua_tolstring(L, value, &len);
    bd_buf_add(body, text, len);
}

// The text of a text, a number, a boolean or a secret, valid until the stack changes; NULL for all else.
static const char *plain_text(lua_State *L, int value, size_t *len)
{
    int type = lua_type(L, value);
    if (type == LUA_TNUMBER || type == LUA_TBOOLEAN) {
        return luaL_tolstring(L, value, len);
    }
    return bd_secret_or_text(L, value, len);
}

static void add_field(lua_State *L, struct bd_buf *body, int name, int value)
{
    size_t name_len;
    size_t len;
    if (lua_type(L, name) != LUA_TSTRING) {
        bd_http_refuse(L, "the %s is no table of names and values", "form");
    }
    const char *key = lua_tolstring(L, name, &name_len);
    const char *text = plain_text(L, value, &len);
    if (text == NULL) {
        bd_http_refuse(L, "the form's %s is neither a text nor a number nor true or false", key);
    }
    bd_buf_add_text(body, body->len > 0 ? "&" : "");
    bd_encode_form(body, key, name_len);
    bd_buf_add_char(body, '=');
    bd_encode_form(body, text, len);
}

static void read_form(lua_State *L, int value, struct http_call *call)
{
    struct bd_buf *body = begin_body(L, call, "application/x-www-form-urlencoded");
    if (!lua_istable(L, value)) {
        bd_http_refuse(L, "the %s is no table of names and values", "form");
    }
    lua_pushnil(L);
    int name = lua_gettop(L);
    while (lua_next(L, value) != 0) {
        add_field(L, body, name, name + 1);
        lua_settop(L, name);
    }
}

static void read_json(lua_State *L, int value, struct http_call *call)
{
    struct bd_json_fault fault;
    if (!bd_json_encode(L, value, 0, begin_body(L, call, "application/json"), &fault)) {
        bd_http_refuse(L, "the json cannot be sent: %s", fault.message);
    }
}

// ------------------------------------------------------------------------------------------------
// Headers

// Those that say where a message ends and what becomes of its connection are libcurl's: another word on
// that makes two readers see two different requests.
static bool is_ours(const char *name)
{
    static const char *const NAMES[] = {
        "Host", "Content-Length", "Transfer-Encoding", "Connection", "Keep-Alive",
        "TE",   "Trailer",        "Upgrade",           "Expect",     "Proxy-Connection"};
    for (size_t i = 0; i < BD_COUNT(NAMES); i++) {
        if (strcasecmp(NAMES[i], name) == 0) {
            return true;
        }
    }
    return false;
}

static const char *check_name(lua_State *L, int name)
{
    size_t len;
    const char *text = lua_type(L, name) == LUA_TSTRING ? lua_tolstring(L, name, &len) : NULL;
    if (text == NULL || !bd_head_name_ok(text, len)) {
        bd_http_refuse(L, "\"%s\" is no name of a header",
                       text != NULL ? text : luaL_typename(L, name));
    }
    if (is_ours(text)) {
        bd_http_refuse(L, "the header %s cannot be set: it follows from the rest of the request",
                       text);
    }
    return text;
}

static void add_header(lua_State *L, struct bd_headers *headers, const char *name, int value)
{
    size_t len;
    const char *text = lua_isboolean(L, value) ? NULL : plain_text(L, value, &len);
    if (text == NULL) {
        bd_http_refuse(L, "the header %s is neither a text nor a number", name);
    }
    if (!bd_head_value_ok(text, len)) {
        bd_http_refuse(L, "the header %s holds a line break or another control character", name);
    }
    bd_headers_add(headers, name, text, len);
}

static size_t count_fields(lua_State *L, int table)
{
    size_t count = 0;
    lua_pushnil(L);
    while (lua_next(L, table) != 0) {
        lua_pop(L, 1);
        count++;
    }
    return count;
}

static void read_headers(lua_State *L, int value, struct http_call *call)
{
    enum { OURS = 2 };
    if (!lua_istable(L, value)) {
        bd_http_refuse(L, "the %s are no table of names and values", "headers");
    }
    struct bd_headers *headers = bd_headers_new(count_fields(L, value) + OURS);
    call->request.exchange.headers = headers; // owned by the call from here on
    lua_pushnil(L);
    int name = lua_gettop(L);
    while (lua_next(L, value) != 0) {
        add_header(L, headers, check_name(L, name), name + 1);
        lua_settop(L, name);
    }
}

struct bd_headers *bd_http_plain_headers(void)
{
    struct bd_headers *headers = bd_headers_new(2);
    bd_headers_add(headers, "Accept-Encoding", ACCEPT_ENCODING, sizeof ACCEPT_ENCODING - 1);
    return headers;
}

static bool has_header(const struct bd_headers *headers, const char *name)
{
    size_t len = strlen(name);
    for (size_t i = 0; i < headers->count; i++) {
        if (strncasecmp(headers->lines[i], name, len) == 0 && headers->lines[i][len] == ':') {
            return true;
        }
    }
    return false;
}

static void add_own_headers(struct http_call *call)
{
    struct bd_exchange *exchange = &call->request.exchange;
    if (exchange->headers == NULL) {
        exchange->headers = bd_http_plain_headers();
    } else if (!has_header(exchange->headers, "Accept-Encoding")) {
        bd_headers_add(exchange->headers, "Accept-Encoding", ACCEPT_ENCODING,
                       sizeof ACCEPT_ENCODING - 1);
    }
    const char *type = call->content_type;
    if (type != NULL && !has_header(exchange->headers, "Content-Type")) {
        bd_headers_add(exchange->headers, "Content-Type", type, strlen(type));
    }
}

// ------------------------------------------------------------------------------------------------
// Limits

static void read_timeout(lua_State *L, int value, struct http_call *call)
{
    uint64_t limit = bd_duration_check(L, value, "the timeout");
    if (limit == 0) {
        bd_http_refuse(L, "the %s must be longer than nothing", "timeout");
    }
    call->request.time_limit = call->options.total_ms = limit;
}

static void read_redirects(lua_State *L, int value, struct http_call *call)
{
    int is_integer = 0;
    lua_Integer most = lua_tointegerx(L, value, &is_integer);
    if (!is_integer || most < 0 || most > REDIRECTS_MOST) {
        bd_http_refuse(L, "%s must be a whole number from 0 to 5", "redirects");
    }
    call->redirects_left = (unsigned)most;
}

static void read_retry(lua_State *L, int value, struct http_call *call)
{
    if (!lua_isboolean(L, value)) {
        bd_http_refuse(L, "%s must be true or false", "retry");
    }
    call->request.most_attempts = lua_toboolean(L, value) ? bd_request_attempts : 1;
}

static void read_ca_file(lua_State *L, int value, struct http_call *call)
{
    size_t len = 0;
    const char *path = lua_type(L, value) == LUA_TSTRING ? lua_tolstring(L, value, &len) : NULL;
    if (path == NULL || len == 0 || strlen(path) != len) {
        bd_http_refuse(L, "the %s must be the name of a file", "ca_file");
    }
    call->ca_file = bd_strdup(path);
    call->options.ca_file = call->ca_file;
}

// ------------------------------------------------------------------------------------------------
// The whole

static const struct {
    const char *name;
    void (*read)(lua_State *L, int value, struct http_call *call);
} OPTIONS[] = {
    {"method", read_method},   {"url", read_url},     {"headers", read_headers},
    {"body", read_body},       {"form", read_form},   {"json", read_json},
    {"timeout", read_timeout}, {"retry", read_retry}, {"redirects", read_redirects},
    {"ca_file", read_ca_file},
};

static void refuse_unknown(lua_State *L, const char *name)
{
    struct bd_nearest nearest = {.wanted = name};
    for (size_t i = 0; i < BD_COUNT(OPTIONS); i++) {
        bd_nearest_offer(&nearest, OPTIONS[i].name);
    }
    push_refusal(L, "there is no option \"%s\"", name);
    if (nearest.best != NULL) {
        lua_pushfstring(L, "Did you mean %s?", nearest.best);
        bd_error_value(L, "hint");
    }
    bd_error_raise(L);
}

static bool is_known(const char *name)
{
    for (size_t i = 0; i < BD_COUNT(OPTIONS); i++) {
        if (strcmp(OPTIONS[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

static void check_names(lua_State *L, int options)
{
    lua_pushnil(L);
    while (lua_next(L, options) != 0) {
        lua_pop(L, 1);
        const char *name = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "?";
        if (!is_known(name)) {
            refuse_unknown(L, name);
        }
    }
}

static bool is_one_of(const char *method, const char *const *methods)
{
    for (; *methods != NULL; methods++) {
        if (strcmp(method, *methods) == 0) {
            return true;
        }
    }
    return false;
}

// What depends on more than one option.
static void settle(lua_State *L, struct http_call *call)
{
    static const char *const BODILESS[] = {"GET", "HEAD", NULL};
    static const char *const EMPTY_BODY[] = {"POST", "PUT", "PATCH", NULL};
    static const char *const NOT_REPEATABLE[] = {"POST", "PATCH", NULL};
    struct bd_exchange *exchange = &call->request.exchange;
    if (exchange->url.len == 0) {
        bd_http_refuse(L, "the %s is missing", "url");
    }
    if (exchange->has_body && is_one_of(exchange->method, BODILESS)) {
        bd_http_refuse(L, "a %s request has no body", exchange->method);
    }
    exchange->has_body = exchange->has_body || is_one_of(exchange->method, EMPTY_BODY);
    call->request.repeatable = !is_one_of(exchange->method, NOT_REPEATABLE);
    add_own_headers(call);
}

void bd_http_read_options(lua_State *L, int options, struct http_call *call)
{
    check_names(L, options);
    call->options = bd_http_defaults;
    call->request.exchange.options = &call->options;
    call->request.exchange.method = "GET";
    call->request.time_limit = TIME_LIMIT_MS;
    call->request.most_attempts = bd_request_attempts;
    for (size_t i = 0; i < BD_COUNT(OPTIONS); i++) {
        if (lua_getfield(L, options, OPTIONS[i].name) != LUA_TNIL) {
            OPTIONS[i].read(L, lua_gettop(L), call);
        }
        lua_settop(L, options);
    }
    settle(L, call);
}
