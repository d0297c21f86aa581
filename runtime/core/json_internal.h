// SPDX-License-Identifier: MIT
// Shared by the json*.c files only.
//
// lua-cjson knows one kind of number and one kind of empty table. What it would blur crosses it as a string
// that begins with the byte 0xFF, a "mark": the rest of the string is the JSON text of the value, a number
// or []. No data can look like a mark, for strings are checked to be UTF-8, where that byte does not occur,
// and no escape yields it.
#ifndef BD_JSON_INTERNAL_H
#define BD_JSON_INTERNAL_H

#include <lua.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "json.h"

#define BD_JSON_MARK "\xFF"

// User values of struct bd_json.
enum bd_json_part {
    BD_JSON_PART_DECODE = 1, // functions of our instance of lua-cjson
    BD_JSON_PART_ENCODE,
    BD_JSON_PART_KEEP_BUFFER,
    BD_JSON_PART_ARRAY, // metatables
    BD_JSON_PART_OBJECT,
    BD_JSON_PARTS = BD_JSON_PART_OBJECT,
};

// A userdata in the registry.
struct bd_json {
    const void *array_metatable; // as lua_topointer has them
    const void *object_metatable;
    char scratch[8192]; // free between calls; nothing that runs Lua code may come while it is used
};

// Pushes the state's userdata. [-0, +1]
struct bd_json *bd_json_push_state(lua_State *L);

// Pushes a part of the state at an index. [-0, +1]
void bd_json_push_part(lua_State *L, int state, enum bd_json_part part);

// Calls a function of lua-cjson that stands below its argument. False when it raised: its error message
// stands instead of the result. Passes on a memory error. [-2, +1]
bool bd_json_call(lua_State *L);

// What to say when that failed: the error message on top, or a word when it is no string. [-0, +0]
const char *bd_json_reason(lua_State *L);

void bd_json_set_fault(struct bd_json_fault *fault, size_t offset, const char *format, ...)
    __attribute__((format(printf, 3, 4), cold));

// The lexical pass over a text that shall be decoded.
struct bd_json_scan {
    // Given by the caller.
    lua_State *L;
    struct bd_json *json;
    const char *text;
    const char *end;
    unsigned flags;
    struct bd_json_fault *fault;

    // The result. The walk behind lua-cjson meets every member, array, object, integer and mark once,
    // unless a key appeared twice.
    size_t unmet;
    unsigned deepest; // level of arrays and objects
    char *copy;       // the text with marks; NULL when there are none
    size_t copy_len;

    // While it runs.
    const char *copied; // up to here the text is in the copy
    unsigned want;
    unsigned depth;
    uint64_t is_object[BD_JSON_DEPTH / 64 + 1]; // one bit for each depth
};

// False and the fault when the text is not JSON. The copy is in the scratch bytes, or in a userdata that is
// pushed: it lasts until the next call that may run Lua code, or longer while that is on the stack.
// [-0, +(0|1)]
bool bd_json_scan(struct bd_json_scan *scan);

// Parts of the scan. They begin at a place of the text and return the one behind what they read, or NULL
// after a fault; the first two never return anything else.
const char *bd_json_scan_fail(const struct bd_json_scan *scan, const char *at, const char *message)
    __attribute__((cold));
const char *bd_json_scan_expected(const struct bd_json_scan *scan, const char *at, const char *what)
    __attribute__((cold));
const char *bd_json_text_scan(const struct bd_json_scan *scan, const char *quote);
const char *bd_json_number_scan(struct bd_json_scan *scan, const char *start);

// True when the text goes on at `at` with these bytes.
bool bd_json_scan_starts(const struct bd_json_scan *scan, const char *at, const char *bytes,
                         size_t len);

// Puts a mark with some text into the copy, instead of what stands between `from` and `to`; or with just
// that text, and returns `to`. The first one makes the copy. [-0, +(0|1)]
void bd_json_copy_mark(struct bd_json_scan *scan, const char *from, const char *to,
                       const char *text, size_t len);
const char *bd_json_copy_token(struct bd_json_scan *scan, const char *from, const char *to);

// Adds the rest of the text to the copy, if there is one.
void bd_json_copy_finish(struct bd_json_scan *scan);

// Fills the fault with the first key that its object has already; the text passed the scan. [-0, +0]
void bd_json_duplicate_find(lua_State *L, int state, const char *text, size_t len,
                            struct bd_json_fault *fault);

// One level of tables above a value that is being encoded.
struct bd_json_level {
    const struct bd_json_level *outer;
    const void *table; // as lua_topointer has it
    unsigned depth;    // from 1
    // The member that is being looked at: a key, borrowed, or else an index.
    const char *key;
    size_t key_len;
    lua_Integer index;
};

// Sets the message to the path of the value that `level` looks at, a colon, and the reason.
void bd_json_path_fault(struct bd_json_fault *fault, const struct bd_json_level *level,
                        const char *format, ...) __attribute__((format(printf, 3, 4), cold));

// Checks the value on top and replaces it by one that lua-cjson writes correctly but for marks. Sets
// `marked` when there are any. False and the fault when the value has no JSON form: what is on the stack
// then is for the caller to remove. [-1, +1]
bool bd_json_prepare(lua_State *L, const struct bd_json *json, unsigned flags, bool *marked,
                     struct bd_json_fault *fault);

// The length of the UTF-8 sequence that begins with a byte from 0x80 on; 0 when it is malformed.
size_t bd_json_text_sequence(const char *at, const char *end);

// The first byte that is not part of well-formed UTF-8; `end` when all is.
const char *bd_json_text_malformed(const char *text, const char *end);

enum { BD_JSON_FLOAT_ROOM = 40 };

// Writes a finite float as briefly as it can be read back equal; always as a float. Returns the length.
size_t bd_json_number_print(char text[BD_JSON_FLOAT_ROOM], double value);

// True when lua-cjson's 14 digits carry a float with a fraction. May be false for some that they do carry.
bool bd_json_number_is_short(double value);

#endif
