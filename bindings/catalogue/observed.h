// SPDX-License-Identifier: MIT
// What those who watch a run (core/observe.h) learn of a call.
#ifndef BD_OBSERVED_H
#define BD_OBSERVED_H

#include "call.h"

// Tells of a call that is over. Its result or error lies on top, the values that were sent from `first` on. [-0, +0]
void bd_observed_tell(lua_State *L, const struct bd_call *call, int first, bool ok);

#endif
