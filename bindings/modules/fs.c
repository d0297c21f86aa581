// SPDX-License-Identifier: MIT
// beadle.fs: whole files. What is written appears under its name only when it is complete, and others may
// not read it unless asked for: results are about people.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <lauxlib.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/error.h"
#include "modules.h"

static int fail(lua_State *L, const char *path, const char *verb, int number)
{
    return bd_error(L, BD_IO, "%s cannot be %s: %s", path, verb, strerror(number));
}

// read(path): the file's bytes.
static int l_read(lua_State *L)
{
    const char *path = luaL_checkstring(L, 1);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return fail(L, path, "read", errno);
    }
    struct bd_buf text = {0};
    ssize_t count;
    do {
        bd_buf_reserve(&text, 65536);
        count = read(fd, text.data + text.len, 65536);
        text.len += count > 0 ? (size_t)count : 0;
    } while (count > 0 || (count < 0 && errno == EINTR));
    int number = errno;
    (void)close(fd);
    if (count < 0) {
        bd_buf_free(&text);
        return fail(L, path, "read", number);
    }
    void *copy = lua_newuserdatauv(L, text.len, 0);
    size_t len = text.len;
    memcpy(copy, text.data, len);
    bd_buf_free(&text);
    lua_pushlstring(L, copy, len);
    return 1;
}

int bd_file_write_all(int fd, const char *text, size_t len)
{
    while (len > 0) {
        ssize_t count = write(fd, text, len);
        if (count < 0 && errno != EINTR) {
            return errno;
        }
        text += count > 0 ? count : 0;
        len -= count > 0 ? (size_t)count : 0;
    }
    return fsync(fd) == 0 || errno == EINVAL || errno == EROFS ? 0 : errno;
}

int bd_folder_sync(const char *path)
{
    char *copy = bd_strdup(path);
    int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    free(copy);
    if (fd < 0) { // a folder that may be written and not read
        return 0;
    }
    int number = fsync(fd) == 0 || errno == EINVAL || errno == EROFS ? 0 : errno;
    (void)close(fd);
    return number;
}

// write(path, text [, {shared = true}]): replaces the file in one step. Without `shared` only its owner
// may read it.
static int l_write(lua_State *L)
{
    const char *path = luaL_checkstring(L, 1);
    size_t len;
    const char *text = luaL_checklstring(L, 2, &len);
    bool shared = false;
    if (lua_istable(L, 3)) {
        lua_getfield(L, 3, "shared");
        shared = lua_toboolean(L, -1);
    }
    struct stat info;
    if (stat(path, &info) == 0 && !S_ISREG(info.st_mode)) { // /dev/stdout and the like
        int device = open(path, O_WRONLY | O_CLOEXEC);
        int failed = device < 0 ? errno : bd_file_write_all(device, text, len);
        if (device >= 0) {
            (void)close(device);
        }
        return failed != 0 ? fail(L, path, "written", failed) : 0;
    }
    static const char UNIQUE[] = ".XXXXXX";
    size_t size = strlen(path) + sizeof UNIQUE;
    char *temporary = lua_newuserdatauv(L, size, 0);
    (void)snprintf(temporary, size, "%s%s", path, UNIQUE);
    int fd = mkostemp(temporary, O_CLOEXEC); // 0600
    if (fd < 0) {
        return fail(L, path, "written", errno);
    }
    int failed = bd_file_write_all(fd, text, len);
    if (failed == 0 && shared && fchmod(fd, S_IRUSR | S_IWUSR | S_IRGRP | S_IROTH) != 0) {
        failed = errno;
    }
    failed = close(fd) != 0 && failed == 0 ? errno : failed;
    if (failed == 0 && rename(temporary, path) != 0) {
        failed = errno;
    }
    if (failed != 0) {
        (void)unlink(temporary);
        return fail(L, path, "written", failed);
    }
    failed = bd_folder_sync(path); // without it a loss of power may bring the old file back
    return failed != 0 ? fail(L, path, "written", failed) : 0;
}

// exists(path)
static int l_exists(lua_State *L)
{
    lua_pushboolean(L, access(luaL_checkstring(L, 1), F_OK) == 0);
    return 1;
}

// is_folder(path): of a link, whether it leads to one.
static int l_is_folder(lua_State *L)
{
    struct stat info;
    lua_pushboolean(L, stat(luaL_checkstring(L, 1), &info) == 0 && S_ISDIR(info.st_mode));
    return 1;
}

// Whether an entry is itself a folder, not a link to one: who walks a tree must come to an end.
static bool is_inner_folder(DIR *folder, const char *name)
{
    struct stat info;
    return fstatat(dirfd(folder), name, &info, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(info.st_mode);
}

// list(path): what is in a folder, in no order, each { name =, is_folder = }.
static int l_list(lua_State *L)
{
    const char *path = luaL_checkstring(L, 1);
    lua_newtable(L);
    DIR *folder = opendir(path);
    if (folder == NULL) {
        return fail(L, path, "listed", errno);
    }
    lua_Integer count = 0;
    const struct dirent *entry;
    while ((entry = readdir(folder)) != NULL) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) {
            continue;
        }
        lua_createtable(L, 0, 2);
        lua_pushstring(L, entry->d_name);
        lua_setfield(L, -2, "name");
        lua_pushboolean(L, is_inner_folder(folder, entry->d_name));
        lua_setfield(L, -2, "is_folder");
        lua_rawseti(L, -2, ++count);
    }
    (void)closedir(folder);
    return 1;
}

// make_folder(path [, {shared = true}]): makes a folder and those above it that are missing. Without `shared`, which
// means what the umask allows, they are for their owner only.
static int l_make_folder(lua_State *L)
{
    size_t len;
    const char *path = luaL_checklstring(L, 1, &len);
    lua_settop(L, 2);
    bool shared =
        lua_istable(L, 2) && lua_getfield(L, 2, "shared") != LUA_TNIL && lua_toboolean(L, -1);
    char *part = lua_newuserdatauv(L, len + 1, 0);
    for (size_t i = 1; i <= len; i++) {
        if (path[i] != '/' && path[i] != '\0') {
            continue;
        }
        memcpy(part, path, i);
        part[i] = '\0';
        struct stat info;
        bool is_there = stat(part, &info) == 0 && S_ISDIR(info.st_mode);
        if (!is_there && mkdir(part, shared ? ACCESSPERMS : S_IRWXU) != 0 && errno != EEXIST) {
            return fail(L, path, "made", errno);
        }
    }
    return 0;
}

static int sync_file(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) {
        return errno;
    }
    int failed = fsync(fd) == 0 || errno == EINVAL || errno == EROFS ? 0 : errno;
    failed = failed == 0 && fchmod(fd, S_IRUSR | S_IWUSR) != 0 ? errno : failed;
    (void)close(fd);
    return failed;
}

// replace(from, path): gives a file that was written bit by bit its name, in the place of what was there, when all of it
// is on the disk. Only its owner may read it.
static int l_replace(lua_State *L)
{
    const char *from = luaL_checkstring(L, 1);
    const char *path = luaL_checkstring(L, 2);
    int failed = sync_file(from);
    if (failed == 0 && rename(from, path) != 0) {
        failed = errno;
    }
    failed = failed == 0 ? bd_folder_sync(path) : failed;
    return failed != 0 ? fail(L, path, "written", failed) : 0;
}

// same(path, path): whether both are there and are one file.
static int l_same(lua_State *L)
{
    struct stat one, other;
    lua_pushboolean(L, stat(luaL_checkstring(L, 1), &one) == 0 &&
                           stat(luaL_checkstring(L, 2), &other) == 0 &&
                           one.st_dev == other.st_dev && one.st_ino == other.st_ino);
    return 1;
}

// absolute(path): the one name of what is there, without links. Raises when nothing is.
static int l_absolute(lua_State *L)
{
    const char *path = luaL_checkstring(L, 1);
    char name[PATH_MAX];
    if (realpath(path, name) == NULL) {
        return fail(L, path, "found", errno);
    }
    lua_pushstring(L, name);
    return 1;
}

// is_terminal(name): whether "stdin", "stdout" or "stderr" is a terminal.
static int l_is_terminal(lua_State *L)
{
    static const char *const NAMES[] = {"stdin", "stdout", "stderr", NULL};
    lua_pushboolean(L, isatty(luaL_checkoption(L, 1, NULL, NAMES)));
    return 1;
}

// columns(name): how wide the terminal is, or nothing when it is none. Asked anew each time, for it can change.
static int l_columns(lua_State *L)
{
    static const char *const NAMES[] = {"stdin", "stdout", "stderr", NULL};
    struct winsize size;
    if (ioctl(luaL_checkoption(L, 1, NULL, NAMES), TIOCGWINSZ, &size) != 0 || size.ws_col == 0) {
        return 0;
    }
    lua_pushinteger(L, size.ws_col);
    return 1;
}

int bd_fs_module(lua_State *L)
{
    static const luaL_Reg FUNCTIONS[] = {{"read", l_read},         {"write", l_write},
                                         {"exists", l_exists},     {"is_folder", l_is_folder},
                                         {"list", l_list},         {"make_folder", l_make_folder},
                                         {"same", l_same},         {"is_terminal", l_is_terminal},
                                         {"columns", l_columns},   {"replace", l_replace},
                                         {"absolute", l_absolute}, {NULL, NULL}};
    luaL_newlib(L, FUNCTIONS);
    return 1;
}
