// SPDX-License-Identifier: MIT
// What the parts of the lint share.
#ifndef BD_LINT_INTERNAL_H
#define BD_LINT_INTERNAL_H

#include "lint.h"

struct lint {
    const struct bd_vendor *vendor;
    const struct bd_operation *op; // NULL: about the vendor itself
    struct bd_buf *out;
    size_t faults;
};

// Notes a fault, as the end of a line.
__attribute__((format(printf, 2, 3))) void bd_lint_fault(struct lint *lint, const char *format,
                                                         ...);

bool bd_lint_is_empty(const char *text);
bool bd_lint_is_snake_case(const char *name);
// One sentence without a full stop, which has to be there.
void bd_lint_sentence(struct lint *lint, const char *what, const char *text);
// Running text, which others stand behind: it ends with a full stop. None at all is fine.
void bd_lint_text(struct lint *lint, const char *what, const char *text);

// The parameter of that name, or NULL.
const struct bd_field *bd_lint_find(const struct bd_field *const *fields, size_t count,
                                    const char *name);
bool bd_lint_has_setting(const struct lint *lint, const char *name);

// lint_field.c: an enumeration, a parameter among all of its operation, the fields of a result, error codes.
void bd_lint_choices(struct lint *lint, const struct bd_enumeration *enumeration);
void bd_lint_param(struct lint *lint, const struct bd_field *field,
                   const struct bd_field *const *all, size_t count);
void bd_lint_fields(struct lint *lint, const struct bd_field *fields);
void bd_lint_errors(struct lint *lint, const struct bd_vendor_error *errors);

// The result of an operation.
void bd_lint_result(struct lint *lint, const struct bd_field *const *params, size_t count);
// The vendor's tables, and where an operation's pages are.
void bd_lint_tables(struct lint *lint);
void bd_lint_paging(struct lint *lint);

// lint_request.c: that each parameter has one place in the request, and each place its parameter.
void bd_lint_path(struct lint *lint, const struct bd_field *const *params, size_t count);
void bd_lint_body(struct lint *lint, const struct bd_field *const *params, size_t count);
// The same for the parts of a mail.
void bd_lint_message(struct lint *lint, const struct bd_field *const *params, size_t count);

// lint_probe.c: how an unknown outcome of `what` is found out, `errors` being its own or NULL; and what it uses up.
void bd_lint_probe(struct lint *lint, const char *what, const struct bd_probe *probe,
                   const struct bd_vendor_error *errors);
void bd_lint_budgets(struct lint *lint, bool uses_up);

#endif
