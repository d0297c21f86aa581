// SPDX-License-Identifier: MIT
// That what a record says of unknown outcomes and of budgets can be done: what it names is there, and a read only
// reads.
#include <string.h>

#include "core/check.h"
#include "lint_internal.h"

// The probe that is looked at, and the operation it asks; NULL while there is none.
struct look {
    struct lint *lint;
    const char *what;
    const struct bd_operation *asked;
};

static const struct bd_field *param_of(const struct lint *lint, const struct bd_operation *op,
                                       const char *name)
{
    const struct bd_field *params[BD_PARAMS_MOST];
    size_t count = bd_operation_params(lint->vendor, op, params);
    return bd_lint_find(params, count, name);
}

// A parameter of the effect whose value goes into a probe: a journal keeps it, so it is no secret.
static void lint_source(const struct look *look, const char *name)
{
    const struct bd_field *field = name != NULL ? param_of(look->lint, look->lint->op, name) : NULL;
    if (name != NULL && field == NULL) {
        bd_lint_fault(look->lint, "the probe of %s needs %s, which is no parameter", look->what,
                      name);
    } else if (field != NULL && (field->flags & BD_SECRET) != 0) {
        bd_lint_fault(look->lint, "the probe of %s needs %s, which is a secret", look->what, name);
    }
}

static void lint_matches(const struct look *look, const struct bd_probe_match *match)
{
    for (; match != NULL && match->member != NULL; match++) {
        if ((match->how == BD_MATCH_SAME) != (match->param != NULL)) {
            bd_lint_fault(look->lint, "the probe of %s compares %s with nothing, or the reverse",
                          look->what, match->member);
        }
        lint_source(look, match->param);
    }
}

static void lint_asks(const struct look *look, const struct bd_probe_ask *ask)
{
    for (; ask != NULL && ask->name != NULL; ask++) {
        if (param_of(look->lint, look->asked, ask->name) == NULL) {
            bd_lint_fault(look->lint, "the probe of %s asks %s with %s, which is no parameter",
                          look->what, look->asked->name, ask->name);
        }
        if ((ask->param != NULL) + (ask->text != NULL) + (ask->filter != NULL) != 1) {
            bd_lint_fault(look->lint, "the probe of %s does not say one value of %s", look->what,
                          ask->name);
        }
        lint_source(look, ask->param);
        lint_source(look, ask->when);
        lint_matches(look, ask->filter);
    }
}

// The read gets all that it requires.
static void lint_required(const struct look *look, const struct bd_probe *probe)
{
    const struct bd_field *field = look->asked->params;
    for (; field != NULL && field->name != NULL; field++) {
        const struct bd_probe_ask *ask = probe->ask;
        while (ask != NULL && ask->name != NULL && strcmp(ask->name, field->name) != 0) {
            ask++;
        }
        bool asked = ask != NULL && ask->name != NULL;
        if ((field->flags & BD_REQUIRED) != 0 && field->setting == NULL &&
            field->fallback == NULL && !asked) {
            bd_lint_fault(look->lint, "the probe of %s does not give %s, which %s requires",
                          look->what, field->name, look->asked->name);
        }
    }
}

static void lint_read(struct look *look, const struct bd_probe *probe)
{
    const struct bd_variant *variant;
    look->asked = probe->operation != NULL
                      ? bd_operation_find(look->lint->vendor, probe->operation, &variant)
                      : NULL;
    if (look->asked == NULL) {
        bd_lint_fault(look->lint, "the probe of %s asks no known operation", look->what);
        return;
    }
    if (bd_operation_effect(look->asked, variant) != BD_EFFECT_READ) {
        bd_lint_fault(look->lint, "the probe of %s asks %s, which does more than read", look->what,
                      probe->operation);
    }
    if (probe->ask == NULL && probe->match == NULL) {
        bd_lint_fault(look->lint, "the probe of %s is the same for all effects", look->what);
    }
    lint_asks(look, probe->ask);
    lint_required(look, probe);
    lint_matches(look, probe->match);
    if (probe->gone && probe->id != NULL) {
        bd_lint_fault(look->lint, "the probe of %s tells apart what shall be gone", look->what);
    }
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

static void lint_code(const struct look *look, const struct bd_probe *probe,
                      const struct bd_vendor_error *errors)
{
    const struct bd_operation *answering =
        probe->kind == BD_PROBE_READ ? look->asked : look->lint->op;
    bool known = answering == NULL || probe->code == 0 || has_code(errors, probe->code) ||
                 bd_operation_error(look->lint->vendor, answering, probe->code) != NULL;
    if (!known) {
        bd_lint_fault(look->lint, "the probe of %s waits for the code %d, which %s does not answer",
                      look->what, probe->code, answering->name);
    }
    if (probe->says != NULL && probe->code == 0) {
        bd_lint_fault(look->lint, "the probe of %s waits for words without a code", look->what);
    }
}

static void lint_condition(const struct look *look, const struct bd_probe *probe)
{
    bool limited = probe->when != NULL || probe->single != NULL;
    lint_source(look, probe->when);
    lint_source(look, probe->single);
    if (limited) {
        bd_lint_sentence(look->lint, "why its probe does not always tell", probe->otherwise);
    } else if (probe->otherwise != NULL) {
        bd_lint_fault(look->lint, "the probe of %s always tells, and says when not", look->what);
    }
}

// Results name fields of the effect's own.
static void lint_results(const struct look *look, const struct bd_probe *probe)
{
    const struct bd_probe_result *result = probe->result;
    for (; result != NULL && result->name != NULL; result++) {
        const struct bd_field *field = look->lint->op->result;
        while (field != NULL && field->name != NULL && strcmp(field->name, result->name) != 0) {
            field++;
        }
        if (field == NULL || field->name == NULL || result->member == NULL) {
            bd_lint_fault(look->lint, "the probe of %s makes %s, which is no result", look->what,
                          result->name);
        }
    }
}

static bool is_of_read(const struct bd_probe *probe)
{
    return probe->operation != NULL || probe->ask != NULL || probe->list != NULL ||
           probe->match != NULL || probe->id != NULL || probe->also != NULL || probe->gone;
}

void bd_lint_probe(struct lint *lint, const char *what, const struct bd_probe *probe,
                   const struct bd_vendor_error *errors)
{
    struct look look = {.lint = lint, .what = what};
    if (probe->kind == BD_PROBE_NONE && bd_lint_is_empty(probe->doc)) {
        bd_lint_fault(lint, "%s has no probe and does not say why", what);
    }
    if (probe->kind != BD_PROBE_NONE) {
        bd_lint_sentence(lint, "its probe", probe->doc);
    }
    if (probe->kind == BD_PROBE_READ) {
        lint_read(&look, probe);
    } else if (is_of_read(probe)) {
        bd_lint_fault(lint, "the probe of %s does not read, and says what", what);
    }
    lint_code(&look, probe, errors);
    lint_condition(&look, probe);
    lint_results(&look, probe);
    if (probe->kind != BD_PROBE_NONE && lint->vendor->settle == 0) {
        bd_lint_fault(lint, "%s has a probe, and nothing says how long to wait for it", what);
    }
    if (probe->also == NULL) {
        return;
    }
    if (probe->also->kind != BD_PROBE_READ || probe->also->also != NULL ||
        probe->also->id != NULL) {
        bd_lint_fault(lint, "the second probe of %s is no plain read", what);
        return;
    }
    bd_lint_probe(lint, what, probe->also, NULL); // one level deep, see above
}

void bd_lint_budgets(struct lint *lint, bool uses_up)
{
    const struct bd_budget *budget = lint->op->budgets;
    if (uses_up && (budget == NULL || budget->unit == NULL)) {
        bd_lint_fault(lint, "it sends or spends, and no budget counts it");
    }
    for (; budget != NULL && budget->unit != NULL; budget++) {
        if (!bd_lint_is_snake_case(budget->unit)) {
            bd_lint_fault(lint, "the budget %s is not in snake_case", budget->unit);
        }
        if (budget->when != NULL && param_of(lint, lint->op, budget->when) == NULL) {
            bd_lint_fault(lint, "the budget %s depends on %s, which is no parameter", budget->unit,
                          budget->when);
        }
        for (const char *const *name = budget->persons; name != NULL && *name != NULL; name++) {
            if (param_of(lint, lint->op, *name) == NULL) {
                bd_lint_fault(lint, "the budget %s is for %s, which is no parameter", budget->unit,
                              *name);
            }
        }
    }
}
