// SPDX-License-Identifier: MIT
#include "observe.h"

#include <lauxlib.h>
#include <string.h>

#include "error.h"
#include "head.h"
#include "log.h"
#include "request.h"
#include "runtime.h"
#include "task.h"

static const double MICROSECONDS = 1e6;

bool bd_observe_tells(const struct bd_runtime *rt)
{
    return rt->tell_ref > 0;
}

void bd_observe_tell(lua_State *L)
{
    struct bd_runtime *rt = bd_runtime_of(L);
    luaL_checkstack(L, 8, "report");
    lua_rawgeti(L, LUA_REGISTRYINDEX, rt->tell_ref);
    lua_Integer count = lua_istable(L, -1) ? (lua_Integer)lua_rawlen(L, -1) : 0;
    for (lua_Integer i = 1; i <= count; i++) {
        lua_rawgeti(L, -1, i);
        lua_pushvalue(L, -3);
        if (lua_pcall(L, 1, 0, 0) != LUA_OK) {
            bd_log(rt->log, BD_LOG_WARN, "a request cannot be reported: %s",
                   bd_error_describe(L, -1));
            lua_pop(L, 2);
        }
    }
    lua_pop(L, 2);
}

// ------------------------------------------------------------------------------------------------
// Requests

// Pushes a text without the secrets in it. [-0, +1]
static void push_masked(lua_State *L, const char *text, size_t len,
                        const struct bd_mask *const *secrets, size_t count)
{
    struct bd_buf from = {0};
    bd_buf_add(&from, text, len);
    for (size_t i = 0; i <= count; i++) {
        const struct bd_mask *mask = i < count ? secrets[i] : &bd_runtime_of(L)->log->mask;
        struct bd_buf to = {0};
        if (from.len > 0 && bd_mask_hits(mask, from.data, from.len)) {
            bd_mask_apply(mask, &to, from.data, from.len);
            bd_buf_free(&from);
            from = to;
        }
    }
    char *copy = lua_newuserdatauv(L, from.len + 1, 0); // owned by Lua before the text is made
    size_t copied = from.len;
    if (copied > 0) {
        memcpy(copy, from.data, copied);
    }
    bd_buf_free(&from);
    lua_pushlstring(L, copy, copied);
    lua_replace(L, -2);
}

static void set_seconds(lua_State *L, const char *name, int64_t microseconds)
{
    if (microseconds >= 0) {
        lua_pushnumber(L, (lua_Number)microseconds / MICROSECONDS);
        lua_setfield(L, -2, name);
    }
}

static void set_result(lua_State *L, int status, enum bd_fault fault)
{
    if (status != 0) {
        lua_pushinteger(L, status);
        lua_setfield(L, -2, "status");
    }
    if (fault != BD_FAULT_NONE) {
        lua_pushstring(L, bd_fault_text(fault));
        lua_setfield(L, -2, "fault");
    }
}

static void push_attempt(lua_State *L, const struct bd_attempt *attempt)
{
    lua_createtable(L, 0, 8);
    set_seconds(L, "begun", attempt->begun);
    set_seconds(L, "ended", attempt->ended);
    set_result(L, attempt->status, attempt->fault);
    set_seconds(L, "resolved", attempt->times.resolved);
    set_seconds(L, "connected", attempt->times.connected);
    set_seconds(L, "secured", attempt->times.secured);
    set_seconds(L, "sent", attempt->times.sent);
    set_seconds(L, "answered", attempt->times.answered);
}

static void set_attempts(lua_State *L, const struct bd_request *request)
{
    unsigned kept = request->attempts < BD_ATTEMPTS_KEPT ? request->attempts : BD_ATTEMPTS_KEPT;
    lua_newtable(L);
    for (unsigned i = 0; i < kept; i++) {
        push_attempt(L, &request->log[i]);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    lua_setfield(L, -2, "attempts");
    lua_pushinteger(L, (lua_Integer)request->attempts);
    lua_setfield(L, -2, "tries");
    set_seconds(L, "queued", kept > 0 ? request->log[0].begun : -1);
}

struct hidden {
    const struct bd_mask *const *secrets;
    size_t count;
};

static void set_masked(lua_State *L, const char *name, const struct bd_buf *text,
                       const struct hidden *hidden)
{
    push_masked(L, text->data, text->len, hidden->secrets, hidden->count);
    lua_setfield(L, -2, name);
}

static void set_size(lua_State *L, const char *name, size_t size)
{
    lua_pushinteger(L, (lua_Integer)size);
    lua_setfield(L, -2, name);
}

static void set_headers(lua_State *L, const struct bd_headers *headers, const struct hidden *hidden)
{
    lua_newtable(L);
    for (size_t i = 0; headers != NULL && i < headers->count; i++) {
        const char *line = headers->lines[i];
        push_masked(L, line, strlen(line), hidden->secrets, hidden->count);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    lua_setfield(L, -2, "headers");
}

static void set_answer(lua_State *L, const struct bd_exchange *exchange,
                       const struct hidden *hidden)
{
    struct bd_head_line line;
    lua_Integer count = 0;
    lua_newtable(L);
    for (size_t at = 0; bd_head_next(&exchange->head, &at, &line);) {
        push_masked(L, line.name, line.name_len, NULL, 0);
        lua_pushliteral(L, ": ");
        push_masked(L, line.value, line.value_len, hidden->secrets, hidden->count);
        lua_concat(L, 3);
        lua_rawseti(L, -2, ++count);
    }
    lua_setfield(L, -2, "answer_headers");
    set_size(L, "head_size", exchange->head.len);
    set_size(L, "answer_size", exchange->answer.len);
    lua_pushstring(L, exchange->protocol);
    lua_setfield(L, -2, "protocol");
}

static void set_task(lua_State *L)
{
    const struct bd_task *task = bd_task_current(L);
    if (task != NULL) {
        lua_pushinteger(L, (lua_Integer)task->number);
        lua_setfield(L, -2, "task");
        bd_task_push_label(L);
        lua_setfield(L, -2, "label");
    }
}

void bd_observe_set_request(lua_State *L, const struct bd_request *request,
                            const struct bd_mask *const *secrets, size_t count)
{
    const struct bd_runtime *rt = bd_runtime_of(L);
    const struct bd_exchange *exchange = &request->exchange;
    const struct hidden hidden = {.secrets = secrets, .count = count};
    luaL_checkstack(L, 8, "request");
    lua_pushstring(L, exchange->method);
    lua_setfield(L, -2, "method");
    set_masked(L, "url", &exchange->url, &hidden);
    set_size(L, "body_size", exchange->has_body ? exchange->body.len : 0);
    if (exchange->has_body && rt->tell_bodies) {
        set_masked(L, "body", &exchange->body, &hidden);
    }
    if (rt->tell_answers) {
        set_masked(L, "answer", &exchange->answer, &hidden);
    }
    set_headers(L, exchange->headers, &hidden);
    set_answer(L, exchange, &hidden);
    set_result(L, exchange->status, exchange->fault);
    lua_pushstring(L, bd_outcome_name(bd_request_outcome(request)));
    lua_setfield(L, -2, "outcome");
    set_attempts(L, request);
    set_seconds(L, "begun", request->begun);
    set_task(L);
}

// ------------------------------------------------------------------------------------------------
// The module

static bool option(lua_State *L, const char *name, bool usual)
{
    bool on = usual;
    if (lua_istable(L, 2)) {
        on = lua_getfield(L, 2, name) == LUA_TNIL ? usual : lua_toboolean(L, -1);
        lua_pop(L, 1);
    }
    return on;
}

// tell(fn [, {bodies = true, answers = false}]): fn is called with a table when a request is over
// (bd_observe_set_request); of a vendor's it has also operation, vendor, profile, sandbox, effect, params, decoded
// (seconds), and result or failure. It must return at once, and all that watch get the same table. tell(nil): nobody watches.
static int l_tell(lua_State *L)
{
    struct bd_runtime *rt = bd_runtime_of(L);
    if (lua_isnoneornil(L, 1)) {
        luaL_unref(L, LUA_REGISTRYINDEX, rt->tell_ref > 0 ? rt->tell_ref : LUA_NOREF);
        rt->tell_ref = 0;
        rt->tell_bodies = rt->tell_answers = false;
        return 0;
    }
    luaL_checktype(L, 1, LUA_TFUNCTION);
    rt->tell_bodies = option(L, "bodies", true) || rt->tell_bodies;
    rt->tell_answers = option(L, "answers", false) || rt->tell_answers;
    if (rt->tell_ref <= 0) {
        lua_newtable(L);
        rt->tell_ref = luaL_ref(L, LUA_REGISTRYINDEX);
    }
    lua_rawgeti(L, LUA_REGISTRYINDEX, rt->tell_ref);
    lua_pushvalue(L, 1);
    lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
    return 0;
}

// now(): seconds by the clock that `begun` is told by.
static int l_now(lua_State *L)
{
    int64_t now = bd_loop_microseconds(&bd_runtime_of(L)->loop);
    lua_pushnumber(L, (lua_Number)now / MICROSECONDS);
    return 1;
}

// hide(text): the text without the secrets of the run.
static int l_hide(lua_State *L)
{
    size_t len;
    const char *text = luaL_checklstring(L, 1, &len);
    push_masked(L, text, len, NULL, 0);
    return 1;
}

int bd_observe_module(lua_State *L)
{
    static const luaL_Reg FUNCTIONS[] = {
        {"tell", l_tell}, {"now", l_now}, {"hide", l_hide}, {NULL, NULL}};
    luaL_newlib(L, FUNCTIONS);
    return 1;
}
