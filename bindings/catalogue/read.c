// SPDX-License-Identifier: MIT
// Reads the answer of a call: a result that has what the catalogue promises, or an error value. Nothing is
// raised here but for want of memory; the caller gives the call back first.
#include <lauxlib.h>
#include <string.h>
#include <strings.h>

#include "core/head.h"
#include "core/json.h"
#include "core/url.h"
#include "read_internal.h"
#include "type.h"

// ------------------------------------------------------------------------------------------------
// Results

static bool accept_fields(struct reading *reading, int object, const struct bd_field *fields,
                          struct bd_buf *wrong);

static bool accept_elements(struct reading *reading, int container, const struct bd_field *field,
                            struct bd_buf *wrong)
{
    lua_State *L = reading->L;
    bool ok = true;
    lua_pushnil(L);
    while (ok && lua_next(L, container) != 0) {
        ok = lua_istable(L, -1);
        if (!ok) {
            bd_buf_addf(wrong, "an element of %s is no object", field->name);
        }
        ok = ok && accept_fields(reading, lua_gettop(L), field->fields, wrong);
        lua_pop(L, 1);
    }
    return ok; // a failing loop leaves a key behind: the caller resets the stack
}

static bool accept_value(struct reading *reading, int index, const struct bd_field *field,
                         struct bd_buf *wrong)
{
    lua_State *L = reading->L;
    if (!field->type->accept(L, index, field)) {
        bd_buf_addf(wrong, "%s is not %s", field->name, field->type->what);
        return false;
    }
    const struct bd_field whole = bd_call_field(L, reading->call->callable, reading->first, field);
    if (whole.fields == NULL) {
        return true;
    }
    return field->type == &bd_object ? accept_fields(reading, index, whole.fields, wrong)
                                     : accept_elements(reading, index, &whole, wrong);
}

static bool accept_fields(struct reading *reading, int object, const struct bd_field *fields,
                          struct bd_buf *wrong)
{
    lua_State *L = reading->L;
    luaL_checkstack(L, 8, "answer");
    for (const struct bd_field *field = fields; field != NULL && field->name != NULL; field++) {
        int type = lua_getfield(L, object, field->name);
        if (type == LUA_TNIL && (field->flags & BD_NULLABLE)) {
            lua_pop(L, 1);
            continue;
        }
        if (type == LUA_TNIL) {
            bd_buf_addf(wrong, "it lacks %s", field->name);
            return false;
        }
        int index = lua_gettop(L);
        if (!accept_value(reading, index, field, wrong)) {
            return false;
        }
        lua_settop(L, index);
        lua_setfield(L, object, field->name);
    }
    return true;
}

static bool accept_result(struct reading *reading, int answer, struct bd_buf *wrong)
{
    const struct bd_operation *op = reading->call->callable->op;
    const struct bd_field result = {
        .name = "the answer", .fields = op->result, .fields_of = op->result_of};
    const struct bd_field whole =
        bd_call_field(reading->L, reading->call->callable, reading->first, &result);
    bool object = lua_istable(reading->L, answer) && !bd_json_is_array(reading->L, answer);
    switch (op->result_kind) {
    case BD_RESULT_OBJECT:
        return accept_fields(reading, answer, whole.fields, wrong);
    case BD_RESULT_LIST:
    case BD_RESULT_EACH:
        return whole.fields == NULL || accept_elements(reading, answer, &whole, wrong);
    case BD_RESULT_NONE:
        return !object || accept_fields(reading, answer, whole.fields, wrong);
    default:
        return true;
    }
}

// null is how a server says that it has nothing to say.
static void replace_null(struct reading *reading, int answer)
{
    lua_State *L = reading->L;
    if (!bd_json_is_null(L, answer)) {
        return;
    }
    if (reading->call->callable->op->result_kind == BD_RESULT_NONE) {
        lua_newtable(L);
    } else {
        lua_pushnil(L);
    }
    lua_replace(L, answer);
}

// Takes an object out of the list of one that it came in.
static void unwrap(lua_State *L, int answer, const char *member)
{
    if (lua_getfield(L, answer, member) == LUA_TTABLE && bd_json_is_array(L, -1) &&
        lua_rawlen(L, -1) == 1) {
        lua_rawgeti(L, -1, 1);
        lua_replace(L, answer);
    }
    lua_settop(L, answer);
}

// `said_so`: its envelope says that it was done.
static bool read_result(struct reading *reading, int answer, bool said_so)
{
    lua_State *L = reading->L;
    struct bd_buf wrong = {0};
    const char *wrapped_in = reading->call->callable->op->wrapped_in;
    if (wrapped_in != NULL) {
        unwrap(L, answer, wrapped_in);
    }
    if (accept_result(reading, answer, &wrong)) {
        lua_settop(L, answer);
        replace_null(reading, answer);
        return true;
    }
    lua_settop(L, answer);
    lua_pushstring(L, bd_buf_text(&wrong));
    bd_buf_free(&wrong);
    bd_read_push_decode_error(reading, "the answer is not what the vendor's document promises",
                              lua_tostring(L, -1));
    if (said_so) {
        bd_read_set_outcome(reading, BD_OUTCOME_DONE);
    }
    lua_replace(L, answer);
    lua_settop(L, answer);
    return false;
}

// ------------------------------------------------------------------------------------------------
// Answers that are no JSON

static bool flag_was_sent(const struct reading *reading, const char *name)
{
    const struct bd_callable *callable = reading->call->callable;
    for (size_t i = 0; i < callable->count; i++) {
        bool given = (reading->call->given & (UINT64_C(1) << i)) != 0;
        if (given && strcmp(callable->params[i]->name, name) == 0) {
            size_t len;
            int index = reading->first + (int)i;
            return callable->params[i]->type->text(reading->L, index, NULL, &len) != NULL;
        }
    }
    return false;
}

// The answer of that kind, if the call asked for one. Where it asked for two, the vendor chooses.
static const struct bd_answer *asked_answer(const struct reading *reading, enum bd_answer_kind kind)
{
    const struct bd_answer *answer = reading->call->callable->op->answers;
    for (; answer != NULL && answer->field.name != NULL; answer++) {
        if (answer->kind == kind &&
            (answer->when == NULL || flag_was_sent(reading, answer->when))) {
            return answer;
        }
    }
    return NULL;
}

// What an operation that answers with JSON only when it refuses should have done; NULL: it may answer so.
static const char *missing_answer(const struct reading *reading)
{
    const struct bd_answer *answer = reading->call->callable->op->answers;
    if (asked_answer(reading, BD_ANSWER_BYTES) != NULL) {
        return "the vendor answers with JSON where a file should come";
    }
    if (answer == NULL || answer->field.name == NULL || answer->when != NULL) {
        return NULL;
    }
    switch (answer->kind) {
    case BD_ANSWER_HTML:
        return "the vendor answers with JSON where HTML should come";
    default:
        return "the vendor answers where it should redirect";
    }
}

static bool push_link(struct reading *reading, const struct bd_answer *wanted)
{
    lua_State *L = reading->L;
    const struct bd_exchange *exchange = &reading->call->request.exchange;
    size_t len;
    const char *location = bd_head_find(&exchange->head, "location", &len);
    struct bd_url base;
    struct bd_buf link = {0};
    bool ok = location != NULL &&
              bd_url_parse(&base, exchange->url.data, exchange->url.len) == NULL &&
              bd_url_resolve(&link, &base, location, len);
    if (wanted == NULL || !ok) {
        bd_buf_free(&link);
        bd_read_push_decode_error(reading,
                                  wanted == NULL ? "the vendor redirects where it should answer"
                                                 : "the vendor redirects to no usable address",
                                  NULL);
        return false;
    }
    lua_createtable(L, 0, 1);
    lua_pushlstring(L, link.data, link.len);
    bd_buf_free(&link);
    lua_setfield(L, -2, wanted->field.name);
    return true;
}

// Whether the answer's content type begins like that.
static bool is_media(const struct bd_exchange *exchange, const char *wanted)
{
    size_t len;
    const char *type = bd_head_find(&exchange->head, "content-type", &len);
    return type != NULL && len >= strlen(wanted) && strncasecmp(type, wanted, strlen(wanted)) == 0;
}

// True when the last thing in the answer is the end of a tag.
static bool ends_with_tag(const struct bd_exchange *exchange)
{
    size_t len = exchange->answer.len;
    while (len > 0 && strchr(" \t\r\n", exchange->answer.data[len - 1]) != NULL) {
        len--;
    }
    return len > 0 && exchange->answer.data[len - 1] == '>';
}

// ------------------------------------------------------------------------------------------------
// The whole

// How the vendor says in its envelope whether it was done.
enum verdict { SAYS_NOTHING, DONE, REFUSED, UNCLEAR };

static enum verdict read_envelope(struct reading *reading, int answer)
{
    lua_State *L = reading->L;
    const struct bd_callable *callable = reading->call->callable;
    const struct bd_envelope *envelope = &callable->vendor->envelope;
    if (callable->op->not_enveloped) {
        return SAYS_NOTHING;
    }
    if (envelope->failure != NULL) {
        int type = lua_getfield(L, answer, envelope->failure);
        bool none = type == LUA_TNIL ||
                    (type == LUA_TTABLE && bd_json_is_array(L, -1) && lua_rawlen(L, -1) == 0);
        lua_pop(L, 1);
        if (!none) {
            return REFUSED;
        }
    }
    if (envelope->ok == NULL) {
        return SAYS_NOTHING;
    }
    int type = lua_getfield(L, answer, envelope->ok);
    bool ok = lua_toboolean(L, -1);
    lua_pop(L, 1);
    if (type == LUA_TNIL && envelope->failure != NULL) {
        return SAYS_NOTHING; // the absence of errors has said it
    }
    if (type != LUA_TBOOLEAN) {
        return UNCLEAR;
    }
    return ok ? DONE : REFUSED;
}

static bool fits_kind(lua_State *L, int answer, enum bd_result_kind kind)
{
    switch (kind) {
    case BD_RESULT_OBJECT:
        return lua_istable(L, answer) && !bd_json_is_array(L, answer);
    case BD_RESULT_LIST:
        return bd_json_is_array(L, answer);
    case BD_RESULT_EACH:
        return lua_istable(L, answer);
    default:
        return true;
    }
}

static const char *unfit(enum bd_result_kind kind)
{
    switch (kind) {
    case BD_RESULT_LIST:
        return "the answer is no JSON list";
    case BD_RESULT_EACH:
        return "the answer is neither a JSON list nor an object";
    default:
        return "the answer is no JSON object";
    }
}

static bool read_json(struct reading *reading)
{
    lua_State *L = reading->L;
    const struct bd_call *call = reading->call;
    const struct bd_operation *op = call->callable->op;
    const struct bd_exchange *exchange = &call->request.exchange;
    struct bd_json_fault fault;
    unsigned flags = op->nan_allowed ? BD_JSON_ALLOW_NAN : 0;
    bool decoded = bd_json_decode(L, exchange->answer.data, exchange->answer.len, flags, &fault);
    if (!decoded) {
        lua_pushnil(L);
    }
    int answer = lua_gettop(L);
    bool object = decoded && lua_istable(L, answer) && !bd_json_is_array(L, answer);
    enum verdict verdict = object ? read_envelope(reading, answer) : SAYS_NOTHING;
    if (verdict == REFUSED) {
        bd_read_push_refusal(reading, answer);
    } else if (exchange->status >= 400) {
        bd_read_push_status_error(reading, object ? answer : 0);
    } else if (!decoded) {
        bd_read_push_decode_error(reading, "the answer is no JSON", fault.message);
    } else if (!fits_kind(L, answer, op->result_kind)) {
        bd_read_push_decode_error(reading, unfit(op->result_kind), NULL);
    } else if (verdict == UNCLEAR) {
        bd_read_push_decode_error(reading, "the answer does not say whether it was done",
                                  call->callable->vendor->envelope.ok);
    } else if (missing_answer(reading) != NULL) {
        bd_read_push_decode_error(reading, missing_answer(reading), NULL);
    } else {
        return read_result(reading, answer, verdict == DONE);
    }
    lua_replace(L, answer);
    return false;
}

// Pushes a result of one text: the whole answer. [-0, +1]
static void push_whole(struct reading *reading, const struct bd_answer *wanted)
{
    lua_State *L = reading->L;
    const struct bd_exchange *exchange = &reading->call->request.exchange;
    lua_createtable(L, 0, 2);
    lua_pushlstring(L, exchange->answer.data, exchange->answer.len);
    lua_setfield(L, -2, wanted->field.name);
    if (wanted->kind == BD_ANSWER_BYTES) {
        size_t len;
        const char *type = bd_head_find(&exchange->head, "content-type", &len);
        lua_pushlstring(L, type, len);
        lua_setfield(L, -2, "content_type");
    }
}

static bool read_html(struct reading *reading, const struct bd_answer *wanted)
{
    const struct bd_exchange *exchange = &reading->call->request.exchange;
    if (exchange->length_unknown && !ends_with_tag(exchange)) {
        bd_read_push_decode_error(reading, "the answer ended too early", NULL);
        return false;
    }
    push_whole(reading, wanted);
    return true;
}

bool bd_read_answer(lua_State *L, struct bd_call *call, int first)
{
    struct reading reading = {.L = L, .call = call, .first = first};
    const struct bd_exchange *exchange = &call->request.exchange;
    bool good = exchange->status < 300;
    luaL_checkstack(L, 20, "answer");
    if (exchange->mail != NULL) {
        return bd_read_mail(&reading);
    }
    if (exchange->fault != BD_FAULT_NONE) {
        bd_read_push_fault(&reading);
        return false;
    }
    if (exchange->status >= 300 && exchange->status < 400) {
        return push_link(&reading, asked_answer(&reading, BD_ANSWER_REDIRECT));
    }
    if (good && exchange->answer.len == 0 && call->callable->op->result_kind == BD_RESULT_NONE) {
        lua_newtable(L);
        return true;
    }
    const struct bd_answer *html = asked_answer(&reading, BD_ANSWER_HTML);
    if (html != NULL && good && is_media(exchange, "text/html") && exchange->answer.len > 0) {
        return read_html(&reading, html);
    }
    const struct bd_answer *bytes = asked_answer(&reading, BD_ANSWER_BYTES);
    if (bytes != NULL && good && is_media(exchange, bytes->media) && exchange->answer.len > 0) {
        push_whole(&reading, bytes);
        return true;
    }
    return read_json(&reading);
}

void bd_read_interruption(lua_State *L, struct bd_call *call)
{
    struct reading reading = {.L = L, .call = call};
    bd_task_push_cancellation(L);
    bd_read_set_context(&reading);
    lua_pushnil(L);
    bd_error_value(L, "status"); // no answer came that anybody read
    bd_read_set_outcome(&reading, bd_request_outcome(&call->request));
}
