// SPDX-License-Identifier: MIT
// Growing byte buffers and the text forms written into them. Callers own their buffers.

#include "buffer.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEEP_AT_MOST (256 * 1024)

_Noreturn void ts_check_failed(const char *what, const char *file, int line)
{
    fprintf(stderr, "testserver: %s:%d: %s does not hold\n", file, line, what);
    abort();
}

bool ts_slice_is(struct ts_slice slice, const char *text)
{
    return strlen(text) == slice.len && memcmp(slice.p, text, slice.len) == 0;
}

void ts_buffer_free(struct ts_buffer *buffer)
{
    free(buffer->data);
    *buffer = (struct ts_buffer){0};
}

static void reserve(struct ts_buffer *buffer, size_t more)
{
    CHECK(more < SIZE_MAX / 4);
    const size_t need = buffer->len + more;
    if (need <= buffer->cap) {
        return;
    }
    size_t cap = buffer->cap < 256 ? 256 : buffer->cap * 2;
    cap = cap < need ? need : cap;
    buffer->data = realloc(buffer->data, cap);
    CHECK(buffer->data != NULL);
    buffer->cap = cap;
}

void ts_buffer_add(struct ts_buffer *buffer, const void *bytes, size_t len)
{
    if (len == 0) {
        return;
    }
    reserve(buffer, len);
    memcpy(buffer->data + buffer->len, bytes, len);
    buffer->len += len;
}

void ts_buffer_text(struct ts_buffer *buffer, const char *text)
{
    ts_buffer_add(buffer, text, strlen(text));
}

void ts_buffer_printf(struct ts_buffer *buffer, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    const int len = vsnprintf(NULL, 0, format, list);
    va_end(list);
    CHECK(len >= 0);
    reserve(buffer, (size_t)len + 1);
    va_start(list, format);
    (void)vsnprintf(buffer->data + buffer->len, (size_t)len + 1, format, list);
    va_end(list);
    buffer->len += (size_t)len;
}

void ts_buffer_drop(struct ts_buffer *buffer, size_t count)
{
    CHECK(count <= buffer->len);
    buffer->len -= count;
    if (count > 0 && buffer->len > 0) {
        memmove(buffer->data, buffer->data + count, buffer->len);
    }
}

void ts_buffer_clear(struct ts_buffer *buffer)
{
    buffer->len = 0;
    if (buffer->cap > KEEP_AT_MOST) {
        ts_buffer_free(buffer);
    }
}

// The length of the UTF-8 sequence at p, 0 if there is none: neither overlong forms nor surrogates.
static size_t utf8_sequence(const unsigned char *p, size_t len)
{
    if (p[0] < 0x80) {
        return 1;
    }
    const size_t need = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
    if (p[0] < 0xc2 || p[0] > 0xf4 || len < need) {
        return 0;
    }
    for (size_t i = 1; i < need; i++) {
        if ((p[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    const bool overlong = (p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xf0 && p[1] < 0x90);
    const bool surrogate = p[0] == 0xed && p[1] >= 0xa0;
    const bool too_high = p[0] == 0xf4 && p[1] >= 0x90;
    return overlong || surrogate || too_high ? 0 : need;
}

bool ts_utf8_valid(struct ts_slice text)
{
    const unsigned char *p = (const unsigned char *)text.p;
    for (size_t i = 0; i < text.len;) {
        const size_t step = utf8_sequence(p + i, text.len - i);
        if (step == 0) {
            return false;
        }
        i += step;
    }
    return true;
}

void ts_buffer_json(struct ts_buffer *buffer, struct ts_slice text)
{
    const bool utf8 = ts_utf8_valid(text);
    ts_buffer_add(buffer, "\"", 1);
    for (size_t i = 0; i < text.len; i++) {
        const unsigned char c = (unsigned char)text.p[i];
        if (c == '"' || c == '\\') {
            ts_buffer_printf(buffer, "\\%c", c);
        } else if (c < 0x20 || (c >= 0x80 && !utf8)) {
            ts_buffer_printf(buffer, "\\u%04x", c);
        } else {
            ts_buffer_add(buffer, &c, 1);
        }
    }
    ts_buffer_add(buffer, "\"", 1);
}

void ts_buffer_base64(struct ts_buffer *buffer, struct ts_slice bytes)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned char *p = (const unsigned char *)bytes.p;
    for (size_t i = 0; i < bytes.len; i += 3) {
        const size_t left = bytes.len - i;
        const unsigned second = left > 1 ? p[i + 1] : 0u;
        const unsigned third = left > 2 ? p[i + 2] : 0u;
        const unsigned group = (unsigned)p[i] << 16 | second << 8 | third;
        const char four[4] = {
            digits[group >> 18],
            digits[group >> 12 & 63],
            left > 1 ? digits[group >> 6 & 63] : '=',
            left > 2 ? digits[group & 63] : '=',
        };
        ts_buffer_add(buffer, four, sizeof four);
    }
}
