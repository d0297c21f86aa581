// SPDX-License-Identifier: MIT
#include "encode.h"

#include <stdint.h>
#include <string.h>

static const char HEX[] = "0123456789ABCDEF";

static bool is_alnum(unsigned char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static void add_escape(struct bd_buf *out, unsigned char c)
{
    const char escape[3] = {'%', HEX[c >> 4], HEX[c & 15]};
    bd_buf_add(out, escape, sizeof escape);
}

void bd_encode_form(struct bd_buf *out, const char *text, size_t len)
{
    bd_buf_reserve(out, len * 3);
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        if (is_alnum(c) || c == '*' || c == '-' || c == '.' || c == '_') {
            out->data[out->len++] = (char)c;
        } else if (c == ' ') {
            out->data[out->len++] = '+';
        } else {
            add_escape(out, c);
        }
    }
}

void bd_encode_percent(struct bd_buf *out, const char *text, size_t len)
{
    bd_buf_reserve(out, len * 3);
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        if (is_alnum(c) || c == '-' || c == '.' || c == '_' || c == '~') {
            out->data[out->len++] = (char)c;
        } else {
            add_escape(out, c);
        }
    }
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool bd_decode_percent(struct bd_buf *out, const char *text, size_t len, bool plus)
{
    for (size_t i = 0; i < len; i++) {
        char c = text[i];
        if (c == '+' && plus) {
            c = ' ';
        } else if (c == '%') {
            int high = i + 2 < len ? hex_value(text[i + 1]) : -1;
            int low = i + 2 < len ? hex_value(text[i + 2]) : -1;
            if (high < 0 || low < 0) {
                return false;
            }
            c = (char)(high * 16 + low);
            i += 2;
        }
        bd_buf_add_char(out, c);
    }
    return true;
}

void bd_encode_base64(struct bd_buf *out, const char *bytes, size_t len)
{
    static const char DIGITS[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < len; i += 3) {
        size_t left = len - i;
        uint32_t bits = (uint32_t)(unsigned char)bytes[i] << 16;
        bits |= left > 1 ? (uint32_t)(unsigned char)bytes[i + 1] << 8 : 0;
        bits |= left > 2 ? (uint32_t)(unsigned char)bytes[i + 2] : 0;
        bd_buf_add_char(out, DIGITS[bits >> 18]);
        bd_buf_add_char(out, DIGITS[(bits >> 12) & 63]);
        bd_buf_add_char(out, left > 1 ? DIGITS[(bits >> 6) & 63] : '=');
        bd_buf_add_char(out, left > 2 ? DIGITS[bits & 63] : '=');
    }
}

void bd_encode_json_string(struct bd_buf *out, const char *text, size_t len)
{
    bd_buf_add_char(out, '"');
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        static const char SHORT[] = "btn\0fr"; // \b \t \n (none) \f \r from 0x08 on
        if (c == '"' || c == '\\') {
            bd_buf_add_char(out, '\\');
            bd_buf_add_char(out, (char)c);
        } else if (c >= 8 && c <= 13 && SHORT[c - 8] != '\0') {
            bd_buf_add_char(out, '\\');
            bd_buf_add_char(out, SHORT[c - 8]);
        } else if (c < 0x20 || c == 0x7f) {
            bd_buf_addf(out, "\\u%04x", c);
        } else {
            bd_buf_add_char(out, (char)c);
        }
    }
    bd_buf_add_char(out, '"');
}

static size_t utf8_length(unsigned char lead)
{
    if (lead < 0x80) {
        return 1;
    }
    if (lead >= 0xC2 && lead <= 0xDF) {
        return 2;
    }
    if (lead >= 0xE0 && lead <= 0xEF) {
        return 3;
    }
    return lead >= 0xF0 && lead <= 0xF4 ? 4 : 0;
}

// The second byte has a narrower range after some lead bytes (Unicode, table "Well-Formed UTF-8 Byte
// Sequences"); the others are always 80..BF.
static bool second_byte_ok(unsigned char lead, unsigned char second)
{
    switch (lead) {
    case 0xE0:
        return second >= 0xA0 && second <= 0xBF;
    case 0xED:
        return second >= 0x80 && second <= 0x9F;
    case 0xF0:
        return second >= 0x90 && second <= 0xBF;
    case 0xF4:
        return second >= 0x80 && second <= 0x8F;
    default:
        return second >= 0x80 && second <= 0xBF;
    }
}

bool bd_utf8_valid(const char *text, size_t len)
{
    const unsigned char *s = (const unsigned char *)text;
    size_t i = 0;
    while (i < len) {
        size_t n = utf8_length(s[i]);
        if (n == 0 || n > len - i) {
            return false;
        }
        if (n > 1 && !second_byte_ok(s[i], s[i + 1])) {
            return false;
        }
        for (size_t k = 2; k < n; k++) {
            if ((s[i + k] & 0xC0) != 0x80) {
                return false;
            }
        }
        i += n;
    }
    return true;
}
