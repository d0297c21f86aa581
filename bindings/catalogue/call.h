// SPDX-License-Identifier: MIT
// One call of an operation under way. Calls are pooled; a call belongs to the task that makes it.
#ifndef BD_CALL_H
#define BD_CALL_H

#include "client.h"
#include "core/request.h"
#include "operation.h"

// An operation as it is called: with its parameters in one array and, for a function that stands for a
// variant, the selector's value.
struct bd_callable {
    const struct bd_vendor *vendor;
    const struct bd_operation *op;
    const struct bd_variant *variant; // fixed by the function's name; NULL: chosen by the selector
    const char *name;                 // "isograd.add_test", owned by Lua: the names table holds it
    // Which parameters, by their place in `params`, are what.
    uint64_t required;  // and have no value of their own
    uint64_t settings;  // taken from the profile when not given
    uint64_t aliases;   // other names of another parameter
    uint64_t always;    // sent even when not given: they have a value of their own
    uint64_t headers;   // sent as headers
    enum bd_place body; // FORM, JSON or BODY: what the body is made of
    bool bodiless;      // it would take a body, and none of its parameters makes one
    const struct bd_field
        *rest;      // the parameter that takes what has no other name; NULL: there is none
    size_t rest_at; // its place in `params`
    size_t count;
    const struct bd_field *params[];
};

struct bd_call {
    struct bd_request request;
    const struct bd_callable *callable;
    const struct bd_variant *variant; // in effect for this call
    struct bd_account *account;
    uint64_t given; // parameters that have a value, by their place
    struct bd_buf scratch;
    unsigned generation;       // of the token it was sent with
    unsigned fetch;            // the fetch of a token that it waits for
    bool signed_again;         // after a 401
    int64_t decode_us;         // that reading the answer took, when it is timed
    bool fetch_is_short;       // the fetch of a token under way has less time than a token may take
    struct bd_call *next;      // free ones
    struct bd_call *next_made; // all of them
};

// call_pool.c: a call that nobody has, and what gives it back. Belongs to the runtime.
struct bd_call *bd_call_take(struct bd_runtime *rt);
void bd_call_give(struct bd_runtime *rt, struct bd_call *call);

// members.c: a parameter or a result's field with the members that it has in this call, whose values lie
// from `first` on: where a choice decides about them, those of the choice.
struct bd_field bd_call_field(lua_State *L, const struct bd_callable *callable, int first,
                              const struct bd_field *field);

// check.c: pushes one value a parameter, nil where there is none, or raises one error that names all that
// is wrong. `args` 0: no table; `defaults` 0: none; `names`: maps each parameter's name to its place, from
// 1. Notes the variant in effect. Returns which parameters have a value.
// [-0, +count]
uint64_t bd_check_params(lua_State *L, const struct bd_callable *callable,
                         const struct bd_account *account, int args, int defaults, int names,
                         const struct bd_variant **variant);

// build.c: fills in the call's request from the values that bd_check_params pushed from `first` on.
void bd_build_request(lua_State *L, struct bd_call *call, int first);
// build_message.c: the same for a mail: its envelope and its message.
void bd_build_message(lua_State *L, struct bd_call *call, int first);
// build.c: the same for its headers: `common` and those that parameters make. One reference.
struct bd_headers *bd_build_headers(lua_State *L, struct bd_call *call, int first,
                                    struct bd_headers *common);
// The parameter with the longest text in the address; NULL: none stands there.
const struct bd_field *bd_build_longest(lua_State *L, struct bd_call *call, int first);

// read.c: pushes the result, or an error value, and says which. The values that were sent lie from
// `first` on. [-0, +1]
bool bd_read_answer(lua_State *L, struct bd_call *call, int first);

// read.c: pushes the error of a call that was interrupted. [-0, +1]
void bd_read_interruption(lua_State *L, struct bd_call *call);

// excerpt.c: what an error shows of an answer.
// Pushes its first bytes, without secrets and what is about a person. [-0, +1]
void bd_excerpt_push(lua_State *L, const struct bd_call *call, int first);
// Pushes the beginning of the vendor's words, from which secrets are gone, without what was sent about a person.
// [-0, +1]
void bd_excerpt_push_words(lua_State *L, const struct bd_call *call, int first, const char *words);
// Pushes a text of the vendor's without the secrets in it. [-0, +1]
void bd_excerpt_push_masked(lua_State *L, const char *text, size_t len);
// Takes the secrets out of all texts in the table at an index. [-0, +0]
void bd_excerpt_mask_texts(lua_State *L, int table);

#endif
