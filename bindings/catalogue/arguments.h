// SPDX-License-Identifier: MIT
// The two tables that a call takes, before its parameters are looked at.
#ifndef BD_ARGUMENTS_H
#define BD_ARGUMENTS_H

#include "call.h"

// What the second table may say.
struct bd_call_options {
    unsigned attempts;   // 1: never again
    uint64_t time_limit; // ms for the call with all its attempts
};

// Raises when the operation cannot be called, or what stands at the indices is no table of parameters and no
// table of options.
void bd_arguments_check(lua_State *L, const struct bd_callable *callable, int params, int options);

// Reads the options at an index, which may be nil. Raises when one is unknown or has no legal value.
struct bd_call_options bd_arguments_options(lua_State *L, const struct bd_callable *callable,
                                            const struct bd_account *account, int options);

#endif
