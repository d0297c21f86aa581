// SPDX-License-Identifier: MIT
// A growing byte buffer. It lives in C memory, so a Lua error never frees or leaks half of it: whoever
// embeds one calls bd_buf_free. Running out of memory ends the process.
#ifndef BD_BUF_H
#define BD_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bd_buf {
    char *data; // NULL until the first byte; not terminated unless bd_buf_text was called
    size_t len;
    size_t cap;
};

void bd_buf_reserve(struct bd_buf *buf, size_t extra);
void bd_buf_add(struct bd_buf *buf, const void *bytes, size_t len);
void bd_buf_add_text(struct bd_buf *buf, const char *text);
void bd_buf_add_char(struct bd_buf *buf, char c);
void bd_buf_add_integer(struct bd_buf *buf, int64_t value);
void bd_buf_addf(struct bd_buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
void bd_buf_addv(struct bd_buf *buf, const char *format, va_list args);

// The content as a terminated string, owned by the buffer. The terminator does not count in len.
const char *bd_buf_text(struct bd_buf *buf);

// Empties the buffer; memory up to `keep` bytes stays for the next use.
void bd_buf_reset(struct bd_buf *buf, size_t keep);

void bd_buf_free(struct bd_buf *buf);

// malloc and friends that end the process instead of returning NULL. Free with free().
void *bd_alloc(size_t size); // zeroed
void *bd_realloc(void *memory, size_t size);
char *bd_strdup(const char *text);
char *bd_strndup(const char *text, size_t len);

#endif
