// SPDX-License-Identifier: MIT
// beadle.test.native: what running tests needs beyond Lua. For stdlib/test*.lua only.
#include <errno.h>
#include <ftw.h>
#include <lauxlib.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/error.h"
#include "core/log.h"
#include "core/random.h"
#include "core/runtime.h"
#include "modules.h"

static void push_buf(lua_State *L, const struct bd_buf *buf)
{
    lua_pushlstring(L, buf->len > 0 ? buf->data : "", buf->len);
}

// capture(): keeps what is written to standard output and error from now on.
static int l_capture(lua_State *L)
{
    bd_log_capture(bd_runtime_of(L)->log);
    return 0;
}

// release(): ends the newest capture; what was written to standard output, and to standard error.
static int l_release(lua_State *L)
{
    struct bd_log *log = bd_runtime_of(L)->log;
    if (log->capture == NULL) {
        return bd_error(L, BD_ARGUMENT, "nothing is being kept");
    }
    push_buf(L, &log->capture->out);
    push_buf(L, &log->capture->err);
    struct bd_buf out, err;
    bd_log_release(log, &out, &err);
    bd_buf_free(&out);
    bd_buf_free(&err);
    return 2;
}

// mask(text): the text with every secret hidden.
static int l_mask(lua_State *L)
{
    size_t len;
    const char *text = luaL_checklstring(L, 1, &len);
    const struct bd_mask *mask = &bd_runtime_of(L)->log->mask;
    if (mask->count == 0) {
        lua_settop(L, 1);
        return 1;
    }
    struct bd_buf masked = {0};
    bd_mask_apply(mask, &masked, text, len);
    void *copy = lua_newuserdatauv(L, masked.len + 1, 0);
    size_t masked_len = masked.len;
    memcpy(copy, masked.data != NULL ? masked.data : "", masked_len);
    bd_buf_free(&masked);
    lua_pushlstring(L, copy, masked_len);
    return 1;
}

// emit(fd, line): writes a line, masked, to the pipe that the runner has given this process.
static int l_emit(lua_State *L)
{
    size_t len;
    int fd = (int)luaL_checkinteger(L, 1);
    luaL_checkstring(L, 2);
    lua_pushcfunction(L, l_mask);
    lua_pushvalue(L, 2);
    lua_call(L, 1, 1);
    lua_pushliteral(L, "\n");
    lua_concat(L, 2);
    const char *text = lua_tolstring(L, -1, &len);
    while (len > 0) {
        ssize_t count = write(fd, text, len);
        if (count < 0 && errno != EINTR) {
            return bd_error(L, BD_IO, "the runner of the tests is gone: %s", strerror(errno));
        }
        text += count > 0 ? count : 0;
        len -= count > 0 ? (size_t)count : 0;
    }
    return 0;
}

// real_time(): seconds on a clock that no virtual time moves.
static int l_real_time(lua_State *L)
{
    lua_pushnumber(L, (lua_Number)uv_hrtime() / 1e9);
    return 1;
}

// begin(seed [, wall]): random choices of this process begin anew; virtual time is `wall`, seconds since 1970.
static int l_begin(lua_State *L)
{
    struct bd_runtime *rt = bd_runtime_of(L);
    lua_Integer seed = luaL_checkinteger(L, 1);
    rt->options.seed = (uint64_t)seed;
    bd_random_seed(&rt->random, (uint64_t)seed);
    if (!lua_isnoneornil(L, 2) && rt->loop.virtual_time) {
        bd_loop_set_wall(&rt->loop, luaL_checknumber(L, 2));
    }
    return 0;
}

// end_with_parent(): this process is killed when the one that started it ends.
static int l_end_with_parent(lua_State *L)
{
    (void)L;
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    return 0;
}

// ------------------------------------------------------------------------------------------------
// Folders

static int fail(lua_State *L, const char *path, const char *what)
{
    return bd_error(L, BD_IO, "%s cannot be %s: %s", path, what, strerror(errno));
}

// temporary_folder(): the path of a new, empty folder that nobody else may read.
static int l_temporary_folder(lua_State *L)
{
    const char *parent = getenv("TMPDIR");
    lua_pushfstring(L, "%s/beadle-test.XXXXXX",
                    parent != NULL && parent[0] == '/' ? parent : "/tmp");
    size_t len;
    const char *pattern = lua_tolstring(L, -1, &len);
    char *path = lua_newuserdatauv(L, len + 1, 0);
    memcpy(path, pattern, len + 1);
    if (mkdtemp(path) == NULL) {
        return fail(L, pattern, "made");
    }
    lua_pushstring(L, path);
    return 1;
}

static int remove_entry(const char *path, const struct stat *info, int kind, struct FTW *place)
{
    (void)info;
    (void)kind;
    (void)place;
    return remove(path);
}

// remove_folder(path): with all that is in it; links are removed, not followed.
static int l_remove_folder(lua_State *L)
{
    enum { OPEN_FOLDERS = 16 };
    const char *path = luaL_checkstring(L, 1);
    if (nftw(path, remove_entry, OPEN_FOLDERS, FTW_DEPTH | FTW_PHYS) != 0 && errno != ENOENT) {
        return fail(L, path, "removed");
    }
    return 0;
}

// make_folder(path)
static int l_make_folder(lua_State *L)
{
    const char *path = luaL_checkstring(L, 1);
    if (mkdir(path, S_IRWXU) != 0 && errno != EEXIST) {
        return fail(L, path, "made");
    }
    return 0;
}

// current_folder()
static int l_current_folder(lua_State *L)
{
    char *path = getcwd(NULL, 0);
    if (path == NULL) {
        return fail(L, "the current folder", "named");
    }
    lua_pushstring(L, path);
    free(path);
    return 1;
}

// enter_folder(path)
static int l_enter_folder(lua_State *L)
{
    const char *path = luaL_checkstring(L, 1);
    return chdir(path) != 0 ? fail(L, path, "entered") : 0;
}

int bd_test_module(lua_State *L)
{
    static const luaL_Reg FUNCTIONS[] = {{"capture", l_capture},
                                         {"release", l_release},
                                         {"mask", l_mask},
                                         {"emit", l_emit},
                                         {"real_time", l_real_time},
                                         {"begin", l_begin},
                                         {"end_with_parent", l_end_with_parent},
                                         {"temporary_folder", l_temporary_folder},
                                         {"remove_folder", l_remove_folder},
                                         {"make_folder", l_make_folder},
                                         {"current_folder", l_current_folder},
                                         {"enter_folder", l_enter_folder},
                                         {NULL, NULL}};
    luaL_newlib(L, FUNCTIONS);
    return 1;
}
