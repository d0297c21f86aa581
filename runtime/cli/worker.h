// SPDX-License-Identifier: MIT
// beadle.cli.worker: runs beadle itself again, in processes of their own, for `beadle test`. Scripts never see
// this module: it is there for that command only, which loads no code of its user's.
#ifndef BD_WORKER_H
#define BD_WORKER_H

#include <lua.h>

int bd_worker_module(lua_State *L);

#endif
