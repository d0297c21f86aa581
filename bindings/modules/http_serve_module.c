// SPDX-License-Identifier: MIT
// What Lua calls to open, start and close a server (stdlib/http_server.lua).
#include <lauxlib.h>
#include <string.h>

#include "core/check.h"
#include "core/error.h"
#include "core/runtime.h"
#include "http_serving.h"

static const char SERVER[] = "beadle.http.server";

static uint64_t number(lua_State *L, const char *name)
{
    lua_getfield(L, 1, name);
    lua_Integer value = luaL_checkinteger(L, -1);
    BD_CHECK(value >= 0);
    lua_pop(L, 1);
    return (uint64_t)value;
}

// The text stays in the table.
static const char *text(lua_State *L, const char *name)
{
    lua_getfield(L, 1, name);
    const char *value = luaL_optstring(L, -1, NULL);
    lua_pop(L, 1);
    return value;
}

static void open_http(lua_State *L, struct bd_serving *server)
{
    enum { MS_PER_S = 1000 };
    char wrong[512];
    struct bd_server_options options = bd_server_defaults;
    options.host = text(L, "host");
    options.port = (unsigned)number(L, "port");
    options.max_body = number(L, "max_body");
    options.max_head = number(L, "max_head");
    options.max_connections = (unsigned)number(L, "max_connections");
    options.idle_s = (unsigned)((number(L, "idle_ms") + MS_PER_S - 1) / MS_PER_S);
    options.request_ms = number(L, "request_ms");
    options.cert_file = text(L, "cert_file");
    options.key_file = text(L, "key_file");
    bd_serving_listen(server, &options);
    server->http = bd_http_server_open(server->rt, &options, wrong, sizeof wrong);
    if (server->http == NULL) {
        bd_error(L, BD_IO, "the server cannot be opened: %s", wrong);
    }
    server->port = bd_http_server_port(server->http);
}

// open{host, port, max_body, max_head, max_connections, idle_ms, request_ms, handler_ms, grace_ms, cert_file,
// key_file}: opens a server that nobody serves yet. All but the last two are needed.
static int l_open(lua_State *L)
{
    struct bd_runtime *rt = bd_runtime_of(L);
    luaL_checktype(L, 1, LUA_TTABLE);
    bd_task_may_wait(L, "http.serve");
    struct bd_serving *server = lua_newuserdatauv(L, sizeof *server, 1);
    *server = (struct bd_serving){.rt = rt, .anchor = LUA_NOREF};
    luaL_setmetatable(L, SERVER);
    server->handler_ms = number(L, "handler_ms");
    server->grace_ms = number(L, "grace_ms");
    lua_pushvalue(L, -1);
    server->anchor = luaL_ref(L, LUA_REGISTRYINDEX);
    open_http(L, server);
    return 1;
}

// start(server, origin, respond, failed): spawns the server's task in the innermost scope.
static int l_start(lua_State *L)
{
    struct bd_serving *server = luaL_checkudata(L, 1, SERVER);
    luaL_checktype(L, 3, LUA_TFUNCTION);
    luaL_checktype(L, 4, LUA_TFUNCTION);
    bd_http_server_set_origin(server->http, luaL_checkstring(L, 2));
    lua_settop(L, 4);
    bd_serving_start(L, server);
    return 0;
}

static int l_port(lua_State *L)
{
    const struct bd_serving *server = luaL_checkudata(L, 1, SERVER);
    lua_pushinteger(L, server->port);
    return 1;
}

static int closed(lua_State *L, int status, lua_KContext context)
{
    (void)status;
    (void)context;
    if (bd_task_interrupted(L)) {
        bd_task_push_cancellation(L);
        return bd_error_rethrow(L);
    }
    return 0;
}

// Waits until the server's task has ended, however it did. One of its own handlers cannot.
static int join(lua_State *L, struct bd_serving *server)
{
    if (server->task == NULL || bd_task_ended(server->task) || bd_task_current(L) == NULL ||
        bd_task_is_within(bd_task_current(L), server->task) || !bd_task_can_wait(L)) {
        return 0;
    }
    bd_task_may_wait(L, "waiting for a server to end");
    return bd_waitlist_wait(L, &server->task->joiners, 0, closed);
}

// close(server): ends it and waits until it has.
static int l_close(lua_State *L)
{
    struct bd_serving *server = luaL_checkudata(L, 1, SERVER);
    if (server->http != NULL) {
        bd_serving_end(server);
    }
    return join(L, server);
}

// wait(server): until it has ended.
static int l_wait(lua_State *L)
{
    return join(L, luaL_checkudata(L, 1, SERVER));
}

// drop(server): closes one that was never started.
static int l_drop(lua_State *L)
{
    struct bd_serving *server = luaL_checkudata(L, 1, SERVER);
    if (server->http != NULL && server->task == NULL) {
        bd_serving_free(server);
    }
    return 0;
}

void bd_http_server_functions(lua_State *L)
{
    static const luaL_Reg FUNCTIONS[] = {
        {"open", l_open}, {"start", l_start}, {"port", l_port},           {"close", l_close},
        {"wait", l_wait}, {"drop", l_drop},   {"decode", bd_http_decode}, {NULL, NULL}};
    bd_http_request_open(L);
    luaL_newmetatable(L, SERVER);
    lua_pop(L, 1);
    luaL_setfuncs(L, FUNCTIONS, 0);
}
