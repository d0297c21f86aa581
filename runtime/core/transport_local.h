// SPDX-License-Identifier: MIT
// The transport to servers of this very process: requests are handed to them without a socket. It is how they are
// reached while time is virtual, when no socket is opened at all; and in the sandbox it is how an address of the
// outside, that others would use, leads to the server that said it has that address.
#ifndef BD_TRANSPORT_LOCAL_H
#define BD_TRANSPORT_LOCAL_H

#include <stdbool.h>
#include <stddef.h>

#include "exchange.h"
#include "http_server.h"
#include "url.h"

struct bd_runtime;

// A server as this transport sees it; belongs to its bd_http_server (http_server_open.c).
struct bd_local_server;

// `port`: the one it listens at; 0 while time is virtual, when it gets the one of the options or a made-up one. NULL,
// with a sentence in `wrong`, when another server has it.
struct bd_local_server *bd_local_open(struct bd_runtime *rt,
                                      const struct bd_server_options *options, unsigned port,
                                      char *wrong, size_t wrong_size);
unsigned bd_local_port(const struct bd_local_server *server);

// How others reach it, "https://hooks.example.org"; NULL: by its port only.
void bd_local_set_origin(struct bd_local_server *server, const char *origin);

void bd_local_stop(struct bd_local_server *server); // nobody reaches it from here on
// Drops what is unanswered (on_left), and frees it.
void bd_local_close(struct bd_local_server *server);

// The transport to the server of that address; NULL when this process has none, or sockets lead there.
struct bd_transport *bd_local_transport(struct bd_runtime *rt, const struct bd_url *url);

#endif
