// SPDX-License-Identifier: MIT
#include "duration.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "error.h"

static const double LONGEST_MS = 100.0 * 366 * 86400 * 1000;

static const struct {
    const char *name;
    double ms;
} UNITS[] = {
    {"", 1000},         {"ms", 1},           {"s", 1000},          {"sec", 1000},
    {"second", 1000},   {"seconds", 1000},   {"m", 60000},         {"min", 60000},
    {"minute", 60000},  {"minutes", 60000},  {"h", 3600000},       {"hour", 3600000},
    {"hours", 3600000}, {"d", 86400000},     {"day", 86400000},    {"days", 86400000},
    {"w", 604800000},   {"week", 604800000}, {"weeks", 604800000},
};

static bool round_up(double ms, uint64_t *out)
{
    if (!(ms >= 0 && ms <= LONGEST_MS)) { // also refuses NaN
        return false;
    }
    *out = (uint64_t)ceil(ms);
    return true;
}

bool bd_duration_parse(const char *text, size_t len, uint64_t *ms)
{
    char copy[64];
    if (len == 0 || len >= sizeof copy || memchr(text, '\0', len) != NULL) {
        return false;
    }
    memcpy(copy, text, len);
    copy[len] = '\0';
    if (!isdigit((unsigned char)copy[0])) {
        return false;
    }
    char *rest;
    double number = strtod(copy, &rest);
    while (*rest == ' ') {
        rest++;
    }
    for (size_t i = 0; i < BD_COUNT(UNITS); i++) {
        if (strcmp(rest, UNITS[i].name) == 0) {
            return round_up(number * UNITS[i].ms, ms);
        }
    }
    return false;
}

uint64_t bd_duration_check(lua_State *L, int index, const char *what)
{
    uint64_t ms = 0;
    bool ok = false;
    if (lua_type(L, index) == LUA_TNUMBER) {
        ok = round_up(lua_tonumber(L, index) * 1000, &ms);
    } else if (lua_type(L, index) == LUA_TSTRING) {
        size_t len;
        const char *text = lua_tolstring(L, index, &len);
        ok = bd_duration_parse(text, len, &ms);
    }
    if (!ok) {
        bd_error(
            L, BD_ARGUMENT,
            "%s must be a number of seconds or a text such as \"200 ms\", \"10 min\" or \"3 days\"",
            what);
    }
    return ms;
}
