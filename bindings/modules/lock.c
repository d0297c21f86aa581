// SPDX-License-Identifier: MIT
// beadle.lock: a file that one process has at a time, until it lets go of it or ends, however it ends (flock(2)).
#include <errno.h>
#include <fcntl.h>
#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/error.h"
#include "modules.h"

static const char LOCK[] = "beadle.lock";

struct lock {
    int fd; // -1: closed
};

static struct lock *check(lua_State *L)
{
    struct lock *lock = luaL_checkudata(L, 1, LOCK);
    luaL_argcheck(L, lock->fd >= 0, 1, "the lock is closed");
    return lock;
}

static void push_path(lua_State *L)
{
    lua_getiuservalue(L, 1, 1);
}

static int fail(lua_State *L, const char *path, int number)
{
    return bd_error(L, BD_IO, "%s cannot be written: %s", path, strerror(number));
}

// Opens the file and takes it for this process. Gives 0, or the number of what is wrong; EWOULDBLOCK: another
// process has it; ESTALE: another process has just removed it.
static int take(const char *path, int *fd)
{
    *fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (*fd < 0) {
        return errno;
    }
    struct stat info;
    if (flock(*fd, LOCK_EX | LOCK_NB) != 0 || fstat(*fd, &info) != 0) {
        return errno;
    }
    if (info.st_nlink == 0) {
        return ESTALE;
    }
    bool mine = S_ISREG(info.st_mode) && info.st_uid == geteuid();
    return mine ? 0 : EPERM;
}

// open(path): the lock, its file made when there is none; nil when another process has it.
static int l_open(lua_State *L)
{
    const char *path = luaL_checkstring(L, 1);
    struct lock *lock = lua_newuserdatauv(L, sizeof *lock, 1);
    lock->fd = -1;
    luaL_setmetatable(L, LOCK);
    lua_pushvalue(L, 1);
    lua_setiuservalue(L, -2, 1);
    int number;
    do {
        int fd;
        number = take(path, &fd);
        if (number == 0) {
            lock->fd = fd;
        } else if (fd >= 0) {
            (void)close(fd);
        }
    } while (number == ESTALE || number == EINTR);
    if (number == EWOULDBLOCK) {
        return 0;
    }
    if (number != 0) {
        return fail(L, path, number);
    }
    (void)bd_folder_sync(path);
    return 1;
}

static int l_close(lua_State *L)
{
    struct lock *lock = luaL_checkudata(L, 1, LOCK);
    if (lock->fd >= 0) {
        (void)close(lock->fd); // and with it the lock
    }
    lock->fd = -1;
    return 0;
}

// lock:remove(): the file too.
static int l_remove(lua_State *L)
{
    (void)check(L);
    push_path(L);
    const char *path = lua_tostring(L, -1);
    if (unlink(path) != 0 && errno != ENOENT) {
        return fail(L, path, errno);
    }
    (void)bd_folder_sync(path);
    return l_close(L);
}

int bd_lock_module(lua_State *L)
{
    static const luaL_Reg METHODS[] = {{"close", l_close}, {"remove", l_remove}, {NULL, NULL}};
    static const luaL_Reg FUNCTIONS[] = {{"open", l_open}, {NULL, NULL}};
    luaL_newmetatable(L, LOCK);
    luaL_newlib(L, METHODS);
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, l_close);
    lua_setfield(L, -2, "__gc");
    lua_pushliteral(L, "lock");
    lua_setfield(L, -2, "__metatable");
    lua_pop(L, 1);
    luaL_newlib(L, FUNCTIONS);
    return 1;
}
