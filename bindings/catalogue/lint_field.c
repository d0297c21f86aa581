// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lint_internal.h"
#include "type.h"

void bd_lint_choices(struct lint *lint, const struct bd_enumeration *enumeration)
{
    const struct bd_choice *choices = enumeration->choices;
    bd_lint_sentence(lint, enumeration->name, enumeration->doc);
    if (choices == NULL || choices->name == NULL) {
        bd_lint_fault(lint, "the enumeration %s has no choices", enumeration->name);
        return;
    }
    for (const struct bd_choice *c = choices; c->name != NULL; c++) {
        if (!bd_lint_is_snake_case(c->name)) {
            bd_lint_fault(lint, "%s.%s is not in snake_case", enumeration->name, c->name);
        }
        bd_lint_sentence(lint, c->name, c->doc);
        if ((c->text != NULL) != (choices->text != NULL)) {
            bd_lint_fault(lint, "%s mixes texts and numbers", enumeration->name);
        }
        for (const struct bd_choice *d = choices; d != c; d++) {
            bool same = c->text != NULL && d->text != NULL ? strcmp(c->text, d->text) == 0
                                                           : c->value == d->value;
            if (same || strcmp(d->name, c->name) == 0) {
                bd_lint_fault(lint, "%s says %s twice", enumeration->name, c->name);
            }
        }
    }
}

// The module has a constant for every choice.
static void lint_enumeration(struct lint *lint, const struct bd_field *field)
{
    const struct bd_enumeration *const *e = lint->vendor->enumerations;
    while (field->choices != NULL && *e != NULL && *e != field->choices) {
        e++;
    }
    if (field->choices != NULL && *e == NULL) {
        bd_lint_fault(lint, "the choices of %s are no enumeration of the vendor", field->name);
    }
}

static void lint_value(struct lint *lint, const struct bd_field *field)
{
    bool texts = field->choices != NULL && field->choices->choices->text != NULL;
    bool fits = texts ? field->type->is_text || field->type->chooses : field->type == &bd_integer;
    if (field->choices != NULL && !fits) {
        bd_lint_fault(lint, "%s has choices of another type", field->name);
    }
    lint_enumeration(lint, field);
    if (field->min > field->max) {
        bd_lint_fault(lint, "the bounds of %s leave nothing", field->name);
    }
    if (field->type == &bd_secret_text && !(field->flags & BD_SECRET)) {
        bd_lint_fault(lint, "%s is of the secret type and is not marked secret", field->name);
    }
}

static void lint_fallback(struct lint *lint, const struct bd_field *field)
{
    const struct bd_choice *choice = field->choices != NULL ? field->choices->choices : NULL;
    if (field->fallback == NULL || choice == NULL) {
        return;
    }
    if (choice->text != NULL) {
        while (choice->name != NULL && strcmp(choice->text, field->fallback) != 0) {
            choice++;
        }
        if (choice->name == NULL) {
            bd_lint_fault(lint, "the value that %s has by default is none of its choices",
                          field->name);
        }
        return;
    }
    int64_t value = strtoll(field->fallback, NULL, 10);
    while (choice->name != NULL && choice->value != value) {
        choice++;
    }
    if (choice->name == NULL) {
        bd_lint_fault(lint, "the value that %s has by default is none of its choices", field->name);
    }
}

static void lint_launch(struct lint *lint, const struct bd_field *field)
{
    if ((field->flags & BD_LTI_CARRIES) != 0 && field->lti == NULL) {
        bd_lint_fault(lint, "LTI carries %s, and no field of a launch is named for it",
                      field->name);
    }
    if (field->lti != NULL && lint->vendor->lti.url == NULL) {
        bd_lint_fault(lint, "%s is a field of launches, which the vendor does not take",
                      field->name);
    }
}

static void lint_alias(struct lint *lint, const struct bd_field *field,
                       const struct bd_field *const *all, size_t count)
{
    const struct bd_field *target =
        field->means != NULL ? bd_lint_find(all, count, field->means) : NULL;
    bool translates = field->when_true != 0 || field->when_false != 0;
    if (field->means != NULL && target == NULL) {
        bd_lint_fault(lint, "%s means %s, which is no parameter", field->name, field->means);
    }
    if (field->means != NULL && (field->flags & BD_REQUIRED)) {
        bd_lint_fault(lint, "%s is another name and is required", field->name);
    }
    if (translates &&
        (target == NULL || field->type != &bd_boolean || target->type != &bd_integer)) {
        bd_lint_fault(lint, "%s is no boolean that means an integer", field->name);
    }
}

// What is inside a structure that is sent.
static void lint_members(struct lint *lint, const struct bd_field *field)
{
    if (field->fields != NULL && !bd_type_is_structure(field->type)) {
        bd_lint_fault(lint, "%s has members and is no structure", field->name);
    }
    for (const struct bd_field *m = field->fields; m != NULL && m->name != NULL; m++) {
        bd_lint_sentence(lint, m->name, m->doc);
        if (m->type == NULL) {
            bd_lint_fault(lint, "%s.%s has no type", field->name, m->name);
            continue;
        }
        lint_value(lint, m);
        lint_members(lint, m);
    }
}

// Whether the body is made of members, unless it is given as a whole.
static bool has_members(const struct bd_field *const *all, size_t count)
{
    bool found = false;
    for (size_t i = 0; i < count; i++) {
        found = found || all[i]->place == BD_IN_JSON;
    }
    return found;
}

static bool has_chosen(const char *chooser, const struct bd_field *const *all, size_t count)
{
    const struct bd_field *param = bd_lint_find(all, count, chooser);
    const struct bd_choice *c =
        param != NULL && param->choices != NULL ? param->choices->choices : NULL;
    for (; c != NULL && c->name != NULL; c++) {
        if (c->fields == NULL) {
            return false;
        }
    }
    return param != NULL && param->choices != NULL;
}

// An object whose members are members of the body.
static void lint_flat(struct lint *lint, const struct bd_field *field,
                      const struct bd_field *const *all, size_t count)
{
    bool flat = (field->flags & BD_FLAT) != 0;
    bool rest = (field->flags & BD_REST) != 0;
    if (flat && (field->type != &bd_object || field->place != BD_IN_JSON)) {
        bd_lint_fault(lint, "%s is flat and no object in a JSON body", field->name);
    }
    if (rest && (!flat || (field->fields == NULL && field->fields_of == NULL))) {
        bd_lint_fault(lint, "%s takes the rest and is not flat, or has no members", field->name);
    }
    if (field->fields_of != NULL && !has_chosen(field->fields_of, all, count)) {
        bd_lint_fault(lint, "the members of %s go with %s, whose choices have none", field->name,
                      field->fields_of);
    }
}

void bd_lint_param(struct lint *lint, const struct bd_field *field,
                   const struct bd_field *const *all, size_t count)
{
    if (bd_lint_is_empty(field->name) || field->type == NULL) {
        bd_lint_fault(lint, "a parameter has no name or no type");
        return;
    }
    bd_lint_sentence(lint, field->name, field->doc);
    lint_value(lint, field);
    lint_fallback(lint, field);
    lint_alias(lint, field, all, count);
    lint_flat(lint, field, all, count);
    lint_launch(lint, field);
    if (field->place == BD_IN_BODY && !(field->flags & BD_REQUIRED) && !has_members(all, count)) {
        bd_lint_fault(lint, "%s is the body and is not required", field->name);
    }
    bool holds_structure = field->place == BD_IN_JSON || field->place == BD_IN_BODY ||
                           (field->place == BD_IN_MESSAGE && field->part == BD_PART_FILES);
    if (bd_type_is_structure(field->type) && !holds_structure) {
        bd_lint_fault(lint, "%s is a structure outside of a JSON body", field->name);
    }
    lint_members(lint, field);
    if (field->setting != NULL && !bd_lint_has_setting(lint, field->setting)) {
        bd_lint_fault(lint, "%s comes from %s, which is no setting", field->name, field->setting);
    }
}

void bd_lint_fields(struct lint *lint, const struct bd_field *fields)
{
    for (const struct bd_field *field = fields; field != NULL && field->name != NULL; field++) {
        bd_lint_sentence(lint, field->name, field->doc);
        if (field->type == NULL) {
            bd_lint_fault(lint, "the result %s has no type", field->name);
            continue;
        }
        lint_value(lint, field);
        bool structured = bd_type_is_structure(field->type);
        if (field->fields != NULL && !structured) {
            bd_lint_fault(lint, "the result %s has members and is no structure", field->name);
        }
        bd_lint_fields(lint, field->fields);
    }
}

void bd_lint_result(struct lint *lint, const struct bd_field *const *params, size_t count)
{
    const struct bd_operation *op = lint->op;
    bd_lint_fields(lint, op->result);
    if (op->result_of != NULL && !has_chosen(op->result_of, params, count)) {
        bd_lint_fault(lint, "its result goes with %s, whose choices have no members",
                      op->result_of);
    }
    for (const struct bd_field *f = op->result; f != NULL && f->name != NULL; f++) {
        if (f->fields_of != NULL && !has_chosen(f->fields_of, params, count)) {
            bd_lint_fault(lint, "the members of %s go with %s, whose choices have none", f->name,
                          f->fields_of);
        }
    }
}

void bd_lint_tables(struct lint *lint)
{
    const struct bd_table *table = lint->vendor->tables;
    for (; table != NULL && table->name != NULL; table++) {
        bd_lint_sentence(lint, table->name, table->doc);
        bd_lint_fields(lint, table->fields);
        for (const struct bd_field *a = table->fields; a->name != NULL; a++) {
            for (const struct bd_field *b = table->fields; b != a; b++) {
                if (strcmp(a->name, b->name) == 0) {
                    bd_lint_fault(lint, "the table %s has %s twice", table->name, a->name);
                }
            }
        }
    }
}

static bool has_field(const struct bd_field *fields, const char *name, const struct bd_type *type)
{
    for (; fields != NULL && fields->name != NULL; fields++) {
        if (strcmp(fields->name, name) == 0) {
            return type == NULL || fields->type == type;
        }
    }
    return false;
}

void bd_lint_paging(struct lint *lint)
{
    const struct bd_paging *paging = lint->op->paging;
    if (paging == NULL) {
        return;
    }
    if (!has_field(lint->op->result, paging->items, &bd_list)) {
        bd_lint_fault(lint, "its pages keep their elements in %s, which is no list", paging->items);
    }
    if (!has_field(lint->op->result, paging->next, NULL)) {
        bd_lint_fault(lint, "its pages end with %s, which is no field", paging->next);
    }
}

void bd_lint_errors(struct lint *lint, const struct bd_vendor_error *errors)
{
    for (const struct bd_vendor_error *e = errors; e != NULL && e->code != 0; e++) {
        char what[32];
        (void)snprintf(what, sizeof what, "the error %d", e->code);
        bd_lint_sentence(lint, what, e->meaning);
        bd_lint_text(lint, "its hint", e->hint);
        for (const struct bd_vendor_error *d = errors; d != e; d++) {
            if (d->code == e->code) {
                bd_lint_fault(lint, "%s stands there twice", what);
            }
        }
    }
}
