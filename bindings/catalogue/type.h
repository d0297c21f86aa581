// SPDX-License-Identifier: MIT
// All that differs between types of values, in one place per type.
#ifndef BD_TYPE_H
#define BD_TYPE_H

#include "operation.h"

struct bd_type {
    const char *name;    // as help shows it
    const char *luacats; // as editors want it
    const char *what;    // completes "NAME must be ..."
    bool list;           // takes a Lua list
    bool is_text;        // bounds count characters, and choices may be texts
    bool chooses;        // choices have a number and a text; `check` sees to them
    const char *suffix;  // what stands behind the name of a JSON member of this type; may be NULL

    // True when the Lua value is legal for the field, its choices and bounds not considered.
    bool (*check)(lua_State *L, int index, const struct bd_field *field);

    // What exactly is wrong with a value that `check` refuses, as the end of a sentence, without the value itself;
    // NULL: there is no more to say than `what`. May be NULL.
    const char *(*why)(lua_State *L, int index);

    // The value's text as it travels, not yet encoded: borrowed from Lua or from `scratch`. NULL: the
    // value is sent by leaving the field out (a flag that is off).
    const char *(*text)(lua_State *L, int index, struct bd_buf *scratch, size_t *len);

    // Appends the value's JSON; NULL: as it is.
    void (*json)(lua_State *L, int index, const struct bd_field *field, struct bd_buf *out);

    // Pushes the Lua value that a terminated text means, from a command line, a file or the wire. False,
    // pushing nothing, when it is none. [-0, +(0|1)]
    bool (*parse)(lua_State *L, const char *text, size_t len, const struct bd_field *field);

    // True when a decoded answer's value fits; may replace it at its stack index.
    bool (*accept)(lua_State *L, int index, const struct bd_field *field);
};

extern const struct bd_type bd_integer, bd_number, bd_boolean, bd_string, bd_text, bd_email, bd_id,
    bd_url_type, bd_flag, bd_date, bd_datetime, bd_timestamp, bd_integer_list, bd_string_list,
    bd_secret_text, bd_object, bd_list, bd_map, bd_any, bd_duration_type, bd_file, bd_moment,
    bd_bytes, bd_numbered, bd_link, bd_link_list, bd_mailbox_type, bd_mailbox_list, bd_mail_server,
    bd_media_type, bd_content;

// True for objects, lists and maps: types whose values have members.
bool bd_type_is_structure(const struct bd_type *type);

// Appends the JSON of a value that passed the checks; members in the order of the catalogue.
void bd_type_json(lua_State *L, int index, const struct bd_field *field, struct bd_buf *out);

// Pushes the member of a table that a field is about, under its name or the one it has on the wire; nil when
// there is none. [-0, +1]
void bd_type_push_member(lua_State *L, int table, const struct bd_field *field);

// Whether a name is a field's, or the one it has on the wire.
bool bd_type_is_name(const struct bd_field *field, const char *name);

// Appends the members that a table has, as `"name":value`, in the order of the fields; without fields all of
// them. `first`: nothing stands before them. False when there were none.
bool bd_type_json_members(lua_State *L, int table, const struct bd_field *fields, bool first,
                          struct bd_buf *out);

// `parse`, and the names of choices beside their values.
bool bd_type_parse(lua_State *L, const char *text, size_t len, const struct bd_field *field);

// Appends what a field's value must be, choices and bounds included: "a whole number: 1 (male), ...".
void bd_type_describe(struct bd_buf *out, const struct bd_field *field);

// Appends the beginning of a text that is shown in an error, in quotes, without its control characters: a NUL would
// end the sentence, and others move the cursor of a terminal.
void bd_type_show(struct bd_buf *out, const char *text, size_t len);

// The value, and the constant, of the choice that a text comes closest to; NULL: none does. Names of entities come
// in one spelling, and servers answer another with an error of their own.
const char *bd_type_nearest_value(const char *text, const struct bd_field *field);
const char *bd_type_nearest_name(const char *text, const struct bd_field *field);

// Whether a value that passed `check` is one of the choices and within the bounds.
bool bd_type_in_range(lua_State *L, int index, const struct bd_field *field);

#endif
