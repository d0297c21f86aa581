// SPDX-License-Identifier: MIT
// One vendor under one profile: where it lives, how long to wait for it, and the token that all tasks
// share.
#ifndef BD_CLIENT_H
#define BD_CLIENT_H

#include "core/exchange.h"
#include "core/net.h"
#include "core/task.h"
#include "operation.h"

// An address of the vendor, by the setting that holds it.
struct bd_endpoint {
    const char *setting;
    char *url;
    struct bd_host *host;
    struct bd_endpoint *next;
};

struct bd_account {
    const struct bd_vendor *vendor;
    char *profile;
    char *file; // owned; the configuration that names it; NULL in the sandbox
    bool sandbox;
    struct bd_transport *transport;
    struct bd_http_options options;
    char *ca_file;       // owned; options points at it
    uint64_t time_limit; // ms for a call with all its attempts
    unsigned in_flight_most;
    int settings_ref; // registry: name -> value
    struct bd_endpoint *endpoints;
    // Without a token, but with what the profile signs with; NULL: not made yet. The second is for a body of
    // JSON.
    struct bd_headers *plain_headers[2];

    // The token. Whoever needs one and finds none fetches it; the others wait.
    struct bd_headers *signed_headers[2]; // as above; NULL: no token
    uint64_t fresh_until;                 // loop time; after that a new one is fetched
    unsigned generation; // counts the tokens, so that a 401 is blamed on the right one
    bool fetching;
    bool fetch_given_up;         // the task that fetched was stopped: the next that waits tries
    unsigned fetches;            // counts the attempts to fetch
    unsigned failed_fetch;       // the last attempt that failed; 0: none
    int failure_ref;             // registry: its error
    bool failure_may_pass;       // its call wanted one attempt, and another might go well
    struct bd_turns token_turns; // of those that wait for it
    struct bd_account *next;
};

// The settings that a vendor has beside its own, by how calls travel.
const struct bd_field *bd_common_settings(const struct bd_vendor *vendor);

// The account of a vendor under the profile of that name; NULL: the run's profile. Raises a configuration
// error. Lives as long as the runtime.
struct bd_account *bd_account_get(lua_State *L, const struct bd_vendor *vendor,
                                  const char *profile);

// Raises the error that the profile lacks a setting.
_Noreturn void bd_account_refuse_missing(lua_State *L, const struct bd_account *account,
                                         const char *setting);

// The endpoint that a setting holds; raises when the profile does not give it.
struct bd_endpoint *bd_account_endpoint(lua_State *L, struct bd_account *account,
                                        const char *setting);

// Pushes the value of a setting, or nil. [-0, +1]
void bd_account_push_setting(lua_State *L, const struct bd_account *account, const char *name);

// Milliseconds that the vendor may still work on a request whose answer was lost. Simulated vendors are done at once.
uint64_t bd_account_settle(lua_State *L, const struct bd_account *account);

// The headers of calls without a token. Raises when the profile lacks what they are signed with. Borrowed.
struct bd_headers *bd_account_headers(lua_State *L, struct bd_account *account, bool json);

// True while the token may be used.
bool bd_account_token_fresh(lua_State *L, const struct bd_account *account);

// Takes the token from the answer of the vendor's token operation at a stack index.
void bd_account_set_token(lua_State *L, struct bd_account *account, int answer);

// Forgets the token when it is still that one.
void bd_account_drop_token(struct bd_account *account, unsigned generation);

// Forgets the tokens that the sandbox has given, so that what a test sees does not depend on the one before.
void bd_account_forget_sandbox_tokens(struct bd_runtime *rt);

#endif
