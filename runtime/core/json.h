// SPDX-License-Identifier: MIT
// JSON in and out of Lua values. lua-cjson does the work between two passes of our own that make it exact:
// integers stay integers of 64 bits, floats stay floats, arrays stay arrays when they are empty, and what
// is not strict JSON in UTF-8 is a fault with its place.
//
// Numbers are read and printed by the C library, so LC_NUMERIC has to stay "C".
#ifndef BD_JSON_H
#define BD_JSON_H

#include <lua.h>
#include <stdbool.h>
#include <stddef.h>

#include "buf.h"

enum {
    BD_JSON_DEPTH = 512,            // levels of arrays and objects, both ways
    BD_JSON_NUMBER = 400,           // characters of one number
    BD_JSON_LONGEST_READ = 1 << 28, // bytes of a text
    // Bytes that a text could come to need while it is written: six for each byte of a string and 32 for
    // each value. Beyond, lua-cjson would end the process.
    BD_JSON_LONGEST_WRITTEN = 1 << 30,
};

enum bd_json_flag {
    // Decode: null members of objects become json.null instead of being left out. Null elements of arrays
    // and a null that is the whole text always become json.null.
    BD_JSON_KEEP_NULL = 1 << 0,
    // Decode: an integer outside 64 bits becomes its digits as a string instead of a fault.
    BD_JSON_BIG_AS_TEXT = 1 << 1,
    // Decode: the bare tokens NaN, Infinity and -Infinity become floats instead of a fault.
    BD_JSON_ALLOW_NAN = 1 << 2,
    // Encode: a float with an integral value inside 64 bits is written as an integer, 5 instead of 5.0.
    BD_JSON_INTEGRAL_FLOATS = 1 << 3,
};

struct bd_json_fault {
    size_t offset;     // decode: bytes from the start of the text; encode: 0
    char message[160]; // without a full stop; encode: begins with the path to the value
};

// Makes this state's own instance of lua-cjson and the metatables, kept in the registry; once per Lua
// state, before anything else of this file. Gives light userdata, of which json.null is one, a metatable:
// tostring says "null", and indexing it is an error that says so. [-0, +0]
void bd_json_open(lua_State *L);

// Pushes the value of a whole text. False and the fault, pushing nothing, when it is not JSON; the fault is
// not touched otherwise. The text is borrowed. Every array has the array metatable. "-0" is the integer 0,
// "-0.0" a float. Raises only for want of memory or of Lua stack. [-0, +(0|1)]
bool bd_json_decode(lua_State *L, const char *text, size_t len, unsigned flags,
                    struct bd_json_fault *fault);

// Appends the text of the value at an index to `out`, which is not touched on a fault. A table is an array
// when its keys are 1 to n, an object when they are strings; an empty one is an object unless it is marked.
// Tables are read raw and never changed; floats with an integral value are written with ".0" or an
// exponent. False and the fault when a value has no JSON form, nil included. Raises only for want of
// memory or of Lua stack, before anything is appended. [-0, +0]
bool bd_json_encode(lua_State *L, int index, unsigned flags, struct bd_buf *out,
                    struct bd_json_fault *fault);

// Appends the one text that equal values have: names in the order of their bytes, no blanks. Every value has one, so that
// what is kept is never lost for its kind: a string that is not UTF-8 is {"$bytes":"..."} with two hexadecimal digits a
// byte, a userdata "[secret]", a function in an object is left out; what else has no JSON form is null. A table with
// elements is a list of these up to the first hole. Tables are read raw. False and the fault, with a part of the text
// appended, for too many levels, or a name that is not UTF-8. Raises only for want of memory or of Lua stack. [-0, +0]
bool bd_json_canonical(lua_State *L, int index, struct bd_buf *out, struct bd_json_fault *fault);

// Pushes json.null: the light userdata NULL, as lua-cjson has it. [-0, +1]
void bd_json_push_null(lua_State *L);
bool bd_json_is_null(lua_State *L, int index); // [-0, +0]

// Give the table at an index the metatable of arrays or of objects, instead of any other it has. A marked
// array is written as [] when empty. Elements of the wrong kind are a fault when it is encoded. [-0, +0]
void bd_json_mark_array(lua_State *L, int index);
void bd_json_mark_object(lua_State *L, int index);

// True for a table with the metatable of arrays. [-0, +0]
bool bd_json_is_array(lua_State *L, int index);

#endif
