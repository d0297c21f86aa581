// SPDX-License-Identifier: MIT
#include "head.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

bool bd_head_next(const struct bd_buf *head, size_t *at, struct bd_head_line *line)
{
    while (*at < head->len) {
        const char *start = head->data + *at;
        const char *end = memchr(start, '\n', head->len - *at);
        size_t len = end != NULL ? (size_t)(end - start) : head->len - *at;
        *at += len + (end != NULL ? 1 : 0);
        const char *colon = memchr(start, ':', len);
        if (colon == NULL) {
            continue;
        }
        const char *value = colon + 1;
        const char *stop = start + len;
        while (value < stop && is_blank(*value)) {
            value++;
        }
        while (stop > value && is_blank(stop[-1])) {
            stop--;
        }
        *line = (struct bd_head_line){.name = start,
                                      .name_len = (size_t)(colon - start),
                                      .value = value,
                                      .value_len = (size_t)(stop - value)};
        return true;
    }
    return false;
}

static bool has_name(const struct bd_head_line *line, const char *name, size_t len)
{
    return line->name_len == len && strncasecmp(line->name, name, len) == 0;
}

const char *bd_head_find(const struct bd_buf *head, const char *name, size_t *len)
{
    const char *found = NULL;
    struct bd_head_line line;
    size_t name_len = strlen(name);
    for (size_t at = 0; bd_head_next(head, &at, &line);) {
        if (has_name(&line, name, name_len)) {
            found = line.value;
            *len = line.value_len;
        }
    }
    return found;
}

size_t bd_head_count(const struct bd_buf *head, const char *name)
{
    size_t count = 0;
    struct bd_head_line line;
    size_t name_len = strlen(name);
    for (size_t at = 0; bd_head_next(head, &at, &line);) {
        count += has_name(&line, name, name_len) ? 1 : 0;
    }
    return count;
}

bool bd_head_value_ok(const char *value, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)value[i];
        if ((c < 0x20 && c != '\t') || c == 0x7f) {
            return false;
        }
    }
    return true;
}

bool bd_head_name_ok(const char *name, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)name[i];
        if (!(isalnum(c) && c < 0x80) && strchr("!#$%&'*+-.^_`|~", c) == NULL) {
            return false;
        }
        if (c == '\0') {
            return false;
        }
    }
    return len > 0;
}

static const double YEAR_S = 366.0 * 86400;

static bool from_seconds(double seconds, uint64_t *ms)
{
    if (!(seconds <= YEAR_S)) {
        return false;
    }
    *ms = seconds > 0 ? (uint64_t)ceil(seconds * 1000) : 0;
    return true;
}

bool bd_head_retry_after(const char *value, size_t len, double wall, uint64_t *ms)
{
    // RFC 9110, "Date/Time Formats": one form to send, three to understand.
    static const char *const FORMATS[] = {"%a, %d %b %Y %H:%M:%S GMT", "%a, %d-%b-%y %H:%M:%S GMT",
                                          "%a %b %d %H:%M:%S %Y"};
    char copy[40];
    if (len == 0 || len >= sizeof copy || memchr(value, '\0', len) != NULL) {
        return false;
    }
    memcpy(copy, value, len);
    copy[len] = '\0';
    if (strspn(copy, "0123456789") == len) {
        return from_seconds(strtod(copy, NULL), ms);
    }
    for (size_t i = 0; i < sizeof FORMATS / sizeof *FORMATS; i++) {
        struct tm date = {0};
        const char *end = strptime(copy, FORMATS[i], &date);
        if (end != NULL && *end == '\0') {
            return from_seconds((double)timegm(&date) - wall, ms);
        }
    }
    return false;
}
