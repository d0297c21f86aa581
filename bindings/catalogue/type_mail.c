// SPDX-License-Identifier: MIT
// What mails are made of: addresses, a mail server's address, the type and the content of a file.
#include <string.h>

#include "core/json.h"
#include "core/mailbox.h"
#include "core/url.h"
#include "type_internal.h"

static const char *text_string(lua_State *L, int index, struct bd_buf *scratch, size_t *len)
{
    (void)scratch;
    return lua_tolstring(L, index, len);
}

static bool accept_string(lua_State *L, int index, const struct bd_field *field)
{
    (void)field;
    return lua_type(L, index) == LUA_TSTRING;
}

// ------------------------------------------------------------------------------------------------
// Texts of one sort

static bool mailbox_ok(const char *text, size_t len)
{
    struct bd_mailbox mailbox;
    return bd_mailbox_parse(&mailbox, text, len) == NULL;
}

static bool server_ok(const char *text, size_t len)
{
    struct bd_url url;
    return bd_url_parse_mail(&url, text, len) == NULL;
}

static bool is_token(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr("!#$&-^_.+", c) != NULL);
}

// RFC 6838, "Naming Requirements": two names of at most 127 characters.
static bool media_ok(const char *text, size_t len)
{
    enum { NAME_MOST = 127 };
    const char *slash = memchr(text, '/', len);
    if (slash == NULL || slash == text || slash == text + len - 1 || slash - text > NAME_MOST ||
        text + len - slash > NAME_MOST + 1) {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        if (text + i != slash && !is_token(text[i])) {
            return false;
        }
    }
    return true;
}

static bool content_ok(const char *text, size_t len)
{
    (void)text;
    (void)len;
    return true;
}

static const char *why_no_mailbox(lua_State *L, int index)
{
    struct bd_mailbox mailbox;
    size_t len;
    const char *text = lua_type(L, index) == LUA_TSTRING ? lua_tolstring(L, index, &len) : NULL;
    return text != NULL ? bd_mailbox_parse(&mailbox, text, len) : NULL;
}

static const char *no_more(lua_State *L, int index)
{
    (void)L;
    (void)index;
    return NULL;
}

#define SORT(symbol, title, sentence, ok, reason)                                     \
    static bool check_##ok(lua_State *L, int index, const struct bd_field *field)     \
    {                                                                                 \
        size_t len;                                                                   \
        (void)field;                                                                  \
        const char *text =                                                            \
            lua_type(L, index) == LUA_TSTRING ? lua_tolstring(L, index, &len) : NULL; \
        return text != NULL && ok(text, len);                                         \
    }                                                                                 \
    static bool parse_##ok(lua_State *L, const char *text, size_t len,                \
                           const struct bd_field *field)                              \
    {                                                                                 \
        (void)field;                                                                  \
        if (!ok(text, len)) {                                                         \
            return false;                                                             \
        }                                                                             \
        lua_pushlstring(L, text, len);                                                \
        return true;                                                                  \
    }                                                                                 \
    const struct bd_type symbol = {.name = (title),                                   \
                                   .luacats = "string",                               \
                                   .what = (sentence),                                \
                                   .is_text = true,                                   \
                                   .check = check_##ok,                               \
                                   .why = (reason),                                   \
                                   .text = text_string,                               \
                                   .parse = parse_##ok,                               \
                                   .accept = accept_string}

#define ONE_ADDRESS "a mail address in ASCII, as ada@example.org or Ada Lovelace <ada@example.org>"

SORT(bd_mailbox_type, "mailbox", ONE_ADDRESS, mailbox_ok, why_no_mailbox);
SORT(bd_mail_server, "mail server", "an address smtp://host:port or smtps://host:port", server_ok,
     no_more);
SORT(bd_media_type, "media type", "a media type such as application/pdf", media_ok, no_more);
SORT(bd_content, "content", "a string of bytes", content_ok, no_more);

// ------------------------------------------------------------------------------------------------
// Lists of addresses

static bool check_mailbox_list(lua_State *L, int index, const struct bd_field *field)
{
    if (!lua_istable(L, index)) {
        return check_mailbox_ok(L, index, field); // one alone
    }
    lua_Integer count = (lua_Integer)lua_rawlen(L, index);
    lua_Integer keys = 0;
    bool ok = count > 0;
    for (lua_pushnil(L); lua_next(L, index) != 0; lua_pop(L, 1)) {
        keys++;
        ok = ok && lua_isinteger(L, -2) && check_mailbox_ok(L, lua_gettop(L), field);
    }
    return ok && keys == count;
}

// Of the first element that is no address.
static const char *why_no_list(lua_State *L, int index)
{
    const char *why = lua_istable(L, index) ? NULL : why_no_mailbox(L, index);
    lua_Integer count = lua_istable(L, index) ? (lua_Integer)lua_rawlen(L, index) : 0;
    for (lua_Integer i = 1; why == NULL && i <= count; i++) {
        (void)lua_rawgeti(L, index, i);
        why = why_no_mailbox(L, lua_gettop(L));
        lua_pop(L, 1);
    }
    return why;
}

// A comma parts addresses, but for one within quotes.
static size_t end_of_item(const char *text, size_t len, size_t at)
{
    bool quoted = false;
    for (; at < len && (quoted || text[at] != ','); at++) {
        quoted = text[at] == '"' ? !quoted : quoted;
    }
    return at;
}

static bool parse_mailbox_list(lua_State *L, const char *text, size_t len,
                               const struct bd_field *field)
{
    lua_newtable(L);
    lua_Integer count = 0;
    for (size_t start = 0; start <= len;) {
        size_t end = end_of_item(text, len, start);
        size_t first = start;
        while (first < end && text[first] == ' ') {
            first++;
        }
        if (!parse_mailbox_ok(L, text + first, end - first, field)) {
            lua_pop(L, 1);
            return false;
        }
        lua_rawseti(L, -2, ++count);
        start = end + 1;
    }
    return true;
}

static const char *text_mailbox_list(lua_State *L, int index, struct bd_buf *scratch, size_t *len)
{
    if (!lua_istable(L, index)) {
        return lua_tolstring(L, index, len);
    }
    bd_buf_reset(scratch, 1024);
    lua_Integer count = (lua_Integer)lua_rawlen(L, index);
    for (lua_Integer i = 1; i <= count; i++) {
        size_t item_len;
        (void)lua_rawgeti(L, index, i);
        const char *item = lua_tolstring(L, -1, &item_len);
        bd_buf_add_text(scratch, i > 1 ? ", " : "");
        bd_buf_add(scratch, item, item_len);
        lua_pop(L, 1);
    }
    *len = scratch->len;
    return bd_buf_text(scratch);
}

static bool accept_mailbox_list(lua_State *L, int index, const struct bd_field *field)
{
    return lua_istable(L, index) || accept_string(L, index, field);
}

const struct bd_type bd_mailbox_list = {.name = "mailbox list",
                                        .luacats = "string|string[]",
                                        .what = ONE_ADDRESS ", or a list of those",
                                        .list = true,
                                        .check = check_mailbox_list,
                                        .why = why_no_list,
                                        .text = text_mailbox_list,
                                        .parse = parse_mailbox_list,
                                        .accept = accept_mailbox_list};
