// SPDX-License-Identifier: MIT
#include "documents.h"

#include <errno.h>
#include <lauxlib.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/error.h"
#include "core/gunzip.h"

// names(): of all pages.
static int l_names(lua_State *L)
{
    lua_newtable(L);
    lua_Integer count = 0;
    for (const struct bd_document *page = bd_documents; page->name != NULL; page++) {
        lua_pushstring(L, page->name);
        lua_rawseti(L, -2, ++count);
    }
    return 1;
}

static const struct bd_document *find(const char *name)
{
    const struct bd_document *page = bd_documents;
    while (page->name != NULL && strcmp(page->name, name) != 0) {
        page++;
    }
    return page->name != NULL ? page : NULL;
}

// read(name): the page as it was written; nil when there is none of that name.
static int l_read(lua_State *L)
{
    enum { LARGEST = 16 << 20 };
    const struct bd_document *page = find(luaL_checkstring(L, 1));
    if (page == NULL) {
        lua_pushnil(L);
        return 1;
    }
    struct bd_buf text = {0};
    struct bd_gunzip *gunzip = bd_gunzip_open();
    bool ok = bd_gunzip_add(gunzip, (const char *)page->packed, page->len, &text, LARGEST) ==
                  BD_GUNZIP_OK &&
              bd_gunzip_ended(gunzip);
    bd_gunzip_close(gunzip);
    if (!ok) {
        bd_buf_free(&text);
        return bd_error(L, BD_INTERNAL, "the page %s is damaged", page->name);
    }
    void *copy = lua_newuserdatauv(L, text.len + 1, 0);
    size_t len = text.len;
    memcpy(copy, bd_buf_text(&text), len);
    bd_buf_free(&text);
    lua_pushlstring(L, copy, len);
    return 1;
}

// ------------------------------------------------------------------------------------------------
// The pager

static bool is_longer_than_screen(const char *text)
{
    struct winsize size;
    if (!isatty(STDOUT_FILENO) || !isatty(STDIN_FILENO) ||
        ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0) {
        return false;
    }
    unsigned lines = 0;
    for (const char *at = text; (at = strchr(at, '\n')) != NULL; at++) {
        lines++;
    }
    return lines >= size.ws_row;
}

// Ctrl-C is the pager's while it runs.
static bool show_in(const char *command, const char *text, size_t len)
{
    struct sigaction ignore, before;
    memset(&ignore, 0, sizeof ignore);
    ignore.sa_handler = SIG_IGN;
    (void)fflush(NULL);
    (void)sigaction(SIGINT, &ignore, &before);
    FILE *pager = popen(command, "w"); // NOLINT(cert-env33-c): what the user has chosen with PAGER
    bool shown = pager != NULL;
    if (shown) {
        (void)fwrite(text, 1, len, pager);
        enum { NOT_FOUND = 127 };
        int status = pclose(pager);
        shown = !(WIFEXITED(status) && WEXITSTATUS(status) == NOT_FOUND);
    }
    (void)sigaction(SIGINT, &before, NULL);
    return shown;
}

// page(text): shows a text that is longer than the terminal with PAGER, else less. False: it was not shown.
static int l_page(lua_State *L)
{
    size_t len;
    const char *text = luaL_checklstring(L, 1, &len);
    const char *chosen = getenv("PAGER");
    bool plain = chosen != NULL && (*chosen == '\0' || strcmp(chosen, "cat") == 0);
    lua_pushboolean(L, !plain && is_longer_than_screen(text) &&
                           show_in(chosen != NULL ? chosen : "less -FRX", text, len));
    return 1;
}

int bd_documents_module(lua_State *L)
{
    static const luaL_Reg FUNCTIONS[] = {
        {"names", l_names}, {"read", l_read}, {"page", l_page}, {NULL, NULL}};
    luaL_newlib(L, FUNCTIONS);
    return 1;
}
