// SPDX-License-Identifier: MIT
#include "again.h"

#include <errno.h>
#include <lauxlib.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/error.h"

// folder(): the current one.
static int l_folder(lua_State *L)
{
    char path[PATH_MAX];
    if (getcwd(path, sizeof path) == NULL) {
        return bd_error(L, BD_IO, "the current folder cannot be told: %s", strerror(errno));
    }
    lua_pushstring(L, path);
    return 1;
}

// start(folder, arguments): becomes this program with these arguments, in that folder. Returns only by raising. What is
// open for this process only is closed by that.
static int l_start(lua_State *L)
{
    const char *folder = luaL_checkstring(L, 1);
    luaL_checktype(L, 2, LUA_TTABLE);
    lua_Integer count = (lua_Integer)lua_rawlen(L, 2);
    char **argv = lua_newuserdatauv(L, ((size_t)count + 2) * sizeof *argv, 0);
    luaL_checkstack(L, (int)count + 4, "arguments");
    argv[0] = "beadle";
    for (lua_Integer i = 1; i <= count; i++) {
        lua_rawgeti(L, 2, i);
        argv[i] = (char *)(uintptr_t)luaL_checkstring(L, -1); // execv does not write to it
    }
    argv[count + 1] = NULL;
    if (chdir(folder) != 0) {
        return bd_error(L, BD_IO, "the folder %s cannot be entered: %s", folder, strerror(errno));
    }
    (void)fflush(NULL);
    (void)execv("/proc/self/exe", argv);
    return bd_error(L, BD_IO, "beadle cannot be started again: %s", strerror(errno));
}

int bd_again_module(lua_State *L)
{
    static const luaL_Reg FUNCTIONS[] = {{"folder", l_folder}, {"start", l_start}, {NULL, NULL}};
    luaL_newlib(L, FUNCTIONS);
    return 1;
}
