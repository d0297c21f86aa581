// SPDX-License-Identifier: MIT
// The path template of an operation: "/test/{testId}/committees", "/user[/id/{id}][/name/{name}][?long:/long]".
// Groups do not nest.
#ifndef BD_PATH_H
#define BD_PATH_H

#include <stdbool.h>
#include <stddef.h>

#include "core/buf.h"

// Gives the text of a parameter, borrowed until the next call; NULL when it has none. For the flag of a group
// any text means on.
typedef const char *bd_path_value(void *arg, const char *name, size_t name_len, size_t *len);

// Appends the path with each parameter percent-encoded. A name in braces outside of a group has to have a value.
void bd_path_expand(struct bd_buf *out, const char *template, bd_path_value *value, void *arg);

// Visits the names in a template, those of flags too. `in_group`: it stands in a group or chooses one.
// False when the template is malformed.
bool bd_path_names(const char *template,
                   void (*visit)(void *arg, const char *name, size_t len, bool in_group, bool flag),
                   void *arg);

#endif
