// SPDX-License-Identifier: MIT
#include "transport_twin.h"

#include <lauxlib.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "error.h"
#include "head.h"
#include "json.h"
#include "log.h"
#include "mail.h"
#include "net.h"
#include "runtime.h"
#include "script.h"
#include "secret.h"
#include "twin_internal.h"
#include "url.h"

// An exchange that waits for its answer, or for its answer's time.
struct delivery {
    struct bd_twin_visit visit;
    struct bd_timer timer;
    struct bd_twin *twin;
    uint64_t deadline; // ms of the loop's clock
    bool visit_over;
};

// ------------------------------------------------------------------------------------------------
// Calling the handler

bool bd_twin_handler(struct bd_twin *twin, const char *name, int nargs, int nresults)
{
    lua_State *T = twin->L;
    lua_rawgeti(T, LUA_REGISTRYINDEX, twin->handler_ref);
    lua_getfield(T, -1, name);
    lua_remove(T, -2);
    lua_insert(T, -(nargs + 1));
    if (lua_pcall(T, nargs, nresults, 0) == LUA_OK) {
        return true;
    }
    bd_log(twin->rt->log, BD_LOG_ERROR, "the sandbox failed: %s", bd_error_describe(T, -1));
    lua_settop(T, 0);
    return false;
}

static void push_headers(lua_State *T, const struct bd_buf *headers)
{
    struct bd_head_line line;
    lua_newtable(T);
    for (size_t at = 0; bd_head_next(headers, &at, &line);) {
        char name[64];
        size_t len = line.name_len < sizeof name - 1 ? line.name_len : sizeof name - 1;
        for (size_t i = 0; i < len; i++) {
            char c = line.name[i];
            name[i] = c >= 'A' && c <= 'Z' ? (char)(c + 'a' - 'A') : c;
        }
        name[len] = '\0';
        lua_pushlstring(T, line.value, line.value_len);
        lua_setfield(T, -2, name);
    }
}

static void set_string(lua_State *T, const char *key, const char *text, size_t len)
{
    lua_pushlstring(T, text != NULL ? text : "", text != NULL ? len : 0);
    lua_setfield(T, -2, key);
}

static void push_envelope(lua_State *T, const struct bd_mail *mail)
{
    lua_createtable(T, 0, 3);
    set_string(T, "from", mail->from, strlen(mail->from));
    lua_createtable(T, (int)mail->count, 0);
    for (size_t i = 0; i < mail->count; i++) {
        lua_pushstring(T, mail->to[i]);
        lua_rawseti(T, -2, (lua_Integer)i + 1);
    }
    lua_setfield(T, -2, "to");
    lua_pushboolean(T, mail->step == BD_MAIL_MESSAGE);
    lua_setfield(T, -2, "asked");
}

static void push_request(lua_State *T, const struct bd_exchange *exchange,
                         const struct bd_buf *headers)
{
    struct bd_url url;
    struct bd_buf host = {0};
    const char *wrong = exchange->mail != NULL
                            ? bd_url_parse_mail(&url, exchange->url.data, exchange->url.len)
                            : bd_url_parse(&url, exchange->url.data, exchange->url.len);
    BD_CHECK(wrong == NULL);
    lua_createtable(T, 0, 10);
    set_string(T, "method", exchange->method, strlen(exchange->method));
    set_string(T, "url", url.text, url.len);
    bd_url_host(&host, &url);
    set_string(T, "host", host.data, host.len);
    bd_buf_free(&host);
    lua_pushinteger(T, (lua_Integer)url.port);
    lua_setfield(T, -2, "port");
    set_string(T, "path", url.path_len > 0 ? url.path : "/", url.path_len > 0 ? url.path_len : 1);
    if (url.query != NULL) {
        set_string(T, "query", url.query, url.query_len);
    }
    set_string(T, "body", exchange->body.data, exchange->body.len);
    push_headers(T, headers);
    lua_setfield(T, -2, "headers");
    if (exchange->mail != NULL) {
        push_envelope(T, exchange->mail);
        lua_setfield(T, -2, "envelope");
    }
}

static void take_headers(lua_State *T, struct bd_exchange *exchange)
{
    if (lua_getfield(T, -1, "headers") == LUA_TTABLE) {
        lua_pushnil(T);
        while (lua_next(T, -2) != 0) {
            lua_pushvalue(T, -2);
            bd_buf_addf(&exchange->head, "%s: %s\r\n", lua_tostring(T, -1), lua_tostring(T, -2));
            lua_pop(T, 2);
        }
    }
    lua_pop(T, 1);
}

// The fault that an answer names: what shall go wrong on its way.
static enum bd_fault named_fault(const char *name)
{
    static const struct {
        const char *name;
        enum bd_fault fault;
    } NAMES[] = {{"lost", BD_FAULT_EMPTY},
                 {"reset", BD_FAULT_RESET},
                 {"cut", BD_FAULT_CUT},
                 {"refused", BD_FAULT_CONNECT},
                 {"silent", BD_FAULT_IDLE_TIMEOUT}};
    for (size_t i = 0; name != NULL && i < BD_COUNT(NAMES); i++) {
        if (strcmp(NAMES[i].name, name) == 0) {
            return NAMES[i].fault;
        }
    }
    return BD_FAULT_NONE;
}

// To which command of a session the reply on top is.
static void take_step(lua_State *T, struct bd_mail *mail)
{
    lua_getfield(T, -1, "step");
    lua_getfield(T, -2, "recipient");
    if (!lua_isstring(T, -2) || !bd_mail_step_find(lua_tostring(T, -2), &mail->step)) {
        mail->step = BD_MAIL_MESSAGE;
    }
    mail->recipient = (size_t)lua_tointeger(T, -1);
    lua_pop(T, 2);
}

// Takes the answer on top of the twin's stack. False: it does not arrive whole, and `fault` says how.
static bool take_answer(lua_State *T, struct bd_exchange *exchange, uint64_t *delay)
{
    lua_getfield(T, -1, "status");
    exchange->status = (int)lua_tointeger(T, -1);
    lua_getfield(T, -2, "body");
    size_t len = 0;
    const char *body = lua_tolstring(T, -1, &len);
    bd_buf_add(&exchange->answer, body, len);
    lua_getfield(T, -3, "delay");
    *delay = lua_isnumber(T, -1) ? (uint64_t)ceil(lua_tonumber(T, -1) * 1000) : 0;
    lua_getfield(T, -4, "fault");
    exchange->fault = named_fault(lua_tostring(T, -1));
    lua_pop(T, 4);
    if (exchange->mail != NULL) {
        take_step(T, exchange->mail);
    } else {
        take_headers(T, exchange);
    }
    exchange->sent = true;
    return exchange->fault == BD_FAULT_NONE;
}

static void link_visit(struct bd_twin *twin, struct bd_twin_visit *visit)
{
    visit->left = NULL;
    visit->right = twin->visits;
    if (visit->right != NULL) {
        visit->right->left = visit;
    }
    twin->visits = visit;
}

static void unlink_visit(struct bd_twin *twin, struct bd_twin_visit *visit)
{
    *(visit->left != NULL ? &visit->left->right : &twin->visits) = visit->right;
    if (visit->right != NULL) {
        visit->right->left = visit->left;
    }
}

void bd_twin_settle(struct bd_twin *twin, struct bd_twin_visit *visit)
{
    lua_State *T = twin->L;
    struct bd_exchange *exchange = visit->exchange;
    uint64_t delay = 0;
    bool answered = true;
    if (!lua_istable(T, -1)) {
        exchange->status = 500;
        bd_buf_add_text(&exchange->head, "Content-Type: text/plain\r\n");
        bd_buf_add_text(&exchange->answer, "the sandbox failed; its log says why\n");
    } else if (lua_getfield(T, -1, "later") == LUA_TNUMBER) {
        visit->waits_for = lua_tointeger(T, -1);
        lua_settop(T, 0);
        return;
    } else {
        lua_pop(T, 1);
        answered = take_answer(T, exchange, &delay);
    }
    lua_settop(T, 0);
    unlink_visit(twin, visit);
    visit->done(visit, answered, delay);
}

void bd_twin_visit(struct bd_twin *twin, struct bd_twin_visit *visit, const struct bd_buf *headers)
{
    visit->waits_for = 0;
    link_visit(twin, visit);
    push_request(twin->L, visit->exchange, headers);
    if (!bd_twin_handler(twin, "handle", 1, 1)) {
        lua_pushnil(twin->L);
    }
    bd_twin_settle(twin, visit);
    bd_twin_tick(twin);
}

void bd_twin_leave(struct bd_twin *twin, struct bd_twin_visit *visit)
{
    unlink_visit(twin, visit);
}

struct at_once {
    struct bd_twin_visit visit;
    uint64_t *delay;
    bool over, answered;
};

static void on_answer_at_once(struct bd_twin_visit *visit, bool answered, uint64_t delay)
{
    struct at_once *at_once = BD_OUTER(visit, struct at_once, visit);
    at_once->over = true;
    at_once->answered = answered;
    *at_once->delay = delay;
}

bool bd_twin_answer(struct bd_twin *twin, struct bd_exchange *exchange,
                    const struct bd_buf *headers, uint64_t *delay)
{
    struct at_once at_once = {.visit = {.exchange = exchange, .done = on_answer_at_once},
                              .delay = delay};
    *delay = 0;
    bd_twin_visit(twin, &at_once.visit, headers);
    if (!at_once.over) {
        bd_twin_leave(twin, &at_once.visit);
    }
    return at_once.answered;
}

// ------------------------------------------------------------------------------------------------
// The transport

static void end_delivery(struct delivery *delivery)
{
    struct bd_exchange *exchange = delivery->visit.exchange;
    exchange->carrier = NULL;
    free(delivery);
    exchange->done(exchange);
}

static void deliver(struct bd_timer *timer)
{
    struct delivery *delivery = BD_OUTER(timer, struct delivery, timer);
    struct bd_exchange *exchange = delivery->visit.exchange;
    if (exchange->fault == BD_FAULT_NONE && exchange->answer.len > exchange->options->max_body) {
        bd_exchange_break(exchange, BD_FAULT_BODY_TOO_LARGE);
    }
    end_delivery(delivery);
}

// The vendor still waits for somebody itself.
static void on_late(struct bd_timer *timer)
{
    struct delivery *delivery = BD_OUTER(timer, struct delivery, timer);
    bd_twin_leave(delivery->twin, &delivery->visit);
    bd_exchange_break(delivery->visit.exchange, BD_FAULT_TIMEOUT);
    end_delivery(delivery);
}

// Ends it with the fault that its answer names; gives after how long that shows.
static uint64_t go_wrong(struct bd_exchange *exchange, uint64_t left)
{
    enum bd_fault fault = exchange->fault;
    uint64_t silence = exchange->options->idle_ms < left ? exchange->options->idle_ms : left;
    bd_exchange_break(exchange, fault);
    exchange->sent = fault != BD_FAULT_CONNECT;
    return fault == BD_FAULT_IDLE_TIMEOUT ? silence : 0;
}

static void on_answer(struct bd_twin_visit *visit, bool answered, uint64_t delay)
{
    struct delivery *delivery = BD_OUTER(visit, struct delivery, visit);
    struct bd_loop *loop = &delivery->twin->rt->loop;
    uint64_t now = bd_loop_now(loop);
    uint64_t left = delivery->deadline > now ? delivery->deadline - now : 0;
    delivery->visit_over = true;
    if (!answered) {
        delay = go_wrong(visit->exchange, left);
    } else if (delay > left) {
        delay = left;
        bd_exchange_break(visit->exchange, BD_FAULT_TIMEOUT);
    }
    bd_loop_disarm(loop, &delivery->timer);
    delivery->timer.fire = deliver;
    bd_loop_arm(loop, &delivery->timer, delay);
}

static void send_exchange(struct bd_transport *transport, struct bd_exchange *exchange)
{
    struct bd_twin *twin = (struct bd_twin *)transport;
    struct bd_loop *loop = &twin->rt->loop;
    struct delivery *delivery = bd_alloc(sizeof *delivery);
    struct bd_buf headers = {0};
    *delivery = (struct delivery){.visit = {.exchange = exchange, .done = on_answer},
                                  .timer = {.fire = on_late},
                                  .twin = twin,
                                  .deadline = bd_loop_now(loop) + exchange->time_limit};
    exchange->carrier = delivery;
    bd_exchange_request_head(exchange, &headers);
    bd_twin_visit(twin, &delivery->visit, &headers);
    bd_buf_free(&headers);
    if (!delivery->visit_over) {
        exchange->sent = true;
        bd_loop_arm(loop, &delivery->timer, exchange->time_limit);
    }
}

static void cancel_exchange(struct bd_transport *transport, struct bd_exchange *exchange)
{
    struct bd_twin *twin = (struct bd_twin *)transport;
    struct delivery *delivery = exchange->carrier;
    bd_loop_disarm(&twin->rt->loop, &delivery->timer);
    if (!delivery->visit_over) {
        bd_twin_leave(twin, &delivery->visit);
    }
    free(delivery);
    exchange->carrier = NULL;
    bd_exchange_break(exchange, BD_FAULT_NONE);
}

struct bd_transport *bd_twin_transport(struct bd_twin *twin)
{
    return &twin->transport;
}

// ------------------------------------------------------------------------------------------------
// Time

static void on_wakeup(struct bd_timer *timer)
{
    bd_twin_tick(BD_OUTER(timer, struct bd_twin, wakeup));
}

void bd_twin_tick(struct bd_twin *twin)
{
    lua_State *T = twin->L;
    if (!bd_twin_handler(twin, "tick", 0, 2)) {
        return;
    }
    double next = lua_isnumber(T, -2) ? lua_tonumber(T, -2) : -1;
    bd_twin_begin_calls(twin);
    lua_settop(T, 0);
    bd_loop_disarm(&twin->rt->loop, &twin->wakeup);
    if (next >= 0) {
        bd_loop_arm(&twin->rt->loop, &twin->wakeup, (uint64_t)ceil(next * 1000) + 1);
    }
}

// ------------------------------------------------------------------------------------------------
// Control

// Values cross from one state to the other as JSON.
static bool copy_value(lua_State *from, int index, lua_State *to)
{
    struct bd_buf text = {0};
    struct bd_json_fault fault;
    bool ok = bd_json_encode(from, index, 0, &text, &fault) &&
              bd_json_decode(to, text.data, text.len, 0, &fault);
    bd_buf_free(&text);
    return ok;
}

static int raise_from(lua_State *L, lua_State *T)
{
    if (bd_error_is_error(T, -1) && copy_value(T, -1, L)) {
        luaL_setmetatable(L, "beadle.error");
    } else {
        bd_error_push(L, BD_INTERNAL, "the sandbox failed: %s", bd_error_describe(T, -1));
    }
    lua_settop(T, 0);
    return bd_error_raise(L);
}

int bd_twin_control(lua_State *L, struct bd_twin *twin, const char *name, const char *command,
                    int args)
{
    lua_State *T = twin->L;
    args = lua_absindex(L, args);
    lua_rawgeti(T, LUA_REGISTRYINDEX, twin->handler_ref);
    lua_getfield(T, -1, "control");
    lua_pushstring(T, name);
    lua_pushstring(T, command);
    if (lua_isnoneornil(L, args)) {
        lua_newtable(T);
    } else if (!copy_value(L, args, T)) {
        lua_settop(T, 0);
        return bd_error(L, BD_ARGUMENT, "sandbox.%s.%s: the arguments have no JSON form", name,
                        command);
    }
    if (lua_pcall(T, 3, 1, 0) != LUA_OK) {
        return raise_from(L, T);
    }
    if (lua_isnil(T, -1)) {
        lua_pushnil(L);
    } else if (!copy_value(T, -1, L)) {
        lua_settop(T, 0);
        return bd_error(L, BD_INTERNAL, "sandbox.%s.%s: the result has no JSON form", name,
                        command);
    }
    lua_settop(T, 0);
    bd_twin_tick(twin);
    return 1;
}

// ------------------------------------------------------------------------------------------------
// Opening and closing

static void detach(void *value)
{
    struct bd_twin *twin = value;
    bd_loop_disarm(&twin->rt->loop, &twin->wakeup);
    BD_CHECK(twin->visits == NULL);
    lua_close(twin->L);
    free(twin);
}

struct opening {
    void (*open)(lua_State *twin);
};

static int l_open(lua_State *T)
{
    const struct opening *opening = lua_touserdata(T, 1);
    lua_settop(T, 0);
    bd_error_open(T);
    bd_secret_open(T);
    bd_json_open(T);
    bd_script_open(T);
    opening->open(T);
    return 1;
}

static int l_wall(lua_State *T)
{
    lua_pushnumber(T, bd_loop_wall(&bd_runtime_of(T)->loop));
    return 1;
}

struct bd_twin *bd_twin_open(lua_State *L, void (*open)(lua_State *twin))
{
    static const char KEY;
    struct bd_runtime *rt = bd_runtime_of(L);
    struct bd_twin *twin = bd_alloc(sizeof *twin);
    struct opening opening = {.open = open};
    twin->rt = rt;
    twin->caller_ref = LUA_NOREF;
    twin->transport.send = send_exchange;
    twin->transport.cancel = cancel_exchange;
    twin->wakeup.fire = on_wakeup;
    twin->L = luaL_newstate();
    BD_CHECK(twin->L != NULL);
    *(struct bd_runtime **)lua_getextraspace(twin->L) = rt;
    lua_pushcfunction(twin->L, l_wall);
    lua_setglobal(twin->L, "wall_clock");
    lua_pushcfunction(twin->L, l_open);
    lua_pushlightuserdata(twin->L, &opening);
    bd_runtime_attach(rt, &KEY, twin, detach);
    if (lua_pcall(twin->L, 1, 1, 0) != LUA_OK) {
        bd_error_push(L, BD_INTERNAL, "the sandbox cannot start: %s",
                      bd_error_describe(twin->L, -1));
        bd_error_raise(L);
    }
    twin->handler_ref = luaL_ref(twin->L, LUA_REGISTRYINDEX);
    return twin;
}
