// SPDX-License-Identifier: MIT
// base64url (RFC 4648, "Base 64 Encoding with URL and Filename Safe Alphabet"), without padding, as RFC 7515
// ("Terminology") has it. Standard base64 is written by bd_encode_base64.
#ifndef BD_BASE64_H
#define BD_BASE64_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"

void bd_base64url_encode(struct bd_buf *out, const char *bytes, size_t len);

// Appends the bytes. False when the text is not the one text that encoding them gives: padding, white space,
// other characters, a length that cannot be, bits set behind the last byte. `out` may hold some bytes then.
bool bd_base64url_decode(struct bd_buf *out, const char *text, size_t len);

#endif
