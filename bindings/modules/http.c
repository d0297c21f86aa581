// SPDX-License-Identifier: MIT
// beadle.http.native, under stdlib/http.lua: requests to anything that is no vendor of the catalogue.
#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>

#include "core/check.h"
#include "core/error.h"
#include "core/gate.h"
#include "core/head.h"
#include "core/json.h"
#include "core/observe.h"
#include "core/runtime.h"
#include "core/url.h"
#include "http_call.h"
#include "http_server.h"
#include "modules.h"

static const char CALL[] = "beadle.http.call";
static const char OPERATION[] = "http.request";
static const char RESPONSE[] = "beadle.http.response";

static int l_gc(lua_State *L)
{
    struct http_call *call = luaL_checkudata(L, 1, CALL);
    bd_exchange_free(&call->request.exchange);
    free(call->ca_file);
    call->ca_file = NULL;
    return 0;
}

// ------------------------------------------------------------------------------------------------
// The answer

static bool may_change(const struct http_call *call)
{
    const char *method = call->request.exchange.method;
    return strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0;
}

// Tells who watches; with `failed`, the error lies on top. [-0, +0]
static void tell(lua_State *L, const struct http_call *call, bool failed)
{
    if (!call->request.exchange.timed) {
        return;
    }
    int error = lua_gettop(L);
    lua_newtable(L);
    lua_pushstring(L, OPERATION);
    lua_setfield(L, -2, "operation");
    lua_pushstring(L, may_change(call) ? "unknown" : "read");
    lua_setfield(L, -2, "effect");
    if (failed) {
        lua_pushvalue(L, error);
        lua_setfield(L, -2, "failure");
    }
    bd_observe_set_request(L, &call->request, NULL, 0);
    bd_observe_tell(L);
}

static int fail(lua_State *L, const struct http_call *call)
{
    const struct bd_request *request = &call->request;
    if (request->interrupted) {
        bd_task_push_cancellation(L);
        bd_request_error_fields(L, request);
    } else {
        bd_request_push_fault(L, request);
    }
    bd_error_text(L, "operation", OPERATION);
    if (request->exchange.status != 0) {
        bd_error_integer(L, "status", request->exchange.status);
    }
    if (may_change(call)) {
        bd_error_text(L, "outcome", bd_outcome_name(bd_request_outcome(request)));
    }
    tell(L, call, true);
    return bd_error_raise(L);
}

// response:json(): the body decoded.
static int l_response_json(lua_State *L)
{
    size_t len;
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_getfield(L, 1, "body");
    const char *body = luaL_checklstring(L, -1, &len);
    struct bd_json_fault fault;
    if (bd_json_decode(L, body, len, 0, &fault)) {
        return 1;
    }
    return bd_error(L, BD_DECODE, "the answer is no JSON: %s", fault.message);
}

// response(table): the table as a response, with :json().
static int l_response(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    luaL_setmetatable(L, RESPONSE);
    return 1;
}

static int push_response(lua_State *L, const struct bd_request *request)
{
    const struct bd_exchange *exchange = &request->exchange;
    lua_createtable(L, 0, 5);
    lua_pushinteger(L, exchange->status);
    lua_setfield(L, -2, "status");
    lua_pushlstring(L, exchange->url.data, exchange->url.len);
    lua_setfield(L, -2, "url");
    lua_pushlstring(L, exchange->answer.len > 0 ? exchange->answer.data : "", exchange->answer.len);
    lua_setfield(L, -2, "body");
    lua_pushboolean(L, exchange->length_unknown);
    lua_setfield(L, -2, "length_unknown");
    if (request->has_retry_after) {
        lua_pushnumber(L, (double)request->retry_after_ms / 1000);
        lua_setfield(L, -2, "retry_after");
    }
    bd_http_push_headers(L, &exchange->head);
    lua_setfield(L, -2, "headers");
    luaL_setmetatable(L, RESPONSE);
    return 1;
}

// ------------------------------------------------------------------------------------------------
// Redirects

static bool is_redirect(const struct bd_exchange *exchange)
{
    switch (exchange->status) {
    case 301:
    case 302:
    case 303:
    case 307:
    case 308:
        // A body is never sent to where the first address says.
        return !exchange->has_body &&
               (strcmp(exchange->method, "GET") == 0 || strcmp(exchange->method, "HEAD") == 0);
    default:
        return false;
    }
}

// Pushes the address that the answer sends on to, or nothing: when it names none that can be used, or would
// lead from a secure connection to a plain one. [-0, +(0|1)]
static bool push_target(lua_State *L, const struct bd_exchange *exchange, bool *same_origin)
{
    size_t len = 0;
    struct bd_url base;
    struct bd_url url;
    struct bd_buf target = {0};
    const char *location = bd_head_find(&exchange->head, "location", &len);
    BD_CHECK(bd_url_parse(&base, exchange->url.data, exchange->url.len) == NULL);
    bool usable = location != NULL && len > 0 && bd_url_resolve(&target, &base, location, len) &&
                  bd_url_parse(&url, target.data, target.len) == NULL && (url.tls || !base.tls);
    if (!usable) {
        bd_buf_free(&target);
        return false;
    }
    *same_origin = bd_url_same_origin(&base, &url);
    char *copy = lua_newuserdatauv(L, target.len, 0); // owned by Lua before the text is made
    size_t target_len = target.len;
    memcpy(copy, target.data, target_len);
    bd_buf_free(&target);
    lua_pushlstring(L, copy, target_len);
    lua_replace(L, -2);
    return true;
}

static bool follow(lua_State *L, struct http_call *call)
{
    struct bd_exchange *exchange = &call->request.exchange;
    bool same_origin = false;
    if (call->redirects_left == 0 || !is_redirect(exchange) ||
        !push_target(L, exchange, &same_origin)) {
        return false;
    }
    if (!same_origin) { // the script's headers may say who we are
        bd_headers_drop(exchange->headers);
        exchange->headers = bd_http_plain_headers();
    }
    call->redirects_left--;
    call->request.attempts = 0; // those of another request
    size_t len;
    const char *target = lua_tolstring(L, -1, &len);
    bd_http_set_target(L, call, target, len);
    lua_pop(L, 1);
    return true;
}

static int answered(lua_State *L, int status, lua_KContext context)
{
    struct http_call *call = (struct http_call *)context; // NOLINT
    (void)status;
    if (call->request.interrupted || call->request.exchange.fault != BD_FAULT_NONE) {
        return fail(L, call);
    }
    tell(L, call, false);
    if (follow(L, call)) {
        return bd_request_run(L, &call->request, context, answered);
    }
    return push_response(L, &call->request);
}

static int send_call(lua_State *L, struct http_call *call)
{
    bd_request_begin(L, &call->request);
    return bd_request_run(L, &call->request, (lua_KContext)call, answered);
}

// ------------------------------------------------------------------------------------------------
// The gate

static int send_gated(lua_State *L)
{
    bd_gate_enter(L, 0);
    return send_call(L, lua_touserdata(L, 1));
}

static int gate_passed(lua_State *L, int status, lua_KContext context)
{
    (void)context;
    return status == LUA_OK || status == LUA_YIELD ? 1 : bd_error_rethrow(L);
}

// What a gate sees of the call (stdlib/gate.lua). [-0, +1]
static void push_effect(lua_State *L, const struct http_call *call)
{
    const struct bd_exchange *exchange = &call->request.exchange;
    lua_createtable(L, 0, 5);
    lua_pushstring(L, OPERATION);
    lua_setfield(L, -2, "operation");
    lua_pushstring(L, may_change(call) ? "unknown" : "read");
    lua_setfield(L, -2, "effect");
    lua_pushstring(L, exchange->method);
    lua_setfield(L, -2, "method");
    lua_pushlstring(L, exchange->url.data, exchange->url.len);
    lua_setfield(L, -2, "url");
    lua_pushlstring(L, exchange->body.len > 0 ? exchange->body.data : "", exchange->body.len);
    lua_setfield(L, -2, "body");
}

// ------------------------------------------------------------------------------------------------
// The module

// request{method, url, headers, body | form | json, timeout, redirects, retry, ca_file}: a response with
// status, headers (names in lower case), body, url, length_unknown and :json(). Raises when no whole answer
// came; any status is an answer.
static int l_request(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    bd_task_may_wait(L, "http.request");
    struct http_call *call = lua_newuserdatauv(L, sizeof *call, 0);
    memset(call, 0, sizeof *call);
    luaL_setmetatable(L, CALL);
    bd_exchange_reset(&call->request.exchange);
    lua_insert(L, 1); // [call, options]
    bd_http_read_options(L, 2, call);
    call->request.exchange.timed = bd_observe_tells(bd_runtime_of(L));
    if (bd_task_push_gate_for(L, may_change(call))) {
        push_effect(L, call);
        return bd_gate_pass(L, 2, 0, send_gated, 0, gate_passed);
    }
    return send_call(L, call);
}

static void copy_fields(lua_State *L, int from, int to)
{
    lua_pushnil(L);
    while (lua_next(L, from) != 0) {
        lua_pushvalue(L, -2);
        lua_insert(L, -2);
        lua_rawset(L, to);
    }
}

static int with_method(lua_State *L, const char *method)
{
    luaL_checkstring(L, 1);
    if (!lua_isnoneornil(L, 2)) {
        luaL_checktype(L, 2, LUA_TTABLE);
    }
    lua_settop(L, 2);
    lua_newtable(L);
    if (lua_istable(L, 2)) {
        copy_fields(L, 2, 3);
    }
    lua_pushstring(L, method);
    lua_setfield(L, 3, "method");
    lua_pushvalue(L, 1);
    lua_setfield(L, 3, "url");
    lua_replace(L, 1);
    return l_request(L);
}

// get(url [, options]): request with the method and url filled in.
static int l_get(lua_State *L)
{
    return with_method(L, "GET");
}

// post(url [, options])
static int l_post(lua_State *L)
{
    return with_method(L, "POST");
}

// spare_hosts(on): net.h.
static int l_spare_hosts(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TBOOLEAN);
    bd_net_spare_hosts(bd_net_of(bd_runtime_of(L)), lua_toboolean(L, 1));
    return 0;
}

int bd_http_module(lua_State *L)
{
    static const luaL_Reg FUNCTIONS[] = {
        {"request", l_request},         {"get", l_get}, {"post", l_post}, {"response", l_response},
        {"spare_hosts", l_spare_hosts}, {NULL, NULL}};
    static const luaL_Reg METHODS[] = {{"json", l_response_json}, {NULL, NULL}};
    luaL_newmetatable(L, CALL);
    lua_pushcfunction(L, l_gc);
    lua_setfield(L, -2, "__gc");
    luaL_newmetatable(L, RESPONSE);
    luaL_newlib(L, METHODS);
    lua_setfield(L, -2, "__index");
    lua_pop(L, 2);
    luaL_newlib(L, FUNCTIONS);
    bd_http_server_functions(L);
    return 1;
}
