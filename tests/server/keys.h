// SPDX-License-Identifier: MIT
// What the server remembers between requests: a counter and a token for each key that requests
// name by ?key=. Forgotten by /_reset.

#ifndef TS_KEYS_H
#define TS_KEYS_H

#include "server.h"

struct ts_key {
    char name[256];
    uint64_t hits;
    uint64_t token; // number of the newest token, 0 before the first
    uint64_t calls_left;
    uint64_t expires_ms; // by uv_now
};

// Makes the key if it is new. Borrowed, and only until the next call.
struct ts_key *ts_key_get(struct ts_server *server, const char *name);

void ts_keys_free(struct ts_server *server);

#endif
