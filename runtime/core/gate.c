// SPDX-License-Identifier: MIT
#include "gate.h"

#include <lauxlib.h>

#include "error.h"
#include "task_internal.h"

// After the caller's own, `send` has two upvalues: its values as a table, and whether it was called.
enum { FRAME = 1, CALLED };

int bd_gate_pass(lua_State *L, int frame, int upvalues, lua_CFunction send, lua_KContext context,
                 lua_KFunction done)
{
    luaL_checkstack(L, 8, "gate");
    lua_createtable(L, frame, 1);
    for (int i = 1; i <= frame; i++) {
        lua_pushvalue(L, i);
        lua_rawseti(L, -2, i);
    }
    lua_pushinteger(L, frame);
    lua_setfield(L, -2, "n");
    lua_pushboolean(L, 0);
    lua_pushcclosure(L, send, upvalues + CALLED);
    lua_pushvalue(L, -1);
    lua_insert(L, frame + 1);
    lua_pushcfunction(L, bd_task_on_error);
    lua_insert(L, frame + 2);
    return done(L, lua_pcallk(L, 2, 1, frame + 2, context, done), context);
}

void bd_gate_enter(lua_State *L, int upvalues)
{
    if (lua_toboolean(L, lua_upvalueindex(upvalues + CALLED))) {
        bd_error(L, BD_ARGUMENT, "a gate sends an effect once");
    }
    lua_pushboolean(L, 1);
    lua_replace(L, lua_upvalueindex(upvalues + CALLED));
    lua_settop(L, 0);
    lua_getfield(L, lua_upvalueindex(upvalues + FRAME), "n");
    int frame = (int)lua_tointeger(L, -1);
    lua_pop(L, 1);
    luaL_checkstack(L, frame + 8, "gate");
    for (int i = 1; i <= frame; i++) {
        lua_rawgeti(L, lua_upvalueindex(upvalues + FRAME), i);
    }
}

bool bd_gate_sent(lua_State *L, int frame)
{
    int count = 1;
    while (lua_getupvalue(L, frame + 1, count) != NULL) {
        lua_pop(L, 1);
        count++;
    }
    lua_getupvalue(L, frame + 1, count - 1);
    bool sent = lua_toboolean(L, -1);
    lua_pop(L, 1);
    return sent;
}
