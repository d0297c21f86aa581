// SPDX-License-Identifier: MIT
// Finds gaps and contradictions in the records.
#ifndef BD_LINT_H
#define BD_LINT_H

#include "operation.h"

// Appends one line for each fault of a vendor's records. Returns how many there are.
size_t bd_lint_vendor(const struct bd_vendor *vendor, struct bd_buf *out);

#endif
