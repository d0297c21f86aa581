// SPDX-License-Identifier: MIT
#include "base_string.h"

#include <stdlib.h>
#include <string.h>

#include "core/encode.h"

static void add_lower(struct bd_buf *out, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        char c = text[i];
        bd_buf_add_char(out, c >= 'A' && c <= 'Z' ? (char)(c + 'a' - 'A') : c);
    }
}

void bd_base_string_uri(struct bd_buf *out, const struct bd_url *url)
{
    enum { HTTP = 80, HTTPS = 443 };
    bd_buf_add_text(out, url->tls ? "https://" : "http://");
    add_lower(out, url->host, url->host_len);
    if (url->port != (url->tls ? HTTPS : HTTP)) {
        bd_buf_addf(out, ":%u", url->port);
    }
    bd_buf_add(out, url->path_len > 0 ? url->path : "/", url->path_len > 0 ? url->path_len : 1);
}

static int compare_bytes(const char *a, size_t a_len, const char *b, size_t b_len)
{
    int order = memcmp(a, b, a_len < b_len ? a_len : b_len);
    if (order != 0) {
        return order;
    }
    return (a_len > b_len) - (a_len < b_len);
}

static int compare_pairs(const void *left, const void *right, void *text)
{
    const struct bd_pair *a = left;
    const struct bd_pair *b = right;
    const char *base = text;
    int order = compare_bytes(base + a->name, a->name_len, base + b->name, b->name_len);
    return order != 0 ? order
                      : compare_bytes(base + a->value, a->value_len, base + b->value, b->value_len);
}

static void encode_pairs(struct bd_pairs *encoded, const struct bd_pairs *pairs)
{
    struct bd_buf scratch = {0};
    bd_buf_reserve(&scratch, 1);
    for (size_t i = 0; i < pairs->count; i++) {
        scratch.len = 0;
        bd_encode_percent(&scratch, bd_pairs_name(pairs, i), pairs->list[i].name_len);
        size_t split = scratch.len;
        bd_encode_percent(&scratch, bd_pairs_value(pairs, i), pairs->list[i].value_len);
        bd_pairs_add(encoded, scratch.data, split, scratch.data + split, scratch.len - split);
    }
    bd_buf_free(&scratch);
}

void bd_base_string_parameters(struct bd_buf *out, const struct bd_pairs *pairs)
{
    struct bd_pairs encoded = {0};
    encode_pairs(&encoded, pairs);
    if (encoded.count > 1) {
        qsort_r(encoded.list, encoded.count, sizeof *encoded.list, compare_pairs,
                encoded.text.data);
    }
    for (size_t i = 0; i < encoded.count; i++) {
        if (i > 0) {
            bd_buf_add_char(out, '&');
        }
        bd_buf_add(out, bd_pairs_name(&encoded, i), encoded.list[i].name_len);
        bd_buf_add_char(out, '=');
        bd_buf_add(out, bd_pairs_value(&encoded, i), encoded.list[i].value_len);
    }
    bd_pairs_free(&encoded);
}

void bd_base_string(struct bd_buf *out, const char *method, size_t method_len,
                    const struct bd_url *url, const struct bd_pairs *pairs)
{
    struct bd_buf part = {0};
    for (size_t i = 0; i < method_len; i++) {
        char c = method[i];
        bd_buf_add_char(out, c >= 'a' && c <= 'z' ? (char)(c + 'A' - 'a') : c);
    }
    bd_buf_add_char(out, '&');
    bd_base_string_uri(&part, url);
    bd_encode_percent(out, part.data, part.len);
    bd_buf_add_char(out, '&');
    part.len = 0;
    bd_base_string_parameters(&part, pairs);
    bd_encode_percent(out, part.data, part.len);
    bd_buf_free(&part);
}
