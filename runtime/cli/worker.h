// SPDX-License-Identifier: MIT
// beadle.cli.worker: runs beadle itself again, in processes of their own, for `beadle test`. That
// command alone may start them, for it loads no code of its user's; scripts need --allow-process to start anything.
#ifndef BD_WORKER_H
#define BD_WORKER_H

#include <lua.h>

struct bd_runtime;

// Lets the program start workers.
void bd_worker_allow(struct bd_runtime *rt);

int bd_worker_module(lua_State *L); // [-0, +1]

#endif
