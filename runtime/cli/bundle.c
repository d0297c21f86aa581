// SPDX-License-Identifier: MIT
#include "bundle.h"

#include <errno.h>
#include <lauxlib.h>
#include <string.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/error.h"
#include "core/gunzip.h"
#include "core/script.h"

const struct bd_bundled *bd_bundle_find(const struct bd_bundled *list, const char *name)
{
    while (list->name != NULL && strcmp(list->name, name) != 0) {
        list++;
    }
    return list->name != NULL ? list : NULL;
}

void bd_bundle_push_names(lua_State *L, const struct bd_bundled *list)
{
    lua_newtable(L);
    for (lua_Integer i = 1; list->name != NULL; list++, i++) {
        lua_pushstring(L, list->name);
        lua_rawseti(L, -2, i);
    }
}

void bd_bundle_push(lua_State *L, const struct bd_bundled *file)
{
    enum { LARGEST = 16 << 20 };
    struct bd_buf text = {0};
    struct bd_gunzip *gunzip = bd_gunzip_open();
    bool ok = bd_gunzip_add(gunzip, (const char *)file->packed, file->len, &text, LARGEST) ==
                  BD_GUNZIP_OK &&
              bd_gunzip_ended(gunzip);
    bd_gunzip_close(gunzip);
    if (!ok) {
        bd_buf_free(&text);
        (void)bd_error(L, BD_INTERNAL, "%s, which is part of the program, is damaged", file->name);
        return;
    }
    void *copy = lua_newuserdatauv(L, text.len + 1, 0); // so that nothing leaks when memory ends
    size_t len = text.len;
    memcpy(copy, bd_buf_text(&text), len);
    bd_buf_free(&text);
    lua_pushlstring(L, copy, len);
    lua_remove(L, -2);
}

int bd_bundle_load(lua_State *L, const struct bd_bundled *file, const char *chunk_name)
{
    bd_bundle_push(L, file);
    size_t len;
    const char *text = lua_tolstring(L, -1, &len);
    int status = bd_script_load_text(L, text, len, chunk_name);
    lua_remove(L, -2);
    return status;
}

// names(): of all files.
static int l_names(lua_State *L)
{
    bd_bundle_push_names(L, bd_bundle);
    return 1;
}

// read(name): the bytes; nil when there is none of that name.
static int l_read(lua_State *L)
{
    const struct bd_bundled *file = bd_bundle_find(bd_bundle, luaL_checkstring(L, 1));
    if (file == NULL) {
        return 0;
    }
    bd_bundle_push(L, file);
    return 1;
}

// remove(path): a file, if it is there.
static int l_remove(lua_State *L)
{
    const char *path = luaL_checkstring(L, 1);
    if (unlink(path) != 0 && errno != ENOENT) {
        return bd_error(L, BD_IO, "%s cannot be removed: %s", path, strerror(errno));
    }
    return 0;
}

int bd_bundle_module(lua_State *L)
{
    static const luaL_Reg FUNCTIONS[] = {
        {"names", l_names}, {"read", l_read}, {"remove", l_remove}, {NULL, NULL}};
    luaL_newlib(L, FUNCTIONS);
    return 1;
}
