// SPDX-License-Identifier: MIT
// What an error shows of a vendor's answer. A script may write an error value anywhere, so what must not be
// seen is taken out here, not only where text leaves the program.
#include <lauxlib.h>
#include <string.h>

#include "call.h"
#include "core/log.h"
#include "core/runtime.h"
#include "structure.h"

enum { LONGEST = 200, SEARCHED = 65536 };
static const char PERSONAL[] = "[personal]";

static const struct bd_mask *secrets(lua_State *L)
{
    return &bd_runtime_of(L)->log->mask;
}

void bd_excerpt_push_masked(lua_State *L, const char *text, size_t len)
{
    if (!bd_mask_hits(secrets(L), text, len)) {
        lua_pushlstring(L, text, len);
        return;
    }
    size_t room = 2 * len + sizeof BD_MASKED; // whatever is replaced has several bytes
    char *copy = lua_newuserdatauv(L, room, 0);
    struct bd_buf masked = {0};
    bd_mask_apply(secrets(L), &masked, text, len);
    size_t masked_len = masked.len < room ? masked.len : room;
    memcpy(copy, masked.data, masked_len);
    bd_buf_free(&masked);
    lua_pushlstring(L, copy, masked_len);
    lua_replace(L, -2);
}

static void mask_texts(lua_State *L, int table, unsigned depth)
{
    enum { DEEPEST = 20 };
    luaL_checkstack(L, 8, "answer");
    lua_pushnil(L);
    while (lua_next(L, table) != 0) {
        size_t len;
        const char *text = lua_type(L, -1) == LUA_TSTRING ? lua_tolstring(L, -1, &len) : NULL;
        if (text != NULL && bd_mask_hits(secrets(L), text, len)) {
            lua_pushvalue(L, -2);
            bd_excerpt_push_masked(L, text, len);
            lua_rawset(L, table); // the key is there: the traversal may go on
        } else if (lua_istable(L, -1) && depth < DEEPEST) {
            mask_texts(L, lua_gettop(L), depth + 1);
        }
        lua_pop(L, 1);
    }
}

void bd_excerpt_mask_texts(lua_State *L, int table)
{
    mask_texts(L, lua_absindex(L, table), 0);
}

// ------------------------------------------------------------------------------------------------
// The first bytes

static void add_text(void *arg, const char *text, size_t len)
{
    if (len >= 2) {
        bd_mask_add_short(arg, text, len);
    }
}

// Everything that was sent about a person, or in secret.
static void add_sent(lua_State *L, const struct bd_call *call, int first, struct bd_mask *mask)
{
    for (uint64_t set = call->given; set != 0; set &= set - 1) {
        size_t i = (size_t)__builtin_ctzll(set);
        const struct bd_field field =
            bd_call_field(L, call->callable, first, call->callable->params[i]);
        bd_structure_visit(L, first + (int)i, &field, BD_PERSONAL | BD_SECRET, add_text, mask);
    }
}

static bool has_secret(const struct bd_field *fields)
{
    for (; fields != NULL && fields->name != NULL; fields++) {
        if ((fields->flags & BD_SECRET) != 0 || has_secret(fields->fields)) {
            return true;
        }
    }
    return false;
}

// The value of the JSON member whose quoted name ends at `at`: from behind its opening quote to its closing
// one, or to the end of the text. False when it is no text.
static bool find_value(const struct bd_buf *text, size_t at, size_t *from, size_t *to)
{
    while (at < text->len && strchr(" \t\r\n:", text->data[at]) != NULL) {
        at++;
    }
    if (at >= text->len || text->data[at] != '"') {
        return false;
    }
    *from = ++at;
    while (at < text->len && text->data[at] != '"') {
        at += text->data[at] == '\\' ? 2 : 1;
    }
    *to = at < text->len ? at : text->len;
    return true;
}

// Replaces the value of each member of that name, also in a text that is no whole JSON.
static void hide_member(struct bd_buf *text, const char *name)
{
    struct bd_buf quoted = {0};
    struct bd_buf out = {0};
    size_t clean = 0;
    bd_buf_addf(&quoted, "\"%s\"", name);
    for (size_t at = 0; at + quoted.len <= text->len;) {
        size_t from;
        size_t to;
        if (memcmp(text->data + at, quoted.data, quoted.len) != 0) {
            at++;
            continue;
        }
        at += quoted.len;
        if (find_value(text, at, &from, &to)) {
            bd_buf_add(&out, text->data + clean, from - clean);
            bd_buf_add_text(&out, PERSONAL);
            clean = at = to;
        }
    }
    if (clean > 0) {
        bd_buf_add(&out, text->data + clean, text->len - clean);
        text->len = 0;
        bd_buf_add(text, out.data, out.len);
    }
    bd_buf_free(&quoted);
    bd_buf_free(&out);
}

static void hide_members(struct bd_buf *text, lua_State *L, const struct bd_call *call, int first,
                         const struct bd_field *whole)
{
    const struct bd_field resolved = bd_call_field(L, call->callable, first, whole);
    const struct bd_field *field = resolved.fields;
    for (; field != NULL && field->name != NULL; field++) {
        if ((field->flags & BD_PERSONAL) != 0) {
            hide_member(text, field->name);
        }
        hide_members(text, L, call, first, field);
    }
}

// Pushes the first characters of a text without what was sent about a person. [-0, +1]
static void push_beginning(lua_State *L, const struct bd_call *call, int first, const char *text,
                           size_t len)
{
    struct bd_mask mask = {.replacement = PERSONAL};
    struct bd_buf masked = {0};
    char shown[LONGEST];
    add_sent(L, call, first, &mask);
    bd_mask_apply(&mask, &masked, text, len);
    bd_mask_free(&mask);
    size_t count = masked.len < LONGEST ? masked.len : LONGEST;
    for (size_t i = 0; i < count; i++) {
        unsigned char c = (unsigned char)masked.data[i];
        shown[i] = c < 0x20 || c == 0x7f ? ' ' : (char)c;
    }
    bd_buf_free(&masked);
    lua_pushlstring(L, shown, count);
}

void bd_excerpt_push_words(lua_State *L, const struct bd_call *call, int first, const char *words)
{
    push_beginning(L, call, first, words, strlen(words));
}

void bd_excerpt_push(lua_State *L, const struct bd_call *call, int first)
{
    const struct bd_exchange *exchange = &call->request.exchange;
    const struct bd_field *result = call->callable->op->result;
    const struct bd_field whole = {.fields = result, .fields_of = call->callable->op->result_of};
    if (has_secret(result) && exchange->answer.len > 0) {
        lua_pushliteral(L, "[not shown: it may hold a secret]"); // one that nobody has told us yet
        return;
    }
    struct bd_buf known = {0};
    // Masked before it is cut: half a secret would not be recognised.
    size_t taken = exchange->answer.len < SEARCHED ? exchange->answer.len : SEARCHED;
    bd_mask_apply(secrets(L), &known, exchange->answer.data, taken);
    hide_members(&known, L, call, first, &whole);
    push_beginning(L, call, first, known.data, known.len);
    bd_buf_free(&known);
}
