// SPDX-License-Identifier: MIT
// The header block of an answer, kept as its lines came ("Name: value\r\n" each).
#ifndef BD_HEAD_H
#define BD_HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"

// The value of the last header of that name (any case), without blanks around it; not terminated. NULL
// when there is none.
const char *bd_head_find(const struct bd_buf *head, const char *name, size_t *len);

// How many headers of that name there are.
size_t bd_head_count(const struct bd_buf *head, const char *name);

// Goes through the headers: start with *at = 0; false at the end.
struct bd_head_line {
    const char *name;
    size_t name_len;
    const char *value;
    size_t value_len;
};
bool bd_head_next(const struct bd_buf *head, size_t *at, struct bd_head_line *line);

// True for a value that may stand in a header of ours: no CR, LF, NUL or other control character but tab.
bool bd_head_value_ok(const char *value, size_t len);
// True for a header name by RFC 9110, "Tokens".
bool bd_head_name_ok(const char *name, size_t len);

// Milliseconds to wait by a Retry-After value, either form (RFC 9110, "Retry-After"); `wall` is now, in
// seconds since 1970. False for anything else: negative, garbage, more than a year. A past date is 0.
bool bd_head_retry_after(const char *value, size_t len, double wall, uint64_t *ms);

#endif
