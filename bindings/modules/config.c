// SPDX-License-Identifier: MIT
// beadle.config.native: what reading a configuration needs beyond Lua. For runtime/core/config.lua only.
#include <errno.h>
#include <fcntl.h>
#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/address.h"
#include "core/buf.h"
#include "core/error.h"
#include "core/runtime.h"
#include "core/secret.h"
#include "modules.h"

static const off_t LARGEST_FILE = 1 << 20;

static const char *environment(lua_State *L, const char *name)
{
    const char *value = bd_runtime_of(L)->options.ignore_environment ? NULL : getenv(name);
    return value != NULL && *value != '\0' ? value : NULL;
}

// What others can do with a file.
struct exposure {
    bool readable;       // others than its owner may read it
    const char *foreign; // why somebody else may have written it; NULL: nobody else can
};

// A file of a folder such as /tmp may be anybody's. Root's and our own are trusted.
static const char *why_foreign(const struct stat *info)
{
    if (info->st_uid != 0 && info->st_uid != geteuid()) {
        return "it belongs to another user";
    }
    return (info->st_mode & (S_IWGRP | S_IWOTH)) != 0 ? "others can write it" : NULL;
}

// Reads a small file whole. NULL, or what is wrong.
static const char *read_small(const char *path, struct bd_buf *out, struct exposure *exposure)
{
    *exposure = (struct exposure){0};
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        return strerror(errno);
    }
    struct stat info;
    const char *wrong = fstat(fd, &info) != 0 ? strerror(errno) : NULL;
    if (wrong == NULL && !S_ISREG(info.st_mode)) {
        wrong = "it is no file";
    } else if (wrong == NULL && info.st_size > LARGEST_FILE) {
        wrong = "it is too large";
    }
    if (wrong == NULL) {
        exposure->readable = (info.st_mode & (S_IRWXG | S_IRWXO)) != 0;
        exposure->foreign = why_foreign(&info);
    }
    char piece[4096];
    ssize_t count = 0;
    while (wrong == NULL && (count = read(fd, piece, sizeof piece)) > 0) {
        bd_buf_add(out, piece, (size_t)count);
    }
    wrong = count < 0 ? strerror(errno) : wrong;
    explicit_bzero(piece, sizeof piece);
    (void)close(fd);
    return wrong;
}

static void wipe(struct bd_buf *buf)
{
    if (buf->data != NULL) {
        explicit_bzero(buf->data, buf->cap);
    }
    bd_buf_free(buf);
}

// read(path): text, nil, whether others can read it, and why somebody else may have written it or nil; or nil and
// what is wrong.
static int l_read(lua_State *L)
{
    struct bd_buf text = {0};
    struct exposure exposure;
    const char *wrong = read_small(luaL_checkstring(L, 1), &text, &exposure);
    if (wrong != NULL) {
        bd_buf_free(&text);
        lua_pushnil(L);
        lua_pushstring(L, wrong);
        return 2;
    }
    lua_pushlstring(L, text.len > 0 ? text.data : "", text.len);
    wipe(&text);
    lua_pushnil(L);
    lua_pushboolean(L, exposure.readable);
    lua_pushstring(L, exposure.foreign);
    return 4;
}

static int push_secret_file(lua_State *L, const char *path)
{
    struct bd_buf text = {0};
    struct exposure exposure;
    const char *wrong = read_small(path, &text, &exposure);
    if (wrong != NULL) {
        lua_pushnil(L);
        lua_pushfstring(L, "%s cannot be read: %s", path, wrong);
        wipe(&text);
        return 2;
    }
    while (text.len > 0 && (text.data[text.len - 1] == '\n' || text.data[text.len - 1] == '\r')) {
        text.len--;
    }
    lua_pushlstring(L, text.len > 0 ? text.data : "", text.len);
    wipe(&text);
    lua_pushnil(L);
    lua_pushboolean(L, !exposure.readable);
    return 3;
}

// fetch(kind, argument): the value, nil, and whether it is kept from others; or nil and what is wrong.
static int l_fetch(lua_State *L)
{
    const char *kind = luaL_checkstring(L, 1);
    const char *argument = luaL_checkstring(L, 2);
    if (strcmp(kind, "file") == 0) {
        return push_secret_file(L, argument);
    }
    if (strcmp(kind, "credential") == 0) { // systemd: LoadCredential
        const char *folder = getenv("CREDENTIALS_DIRECTORY");
        if (folder == NULL) {
            lua_pushnil(L);
            lua_pushliteral(L, "there are no credentials: CREDENTIALS_DIRECTORY is not set");
            return 2;
        }
        lua_pushfstring(L, "%s/%s", folder, argument);
        return push_secret_file(L, lua_tostring(L, -1));
    }
    const char *value = getenv(argument);
    if (value == NULL || *value == '\0') {
        lua_pushnil(L);
        lua_pushfstring(L, "the environment variable %s is not set", argument);
        return 2;
    }
    lua_pushstring(L, value);
    lua_pushnil(L);
    lua_pushboolean(L, true);
    return 3;
}

static int l_exists(lua_State *L)
{
    lua_pushboolean(L, access(luaL_checkstring(L, 1), F_OK) == 0);
    return 1;
}

static int l_secret(lua_State *L)
{
    size_t len;
    const char *name = luaL_checkstring(L, 1);
    const char *value = luaL_checklstring(L, 2, &len);
    return bd_secret_push(L, name, value, len) ? 1 : 0;
}

static int l_profile(lua_State *L)
{
    const char *profile = bd_runtime_of(L)->options.profile;
    lua_pushstring(L, profile != NULL ? profile : environment(L, "BEADLE_PROFILE"));
    return 1;
}

// use(profile): the run's profile from now on.
static int l_use(lua_State *L)
{
    struct bd_runtime *rt = bd_runtime_of(L);
    luaL_checkstring(L, 1);
    lua_settop(L, 1);
    rt->options.profile = lua_tostring(L, 1);
    rt->profile_changes++;
    lua_setfield(L, LUA_REGISTRYINDEX, "beadle.profile"); // keeps the text
    return 0;
}

static void add_path(lua_State *L, bool required)
{
    lua_createtable(L, 0, 2);
    lua_insert(L, -2);
    lua_setfield(L, -2, "path");
    lua_pushboolean(L, required);
    lua_setfield(L, -2, "required");
    lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
}

// paths(): the files to read, the most important first.
static int l_paths(lua_State *L)
{
    const struct bd_options *options = &bd_runtime_of(L)->options;
    const char *chosen =
        options->config_file != NULL ? options->config_file : environment(L, "BEADLE_CONFIG");
    lua_newtable(L);
    if (chosen != NULL) {
        lua_pushstring(L, chosen);
        add_path(L, true);
        return 1;
    }
    if (options->ignore_environment) {
        return 1;
    }
    lua_pushliteral(L, "beadle.conf.lua");
    add_path(L, false);
    const char *config_home = getenv("XDG_CONFIG_HOME");
    const char *home = getenv("HOME");
    if (config_home != NULL && config_home[0] == '/') {
        lua_pushfstring(L, "%s/beadle/beadle.conf.lua", config_home);
        add_path(L, false);
    } else if (home != NULL && home[0] == '/') {
        lua_pushfstring(L, "%s/.config/beadle/beadle.conf.lua", home);
        add_path(L, false);
    }
    lua_pushliteral(L, "/etc/beadle/beadle.conf.lua");
    add_path(L, false);
    return 1;
}

// line(path): "path:line" of the code that called the caller.
static int l_line(lua_State *L)
{
    lua_Debug place;
    int line = 0;
    if (lua_getstack(L, 2, &place)) {
        lua_getinfo(L, "l", &place);
        line = place.currentline;
    }
    lua_pushfstring(L, "%s:%d", luaL_checkstring(L, 1), line);
    return 1;
}

static void on_limit(lua_State *L, lua_Debug *where)
{
    (void)where;
    bd_error(L, BD_CONFIGURATION, "it does not come to an end");
}

// run_limited(chunk): true and its result, or false and the error. A configuration is data: one that
// computes for long is wrong.
static int l_run_limited(lua_State *L)
{
    enum { INSTRUCTIONS = 1000000 };
    luaL_checktype(L, 1, LUA_TFUNCTION);
    lua_settop(L, 1);
    lua_Hook before = lua_gethook(L);
    int mask = lua_gethookmask(L);
    int count = lua_gethookcount(L);
    lua_sethook(L, on_limit, LUA_MASKCOUNT, INSTRUCTIONS);
    int status = lua_pcall(L, 0, 1, 0);
    lua_sethook(L, before, mask, count);
    lua_pushboolean(L, status == LUA_OK);
    lua_insert(L, 1);
    return 2;
}

// split_url(url): scheme with host and port, the path, whether there is a query, and whether the host is this machine,
// by the address as it is written; or nil and what is wrong.
static int l_split_url(lua_State *L)
{
    size_t len;
    const char *text = luaL_checklstring(L, 1, &len);
    struct bd_url url;
    const char *wrong = bd_url_parse(&url, text, len);
    if (wrong != NULL) {
        lua_pushnil(L);
        lua_pushstring(L, wrong);
        return 2;
    }
    lua_pushlstring(L, text, (size_t)(url.path - text));
    lua_pushlstring(L, url.path, url.path_len);
    lua_pushboolean(L, url.query != NULL);
    lua_pushboolean(L, bd_address_url_is_this_machine(&url));
    return 4;
}

int bd_config_module(lua_State *L)
{
    static const luaL_Reg FUNCTIONS[] = {
        {"read", l_read},
        {"fetch", l_fetch},
        {"exists", l_exists},
        {"secret", l_secret},
        {"profile", l_profile},
        {"paths", l_paths},
        {"line", l_line},
        {"run_limited", l_run_limited},
        {"split_url", l_split_url},
        {"use", l_use},
        {NULL, NULL},
    };
    luaL_newlib(L, FUNCTIONS);
    return 1;
}
