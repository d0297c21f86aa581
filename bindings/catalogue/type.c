// SPDX-License-Identifier: MIT
// What all types share: choices, bounds, and their description.
#include "type.h"

#include <inttypes.h>
#include <lauxlib.h>
#include <string.h>

#include "core/nearest.h"

static void describe_choices(struct bd_buf *out, const struct bd_choice *choice, bool numbers)
{
    const char *before = ": ";
    for (; choice->name != NULL; choice++, before = ", ") {
        if (numbers) {
            bd_buf_addf(out, "%s\"%s\" or %" PRId64 " (%s)", before, choice->text, choice->value,
                        choice->name);
        } else if (choice->text != NULL) {
            bd_buf_addf(out, "%s\"%s\" (%s)", before, choice->text, choice->name);
        } else {
            bd_buf_addf(out, "%s%" PRId64 " (%s)", before, choice->value, choice->name);
        }
    }
}

static void describe_bounds(struct bd_buf *out, const struct bd_field *field)
{
    if (field->type->is_text) {
        if (field->min > 1) {
            bd_buf_addf(out, " of at least %" PRId64 " characters", field->min);
        }
        if (field->max != INT64_MAX) {
            bd_buf_addf(out, "%s of at most %" PRId64 " characters", field->min > 1 ? " and" : "",
                        field->max);
        }
        return;
    }
    bd_buf_addf(out, " from %" PRId64, field->min);
    if (field->max != INT64_MAX) {
        bd_buf_addf(out, " to %" PRId64, field->max);
    } else {
        bd_buf_add_text(out, " on");
    }
}

void bd_type_describe(struct bd_buf *out, const struct bd_field *field)
{
    if (field->min != 0 && field->min == field->max) {
        bd_buf_addf(out, "%" PRId64, field->min);
        return;
    }
    bd_buf_add_text(out, field->choices != NULL && field->type->is_text ? "one of these"
                                                                        : field->type->what);
    if (field->set != NULL) {
        bd_buf_addf(out, ", here to \"%s\"", field->set);
    }
    if (field->choices != NULL) {
        describe_choices(out, field->choices->choices, field->type->chooses);
    } else if (field->min != 0 || field->max != 0) {
        describe_bounds(out, field);
    }
}

void bd_type_show(struct bd_buf *out, const char *text, size_t len)
{
    enum { LONGEST = 60 };
    bd_buf_add_char(out, '"');
    for (size_t i = 0; i < len && i < LONGEST; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c < 0x20 || c == 0x7f) {
            bd_buf_addf(out, "\\x%02X", c);
        } else {
            bd_buf_add_char(out, (char)c);
        }
    }
    bd_buf_add_text(out, len <= LONGEST ? "\"" : "\"...");
}

const char *bd_type_nearest_value(const char *text, const struct bd_field *field)
{
    struct bd_nearest nearest = {.wanted = text};
    const struct bd_choice *choice = field->choices != NULL ? field->choices->choices : NULL;
    for (; choice != NULL && choice->name != NULL; choice++) {
        if (choice->text != NULL) {
            bd_nearest_offer(&nearest, choice->text);
        }
    }
    return nearest.best;
}

const char *bd_type_nearest_name(const char *text, const struct bd_field *field)
{
    struct bd_nearest nearest = {.wanted = text};
    const struct bd_choice *choice = field->choices != NULL ? field->choices->choices : NULL;
    for (; choice != NULL && choice->name != NULL; choice++) {
        bd_nearest_offer(&nearest, choice->name);
    }
    return nearest.best;
}

static void push_choice(lua_State *L, const struct bd_choice *choice)
{
    if (choice->text != NULL) {
        lua_pushstring(L, choice->text);
    } else {
        lua_pushinteger(L, choice->value);
    }
}

bool bd_type_parse(lua_State *L, const char *text, size_t len, const struct bd_field *field)
{
    const struct bd_choice *choice = field->choices != NULL ? field->choices->choices : NULL;
    for (; choice != NULL && choice->name != NULL; choice++) {
        if (strlen(choice->name) == len && memcmp(choice->name, text, len) == 0) {
            push_choice(L, choice);
            return true;
        }
    }
    return field->type->parse(L, text, len, field);
}

static bool is_choice(lua_State *L, int index, const struct bd_choice *choice)
{
    bool found = false;
    for (; !found && choice->name != NULL; choice++) {
        push_choice(L, choice);
        found = lua_rawequal(L, -1, index) != 0;
        lua_pop(L, 1);
    }
    return found;
}

// Characters of well-formed UTF-8.
static int64_t count_characters(const char *text, size_t len)
{
    int64_t count = 0;
    for (size_t i = 0; i < len; i++) {
        count += ((unsigned char)text[i] & 0xC0) != 0x80 ? 1 : 0;
    }
    return count;
}

static bool elements_in_range(lua_State *L, int index, const struct bd_field *field)
{
    lua_Integer count = (lua_Integer)lua_rawlen(L, index);
    bool ok = true;
    for (lua_Integer i = 1; ok && i <= count; i++) {
        lua_rawgeti(L, index, i);
        ok = bd_type_in_range(L, lua_gettop(L), field);
        lua_pop(L, 1);
    }
    return ok;
}

bool bd_type_in_range(lua_State *L, int index, const struct bd_field *field)
{
    if (field->type->list && lua_istable(L, index)) {
        return elements_in_range(L, index, field);
    }
    if (field->type->chooses) {
        return true;
    }
    if (field->choices != NULL && (lua_type(L, index) == LUA_TNUMBER || field->type->is_text)) {
        return is_choice(L, index, field->choices->choices);
    }
    if (field->min == 0 && field->max == 0) {
        return true;
    }
    if (field->type->is_text && lua_type(L, index) == LUA_TSTRING) {
        size_t len;
        const char *text = lua_tolstring(L, index, &len);
        int64_t count = count_characters(text, len);
        return count >= field->min && count <= field->max;
    }
    if (lua_type(L, index) != LUA_TNUMBER) {
        return true;
    }
    lua_Number value = lua_tonumber(L, index);
    return value >= (lua_Number)field->min && value <= (lua_Number)field->max;
}
