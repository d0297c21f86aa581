// SPDX-License-Identifier: MIT
// Where requests go: the transports of a runtime, and what it keeps for each host.
#ifndef BD_NET_H
#define BD_NET_H

#include <stdbool.h>
#include <stddef.h>

#include "exchange.h"
#include "task.h"
#include "url.h"

struct bd_runtime;
struct bd_request;

enum { BD_RETRY_TOKENS_MOST = 500 };

// Requests that wait for the same thing, first come first (request.h).
struct bd_turns {
    struct bd_request *first, *last;
};

// One origin (scheme, host, port). Lives as long as the runtime.
struct bd_host {
    char *origin; // "https://api.example.org:443"
    double
        retry_tokens; // what retries may still cost; refilled by success, so an outage is no storm
    unsigned limit;   // exchanges at once; more wait their turn
    unsigned in_flight;
    unsigned failures; // attempts in a row that the network or the server failed
    struct bd_turns turns;
    struct bd_host *next;
};

struct bd_net;

struct bd_net *bd_net_of(struct bd_runtime *rt);

// While hosts are spared, somebody above makes calls wait for a host that is down, and has all of them keep a pause that
// one was asked for (stdlib/breaker.lua): no call tries again by itself there.
void bd_net_spare_hosts(struct bd_net *net, bool spare);
bool bd_net_spares_hosts(const struct bd_net *net);

struct bd_host *bd_net_host(struct bd_net *net, const struct bd_url *url);

// The transport over sockets; raises when libcurl cannot be loaded.
struct bd_transport *bd_net_curl(lua_State *L);

// The one for mail, over real sockets too.
struct bd_transport *bd_net_smtp(lua_State *L);

// What the upper floors know about the sandbox.
enum bd_route { BD_ROUTE_REAL, BD_ROUTE_TWIN, BD_ROUTE_REFUSED };
struct bd_sandbox_hooks {
    struct bd_transport *(*open)(lua_State *L); // makes the sandbox; may raise
    // Where a request that no vendor's client makes may go under the run's profile; may raise.
    enum bd_route (*route)(lua_State *L, const struct bd_url *url);
};
void bd_net_set_sandbox(struct bd_net *net, const struct bd_sandbox_hooks *hooks); // borrowed

// The sandbox's transport; made at the first use.
struct bd_transport *bd_net_twin(lua_State *L);

// The transport for a request to that address, a server of this process included; raises a permission error when it may not be sent.
struct bd_transport *bd_net_transport(lua_State *L, const struct bd_url *url);

#endif
