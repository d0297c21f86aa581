// SPDX-License-Identifier: MIT
// The sandbox over HTTP, for other programs: `beadle sandbox`.
#ifndef BD_SERVE_H
#define BD_SERVE_H

#include <lua.h>

// serve{host, port} -> port: answers the vendors' requests, and what is told to /_sandbox/VENDOR/COMMAND as
// a JSON object by POST. Raises when the port is taken.
int bd_sandbox_serve(lua_State *L);

// serve_mail{host, port}: the same for mails; gives the port.
int bd_sandbox_serve_mail(lua_State *L);

#endif
