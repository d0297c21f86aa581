// SPDX-License-Identifier: MIT
#include "serve.h"

#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>

#include "core/check.h"
#include "core/error.h"
#include "core/exchange.h"
#include "core/head.h"
#include "core/http_server.h"
#include "core/json.h"
#include "core/log.h"
#include "core/runtime.h"
#include "core/transport_twin.h"
#include "core/url.h"
#include "sandbox.h"

static const char CONTROL[] = "/_sandbox/";

enum { SILENCE_MS = 3600 * 1000 }; // longer than anybody waits

// Makes the answer arrive broken, as a test has asked for.
static void break_answer(struct bd_server_request *request, const struct bd_exchange *exchange)
{
    size_t len;
    const char *length = bd_head_find(&exchange->head, "content-length", &len);
    if (exchange->fault == BD_FAULT_RESET) {
        bd_server_reset(request);
    } else if (exchange->fault == BD_FAULT_CUT && length != NULL) {
        bd_server_cut(request, exchange->status, &exchange->head, &exchange->answer,
                      (size_t)strtoull(length, NULL, 10));
    } else if (exchange->fault == BD_FAULT_IDLE_TIMEOUT) {
        bd_server_reply(request, 504, &exchange->head, &exchange->answer, SILENCE_MS);
    } else {
        bd_server_drop(request);
    }
}

// A request that the sandbox answers as a vendor.
struct served {
    struct bd_twin_visit visit;
    struct bd_exchange exchange;
    struct bd_runtime *rt;
    struct bd_twin *twin;
    struct bd_server_request *request;
};

static void free_served(struct served *served)
{
    bd_exchange_free(&served->exchange);
    free(served);
}

static void on_answer(struct bd_twin_visit *visit, bool answered, uint64_t delay)
{
    struct served *served = BD_OUTER(visit, struct served, visit);
    struct bd_server_request *request = served->request;
    const struct bd_exchange *exchange = &served->exchange;
    if (answered) {
        bd_log(served->rt->log, BD_LOG_INFO, "%s %.*s: %d", request->method, (int)exchange->url.len,
               exchange->url.data, exchange->status);
        bd_server_reply(request, exchange->status, &exchange->head, &exchange->answer, delay);
    } else {
        break_answer(request, exchange);
    }
    free_served(served);
}

static void on_left(void *arg, struct bd_server_request *request)
{
    struct served *served = request->handler;
    (void)arg;
    bd_twin_leave(served->twin, &served->visit);
    free_served(served);
}

static void answer_as_vendor(lua_State *L, struct bd_server_request *request)
{
    struct served *served = bd_alloc(sizeof *served);
    served->visit = (struct bd_twin_visit){.exchange = &served->exchange, .done = on_answer};
    served->rt = bd_runtime_of(L);
    served->twin = bd_sandbox_get(L);
    served->request = request;
    request->handler = served;
    bd_exchange_reset(&served->exchange);
    served->exchange.method = request->method;
    bd_server_url(request, &served->exchange.url);
    bd_buf_add(&served->exchange.body, request->body.data, request->body.len);
    bd_twin_visit(served->twin, &served->visit, &request->headers);
}

// ------------------------------------------------------------------------------------------------
// Control

static void reply_json(lua_State *L, struct bd_server_request *request, int status)
{
    struct bd_buf head = {0};
    struct bd_buf body = {0};
    struct bd_json_fault fault;
    bd_buf_add_text(&head, "Content-Type: application/json\r\n");
    if (!bd_json_encode(L, -1, 0, &body, &fault)) {
        bd_buf_reset(&body, 0);
        bd_buf_add_text(&body, "{}");
    }
    bd_server_reply(request, status, &head, &body, 0);
    bd_buf_free(&head);
    bd_buf_free(&body);
}

// Protected: (request as light userdata, vendor, command) -> {result = ...}
static int l_control(lua_State *L)
{
    struct bd_server_request *request = lua_touserdata(L, 1);
    struct bd_json_fault fault;
    lua_newtable(L);
    if (request->body.len > 0 &&
        !bd_json_decode(L, request->body.data, request->body.len, 0, &fault)) {
        return bd_error(L, BD_ARGUMENT, "the body is no JSON: %s", fault.message);
    }
    int args = lua_gettop(L);
    lua_createtable(L, 0, 1);
    bd_twin_control(L, bd_sandbox_get(L), lua_tostring(L, 2), lua_tostring(L, 3), args);
    lua_setfield(L, -2, "result");
    return 1;
}

// Only a program of this machine may tell the sandbox what to do, not a page that somebody's browser shows:
// with each POST the browser says whose page it is, and of another host's it names that host.
static bool may_control(const struct bd_server_request *request, const struct bd_url *url)
{
    struct bd_buf host = {0};
    size_t len;
    bool from_a_page = bd_head_find(&request->headers, "origin", &len) != NULL;
    bd_url_host(&host, url);
    const char *name = bd_buf_text(&host);
    bool local = strcmp(name, "127.0.0.1") == 0 || strcmp(name, "localhost") == 0 ||
                 strcmp(name, "::1") == 0;
    bd_buf_free(&host);
    return local && !from_a_page && strcmp(request->method, "POST") == 0;
}

static void answer_control(lua_State *L, struct bd_server_request *request,
                           const struct bd_url *url)
{
    const char *rest = url->path + sizeof CONTROL - 1;
    size_t len = url->path_len - (sizeof CONTROL - 1);
    const char *slash = memchr(rest, '/', len);
    if (slash == NULL || !may_control(request, url)) {
        bd_server_reply(request, slash == NULL ? 404 : 403, NULL, NULL, 0);
        return;
    }
    int top = lua_gettop(L);
    lua_pushcfunction(L, l_control);
    lua_pushlightuserdata(L, request);
    lua_pushlstring(L, rest, (size_t)(slash - rest));
    lua_pushlstring(L, slash + 1, len - (size_t)(slash - rest) - 1);
    int status = lua_pcall(L, 3, 1, 0);
    if (status != LUA_OK) {
        if (!bd_error_is_error(L, -1)) {
            bd_error_push(L, BD_INTERNAL, "%s", bd_error_describe(L, -1));
        }
        lua_createtable(L, 0, 1);
        lua_insert(L, -2);
        lua_setfield(L, -2, "error");
    }
    reply_json(L, request, status == LUA_OK ? 200 : 400);
    lua_settop(L, top);
}

static void on_request(void *arg, struct bd_server_request *request)
{
    struct bd_runtime *rt = arg;
    struct bd_url url;
    struct bd_buf text = {0};
    bd_server_url(request, &text);
    if (bd_url_parse(&url, text.data, text.len) != NULL) {
        bd_server_reply(request, 400, NULL, NULL, 0);
    } else if (url.path_len >= sizeof CONTROL - 1 &&
               memcmp(url.path, CONTROL, sizeof CONTROL - 1) == 0) {
        answer_control(rt->L, request, &url);
    } else {
        answer_as_vendor(rt->L, request);
    }
    bd_buf_free(&text);
}

int bd_sandbox_serve(lua_State *L)
{
    enum { IDLE_S = 30 };
    struct bd_runtime *rt = bd_runtime_of(L);
    char wrong[256];
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_getfield(L, 1, "host");
    lua_getfield(L, 1, "port");
    (void)bd_sandbox_get(L); // raises here rather than at the first request
    struct bd_server_options options = bd_server_defaults;
    options.name = "the sandbox";
    options.host = luaL_checkstring(L, -2);
    options.port = (unsigned)luaL_checkinteger(L, -1);
    options.idle_s = IDLE_S;
    options.on_request = on_request;
    options.on_left = on_left;
    options.arg = rt;
    struct bd_http_server *server = bd_http_server_open(rt, &options, wrong, sizeof wrong);
    if (server == NULL) {
        return bd_error(L, BD_IO, "the sandbox cannot be served: %s", wrong);
    }
    lua_pushinteger(L, (lua_Integer)bd_http_server_port(server));
    return 1;
}
