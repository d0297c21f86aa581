// SPDX-License-Identifier: MIT
// What the files of beadle.http.native that serve have in common. Nobody else includes this.
#ifndef BD_MODULES_HTTP_SERVER_H
#define BD_MODULES_HTTP_SERVER_H

#include <lua.h>

#include "core/buf.h"
#include "core/http_server.h"

// Pushes {name in lower case = value}: a header that came several times is one with a list. [-0, +1]
void bd_http_push_headers(lua_State *L, const struct bd_buf *head);

// Makes the metatable of requests; once per Lua state. [-0, +0]
void bd_http_request_open(lua_State *L);

// Pushes the request as handlers see it: a table of what was sent, and the rest read from it when it is first asked
// for. `origin` is the index of a text. The request may be gone afterwards. [-0, +1]
void bd_http_request_push(lua_State *L, const struct bd_server_request *request, int origin);

// For Lua: decode(text).
int bd_http_decode(lua_State *L);

// Adds the functions that serve to the table on top. [-0, +0]
void bd_http_server_functions(lua_State *L);

#endif
