// SPDX-License-Identifier: MIT
// Texts, secrets among them, and durations.
#include <lauxlib.h>
#include <string.h>

#include "core/duration.h"
#include "core/encode.h"
#include "core/secret.h"
#include "core/url.h"
#include "type_internal.h"

static const char *text_string(lua_State *L, int index, struct bd_buf *scratch, size_t *len)
{
    (void)scratch;
    return lua_tolstring(L, index, len);
}

// One line of UTF-8.
static bool line_ok(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f) {
            return false;
        }
    }
    return bd_utf8_valid(text, len);
}

static bool check_line(lua_State *L, int index, bool (*ok)(const char *, size_t))
{
    if (lua_type(L, index) != LUA_TSTRING) {
        return false;
    }
    size_t len;
    const char *text = lua_tolstring(L, index, &len);
    return line_ok(text, len) && ok(text, len);
}

static bool parse_line(lua_State *L, const char *text, size_t len, bool (*ok)(const char *, size_t))
{
    if (!line_ok(text, len) || !ok(text, len)) {
        return false;
    }
    lua_pushlstring(L, text, len);
    return true;
}

#define LINE_TYPE(ok)                                                             \
    static bool check_##ok(lua_State *L, int index, const struct bd_field *field) \
    {                                                                             \
        (void)field;                                                              \
        return check_line(L, index, ok);                                          \
    }                                                                             \
    static bool parse_##ok(lua_State *L, const char *text, size_t len,            \
                           const struct bd_field *field)                          \
    {                                                                             \
        (void)field;                                                              \
        return parse_line(L, text, len, ok);                                      \
    }

static bool any_line(const char *text, size_t len)
{
    (void)text;
    return len > 0;
}
LINE_TYPE(any_line)

static bool email_ok(const char *text, size_t len)
{
    const char *at = memchr(text, '@', len);
    if (at == NULL || at == text || at == text + len - 1) {
        return false;
    }
    size_t behind = len - (size_t)(at - text) - 1;
    return memchr(at + 1, '@', behind) == NULL && memchr(text, ' ', len) == NULL &&
           memchr(text, ',', len) == NULL && memchr(text, ';', len) == NULL;
}
LINE_TYPE(email_ok)

static bool url_ok(const char *text, size_t len)
{
    struct bd_url url;
    return bd_url_parse(&url, text, len) == NULL;
}
LINE_TYPE(url_ok)

// Two digits at a place, or -1.
static int two_digits(const char *text)
{
    bool digits = text[0] >= '0' && text[0] <= '9' && text[1] >= '0' && text[1] <= '9';
    return digits ? (text[0] - '0') * 10 + text[1] - '0' : -1;
}

static bool date_ok(const char *text, size_t len)
{
    static const int DAYS[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (len != 10 || text[4] != '-' || text[7] != '-') {
        return false;
    }
    int century = two_digits(text);
    int in_century = two_digits(text + 2);
    int month = two_digits(text + 5);
    int day = two_digits(text + 8);
    if (century < 0 || in_century < 0 || month < 1 || month > 12 || day < 1) {
        return false;
    }
    int year = century * 100 + in_century;
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return day <= DAYS[month - 1] + (month == 2 && leap ? 1 : 0);
}
LINE_TYPE(date_ok)

static bool datetime_ok(const char *text, size_t len)
{
    if (len != 16 || text[10] != ' ' || text[13] != ':' || !date_ok(text, 10)) {
        return false;
    }
    int hour = two_digits(text + 11);
    int minute = two_digits(text + 14);
    return hour >= 0 && hour <= 23 && minute >= 0 && minute <= 59;
}
LINE_TYPE(datetime_ok)

static bool accept_string(lua_State *L, int index, const struct bd_field *field)
{
    (void)field;
    return lua_type(L, index) == LUA_TSTRING;
}

#define TEXT_TYPE(symbol, title, sentence, ok)          \
    const struct bd_type symbol = {.name = (title),     \
                                   .luacats = "string", \
                                   .what = (sentence),  \
                                   .is_text = true,     \
                                   .check = check_##ok, \
                                   .text = text_string, \
                                   .parse = parse_##ok, \
                                   .accept = accept_string}

TEXT_TYPE(bd_string, "string", "a text of one line, not empty", any_line);
TEXT_TYPE(bd_email, "email", "an e-mail address", email_ok);
TEXT_TYPE(bd_url_type, "url", "an address that begins with https:// or http://", url_ok);
TEXT_TYPE(bd_date, "date", "a day written YYYY-MM-DD", date_ok);
TEXT_TYPE(bd_datetime, "datetime", "a time written YYYY-MM-DD hh:mm", datetime_ok);
TEXT_TYPE(bd_file, "file", "the path of a file", any_line);

// 2026-11-22T08:00:00Z, with or without a fraction of a second.
static bool timestamp_ok(const char *text, size_t len)
{
    if (len < 20 || text[10] != 'T' || text[13] != ':' || text[16] != ':' || text[len - 1] != 'Z' ||
        !date_ok(text, 10)) {
        return false;
    }
    size_t digits = len - 21;
    bool whole = len == 20;
    bool fraction =
        len > 21 && len <= 30 && text[19] == '.' && strspn(text + 20, "0123456789") == digits;
    int hour = two_digits(text + 11);
    int minute = two_digits(text + 14);
    int second = two_digits(text + 17);
    return (whole || fraction) && hour >= 0 && hour <= 23 && minute >= 0 && minute <= 59 &&
           second >= 0 && second <= 60;
}
LINE_TYPE(timestamp_ok)
TEXT_TYPE(bd_timestamp, "timestamp", "a time in UTC written YYYY-MM-DDThh:mm:ssZ", timestamp_ok);

static bool moment_ok(const char *text, size_t len)
{
    return timestamp_ok(text, len) || date_ok(text, len);
}
LINE_TYPE(moment_ok)
TEXT_TYPE(bd_moment, "moment",
          "a time in UTC written YYYY-MM-DDThh:mm:ssZ, or a day written YYYY-MM-DD", moment_ok);

// ------------------------------------------------------------------------------------------------
// Texts of several lines

static bool check_text(lua_State *L, int index, const struct bd_field *field)
{
    (void)field;
    if (lua_type(L, index) != LUA_TSTRING) {
        return false;
    }
    size_t len;
    const char *text = lua_tolstring(L, index, &len);
    return memchr(text, '\0', len) == NULL && bd_utf8_valid(text, len);
}

static bool parse_text(lua_State *L, const char *text, size_t len, const struct bd_field *field)
{
    lua_pushlstring(L, text, len);
    if (check_text(L, lua_gettop(L), field)) {
        return true;
    }
    lua_pop(L, 1);
    return false;
}

const struct bd_type bd_text = {.name = "text",
                                .luacats = "string",
                                .what = "a text",
                                .is_text = true,
                                .check = check_text,
                                .text = text_string,
                                .parse = parse_text,
                                .accept = accept_string};

// ------------------------------------------------------------------------------------------------
// Secrets

static bool check_secret(lua_State *L, int index, const struct bd_field *field)
{
    size_t len;
    const char *text = bd_secret_or_text(L, index, &len);
    (void)field;
    return text != NULL && len > 0 && line_ok(text, len);
}

static const char *text_secret(lua_State *L, int index, struct bd_buf *scratch, size_t *len)
{
    (void)scratch;
    return bd_secret_or_text(L, index, len);
}

static void json_secret(lua_State *L, int index, const struct bd_field *field, struct bd_buf *out)
{
    size_t len;
    const char *text = bd_secret_or_text(L, index, &len);
    (void)field;
    bd_encode_json_string(out, text, len);
}

static bool accept_secret(lua_State *L, int index, const struct bd_field *field)
{
    size_t len;
    const char *text = lua_type(L, index) == LUA_TSTRING ? lua_tolstring(L, index, &len) : NULL;
    if (text == NULL || !bd_secret_push(L, field->name, text, len)) {
        return false;
    }
    lua_replace(L, index);
    return true;
}

const struct bd_type bd_secret_text = {.name = "secret",
                                       .luacats = "beadle.secret|string",
                                       .what = "a secret or a text of one line",
                                       .check = check_secret,
                                       .text = text_secret,
                                       .json = json_secret,
                                       .parse = parse_any_line,
                                       .accept = accept_secret};

// ------------------------------------------------------------------------------------------------
// Durations: of settings only, never sent

static bool check_duration(lua_State *L, int index, const struct bd_field *field)
{
    uint64_t ms;
    size_t len;
    (void)field;
    if (lua_type(L, index) == LUA_TNUMBER) {
        return lua_tonumber(L, index) > 0;
    }
    const char *text = lua_type(L, index) == LUA_TSTRING ? lua_tolstring(L, index, &len) : NULL;
    return text != NULL && bd_duration_parse(text, len, &ms);
}

static bool parse_duration(lua_State *L, const char *text, size_t len, const struct bd_field *field)
{
    uint64_t ms;
    (void)field;
    if (!bd_duration_parse(text, len, &ms)) {
        return false;
    }
    lua_pushnumber(L, (lua_Number)ms / 1000);
    return true;
}

const struct bd_type bd_duration_type = {
    .name = "duration",
    .luacats = "number|string",
    .what = "a number of seconds or a text such as \"200 ms\" or \"10 min\"",
    .check = check_duration,
    .text = bd_type_text_any,
    .parse = parse_duration,
    .accept = check_duration};
