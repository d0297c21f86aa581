// SPDX-License-Identifier: MIT
// Durations as people write them: a number of seconds, or "200 ms", "1.5 s", "10 min", "2 h", "3 days".
#ifndef BD_DURATION_H
#define BD_DURATION_H

#include <lua.h>
#include <stdbool.h>
#include <stdint.h>

// Reads a text of one number and one unit (none: seconds); *ms is rounded up. False when it is none, or
// negative, or above 100 years.
bool bd_duration_parse(const char *text, size_t len, uint64_t *ms);

// The duration at a stack index, a number or a text; raises an argument error that names `what`.
uint64_t bd_duration_check(lua_State *L, int index, const char *what);

#endif
