// SPDX-License-Identifier: MIT
// beadle.journal: a file of lines that is on the disk after each of them, and that one process has at a time.
// What was written stays when the process is killed or the machine loses power.
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

static const char JOURNAL[] = "beadle.journal";

struct journal {
    int fd; // -1: closed
};

static struct journal *check(lua_State *L)
{
    struct journal *journal = luaL_checkudata(L, 1, JOURNAL);
    luaL_argcheck(L, journal->fd >= 0, 1, "the journal is closed");
    return journal;
}

static void push_path(lua_State *L)
{
    lua_getiuservalue(L, 1, 1);
}

static int fail(lua_State *L, const char *path, int number)
{
    return bd_error(L, BD_IO, "%s cannot be written: %s", path, strerror(number));
}

static int fail_own(lua_State *L, int number)
{
    push_path(L);
    return fail(L, lua_tostring(L, -1), number);
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

// open(path): the journal, made when there is none; nil when another process has it.
static int l_open(lua_State *L)
{
    const char *path = luaL_checkstring(L, 1);
    struct journal *journal = lua_newuserdatauv(L, sizeof *journal, 1);
    journal->fd = -1;
    luaL_setmetatable(L, JOURNAL);
    lua_pushvalue(L, 1);
    lua_setiuservalue(L, -2, 1);
    int number;
    do {
        int fd;
        number = take(path, &fd);
        if (number == 0) {
            journal->fd = fd;
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

// journal:read(): its whole lines. What follows the last of them was cut off by a loss of power, and is removed.
static int l_read(lua_State *L)
{
    struct journal *journal = check(L);
    off_t size = lseek(journal->fd, 0, SEEK_END);
    if (size <= 0) {
        lua_pushliteral(L, "");
        return 1;
    }
    char *text = lua_newuserdatauv(L, (size_t)size, 0);
    ssize_t count = pread(journal->fd, text, (size_t)size, 0);
    if (count != size) {
        return fail_own(L, count < 0 ? errno : EIO);
    }
    while (count > 0 && text[count - 1] != '\n') {
        count--;
    }
    if (ftruncate(journal->fd, count) != 0) {
        return fail_own(L, errno);
    }
    lua_pushlstring(L, text, (size_t)count);
    return 1;
}

// journal:append(line)
static int l_append(lua_State *L)
{
    struct journal *journal = check(L);
    luaL_checkstring(L, 2);
    lua_settop(L, 2);
    lua_pushliteral(L, "\n");
    lua_concat(L, 2);
    size_t len;
    const char *text = lua_tolstring(L, 2, &len);
    off_t before = lseek(journal->fd, 0, SEEK_END);
    int number = bd_file_write_all(journal->fd, text, len);
    if (number != 0) {
        (void)!ftruncate(journal->fd, before); // half a line would spoil the next
        return fail_own(L, number);
    }
    return 0;
}

// journal:clear(): forgets all lines.
static int l_clear(lua_State *L)
{
    struct journal *journal = check(L);
    if (ftruncate(journal->fd, 0) != 0 || fsync(journal->fd) != 0) {
        return fail_own(L, errno);
    }
    return 0;
}

static int l_close(lua_State *L)
{
    struct journal *journal = luaL_checkudata(L, 1, JOURNAL);
    if (journal->fd >= 0) {
        (void)close(journal->fd); // and with it the lock
    }
    journal->fd = -1;
    return 0;
}

// journal:remove(): the file too.
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

int bd_journal_module(lua_State *L)
{
    static const luaL_Reg METHODS[] = {{"read", l_read},   {"append", l_append}, {"clear", l_clear},
                                       {"close", l_close}, {"remove", l_remove}, {NULL, NULL}};
    static const luaL_Reg FUNCTIONS[] = {{"open", l_open}, {NULL, NULL}};
    luaL_newmetatable(L, JOURNAL);
    luaL_newlib(L, METHODS);
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, l_close);
    lua_setfield(L, -2, "__gc");
    lua_pushliteral(L, "journal");
    lua_setfield(L, -2, "__metatable");
    lua_pop(L, 1);
    luaL_newlib(L, FUNCTIONS);
    return 1;
}
