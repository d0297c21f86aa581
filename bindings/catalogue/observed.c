// SPDX-License-Identifier: MIT
// What those who watch a run learn of a call when it is over.
#include "observed.h"

#include <lauxlib.h>
#include <string.h>

#include "core/log.h"
#include "core/observe.h"
#include "core/runtime.h"
#include "core/secret.h"
#include "effect.h"
#include "structure.h"

enum { SECRETS_MOST = 24 };

// One mask for each secret, so that its name can stand in its place.
struct secrets {
    struct bd_mask masks[SECRETS_MOST];
    char words[SECRETS_MOST][64];
    const struct bd_mask *list[SECRETS_MOST];
    size_t count;
    const char *name; // of those that are being added
};

static void add_secret(void *arg, const char *text, size_t len)
{
    struct secrets *secrets = arg;
    char word[sizeof secrets->words[0]];
    size_t at = 0;
    if (len < 2) {
        return;
    }
    (void)snprintf(word, sizeof word, "[secret %.40s]", secrets->name);
    while (at < secrets->count && strcmp(secrets->words[at], word) != 0) {
        at++;
    }
    if (at == SECRETS_MOST) { // what is left hides behind another's name
        at--;
    }
    struct bd_mask *mask = &secrets->masks[at];
    if (at == secrets->count) {
        memcpy(secrets->words[at], word, sizeof word);
        mask->replacement = secrets->words[at];
        secrets->list[secrets->count++] = mask;
    }
    bd_mask_add_short(mask, text, len);
}

static void add_settings(lua_State *L, const struct bd_account *account, struct secrets *secrets)
{
    for (const struct bd_field *field = account->vendor->settings; field->name != NULL; field++) {
        size_t len;
        bd_account_push_setting(L, account, field->name);
        const char *value = bd_secret_value(L, -1, &len);
        if (value != NULL) {
            secrets->name = field->name;
            add_secret(secrets, value, len);
        }
        lua_pop(L, 1);
    }
}

static void add_token(const struct bd_account *account, struct secrets *secrets)
{
    const struct bd_auth *auth = &account->vendor->auth;
    if (auth->operation == NULL || account->signed_headers[0] == NULL) {
        return;
    }
    size_t before = strlen(auth->header);
    for (size_t i = 0; i < account->signed_headers[0]->count; i++) {
        const char *line = account->signed_headers[0]->lines[i];
        if (strncmp(line, auth->header, before) == 0) {
            secrets->name = auth->token;
            add_secret(secrets, line + before, strlen(line + before));
        }
    }
}

static void add_params(lua_State *L, const struct bd_call *call, int first, struct secrets *secrets)
{
    for (uint64_t set = call->given; set != 0; set &= set - 1) {
        size_t i = (size_t)__builtin_ctzll(set);
        const struct bd_field field =
            bd_call_field(L, call->callable, first, call->callable->params[i]);
        secrets->name = field.name;
        bd_structure_visit(L, first + (int)i, &field, BD_SECRET, add_secret, secrets);
    }
}

static void set_text(lua_State *L, const char *name, const char *text)
{
    lua_pushstring(L, text);
    lua_setfield(L, -2, name);
}

// Pushes what a call is. [-0, +1]
static void push_call(lua_State *L, const struct bd_call *call)
{
    const struct bd_callable *callable = call->callable;
    luaL_checkstack(L, 6, "call");
    lua_createtable(L, 0, 32);
    set_text(L, "operation", callable->name);
    set_text(L, "vendor", callable->vendor->name);
    set_text(L, "profile", call->account->profile);
    set_text(L, "effect", bd_effect_name(bd_operation_effect(callable->op, call->variant)));
    lua_pushboolean(L, call->account->sandbox);
    lua_setfield(L, -2, "sandbox");
}

void bd_observed_tell(lua_State *L, const struct bd_call *call, int first, bool ok)
{
    int answer = lua_gettop(L);
    struct secrets secrets;
    memset(&secrets, 0, sizeof secrets);
    push_call(L, call);
    bd_effect_push_params(L, call, first);
    lua_setfield(L, -2, "params");
    add_params(L, call, first, &secrets);
    add_settings(L, call->account, &secrets);
    add_token(call->account, &secrets);
    bd_observe_set_request(L, &call->request, secrets.list, secrets.count);
    for (size_t i = 0; i < secrets.count; i++) {
        bd_mask_free(&secrets.masks[i]);
    }
    lua_pushnumber(L, (lua_Number)call->decode_us / 1e6);
    lua_setfield(L, -2, "decoded");
    lua_pushvalue(L, answer);
    lua_setfield(L, -2, ok ? "result" : "failure");
    bd_observe_tell(L);
}
