// SPDX-License-Identifier: MIT
#include "base64.h"

#include <stdint.h>

static const char DIGITS[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

void bd_base64url_encode(struct bd_buf *out, const char *bytes, size_t len)
{
    uint32_t bits = 0;
    unsigned held = 0; // bits that wait for their digit
    for (size_t i = 0; i < len; i++) {
        bits = bits << 8 | (unsigned char)bytes[i];
        for (held += 8; held >= 6; held -= 6) {
            bd_buf_add_char(out, DIGITS[bits >> (held - 6) & 63]);
        }
    }
    if (held > 0) {
        bd_buf_add_char(out, DIGITS[bits << (6 - held) & 63]);
    }
}

static int value_of(char c)
{
    if (c >= 'A' && c <= 'Z') {
        return c - 'A';
    }
    if (c >= 'a' && c <= 'z') {
        return c - 'a' + 26;
    }
    if (c >= '0' && c <= '9') {
        return c - '0' + 52;
    }
    if (c == '-') {
        return 62;
    }
    return c == '_' ? 63 : -1;
}

bool bd_base64url_decode(struct bd_buf *out, const char *text, size_t len)
{
    uint32_t bits = 0;
    unsigned held = 0;
    if (len % 4 == 1) {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        int value = value_of(text[i]);
        if (value < 0) {
            return false;
        }
        bits = bits << 6 | (uint32_t)value;
        held += 6;
        if (held >= 8) {
            held -= 8;
            bd_buf_add_char(out, (char)(bits >> held & 255));
        }
    }
    return (bits & ((1U << held) - 1)) == 0;
}
