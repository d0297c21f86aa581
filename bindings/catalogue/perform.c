// SPDX-License-Identifier: MIT
#include "perform.h"

#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>

#include "arguments.h"
#include "core/check.h"
#include "core/gate.h"
#include "core/head.h"
#include "core/log.h"
#include "core/observe.h"
#include "core/runtime.h"
#include "core/secret.h"
#include "core/url.h"
#include "effect.h"
#include "observed.h"
#include "vendor_module.h"

// The stack of a call, kept until it ends: an error that shows an answer masks what was sent.
enum { PARAMS = 1, OPTIONS, DEFAULTS, VALUES };

// ------------------------------------------------------------------------------------------------
// Ending a call

// Gives the page on top its methods; what asks for the next one is this same function. [-0, +0]
static void add_pages(lua_State *L, const struct bd_paging *paging)
{
    int answer = lua_gettop(L);
    lua_getglobal(L, "require");
    lua_pushliteral(L, "beadle.catalogue.pages");
    lua_call(L, 1, 1);
    lua_getfield(L, -1, "of_operation");
    lua_pushvalue(L, answer);
    lua_pushstring(L, paging->items);
    lua_pushstring(L, paging->next);
    for (int i = 1; i <= 3; i++) {
        lua_pushvalue(L, lua_upvalueindex(i));
    }
    lua_pushcclosure(L, bd_perform, 3);
    lua_pushvalue(L, PARAMS);
    lua_pushvalue(L, OPTIONS);
    lua_call(L, 6, 0);
    lua_settop(L, answer);
}

// Gives the call back and returns or raises what is on top.
static int end_call(lua_State *L, struct bd_call *call, bool ok)
{
    struct bd_runtime *rt = bd_runtime_of(L);
    const struct bd_request *request = &call->request;
    const struct bd_paging *paging = call->callable->op->paging;
    if (rt->log->level >= BD_LOG_DEBUG) {
        bd_log(rt->log, BD_LOG_DEBUG, "%s: %s %d, %u attempt(s), %s", call->callable->name,
               request->exchange.mail != NULL ? "SMTP" : "HTTP", request->exchange.status,
               request->attempts, ok ? "ok" : "failed");
    }
    if (request->exchange.timed) {
        bd_observed_tell(L, call, VALUES, ok);
    }
    bd_call_give(rt, call);
    if (ok && paging != NULL) {
        add_pages(L, paging);
    }
    return ok ? 1 : bd_error_raise(L);
}

static bool fetches_token(const struct bd_callable *callable)
{
    const char *operation = callable->vendor->auth.operation;
    return operation != NULL && strcmp(callable->op->name, operation) == 0;
}

static int fail_interrupted(lua_State *L, struct bd_call *call)
{
    if (fetches_token(call->callable)) {
        call->account->fetch_given_up = true;
    }
    call->request.interrupted = true;
    bd_read_interruption(L, call);
    return end_call(L, call, false);
}

// The time was over before the call could be sent.
static int fail_late(lua_State *L, struct bd_call *call)
{
    bd_request_end_late(&call->request);
    return end_call(L, call, bd_read_answer(L, call, VALUES));
}

// ------------------------------------------------------------------------------------------------
// Token

static int sign_and_send(lua_State *L, struct bd_call *call);
static int send_signed(lua_State *L, struct bd_call *call);
static int answered(lua_State *L, int status, lua_KContext context);

// A token becomes part of a header. [-0, +0]
static bool token_is_clean(lua_State *L, const struct bd_account *account, int answer)
{
    size_t len = 0;
    lua_getfield(L, answer, account->vendor->auth.token);
    const char *token = bd_secret_value(L, -1, &len);
    bool clean = token != NULL && bd_head_value_ok(token, len);
    lua_pop(L, 1);
    return clean;
}

// Takes the token from the answer on top, or replaces it by an error. [-1, +1]
static bool take_token(lua_State *L, const struct bd_call *call)
{
    struct bd_account *account = call->account;
    if (token_is_clean(L, account, lua_gettop(L))) {
        bd_account_set_token(L, account, lua_gettop(L));
        return true;
    }
    const struct bd_vendor *vendor = account->vendor;
    bd_error_push(L, BD_DECODE, "the token holds a line break or another control character");
    bd_error_text(L, "vendor", vendor->name);
    lua_pushfstring(L, "%s.%s", vendor->name, vendor->auth.operation);
    bd_error_value(L, "operation");
    lua_replace(L, -2);
    return false;
}

static bool is_retryable(lua_State *L)
{
    if (!bd_error_is_error(L, -1)) {
        return false;
    }
    lua_getfield(L, -1, "retryable");
    bool retryable = lua_toboolean(L, -1);
    lua_pop(L, 1);
    return retryable;
}

// Notes the error on top for all that wait for this token.
static void share_failure(lua_State *L, const struct bd_call *call)
{
    struct bd_account *account = call->account;
    account->failure_may_pass = call->request.most_attempts == 1 && is_retryable(L);
    luaL_unref(L, LUA_REGISTRYINDEX, account->failure_ref);
    lua_pushvalue(L, -1);
    account->failure_ref = luaL_ref(L, LUA_REGISTRYINDEX);
    account->failed_fetch = account->fetches;
}

// Replaces the error on top, which others have too, by one of this call's own. [-1, +1]
static void copy_error(lua_State *L)
{
    int shared = lua_gettop(L);
    lua_newtable(L);
    lua_pushnil(L);
    while (lua_next(L, shared) != 0) {
        lua_pushvalue(L, -2);
        lua_insert(L, -2);
        lua_rawset(L, shared + 1);
    }
    if (lua_getmetatable(L, shared)) {
        lua_setmetatable(L, shared + 1);
    }
    lua_replace(L, shared);
}

// Raises the error on top: there is no token, so the call was not sent, this time.
static int fail_without_token(lua_State *L, struct bd_call *call)
{
    bool maybe_done = call->request.maybe_done;
    bd_call_give(bd_runtime_of(L), call);
    if (bd_error_is_error(L, -1)) {
        if (maybe_done) {
            copy_error(L);
        }
        bd_error_text(L, "outcome",
                      bd_outcome_name(maybe_done ? BD_OUTCOME_UNKNOWN : BD_OUTCOME_NONE));
    }
    return bd_error_rethrow(L);
}

static int token_fetched(lua_State *L, int status, lua_KContext context)
{
    struct bd_call *call = (struct bd_call *)context; // NOLINT
    struct bd_account *account = call->account;
    account->fetching = false; // first of all: what follows may raise for want of memory
    bd_turns_wake_all(&account->token_turns); // they run when this is over
    bool ok = (status == LUA_OK || status == LUA_YIELD) && take_token(L, call);
    // Stopped, or out of the time that was left to this one call: that says nothing about the token.
    bool given_up = account->fetch_given_up || bd_error_is(L, -1, BD_CANCELLED) ||
                    (call->fetch_is_short && bd_error_is(L, -1, BD_TIMEOUT));
    if (!ok && !given_up) {
        share_failure(L, call);
    }
    if (!ok) {
        return fail_without_token(L, call);
    }
    lua_pop(L, 1);
    return send_signed(L, call);
}

static int token_waited(lua_State *L, int status, lua_KContext context)
{
    struct bd_call *call = (struct bd_call *)context; // NOLINT
    struct bd_account *account = call->account;
    (void)status;
    switch (bd_request_turn_of(L, &call->request)) {
    case BD_TURN_STOPPED:
        return fail_interrupted(L, call);
    case BD_TURN_LATE:
        return fail_late(L, call);
    default:
        break;
    }
    bool tries_again = account->failure_may_pass && call->request.most_attempts > 1;
    if (account->failed_fetch == call->fetch && !tries_again) {
        lua_rawgeti(L, LUA_REGISTRYINDEX, account->failure_ref);
        return fail_without_token(L, call);
    }
    // A token that was just fetched is used whatever lifetime it claims to have.
    bool fetched = account->signed_headers[0] != NULL && account->generation != call->generation;
    return fetched ? send_signed(L, call) : sign_and_send(L, call);
}

// The options of the call that fetches a token for this one.
static void push_fetch_options(lua_State *L, const struct bd_call *call, uint64_t time_left)
{
    lua_createtable(L, 0, 2);
    lua_pushnumber(L, (lua_Number)time_left / 1000);
    lua_setfield(L, -2, "timeout");
    lua_pushboolean(L, call->request.most_attempts > 1);
    lua_setfield(L, -2, "retry");
}

static int fetch_token(lua_State *L, struct bd_call *call)
{
    struct bd_account *account = call->account;
    uint64_t left = bd_request_time_left(L, &call->request);
    if (left == 0) {
        return fail_late(L, call);
    }
    if (account->fetching) {
        call->fetch = account->fetches;
        call->generation = account->generation;
        return bd_request_queue(L, &call->request, &account->token_turns, (lua_KContext)call,
                                token_waited);
    }
    if (bd_task_current(L)->why != BD_WHY_NONE) {
        return fail_interrupted(L, call);
    }
    bd_vendor_push_token_operation(L, account);
    lua_pushnil(L);
    push_fetch_options(L, call, left);
    // From here to token_fetched nothing may be raised: the others would wait for nobody.
    account->fetching = true;
    account->fetch_given_up = false;
    account->fetches++;
    call->fetch_is_short = left < account->options.total_ms;
    int status = lua_pcallk(L, 2, 1, 0, (lua_KContext)call, token_fetched);
    return token_fetched(L, status, (lua_KContext)call);
}

// ------------------------------------------------------------------------------------------------
// Sending

static bool needs_token(const struct bd_call *call)
{
    return call->callable->vendor->auth.operation != NULL && !call->callable->op->without_token;
}

static int send_signed(lua_State *L, struct bd_call *call)
{
    struct bd_account *account = call->account;
    struct bd_exchange *exchange = &call->request.exchange;
    bool json = call->callable->body != BD_IN_FORM || call->callable->bodiless;
    struct bd_headers *common =
        needs_token(call) ? account->signed_headers[json] : account->plain_headers[json];
    bd_headers_drop(exchange->headers);
    exchange->headers = NULL;
    if (exchange->mail == NULL) {
        exchange->headers = bd_build_headers(L, call, VALUES, common);
    }
    call->generation = account->generation;
    return bd_request_run(L, &call->request, (lua_KContext)call, answered);
}

static int sign_and_send(lua_State *L, struct bd_call *call)
{
    if (needs_token(call) && !bd_account_token_fresh(L, call->account)) {
        return fetch_token(L, call);
    }
    return send_signed(L, call);
}

static int answered(lua_State *L, int status, lua_KContext context)
{
    struct bd_call *call = (struct bd_call *)context; // NOLINT
    const struct bd_request *request = &call->request;
    (void)status;
    if (request->interrupted) {
        return fail_interrupted(L, call);
    }
    bool refused = request->exchange.fault == BD_FAULT_NONE && request->exchange.status == 401;
    if (refused && needs_token(call) && !call->signed_again) {
        call->signed_again = true; // the token ended early: once more with a new one
        bd_account_drop_token(call->account, call->generation);
        return sign_and_send(L, call);
    }
    const struct bd_loop *loop = &bd_runtime_of(L)->loop;
    int64_t begun = request->exchange.timed ? bd_loop_microseconds(loop) : 0;
    bool ok = bd_read_answer(L, call, VALUES);
    call->decode_us = request->exchange.timed ? bd_loop_microseconds(loop) - begun : 0;
    return end_call(L, call, ok);
}

// ------------------------------------------------------------------------------------------------
// The function that a script calls

// The option page is the address of another page, as an answer named it: the request goes there instead. It
// carries the profile's credentials, so it goes to the profile's host only.
static void take_page(lua_State *L, struct bd_call *call, int options)
{
    struct bd_exchange *exchange = &call->request.exchange;
    struct bd_url base;
    struct bd_url page;
    struct bd_buf url = {0};
    size_t len = 0;
    const char *link =
        lua_getfield(L, options, "page") == LUA_TSTRING ? lua_tolstring(L, -1, &len) : NULL;
    bool none = lua_isnil(L, -1);
    bool legal =
        link != NULL && bd_url_parse(&base, exchange->url.data, exchange->url.len) == NULL &&
        bd_url_resolve(&url, &base, link, len) && bd_url_parse(&page, url.data, url.len) == NULL;
    bool foreign = legal && !bd_url_same_origin(&base, &page);
    if (legal && !foreign) {
        bd_buf_reset(&exchange->url, 1024);
        bd_buf_add(&exchange->url, url.data, url.len);
    }
    bd_buf_free(&url);
    lua_pop(L, 1);
    if (none || (legal && !foreign)) {
        return;
    }
    const char *name = call->callable->name;
    const char *vendor = call->callable->vendor->name;
    bd_call_give(bd_runtime_of(L), call);
    bd_error_push(L, BD_DECODE,
                  foreign ? "the next page lies at another host than the profile's"
                          : "the next page has no usable address");
    bd_error_text(L, "vendor", vendor);
    bd_error_text(L, "operation", name);
    bd_error_raise(L);
}

// No transport takes a longer address, and no server is known to.
static void refuse_long_address(lua_State *L, struct bd_call *call)
{
    size_t len = call->request.exchange.url.len;
    if (len <= BD_URL_LONGEST) {
        return;
    }
    const struct bd_callable *callable = call->callable;
    const struct bd_field *longest = bd_build_longest(L, call, VALUES);
    bd_call_give(bd_runtime_of(L), call);
    bd_error_push(L, BD_ARGUMENT,
                  "the address would have %d characters, more than %d; most of them are %s",
                  (int)len, BD_URL_LONGEST, longest != NULL ? longest->name : "the profile's");
    bd_error_text(L, "vendor", callable->vendor->name);
    bd_error_text(L, "operation", callable->name);
    bd_error_text(L, "outcome", "none");
    bd_error_raise(L);
}

// ------------------------------------------------------------------------------------------------
// The gate

enum { UPVALUES = 4 }; // of `send`: those of bd_perform, then the call

static int send_gated(lua_State *L)
{
    struct bd_call *call = lua_touserdata(L, lua_upvalueindex(UPVALUES));
    bd_gate_enter(L, UPVALUES);
    bd_request_begin(L, &call->request);
    return sign_and_send(L, call);
}

static int frame_of(const struct bd_callable *callable)
{
    return VALUES - 1 + (int)callable->count;
}

static int gate_passed(lua_State *L, int status, lua_KContext context)
{
    struct bd_call *call = (struct bd_call *)context; // NOLINT
    bool ok = status == LUA_OK || status == LUA_YIELD;
    // Once sent, the call may be another task's already.
    if (!bd_gate_sent(L, frame_of(lua_touserdata(L, lua_upvalueindex(2))))) {
        bd_call_give(bd_runtime_of(L), call);
    }
    return ok ? 1 : bd_error_rethrow(L);
}

// Ends as the gate on top decides. [-1, +1]
static int pass_gate(lua_State *L, struct bd_call *call)
{
    bd_effect_push(L, call, VALUES);
    for (int i = 1; i < UPVALUES; i++) {
        lua_pushvalue(L, lua_upvalueindex(i));
    }
    lua_pushlightuserdata(L, call);
    return bd_gate_pass(L, frame_of(call->callable), UPVALUES, send_gated, (lua_KContext)call,
                        gate_passed);
}

// operation(parameters [, options]): the vendor's answer as a table. Raises an error value. Upvalues: the
// client, the callable, the interned names of its parameters.
int bd_perform(lua_State *L)
{
    struct bd_client *client = lua_touserdata(L, lua_upvalueindex(1));
    const struct bd_callable *callable = lua_touserdata(L, lua_upvalueindex(2));
    lua_settop(L, OPTIONS);
    bd_arguments_check(L, callable, PARAMS, OPTIONS);
    bd_task_may_wait(L, callable->name);
    struct bd_account *account = bd_client_account(L, client);
    bool has_defaults = client->has_defaults && !callable->op->without_common;
    (void)lua_getiuservalue(L, lua_upvalueindex(1), 1);
    const struct bd_variant *variant = callable->variant;
    uint64_t given = bd_check_params(L, callable, account, lua_isnil(L, PARAMS) ? 0 : PARAMS,
                                     has_defaults ? DEFAULTS : 0, lua_upvalueindex(3), &variant);
    struct bd_call_options options = bd_arguments_options(L, callable, account, OPTIONS);
    (void)bd_account_endpoint(L, account,
                              callable->op->endpoint); // raises when it is not configured
    (void)bd_account_headers(L, account, false);       // and so does this
    struct bd_call *call = bd_call_take(bd_runtime_of(L));
    call->callable = callable;
    call->variant = variant;
    call->given = given;
    call->account = account;
    call->signed_again = false;
    bd_build_request(L, call, VALUES);
    refuse_long_address(L, call);
    if (!lua_isnil(L, OPTIONS)) {
        take_page(L, call, OPTIONS);
    }
    call->request.most_attempts = options.attempts;
    call->request.time_limit = options.time_limit;
    call->request.exchange.timed = bd_observe_tells(bd_runtime_of(L));
    call->decode_us = 0;
    if (bd_task_push_gate_for(L, bd_operation_effect(callable->op, variant) != BD_EFFECT_READ)) {
        return pass_gate(L, call);
    }
    bd_request_begin(L, &call->request);
    return sign_and_send(L, call);
}
