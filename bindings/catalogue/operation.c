// SPDX-License-Identifier: MIT
#include "operation.h"

#include <string.h>

#include "core/check.h"

const char *bd_effect_name(enum bd_effect effect)
{
    static const char *const NAMES[] = {
        [BD_EFFECT_READ] = "read",     [BD_EFFECT_CREATE] = "create", [BD_EFFECT_UPDATE] = "update",
        [BD_EFFECT_DELETE] = "delete", [BD_EFFECT_SEND] = "send",     [BD_EFFECT_SPEND] = "spend",
    };
    BD_CHECK((size_t)effect < BD_COUNT(NAMES));
    return NAMES[effect];
}

const struct bd_vendor *bd_vendor_find(const char *name)
{
    for (const struct bd_vendor *const *vendor = bd_vendors; *vendor != NULL; vendor++) {
        if (strcmp((*vendor)->name, name) == 0) {
            return *vendor;
        }
    }
    return NULL;
}

// The record itself, or where its array ends and another carries on, the first of that.
static const struct bd_operation *skip_end(const struct bd_operation *op)
{
    while (op != NULL && op->name == NULL) {
        op = op->more;
    }
    return op;
}

const struct bd_operation *bd_operation_first(const struct bd_vendor *vendor)
{
    return skip_end(vendor->operations);
}

const struct bd_operation *bd_operation_next(const struct bd_operation *op)
{
    return skip_end(op + 1);
}

const char *bd_table_name(const struct bd_field *fields)
{
    for (const struct bd_vendor *const *vendor = bd_vendors; *vendor != NULL; vendor++) {
        const struct bd_table *table = (*vendor)->tables;
        for (; table != NULL && table->name != NULL; table++) {
            if (table->fields == fields) {
                return table->name;
            }
        }
    }
    return NULL;
}

const struct bd_field *bd_choice_fields(const struct bd_field *param, const char *text)
{
    const struct bd_choice *choice = param->choices != NULL ? param->choices->choices : NULL;
    for (; choice != NULL && choice->name != NULL; choice++) {
        if (choice->text != NULL && strcmp(choice->text, text) == 0) {
            return choice->fields;
        }
    }
    return NULL;
}

static const struct bd_variant *find_variant(const struct bd_operation *op, const char *name)
{
    for (const struct bd_variant *v = op->variants; v != NULL && v->summary != NULL; v++) {
        if (v->name != NULL && strcmp(v->name, name) == 0) {
            return v;
        }
    }
    return NULL;
}

const struct bd_operation *bd_operation_find(const struct bd_vendor *vendor, const char *name,
                                             const struct bd_variant **variant)
{
    *variant = NULL;
    for (const struct bd_operation *op = bd_operation_first(vendor); op != NULL;
         op = bd_operation_next(op)) {
        if (strcmp(op->name, name) == 0) {
            return op;
        }
        *variant = find_variant(op, name);
        if (*variant != NULL) {
            return op;
        }
    }
    return NULL;
}

const struct bd_variant *bd_operation_variant(const struct bd_operation *op, int64_t value)
{
    for (const struct bd_variant *v = op->variants; v != NULL && v->summary != NULL; v++) {
        if (v->value == value) {
            return v;
        }
    }
    return NULL;
}

enum bd_effect bd_operation_effect(const struct bd_operation *op, const struct bd_variant *variant)
{
    return variant != NULL ? variant->effect : op->effect;
}

bool bd_operation_repeatable(const struct bd_operation *op, const struct bd_variant *variant)
{
    return variant != NULL ? variant->repeatable : op->repeatable;
}

static const struct bd_vendor_error *find_error(const struct bd_vendor_error *errors, int64_t code)
{
    for (; errors != NULL && errors->code != 0; errors++) {
        if (errors->code == code) {
            return errors;
        }
    }
    return NULL;
}

const struct bd_vendor_error *bd_operation_error(const struct bd_vendor *vendor,
                                                 const struct bd_operation *op, int64_t code)
{
    const struct bd_vendor_error *own = find_error(op->errors, code);
    return own != NULL || op->not_enveloped ? own : find_error(vendor->errors, code);
}

size_t bd_operation_params(const struct bd_vendor *vendor, const struct bd_operation *op,
                           const struct bd_field *params[BD_PARAMS_MOST])
{
    size_t count = 0;
    const struct bd_field *const lists[] = {op->params, op->without_common ? NULL : vendor->common};
    for (size_t i = 0; i < BD_COUNT(lists); i++) {
        for (const struct bd_field *field = lists[i]; field != NULL && field->name != NULL;
             field++) {
            BD_CHECK(count < BD_PARAMS_MOST);
            params[count++] = field;
        }
    }
    return count;
}
