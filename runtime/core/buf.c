// SPDX-License-Identifier: MIT
#include "buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

static const size_t FIRST_CAP = 256;

void *bd_alloc(size_t size)
{
    void *memory = calloc(1, size ? size : 1);
    BD_CHECK(memory != NULL);
    return memory;
}

void *bd_realloc(void *memory, size_t size)
{
    void *grown = realloc(memory, size ? size : 1);
    BD_CHECK(grown != NULL);
    return grown;
}

char *bd_strndup(const char *text, size_t len)
{
    char *copy = bd_alloc(len + 1);
    memcpy(copy, text, len);
    return copy;
}

char *bd_strdup(const char *text)
{
    return bd_strndup(text, strlen(text));
}

void bd_buf_reserve(struct bd_buf *buf, size_t extra)
{
    if (buf->cap - buf->len >= extra) {
        return;
    }
    BD_CHECK(extra < SIZE_MAX / 2 - buf->len);
    size_t cap = buf->cap ? buf->cap : FIRST_CAP;
    while (cap - buf->len < extra) {
        cap *= 2;
    }
    buf->data = bd_realloc(buf->data, cap);
    buf->cap = cap;
}

void bd_buf_add(struct bd_buf *buf, const void *bytes, size_t len)
{
    if (len == 0) {
        return;
    }
    bd_buf_reserve(buf, len);
    memcpy(buf->data + buf->len, bytes, len);
    buf->len += len;
}

void bd_buf_add_text(struct bd_buf *buf, const char *text)
{
    bd_buf_add(buf, text, strlen(text));
}

void bd_buf_add_char(struct bd_buf *buf, char c)
{
    bd_buf_reserve(buf, 1);
    buf->data[buf->len++] = c;
}

void bd_buf_add_integer(struct bd_buf *buf, int64_t value)
{
    enum { LONGEST = 20 };
    char digits[LONGEST];
    size_t at = LONGEST;
    uint64_t rest = value < 0 ? -(uint64_t)value : (uint64_t)value;
    do {
        digits[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (value < 0) {
        bd_buf_add_char(buf, '-');
    }
    bd_buf_add(buf, digits + at, LONGEST - at);
}

void bd_buf_addv(struct bd_buf *buf, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, again);
    va_end(again);
    BD_CHECK(len >= 0);
    bd_buf_reserve(buf, (size_t)len + 1);
    (void)vsnprintf(buf->data + buf->len, (size_t)len + 1, format, args);
    buf->len += (size_t)len;
}

void bd_buf_addf(struct bd_buf *buf, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    bd_buf_addv(buf, format, args);
    va_end(args);
}

const char *bd_buf_text(struct bd_buf *buf)
{
    bd_buf_reserve(buf, 1);
    buf->data[buf->len] = '\0';
    return buf->data;
}

void bd_buf_reset(struct bd_buf *buf, size_t keep)
{
    buf->len = 0;
    if (buf->cap > keep) {
        bd_buf_free(buf);
    }
}

void bd_buf_free(struct bd_buf *buf)
{
    free(buf->data);
    *buf = (struct bd_buf){0};
}
