// SPDX-License-Identifier: MIT
// Text forms that values travel in. All functions append to `out`.
#ifndef BD_ENCODE_H
#define BD_ENCODE_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"

// application/x-www-form-urlencoded (WHATWG URL, "application/x-www-form-urlencoded serializing"):
// a space becomes '+', everything but A-Z a-z 0-9 * - . _ becomes %XX.
void bd_encode_form(struct bd_buf *out, const char *text, size_t len);

// RFC 3986 percent-encoding of one path segment or one query value: everything but the unreserved
// characters becomes %XX, so no value can leave its place.
void bd_encode_percent(struct bd_buf *out, const char *text, size_t len);

// Reverses either form; with `plus` a '+' is a space. False when an escape is broken.
bool bd_decode_percent(struct bd_buf *out, const char *text, size_t len, bool plus);

void bd_encode_base64(struct bd_buf *out, const char *bytes, size_t len);

// A JSON string literal with its quotes. Bytes above 0x7f pass through unchanged.
void bd_encode_json_string(struct bd_buf *out, const char *text, size_t len);

// True when the bytes are well-formed UTF-8 (no overlong forms, no surrogates, nothing above U+10FFFF).
bool bd_utf8_valid(const char *text, size_t len);

#endif
