// SPDX-License-Identifier: MIT
#include "json_internal.h"

#include <endian.h>
#include <string.h>

static bool is_tail(unsigned char c)
{
    return (c & 0xC0) == 0x80;
}

// The second byte has a narrower range after some lead bytes: no overlong forms, no surrogates, nothing
// above U+10FFFF.
static bool is_second(unsigned char lead, unsigned char c)
{
    unsigned char low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    unsigned char high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    return c >= low && c <= high;
}

size_t bd_json_text_sequence(const char *at, const char *end)
{
    const unsigned char *s = (const unsigned char *)at;
    size_t left = (size_t)(end - at);
    if (s[0] < 0xC2 || s[0] > 0xF4) {
        return 0;
    }
    if (s[0] < 0xE0) {
        return left >= 2 && is_tail(s[1]) ? 2 : 0;
    }
    if (left < 3 || !is_second(s[0], s[1]) || !is_tail(s[2])) {
        return 0;
    }
    if (s[0] < 0xF0) {
        return 3;
    }
    return left >= 4 && is_tail(s[3]) ? 4 : 0;
}

static const char *skip_ascii(const char *p, const char *end)
{
    uint64_t word = 0;
    while ((size_t)(end - p) >= sizeof word) {
        memcpy(&word, p, sizeof word);
        if ((word & UINT64_C(0x8080808080808080)) != 0) {
            break;
        }
        p += sizeof word;
    }
    while (p < end && (unsigned char)*p < 0x80) {
        p++;
    }
    return p;
}

const char *bd_json_text_malformed(const char *text, const char *end)
{
    const char *p = skip_ascii(text, end);
    while (p < end) {
        size_t len = bd_json_text_sequence(p, end);
        if (len == 0) {
            return p;
        }
        p = skip_ascii(p + len, end);
    }
    return end;
}

// ------------------------------------------------------------------------------------------------
// Strings of a text that is scanned

// A word with the top bit of each byte set that is a control character, '"', '\\' or not ASCII. Bytes
// behind the first such one may be set wrongly.
static uint64_t special_bytes(uint64_t word)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    uint64_t quote = word ^ (ones * '"');
    uint64_t backslash = word ^ (ones * '\\');
    return (((word - ones * 0x20) | (quote - ones) | (backslash - ones)) | word) & (ones * 0x80);
}

static bool is_special(unsigned char c)
{
    return c < 0x20 || c == '"' || c == '\\' || c >= 0x80;
}

static const char *skip_plain(const char *p, const char *end)
{
    uint64_t word = 0;
    while ((size_t)(end - p) >= sizeof word) {
        memcpy(&word, p, sizeof word);
        uint64_t special = special_bytes(le64toh(word));
        if (special != 0) {
            return p + __builtin_ctzll(special) / 8;
        }
        p += sizeof word;
    }
    while (p < end && !is_special((unsigned char)*p)) {
        p++;
    }
    return p;
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    char lower = (char)(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// The four digits of a \u escape; -1 when they are not there.
static int hex4(const struct bd_json_scan *s, const char *p)
{
    int code = 0;
    if (s->end - p < 4) {
        return -1;
    }
    for (int i = 0; i < 4; i++) {
        int digit = hex_value(p[i]);
        if (digit < 0) {
            return -1;
        }
        code = code * 16 + digit;
    }
    return code;
}

static bool is_high_surrogate(int code)
{
    return code >= 0xD800 && code <= 0xDBFF;
}

static bool is_low_surrogate(int code)
{
    return code >= 0xDC00 && code <= 0xDFFF;
}

static const char *scan_unicode_escape(const struct bd_json_scan *s, const char *escape)
{
    int code = hex4(s, escape + 2);
    if (code < 0) {
        return bd_json_scan_fail(s, escape, "\\u without four hexadecimal digits");
    }
    if (is_low_surrogate(code)) {
        return bd_json_scan_fail(s, escape,
                                 "the second half of a surrogate pair without the first");
    }
    if (!is_high_surrogate(code)) {
        return escape + 6;
    }
    const char *second = escape + 6;
    if (!bd_json_scan_starts(s, second, "\\u", 2) || !is_low_surrogate(hex4(s, second + 2))) {
        return bd_json_scan_fail(s, escape,
                                 "the first half of a surrogate pair without the second");
    }
    return second + 6;
}

static const char *scan_escape(const struct bd_json_scan *s, const char *escape)
{
    const char *p = escape + 1;
    if (p == s->end) {
        return bd_json_scan_fail(s, p, "the text ends inside a string");
    }
    switch (*p) {
    case '"':
    case '\\':
    case '/':
    case 'b':
    case 'f':
    case 'n':
    case 'r':
    case 't':
        return p + 1;
    case 'u':
        return scan_unicode_escape(s, escape);
    default:
        return bd_json_scan_fail(s, escape, "an unknown escape in a string");
    }
}

__attribute__((cold)) static const char *bad_in_string(const struct bd_json_scan *s, const char *p)
{
    if (p == s->end) {
        return bd_json_scan_fail(s, p, "the text ends inside a string");
    }
    if ((unsigned char)*p >= 0x80) {
        return bd_json_scan_fail(s, p, "a string that is not UTF-8");
    }
    return bd_json_scan_fail(
        s, p, *p == 0 ? "a NUL byte in a string" : "a raw control character in a string");
}

const char *bd_json_text_scan(const struct bd_json_scan *s, const char *quote)
{
    const char *p = skip_plain(quote + 1, s->end);
    while (p == s->end || *p != '"') {
        if (p == s->end || (unsigned char)*p < 0x20) {
            return bad_in_string(s, p);
        }
        if (*p == '\\') {
            p = scan_escape(s, p);
            if (p == NULL) {
                return NULL;
            }
        } else {
            size_t len = bd_json_text_sequence(p, s->end);
            if (len == 0) {
                return bad_in_string(s, p);
            }
            p += len;
        }
        p = skip_plain(p, s->end);
    }
    return p + 1;
}
