// SPDX-License-Identifier: MIT
#include "structure.h"

#include <inttypes.h>
#include <lauxlib.h>
#include <string.h>

#include "core/json.h"
#include "core/nearest.h"
#include "core/secret.h"
#include "type.h"

// Where in a value we are; the path is printed from the outside in.
struct place {
    const struct place *outer;
    const char *name;  // of a member
    lua_Integer index; // of an element, from 1; 0: none
};

struct walk {
    lua_State *L;
    struct bd_buf *wrong;
};

static void add_place(struct bd_buf *out, const struct place *place)
{
    if (place->outer != NULL) {
        add_place(out, place->outer);
    }
    if (place->name != NULL) {
        bd_buf_addf(out, "%s%s", place->outer != NULL ? "." : "", place->name);
    } else {
        bd_buf_addf(out, "[%" PRId64 "]", (int64_t)place->index);
    }
}

static const struct bd_field *find_member(const struct bd_field *fields, const char *name)
{
    for (; fields->name != NULL; fields++) {
        if (bd_type_is_name(fields, name)) {
            return fields;
        }
    }
    return NULL;
}

// `place` NULL: a member of the body itself.
static bool unknown_member(struct walk *walk, const struct place *place,
                           const struct bd_field *fields, const char *name, size_t len)
{
    struct bd_nearest nearest = {.wanted = name};
    for (; fields->name != NULL; fields++) {
        if ((fields->flags & BD_READ_ONLY) == 0) {
            bd_nearest_offer(&nearest, fields->name);
        }
    }
    if (place != NULL) {
        add_place(walk->wrong, place);
        bd_buf_add_text(walk->wrong, " takes no ");
    } else {
        bd_buf_add_text(walk->wrong, "there is no parameter ");
    }
    bd_type_show(walk->wrong, name, len);
    if (nearest.best != NULL) {
        bd_buf_addf(walk->wrong, "; did you mean %s?", nearest.best);
    }
    return false;
}

static bool check_value(struct walk *walk, int index, const struct bd_field *field,
                        const struct place *place);

static bool check_names(struct walk *walk, int object, const struct bd_field *fields,
                        const struct place *place)
{
    lua_State *L = walk->L;
    for (lua_pushnil(L); lua_next(L, object) != 0;) {
        lua_pop(L, 1);
        size_t len = 3;
        const char *name = lua_type(L, -1) == LUA_TSTRING ? lua_tolstring(L, -1, &len) : "[1]";
        bool known =
            len == strlen(name) && find_member(fields, name) != NULL; // a NUL is of no name
        if (!known) {
            bool ok = unknown_member(walk, place, fields, name, len);
            lua_pop(L, 1);
            return ok;
        }
    }
    return true;
}

static bool check_members(struct walk *walk, int object, const struct bd_field *fields,
                          const struct place *place)
{
    lua_State *L = walk->L;
    luaL_checkstack(L, 6, "parameters");
    bool ok = check_names(walk, object, fields, place);
    for (const struct bd_field *field = fields; ok && field->name != NULL; field++) {
        const struct place inner = {.outer = place, .name = field->name};
        bd_type_push_member(L, object, field);
        if (!lua_isnil(L, -1)) {
            ok = check_value(walk, lua_gettop(L), field, &inner);
        } else if ((field->flags & BD_REQUIRED) != 0) {
            add_place(walk->wrong, &inner);
            bd_buf_addf(walk->wrong, " is required (%s)", field->doc);
            ok = false;
        }
        lua_pop(L, 1);
    }
    return ok;
}

static bool check_elements(struct walk *walk, int list, const struct bd_field *fields,
                           const struct place *place)
{
    lua_State *L = walk->L;
    luaL_checkstack(L, 6, "parameters");
    lua_Integer count = (lua_Integer)lua_rawlen(L, list);
    bool ok = true;
    for (lua_Integer i = 1; ok && i <= count; i++) {
        const struct place inner = {.outer = place, .index = i};
        lua_rawgeti(L, list, i);
        ok = lua_istable(L, -1);
        if (ok) {
            ok = check_members(walk, lua_gettop(L), fields, &inner);
        } else {
            add_place(walk->wrong, &inner);
            bd_buf_addf(walk->wrong, " must be a table, not a %s", luaL_typename(L, -1));
        }
        lua_pop(L, 1);
    }
    return ok;
}

static bool check_inside(struct walk *walk, int index, const struct bd_field *field,
                         const struct place *place)
{
    if (field->fields == NULL || !lua_istable(walk->L, index)) {
        return true;
    }
    if ((field->flags & BD_FLAT) != 0) {
        return check_members(walk, index, field->fields, NULL);
    }
    return field->type == &bd_list ? check_elements(walk, index, field->fields, place)
                                   : check_members(walk, index, field->fields, place);
}

static bool check_value(struct walk *walk, int index, const struct bd_field *field,
                        const struct place *place)
{
    lua_State *L = walk->L;
    if ((field->flags & BD_READ_ONLY) != 0) {
        add_place(walk->wrong, place);
        bd_buf_add_text(walk->wrong, " is read-only: only the vendor sets it");
        return false;
    }
    if ((field->flags & BD_NULLABLE) != 0 && bd_json_is_null(L, index)) {
        return true;
    }
    if (field->type->check(L, index, field) && bd_type_in_range(L, index, field)) {
        return check_inside(walk, index, field, place);
    }
    add_place(walk->wrong, place);
    bd_buf_add_text(walk->wrong, " must be ");
    bd_type_describe(walk->wrong, field);
    return false;
}

bool bd_structure_check_member(lua_State *L, int index, const struct bd_field *field,
                               struct bd_buf *wrong)
{
    struct walk walk = {.L = L, .wrong = wrong};
    const struct place place = {.name = field->name};
    return check_value(&walk, index, field, &place);
}

bool bd_structure_check(lua_State *L, int index, const struct bd_field *field, struct bd_buf *wrong)
{
    struct walk walk = {.L = L, .wrong = wrong};
    const struct place place = {.name = field->name};
    return check_inside(&walk, index, field, &place);
}

// ------------------------------------------------------------------------------------------------
// Visiting

struct visit {
    unsigned flags;
    void (*visit)(void *arg, const char *text, size_t len);
    void *arg;
};

static void visit_value(lua_State *L, int index, const struct bd_field *field, bool marked,
                        const struct visit *visit);

static void visit_members(lua_State *L, int object, const struct bd_field *field, bool marked,
                          const struct visit *visit)
{
    for (lua_pushnil(L); lua_next(L, object) != 0; lua_pop(L, 1)) {
        const char *name = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : NULL;
        const struct bd_field *member = field != NULL && field->fields != NULL && name != NULL
                                            ? find_member(field->fields, name)
                                            : NULL;
        // The elements of a list are objects of the same members.
        visit_value(L, lua_gettop(L), name == NULL ? field : member, marked, visit);
    }
}

static void visit_value(lua_State *L, int index, const struct bd_field *field, bool marked,
                        const struct visit *visit)
{
    luaL_checkstack(L, 8, "parameters");
    bool hit = marked || (field != NULL && (field->flags & visit->flags) != 0);
    if (lua_istable(L, index)) {
        visit_members(L, index, field, hit, visit);
        return;
    }
    size_t len = 0;
    const char *text = hit ? bd_secret_or_text(L, index, &len) : NULL;
    if (text != NULL) {
        visit->visit(visit->arg, text, len);
    }
}

void bd_structure_visit(lua_State *L, int index, const struct bd_field *field, unsigned flags,
                        void (*visit)(void *arg, const char *text, size_t len), void *arg)
{
    const struct visit how = {.flags = flags, .visit = visit, .arg = arg};
    visit_value(L, index, field, false, &how);
}
