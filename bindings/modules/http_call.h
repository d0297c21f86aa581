// SPDX-License-Identifier: MIT
// One request of beadle.http. Shared by http.c and http_options.c only.
#ifndef BD_HTTP_CALL_H
#define BD_HTTP_CALL_H

#include <lua.h>
#include <stdbool.h>

#include "core/request.h"

// A userdata on the stack of the call. It owns all that C allocates for the request, so that whatever is
// raised, or never resumed, leaves nothing behind.
struct http_call {
    struct bd_request request;
    struct bd_http_options options; // the exchange points at it
    char *ca_file;                  // owned; options points at it
    const char *content_type;       // of the body, when the script names none; a literal, or NULL
    unsigned redirects_left;
};

// Fills in the call from the table at an index. Raises when anything in it is wrong; nothing has been sent.
void bd_http_read_options(lua_State *L, int options, struct http_call *call);

// Points the call at an address. Raises when it is none, or not permitted.
void bd_http_set_target(lua_State *L, struct http_call *call, const char *url, size_t len);

// The headers that a request has without the script's; one reference.
struct bd_headers *bd_http_plain_headers(void);

// Raises an argument error. `format` holds one %s.
_Noreturn int bd_http_refuse(lua_State *L, const char *format, const char *detail);

#endif
