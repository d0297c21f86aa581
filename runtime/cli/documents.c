// SPDX-License-Identifier: MIT
#include "documents.h"

#include <errno.h>
#include <lauxlib.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "bundle.h"

// names(): of all pages.
static int l_names(lua_State *L)
{
    bd_bundle_push_names(L, bd_documents);
    return 1;
}

// read(name): the page as it was written; nil when there is none of that name.
static int l_read(lua_State *L)
{
    const struct bd_bundled *page = bd_bundle_find(bd_documents, luaL_checkstring(L, 1));
    if (page == NULL) {
        lua_pushnil(L);
        return 1;
    }
    bd_bundle_push(L, page);
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
