// SPDX-License-Identifier: MIT
// One mail address as people write it: "ada@example.org" or "Ada Lovelace <ada@example.org>" (RFC 5322, "Address
// Specification"). Addresses are ASCII: a domain in other letters is given in its ASCII form, xn--..., and a local part
// in other letters (SMTPUTF8, RFC 6531) is refused.
#ifndef BD_MAILBOX_H
#define BD_MAILBOX_H

#include <stdbool.h>
#include <stddef.h>

struct bd_mailbox {
    const char *name; // borrowed, UTF-8; NULL: none
    size_t name_len;
    const char *address; // borrowed
    size_t address_len;
};

// Reads `text`. On failure returns what is wrong, as the end of a sentence; on success NULL. Quotes around the name
// are taken away; without them it has no comma, quote or bracket, so that no list of addresses passes for one.
const char *bd_mailbox_parse(struct bd_mailbox *mailbox, const char *text, size_t len);

#endif
