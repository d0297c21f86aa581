// SPDX-License-Identifier: MIT
// Checks the parameters of a call. Everything that is wrong is said in one error, before anything is sent.
#include <inttypes.h>
#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>

#include "call.h"
#include "core/check.h"
#include "core/json.h"
#include "core/log.h"
#include "core/nearest.h"
#include "core/runtime.h"
#include "core/secret.h"
#include "structure.h"
#include "type.h"

struct check {
    lua_State *L;
    const struct bd_callable *callable;
    int first; // stack index of the first parameter's value
    uint64_t given;
    uint64_t faulty; // no value is there because another name gave a wrong one
    struct bd_buf problems;
    size_t problem_count;
};

__attribute__((format(printf, 2, 3))) static void problem(struct check *check, const char *format,
                                                          ...)
{
    va_list args;
    bd_buf_add_text(&check->problems, check->problem_count++ > 0 ? "; " : "");
    va_start(args, format);
    bd_buf_addv(&check->problems, format, args);
    va_end(args);
}

// How a wrong value is shown: short, without secrets or personal data.
static void add_value(struct check *check, int index, const struct bd_field *field)
{
    lua_State *L = check->L;
    if (field->flags & (BD_SECRET | BD_PERSONAL)) {
        bd_buf_addf(&check->problems, ", not this %s", luaL_typename(L, index));
        return;
    }
    if (lua_type(L, index) == LUA_TSTRING) {
        size_t len;
        const char *text = lua_tolstring(L, index, &len);
        bd_buf_add_text(&check->problems, ", not ");
        bd_type_show(&check->problems, text, len);
    } else if (lua_type(L, index) == LUA_TNUMBER) {
        lua_pushvalue(L, index);
        bd_buf_addf(&check->problems, ", not %s", lua_tostring(L, -1));
        lua_pop(L, 1);
    } else {
        bd_buf_addf(&check->problems, ", not a %s", luaL_typename(L, index));
    }
}

// The choice that a text comes close to: the value itself in its right spelling, else the constant.
static void add_nearest_choice(struct check *check, int index, const struct bd_field *field)
{
    if (field->choices == NULL || lua_type(check->L, index) != LUA_TSTRING) {
        return;
    }
    const char *wanted = lua_tostring(check->L, index);
    const char *value = bd_type_nearest_value(wanted, field);
    const char *name = value == NULL ? bd_type_nearest_name(wanted, field) : NULL;
    if (value != NULL) {
        bd_buf_addf(&check->problems, "; did you mean \"%s\"?", value);
    } else if (name != NULL) {
        bd_buf_addf(&check->problems, "; did you mean %s.%s.%s?", check->callable->vendor->name,
                    field->choices->name, name);
    }
}

static void wrong_value(struct check *check, int index, const struct bd_field *field)
{
    problem(check, "%s must be ", field->name);
    bd_type_describe(&check->problems, field);
    add_value(check, index, field);
    const char *why = field->type->why != NULL ? field->type->why(check->L, index) : NULL;
    if (why != NULL) {
        bd_buf_addf(&check->problems, ": %s", why);
    }
    add_nearest_choice(check, index, field);
}

static int find_param(const struct check *check, const char *name)
{
    for (size_t i = 0; name != NULL && i < check->callable->count; i++) {
        if (strcmp(check->callable->params[i]->name, name) == 0) {
            return (int)i;
        }
    }
    return -1;
}

// ------------------------------------------------------------------------------------------------
// Steps

// The name is on top.
static void unknown_name(struct check *check)
{
    size_t len;
    struct bd_nearest nearest = {.wanted = lua_tolstring(check->L, -1, &len)};
    for (size_t i = 0; i < check->callable->count; i++) {
        bd_nearest_offer(&nearest, check->callable->params[i]->name);
    }
    problem(check, "there is no parameter ");
    bd_type_show(&check->problems, nearest.wanted, len);
    if (nearest.best != NULL) {
        bd_buf_addf(&check->problems, "; did you mean %s?", nearest.best);
    }
}

// Puts the value whose name is on top, of no parameter, among those of the parameter that takes the rest.
static void take_rest(struct check *check, int table)
{
    lua_State *L = check->L;
    int rest = check->first + (int)check->callable->rest_at;
    if (lua_isnil(L, rest)) {
        lua_newtable(L);
        lua_replace(L, rest);
    }
    lua_pushvalue(L, -1);
    lua_pushvalue(L, -1);
    lua_rawget(L, table);
    lua_rawset(L, rest);
    check->given |= UINT64_C(1) << check->callable->rest_at;
}

// Puts the values of a table into the parameters' places. `more`: only where none stands yet.
static void take_values(struct check *check, int table, int names, bool more)
{
    lua_State *L = check->L;
    lua_pushnil(L);
    while (lua_next(L, table) != 0) {
        lua_pushvalue(L, -2);
        if (lua_rawget(L, names) != LUA_TNUMBER || lua_type(L, -3) != LUA_TSTRING) {
            lua_pop(L, 2);
            if (lua_type(L, -1) != LUA_TSTRING) {
                problem(check, "parameters have names; a list was given");
                lua_pop(L, 1);
                return;
            }
            if (check->callable->rest == NULL) {
                unknown_name(check);
            } else {
                take_rest(check, table);
            }
            continue;
        }
        lua_Integer place = lua_tointeger(L, -1) - 1;
        uint64_t bit = UINT64_C(1) << place;
        lua_pop(L, 1);
        if (more && (check->given & bit) != 0) {
            lua_pop(L, 1);
            continue;
        }
        lua_replace(L, check->first + (int)place);
        check->given |= bit;
    }
}

// Whether the value under another name of a parameter is one that this name takes; says so if not, under the name
// that was given.
static bool check_alias(struct check *check, size_t alias, int target)
{
    lua_State *L = check->L;
    const struct bd_field *field = check->callable->params[alias];
    int from = check->first + (int)alias;
    if (field->type->check(L, from, field) && bd_type_in_range(L, from, field)) {
        return true;
    }
    wrong_value(check, from, field);
    lua_pushnil(L);
    lua_replace(L, from);
    check->given &= ~(UINT64_C(1) << alias);
    check->faulty |= UINT64_C(1) << target;
    return false;
}

// The value of another name moves to the parameter that it means.
static void move_alias(struct check *check, size_t alias)
{
    lua_State *L = check->L;
    const struct bd_field *field = check->callable->params[alias];
    int from = check->first + (int)alias;
    int target = find_param(check, field->means);
    if (lua_isnil(L, from) || target < 0) {
        return;
    }
    if (!lua_isnil(L, check->first + target)) {
        problem(check, "%s and %s are the same parameter: give %s only", field->name, field->means,
                field->means);
        return;
    }
    if (!check_alias(check, alias, target)) {
        return;
    }
    if (field->means_until != NULL) {
        bd_log(bd_runtime_of(L)->log, BD_LOG_WARN,
               "%s: %s is deprecated, the vendor accepts it until %s; it is sent as %s",
               check->callable->name, field->name, field->means_until, field->means);
    }
    if (field->when_true != 0 && lua_isboolean(L, from)) {
        lua_pushinteger(L, lua_toboolean(L, from) ? field->when_true : field->when_false);
    } else {
        lua_pushvalue(L, from);
    }
    lua_replace(L, check->first + target);
    lua_pushnil(L);
    lua_replace(L, from);
    check->given |= UINT64_C(1) << target;
    check->given &= ~(UINT64_C(1) << alias);
}

static void take_setting(struct check *check, const struct bd_account *account, size_t place)
{
    lua_State *L = check->L;
    bd_account_push_setting(L, account, check->callable->params[place]->setting);
    if (!lua_isnil(L, -1)) {
        check->given |= UINT64_C(1) << place;
    }
    lua_replace(L, check->first + (int)place);
}

// "." and ".." are not encoded in a path and mean another one.
static bool is_dots(lua_State *L, int index)
{
    const char *text = lua_type(L, index) == LUA_TSTRING ? lua_tostring(L, index) : "";
    return strcmp(text, ".") == 0 || strcmp(text, "..") == 0;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t';
}

// Whoever reads a header takes the spaces around its value away (RFC 9110, 5.5).
static bool is_trimmed(lua_State *L, int index)
{
    size_t len = 0;
    const char *text = bd_secret_or_text(L, index, &len);
    return text != NULL && len > 0 && (is_space(text[0]) || is_space(text[len - 1]));
}

// An empty list in a JSON body is an array; elsewhere it would be an empty text, which is no list.
static bool is_empty_list(lua_State *L, int index, const struct bd_field *field)
{
    bool in_json = field->place == BD_IN_JSON || field->place == BD_IN_BODY;
    return !in_json && field->type->list && lua_istable(L, index) && lua_rawlen(L, index) == 0;
}

// What only the place makes wrong of a value that is legal otherwise; NULL when nothing is.
static const char *wrong_in_place(lua_State *L, int index, const struct bd_field *field)
{
    if (field->place == BD_IN_PATH && is_dots(L, index)) {
        return "would change the path: it is only dots";
    }
    if (field->place == BD_IN_HEADER && is_trimmed(L, index)) {
        return "must not begin or end with a space: a header loses it";
    }
    return is_empty_list(L, index, field) ? "must have an element, or not be given" : NULL;
}

static bool is_sent_null(lua_State *L, int index, const struct bd_field *field)
{
    return (field->flags & BD_NULLABLE) != 0 && bd_json_is_null(L, index);
}

static void check_structure(struct check *check, int index, const struct bd_field *field)
{
    struct bd_buf wrong = {0};
    if (!bd_structure_check(check->L, index, field, &wrong)) {
        problem(check, "%s", bd_buf_text(&wrong));
    }
    bd_buf_free(&wrong);
}

static bool is_rest_member(const struct check *check, const char *name)
{
    if (check->callable->rest == NULL) {
        return false;
    }
    const struct bd_field rest =
        bd_call_field(check->L, check->callable, check->first, check->callable->rest);
    for (const struct bd_field *f = rest.fields; f != NULL && f->name != NULL; f++) {
        if (bd_type_is_name(f, name)) {
            return true;
        }
    }
    return false;
}

// Members that the catalogue does not know stand beside those that it does: under no name of theirs.
static void check_free_members(struct check *check, int index, const struct bd_field *field)
{
    lua_State *L = check->L;
    luaL_checkstack(L, 4, "parameters");
    for (lua_pushnil(L); lua_next(L, index) != 0; lua_pop(L, 1)) {
        const char *name = lua_tostring(L, -2); // an object: keys are texts
        if (find_param(check, name) >= 0 || is_rest_member(check, name)) {
            problem(check, "%s.%.60s has a name of its own: give it, if at all, beside %s",
                    field->name, name, field->name);
        }
    }
}

static void check_value(struct check *check, size_t place)
{
    lua_State *L = check->L;
    const struct bd_field resolved =
        bd_call_field(L, check->callable, check->first, check->callable->params[place]);
    const struct bd_field *field = &resolved;
    int index = check->first + (int)place;
    if (is_sent_null(L, index, field)) {
        return;
    }
    const char *wrong = NULL;
    if (!field->type->check(L, index, field) || !bd_type_in_range(L, index, field)) {
        wrong_value(check, index, field);
    } else if ((wrong = wrong_in_place(L, index, field)) != NULL) {
        problem(check, "%s %s", field->name, wrong);
    } else if (field->fields != NULL || field->fields_of != NULL) {
        check_structure(check, index, field);
    } else if ((field->flags & BD_FLAT) != 0) {
        check_free_members(check, index, field);
    }
}

static void missing_value(struct check *check, size_t place)
{
    const struct bd_field *field = check->callable->params[place];
    if (field == check->callable->rest) {
        problem(check, "nothing is given beside it: %s", field->doc);
        return;
    }
    problem(check, "%s is required (%s)", field->name, field->doc);
}

// A flag that is off is as good as none, and so is null.
static bool is_given(const struct check *check, const char *name)
{
    int param = find_param(check, name);
    if (param < 0 || (check->given & (UINT64_C(1) << param)) == 0) {
        return false;
    }
    size_t len;
    const struct bd_type *type = check->callable->params[param]->type;
    if (bd_json_is_null(check->L, check->first + param)) {
        return false;
    }
    return type != &bd_flag || type->text(check->L, check->first + param, NULL, &len) != NULL;
}

// Whether the first parameter of the rule is one that needs the second.
static bool needs(const struct check *check, const struct bd_rule *rule)
{
    if (!is_given(check, rule->names[0])) {
        return false;
    }
    lua_Integer value = lua_tointeger(check->L, check->first + find_param(check, rule->names[0]));
    bool any = rule->values[0] == 0;
    for (size_t i = 0; !any && i < BD_COUNT(rule->values) && rule->values[i] != 0; i++) {
        any = rule->values[i] == value;
    }
    return any;
}

static bool rule_holds(const struct check *check, const struct bd_rule *rule)
{
    unsigned given = 0;
    for (size_t i = 0; i < 3 && rule->names[i] != NULL; i++) {
        given += is_given(check, rule->names[i]) ? 1 : 0;
    }
    switch (rule->kind) {
    case BD_ANY_OF:
        return given > 0;
    case BD_NOT_BOTH:
        return given <= 1;
    case BD_ONE_OF:
        return given == 1;
    default:
        return !needs(check, rule) || is_given(check, rule->names[1]);
    }
}

static void check_rules(struct check *check)
{
    const struct bd_rule *rule = check->callable->op->rules;
    for (; rule != NULL && rule->doc != NULL; rule++) {
        if (!rule_holds(check, rule)) {
            problem(check, "%s", rule->doc);
        }
    }
}

static const struct bd_variant *choose_variant(struct check *check)
{
    const struct bd_callable *callable = check->callable;
    const struct bd_operation *op = callable->op;
    if (op->selector == NULL || op->variants == NULL) {
        return NULL;
    }
    int param = find_param(check, op->selector);
    int index = check->first + param;
    const struct bd_field *field = callable->params[param];
    int is_integer = 0;
    int64_t value = (int64_t)lua_tointegerx(check->L, index, &is_integer); // 2.0 is 2
    if (is_integer != 0) {
        if (callable->variant != NULL && callable->variant->value != value) {
            problem(check, "%s of %s is always %" PRId64, op->selector, callable->name,
                    callable->variant->value);
        }
        return bd_operation_variant(op, value);
    }
    if (callable->variant != NULL) {
        return callable->variant;
    }
    return field->fallback != NULL ? bd_operation_variant(op, strtoll(field->fallback, NULL, 10))
                                   : NULL;
}

static void raise_problems(struct check *check)
{
    lua_State *L = check->L;
    bd_error_push(L, BD_ARGUMENT, "%s", bd_buf_text(&check->problems));
    bd_buf_free(&check->problems);
    bd_error_text(L, "vendor", check->callable->vendor->name);
    bd_error_text(L, "operation", check->callable->name);
    bd_error_text(L, "outcome", "none");
    lua_pushfstring(L, "`beadle help %s` shows the parameters.", check->callable->name);
    bd_error_value(L, "hint");
    bd_error_raise(L);
}

// The lowest place in a set, which is taken out.
static size_t next_place(uint64_t *set)
{
    size_t place = (size_t)__builtin_ctzll(*set);
    *set &= *set - 1;
    return place;
}

uint64_t bd_check_params(lua_State *L, const struct bd_callable *callable,
                         const struct bd_account *account, int args, int defaults, int names,
                         const struct bd_variant **variant)
{
    luaL_checkstack(L, (int)callable->count + 8, "parameters");
    struct check check = {.L = L, .callable = callable, .first = lua_gettop(L) + 1};
    lua_settop(L, check.first - 1 + (int)callable->count);
    if (args != 0) {
        take_values(&check, args, names, false);
    }
    if (defaults != 0) {
        take_values(&check, defaults, names, true);
    }
    for (uint64_t set = callable->aliases & check.given; set != 0;) {
        move_alias(&check, next_place(&set));
    }
    for (uint64_t set = callable->settings & ~check.given; set != 0;) {
        take_setting(&check, account, next_place(&set));
    }
    for (uint64_t set = check.given; set != 0;) {
        check_value(&check, next_place(&set));
    }
    for (uint64_t set = callable->required & ~check.given & ~check.faulty; set != 0;) {
        size_t place = next_place(&set);
        if (callable->params[place]->setting != NULL) {
            bd_buf_free(&check.problems);
            bd_account_refuse_missing(L, account, callable->params[place]->setting);
        }
        missing_value(&check, place);
    }
    check_rules(&check);
    *variant = choose_variant(&check);
    if (check.problem_count > 0) {
        raise_problems(&check);
    }
    return check.given;
}
