// SPDX-License-Identifier: MIT
#include "installation.h"

#include <expat.h>
#include <lauxlib.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>
#include <zlib.h>

#include "core/curl_api.h"
#include "core/dynlib.h"
#include "core/mhd_api.h"

static void add_library(lua_State *L, const char *name, const char *version, const char *least,
                        const char *wrong)
{
    lua_createtable(L, 0, 4);
    lua_pushstring(L, name);
    lua_setfield(L, -2, "name");
    lua_pushstring(L, version);
    lua_setfield(L, -2, "version");
    lua_pushstring(L, least);
    lua_setfield(L, -2, "least");
    lua_pushstring(L, wrong);
    lua_setfield(L, -2, "wrong");
    lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
}

static void add_curl(lua_State *L)
{
    char wrong[256] = "";
    struct bd_curl_api curl;
    bool loaded = bd_curl_api_load(&curl, wrong, sizeof wrong);
    const curl_version_info_data *info = loaded ? curl.version_info(CURLVERSION_NOW) : NULL;
    add_library(L, "libcurl", loaded ? info->version : NULL, LEAST_CURL, loaded ? NULL : wrong);
    if (loaded) {
        bool verifies = (info->features & CURL_VERSION_SSL) != 0;
        add_library(L, "TLS of libcurl", info->ssl_version, NULL,
                    verifies ? NULL : "libcurl was built without TLS");
    }
}

static void add_mhd(lua_State *L)
{
    char wrong[256] = "";
    struct bd_mhd_api mhd;
    bool loaded = bd_mhd_api_load(&mhd, wrong, sizeof wrong);
    add_library(L, "libmicrohttpd", loaded ? mhd.get_version() : NULL, LEAST_MHD,
                loaded ? NULL : wrong);
}

static void add_crypto(lua_State *L)
{
    enum { VERSION_STRING = 6 }; // OPENSSL_VERSION_STRING of OpenSSL_version(3)
    char wrong[256] = "";
    const char *(*version)(int) = NULL;
    const struct bd_dynlib_symbol symbols[] = {{"OpenSSL_version", (void **)(void *)&version}};
    bool loaded = bd_dynlib_load("libcrypto.so.3", symbols, 1, wrong, sizeof wrong);
    add_library(L, "OpenSSL (libcrypto)", loaded ? version(VERSION_STRING) : NULL, LEAST_CRYPTO,
                loaded ? NULL : wrong);
}

// libraries(): a list of { name, version (nil: it is missing), least (nil: any will do), wrong }.
static int l_libraries(lua_State *L)
{
    lua_newtable(L);
    add_library(L, "Lua", LUA_VERSION_MAJOR "." LUA_VERSION_MINOR "." LUA_VERSION_RELEASE,
                LEAST_LUA, NULL);
    add_library(L, "libuv", uv_version_string(), LEAST_UV, NULL);
    add_library(L, "zlib", zlibVersion(), NULL, NULL);
    add_library(L, "SQLite", sqlite3_libversion(), LEAST_SQLITE, NULL);
    const char *expat = XML_ExpatVersion(); // "expat_2.5.0"
    const char *number = strchr(expat, '_');
    add_library(L, "Expat", number != NULL ? number + 1 : expat, LEAST_EXPAT, NULL);
    add_curl(L);
    add_mhd(L);
    add_crypto(L);
    return 1;
}

// authorities(): the file and the folder of certificates that libcurl trusts, each nil when it has none.
static int l_authorities(lua_State *L)
{
    char wrong[256];
    struct bd_curl_api curl;
    if (!bd_curl_api_load(&curl, wrong, sizeof wrong)) {
        return 0;
    }
    const curl_version_info_data *info = curl.version_info(CURLVERSION_NOW);
    lua_pushstring(L, info->cainfo);
    lua_pushstring(L, info->capath);
    return 2;
}

// look(path): nil when nothing is there; else { folder, readable, writable (by us), mode ("600"), mine }.
static int l_look(lua_State *L)
{
    const char *path = luaL_checkstring(L, 1);
    struct stat info;
    if (stat(path, &info) != 0) {
        lua_pushnil(L);
        return 1;
    }
    lua_createtable(L, 0, 5);
    lua_pushboolean(L, S_ISDIR(info.st_mode));
    lua_setfield(L, -2, "folder");
    lua_pushboolean(L, access(path, R_OK) == 0);
    lua_setfield(L, -2, "readable");
    lua_pushboolean(L, access(path, W_OK) == 0);
    lua_setfield(L, -2, "writable");
    char mode[8];
    (void)snprintf(mode, sizeof mode, "%03o",
                   (unsigned)(info.st_mode & (S_IRWXU | S_IRWXG | S_IRWXO)));
    lua_pushstring(L, mode);
    lua_setfield(L, -2, "mode");
    lua_pushboolean(L, info.st_uid == geteuid());
    lua_setfield(L, -2, "mine");
    return 1;
}

// program(): the path of the program that runs.
static int l_program(lua_State *L)
{
    char path[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", path, sizeof path);
    lua_pushlstring(L, path, len > 0 ? (size_t)len : 0);
    return 1;
}

int bd_installation_module(lua_State *L)
{
    static const luaL_Reg FUNCTIONS[] = {{"libraries", l_libraries},
                                         {"authorities", l_authorities},
                                         {"look", l_look},
                                         {"program", l_program},
                                         {NULL, NULL}};
    luaL_newlib(L, FUNCTIONS);
    return 1;
}
