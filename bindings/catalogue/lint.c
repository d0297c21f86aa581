// SPDX-License-Identifier: MIT
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/check.h"
#include "lint_internal.h"
#include "type.h"

void bd_lint_fault(struct lint *lint, const char *format, ...)
{
    va_list args;
    bd_buf_addf(lint->out, "%s%s%s: ", lint->vendor->name, lint->op != NULL ? "." : "",
                lint->op != NULL ? lint->op->name : "");
    va_start(args, format);
    bd_buf_addv(lint->out, format, args);
    va_end(args);
    bd_buf_add_char(lint->out, '\n');
    lint->faults++;
}

bool bd_lint_is_empty(const char *text)
{
    return text == NULL || *text == '\0';
}

bool bd_lint_is_snake_case(const char *name)
{
    return name[0] >= 'a' && name[0] <= 'z' &&
           strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == strlen(name);
}

void bd_lint_sentence(struct lint *lint, const char *what, const char *text)
{
    if (bd_lint_is_empty(text)) {
        bd_lint_fault(lint, "%s has no sentence", what);
    } else if (text[strlen(text) - 1] == '.') {
        bd_lint_fault(lint, "the sentence of %s ends with a full stop", what);
    }
}

void bd_lint_text(struct lint *lint, const char *what, const char *text)
{
    if (text != NULL && (*text == '\0' || text[strlen(text) - 1] != '.')) {
        bd_lint_fault(lint, "%s does not end with a full stop", what);
    }
}

const struct bd_field *bd_lint_find(const struct bd_field *const *fields, size_t count,
                                    const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(fields[i]->name, name) == 0) {
            return fields[i];
        }
    }
    return NULL;
}

bool bd_lint_has_setting(const struct lint *lint, const char *name)
{
    const struct bd_field *field = lint->vendor->settings;
    for (; field != NULL && field->name != NULL; field++) {
        if (strcmp(field->name, name) == 0) {
            return true;
        }
    }
    return false;
}

static void lint_names(struct lint *lint, const char *what, const char *const *names, size_t most,
                       const struct bd_field *const *params, size_t count)
{
    for (size_t i = 0; names != NULL && i < most && names[i] != NULL; i++) {
        if (bd_lint_find(params, count, names[i]) == NULL) {
            bd_lint_fault(lint, "%s names %s, which is no parameter", what, names[i]);
        }
    }
}

static bool sends_or_spends(enum bd_effect effect)
{
    return effect == BD_EFFECT_SEND || effect == BD_EFFECT_SPEND;
}

static void lint_effect(struct lint *lint, const char *what, enum bd_effect effect, bool repeatable,
                        const char *const *key, const struct bd_probe *probe,
                        const struct bd_vendor_error *errors)
{
    if (effect == BD_EFFECT_READ) {
        if (!repeatable) {
            bd_lint_fault(lint, "%s reads and is not repeatable", what);
        }
        return;
    }
    if (key == NULL || key[0] == NULL) {
        bd_lint_fault(lint, "%s has an effect and no natural key", what);
    }
    bd_lint_probe(lint, what, probe, errors);
    bool writes = sends_or_spends(effect) || effect == BD_EFFECT_CREATE;
    if (writes && repeatable && bd_lint_is_empty(lint->op->repeat_note)) {
        bd_lint_fault(lint, "%s is a %s that may be repeated, and does not say why", what,
                      bd_effect_name(effect));
    }
}

static void lint_example(struct lint *lint, const char *name, const char *example)
{
    char call[128];
    (void)snprintf(call, sizeof call, "%s.%s", lint->vendor->name, name);
    if (!bd_lint_is_empty(example) && strstr(example, call) == NULL) {
        bd_lint_fault(lint, "the example of %s does not call it", name);
    }
}

static void lint_variant(struct lint *lint, const struct bd_variant *variant,
                         const struct bd_field *selector)
{
    const struct bd_operation *op = lint->op;
    const char *name = variant->name != NULL ? variant->name : op->name;
    const struct bd_choice *choice = selector->choices->choices;
    while (choice->name != NULL && choice->value != variant->value) {
        choice++;
    }
    if (choice->name == NULL) {
        bd_lint_fault(lint, "the variant %s has a value that is no choice", name);
    }
    bd_lint_sentence(lint, "a variant", variant->summary);
    lint_effect(lint, name, variant->effect, variant->repeatable, variant->key, &variant->probe,
                variant->errors);
    bd_lint_errors(lint, variant->errors);
    if (variant->name != NULL) {
        lint_example(lint, variant->name, variant->example);
    }
    bool usual =
        selector->fallback != NULL && strtoll(selector->fallback, NULL, 10) == variant->value;
    if (usual && (variant->effect != op->effect || variant->repeatable != op->repeatable)) {
        bd_lint_fault(lint, "what it says of itself is not what it does by default");
    }
}

static void lint_rules(struct lint *lint, const struct bd_field *const *params, size_t count)
{
    const struct bd_rule *rule = lint->op->rules;
    for (; rule != NULL && (rule->doc != NULL || rule->names[0] != NULL); rule++) {
        bd_lint_sentence(lint, "a rule", rule->doc);
        lint_names(lint, "a rule", rule->names, 3, params, count);
        if (rule->values[0] != 0 && rule->kind != BD_NEEDS) {
            bd_lint_fault(lint, "a rule has values and is none of need");
        }
        if (rule->names[0] == NULL || rule->names[1] == NULL) {
            bd_lint_fault(lint, "a rule is about one parameter, or none");
        }
    }
}

static void lint_answers(struct lint *lint, const struct bd_field *const *params, size_t count)
{
    const struct bd_answer *a = lint->op->answers;
    for (; a != NULL && a->field.name != NULL; a++) {
        bd_lint_sentence(lint, a->field.name, a->field.doc);
        const struct bd_field *when = a->when != NULL ? bd_lint_find(params, count, a->when) : NULL;
        if (a->when != NULL && (when == NULL || when->type != &bd_flag)) {
            bd_lint_fault(lint, "the answer %s depends on %s, which is no flag", a->field.name,
                          a->when);
        }
        if (a->field.type == NULL) {
            bd_lint_fault(lint, "the result %s has no type", a->field.name);
        }
        if ((a->media != NULL) != (a->kind == BD_ANSWER_BYTES)) {
            bd_lint_fault(lint, "the answer %s is a file without a content type, or the reverse",
                          a->field.name);
        }
    }
}

static void lint_variants(struct lint *lint, const struct bd_field *const *params, size_t count)
{
    const struct bd_operation *op = lint->op;
    if ((op->variants != NULL) != (op->selector != NULL)) {
        bd_lint_fault(lint, "a selector without variants, or the reverse");
        return;
    }
    if (op->selector == NULL) {
        lint_effect(lint, op->name, op->effect, op->repeatable, op->key, &op->probe, NULL);
        return;
    }
    const struct bd_field *selector = bd_lint_find(params, count, op->selector);
    if (selector == NULL || selector->choices == NULL) {
        bd_lint_fault(lint, "the selector %s is no parameter with choices", op->selector);
        return;
    }
    for (const struct bd_choice *c = selector->choices->choices; c->name != NULL; c++) {
        if (bd_operation_variant(op, c->value) == NULL) {
            bd_lint_fault(lint, "the choice %s has no variant", c->name);
        }
    }
    for (const struct bd_variant *v = op->variants; v->summary != NULL; v++) {
        lint_variant(lint, v, selector);
        lint_names(lint, "a variant's key", v->key, BD_PARAMS_MOST, params, count);
        if (v->name != NULL && bd_lint_is_empty(v->example)) {
            bd_lint_fault(lint, "the variant %s has no example", v->name);
        }
    }
}

// Whether it, or one of its variants, uses something up.
static bool uses_up(const struct bd_operation *op)
{
    bool any = sends_or_spends(op->effect);
    for (const struct bd_variant *v = op->variants; v != NULL && v->summary != NULL; v++) {
        any = any || sends_or_spends(v->effect);
    }
    return any;
}

// How many functions of the module have that name.
static size_t count_name(const struct bd_vendor *vendor, const char *name)
{
    size_t count = 0;
    for (const struct bd_operation *op = bd_operation_first(vendor); op != NULL;
         op = bd_operation_next(op)) {
        count += strcmp(op->name, name) == 0 ? 1 : 0;
        for (const struct bd_variant *v = op->variants; v != NULL && v->summary != NULL; v++) {
            count += v->name != NULL && strcmp(v->name, name) == 0 ? 1 : 0;
        }
    }
    return count;
}

// What the vendor took away has a name and a reason, and nothing else is asked of it.
static bool lint_removed(struct lint *lint)
{
    if (lint->op->removed == NULL) {
        return false;
    }
    bd_lint_sentence(lint, "the operation", lint->op->summary);
    bd_lint_text(lint, "why it was removed", lint->op->removed);
    return true;
}

static void lint_operation(struct lint *lint)
{
    const struct bd_operation *op = lint->op;
    const struct bd_field *params[BD_PARAMS_MOST];
    size_t count = bd_operation_params(lint->vendor, op, params);
    if (!bd_lint_is_snake_case(op->name)) {
        bd_lint_fault(lint, "the name is not in snake_case");
    }
    if (lint_removed(lint)) {
        return;
    }
    bd_lint_sentence(lint, "the operation", op->summary);
    const char *const texts[] = {op->section, op->method, op->endpoint, op->example};
    static const char *const NAMES[] = {"section", "method", "endpoint", "example"};
    for (size_t i = 0; i < 4; i++) {
        if (bd_lint_is_empty(texts[i])) {
            bd_lint_fault(lint, "it has no %s", NAMES[i]);
        }
    }
    if (!bd_lint_is_empty(op->endpoint) && !bd_lint_has_setting(lint, op->endpoint)) {
        bd_lint_fault(lint, "its address is in %s, which is no setting", op->endpoint);
    }
    if (count_name(lint->vendor, op->name) > 1) {
        bd_lint_fault(lint, "its name stands for something else too");
    }
    lint_example(lint, op->name, op->example);
    bd_lint_text(lint, "its text", op->doc);
    bd_lint_text(lint, "its caution", op->caution);
    for (size_t i = 0; i < count; i++) {
        bd_lint_param(lint, params[i], params, count);
        if (bd_lint_find(params, i, params[i]->name) != NULL) {
            bd_lint_fault(lint, "the parameter %s stands there twice", params[i]->name);
        }
    }
    bd_lint_path(lint, params, count);
    bd_lint_body(lint, params, count);
    bd_lint_message(lint, params, count);
    lint_names(lint, "the key", op->key, BD_PARAMS_MOST, params, count);
    lint_rules(lint, params, count);
    lint_variants(lint, params, count);
    bd_lint_budgets(lint, uses_up(op));
    bd_lint_result(lint, params, count);
    bd_lint_paging(lint);
    lint_answers(lint, params, count);
    bd_lint_errors(lint, op->errors);
}

static void lint_lti(struct lint *lint)
{
    const struct bd_lti *lti = &lint->vendor->lti;
    const char *const names[] = {lti->url, lti->key, lti->secret, lti->login, lti->keys};
    for (size_t i = 0; i < BD_COUNT(names); i++) {
        if (names[i] != NULL && !bd_lint_has_setting(lint, names[i])) {
            bd_lint_fault(lint, "launches by LTI use %s, which is no setting", names[i]);
        }
    }
}

// Tokens are fetched by an operation of the vendor, whose answer has the fields that it names.
static void lint_auth(struct lint *lint)
{
    const struct bd_auth *auth = &lint->vendor->auth;
    const struct bd_variant *variant;
    const char *const credentials[] = {auth->key, auth->user, auth->password};
    for (size_t i = 0; i < BD_COUNT(credentials); i++) {
        if (credentials[i] != NULL && !bd_lint_has_setting(lint, credentials[i])) {
            bd_lint_fault(lint, "calls are signed with %s, which is no setting", credentials[i]);
        }
    }
    if ((auth->user == NULL) != (auth->password == NULL)) {
        bd_lint_fault(lint, "calls are signed with a name or a password alone");
    }
    if (auth->key != NULL && bd_lint_is_empty(auth->header)) {
        bd_lint_fault(lint, "calls are signed with a key in no header");
    }
    if (auth->operation == NULL) {
        return;
    }
    const struct bd_operation *op = bd_operation_find(lint->vendor, auth->operation, &variant);
    if (op == NULL || !op->without_token) {
        bd_lint_fault(lint, "tokens are fetched by no known operation without a token");
        return;
    }
    bool has_token = false;
    bool has_lifetime = auth->lifetime == NULL;
    for (const struct bd_field *field = op->result; field != NULL && field->name != NULL; field++) {
        has_token =
            has_token || (strcmp(field->name, auth->token) == 0 && (field->flags & BD_SECRET));
        has_lifetime = has_lifetime || strcmp(field->name, auth->lifetime) == 0;
    }
    if (!has_token || !has_lifetime) {
        bd_lint_fault(lint, "%s does not answer the token as a secret, and its lifetime", op->name);
    }
    if (bd_lint_is_empty(auth->header) || auth->default_lifetime <= 0) {
        bd_lint_fault(lint, "tokens have no header or no lifetime of their own");
    }
}

// The call that tries a profile out changes nothing, and needs nothing that somebody would have to know.
static void lint_hello(struct lint *lint)
{
    const struct bd_hello *hello = &lint->vendor->hello;
    const struct bd_variant *variant;
    if (hello->operation == NULL) {
        if (bd_lint_is_empty(hello->doc)) {
            bd_lint_fault(lint, "it has no operation to say hello with, and does not say why");
        }
        return;
    }
    const struct bd_operation *op = bd_operation_find(lint->vendor, hello->operation, &variant);
    if (op == NULL || op->effect != BD_EFFECT_READ) {
        bd_lint_fault(lint, "hello is said with no known read");
        return;
    }
    const char *argument = hello->argument != NULL ? hello->argument : "";
    size_t len = strcspn(argument, "=");
    bool known = hello->argument == NULL;
    for (const struct bd_field *field = op->params; field != NULL && field->name != NULL; field++) {
        bool given = len == strlen(field->name) && strncmp(argument, field->name, len) == 0;
        known = known || given;
        if ((field->flags & BD_REQUIRED) && field->fallback == NULL && field->setting == NULL &&
            !given) {
            bd_lint_fault(lint, "hello needs the parameter %s", field->name);
        }
    }
    if (!known) {
        bd_lint_fault(lint, "hello is said with a parameter that is not known");
    }
}

static void lint_settings(struct lint *lint)
{
    const struct bd_field *settings = lint->vendor->settings;
    for (const struct bd_field *field = settings; field->name != NULL; field++) {
        bd_lint_sentence(lint, field->name, field->doc);
        if (field->type == NULL) {
            bd_lint_fault(lint, "the setting %s has no type", field->name);
        }
        for (const struct bd_field *other = settings; other != field; other++) {
            if (strcmp(other->name, field->name) == 0) {
                bd_lint_fault(lint, "the setting %s stands there twice", field->name);
            }
        }
    }
}

size_t bd_lint_vendor(const struct bd_vendor *vendor, struct bd_buf *out)
{
    struct lint lint = {.vendor = vendor, .out = out};
    const struct bd_variant *variant;
    if (bd_lint_is_empty(vendor->title) || bd_lint_is_empty(vendor->document)) {
        bd_lint_fault(&lint, "it has no title or no document");
    }
    for (const struct bd_enumeration *const *e = vendor->enumerations; *e != NULL; e++) {
        bd_lint_choices(&lint, *e);
        if (bd_operation_find(vendor, (*e)->name, &variant) != NULL) {
            bd_lint_fault(&lint, "%s is an operation and an enumeration", (*e)->name);
        }
    }
    lint_settings(&lint);
    bd_lint_tables(&lint);
    bd_lint_errors(&lint, vendor->errors);
    lint_auth(&lint);
    lint_hello(&lint);
    lint_lti(&lint);
    for (const struct bd_operation *op = bd_operation_first(vendor); op != NULL;
         op = bd_operation_next(op)) {
        lint.op = op;
        lint_operation(&lint);
    }
    return lint.faults;
}
