// SPDX-License-Identifier: MIT
// The one error value of beadle: a table with the metatable `beadle.error`. Everything that fails is built
// here and raised here.
//
// Fields: kind (below), message (one sentence without the operation's name); where known: where (file and
// line of the call), vendor, operation, status (HTTP), code (the vendor's), meaning (the catalogue's
// sentence for that code), retryable (boolean), retry_after (seconds), outcome ("none", "done", "unknown":
// whether the vendor did it), attempts, hint (what to do), response (first bytes of the answer), row,
// cause (another error), traceback; reply (status that a server of
// ours answers with when a handler raises it).
#ifndef BD_ERROR_H
#define BD_ERROR_H

#include <lua.h>
#include <stdbool.h>

// The closed list of kinds; docs/errors.md says what each means.
enum bd_kind {
    BD_ARGUMENT,
    BD_CONFIGURATION,
    BD_PERMISSION,
    BD_NETWORK,
    BD_TIMEOUT,
    BD_CANCELLED,
    BD_AUTH,
    BD_NOT_FOUND,
    BD_CONFLICT,
    BD_RATE_LIMIT,
    BD_REJECTED,
    BD_SERVER,
    BD_DECODE,
    BD_IO,
    BD_SCRIPT,
    BD_INTERNAL,
};

const char *bd_kind_name(enum bd_kind kind);

// Makes the metatable; once per Lua state, before anything else of this file.
void bd_error_open(lua_State *L); // [-0, +0]

// Pushes an error value. `format` as in lua_pushfstring. [-0, +1]
void bd_error_push(lua_State *L, enum bd_kind kind, const char *format, ...);

// Set a field of the error value on top; a NULL text sets nothing. [-0, +0]
void bd_error_text(lua_State *L, const char *field, const char *text);
void bd_error_integer(lua_State *L, const char *field, lua_Integer value);
void bd_error_boolean(lua_State *L, const char *field, bool value);

// Pops a value and sets it as a field of the error value below it. [-1, +0]
void bd_error_value(lua_State *L, const char *field);

// Notes the file and line of the Lua code that called the running C function, then raises the error value
// on top.
_Noreturn int bd_error_raise(lua_State *L);

// The same without a note of the place, for any value: passes an error on.
_Noreturn int bd_error_rethrow(lua_State *L);

// bd_error_push and bd_error_raise in one.
_Noreturn int bd_error(lua_State *L, enum bd_kind kind, const char *format, ...);

// True when the value is an error value (of this kind).
bool bd_error_is_error(lua_State *L, int index);
bool bd_error_is(lua_State *L, int index, enum bd_kind kind);

// Pushes what a person should read for any error value: tostring's text, or a short note for values that
// have none. Does not raise for want of anything but memory. [-0, +1]
const char *bd_error_describe(lua_State *L, int index);

// The functions that scripts get as `beadle.error`: new, is, kinds. [-0, +1]
int bd_error_module(lua_State *L);

#endif
