// SPDX-License-Identifier: MIT
// The signature base string of OAuth 1.0 (RFC 5849, section 3.4.1). No Lua here.
#ifndef BD_LTI_BASE_STRING_H
#define BD_LTI_BASE_STRING_H

#include <stddef.h>

#include "core/buf.h"
#include "core/url.h"
#include "pairs.h"

// Appends the base string URI (section 3.4.1.2): scheme and host in lower case, the port only when it is
// not the scheme's own, the path as it is; an empty one is "/".
void bd_base_string_uri(struct bd_buf *out, const struct bd_url *url);

// Appends the normalised parameters (section 3.4.1.3.2): encoded, sorted by name, then by value.
void bd_base_string_parameters(struct bd_buf *out, const struct bd_pairs *pairs);

// Appends the base string of a request. The method in any case; `pairs` are all parameters, those of the
// query too, decoded, and not the signature.
void bd_base_string(struct bd_buf *out, const char *method, size_t method_len,
                    const struct bd_url *url, const struct bd_pairs *pairs);

#endif
