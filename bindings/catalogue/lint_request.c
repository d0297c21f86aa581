// SPDX-License-Identifier: MIT
#include <string.h>

#include "core/check.h"
#include "lint_internal.h"
#include "path.h"
#include "type.h"

struct path_lint {
    struct lint *lint;
    const struct bd_field *const *params;
    size_t count;
    uint64_t named; // parameters, by their place
};

static void lint_path_name(void *arg, const char *name, size_t len, bool in_group, bool flag)
{
    struct path_lint *path = arg;
    for (size_t i = 0; i < path->count; i++) {
        const struct bd_field *field = path->params[i];
        if (strlen(field->name) != len || memcmp(field->name, name, len) != 0) {
            continue;
        }
        bool always = (field->flags & BD_REQUIRED) != 0 || field->fallback != NULL;
        if (!flag && field->place != BD_IN_PATH) {
            bd_lint_fault(path->lint, "%s stands in the path and not in its place", field->name);
        }
        if (!in_group && !always) {
            bd_lint_fault(path->lint, "%s stands in the path and is not required", field->name);
        }
        path->named |= UINT64_C(1) << i;
        return;
    }
    bd_lint_fault(path->lint, "the path names %.*s, which is no parameter", (int)len, name);
}

static bool chooses_answer(const struct bd_operation *op, const char *name)
{
    const struct bd_answer *a = op->answers;
    for (; a != NULL && a->field.name != NULL; a++) {
        if (a->when != NULL && strcmp(a->when, name) == 0) {
            return true;
        }
    }
    return false;
}

void bd_lint_path(struct lint *lint, const struct bd_field *const *params, size_t count)
{
    struct path_lint path = {.lint = lint, .params = params, .count = count};
    const char *template = lint->op->path != NULL ? lint->op->path : "";
    if (!bd_path_names(template, lint_path_name, &path)) {
        bd_lint_fault(lint, "the path is malformed");
    }
    for (size_t i = 0; i < count; i++) {
        bool named = (path.named & (UINT64_C(1) << i)) != 0;
        bool aside = params[i]->place == BD_ASIDE && params[i]->means == NULL &&
                     !chooses_answer(lint->op, params[i]->name);
        if (!named && (params[i]->place == BD_IN_PATH || aside)) {
            bd_lint_fault(lint, "%s has a place where nothing uses it", params[i]->name);
        }
    }
}

// Whether a rule says that at most one of two parameters is given.
static bool excludes(const struct bd_operation *op, const char *one, const char *other)
{
    for (const struct bd_rule *rule = op->rules; rule != NULL && rule->doc != NULL; rule++) {
        bool has_one = false;
        bool has_other = false;
        for (size_t i = 0; i < BD_COUNT(rule->names) && rule->names[i] != NULL; i++) {
            has_one = has_one || strcmp(rule->names[i], one) == 0;
            has_other = has_other || strcmp(rule->names[i], other) == 0;
        }
        if (has_one && has_other && (rule->kind == BD_ONE_OF || rule->kind == BD_NOT_BOTH)) {
            return true;
        }
    }
    return false;
}

// Where the body may be given as members or as a whole, no call may give both.
static void lint_whole_body(struct lint *lint, const struct bd_field *const *params, size_t count,
                            const struct bd_field *whole)
{
    for (size_t i = 0; i < count; i++) {
        bool member = params[i]->place == BD_IN_JSON;
        if (member && !excludes(lint->op, params[i]->name, whole->name)) {
            bd_lint_fault(lint, "no rule says that %s and %s are not given together",
                          params[i]->name, whole->name);
        }
    }
}

// A body is a form, an object of members, or one value; an object of members may be given as one value too.
void bd_lint_body(struct lint *lint, const struct bd_field *const *params, size_t count)
{
    size_t form = 0;
    size_t json = 0;
    size_t body = 0;
    const struct bd_field *whole = NULL;
    for (size_t i = 0; i < count; i++) {
        form += params[i]->place == BD_IN_FORM ? 1 : 0;
        json += params[i]->place == BD_IN_JSON ? 1 : 0;
        body += params[i]->place == BD_IN_BODY ? 1 : 0;
        whole = params[i]->place == BD_IN_BODY ? params[i] : whole;
    }
    if ((form > 0 && json + body > 0) || body > 1) {
        bd_lint_fault(lint, "its body is made in two ways");
    } else if (whole != NULL) {
        lint_whole_body(lint, params, count, whole);
    }
}

static const struct bd_type *type_of_part(enum bd_part part)
{
    switch (part) {
    case BD_PART_FROM:
        return &bd_mailbox_type;
    case BD_PART_SUBJECT:
        return &bd_string;
    case BD_PART_TEXT:
    case BD_PART_HTML:
        return &bd_text;
    case BD_PART_FILES:
        return &bd_list;
    default:
        return &bd_mailbox_list;
    }
}

// A mail is made of parts, each of the type that goes with it and given once; somebody always sends it to somebody.
void bd_lint_message(struct lint *lint, const struct bd_field *const *params, size_t count)
{
    bool smtp = lint->vendor->protocol == BD_BY_SMTP;
    unsigned parts = 0;
    unsigned always = 0;
    for (size_t i = 0; i < count; i++) {
        const struct bd_field *field = params[i];
        unsigned bit = 1U << field->part;
        bool in_message = field->place == BD_IN_MESSAGE;
        if (in_message != smtp) {
            bd_lint_fault(lint,
                          smtp ? "%s is no part of the mail"
                               : "%s is part of a mail, which this is not",
                          field->name);
        } else if (in_message != (field->part != BD_PART_NONE)) {
            bd_lint_fault(lint, "%s does not say which part of the mail it is", field->name);
        } else if (in_message && (parts & bit) != 0) {
            bd_lint_fault(lint, "%s is the same part of the mail as another", field->name);
        } else if (in_message && field->type != type_of_part(field->part)) {
            bd_lint_fault(lint, "%s is not of the type that this part of a mail has", field->name);
        }
        parts |= bit;
        always |= (field->flags & BD_REQUIRED) != 0 ? bit : 0;
    }
    unsigned needed = 1U << BD_PART_FROM | 1U << BD_PART_TO | 1U << BD_PART_SUBJECT;
    if (smtp && (always & needed) != needed) {
        bd_lint_fault(lint, "its sender, recipient and subject are not required");
    }
}
