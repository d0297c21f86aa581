// SPDX-License-Identifier: MIT
#include "mask.h"

#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "encode.h"

static bool known(const struct bd_mask *mask, const char *bytes, size_t len)
{
    for (size_t i = 0; i < mask->count; i++) {
        if (mask->forms[i].len == len && memcmp(mask->forms[i].bytes, bytes, len) == 0) {
            return true;
        }
    }
    return false;
}

static void add_form(struct bd_mask *mask, const char *bytes, size_t len)
{
    if (len < 2 || known(mask, bytes, len)) {
        return;
    }
    if (mask->count == mask->cap) {
        mask->cap = mask->cap ? mask->cap * 2 : 16;
        mask->forms = bd_realloc(mask->forms, mask->cap * sizeof *mask->forms);
    }
    size_t at = mask->count++;
    while (at > 0 && mask->forms[at - 1].len < len) {
        mask->forms[at] = mask->forms[at - 1];
        at--;
    }
    mask->forms[at] = (struct bd_mask_form){.bytes = bd_strndup(bytes, len), .len = len};
    mask->first[(unsigned char)bytes[0]] = true;
}

// Empties the scratch buffer without leaving the secret behind.
static void wipe(struct bd_buf *scratch)
{
    if (scratch->data != NULL) {
        explicit_bzero(scratch->data, scratch->cap);
    }
    scratch->len = 0;
}

// Inside a longer base64 text only the digits that no neighbouring byte touches are the same.
static void add_base64(struct bd_mask *mask, struct bd_buf *scratch, const char *value, size_t len)
{
    for (size_t offset = 0; offset < 3; offset++) {
        struct bd_buf shifted = {0};
        bd_buf_add(&shifted, "\0\0", offset);
        bd_buf_add(&shifted, value, len);
        wipe(scratch);
        bd_encode_base64(scratch, shifted.data, shifted.len);
        wipe(&shifted);
        bd_buf_free(&shifted);
        size_t first = offset == 0 ? 0 : offset + 1;
        size_t total = offset + len;
        size_t end = total / 3 * 4 + total % 3; // of an incomplete group the last digit is shared
        if (end <= first) {
            continue;
        }
        // Also to the end of the text, where nothing follows: then the last digit is known too.
        add_form(mask, scratch->data + first, scratch->len - first);
        add_form(mask, scratch->data + first, end - first);
        for (size_t i = first; i < scratch->len; i++) {
            char c = scratch->data[i];
            scratch->data[i] = c == '+' ? '-' : c;
            scratch->data[i] = c == '/' ? '_' : scratch->data[i];
        }
        add_form(mask, scratch->data + first, scratch->len - first);
        add_form(mask, scratch->data + first, end - first);
    }
}

static void lower_escapes(struct bd_buf *text)
{
    for (size_t i = 0; i + 2 < text->len; i++) {
        if (text->data[i] != '%') {
            continue;
        }
        for (size_t k = i + 1; k <= i + 2; k++) {
            char c = text->data[k];
            text->data[k] = c >= 'A' && c <= 'F' ? (char)(c - 'A' + 'a') : c;
        }
    }
}

static void add_percent(struct bd_mask *mask, struct bd_buf *scratch, const char *value, size_t len)
{
    void (*const encoders[])(struct bd_buf *, const char *, size_t) = {bd_encode_form,
                                                                       bd_encode_percent};
    for (size_t i = 0; i < BD_COUNT(encoders); i++) {
        wipe(scratch);
        encoders[i](scratch, value, len);
        add_form(mask, scratch->data, scratch->len);
        lower_escapes(scratch);
        add_form(mask, scratch->data, scratch->len);
    }
}

static void add_json(struct bd_mask *mask, struct bd_buf *scratch, const char *value, size_t len)
{
    wipe(scratch);
    bd_encode_json_string(scratch, value, len);
    add_form(mask, scratch->data + 1, scratch->len - 2);
    // Some encoders, lua-cjson among them, also escape the slash.
    struct bd_buf slashes = {0};
    for (size_t i = 1; i + 1 < scratch->len; i++) {
        if (scratch->data[i] == '/') {
            bd_buf_add_char(&slashes, '\\');
        }
        bd_buf_add_char(&slashes, scratch->data[i]);
    }
    add_form(mask, slashes.data, slashes.len);
    wipe(&slashes);
    bd_buf_free(&slashes);
}

static void add_hex(struct bd_mask *mask, struct bd_buf *scratch, const char *value, size_t len)
{
    static const char *const DIGITS[] = {"0123456789abcdef", "0123456789ABCDEF"};
    for (size_t alphabet = 0; alphabet < BD_COUNT(DIGITS); alphabet++) {
        wipe(scratch);
        for (size_t i = 0; i < len; i++) {
            bd_buf_add_char(scratch, DIGITS[alphabet][(unsigned char)value[i] >> 4]);
            bd_buf_add_char(scratch, DIGITS[alphabet][(unsigned char)value[i] & 15]);
        }
        add_form(mask, scratch->data, scratch->len);
    }
}

bool bd_mask_add(struct bd_mask *mask, const char *value, size_t len)
{
    if (len < BD_MASK_SHORTEST) {
        return false;
    }
    bd_mask_add_short(mask, value, len);
    return true;
}

void bd_mask_add_short(struct bd_mask *mask, const char *value, size_t len)
{
    if (known(mask, value, len)) {
        return;
    }
    struct bd_buf scratch = {0};
    bd_buf_reserve(&scratch, len * 6 + 8); // no growth below: realloc would leave a copy behind
    add_form(mask, value, len);
    add_percent(mask, &scratch, value, len);
    add_json(mask, &scratch, value, len);
    if (len >= BD_MASK_SHORTEST) { // of a shorter value these are too few digits to tell
        add_base64(mask, &scratch, value, len);
        add_hex(mask, &scratch, value, len);
    }
    wipe(&scratch);
    bd_buf_free(&scratch);
}

static size_t match(const struct bd_mask *mask, const char *text, size_t len)
{
    if (!mask->first[(unsigned char)text[0]]) {
        return 0;
    }
    for (size_t i = 0; i < mask->count; i++) {
        const struct bd_mask_form *form = &mask->forms[i];
        if (form->len <= len && memcmp(form->bytes, text, form->len) == 0) {
            return form->len;
        }
    }
    return 0;
}

void bd_mask_apply(const struct bd_mask *mask, struct bd_buf *out, const char *text, size_t len)
{
    size_t clean = 0; // start of the text not yet copied
    size_t i = 0;
    while (i < len && mask->count > 0) {
        size_t hit = match(mask, text + i, len - i);
        if (hit == 0) {
            i++;
            continue;
        }
        bd_buf_add(out, text + clean, i - clean);
        bd_buf_add_text(out, mask->replacement != NULL ? mask->replacement : BD_MASKED);
        i += hit;
        clean = i;
    }
    bd_buf_add(out, text + clean, len - clean);
}

bool bd_mask_hits(const struct bd_mask *mask, const char *text, size_t len)
{
    for (size_t i = 0; i < len && mask->count > 0; i++) {
        if (match(mask, text + i, len - i) > 0) {
            return true;
        }
    }
    return false;
}

void bd_mask_free(struct bd_mask *mask)
{
    for (size_t i = 0; i < mask->count; i++) {
        explicit_bzero(mask->forms[i].bytes, mask->forms[i].len);
        free(mask->forms[i].bytes);
    }
    free(mask->forms);
    *mask = (struct bd_mask){0};
}
