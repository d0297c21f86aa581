// SPDX-License-Identifier: MIT
// Builds the request of a call from values that passed the checks. A value is encoded for the place that
// it travels in, so it cannot leave that place.
#include <string.h>

#include "call.h"
#include "core/check.h"
#include "core/encode.h"
#include "core/json.h"
#include "path.h"
#include "type.h"

struct build {
    lua_State *L;
    struct bd_call *call;
    int first;
};

// The text of a parameter; NULL when it is not sent.
static const char *text_of(struct build *build, size_t i, size_t *len)
{
    lua_State *L = build->L;
    const struct bd_callable *callable = build->call->callable;
    const struct bd_field *field = callable->params[i];
    int index = build->first + (int)i;
    if ((build->call->given & (UINT64_C(1) << i)) != 0) {
        return field->type->text(L, index, &build->call->scratch, len);
    }
    const struct bd_variant *variant = build->call->variant;
    const char *selector = callable->op->selector;
    if (variant != NULL && selector != NULL && strcmp(selector, field->name) == 0) {
        bd_buf_reset(&build->call->scratch, 64);
        bd_buf_add_integer(&build->call->scratch, variant->value);
        *len = build->call->scratch.len;
        return build->call->scratch.data;
    }
    *len = field->fallback != NULL ? strlen(field->fallback) : 0;
    return field->fallback;
}

// In the query a space is %20, which every server reads, and the "$" of a name stays.
static void add_query_pair(struct bd_buf *out, const char *name, const char *text, size_t len)
{
    if (*name == '$') {
        bd_buf_add_char(out, *name++);
    }
    bd_encode_percent(out, name, strlen(name));
    bd_buf_add_char(out, '=');
    bd_encode_percent(out, text, len);
}

static void add_pair(struct bd_buf *out, bool first, const char *name, const char *text, size_t len)
{
    if (!first) {
        bd_buf_add_char(out, '&');
    }
    bd_encode_form(out, name, strlen(name));
    bd_buf_add_char(out, '=');
    bd_encode_form(out, text, len);
}

static const char *path_value(void *arg, const char *name, size_t name_len, size_t *len)
{
    struct build *build = arg;
    const struct bd_callable *callable = build->call->callable;
    for (size_t i = 0; i < callable->count; i++) {
        const char *param = callable->params[i]->name;
        if (strlen(param) == name_len && memcmp(param, name, name_len) == 0) {
            return text_of(build, i, len);
        }
    }
    return NULL;
}

static void add_query(struct build *build)
{
    const struct bd_callable *callable = build->call->callable;
    struct bd_buf *url = &build->call->request.exchange.url;
    bool first = true;
    if (callable->op->fixed_query != NULL) {
        bd_buf_add_char(url, '?');
        bd_buf_add_text(url, callable->op->fixed_query);
        first = false;
    }
    for (size_t i = 0; i < callable->count; i++) {
        size_t len;
        const struct bd_field *field = callable->params[i];
        const char *text = field->place == BD_IN_QUERY ? text_of(build, i, &len) : NULL;
        if (text != NULL) {
            bd_buf_add_char(url, first ? '?' : '&');
            add_query_pair(url, field->wire != NULL ? field->wire : field->name, text, len);
            first = false;
        }
    }
}

static void add_form_field(struct build *build, size_t i)
{
    struct bd_buf *body = &build->call->request.exchange.body;
    size_t len;
    const char *text = text_of(build, i, &len);
    if (text != NULL) {
        add_pair(body, body->len == 0, build->call->callable->params[i]->name, text, len);
    }
}

static void add_json_value(struct build *build, size_t i, int index)
{
    const struct bd_callable *callable = build->call->callable;
    const struct bd_field field =
        bd_call_field(build->L, callable, build->first, callable->params[i]);
    bd_type_json(build->L, index, &field, &build->call->request.exchange.body);
}

// The members of a flat object, as members of the body.
static void add_json_members(struct build *build, size_t i)
{
    const struct bd_callable *callable = build->call->callable;
    struct bd_buf *body = &build->call->request.exchange.body;
    const struct bd_field field =
        bd_call_field(build->L, callable, build->first, callable->params[i]);
    struct bd_buf members = {0};
    if (bd_type_json_members(build->L, build->first + (int)i, field.fields, true, &members)) {
        bd_buf_add_char(body, body->len > 0 ? ',' : '{');
        bd_buf_add(body, members.data, members.len);
    }
    bd_buf_free(&members);
}

// A value that the catalogue fills in is written there as text.
static void add_json_fallback(struct build *build, size_t i)
{
    const struct bd_field *field = build->call->callable->params[i];
    bool parsed = bd_type_parse(build->L, field->fallback, strlen(field->fallback), field);
    BD_CHECK(parsed); // lint
    add_json_value(build, i, lua_gettop(build->L));
    lua_pop(build->L, 1);
}

static void add_json_member(struct build *build, size_t i)
{
    const char *name = build->call->callable->params[i]->name;
    struct bd_buf *body = &build->call->request.exchange.body;
    if ((build->call->callable->params[i]->flags & BD_FLAT) != 0) {
        add_json_members(build, i);
        return;
    }
    bd_buf_add_char(body, body->len > 0 ? ',' : '{');
    bd_encode_json_string(body, name, strlen(name));
    bd_buf_add_char(body, ':');
    if ((build->call->given & (UINT64_C(1) << i)) != 0) {
        add_json_value(build, i, build->first + (int)i);
    } else {
        add_json_fallback(build, i);
    }
}

// Whether the call gives the body as one value.
static bool gives_whole_body(const struct build *build)
{
    bool whole = false;
    for (uint64_t set = build->call->given; set != 0; set &= set - 1) {
        whole = whole || build->call->callable->params[__builtin_ctzll(set)]->place == BD_IN_BODY;
    }
    return whole;
}

static void add_body(struct build *build)
{
    const struct bd_callable *callable = build->call->callable;
    struct bd_exchange *exchange = &build->call->request.exchange;
    bool object = callable->body == BD_IN_JSON && !gives_whole_body(build);
    for (uint64_t set = build->call->given | callable->always; set != 0; set &= set - 1) {
        size_t i = (size_t)__builtin_ctzll(set);
        switch (callable->params[i]->place) {
        case BD_IN_FORM:
            add_form_field(build, i);
            break;
        case BD_IN_JSON:
            if (object) {
                add_json_member(build, i);
            }
            break;
        case BD_IN_BODY:
            add_json_value(build, i, build->first + (int)i);
            break;
        default:
            break;
        }
    }
    if (object) {
        bd_buf_add_text(&exchange->body, exchange->body.len > 0 ? "}" : "{}");
    }
    exchange->has_body = strcmp(callable->op->method, "POST") == 0 || exchange->body.len > 0;
}

void bd_build_request(lua_State *L, struct bd_call *call, int first)
{
    struct build build = {.L = L, .call = call, .first = first};
    const struct bd_callable *callable = call->callable;
    const struct bd_endpoint *endpoint =
        bd_account_endpoint(L, call->account, callable->op->endpoint);
    struct bd_request *request = &call->request;
    bd_exchange_reset(&request->exchange);
    request->transport = call->account->transport;
    request->host = endpoint->host;
    request->repeatable = bd_operation_repeatable(callable->op, call->variant);
    request->most_attempts = bd_request_attempts;
    request->time_limit = call->account->time_limit;
    request->exchange.options = &call->account->options;
    request->exchange.method = callable->op->method;
    bd_buf_add_text(&request->exchange.url, endpoint->url);
    if (callable->vendor->protocol == BD_BY_SMTP) {
        bd_build_message(L, call, first);
        return;
    }
    if (callable->op->path != NULL) {
        bd_path_expand(&request->exchange.url, callable->op->path, path_value, &build);
    }
    add_query(&build);
    add_body(&build);
}

struct bd_headers *bd_build_headers(lua_State *L, struct bd_call *call, int first,
                                    struct bd_headers *common)
{
    const struct bd_callable *callable = call->callable;
    if (callable->headers == 0) {
        return bd_headers_keep(common);
    }
    struct build build = {.L = L, .call = call, .first = first};
    struct bd_headers *headers =
        bd_headers_copy(common, (size_t)__builtin_popcountll(callable->headers));
    for (uint64_t set = callable->headers; set != 0; set &= set - 1) {
        size_t i = (size_t)__builtin_ctzll(set);
        size_t len;
        const char *text = text_of(&build, i, &len);
        if (text != NULL) {
            bd_headers_add(headers, callable->params[i]->name, text, len);
        }
    }
    return headers;
}

const struct bd_field *bd_build_longest(lua_State *L, struct bd_call *call, int first)
{
    struct build build = {.L = L, .call = call, .first = first};
    const struct bd_callable *callable = call->callable;
    const struct bd_field *longest = NULL;
    size_t most = 0;
    for (size_t i = 0; i < callable->count; i++) {
        size_t len = 0;
        const struct bd_field *field = callable->params[i];
        bool in_address = field->place == BD_IN_QUERY || field->place == BD_IN_PATH;
        if (in_address && text_of(&build, i, &len) != NULL && len > most) {
            longest = field;
            most = len;
        }
    }
    return longest;
}
