// SPDX-License-Identifier: MIT
#include "json_internal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

enum {
    EXACT_DIGITS = 15, // so many, a double always carries
    INT64_DIGITS = 19,
    SAFE_EXPONENT = 308, // less than 10 to this is never infinite
    EXPONENT_CAP = 100000,
    FEWEST_DIGITS = 15, // of a float that is printed
    MOST_DIGITS = 17,   // they always read back equal
};

static const char *skip_digits(const char *p, const char *end)
{
    while (p < end && (unsigned char)(*p - '0') <= 9) {
        p++;
    }
    return p;
}

static bool is_zeros(const char *p, const char *end)
{
    while (p < end && *p == '0') {
        p++;
    }
    return p == end;
}

static bool fits_int64(const char *digits, size_t count, bool negative)
{
    const char *limit = negative ? "9223372036854775808" : "9223372036854775807";
    return count < INT64_DIGITS ||
           (count == INT64_DIGITS && memcmp(digits, limit, INT64_DIGITS) <= 0);
}

static const char *scan_long_integer(struct bd_json_scan *s, const char *start, const char *digits,
                                     const char *end)
{
    if (end - start > BD_JSON_NUMBER) {
        return bd_json_scan_fail(s, start, "a number of more than 400 characters");
    }
    bool fits = fits_int64(digits, (size_t)(end - digits), *start == '-');
    if (!fits && (s->flags & BD_JSON_BIG_AS_TEXT) == 0) {
        return bd_json_scan_fail(s, start, "an integer outside 64 bits");
    }
    return bd_json_copy_token(s, start, end);
}

// Reads the exponent behind the 'e', of which a large one only counts as large.
static const char *scan_exponent(const struct bd_json_scan *s, const char *p, long *exponent)
{
    bool negative = p < s->end && *p == '-';
    const char *first = p < s->end && (*p == '-' || *p == '+') ? p + 1 : p;
    const char *end = skip_digits(first, s->end);
    if (end == first) {
        return bd_json_scan_expected(s, end, "a digit");
    }
    for (p = first; p < end && *exponent < EXPONENT_CAP; p++) {
        *exponent = *exponent * 10 + (*p - '0');
    }
    *exponent = negative ? -*exponent : *exponent;
    return end;
}

static bool is_infinite(const struct bd_json_scan *s, const char *start, const char *end)
{
    char token[BD_JSON_NUMBER + 1];
    size_t len = (size_t)(end - start);
    memcpy(token, start, len);
    token[len] = '\0';
    BD_CHECK(lua_stringtonumber(s->L, token) == len + 1);
    bool infinite = isinf(lua_tonumber(s->L, -1));
    lua_pop(s->L, 1);
    return infinite;
}

// Goes on behind the whole part of a float. A fraction of few digits that is not zero needs no mark: it
// comes out of lua-cjson as a float that is not integral.
static const char *scan_float(struct bd_json_scan *s, const char *start, const char *digits,
                              const char *p)
{
    long exponent = p - digits;
    bool plain = false;
    if (*p == '.') {
        const char *fraction = p + 1;
        p = skip_digits(fraction, s->end);
        if (p == fraction) {
            return bd_json_scan_expected(s, p, "a digit");
        }
        plain = p - digits - 1 <= EXACT_DIGITS && !is_zeros(fraction, p);
    }
    if (p < s->end && (*p == 'e' || *p == 'E')) {
        long power = 0;
        p = scan_exponent(s, p + 1, &power);
        if (p == NULL) {
            return NULL;
        }
        exponent += power;
        plain = false;
    }
    if (p - start > BD_JSON_NUMBER) {
        return bd_json_scan_fail(s, start, "a number of more than 400 characters");
    }
    if (exponent > SAFE_EXPONENT && is_infinite(s, start, p)) {
        return bd_json_scan_fail(s, start, "a number too large for a float");
    }
    return plain ? p : bd_json_copy_token(s, start, p);
}

const char *bd_json_number_scan(struct bd_json_scan *s, const char *start)
{
    const char *digits = start + (*start == '-');
    const char *p = skip_digits(digits, s->end);
    if (p == digits) {
        return bd_json_scan_expected(s, p, "a digit");
    }
    if (*digits == '0' && p - digits > 1) {
        return bd_json_scan_fail(s, start, "a number that begins with 0");
    }
    if (p < s->end && (*p == '.' || *p == 'e' || *p == 'E')) {
        return scan_float(s, start, digits, p);
    }
    if (p - digits > EXACT_DIGITS) {
        return scan_long_integer(s, start, digits, p);
    }
    s->unmet++;
    return p;
}

// ------------------------------------------------------------------------------------------------
// Printing

size_t bd_json_number_print(char text[BD_JSON_FLOAT_ROOM], double value)
{
    int len = 0;
    for (int digits = FEWEST_DIGITS; digits <= MOST_DIGITS; digits++) {
        len = snprintf(text, BD_JSON_FLOAT_ROOM, "%.*g", digits, value);
        if (strtod(text, NULL) == value) {
            break;
        }
    }
    if (strpbrk(text, ".e") == NULL) {
        memcpy(text + len, ".0", 3);
        len += 2;
    }
    return (size_t)len;
}

// The value is the quotient of two numbers that doubles hold exactly, the integer that its digits make and
// a power of ten: so it is the double nearest to that decimal, and has so few digits.
bool bd_json_number_is_short(double value)
{
    static const double POWERS[] = {1e1, 1e2, 1e3, 1e4, 1e5, 1e6};
    const double limit = 1e14;
    for (size_t i = 0; i < sizeof POWERS / sizeof POWERS[0]; i++) {
        double digits = rint(value * POWERS[i]);
        if (fabs(digits) >= limit) {
            return false;
        }
        if (digits / POWERS[i] == value) {
            return true;
        }
    }
    return false;
}
