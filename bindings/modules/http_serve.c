// SPDX-License-Identifier: MIT
// Serving: a task of its own takes the requests in and spawns a task for each. What routes, answers and errors are
// is decided by Lua (stdlib/http_server.lua); here is who waits for whom, and for how long.
//
// The server's task is a child of the scope that opened the server. It ends when the server is closed, or when it is
// cancelled with that scope: then it takes nothing new, gives the handlers under way their grace, cancels those that
// are left, and answers what is still unanswered with 503.
#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>

#include "core/check.h"
#include "core/error.h"
#include "core/head.h"
#include "core/log.h"
#include "core/runtime.h"
#include "core/task.h"
#include "http_serving.h"

// One request and the task that answers it; freed when the task has ended.
struct bd_handling {
    struct bd_serving *server;
    struct bd_server_request *request; // NULL once it is answered, or its client has left
    struct bd_task *task;
    struct bd_task_end end;
    struct bd_timer limit;
    struct bd_handling *left, *right;
};

// ------------------------------------------------------------------------------------------------
// Outside Lua

static void wake_server(struct bd_serving *server)
{
    if (server->is_waiting && !server->rt->closing) {
        server->is_waiting = false;
        bd_task_wake(server->task);
    }
}

static void stop_waiting(struct bd_wait *wait)
{
    BD_OUTER(wait, struct bd_serving, wait)->is_waiting = false;
}

static void on_request(void *arg, struct bd_server_request *request)
{
    struct bd_serving *server = arg;
    request->left = server->last;
    request->right = NULL;
    if (server->last != NULL) {
        server->last->right = request;
    } else {
        server->first = request;
    }
    server->last = request;
    wake_server(server);
}

static void unqueue(struct bd_serving *server, struct bd_server_request *request)
{
    if (request->left != NULL) {
        request->left->right = request->right;
    } else {
        server->first = request->right;
    }
    if (request->right != NULL) {
        request->right->left = request->left;
    } else {
        server->last = request->left;
    }
    request->left = request->right = NULL;
}

static void on_left(void *arg, struct bd_server_request *request)
{
    struct bd_handling *handling = request->handler;
    if (handling == NULL) {
        unqueue(arg, request);
        return;
    }
    handling->request = NULL;
    if (!handling->server->rt->closing) {
        bd_log(handling->server->rt->log, BD_LOG_INFO, "%s %.*s: the client left before the answer",
               request->method, (int)strcspn(request->target, "?"), request->target);
        bd_task_cancel(handling->task, BD_WHY_CANCELLED);
    }
}

static void on_closed(void *arg)
{
    struct bd_serving *server = arg;
    server->http = NULL;
    server->closing = true;
}

static void on_sent(void *arg)
{
    struct bd_serving *server = arg;
    if (server->closing) {
        wake_server(server);
    }
}

static void log_request(const struct bd_serving *server, const struct bd_server_request *request,
                        int status)
{
    struct bd_runtime *rt = server->rt;
    if (rt->log->level < BD_LOG_INFO) {
        return;
    }
    size_t path = strcspn(request->target, "?");
    bd_log(rt->log, BD_LOG_INFO, "%s %.*s%s: %d, %llu ms", request->method, (int)path,
           request->target, request->target[path] != '\0' ? "?..." : "", status,
           (unsigned long long)(bd_loop_now(&rt->loop) - request->began));
}

// Answers a request without asking Lua.
static void reply_plain(const struct bd_serving *server, struct bd_server_request *request,
                        int status, const char *text)
{
    static const char HEAD[] =
        "Content-Type: text/plain; charset=utf-8\r\nCache-Control: no-store\r\n";
    const struct bd_buf head = {.data = (char *)(uintptr_t)HEAD, .len = sizeof HEAD - 1};
    const struct bd_buf body = {.data = (char *)(uintptr_t)text, .len = strlen(text)};
    log_request(server, request, status);
    bd_server_reply(request, status, &head, &body, 0);
}

static void on_limit(struct bd_timer *timer)
{
    struct bd_handling *handling = BD_OUTER(timer, struct bd_handling, limit);
    struct bd_server_request *request = handling->request;
    handling->request = NULL;
    if (request != NULL) {
        bd_log(handling->server->rt->log, BD_LOG_WARN, "%s %.*s: its handler took too long",
               request->method, (int)strcspn(request->target, "?"), request->target);
        reply_plain(handling->server, request, 503, "503: The answer took too long.\n");
    }
    bd_task_cancel(handling->task, BD_WHY_TIMEOUT);
}

static void on_grace_over(struct bd_timer *timer)
{
    struct bd_serving *server = BD_OUTER(timer, struct bd_serving, grace);
    server->hurried = true;
    wake_server(server);
}

// The userdata stays until nobody calls us with it any more.
static void let_go(struct bd_serving *server)
{
    if (server->http == NULL && server->handlings == NULL) {
        luaL_unref(server->rt->L, LUA_REGISTRYINDEX, server->anchor);
        server->anchor = LUA_NOREF;
    }
}

static void on_task_end(struct bd_task_end *end)
{
    struct bd_handling *handling = BD_OUTER(end, struct bd_handling, end);
    struct bd_serving *server = handling->server;
    bd_loop_disarm(&server->rt->loop, &handling->limit);
    if (handling->left != NULL) {
        handling->left->right = handling->right;
    } else {
        server->handlings = handling->right;
    }
    if (handling->right != NULL) {
        handling->right->left = handling->left;
    }
    if (handling->request != NULL && server->http != NULL) { // the task was ended before it began
        reply_plain(server, handling->request, 503, "503: The server is about to end.\n");
    }
    free(handling);
    if (server->closing && server->handlings == NULL) {
        wake_server(server);
    }
    let_go(server);
}

// ------------------------------------------------------------------------------------------------
// One request

// [handling, respond, origin]: respond(request), in a scope of its own: the answer leaves when the tasks that the
// handler has spawned are over, and what they raise counts as the handler's own.
static int in_scope(lua_State *L)
{
    const struct bd_handling *handling = lua_touserdata(L, 1);
    bd_http_request_push(L, handling->request, 3);
    lua_replace(L, 3);
    lua_remove(L, 1);
    return bd_task_scope(L, 1);
}

// The answer on top: status, head, body.
static void reply_results(lua_State *L, struct bd_handling *handling)
{
    size_t head_len = 0;
    size_t body_len = 0;
    struct bd_server_request *request = handling->request;
    const char *head = lua_type(L, -2) == LUA_TSTRING ? lua_tolstring(L, -2, &head_len) : "";
    const char *body = lua_type(L, -1) == LUA_TSTRING ? lua_tolstring(L, -1, &body_len) : "";
    int status = (int)lua_tointeger(L, -3);
    const struct bd_buf head_buf = {.data = (char *)(uintptr_t)head, .len = head_len};
    const struct bd_buf body_buf = {.data = (char *)(uintptr_t)body, .len = body_len};
    handling->request = NULL;
    log_request(handling->server, request, status);
    bd_server_reply(request, status, &head_buf, &body_buf, 0);
}

// failed(error, method, target, accept, traceback) -> status, head, body. [error -> ]
static void reply_error(lua_State *L, struct bd_handling *handling)
{
    const struct bd_server_request *request = handling->request;
    size_t len = 0;
    int error = lua_gettop(L);
    lua_pushvalue(L, lua_upvalueindex(3));
    lua_pushvalue(L, error);
    if (request != NULL) {
        const char *accept = bd_head_find(&request->headers, "accept", &len);
        lua_pushstring(L, request->method);
        lua_pushlstring(L, request->target, strcspn(request->target, "?"));
        lua_pushlstring(L, accept != NULL ? accept : "", len);
    } else {
        lua_pushnil(L);
        lua_pushnil(L);
        lua_pushnil(L);
    }
    bd_task_push_traceback(L, error);
    bool ok = lua_pcall(L, 5, 3, 0) == LUA_OK;
    if (handling->request != NULL && ok) {
        reply_results(L, handling);
    } else if (handling->request != NULL) {
        struct bd_server_request *unanswered = handling->request;
        handling->request = NULL;
        reply_plain(handling->server, unanswered, 500, "500: The request could not be answered.\n");
    }
}

static int handled(lua_State *L, int status, lua_KContext context)
{
    struct bd_handling *handling = (struct bd_handling *)context; // NOLINT
    if (status != LUA_OK && status != LUA_YIELD) {
        reply_error(L, handling);
    } else if (handling->request != NULL) {
        reply_results(L, handling);
    }
    return 0;
}

// (handling); upvalues: respond, origin, failed. The body of a request's task.
static int run_request(lua_State *L)
{
    struct bd_handling *handling = lua_touserdata(L, 1);
    if (handling->request == NULL) {
        return 0;
    }
    lua_pushcfunction(L, in_scope);
    lua_pushvalue(L, 1);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_pushvalue(L, lua_upvalueindex(2));
    int status = lua_pcallk(L, 3, 3, 0, (lua_KContext)handling, handled);
    return handled(L, status, (lua_KContext)handling);
}

// ------------------------------------------------------------------------------------------------
// The server's task. Its stack: [server, run_request].

static void dispatch(lua_State *L, struct bd_serving *server)
{
    if (server->spare == NULL) {
        server->spare = bd_alloc(sizeof *server->spare);
    }
    struct bd_handling *handling = server->spare;
    struct bd_server_request *request = server->first;
    lua_pushvalue(L, 2);
    lua_pushlightuserdata(L, handling);
    struct bd_task *task = bd_task_spawn(L, 1);
    lua_pop(L, 1); // from here on nothing is raised
    server->spare = NULL;
    unqueue(server, request);
    request->handler = handling;
    *handling = (struct bd_handling){.server = server,
                                     .request = request,
                                     .task = task,
                                     .end.ended = on_task_end,
                                     .limit.fire = on_limit,
                                     .right = server->handlings};
    task->end = &handling->end;
    if (server->handlings != NULL) {
        server->handlings->left = handling;
    }
    server->handlings = handling;
    bd_loop_arm(&server->rt->loop, &handling->limit, server->handler_ms);
}

void bd_serving_end(struct bd_serving *server)
{
    if (server->closing) {
        return;
    }
    server->closing = true;
    if (server->http != NULL) {
        bd_http_server_stop(server->http);
    }
    while (server->first != NULL) {
        struct bd_server_request *request = server->first;
        unqueue(server, request);
        reply_plain(server, request, 503, "503: The server is about to end.\n");
    }
    server->grace.fire = on_grace_over;
    bd_loop_arm(&server->rt->loop, &server->grace, server->grace_ms);
    wake_server(server);
}

static void cancel_handlings(struct bd_serving *server)
{
    struct bd_handling *next;
    for (struct bd_handling *handling = server->handlings; handling != NULL; handling = next) {
        next = handling->right;
        struct bd_server_request *request = handling->request;
        handling->request = NULL;
        if (request != NULL) {
            reply_plain(server, request, 503, "503: The server is about to end.\n");
        }
        bd_task_cancel(handling->task, BD_WHY_CLOSING);
    }
}

void bd_serving_free(struct bd_serving *server)
{
    bd_loop_disarm(&server->rt->loop, &server->grace);
    cancel_handlings(server);
    if (server->http != NULL) {
        bd_http_server_close(server->http);
        server->http = NULL;
    }
    free(server->spare);
    server->spare = NULL;
    let_go(server);
}

// However it ended: also before it began.
static void on_server_end(struct bd_task_end *end)
{
    struct bd_serving *server = BD_OUTER(end, struct bd_serving, end);
    if (server->http != NULL) {
        bd_serving_end(server);
        bd_serving_free(server);
    }
}

static int serve(lua_State *L, int status, lua_KContext context)
{
    struct bd_serving *server = lua_touserdata(L, 1);
    (void)status;
    (void)context;
    enum bd_why why = bd_task_current(L)->why;
    if (bd_task_interrupted(L) || (why != BD_WHY_NONE && !server->closing)) {
        // A second time, or when the whole program ends, nobody waits.
        server->hurried = server->closing || why == BD_WHY_CLOSING;
        bd_serving_end(server);
    }
    while (!server->closing && server->first != NULL) {
        dispatch(L, server);
    }
    bool over =
        server->closing &&
        (server->hurried || (server->handlings == NULL &&
                             (server->http == NULL || !bd_http_server_sending(server->http))));
    if (!over) {
        server->wait.stop = stop_waiting;
        server->is_waiting = true;
        return bd_task_wait(L, &server->wait, 0, serve);
    }
    bd_serving_free(server);
    if (why != BD_WHY_NONE) {
        bd_task_push_cancellation(L);
        return bd_error_rethrow(L);
    }
    return 0;
}

static int serve_task(lua_State *L)
{
    return serve(L, LUA_OK, 0);
}

void bd_serving_start(lua_State *L, struct bd_serving *server)
{
    lua_pushcfunction(L, serve_task);
    lua_pushvalue(L, 1);
    lua_pushvalue(L, 3);
    lua_pushvalue(L, 2);
    lua_pushvalue(L, 4);
    lua_pushcclosure(L, run_request, 3);
    server->task = bd_task_spawn(L, 2);
    server->end.ended = on_server_end;
    server->task->end = &server->end;
    lua_setiuservalue(L, 1, 1);
}

void bd_serving_listen(struct bd_serving *server, struct bd_server_options *options)
{
    options->on_request = on_request;
    options->on_left = on_left;
    options->on_sent = on_sent;
    options->on_closed = on_closed;
    options->arg = server;
}
