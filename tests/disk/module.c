// SPDX-License-Identifier: MIT
// beadle.disk: the disk that can lose its power (disk.h), for tests. This program is beadle with it.
//   watch(folder)                unwatch() -> record          now() -> operations so far
//   record:cut{at =, seed =, to =, lying =}     #record -> operations     record:before() -> those of what was there
//   fail{fault = "eio"|"enospc"|"short", nth =, lasting =} -> how many calls have failed since the last one
//   fail_memory(nth, lasting) -> the same of SQLite's allocations
#include <lauxlib.h>

#include "bindings/bindings.h"
#include "core/runtime.h"
#include "core/script.h"
#include "disk.h"

static const char RECORD[] = "beadle.disk.record";

void __real_bd_bindings_open(struct bd_runtime *rt);
void __wrap_bd_bindings_open(struct bd_runtime *rt);

static int l_watch(lua_State *L)
{
    disk_watch(luaL_checkstring(L, 1));
    return 0;
}

static int l_unwatch(lua_State *L)
{
    struct disk_record *record = lua_newuserdatauv(L, sizeof *record, 0);
    *record = disk_unwatch();
    luaL_setmetatable(L, RECORD);
    return 1;
}

static int l_now(lua_State *L)
{
    lua_pushinteger(L, (lua_Integer)disk_now());
    return 1;
}

static lua_Integer field(lua_State *L, const char *name)
{
    lua_getfield(L, -1, name);
    lua_Integer value = luaL_checkinteger(L, -1);
    lua_pop(L, 1);
    return value;
}

static bool flag(lua_State *L, const char *name)
{
    lua_getfield(L, -1, name);
    bool value = lua_toboolean(L, -1);
    lua_pop(L, 1);
    return value;
}

static int l_cut(lua_State *L)
{
    const struct disk_record *record = luaL_checkudata(L, 1, RECORD);
    luaL_checktype(L, 2, LUA_TTABLE);
    lua_settop(L, 2);
    lua_Integer at = field(L, "at");
    uint64_t seed = (uint64_t)field(L, "seed");
    bool lying = flag(L, "lying");
    lua_getfield(L, 2, "to");
    luaL_argcheck(L, at >= 0 && (size_t)at <= record->count, 2, "there was no such operation");
    if (!disk_cut(record, (size_t)at, seed, lying, luaL_checkstring(L, -1))) {
        return luaL_error(L, "the folder cannot be made");
    }
    return 0;
}

static int l_length(lua_State *L)
{
    const struct disk_record *record = luaL_checkudata(L, 1, RECORD);
    lua_pushinteger(L, (lua_Integer)record->count);
    return 1;
}

static int l_before(lua_State *L)
{
    const struct disk_record *record = luaL_checkudata(L, 1, RECORD);
    lua_pushinteger(L, (lua_Integer)record->before);
    return 1;
}

static int l_free(lua_State *L)
{
    disk_record_free(luaL_checkudata(L, 1, RECORD));
    return 0;
}

static int l_fail(lua_State *L)
{
    static const char *const FAULTS[] = {"eio", "enospc", "short", NULL};
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    struct disk_faults faults = {.nth = (long)field(L, "nth"), .lasting = flag(L, "lasting")};
    lua_getfield(L, 1, "fault");
    faults.fault = (enum disk_fault)luaL_checkoption(L, -1, "eio", FAULTS);
    lua_pushinteger(L, disk_fail(&faults));
    return 1;
}

static int l_fail_memory(lua_State *L)
{
    lua_pushinteger(L, disk_fail_memory((long)luaL_checkinteger(L, 1), lua_toboolean(L, 2)));
    return 1;
}

static int open_module(lua_State *L)
{
    static const luaL_Reg METHODS[] = {
        {"cut", l_cut}, {"before", l_before}, {"__len", l_length}, {"__gc", l_free}, {NULL, NULL}};
    static const luaL_Reg FUNCTIONS[] = {
        {"watch", l_watch}, {"unwatch", l_unwatch},         {"now", l_now},
        {"fail", l_fail},   {"fail_memory", l_fail_memory}, {NULL, NULL}};
    luaL_newmetatable(L, RECORD);
    luaL_setfuncs(L, METHODS, 0);
    lua_pushvalue(L, -1);
    lua_setfield(L, -2, "__index");
    luaL_newlib(L, FUNCTIONS);
    return 1;
}

void __wrap_bd_bindings_open(struct bd_runtime *rt)
{
    __real_bd_bindings_open(rt);
    bd_script_add_module(rt->L, "beadle.disk", open_module);
}

__attribute__((constructor)) static void install(void)
{
    disk_memory_install();
}
