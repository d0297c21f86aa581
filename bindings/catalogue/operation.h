// SPDX-License-Identifier: MIT
// What an operation of a vendor is: the one record that checking, request building, retries, log masking,
// help, lists, completion and the sandbox's own checks all read. Records are written by hand in the
// vendor's room, `static const`, and live as long as the program.
#ifndef BD_OPERATION_H
#define BD_OPERATION_H

#include <lua.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/buf.h"
#include "core/error.h"

struct bd_type;

// Where a parameter travels.
enum bd_place {
    BD_IN_FORM, // field of an application/x-www-form-urlencoded body
    BD_IN_QUERY,
    BD_IN_PATH,    // "{name}" in the path template
    BD_IN_JSON,    // member of a JSON object, which is the body
    BD_IN_BODY,    // the whole body, as JSON; beside members of BD_IN_JSON, instead of them
    BD_IN_HEADER,  // the header of that name
    BD_ASIDE,      // not sent: it chooses between answers or paths
    BD_IN_MESSAGE, // of a mail: `part` says what it is there
};

// What a parameter is of the message or its envelope (RFC 5322, RFC 5321). The lists and the sender are of the
// types bd_mailbox and bd_mailbox_list; files are a list of objects with `name`, `content` and `type`.
enum bd_part {
    BD_PART_NONE,
    BD_PART_FROM,
    BD_PART_TO,
    BD_PART_CC,
    BD_PART_BCC, // in the envelope only
    BD_PART_REPLY_TO,
    BD_PART_SUBJECT,
    BD_PART_TEXT,
    BD_PART_HTML,
    BD_PART_FILES,
    BD_PARTS,
};

enum bd_field_flag {
    BD_REQUIRED = 1 << 0,
    BD_SECRET = 1 << 1,      // never shown: parameters accept a secret value, results become one
    BD_PERSONAL = 1 << 2,    // says something about a person: never logged
    BD_NULLABLE = 1 << 3,    // result: may be missing or null. JSON parameter: null may be sent
    BD_LTI_CARRIES = 1 << 4, // an LTI launch says it already: not repeated there
    BD_ASSUMED = 1 << 5,     // our assumption: the vendor's document does not say so
    BD_READ_ONLY = 1 << 6,   // member: the vendor sets it, so it is never sent
    BD_FLAT = 1 << 7,        // object in a JSON body: its members are members of the body itself
    BD_REST = 1 << 8,        // with FLAT: takes what is given under names of no parameter
};

// One value of an enumeration: an integer, or where the vendor has words, a text.
struct bd_choice {
    int64_t value;
    const char *name; // constant in Lua, isograd.gender.female
    const char *doc;
    const char *text;              // the value when it is a text
    const struct bd_field *fields; // members of things of this sort, for `fields_of`; may be NULL
};

struct bd_enumeration {
    const char *name; // field of the vendor's module
    const char *doc;
    const struct bd_choice *choices; // ends with a NULL name
    bool open; // there are more values than the vendor's document lists: others are taken too
};

// A parameter, a setting of a profile, or a field of a result.
struct bd_field {
    const char *name; // the vendor's wire name; NULL ends an array
    const struct bd_type *type;
    enum bd_place place; // parameters only
    unsigned flags;
    const char *doc; // one sentence, no full stop
    const struct bd_enumeration *choices;
    int64_t min, max;              // a number's value or a text's characters; both 0: no bounds
    const char *fallback;          // text of the value used when none is given
    const char *sandbox;           // settings only: the value in the sandbox
    const char *setting;           // taken from this setting of the profile when none is given
    const char *means;             // this parameter is only another way to give that one
    const char *means_until;       // last day on which the vendor knows this name; NULL: no end
    int64_t when_true;             // a boolean that means another: that one's values,
    int64_t when_false;            // both 0: as it is
    const struct bd_field *fields; // an object's members, or those of each element of a list or map
    const char *fields_of;         // instead: the parameter whose choice has them
    const char *wire;              // its name in the query; NULL: `name`
    const char *set;               // link: the entity set that a bare id is of; NULL: none is known
    // Parameter: the field of an LTI 1.1 launch that says it. With LTI_CARRIES it is said there only; without,
    // it is what counts when no parameter is given.
    const char *lti;
    enum bd_part part; // IN_MESSAGE: which
};

// Members that a vendor's document lists as a table of its own.
struct bd_table {
    const char *name; // NULL ends an array
    const char *doc;  // what such a thing is, a sentence, no full stop
    const struct bd_field *fields;
};

// Where a list that comes in pages keeps them.
struct bd_paging {
    const char *items; // the result's field with the elements
    const char
        *next; // the result's field with the address of the next page; missing on the last one
};

enum bd_rule_kind {
    BD_ANY_OF,   // at least one of the names
    BD_NOT_BOTH, // at most one of the names
    BD_ONE_OF,   // exactly one of the names
    BD_NEEDS,    // the first needs the second
};

// What must hold between parameters.
struct bd_rule {
    enum bd_rule_kind kind;
    const char *names[3]; // unused ones NULL
    int64_t values[4];    // NEEDS: only when the first is one of these; all 0: always
    const char *doc;      // the rule as a sentence, no full stop
    bool assumed;         // our assumption: the vendor's document does not say so
};

// What an operation does to the vendor's side.
enum bd_effect {
    BD_EFFECT_READ,
    BD_EFFECT_CREATE,
    BD_EFFECT_UPDATE,
    BD_EFFECT_DELETE,
    BD_EFFECT_SEND,  // something leaves the vendor and cannot be taken back, such as an e-mail
    BD_EFFECT_SPEND, // a paid credit is used
};

const char *bd_effect_name(enum bd_effect effect);

enum bd_probe_kind {
    BD_PROBE_NONE,
    BD_PROBE_REPEAT, // repeating is harmless and its answer tells (by `code`, or by being the same)
    BD_PROBE_READ,   // another operation tells
};

enum bd_match_how {
    BD_MATCH_SAME, // it equals the effect's parameter; holds when that is not given
    BD_MATCH_SET,  // it is there and neither null nor false
    BD_MATCH_UNSET,
};

// What a member of an answer must be like.
struct bd_probe_match {
    const char *member; // "Role/Id": the member Id of the member Role; NULL ends an array
    const char *param;  // SAME: the effect's parameter
    enum bd_match_how how;
};

// A parameter of the read that a probe makes.
struct bd_probe_ask {
    const char *name;  // NULL ends an array
    const char *param; // gets the value of this parameter of the effect; not given there: not here
    const char *text;  // or this text
    const struct bd_probe_match
        *filter;      // or an expression of OData 4.0 that demands these, all SAME
    const char *when; // only when the effect has this parameter; NULL: always
    const char *is;   // and it has this text; NULL: any
};

// A field of the effect's result, taken from what was found.
struct bd_probe_result {
    const char *name;   // NULL ends an array
    const char *member; // of what the read found, or of the refusal that has `code`
};

// How to find out whether an effect happened when its answer was lost. probe.lua reads it. Parameters that the vendor
// takes for every operation go along to the read.
struct bd_probe {
    enum bd_probe_kind kind;
    int code; // the vendor's error that says that it happened: that it is there, or gone; 0: none
    const char *says;      // and this stands in the vendor's words; NULL: anything
    const char *operation; // READ: the operation to ask
    const char *doc;       // what to look at, or why nothing tells, as a sentence, no full stop
    const char *when;      // only when the effect has this parameter: nothing tells otherwise
    const char *
        single; // only when the effect's list of this name has one element: nothing tells otherwise
    const char *otherwise;          // with one of these two: why nothing tells without it, as `doc`
    const struct bd_probe_ask *ask; // READ: may be NULL
    // READ: the answer's member with the list in which the thing is; NULL: the answer is the list, with all its
    // pages, or else the thing itself.
    const char *list;
    const struct bd_probe_match
        *match; // READ: which thing; NULL: any. It happened when there is one
    bool gone;  // READ: it happened when there is none
    // READ: several that match may be there, and this member tells them apart: only one that was not there before
    // the effect was sent is the effect's. NULL: the vendor allows one only.
    const char *id;
    // NULL: the thing itself, or {} when the operation has no result. Fields that are not here cannot be found out.
    const struct bd_probe_result *result;
    const struct bd_probe *also; // READ: must say the same; may be NULL
};

// What an effect uses up, as budgets count it.
struct bd_budget {
    const char *unit; // "tests": what is counted, a plural; NULL ends an array
    // Parameters that say who it is for, NULL at the end. One is counted for each that they name; NULL, or when they
    // name nobody: one.
    const char *const *persons;
    const char *when; // only when the effect has this parameter, and it is not false; NULL: always
    const char *is;   // and it has this text; NULL: any
};

struct bd_vendor_error;

// The same vendor action under another selector value; see `selector`.
struct bd_variant {
    int64_t value;
    const char *name;    // a function of its own in the module; NULL: none
    const char *summary; // as an operation's
    const char *example;
    enum bd_effect effect;
    bool repeatable;
    const char *const *key;
    struct bd_probe probe;
    const struct bd_vendor_error *errors; // instead of the operation's own; NULL: those
};

enum bd_answer_kind {
    BD_ANSWER_REDIRECT, // 3xx: the link comes back as a value and is not followed
    BD_ANSWER_HTML,
    BD_ANSWER_BYTES, // a file of the types that `media` names; the result has `content_type` too
};

// An answer that is not the usual JSON object.
struct bd_answer {
    const char *when; // flag parameter that asks for it; NULL: always
    enum bd_answer_kind kind;
    struct bd_field field; // the result's one field
    const char *media;     // BYTES: how its content type begins, such as "image/"
};

// What an answer is that tells of success.
enum bd_result_kind {
    BD_RESULT_OBJECT, // with the members that `result` lists
    BD_RESULT_LIST,   // of objects with those members; without `result`, of anything
    BD_RESULT_EACH,   // of objects with those members a list, or an object with each under a key
    BD_RESULT_ANY,    // any JSON: the vendor's document does not say; nil for null
    BD_RESULT_NONE,   // nothing is promised; whatever comes is given, {} when nothing does
};

struct bd_vendor_error {
    int code; // the vendor's, or the HTTP status where there are no other codes; 0 ends an array
    enum bd_kind kind;
    const char *meaning; // a sentence, no full stop
    const char *hint;    // what to do, a sentence; may be NULL
    bool assumed;        // our assumption: the vendor's document does not list it here
};

struct bd_operation {
    const char *name; // NULL ends an array
    // In the record that ends an array: another that carries it on; may be NULL.
    const struct bd_operation *more;
    const char *summary;
    const char *doc;      // more than the summary says; may be NULL
    const char *document; // title of the vendor's document that it is in; NULL: the usual one
    const char *section;  // title in that document
    const char *method;
    const char *endpoint; // setting of the profile that holds the address
    // Appended to it; may be NULL. "{name}" stands for a path parameter. "[...]" stands there when all
    // parameters named within are given, "[?flag:...]" when that parameter is on.
    const char *path;
    const char *fixed_query; // sent as it is; may be NULL
    const struct bd_field *params;
    const struct bd_rule *rules; // ends with a NULL doc; may be NULL
    const char *selector; // parameter whose value tells the vendor's actions apart; may be NULL
    const struct bd_variant *variants; // ends with a NULL summary; may be NULL
    enum bd_result_kind result_kind;
    const struct bd_field *result; // may be NULL: nothing but the envelope
    const char *result_of;  // instead: the parameter whose choice has the fields; may be NULL
    const char *wrapped_in; // member that may hold the object, as a list of one; may be NULL
    const struct bd_paging *paging;       // the answer is one page of a list; may be NULL
    const struct bd_answer *answers;      // ends with a NULL field name; may be NULL
    const struct bd_vendor_error *errors; // besides the vendor's; may be NULL
    const char *const *error_fields;      // members of a refusal that the error keeps; may be NULL
    const char *const *key; // parameters that say "this is the same effect"; ends with NULL
    struct bd_probe probe;
    const struct bd_budget *budgets; // its variants' too; may be NULL: it uses nothing up
    enum bd_effect effect;
    bool repeatable; // done twice is no more than done once
    bool without_token;
    bool without_common;     // the vendor's common parameters do not belong to it
    bool not_enveloped;      // the answer is no envelope
    bool empty_form;         // a POST whose empty body is a form; without it, JSON
    bool nan_allowed;        // the answer may hold NaN, which is no JSON
    const char *repeat_note; // why it may be repeated although it is no read; may be NULL
    const char *permission;  // what the account needs; may be NULL
    const char *caution;     // what a person must know before using it; may be NULL
    const char *since;       // may be NULL
    const char *deprecated;  // may be NULL
    const char *removed; // the vendor has taken it away: why, as a sentence; calling it is an error
    const char *example; // Lua, one call
};

// How calls are signed: by a token that an operation answers, or by what the profile holds. With both, the
// operation that fetches the token is signed by the profile.
struct bd_auth {
    const char *operation; // NULL: no token
    const char *token;     // field of its answer
    const char *lifetime;  // field of its answer, seconds; NULL: it says none
    int64_t default_lifetime;
    const char *header;   // "Authorization: Bearer ", also of a key
    const char *key;      // setting that holds a key
    const char *user;     // settings that hold a name and
    const char *password; // a password: HTTP Basic (RFC 7617)
};

// JSON members that tell success from failure in every answer.
struct bd_envelope {
    const char *ok; // boolean: true when it was done; NULL: there is none
    const char *
        failure; // present only in a refusal: an object with the next two, a text, or a list of those
    const char *code;    // the vendor's error code; NULL: the HTTP status is all there is
    const char *message; // the vendor's words
};

// A call that shows whether the address and the credentials of a profile work, and does nothing else.
struct bd_hello {
    const char *operation; // a read that needs nothing but `argument`; NULL: there is none
    const char *argument;  // a parameter that keeps the answer small, "name=value"; may be NULL
    const char *doc;       // without an operation: why, a sentence, no full stop; else may be NULL
};

// The settings with which the vendor's operations are launched by LTI; all NULL: they are not.
struct bd_lti {
    const char *url;    // address of launches, of LTI 1.1 and 1.3
    const char *key;    // consumer key and
    const char *secret; // secret of LTI 1.1
    const char *login;  // address where the vendor begins an LTI 1.3 launch
    const char *keys;   // address of the vendor's own public keys
};

// How calls travel.
enum bd_protocol {
    BD_BY_HTTP,
    BD_BY_SMTP, // as a message to a mail server; the endpoint is its address, errors are its reply codes
};

struct bd_vendor {
    const char *name; // module beadle.NAME
    const char *title;
    const char *document;            // title of the vendor's document
    const struct bd_field *settings; // of a profile
    const struct bd_field *common;   // parameters that every operation takes; may be NULL
    const struct bd_enumeration *const *enumerations; // ends with NULL
    const struct bd_vendor_error *errors;             // that any operation may answer
    const struct bd_operation *operations; // bd_operation_first and bd_operation_next read them
    struct bd_auth auth;
    struct bd_envelope envelope;
    const char *const
        *hosts;          // the vendor's documented hosts, which the sandbox plays; ends with NULL
    const char *helpers; // embedded Lua module whose functions join the vendor's; may be NULL
    const struct bd_table *tables; // may be NULL
    struct bd_hello hello;
    struct bd_lti lti;
    // Seconds that the vendor may still work on a request whose answer was lost: before that, nothing tells that it
    // did not happen. Documents do not say it, so it is our assumption; the setting `settle` has another.
    unsigned settle;
    enum bd_protocol protocol;
    bool service; // no vendor of its own: something that any script may use
};

// All vendors of this program, ends with NULL. Made by the build from the rooms it finds.
extern const struct bd_vendor *const bd_vendors[];

const struct bd_vendor *bd_vendor_find(const char *name);

// The operations of a vendor, one after the other, through all arrays that hold them; NULL at the end.
const struct bd_operation *bd_operation_first(const struct bd_vendor *vendor);
const struct bd_operation *bd_operation_next(const struct bd_operation *op);
// The name of the vendor's table that these fields are; NULL when they are none.
const char *bd_table_name(const struct bd_field *fields);

// The members that go with a choice of a parameter, by its text; NULL when there are none.
const struct bd_field *bd_choice_fields(const struct bd_field *param, const char *text);

// The operation, or the variant, of that name. `variant` is set to NULL for an operation itself.
const struct bd_operation *bd_operation_find(const struct bd_vendor *vendor, const char *name,
                                             const struct bd_variant **variant);

// The variant that a selector value means; NULL when the operation has none.
const struct bd_variant *bd_operation_variant(const struct bd_operation *op, int64_t value);

// The facts that a variant may override.
enum bd_effect bd_operation_effect(const struct bd_operation *op, const struct bd_variant *variant);
bool bd_operation_repeatable(const struct bd_operation *op, const struct bd_variant *variant);

// The catalogue's entry for a vendor's code: the operation's own, else the vendor's; NULL when unknown.
const struct bd_vendor_error *bd_operation_error(const struct bd_vendor *vendor,
                                                 const struct bd_operation *op, int64_t code);

enum { BD_PARAMS_MOST = 64 };

// The operation's parameters and then the common ones, as one array of pointers. Returns how many.
size_t bd_operation_params(const struct bd_vendor *vendor, const struct bd_operation *op,
                           const struct bd_field *params[BD_PARAMS_MOST]);

#endif
