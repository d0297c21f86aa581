// SPDX-License-Identifier: MIT
// The Lua module of a vendor, made from its records.
#ifndef BD_VENDOR_MODULE_H
#define BD_VENDOR_MODULE_H

#include <lua.h>
#include <stdbool.h>

#include "client.h"
#include "operation.h"

// What the operations of one module table share. A userdata; its user value is a table of default
// parameters, or nil.
struct bd_client {
    const struct bd_vendor *vendor;
    struct bd_account *account; // found at the first call
    unsigned profile_changes;   // of the runtime, when it was found
    bool has_defaults;
    char profile[64]; // empty: the run's
};

// The account of a client; raises a configuration error.
struct bd_account *bd_client_account(lua_State *L, struct bd_client *client);

// Pushes the function that fetches a token for an account. [-0, +1]
void bd_vendor_push_token_operation(lua_State *L, struct bd_account *account);

// perform.c: the C function behind every operation.
int bd_perform(lua_State *L);

// launch.c: about(operation) and form_of(operation, parameters) of beadle.catalogue, for launches.
int bd_catalogue_about(lua_State *L);
int bd_catalogue_form_of(lua_State *L);

#endif
