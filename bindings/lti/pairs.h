// SPDX-License-Identifier: MIT
// Names and values in the order they came in, duplicates kept, and where they come from: a query, an
// Authorization header. No Lua here. Functions that read give NULL, or what is wrong as the end of a
// sentence; the pairs may hold some of it then.
#ifndef BD_LTI_PAIRS_H
#define BD_LTI_PAIRS_H

#include <stddef.h>

#include "core/buf.h"

enum {
    BD_PAIRS_MOST = 2000,             // our assumption: a launch has some dozens
    BD_PAIRS_LONGEST = 4 << 20,       // bytes of all of them
    BD_AUTHORIZATION_LONGEST = 16384, // bytes of a header
};

struct bd_pair { // places in the text of the pairs
    size_t name, name_len;
    size_t value, value_len;
};

struct bd_pairs { // zero to begin with
    struct bd_buf text;
    struct bd_pair *list;
    size_t count, cap;
};

// Appends copies.
void bd_pairs_add(struct bd_pairs *pairs, const char *name, size_t name_len, const char *value,
                  size_t value_len);
void bd_pairs_free(struct bd_pairs *pairs);

const char *bd_pairs_name(const struct bd_pairs *pairs, size_t index);
const char *bd_pairs_value(const struct bd_pairs *pairs, size_t index);

// Reads a query, as application/x-www-form-urlencoded (RFC 5849, section 3.4.1.3.1): '+' is a space, a name
// without '=' has an empty value, nothing between two '&' is nothing.
const char *bd_pairs_read_query(struct bd_pairs *pairs, const char *query, size_t len);

// Reads the value of an Authorization header of the scheme OAuth (RFC 5849, section 3.5.1), the realm left out.
// A '+' is a '+'. Values have their quotes, and no name comes without a value.
const char *bd_pairs_read_authorization(struct bd_pairs *pairs, const char *header, size_t len);

#endif
