// SPDX-License-Identifier: MIT
// What a record says of unknown outcomes and of budgets, as Lua sees it.
#include <lua.h>

#include "describe.h"
#include "operation.h"

static void set_text(lua_State *L, const char *key, const char *text)
{
    if (text != NULL) {
        lua_pushstring(L, text);
        lua_setfield(L, -2, key);
    }
}

static void push_matches(lua_State *L, const struct bd_probe_match *match)
{
    static const char *const HOW[] = {
        [BD_MATCH_SAME] = "same", [BD_MATCH_SET] = "set", [BD_MATCH_UNSET] = "unset"};
    bd_describe_push_list(L);
    for (lua_Integer i = 1; match != NULL && match->member != NULL; match++, i++) {
        lua_createtable(L, 0, 3);
        set_text(L, "member", match->member);
        set_text(L, "param", match->param);
        set_text(L, "how", HOW[match->how]);
        lua_rawseti(L, -2, i);
    }
}

static void push_asks(lua_State *L, const struct bd_probe_ask *ask)
{
    bd_describe_push_list(L);
    for (lua_Integer i = 1; ask != NULL && ask->name != NULL; ask++, i++) {
        lua_createtable(L, 0, 6);
        set_text(L, "name", ask->name);
        set_text(L, "param", ask->param);
        set_text(L, "text", ask->text);
        set_text(L, "when", ask->when);
        set_text(L, "is", ask->is);
        if (ask->filter != NULL) {
            push_matches(L, ask->filter);
            lua_setfield(L, -2, "filter");
        }
        lua_rawseti(L, -2, i);
    }
}

static void push_results(lua_State *L, const struct bd_probe_result *result)
{
    bd_describe_push_list(L);
    for (lua_Integer i = 1; result->name != NULL; result++, i++) {
        lua_createtable(L, 0, 2);
        set_text(L, "name", result->name);
        set_text(L, "member", result->member);
        lua_rawseti(L, -2, i);
    }
}

static void set_read(lua_State *L, const struct bd_probe *probe)
{
    push_asks(L, probe->ask);
    lua_setfield(L, -2, "ask");
    push_matches(L, probe->match);
    lua_setfield(L, -2, "match");
    set_text(L, "operation", probe->operation);
    set_text(L, "list", probe->list);
    set_text(L, "id", probe->id);
    if (probe->gone) {
        lua_pushboolean(L, true);
        lua_setfield(L, -2, "gone");
    }
}

// [-0, +1]
static void push_one(lua_State *L, const struct bd_probe *probe)
{
    static const char *const KINDS[] = {
        [BD_PROBE_NONE] = "none", [BD_PROBE_REPEAT] = "repeat", [BD_PROBE_READ] = "read"};
    lua_createtable(L, 0, 8);
    set_text(L, "kind", KINDS[probe->kind]);
    set_text(L, "doc", probe->doc);
    set_text(L, "when", probe->when);
    set_text(L, "single", probe->single);
    set_text(L, "otherwise", probe->otherwise);
    set_text(L, "says", probe->says);
    if (probe->code != 0) {
        lua_pushinteger(L, probe->code);
        lua_setfield(L, -2, "code");
    }
    if (probe->result != NULL) {
        push_results(L, probe->result);
        lua_setfield(L, -2, "result");
    }
    if (probe->kind == BD_PROBE_READ) {
        set_read(L, probe);
    }
}

void bd_describe_probe(lua_State *L, const struct bd_probe *probe)
{
    push_one(L, probe);
    if (probe->also != NULL) { // one at most: lint
        push_one(L, probe->also);
        lua_setfield(L, -2, "also");
    }
}

void bd_describe_budgets(lua_State *L, const struct bd_budget *budget)
{
    bd_describe_push_list(L);
    for (lua_Integer i = 1; budget != NULL && budget->unit != NULL; budget++, i++) {
        lua_createtable(L, 0, 4);
        set_text(L, "unit", budget->unit);
        set_text(L, "when", budget->when);
        set_text(L, "is", budget->is);
        bd_describe_push_list(L);
        for (lua_Integer k = 0; budget->persons != NULL && budget->persons[k] != NULL; k++) {
            lua_pushstring(L, budget->persons[k]);
            lua_rawseti(L, -2, k + 1);
        }
        lua_setfield(L, -2, "persons");
        lua_rawseti(L, -2, i);
    }
}
