// SPDX-License-Identifier: MIT
// Which addresses are this machine: loopback, IPv4 and IPv6, also IPv4 within IPv6.
#ifndef BD_ADDRESS_H
#define BD_ADDRESS_H

#include <stdbool.h>
#include <sys/socket.h>

#include "url.h"

bool bd_address_is_this_machine(const struct sockaddr *address);
bool bd_address_text_is_this_machine(const char *ip); // without brackets

// True when the host is "localhost", a name below it, or such an address as it is written; names are not looked up.
bool bd_address_url_is_this_machine(const struct bd_url *url);

#endif
