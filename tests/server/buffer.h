// SPDX-License-Identifier: MIT
// A growing byte buffer, and the text forms the server writes into one. Running out of memory
// aborts: a test server has nothing better to do.

#ifndef TS_BUFFER_H
#define TS_BUFFER_H

#include <stdbool.h>
#include <stddef.h>

// For what cannot happen; prints the place and aborts.
#define CHECK(x) ((x) ? (void)0 : ts_check_failed(#x, __FILE__, __LINE__))

_Noreturn void ts_check_failed(const char *what, const char *file, int line);

// Zero-initialised is empty and valid. `data` is owned; freed by ts_buffer_free.
struct ts_buffer {
    char *data;
    size_t len;
    size_t cap;
};

// Bytes that somebody else owns.
struct ts_slice {
    const char *p;
    size_t len;
};

bool ts_slice_is(struct ts_slice slice, const char *text);

void ts_buffer_free(struct ts_buffer *buffer);
void ts_buffer_add(struct ts_buffer *buffer, const void *bytes, size_t len);
void ts_buffer_text(struct ts_buffer *buffer, const char *text);
void ts_buffer_printf(struct ts_buffer *buffer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

// Takes `count` bytes away from the front.
void ts_buffer_drop(struct ts_buffer *buffer, size_t count);

// Empties the buffer, and gives memory back when it has grown beyond what a usual answer needs.
void ts_buffer_clear(struct ts_buffer *buffer);

// A quoted JSON string. Bytes that are not UTF-8 are written as U+0080 to U+00FF, one each, so that
// the result is always valid JSON.
void ts_buffer_json(struct ts_buffer *buffer, struct ts_slice text);

void ts_buffer_base64(struct ts_buffer *buffer, struct ts_slice bytes);

bool ts_utf8_valid(struct ts_slice text);

#endif
