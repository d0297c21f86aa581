// SPDX-License-Identifier: MIT
// What --trace and --dry-run do around a run: stdlib/trace.lua and stdlib/dry_run.lua, called from here.
#ifndef BD_WATCH_H
#define BD_WATCH_H

#include <lua.h>
#include <stdbool.h>

#include "options.h"

// Before the main task begins. On an error leaves it on top of L's stack: false. [-0, +(0|1)]
bool bd_watch_begin(lua_State *L, const struct bd_command_line *line);

// In the main task, first of all. May raise.
void bd_watch_enter(lua_State *L, const struct bd_command_line *line);

// After the main task has ended with that status: tells what was seen and planned, and gives the status of the
// program. On an error leaves it on top of L's stack, and gives -1. [-0, +(0|1)]
int bd_watch_end(lua_State *L, const struct bd_command_line *line, int status);

#endif
