// SPDX-License-Identifier: MIT
// Absolute http and https addresses, and those of mail servers, read strictly: at most 64 KiB, no user information, no
// fragment, no space or control character, and a host of letters, digits, '.', '-' or a bracketed IPv6 address. What
// passes here means the same to every other parser, so the host that is checked is the host that is connected to.
#ifndef BD_URL_H
#define BD_URL_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"

enum { BD_URL_LONGEST = 65536 };

struct bd_url {
    const char *text; // all parts point into this
    size_t len;
    const char *scheme; // "https", "http", "smtps" or "smtp"
    bool tls;           // from the first byte on
    const char *host;   // as written, brackets of an IPv6 address included
    size_t host_len;
    unsigned port;    // 1..65535; the scheme's default when none was written
    const char *path; // starts with '/', or is empty
    size_t path_len;
    const char *query; // behind '?'; NULL when there is none
    size_t query_len;
};

// Reads `text` into `url`, which borrows it. On failure returns what is wrong, as the end of a sentence;
// on success NULL.
const char *bd_url_parse(struct bd_url *url, const char *text, size_t len);

// The same for smtp:// (port 587 when none is written: submission, RFC 6409) and smtps:// (465, RFC 8314), without a
// path or a query.
const char *bd_url_parse_mail(struct bd_url *url, const char *text, size_t len);

// Same scheme, host (any case) and port.
bool bd_url_same_origin(const struct bd_url *a, const struct bd_url *b);

// Appends the address that `reference` means at `base` (RFC 3986, "Reference Resolution"). False when the
// result is no address this file accepts.
bool bd_url_resolve(struct bd_buf *out, const struct bd_url *base, const char *reference,
                    size_t len);

// Host in lower case, brackets removed.
void bd_url_host(struct bd_buf *out, const struct bd_url *url);

#endif
