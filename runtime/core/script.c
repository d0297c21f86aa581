// SPDX-License-Identifier: MIT
#include "script.h"

#include <errno.h>
#include <lauxlib.h>
#include <lualib.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "check.h"
#include "coroutine.h"
#include "error.h"
#include "log.h"
#include "nearest.h"
#include "require.h"
#include "runtime.h"
#include "task.h"

static const char SOURCES_KEY; // attachment

const struct bd_source *bd_script_source(const struct bd_runtime *rt, const char *name)
{
    const struct bd_source *source = bd_runtime_attached(rt, &SOURCES_KEY);
    for (; source != NULL && source->name != NULL; source++) {
        if (strcmp(source->name, name) == 0) {
            return source;
        }
    }
    return NULL;
}

// ------------------------------------------------------------------------------------------------
// Loading: text only

int bd_script_load_file(lua_State *L, const char *path)
{
    return luaL_loadfilex(L, path, "t");
}

int bd_script_load_text(lua_State *L, const char *text, size_t len, const char *name)
{
    return luaL_loadbufferx(L, text, len, name, "t");
}

// load and loadfile: Lua's own (upvalue 1) with the mode at `mode_index` narrowed to text.
static int load_text_only(lua_State *L, int mode_index)
{
    const char *mode = luaL_optstring(L, mode_index, "t");
    if (strchr(mode, 't') == NULL) {
        lua_pushnil(L);
        lua_pushfstring(L, "attempt to load a binary chunk (only text is allowed here)");
        return 2;
    }
    if (lua_gettop(L) < mode_index) {
        lua_settop(L, mode_index);
    }
    lua_pushliteral(L, "t");
    lua_replace(L, mode_index);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
    return lua_gettop(L);
}

static int l_load(lua_State *L)
{
    return load_text_only(L, 3);
}

static int l_loadfile(lua_State *L)
{
    return load_text_only(L, 2);
}

static int dofile_ended(lua_State *L, int status, lua_KContext context)
{
    (void)status;
    (void)context;
    return lua_gettop(L) - 1;
}

static int l_dofile(lua_State *L)
{
    const char *path = luaL_optstring(L, 1, NULL);
    lua_settop(L, 1);
    if (bd_script_load_file(L, path) != LUA_OK) {
        return bd_error_rethrow(L);
    }
    lua_callk(L, 0, LUA_MULTRET, 0, dofile_ended);
    return dofile_ended(L, LUA_OK, 0);
}

// ------------------------------------------------------------------------------------------------
// Output: what reaches the terminal is masked

// Nobody reading any more, as in `beadle x.lua | head`, is no news to anybody.
static int output_failed(lua_State *L, int number)
{
    enum { BROKEN_PIPE_STATUS = 128 + SIGPIPE };
    bd_error_push(L, BD_IO, "standard output cannot be written: %s", strerror(number));
    if (number == EPIPE) {
        bd_error_boolean(L, "quiet", true);
        bd_error_integer(L, "exit", BROKEN_PIPE_STATUS);
    }
    return bd_error_raise(L);
}

static int l_print(lua_State *L)
{
    int count = lua_gettop(L);
    for (int i = 1; i <= count; i++) {
        luaL_tolstring(L, i, NULL);
        lua_replace(L, i);
    }
    luaL_Buffer line;
    luaL_buffinit(L, &line);
    for (int i = 1; i <= count; i++) {
        size_t len;
        const char *text = lua_tolstring(L, i, &len);
        if (i > 1) {
            luaL_addchar(&line, '\t');
        }
        luaL_addlstring(&line, text, len);
    }
    luaL_addchar(&line, '\n');
    luaL_pushresult(&line);
    size_t len;
    const char *text = lua_tolstring(L, -1, &len);
    if (!bd_log_write(bd_runtime_of(L)->log, stdout, text, len) || fflush(stdout) != 0) {
        return output_failed(L, errno);
    }
    return 0;
}

static void mask_argument(lua_State *L, const struct bd_mask *mask, int index)
{
    size_t len;
    if (lua_type(L, index) != LUA_TSTRING) {
        return;
    }
    const char *text = lua_tolstring(L, index, &len);
    if (!bd_mask_hits(mask, text, len)) {
        return;
    }
    struct bd_buf masked = {0};
    bd_mask_apply(mask, &masked, text, len);
    char *copy = lua_newuserdatauv(L, masked.len, 0);
    memcpy(copy, masked.data, masked.len);
    size_t masked_len = masked.len;
    bd_buf_free(&masked);
    lua_pushlstring(L, copy, masked_len);
    lua_replace(L, index);
    lua_pop(L, 1);
}

// What is kept, or appears above the line that a session edits.
static int write_diverted(lua_State *L, struct bd_log *log, FILE *stream)
{
    int count = lua_gettop(L);
    for (int i = 2; i <= count; i++) {
        size_t len;
        const char *text = luaL_checklstring(L, i, &len);
        if (!bd_log_write(log, stream, text, len)) {
            return luaL_fileresult(L, 0, NULL);
        }
    }
    lua_settop(L, 1);
    return 1;
}

// file:write: Lua's own (upvalue 1), with masked arguments on standard output and error.
static int l_file_write(lua_State *L)
{
    struct bd_log *log = bd_runtime_of(L)->log;
    const struct bd_mask *mask = &log->mask;
    luaL_Stream *file = luaL_testudata(L, 1, LUA_FILEHANDLE);
    if (file != NULL && file->closef != NULL && bd_log_diverts(log, file->f)) {
        return write_diverted(L, log, file->f);
    }
    if (file != NULL && (file->f == stdout || file->f == stderr) && mask->count > 0) {
        for (int i = 2; i <= lua_gettop(L); i++) {
            mask_argument(L, mask, i);
        }
    }
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
    return lua_gettop(L);
}

static int l_io_write(lua_State *L)
{
    lua_getfield(L, LUA_REGISTRYINDEX, "_IO_output"); // liolib.c: IO_OUTPUT
    lua_insert(L, 1);
    return l_file_write(L);
}

static void wrap_output(lua_State *L)
{
    luaL_getmetatable(L, LUA_FILEHANDLE);
    lua_getfield(L, -1, "__index");
    lua_getfield(L, -1, "write");
    lua_pushvalue(L, -1);
    lua_pushcclosure(L, l_file_write, 1);
    lua_setfield(L, -3, "write");
    lua_getglobal(L, "io");
    lua_insert(L, -2);
    lua_pushcclosure(L, l_io_write, 1);
    lua_setfield(L, -2, "write");
    lua_pop(L, 3);
    lua_pushcfunction(L, l_print);
    lua_setglobal(L, "print");
}

// ------------------------------------------------------------------------------------------------
// Ending

// os.exit([code [, close]]): ends every task in order, then the program.
static int l_exit(lua_State *L)
{
    struct bd_runtime *rt = bd_runtime_of(L);
    int status = EXIT_SUCCESS;
    if (lua_isboolean(L, 1)) {
        status = lua_toboolean(L, 1) ? EXIT_SUCCESS : EXIT_FAILURE;
    } else {
        status = (int)luaL_optinteger(L, 1, EXIT_SUCCESS);
    }
    rt->exiting = true;
    rt->exit_status = status;
    if (bd_task_can_wait(L) && rt->current != NULL) {
        if (!bd_task_is_body(L)) {
            bd_task_set_host_wait(L, true);
        }
        bd_task_park(L);
    }
    // Inside a callback of Lua there is no way back to the loop.
    (void)fflush(NULL);
    _Exit(status);
}

// ------------------------------------------------------------------------------------------------
// The global `beadle`

static int try_ended(lua_State *L, int status, lua_KContext context)
{
    (void)context;
    if (status == LUA_OK || status == LUA_YIELD) {
        return lua_gettop(L);
    }
    if (!bd_error_is_error(L, -1) || bd_error_is(L, -1, BD_CANCELLED) ||
        bd_task_is_own_cancellation(L, -1)) { // async.timeout's is of kind timeout
        return bd_error_rethrow(L);
    }
    lua_pushnil(L);
    lua_insert(L, -2);
    return 2;
}

// beadle.try(fn, ...): its results, or nil and the error value. Errors that are no answer pass through: a
// cancellation, and errors of Lua itself such as a call of nil.
static int l_try(lua_State *L)
{
    luaL_checkany(L, 1);
    int status = lua_pcallk(L, lua_gettop(L) - 1, LUA_MULTRET, 0, 0, try_ended);
    return try_ended(L, status, 0);
}

static int loaded_module(lua_State *L, int status, lua_KContext context)
{
    (void)status;
    (void)context;
    lua_settop(L, 3);
    lua_pushvalue(L, 2);
    lua_pushvalue(L, 3);
    lua_rawset(L, 1);
    return 1;
}

static void refuse_unknown_module(lua_State *L, const char *key)
{
    const struct bd_runtime *rt = bd_runtime_of(L);
    struct bd_nearest nearest = {.wanted = key};
    const struct bd_source *source = bd_runtime_attached(rt, &SOURCES_KEY);
    for (; source != NULL && source->name != NULL; source++) {
        if (strncmp(source->name, "beadle.", 7) == 0) {
            bd_nearest_offer(&nearest, source->name + 7);
        }
    }
    lua_getfield(L, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
    lua_pushnil(L);
    while (lua_next(L, -2) != 0) {
        lua_pop(L, 1);
        const char *name = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "";
        if (strncmp(name, "beadle.", 7) == 0) {
            bd_nearest_offer(&nearest, name + 7);
        }
    }
    bd_error_push(L, BD_ARGUMENT, "there is no module beadle.%s", key);
    if (nearest.best != NULL) {
        lua_pushfstring(L, "Did you mean beadle.%s?", nearest.best);
        bd_error_value(L, "hint");
    }
    bd_error_raise(L);
}

static bool module_exists(lua_State *L, const char *key)
{
    lua_pushfstring(L, "beadle.%s", key);
    bool exists = bd_script_source(bd_runtime_of(L), lua_tostring(L, -1)) != NULL;
    lua_getfield(L, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
    lua_pushvalue(L, -2);
    exists = lua_gettable(L, -2) != LUA_TNIL || exists;
    lua_pop(L, 3);
    return exists;
}

static int waited_until(lua_State *L, int status, lua_KContext context)
{
    (void)L;
    (void)status;
    (void)context;
    return 0;
}

// beadle.wait_until(moment): that of beadle.async, which is not the same while a durable run goes on.
static int l_wait_until(lua_State *L)
{
    luaL_checkany(L, 1);
    lua_settop(L, 1);
    lua_getglobal(L, "require");
    lua_pushliteral(L, "beadle.async");
    lua_call(L, 1, 1); // part of the program: it does not wait while it loads
    lua_getfield(L, -1, "wait_until");
    lua_pushvalue(L, 1);
    lua_callk(L, 1, 0, 0, waited_until);
    return 0;
}

// beadle.x loads the module beadle.x.
static int l_beadle_index(lua_State *L)
{
    const char *key = luaL_checkstring(L, 2);
    lua_settop(L, 2);
    if (!module_exists(L, key)) {
        refuse_unknown_module(L, key);
    }
    lua_getglobal(L, "require");
    lua_pushfstring(L, "beadle.%s", key);
    lua_callk(L, 1, 1, 0, loaded_module);
    return loaded_module(L, LUA_OK, 0);
}

static void make_beadle(lua_State *L)
{
    lua_newtable(L);
    lua_pushcfunction(L, l_try);
    lua_setfield(L, -2, "try");
    lua_pushcfunction(L, l_wait_until);
    lua_setfield(L, -2, "wait_until");
    lua_pushliteral(L, BD_VERSION);
    lua_setfield(L, -2, "version");
    lua_createtable(L, 0, 1);
    lua_pushcfunction(L, l_beadle_index);
    lua_setfield(L, -2, "__index");
    lua_setmetatable(L, -2);
    lua_getfield(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
    lua_pushvalue(L, -2);
    lua_setfield(L, -2, "beadle"); // require "beadle" gives it too
    lua_pop(L, 1);
    lua_setglobal(L, "beadle");
}

// ------------------------------------------------------------------------------------------------
// The environment

static void open_libraries(lua_State *L, bool full_debug)
{
    static const luaL_Reg LIBRARIES[] = {
        {LUA_GNAME, luaopen_base},          {LUA_LOADLIBNAME, luaopen_package},
        {LUA_COLIBNAME, luaopen_coroutine}, {LUA_TABLIBNAME, luaopen_table},
        {LUA_IOLIBNAME, luaopen_io},        {LUA_OSLIBNAME, luaopen_os},
        {LUA_STRLIBNAME, luaopen_string},   {LUA_MATHLIBNAME, luaopen_math},
        {LUA_UTF8LIBNAME, luaopen_utf8},    {LUA_DBLIBNAME, luaopen_debug},
    };
    for (size_t i = 0; i < BD_COUNT(LIBRARIES); i++) {
        luaL_requiref(L, LIBRARIES[i].name, LIBRARIES[i].func, 1);
        lua_pop(L, 1);
    }
    if (full_debug) {
        return;
    }
    lua_createtable(L, 0, 1);
    lua_getglobal(L, "debug");
    lua_getfield(L, -1, "traceback");
    lua_setfield(L, -3, "traceback");
    lua_pop(L, 1);
    lua_pushvalue(L, -1);
    lua_setglobal(L, "debug");
    lua_getfield(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
    lua_insert(L, -2);
    lua_setfield(L, -2, LUA_DBLIBNAME);
    lua_pop(L, 1);
}

static void remove_function(lua_State *L, const char *library, const char *name)
{
    lua_getglobal(L, library);
    lua_pushnil(L);
    lua_setfield(L, -2, name);
    lua_pop(L, 1);
}

static void restrict_libraries(lua_State *L, unsigned permissions)
{
    remove_function(L, "os", "setlocale"); // would change how numbers are written
    if (!(permissions & BD_ALLOW_PROCESS)) {
        remove_function(L, "io", "popen");
        remove_function(L, "os", "execute");
    }
    if (!(permissions & BD_ALLOW_NATIVE)) {
        remove_function(L, "package", "loadlib");
    }
}

static void wrap_global(lua_State *L, const char *name, lua_CFunction function)
{
    lua_getglobal(L, name);
    lua_pushcclosure(L, function, 1);
    lua_setglobal(L, name);
}

static void replace_functions(lua_State *L)
{
    wrap_global(L, "load", l_load);
    wrap_global(L, "loadfile", l_loadfile);
    wrap_global(L, "dofile", l_dofile);
    lua_getglobal(L, "os");
    lua_pushcfunction(L, l_exit);
    lua_setfield(L, -2, "exit");
    lua_pop(L, 1);
    bd_coroutine_module(L);
    lua_pushvalue(L, -1);
    lua_setglobal(L, "coroutine");
    lua_getfield(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
    lua_insert(L, -2);
    lua_setfield(L, -2, LUA_COLIBNAME);
    lua_pop(L, 1);
}

static void detach_nothing(void *value)
{
    (void)value; // the sources are part of the program
}

void bd_script_set_sources(struct bd_runtime *rt, const struct bd_source *sources)
{
    bd_runtime_attach(rt, &SOURCES_KEY, (void *)(uintptr_t)sources, detach_nothing);
}

void bd_script_open(lua_State *L)
{
    unsigned permissions = bd_runtime_of(L)->options.permissions;
    open_libraries(L, (permissions & BD_ALLOW_DEBUG) != 0);
    restrict_libraries(L, permissions);
    replace_functions(L);
    wrap_output(L);
    bd_require_open(L, (permissions & BD_ALLOW_NATIVE) != 0);
    make_beadle(L);
    bd_script_add_module(L, "beadle.error", bd_error_module);
}

void bd_script_add_module(lua_State *L, const char *name, lua_CFunction open)
{
    lua_getfield(L, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
    lua_pushcfunction(L, open);
    lua_setfield(L, -2, name);
    lua_pop(L, 1);
}

void bd_script_set_folder(lua_State *L, const char *script)
{
    const char *slash = strrchr(script, '/');
    size_t len = slash != NULL ? (size_t)(slash - script) : 0;
    lua_getglobal(L, "package");
    if (len > 0) {
        lua_pushlstring(L, script, len);
    } else {
        lua_pushstring(L, slash != NULL ? "" : ".");
    }
    const char *folder = lua_tostring(L, -1);
    lua_getfield(L, -2, "path");
    lua_pushfstring(L, "%s/?.lua;%s/?/init.lua;%s", folder, folder, lua_tostring(L, -1));
    lua_setfield(L, -4, "path");
    lua_pop(L, 3);
}
