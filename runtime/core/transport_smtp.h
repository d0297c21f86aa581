// SPDX-License-Identifier: MIT
// The transport for mail over real sockets: libcurl's SMTP, on threads of its own. libcurl waits for the reply to
// a message, and for the farewell, inside of one call, so that on the loop one slow mail server would hold up
// everything else; a thread may wait. A thread keeps its connection for the next mail.
#ifndef BD_TRANSPORT_SMTP_H
#define BD_TRANSPORT_SMTP_H

#include "exchange.h"

struct bd_runtime;

// As bd_transport_curl_open.
struct bd_transport *bd_transport_smtp_open(struct bd_runtime *rt, char *wrong, size_t wrong_size);

#endif
