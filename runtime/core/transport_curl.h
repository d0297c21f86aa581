// SPDX-License-Identifier: MIT
// The transport over real sockets: libcurl's multi interface driven by the loop.
#ifndef BD_TRANSPORT_CURL_H
#define BD_TRANSPORT_CURL_H

#include "exchange.h"

struct bd_runtime;

// Loads and starts libcurl. NULL, with a sentence in `wrong`, when it cannot be had. Belongs to the runtime
// and ends with it.
struct bd_transport *bd_transport_curl_open(struct bd_runtime *rt, char *wrong, size_t wrong_size);

#endif
