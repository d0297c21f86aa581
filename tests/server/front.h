// SPDX-License-Identifier: MIT
// The server as a front of another one on this machine: requests to /front/KEY/... go on to it, but for those that a
// rule has go wrong, before or after the other one has done what they ask for.

#ifndef TS_FRONT_H
#define TS_FRONT_H

#include "routes.h"

struct ts_upstream;
struct ts_rule;

ts_handler ts_front_rule; // POST /_rule: makes or replaces the rule of a key
ts_handler ts_front_pass_on;

// For a path below /front/: the route that answers it, and in conn->let_through whether the other server gets it
// first. NULL: no such rule.
const struct ts_route *ts_front_find(struct ts_conn *conn);

// Runs a step TS_FORWARD. True when the step is over.
bool ts_front_step(struct ts_conn *conn, struct ts_step *step);

// The client's connection ends; what is under way at the other server goes on.
void ts_front_leave(struct ts_conn *conn);

// Closes the connections to other servers.
void ts_front_stop(struct ts_server *server);
void ts_front_free(struct ts_server *server);

#endif
