// SPDX-License-Identifier: MIT
// Keyed state, in an array that the server owns; tests use a handful of keys.

#include "keys.h"

#include <stdlib.h>
#include <string.h>

struct ts_key *ts_key_get(struct ts_server *server, const char *name)
{
    for (size_t i = 0; i < server->key_count; i++) {
        if (strcmp(server->keys[i].name, name) == 0) {
            return &server->keys[i];
        }
    }
    server->keys = realloc(server->keys, (server->key_count + 1) * sizeof *server->keys);
    CHECK(server->keys != NULL && strlen(name) < sizeof server->keys->name);
    struct ts_key *key = &server->keys[server->key_count++];
    *key = (struct ts_key){0};
    strcpy(key->name, name);
    return key;
}

void ts_keys_free(struct ts_server *server)
{
    free(server->keys);
    server->keys = NULL;
    server->key_count = 0;
}
