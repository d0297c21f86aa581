// SPDX-License-Identifier: MIT
// The lexical pass: one loop over the text that checks all of its grammar, so that lua-cjson behind it has
// nothing left to object to, and that marks what lua-cjson would blur.
#include "json_internal.h"

#include <string.h>

#include "check.h"

// What must come next.
enum want {
    WANT_VALUE,
    WANT_KEY,
    WANT_MORE, // a comma, the end of the array or object, or of the text
    WANT_NOTHING,
};

const char *bd_json_scan_fail(const struct bd_json_scan *s, const char *at, const char *message)
{
    bd_json_set_fault(s->fault, (size_t)(at - s->text), "%s", message);
    return NULL;
}

const char *bd_json_scan_expected(const struct bd_json_scan *s, const char *at, const char *what)
{
    size_t offset = (size_t)(at - s->text);
    unsigned char c = at < s->end ? (unsigned char)*at : 0;
    if (at == s->end) {
        bd_json_set_fault(s->fault, offset, "expected %s, but the text ends", what);
    } else if (c > 0x20 && c < 0x7f) {
        bd_json_set_fault(s->fault, offset, "expected %s, found '%c'", what, c);
    } else {
        bd_json_set_fault(s->fault, offset, "expected %s, found the byte 0x%02X", what, c);
    }
    return NULL;
}

bool bd_json_scan_starts(const struct bd_json_scan *s, const char *p, const char *text, size_t len)
{
    return (size_t)(s->end - p) >= len && memcmp(p, text, len) == 0;
}

static const char *skip_space(const char *p, const char *end)
{
    while (p < end && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t')) {
        p++;
    }
    return p;
}

// NaN, Infinity and -Infinity; anything else that cannot begin a value is a fault.
static const char *scan_odd_value(struct bd_json_scan *s, const char *p)
{
    static const char *const TOKENS[] = {"NaN", "Infinity", "-Infinity"};
    for (size_t i = 0; i < BD_COUNT(TOKENS); i++) {
        size_t len = strlen(TOKENS[i]);
        if (bd_json_scan_starts(s, p, TOKENS[i], len)) {
            bool allowed = (s->flags & BD_JSON_ALLOW_NAN) != 0;
            return allowed ? bd_json_copy_token(s, p, p + len)
                           : bd_json_scan_fail(s, p, "NaN and Infinity are not JSON");
        }
    }
    return bd_json_scan_expected(s, p, "a value");
}

static const char *scan_literal(struct bd_json_scan *s, const char *p, const char *literal,
                                size_t len)
{
    return bd_json_scan_starts(s, p, literal, len) ? p + len
                                                   : bd_json_scan_expected(s, p, "a value");
}

static bool in_object(const struct bd_json_scan *s)
{
    return (s->is_object[s->depth / 64] >> (s->depth % 64) & 1) != 0;
}

static void descend(struct bd_json_scan *s, bool is_object)
{
    s->depth++;
    s->deepest = s->depth > s->deepest ? s->depth : s->deepest;
    uint64_t bit = UINT64_C(1) << (s->depth % 64);
    uint64_t *word = &s->is_object[s->depth / 64];
    *word = is_object ? *word | bit : *word & ~bit;
}

static const char *open_level(struct bd_json_scan *s, const char *bracket, bool is_object)
{
    if (s->depth == BD_JSON_DEPTH) {
        return bd_json_scan_fail(s, bracket, "more than 512 levels of arrays and objects");
    }
    const char *p = skip_space(bracket + 1, s->end);
    if (p < s->end && *p == (is_object ? '}' : ']')) {
        p++;
        if (is_object) {
            s->unmet++;
        } else {
            bd_json_copy_mark(s, bracket, p, "[]", 2);
        }
        return p;
    }
    s->unmet++;
    descend(s, is_object);
    s->want = is_object ? WANT_KEY : WANT_VALUE;
    return p;
}

static const char *scan_value(struct bd_json_scan *s, const char *p)
{
    s->want = WANT_MORE;
    if (p == s->end) {
        return s->depth == 0 ? bd_json_scan_fail(s, p, "the text is empty")
                             : bd_json_scan_expected(s, p, "a value");
    }
    switch (*p) {
    case '"':
        return bd_json_text_scan(s, p);
    case '{':
        return open_level(s, p, true);
    case '[':
        return open_level(s, p, false);
    case 't':
        return scan_literal(s, p, "true", 4);
    case 'f':
        return scan_literal(s, p, "false", 5);
    case 'n':
        return scan_literal(s, p, "null", 4);
    case '-':
        return bd_json_scan_starts(s, p, "-I", 2) ? scan_odd_value(s, p)
                                                  : bd_json_number_scan(s, p);
    default:
        return *p >= '0' && *p <= '9' ? bd_json_number_scan(s, p) : scan_odd_value(s, p);
    }
}

static const char *scan_key(struct bd_json_scan *s, const char *p)
{
    if (p == s->end || *p != '"') {
        return bd_json_scan_expected(s, p, "a key in quotes");
    }
    p = bd_json_text_scan(s, p);
    if (p == NULL) {
        return NULL;
    }
    p = skip_space(p, s->end);
    if (p == s->end || *p != ':') {
        return bd_json_scan_expected(s, p, "':'");
    }
    s->unmet++;
    s->want = WANT_VALUE;
    return p + 1;
}

static const char *scan_end(struct bd_json_scan *s, const char *p)
{
    s->want = WANT_NOTHING;
    if (p == s->end) {
        return p;
    }
    return bd_json_scan_fail(
        s, p, *p == 0 ? "a NUL byte behind the value" : "more text behind the value");
}

static const char *scan_more(struct bd_json_scan *s, const char *p)
{
    if (s->depth == 0) {
        return scan_end(s, p);
    }
    bool object = in_object(s);
    char c = '\0';
    if (p < s->end) {
        c = *p;
    }
    if (c == ',') {
        s->want = object ? WANT_KEY : WANT_VALUE;
        return p + 1;
    }
    if (c == (object ? '}' : ']')) {
        s->depth--;
        return p + 1;
    }
    return bd_json_scan_expected(s, p, object ? "',' or '}'" : "',' or ']'");
}

static const char *scan_next(struct bd_json_scan *s, const char *p)
{
    switch (s->want) {
    case WANT_VALUE:
        return scan_value(s, p);
    case WANT_KEY:
        return scan_key(s, p);
    default:
        return scan_more(s, p);
    }
}

bool bd_json_scan(struct bd_json_scan *s)
{
    const char *p = s->text;
    s->want = WANT_VALUE;
    if (s->end - s->text > BD_JSON_LONGEST_READ) {
        return bd_json_scan_fail(s, p, "a text of more than 256 MiB") != NULL;
    }
    if (bd_json_scan_starts(s, p, "\xEF\xBB\xBF", 3)) {
        return bd_json_scan_fail(s, p, "begins with a byte order mark") != NULL;
    }
    while (p != NULL && s->want != WANT_NOTHING) {
        p = scan_next(s, skip_space(p, s->end));
    }
    if (p == NULL) {
        return false;
    }
    bd_json_copy_finish(s);
    return true;
}
