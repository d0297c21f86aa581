// SPDX-License-Identifier: MIT
#include "require.h"

#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "error.h"
#include "runtime.h"
#include "script.h"
#include "task.h"

// Registry: name -> struct loading (a userdata), while a module's body runs.
static const char LOADING_KEY[] = "beadle.loading";

struct loading {
    struct bd_task *task; // that runs the body
    struct bd_waitlist waiting;
};

static int search_preload(lua_State *L)
{
    const char *name = luaL_checkstring(L, 1);
    lua_getfield(L, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
    if (lua_getfield(L, -1, name) == LUA_TNIL) {
        lua_pushfstring(L, "no field package.preload['%s']", name);
        return 1;
    }
    lua_pushliteral(L, ":preload:");
    return 2;
}

static int search_embedded(lua_State *L)
{
    const char *name = luaL_checkstring(L, 1);
    const struct bd_source *source = bd_script_source(bd_runtime_of(L), name);
    if (source == NULL) {
        lua_pushfstring(L, "no module '%s' in beadle", name);
        return 1;
    }
    lua_pushfstring(L, "=" BD_SCRIPT_OWN "%s", source->file);
    int status =
        bd_script_load_text(L, (const char *)source->text, source->len, lua_tostring(L, -1));
    if (status != LUA_OK) {
        return bd_error_rethrow(L);
    }
    lua_pushstring(L, source->file);
    return 2;
}

static int search_file(lua_State *L)
{
    const char *name = luaL_checkstring(L, 1);
    lua_getglobal(L, "package");
    lua_getfield(L, -1, "searchpath");
    lua_pushvalue(L, 1);
    if (lua_getfield(L, 2, "path") != LUA_TSTRING) {
        return bd_error(L, BD_ARGUMENT, "package.path must be a string");
    }
    lua_call(L, 2, 2);
    if (lua_isnil(L, -2)) {
        return 1; // where it looked
    }
    const char *path = lua_tostring(L, -2);
    if (bd_script_load_file(L, path) != LUA_OK) {
        return bd_error(L, BD_ARGUMENT, "error loading module '%s' from file '%s':\n\t%s", name,
                        path, lua_tostring(L, -1));
    }
    lua_pushstring(L, path);
    return 2;
}

// Pushes the loader and its extra value for the module named at index 1. [-0, +2]
static void find_loader(lua_State *L)
{
    int base = lua_gettop(L);
    lua_getglobal(L, "package");
    if (lua_getfield(L, -1, "searchers") != LUA_TTABLE) {
        bd_error(L, BD_ARGUMENT, "package.searchers must be a table");
    }
    lua_pushliteral(L, ""); // what the searchers say
    for (lua_Integer i = 1;; i++) {
        if (lua_rawgeti(L, base + 2, i) == LUA_TNIL) {
            bd_error(L, BD_ARGUMENT, "module '%s' not found:%s", lua_tostring(L, 1),
                     lua_tostring(L, base + 3));
        }
        lua_pushvalue(L, 1);
        lua_call(L, 1, 2);
        if (lua_isfunction(L, -2)) {
            lua_replace(L, base + 2);
            lua_replace(L, base + 1);
            lua_settop(L, base + 2);
            return;
        }
        const char *said = lua_isstring(L, -2) ? lua_tostring(L, -2) : NULL;
        if (said != NULL) {
            lua_pushfstring(L, "%s\n\t%s", lua_tostring(L, base + 3), said);
            lua_replace(L, base + 3);
        }
        lua_settop(L, base + 3);
    }
}

// Stack of `require` while a body runs:
enum { NAME = 1, LOADED, LOADING, RECORD, EXTRA, RESULT };

static int body_ended(lua_State *L, int status, lua_KContext context)
{
    (void)context;
    struct loading *record = lua_touserdata(L, RECORD);
    lua_pushvalue(L, NAME);
    lua_pushnil(L);
    lua_rawset(L, LOADING);
    bd_waitlist_wake_all(&record->waiting);
    if (status != LUA_OK && status != LUA_YIELD) {
        return bd_error_rethrow(L);
    }
    if (!lua_isnil(L, RESULT)) {
        lua_pushvalue(L, NAME);
        lua_pushvalue(L, RESULT);
        lua_settable(L, LOADED);
    }
    lua_pushvalue(L, NAME);
    if (lua_gettable(L, LOADED) == LUA_TNIL) {
        lua_pushvalue(L, NAME);
        lua_pushboolean(L, true);
        lua_settable(L, LOADED);
        lua_pushboolean(L, true);
        lua_replace(L, -2);
    }
    lua_pushvalue(L, EXTRA);
    return 2;
}

static int run_body(lua_State *L)
{
    lua_settop(L, LOADING);
    struct loading *record = lua_newuserdatauv(L, sizeof *record, 0);
    *record = (struct loading){.task = bd_task_current(L)};
    find_loader(L); // [.., record, loader, extra]
    lua_pushvalue(L, NAME);
    lua_pushvalue(L, RECORD);
    lua_rawset(L, LOADING);
    lua_rotate(L, EXTRA, 1); // [.., record, extra, loader]
    lua_pushvalue(L, NAME);
    lua_pushvalue(L, EXTRA);
    int status = lua_pcallk(L, 2, 1, 0, 0, body_ended);
    return body_ended(L, status, 0);
}

static int l_require(lua_State *L);

static int loaded_elsewhere(lua_State *L, int status, lua_KContext context)
{
    (void)status;
    (void)context;
    if (bd_task_interrupted(L)) {
        bd_task_push_cancellation(L);
        return bd_error_raise(L);
    }
    lua_settop(L, NAME);
    return l_require(L);
}

static int l_require(lua_State *L)
{
    const char *name = luaL_checkstring(L, NAME);
    lua_settop(L, NAME);
    lua_getfield(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
    if (lua_getfield(L, LOADED, name) != LUA_TNIL && lua_toboolean(L, -1)) {
        return 1;
    }
    lua_pop(L, 1);
    lua_getfield(L, LUA_REGISTRYINDEX, LOADING_KEY);
    if (lua_getfield(L, LOADING, name) == LUA_TNIL) {
        return run_body(L);
    }
    struct loading *record = lua_touserdata(L, -1);
    if (record->task == bd_task_current(L)) {
        return bd_error(L, BD_ARGUMENT, "module '%s' requires itself, directly or through others",
                        name);
    }
    bd_task_may_wait(L, "require of a module that another task is loading");
    return bd_waitlist_wait(L, &record->waiting, 0, loaded_elsewhere);
}

static void set_searchers(lua_State *L, bool native)
{
    static const lua_CFunction SEARCHERS[] = {search_preload, search_embedded, search_file};
    lua_getfield(L, -1, "searchers");
    lua_newtable(L);
    int count = 0;
    for (; count < 3; count++) {
        lua_pushcfunction(L, SEARCHERS[count]);
        lua_rawseti(L, -2, count + 1);
    }
    for (int original = 3; native && original <= 4; original++) { // loadlib.c: C and all-in-one
        lua_rawgeti(L, -2, original);
        lua_rawseti(L, -2, ++count);
    }
    lua_setfield(L, -3, "searchers");
    lua_pop(L, 1);
}

static void set_paths(lua_State *L, bool native)
{
    const struct bd_runtime *rt = bd_runtime_of(L);
    const char *own = rt->options.ignore_environment ? NULL : getenv("BEADLE_PATH");
    lua_pushfstring(
        L, "%s%s./lua_modules/share/lua/5.4/?.lua;./lua_modules/share/lua/5.4/?/init.lua;%s",
        own != NULL ? own : "", own != NULL ? ";" : "",
        "/usr/local/share/lua/5.4/?.lua;/usr/local/share/lua/5.4/?/init.lua;"
        "/usr/share/lua/5.4/?.lua;/usr/share/lua/5.4/?/init.lua;./?.lua;./?/init.lua");
    lua_setfield(L, -2, "path");
    if (!native) {
        lua_pushliteral(L, "");
        lua_setfield(L, -2, "cpath");
    }
}

void bd_require_open(lua_State *L, bool native)
{
    lua_newtable(L);
    lua_setfield(L, LUA_REGISTRYINDEX, LOADING_KEY);
    lua_getglobal(L, "package");
    set_searchers(L, native);
    set_paths(L, native);
    lua_pop(L, 1);
    lua_pushcfunction(L, l_require);
    lua_setglobal(L, "require");
}
