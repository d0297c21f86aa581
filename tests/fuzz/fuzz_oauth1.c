// SPDX-License-Identifier: MIT
// What is read from an Authorization header or a query, written anew and read again, is the same; parameters
// of a base string are sorted, and come back from it. The first byte chooses: a header, a query, an address.
#include <string.h>

#include "bindings/lti/base_string.h"
#include "bindings/lti/pairs.h"
#include "core/check.h"
#include "core/encode.h"
#include "fuzz.h"

const struct fuzz_seed fuzz_seeds[] = {
    FUZZ_SEED(
        "\0OAuth "
        "realm=\"\",oauth_body_hash=\"EF%2BuQ%3D\",oauth_consumer_key=\"k\",oauth_version=\"1.0\""),
    FUZZ_SEED("\0OAuth realm=\"a\\\"b\" , a=\"%C3%A9\" ,\tb=\"+\",b=\"\""),
    FUZZ_SEED("\1c2&a3=2+q&b5=%3D%253D&a3=a&c%40=&a2=r%20b&&=x"),
    FUZZ_SEED("\1caf%C3%A9=%E2%98%95&~=*&a-b=1&a.b=2&a=3"),
    FUZZ_SEED("\2https://Tool.Example.org:443/a%20b/;c?q=1&q=&flag&sp=a+b"),
    FUZZ_SEED("\2http://[2001:DB8::1]:80?x=%2b"),
    {0},
};
const struct fuzz_seed fuzz_bytes =
    FUZZ_SEED("OAuthrelm=\"\\,&+%20AFZ:/?#[]~*-._ \t\r\n\xc3\xa9\xff\0");

static bool same_pair(const struct bd_pairs *a, size_t i, const struct bd_pairs *b, size_t k)
{
    return a->list[i].name_len == b->list[k].name_len &&
           a->list[i].value_len == b->list[k].value_len &&
           memcmp(bd_pairs_name(a, i), bd_pairs_name(b, k), a->list[i].name_len) == 0 &&
           memcmp(bd_pairs_value(a, i), bd_pairs_value(b, k), a->list[i].value_len) == 0;
}

static size_t count_of(const struct bd_pairs *pairs, const struct bd_pairs *wanted, size_t index)
{
    size_t count = 0;
    for (size_t i = 0; i < pairs->count; i++) {
        count += same_pair(pairs, i, wanted, index) ? 1 : 0;
    }
    return count;
}

// The same pairs as often, in whatever order.
static void check_same(const struct bd_pairs *a, const struct bd_pairs *b)
{
    BD_CHECK(a->count == b->count);
    for (size_t i = 0; i < a->count; i++) {
        BD_CHECK(count_of(a, a, i) == count_of(b, a, i));
    }
}

static void check_parameters(const struct bd_pairs *pairs)
{
    struct bd_buf text = {0};
    struct bd_buf again = {0};
    struct bd_pairs back = {0};
    bd_base_string_parameters(&text, pairs);
    for (size_t i = 0; i < text.len; i++) {
        BD_CHECK(text.data[i] > 0x20 && text.data[i] < 0x7f && text.data[i] != '+');
    }
    BD_CHECK(bd_pairs_read_query(&back, text.data != NULL ? text.data : "", text.len) == NULL);
    check_same(pairs, &back);
    bd_base_string_parameters(&again, &back);
    BD_CHECK(text.len == again.len);
    BD_CHECK(text.len == 0 || memcmp(text.data, again.data, text.len) == 0);
    bd_pairs_free(&back);
    bd_buf_free(&text);
    bd_buf_free(&again);
}

static void check_header(const struct bd_pairs *pairs)
{
    struct bd_buf header = {0};
    struct bd_pairs back = {0};
    bd_buf_add_text(&header, "OAuth realm=\"again\"");
    for (size_t i = 0; i < pairs->count; i++) {
        bd_buf_add_char(&header, ',');
        bd_encode_percent(&header, bd_pairs_name(pairs, i), pairs->list[i].name_len);
        bd_buf_add_text(&header, "=\"");
        bd_encode_percent(&header, bd_pairs_value(pairs, i), pairs->list[i].value_len);
        bd_buf_add_char(&header, '"');
    }
    BD_CHECK(bd_pairs_read_authorization(&back, header.data, header.len) == NULL);
    check_same(pairs, &back);
    bd_pairs_free(&back);
    bd_buf_free(&header);
}

static void check_address(const char *text, size_t len)
{
    struct bd_url url;
    struct bd_url again;
    struct bd_buf first = {0};
    struct bd_buf second = {0};
    if (bd_url_parse(&url, text, len) != NULL) {
        return;
    }
    bd_base_string_uri(&first, &url);
    BD_CHECK(bd_url_parse(&again, first.data, first.len) == NULL && again.query == NULL);
    bd_base_string_uri(&second, &again);
    BD_CHECK(first.len == second.len && memcmp(first.data, second.data, first.len) == 0);
    bd_buf_free(&first);
    bd_buf_free(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bd_pairs pairs = {0};
    if (size == 0) {
        return 0;
    }
    const char *text = (const char *)data + 1;
    if (data[0] % 3 == 2) {
        check_address(text, size - 1);
        return 0;
    }
    bool is_header = data[0] % 3 == 0;
    const char *wrong = is_header ? bd_pairs_read_authorization(&pairs, text, size - 1)
                                  : bd_pairs_read_query(&pairs, text, size - 1);
    if (wrong == NULL) {
        check_parameters(&pairs);
        if (is_header) {
            check_header(&pairs);
        }
    }
    bd_pairs_free(&pairs);
    return 0;
}
