// SPDX-License-Identifier: MIT
// The errors that an answer, or its absence, makes.
#include <lauxlib.h>
#include <string.h>

#include "core/head.h"
#include "core/json.h"
#include "read_internal.h"

void bd_read_set_outcome(struct reading *reading, enum bd_outcome outcome)
{
    const struct bd_call *call = reading->call;
    if (bd_operation_effect(call->callable->op, call->variant) != BD_EFFECT_READ) {
        bd_error_text(reading->L, "outcome", bd_outcome_name(outcome));
    }
}

// Fields that every error of a call has; the error value is on top.
void bd_read_set_context(struct reading *reading)
{
    lua_State *L = reading->L;
    const struct bd_call *call = reading->call;
    const struct bd_exchange *exchange = &call->request.exchange;
    bd_error_text(L, "vendor", call->callable->vendor->name);
    bd_error_text(L, "operation", call->callable->name);
    if (exchange->status != 0 && exchange->mail == NULL) { // a mail server's is its code
        bd_error_integer(L, "status", exchange->status);
    }
    bd_request_error_fields(L, &call->request);
}

// The first bytes of the answer, and what it says it is.
static void set_excerpt(struct reading *reading)
{
    lua_State *L = reading->L;
    const struct bd_exchange *exchange = &reading->call->request.exchange;
    size_t len;
    bd_excerpt_push(L, reading->call, reading->first);
    bd_error_value(L, "response");
    const char *type = bd_head_find(&exchange->head, "content-type", &len);
    if (type != NULL) {
        bd_excerpt_push_masked(L, type, len);
        bd_error_value(L, "content_type");
    }
}

void bd_read_push_fault(struct reading *reading)
{
    const struct bd_request *request = &reading->call->request;
    bd_request_push_fault(reading->L, request);
    bd_read_set_context(reading);
    bd_read_set_outcome(reading, bd_request_outcome(request));
    if (request->exchange.answer.len > 0) {
        set_excerpt(reading);
    }
}

// A token server says with 400 what others say with 401 (RFC 6749, 5.2).
static bool refuses_client(struct reading *reading, int answer)
{
    static const char *const WORDS[] = {"invalid_client", "unauthorized_client", "invalid_grant"};
    lua_State *L = reading->L;
    const struct bd_callable *callable = reading->call->callable;
    const char *operation = callable->vendor->auth.operation;
    if (answer == 0 || operation == NULL || strcmp(callable->op->name, operation) != 0) {
        return false;
    }
    const char *word = lua_getfield(L, answer, "error") == LUA_TSTRING ? lua_tostring(L, -1) : "";
    bool refused = false;
    for (size_t i = 0; i < sizeof WORDS / sizeof *WORDS; i++) {
        refused = refused || strcmp(WORDS[i], word) == 0;
    }
    lua_pop(L, 1);
    return refused;
}

static const char *const SENTENCES[] = {
    [BD_AUTH] = "the vendor does not accept the credentials",
    [BD_PERMISSION] = "the account may not do this",
    [BD_NOT_FOUND] = "there is no such thing at the vendor",
    [BD_CONFLICT] = "it contradicts what is there",
    [BD_RATE_LIMIT] = "too many requests",
    [BD_SERVER] = "the vendor's server failed",
    [BD_REJECTED] = "the vendor refused the request",
};
static const char CREDENTIALS_HINT[] = "Check the credentials of the profile.";

static enum bd_kind kind_of_status(int status)
{
    switch (status) {
    case 401:
        return BD_AUTH;
    case 403:
        return BD_PERMISSION;
    case 404:
    case 410:
        return BD_NOT_FOUND;
    case 409:
        return BD_CONFLICT;
    case 429:
        return BD_RATE_LIMIT;
    default:
        return status >= 500 ? BD_SERVER : BD_REJECTED;
    }
}

// The words of an answer without an envelope; pushes a text or nil.
static void push_words(struct reading *reading, int answer)
{
    static const char *const NAMES[] = {"error_description", "error_message", "message", "error"};
    lua_State *L = reading->L;
    for (size_t i = 0; answer != 0 && i < sizeof NAMES / sizeof *NAMES; i++) {
        if (lua_getfield(L, answer, NAMES[i]) == LUA_TTABLE) { // {"error": {"message": ...}}
            lua_getfield(L, -1, "message");
            lua_replace(L, -2);
        }
        if (lua_type(L, -1) == LUA_TSTRING) {
            size_t len;
            const char *words = lua_tolstring(L, -1, &len);
            bd_excerpt_push_masked(L, words, len);
            lua_replace(L, -2);
            return;
        }
        lua_pop(L, 1);
    }
    lua_pushnil(L);
}

// What the catalogue says of the HTTP status, for vendors that have no other codes.
static const struct bd_vendor_error *error_of_status(const struct reading *reading)
{
    const struct bd_callable *callable = reading->call->callable;
    bool own_codes = callable->vendor->envelope.code != NULL && !callable->op->not_enveloped;
    int status = reading->call->request.exchange.status;
    return own_codes ? NULL : bd_operation_error(callable->vendor, callable->op, status);
}

// Vendors without codes of their own say with the HTTP status what is wrong.
static bool codes_are_statuses(const struct reading *reading)
{
    return reading->call->callable->vendor->envelope.code == NULL;
}

// Adds the vendor's words to the message of the error on top, unless the catalogue knows what its code means: a
// status says less than that.
static void show_words(struct reading *reading, const struct bd_vendor_error *known,
                       const char *words)
{
    lua_State *L = reading->L;
    if (words == NULL || *words == '\0' || (known != NULL && !codes_are_statuses(reading))) {
        return;
    }
    lua_getfield(L, -1, "message");
    bd_excerpt_push_words(L, reading->call, reading->first, words);
    lua_pushfstring(L, "%s: %s", lua_tostring(L, -2), lua_tostring(L, -1));
    lua_setfield(L, -4, "message");
    lua_pop(L, 2);
}

static void set_meaning(struct reading *reading, const struct bd_vendor_error *known,
                        enum bd_kind kind)
{
    lua_State *L = reading->L;
    if (known != NULL) {
        bd_error_text(L, "meaning", known->meaning);
        bd_error_text(L, "hint", known->hint);
    } else if (kind == BD_AUTH) {
        bd_error_text(L, "hint", CREDENTIALS_HINT);
    } else if (reading->call->request.has_retry_after) {
        lua_pushfstring(L, "The vendor asks to wait %I s.",
                        (LUAI_UACINT)(reading->call->request.retry_after_ms / 1000));
        bd_error_value(L, "hint");
    }
}

void bd_read_push_status_error(struct reading *reading, int answer)
{
    lua_State *L = reading->L;
    const struct bd_request *request = &reading->call->request;
    int status = request->exchange.status;
    const struct bd_vendor_error *known = error_of_status(reading);
    enum bd_kind kind = known != NULL ? known->kind : kind_of_status(status);
    kind = refuses_client(reading, answer) ? BD_AUTH : kind;
    push_words(reading, answer);
    const char *words = lua_tostring(L, -1);
    bd_error_push(L, kind, "%s", known != NULL ? known->meaning : SENTENCES[kind]);
    bd_read_set_context(reading);
    bd_read_set_outcome(reading, bd_request_outcome(request));
    bd_error_text(L, "vendor_message", words);
    show_words(reading, known, words);
    bd_error_boolean(L, "retryable", bd_request_retryable(request));
    set_meaning(reading, known, kind);
    set_excerpt(reading);
    lua_replace(L, -2);
}

// Adds to the message of the error on top what came instead: the type and the first characters.
static void show_beginning(lua_State *L)
{
    enum { SHOWN = 60 };
    lua_getfield(L, -1, "message");
    lua_getfield(L, -2, "content_type");
    lua_getfield(L, -3, "response");
    const char *type = lua_isstring(L, -2) ? lua_tostring(L, -2) : "no content type";
    size_t len = 0;
    const char *text = lua_tolstring(L, -1, &len);
    lua_pushlstring(L, text != NULL ? text : "", len < SHOWN ? len : SHOWN);
    lua_pushfstring(L, "%s (%s%s%s%s)", lua_tostring(L, -4), type, len > 0 ? "; it begins: " : "",
                    lua_tostring(L, -1), len > SHOWN ? "..." : "");
    lua_setfield(L, -6, "message");
    lua_pop(L, 4);
}

void bd_read_push_decode_error(struct reading *reading, const char *what, const char *detail)
{
    lua_State *L = reading->L;
    const struct bd_request *request = &reading->call->request;
    bool empty = request->exchange.answer.len == 0 && request->exchange.status < 300;
    bd_error_push(L, BD_DECODE, "%s%s%s", empty ? "the answer is empty" : what,
                  empty || detail == NULL ? "" : ": ", empty || detail == NULL ? "" : detail);
    bd_read_set_context(reading);
    // The vendor answered 2xx: most likely it was done, but nothing readable says so.
    bd_read_set_outcome(reading, BD_OUTCOME_UNKNOWN);
    bd_error_boolean(L, "retryable", false);
    set_excerpt(reading);
    show_beginning(L);
}

// ------------------------------------------------------------------------------------------------
// Refusals in the vendor's envelope

static void add_kept_fields(struct reading *reading, int answer)
{
    lua_State *L = reading->L;
    const char *const *name = reading->call->callable->op->error_fields;
    for (; name != NULL && *name != NULL; name++) {
        if (lua_getfield(L, answer, *name) == LUA_TNIL) {
            lua_pop(L, 1);
            continue;
        }
        lua_getfield(L, -2, "message");
        const char *value = luaL_tolstring(L, -2, NULL);
        lua_pushfstring(L, "%s (%s %s)", lua_tostring(L, -2), *name, value);
        lua_setfield(L, -5, "message");
        lua_pop(L, 3);
    }
}

// What a refusal with a code that the catalogue does not list means, by its status.
static enum bd_kind kind_of_refusal(const struct reading *reading)
{
    int status = reading->call->request.exchange.status;
    return status >= 400 ? kind_of_status(status) : BD_REJECTED;
}

// Whether it may be about a part only: success is told by the absence of errors, and this one has no code.
static bool may_be_partial(const struct reading *reading, bool has_code)
{
    return reading->call->callable->vendor->envelope.failure != NULL &&
           reading->call->request.exchange.status < 300 && !has_code;
}

// Whether the vendor did it although it says that it failed. With a code of the catalogue it refused; a
// status says what it says of any answer.
static enum bd_outcome outcome_of_refusal(const struct reading *reading, bool known, bool has_code)
{
    const struct bd_request *request = &reading->call->request;
    int status = request->exchange.status;
    if (codes_are_statuses(reading) && status >= 300) {
        return bd_request_outcome(request);
    }
    bool certain = known || (status < 500 && !may_be_partial(reading, has_code));
    return certain && !request->maybe_done ? BD_OUTCOME_NONE : BD_OUTCOME_UNKNOWN;
}

// Pushes what holds the vendor's code and words: the answer, or its member that is there in refusals only.
// [-0, +1]
static void push_details(struct reading *reading, int answer)
{
    lua_State *L = reading->L;
    const char *failure = reading->call->callable->vendor->envelope.failure;
    lua_pushvalue(L, answer);
    if (failure == NULL || lua_getfield(L, answer, failure) == LUA_TNIL) {
        lua_settop(L, answer + 1);
        return;
    }
    lua_replace(L, -2);
}

// Pushes the vendor's code, or nil; of a list that of its first element. [-0, +1]
static void push_code(struct reading *reading, int details)
{
    lua_State *L = reading->L;
    if (codes_are_statuses(reading)) {
        lua_pushinteger(L, reading->call->request.exchange.status);
        return;
    }
    lua_pushvalue(L, details);
    if (bd_json_is_array(L, -1)) {
        lua_rawgeti(L, -1, 1);
        lua_replace(L, -2);
    }
    if (lua_istable(L, -1)) {
        lua_getfield(L, -1, reading->call->callable->vendor->envelope.code);
    } else {
        lua_pushnil(L); // words alone
    }
    lua_replace(L, -2);
}

// Replaces what is on top by the words in it, or nil.
static void take_words(struct reading *reading)
{
    lua_State *L = reading->L;
    if (lua_istable(L, -1)) {
        lua_getfield(L, -1, reading->call->callable->vendor->envelope.message);
        lua_replace(L, -2);
    }
    if (lua_type(L, -1) != LUA_TSTRING) {
        lua_pop(L, 1);
        lua_pushnil(L);
    }
}

// Pushes the vendor's words, or nil; of a list those of all its elements. [-0, +1]
static void push_words_of(struct reading *reading, int details)
{
    enum { MOST = 20 };
    lua_State *L = reading->L;
    if (!bd_json_is_array(L, details)) {
        lua_pushvalue(L, details);
        take_words(reading);
        return;
    }
    lua_pushnil(L);
    lua_Integer count = (lua_Integer)lua_rawlen(L, details);
    for (lua_Integer i = 1; i <= count && i <= MOST; i++) {
        lua_rawgeti(L, details, i);
        take_words(reading);
        if (lua_isnil(L, -1)) {
            lua_pop(L, 1);
        } else if (lua_isnil(L, -2)) {
            lua_replace(L, -2);
        } else {
            lua_pushliteral(L, "; ");
            lua_insert(L, -2);
            lua_concat(L, 3);
        }
    }
}

// Pushes the vendor's code and words, each or nil, in place of the details on top. [-1, +2]
static void push_code_and_words(struct reading *reading)
{
    int details = lua_gettop(reading->L);
    push_code(reading, details);
    push_words_of(reading, details);
    lua_remove(reading->L, details);
}

static const char *sentence_of_refusal(const struct reading *reading,
                                       const struct bd_vendor_error *known, enum bd_kind kind,
                                       bool has_code)
{
    const struct bd_call *call = reading->call;
    bool reads = bd_operation_effect(call->callable->op, call->variant) == BD_EFFECT_READ;
    if (known != NULL) {
        return known->meaning;
    }
    return may_be_partial(reading, has_code) && !reads
               ? "the vendor reports errors; part of it may have been done"
               : SENTENCES[kind];
}

void bd_read_push_refusal(struct reading *reading, int answer)
{
    lua_State *L = reading->L;
    const struct bd_call *call = reading->call;
    const struct bd_callable *callable = call->callable;
    bool own_code = !codes_are_statuses(reading);
    bd_excerpt_mask_texts(L, answer);
    push_details(reading, answer);
    push_code_and_words(reading);
    int is_number = 0; // or its digits
    lua_Integer code = lua_tointegerx(L, -2, &is_number);
    bool has_code = own_code && is_number != 0;
    const char *words = lua_tostring(L, -1);
    const struct bd_vendor_error *known =
        is_number ? bd_operation_error(callable->vendor, callable->op, code) : NULL;
    enum bd_kind kind = known != NULL ? known->kind : kind_of_refusal(reading);
    bool final = known != NULL && own_code; // its code says that it will not do
    bd_error_push(L, kind, "%s", sentence_of_refusal(reading, known, kind, has_code));
    bd_read_set_context(reading);
    bd_read_set_outcome(reading, outcome_of_refusal(reading, known != NULL, has_code));
    bd_error_boolean(L, "retryable", !final && bd_request_retryable(&call->request));
    bd_error_text(L, "vendor_message", words); // masked above
    show_words(reading, known, words);
    if (has_code) {
        bd_error_integer(L, "code", code);
    }
    set_meaning(reading, known, kind);
    lua_pushvalue(L, answer);
    bd_error_value(L, "response");
    add_kept_fields(reading, answer);
    lua_replace(L, -3);
    lua_pop(L, 1);
}
