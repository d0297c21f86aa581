// SPDX-License-Identifier: MIT
// What a gate gets to see of a call that is about to change something.
#ifndef BD_EFFECT_H
#define BD_EFFECT_H

#include "call.h"

// Pushes the effect of a call whose request is built and whose values lie from `first` on: a table as
// stdlib/gate.lua describes it. [-0, +1]
void bd_effect_push(lua_State *L, const struct bd_call *call, int first);

// Pushes the parameters that have a value, by name. [-0, +1]
void bd_effect_push_params(lua_State *L, const struct bd_call *call, int first);

#endif
