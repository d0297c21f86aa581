// SPDX-License-Identifier: MIT
// Everything that scripts can require, in one call.
#ifndef BD_BINDINGS_H
#define BD_BINDINGS_H

struct bd_runtime;

void bd_bindings_open(struct bd_runtime *rt);

#endif
