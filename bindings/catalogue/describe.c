// SPDX-License-Identifier: MIT
#include "describe.h"

#include <lauxlib.h>
#include <string.h>

#include "client.h"
#include "core/check.h"
#include "core/json.h"
#include "core/nearest.h"
#include "lint.h"
#include "operation.h"
#include "structure.h"
#include "type.h"

static void set_text(lua_State *L, const char *key, const char *text)
{
    if (text != NULL) {
        lua_pushstring(L, text);
        lua_setfield(L, -2, key);
    }
}

static void set_true(lua_State *L, const char *key, bool value)
{
    if (value) {
        lua_pushboolean(L, true);
        lua_setfield(L, -2, key);
    }
}

static void set_integer(lua_State *L, const char *key, int64_t value)
{
    lua_pushinteger(L, (lua_Integer)value);
    lua_setfield(L, -2, key);
}

void bd_describe_push_list(lua_State *L)
{
    lua_newtable(L);
    bd_json_mark_array(L, -1);
}

static void set_names(lua_State *L, const char *key, const char *const *names)
{
    if (names == NULL) {
        return;
    }
    bd_describe_push_list(L);
    for (lua_Integer i = 0; names[i] != NULL; i++) {
        lua_pushstring(L, names[i]);
        lua_rawseti(L, -2, i + 1);
    }
    lua_setfield(L, -2, key);
}

// Whether its values have a number and a text.
static bool is_numbered(const struct bd_enumeration *enumeration)
{
    bool any = false;
    const struct bd_choice *choice = enumeration->choices;
    for (; choice->name != NULL; choice++) {
        any = any || (choice->text != NULL && choice->value != 0);
    }
    return any;
}

static void push_enumeration(lua_State *L, const struct bd_enumeration *enumeration)
{
    bool numbered = is_numbered(enumeration);
    lua_createtable(L, 0, 3);
    set_text(L, "name", enumeration->name);
    set_text(L, "doc", enumeration->doc);
    bd_describe_push_list(L);
    lua_Integer count = 0;
    for (const struct bd_choice *choice = enumeration->choices; choice->name != NULL; choice++) {
        lua_createtable(L, 0, 3);
        if (choice->text != NULL) {
            set_text(L, "value", choice->text);
        } else {
            set_integer(L, "value", choice->value);
        }
        set_text(L, "name", choice->name);
        set_text(L, "doc", choice->doc);
        set_text(L, "table", bd_table_name(choice->fields));
        if (numbered) {
            set_integer(L, "number", choice->value);
        }
        lua_rawseti(L, -2, ++count);
    }
    lua_setfield(L, -2, "choices");
    set_true(L, "open", enumeration->open);
}

// Fields that are a table of the vendor's document stand there once: they are named.
static void set_members(lua_State *L, const struct bd_field *fields)
{
    const char *table = fields != NULL ? bd_table_name(fields) : NULL;
    set_text(L, "table", table);
    if (fields != NULL && table == NULL) {
        bd_describe_fields(L, "fields", fields);
    }
}

static void push_field(lua_State *L, const struct bd_field *field)
{
    static const char *const PLACES[] = {
        [BD_IN_FORM] = "form", [BD_IN_QUERY] = "query",    [BD_IN_PATH] = "path",
        [BD_IN_JSON] = "json", [BD_IN_BODY] = "body",      [BD_IN_HEADER] = "header",
        [BD_ASIDE] = "aside",  [BD_IN_MESSAGE] = "message"};
    static const char *const PARTS[BD_PARTS] = {[BD_PART_FROM] = "from",
                                                [BD_PART_TO] = "to",
                                                [BD_PART_CC] = "cc",
                                                [BD_PART_BCC] = "bcc",
                                                [BD_PART_REPLY_TO] = "reply_to",
                                                [BD_PART_SUBJECT] = "subject",
                                                [BD_PART_TEXT] = "text",
                                                [BD_PART_HTML] = "html",
                                                [BD_PART_FILES] = "files"};
    lua_createtable(L, 0, 8);
    set_text(L, "name", field->name);
    set_text(L, "type", field->type->name);
    set_text(L, "luacats", field->type->luacats);
    set_text(L, "place", PLACES[field->place]);
    set_text(L, "doc", field->doc);
    set_text(L, "fallback", field->fallback);
    set_text(L, "sandbox", field->sandbox);
    set_text(L, "setting", field->setting);
    set_text(L, "means", field->means);
    set_text(L, "means_until", field->means_until);
    if (field->when_true != 0 || field->when_false != 0) {
        set_true(L, "ours", true);
        set_integer(L, "when_true", field->when_true);
        set_integer(L, "when_false", field->when_false);
    }
    set_true(L, "required", (field->flags & BD_REQUIRED) != 0);
    set_true(L, "secret", (field->flags & BD_SECRET) != 0);
    set_true(L, "personal", (field->flags & BD_PERSONAL) != 0);
    set_true(L, "lti_carries", (field->flags & BD_LTI_CARRIES) != 0);
    set_true(L, "nullable", (field->flags & BD_NULLABLE) != 0);
    set_true(L, "read_only", (field->flags & BD_READ_ONLY) != 0);
    set_true(L, "flat", (field->flags & BD_FLAT) != 0);
    set_true(L, "rest", (field->flags & BD_REST) != 0);
    set_true(L, "assumed", (field->flags & BD_ASSUMED) != 0);
    set_text(L, "wire", field->wire);
    set_text(L, "suffix", field->type->suffix);
    set_text(L, "set", field->set);
    set_text(L, "lti", field->lti);
    set_text(L, "part", PARTS[field->part]);
    set_text(L, "fields_of", field->fields_of);
    struct bd_buf must = {0};
    bd_type_describe(&must, field);
    lua_pushstring(L, bd_buf_text(&must));
    bd_buf_free(&must);
    lua_setfield(L, -2, "must");
    if (field->choices != NULL) {
        push_enumeration(L, field->choices);
        lua_setfield(L, -2, "enumeration");
    } else if (field->min != 0 || field->max != 0) {
        set_integer(L, "min", field->min);
        set_integer(L, "max", field->max);
    }
    set_members(L, field->fields);
}

void bd_describe_fields(lua_State *L, const char *key, const struct bd_field *fields)
{
    luaL_checkstack(L, 8, "fields");
    bd_describe_push_list(L);
    lua_Integer count = 0;
    for (const struct bd_field *field = fields; field != NULL && field->name != NULL; field++) {
        push_field(L, field);
        lua_rawseti(L, -2, ++count);
    }
    lua_setfield(L, -2, key);
}

static void set_params(lua_State *L, const struct bd_vendor *vendor, const struct bd_operation *op)
{
    const struct bd_field *params[BD_PARAMS_MOST];
    size_t count = bd_operation_params(vendor, op, params);
    bd_describe_push_list(L);
    for (size_t i = 0; i < count; i++) {
        push_field(L, params[i]);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    lua_setfield(L, -2, "params");
}

static bool has_code(const struct bd_vendor_error *errors, int code)
{
    for (; errors != NULL && errors->code != 0; errors++) {
        if (errors->code == code) {
            return true;
        }
    }
    return false;
}

// Those whose code is not among `others`.
static void add_errors(lua_State *L, const struct bd_vendor_error *errors,
                       const struct bd_vendor_error *others, lua_Integer *count)
{
    for (; errors != NULL && errors->code != 0; errors++) {
        if (has_code(others, errors->code)) {
            continue;
        }
        lua_createtable(L, 0, 4);
        set_integer(L, "code", errors->code);
        set_text(L, "kind", bd_kind_name(errors->kind));
        set_text(L, "meaning", errors->meaning);
        set_text(L, "hint", errors->hint);
        set_true(L, "assumed", errors->assumed);
        lua_rawseti(L, -2, ++*count);
    }
}

// What the first says of a code counts.
static void set_errors(lua_State *L, const struct bd_vendor_error *first,
                       const struct bd_vendor_error *second)
{
    bd_describe_push_list(L);
    lua_Integer count = 0;
    add_errors(L, first, NULL, &count);
    add_errors(L, second, first, &count);
    lua_setfield(L, -2, "errors");
}

static void set_values(lua_State *L, const struct bd_rule *rule)
{
    if (rule->values[0] == 0) {
        return;
    }
    bd_describe_push_list(L);
    for (size_t i = 0; i < BD_COUNT(rule->values) && rule->values[i] != 0; i++) {
        lua_pushinteger(L, (lua_Integer)rule->values[i]);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    lua_setfield(L, -2, "values");
}

static void set_rules(lua_State *L, const struct bd_rule *rules)
{
    bd_describe_push_list(L);
    lua_Integer count = 0;
    for (; rules != NULL && rules->doc != NULL; rules++) {
        static const char *const KINDS[] = {[BD_ANY_OF] = "any_of",
                                            [BD_NOT_BOTH] = "not_both",
                                            [BD_ONE_OF] = "one_of",
                                            [BD_NEEDS] = "needs"};
        lua_createtable(L, 0, 4);
        set_text(L, "kind", KINDS[rules->kind]);
        set_text(L, "doc", rules->doc);
        set_true(L, "assumed", rules->assumed);
        bd_describe_push_list(L);
        for (size_t i = 0; i < 3 && rules->names[i] != NULL; i++) {
            lua_pushstring(L, rules->names[i]);
            lua_rawseti(L, -2, (lua_Integer)i + 1);
        }
        lua_setfield(L, -2, "names");
        set_values(L, rules);
        lua_rawseti(L, -2, ++count);
    }
    lua_setfield(L, -2, "rules");
}

static void set_answers(lua_State *L, const struct bd_answer *answers)
{
    bd_describe_push_list(L);
    lua_Integer count = 0;
    for (; answers != NULL && answers->field.name != NULL; answers++) {
        push_field(L, &answers->field);
        set_text(L, "when", answers->when);
        static const char *const KINDS[] = {[BD_ANSWER_REDIRECT] = "redirect",
                                            [BD_ANSWER_HTML] = "html",
                                            [BD_ANSWER_BYTES] = "bytes"};
        set_text(L, "kind", KINDS[answers->kind]);
        set_text(L, "media", answers->media);
        lua_rawseti(L, -2, ++count);
    }
    lua_setfield(L, -2, "answers");
}

static void set_facts(lua_State *L, const struct bd_operation *op, const struct bd_variant *variant)
{
    set_text(L, "effect", bd_effect_name(bd_operation_effect(op, variant)));
    set_true(L, "repeatable", bd_operation_repeatable(op, variant));
    set_names(L, "key", variant != NULL ? variant->key : op->key);
    bd_describe_probe(L, variant != NULL ? &variant->probe : &op->probe);
    lua_setfield(L, -2, "probe");
    bd_describe_budgets(L, op->budgets);
    lua_setfield(L, -2, "budgets");
}

static void set_variants(lua_State *L, const struct bd_operation *op)
{
    if (op->variants == NULL) {
        return;
    }
    set_text(L, "selector", op->selector);
    bd_describe_push_list(L);
    lua_Integer count = 0;
    for (const struct bd_variant *v = op->variants; v->summary != NULL; v++) {
        lua_createtable(L, 0, 8);
        set_integer(L, "value", v->value);
        set_text(L, "name", v->name);
        set_text(L, "summary", v->summary);
        set_facts(L, op, v);
        lua_rawseti(L, -2, ++count);
    }
    lua_setfield(L, -2, "variants");
}

static void set_paging(lua_State *L, const struct bd_paging *paging)
{
    if (paging == NULL) {
        return;
    }
    lua_createtable(L, 0, 2);
    set_text(L, "items", paging->items);
    set_text(L, "next", paging->next);
    lua_setfield(L, -2, "paging");
}

static const char *const RESULT_KINDS[] = {[BD_RESULT_OBJECT] = "object",
                                           [BD_RESULT_LIST] = "list",
                                           [BD_RESULT_EACH] = "each",
                                           [BD_RESULT_ANY] = "any",
                                           [BD_RESULT_NONE] = "none"};

static void push_operation(lua_State *L, const struct bd_vendor *vendor,
                           const struct bd_operation *op, const struct bd_variant *variant)
{
    const char *name = variant != NULL ? variant->name : op->name;
    lua_createtable(L, 0, 24);
    set_text(L, "vendor", vendor->name);
    set_text(L, "name", name);
    lua_pushfstring(L, "%s.%s", vendor->name, name);
    lua_setfield(L, -2, "full_name");
    set_text(L, "summary", variant != NULL ? variant->summary : op->summary);
    set_text(L, "example", variant != NULL ? variant->example : op->example);
    set_text(L, "variant_of", variant != NULL ? op->name : NULL);
    if (variant != NULL) {
        set_integer(L, "variant_value", variant->value);
        set_text(L, "selector", op->selector);
    } else {
        set_variants(L, op);
    }
    set_text(L, "doc", op->doc);
    set_text(L, "document", op->document != NULL ? op->document : vendor->document);
    set_text(L, "section", op->section);
    set_text(L, "method", op->method);
    set_text(L, "endpoint", op->endpoint);
    set_text(L, "path", op->path);
    set_text(L, "fixed_query", op->fixed_query);
    set_facts(L, op, variant);
    set_text(L, "repeat_note", op->repeat_note);
    set_text(L, "permission", op->permission);
    set_text(L, "caution", op->caution);
    set_text(L, "since", op->since);
    set_text(L, "deprecated", op->deprecated);
    set_text(L, "removed", op->removed);
    set_true(L, "codes_are_statuses",
             vendor->protocol == BD_BY_HTTP &&
                 (vendor->envelope.code == NULL || op->not_enveloped));
    set_text(L, "result_kind", RESULT_KINDS[op->result_kind]);
    set_true(L, "without_token", op->without_token);
    set_names(L, "error_fields", op->error_fields);
    set_params(L, vendor, op);
    set_rules(L, op->rules);
    const char *table = op->result != NULL ? bd_table_name(op->result) : NULL;
    set_text(L, "result_table", table);
    set_text(L, "result_of", op->result_of);
    bd_describe_fields(L, "result", table == NULL ? op->result : NULL);
    set_paging(L, op->paging);
    set_answers(L, op->answers);
    const struct bd_vendor_error *own =
        variant != NULL && variant->errors != NULL ? variant->errors : op->errors;
    set_errors(L, own, op->not_enveloped ? NULL : vendor->errors);
}

static void set_operations(lua_State *L, const struct bd_vendor *vendor)
{
    bd_describe_push_list(L);
    lua_Integer count = 0;
    for (const struct bd_operation *op = bd_operation_first(vendor); op != NULL;
         op = bd_operation_next(op)) {
        push_operation(L, vendor, op, NULL);
        lua_rawseti(L, -2, ++count);
        for (const struct bd_variant *v = op->variants; v != NULL && v->summary != NULL; v++) {
            if (v->name != NULL) {
                push_operation(L, vendor, op, v);
                lua_rawseti(L, -2, ++count);
            }
        }
    }
    lua_setfield(L, -2, "operations");
}

static void set_tables(lua_State *L, const struct bd_table *table)
{
    bd_describe_push_list(L);
    lua_Integer count = 0;
    for (; table != NULL && table->name != NULL; table++) {
        lua_createtable(L, 0, 3);
        set_text(L, "name", table->name);
        set_text(L, "doc", table->doc);
        bd_describe_fields(L, "fields", table->fields);
        lua_rawseti(L, -2, ++count);
    }
    lua_setfield(L, -2, "tables");
}

static void set_auth(lua_State *L, const struct bd_auth *auth)
{
    lua_createtable(L, 0, 6);
    set_text(L, "operation", auth->operation);
    set_text(L, "token", auth->token);
    set_text(L, "header", auth->header);
    set_text(L, "key", auth->key);
    set_text(L, "user", auth->user);
    set_text(L, "password", auth->password);
    lua_setfield(L, -2, "auth");
}

static void set_hello(lua_State *L, const struct bd_hello *hello)
{
    lua_createtable(L, 0, 3);
    set_text(L, "operation", hello->operation);
    set_text(L, "argument", hello->argument);
    set_text(L, "doc", hello->doc);
    lua_setfield(L, -2, "hello");
}

static void set_lti(lua_State *L, const struct bd_lti *lti)
{
    if (lti->url == NULL) {
        return;
    }
    lua_createtable(L, 0, 5);
    set_text(L, "url", lti->url);
    set_text(L, "key", lti->key);
    set_text(L, "secret", lti->secret);
    set_text(L, "login", lti->login);
    set_text(L, "keys", lti->keys);
    lua_setfield(L, -2, "lti");
}

static void set_envelope(lua_State *L, const struct bd_envelope *envelope)
{
    lua_createtable(L, 0, 4);
    set_text(L, "ok", envelope->ok);
    set_text(L, "failure", envelope->failure);
    set_text(L, "code", envelope->code);
    set_text(L, "message", envelope->message);
    lua_setfield(L, -2, "envelope");
}

void bd_describe_vendor(lua_State *L, const struct bd_vendor *vendor)
{
    lua_createtable(L, 0, 10);
    set_text(L, "name", vendor->name);
    set_text(L, "title", vendor->title);
    set_text(L, "document", vendor->document);
    set_text(L, "token_operation", vendor->auth.operation);
    set_auth(L, &vendor->auth);
    set_names(L, "hosts", vendor->hosts);
    set_hello(L, &vendor->hello);
    set_lti(L, &vendor->lti);
    set_envelope(L, &vendor->envelope);
    set_text(L, "protocol", vendor->protocol == BD_BY_SMTP ? "smtp" : "http");
    set_true(L, "service", vendor->service);
    set_integer(L, "settle", vendor->settle);
    bd_describe_fields(L, "settings", vendor->settings);
    bd_describe_fields(L, "common", vendor->common);
    set_errors(L, vendor->errors, NULL);
    bd_describe_push_list(L);
    lua_Integer count = 0;
    for (const struct bd_enumeration *const *e = vendor->enumerations; *e != NULL; e++) {
        push_enumeration(L, *e);
        lua_rawseti(L, -2, ++count);
    }
    lua_setfield(L, -2, "enumerations");
    set_tables(L, vendor->tables);
    set_operations(L, vendor);
}
