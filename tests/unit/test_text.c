// SPDX-License-Identifier: MIT
// Encodings, addresses, headers, durations, nearest names.
#include "unit.h"

#include "core/buf.h"
#include "core/duration.h"
#include "core/encode.h"
#include "core/head.h"
#include "core/nearest.h"
#include "core/url.h"

static void check_text(struct bd_buf *buf, const char *expected)
{
    assert_string_equal(bd_buf_text(buf), expected);
    bd_buf_free(buf);
}

static void test_form_encoding(void **state)
{
    struct bd_buf out = {0};
    (void)state;
    bd_encode_form(&out, "Zo\xc3\xa9 a+b&c=d/%*-._~", 19);
    check_text(&out, "Zo%C3%A9+a%2Bb%26c%3Dd%2F%25*-._%7E");
}

static void test_percent_encoding(void **state)
{
    struct bd_buf out = {0};
    (void)state;
    bd_encode_percent(&out, "a b/c?d#e%f~", 12);
    check_text(&out, "a%20b%2Fc%3Fd%23e%25f~");
}

static void test_decoding_reverses_encoding(void **state)
{
    char bytes[256];
    struct bd_buf encoded = {0};
    struct bd_buf decoded = {0};
    (void)state;
    for (int i = 0; i < 256; i++) {
        bytes[i] = (char)i;
    }
    bd_encode_form(&encoded, bytes, sizeof bytes);
    assert_true(bd_decode_percent(&decoded, encoded.data, encoded.len, true));
    assert_int_equal(decoded.len, sizeof bytes);
    assert_memory_equal(decoded.data, bytes, sizeof bytes);
    bd_buf_free(&encoded);
    bd_buf_free(&decoded);
}

static void test_broken_escapes_are_refused(void **state)
{
    static const char *const BROKEN[] = {"%", "%a", "%g0", "a%2", "%0g"};
    (void)state;
    for (size_t i = 0; i < sizeof BROKEN / sizeof *BROKEN; i++) {
        struct bd_buf out = {0};
        assert_false(bd_decode_percent(&out, BROKEN[i], strlen(BROKEN[i]), false));
        bd_buf_free(&out);
    }
}

static void test_base64_vectors(void **state)
{
    // RFC 4648, "Test Vectors"
    static const char *const VECTORS[][2] = {{"", ""},
                                             {"f", "Zg=="},
                                             {"fo", "Zm8="},
                                             {"foo", "Zm9v"},
                                             {"foob", "Zm9vYg=="},
                                             {"fooba", "Zm9vYmE="},
                                             {"foobar", "Zm9vYmFy"}};
    (void)state;
    for (size_t i = 0; i < sizeof VECTORS / sizeof *VECTORS; i++) {
        struct bd_buf out = {0};
        bd_encode_base64(&out, VECTORS[i][0], strlen(VECTORS[i][0]));
        check_text(&out, VECTORS[i][1]);
    }
}

static void test_utf8(void **state)
{
    static const struct {
        const char *text;
        bool valid;
    } CASES[] = {{"", true},
                 {"plain", true},
                 {"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", true},
                 {"\xc0\x80", false},         // overlong
                 {"\xe0\x80\x80", false},     // overlong
                 {"\xed\xa0\x80", false},     // surrogate
                 {"\xf4\x90\x80\x80", false}, // above U+10FFFF
                 {"\xc3", false},             // cut
                 {"\x80", false},
                 {"\xff", false}};
    (void)state;
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        assert_int_equal(bd_utf8_valid(CASES[i].text, strlen(CASES[i].text)), CASES[i].valid);
    }
}

static void test_integers(void **state)
{
    struct bd_buf out = {0};
    (void)state;
    bd_buf_add_integer(&out, INT64_MIN);
    bd_buf_add_char(&out, ' ');
    bd_buf_add_integer(&out, INT64_MAX);
    bd_buf_add_char(&out, ' ');
    bd_buf_add_integer(&out, 0);
    bd_buf_add_char(&out, ' ');
    bd_buf_add_integer(&out, -10);
    check_text(&out, "-9223372036854775808 9223372036854775807 0 -10");
}

// ------------------------------------------------------------------------------------------------
// Addresses

static void test_parts_of_an_address(void **state)
{
    struct bd_url url;
    static const char TEXT[] = "https://api.example.org:8443/a/b?c=d&e";
    (void)state;
    assert_null(bd_url_parse(&url, TEXT, sizeof TEXT - 1));
    assert_true(url.tls);
    assert_int_equal(url.port, 8443);
    assert_memory_equal(url.host, "api.example.org", url.host_len);
    assert_memory_equal(url.path, "/a/b", url.path_len);
    assert_int_equal(url.path_len, 4);
    assert_memory_equal(url.query, "c=d&e", url.query_len);
}

static void test_default_ports(void **state)
{
    struct bd_url url;
    (void)state;
    assert_null(bd_url_parse(&url, "https://h", 9));
    assert_int_equal(url.port, 443);
    assert_int_equal(url.path_len, 0);
    assert_null(bd_url_parse(&url, "http://[::1]", 12));
    assert_int_equal(url.port, 80);
}

static void test_bad_addresses_are_refused(void **state)
{
    static const char *const BAD[] = {
        "",
        "ftp://h/",
        "file:///etc/passwd",
        "https://",
        "https:///path",
        "https://user@h/",
        "https://user:secret@h/",
        "https://h:1@other/",
        "https://h:0/",
        "https://h:99999/",
        "https://h:port/",
        "https://h:/",
        "https://h/a b",
        "https://h/a\r\nX: y",
        "https://h/\xc3\xa9",
        "https://h/#part",
        "https://h\\other/",
        "https://[::1/",
        "https://a/<b>",
        "https://\x00h/",
        "//h/",
        "/path",
    };
    struct bd_url url;
    (void)state;
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
        assert_non_null(bd_url_parse(&url, BAD[i], strlen(BAD[i])));
    }
    assert_non_null(bd_url_parse(&url, "https://h/\0x", 12));
}

static void test_references_are_resolved(void **state)
{
    static const struct {
        const char *reference, *result; // NULL: refused
    } CASES[] = {
        {"https://other/x", "https://other/x"},
        {"//other/x", "https://other/x"},
        {"/x?y", "https://h:1/x?y"},
        {"x", "https://h:1/a/x"},
        {"?z", "https://h:1/a/b?z"},
        {"/x#part", "https://h:1/x"},
        {"https://user@other/", NULL},
        {"/x y", NULL},
    };
    static const char BASE[] = "https://h:1/a/b?c";
    struct bd_url base;
    (void)state;
    assert_null(bd_url_parse(&base, BASE, sizeof BASE - 1));
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        struct bd_buf out = {0};
        bool ok = bd_url_resolve(&out, &base, CASES[i].reference, strlen(CASES[i].reference));
        assert_int_equal(ok, CASES[i].result != NULL);
        if (ok) {
            assert_string_equal(bd_buf_text(&out), CASES[i].result);
        }
        bd_buf_free(&out);
    }
}

static void test_origins(void **state)
{
    struct bd_url a, b;
    (void)state;
    assert_null(bd_url_parse(&a, "https://Host/x", 14));
    assert_null(bd_url_parse(&b, "https://host:443/y", 18));
    assert_true(bd_url_same_origin(&a, &b));
    assert_null(bd_url_parse(&b, "http://host:443/", 16));
    assert_false(bd_url_same_origin(&a, &b));
    assert_null(bd_url_parse(&b, "https://host:444/", 17));
    assert_false(bd_url_same_origin(&a, &b));
}

// ------------------------------------------------------------------------------------------------
// Headers

static void test_headers_are_found(void **state)
{
    struct bd_buf head = {0};
    size_t len;
    (void)state;
    bd_buf_add_text(&head, "Content-Type:  text/html \r\nX-A: 1\r\nx-a: 2\r\nbroken\r\nEmpty:\r\n");
    assert_memory_equal(bd_head_find(&head, "content-type", &len), "text/html", 9);
    assert_int_equal(len, 9);
    assert_memory_equal(bd_head_find(&head, "X-A", &len), "2", 1);
    assert_int_equal(bd_head_count(&head, "x-a"), 2);
    assert_non_null(bd_head_find(&head, "empty", &len));
    assert_int_equal(len, 0);
    assert_null(bd_head_find(&head, "broken", &len));
    bd_buf_free(&head);
}

static void test_header_values_and_names(void **state)
{
    (void)state;
    assert_true(bd_head_value_ok("a b\tc", 5));
    assert_false(bd_head_value_ok("a\r\nX: y", 7));
    assert_false(bd_head_value_ok("a\0b", 3));
    assert_true(bd_head_name_ok("X-Api-Key", 9));
    assert_false(bd_head_name_ok("X Api", 5));
    assert_false(bd_head_name_ok("X:", 2));
    assert_false(bd_head_name_ok("", 0));
    assert_false(bd_head_name_ok("a\0", 2));
}

static void check_retry_after(const char *value, bool ok, uint64_t expected)
{
    uint64_t ms = 0;
    // Thu, 01 Jan 2026 00:00:00 GMT
    assert_int_equal(bd_head_retry_after(value, strlen(value), 1767225600.0, &ms), ok);
    if (ok) {
        assert_int_equal(ms, expected);
    }
}

static void test_retry_after(void **state)
{
    (void)state;
    check_retry_after("0", true, 0);
    check_retry_after("120", true, 120000);
    check_retry_after("Thu, 01 Jan 2026 00:00:30 GMT", true, 30000);
    check_retry_after("Wed, 31 Dec 2025 00:00:00 GMT", true, 0); // past
    check_retry_after("-5", false, 0);
    check_retry_after("1.5", false, 0);
    check_retry_after("soon", false, 0);
    check_retry_after("", false, 0);
    check_retry_after("99999999999999999999", false, 0);
    check_retry_after("Thu, 01 Jan 2026 00:00:30 CET", false, 0);
}

// ------------------------------------------------------------------------------------------------
// Durations and names

static void test_durations(void **state)
{
    static const struct {
        const char *text;
        bool ok;
        uint64_t ms;
    } CASES[] = {
        {"1", true, 1000},
        {"0.0005", true, 1},
        {"200 ms", true, 200},
        {"1.5 s", true, 1500},
        {"10min", true, 600000},
        {"2 h", true, 7200000},
        {"3 days", true, 259200000},
        {"1 week", true, 604800000},
        {"", false, 0},
        {"-1", false, 0},
        {"soon", false, 0},
        {"5 parsecs", false, 0},
        {"nan", false, 0},
        {"1000000 weeks", false, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        uint64_t ms = 0;
        assert_int_equal(bd_duration_parse(CASES[i].text, strlen(CASES[i].text), &ms), CASES[i].ok);
        if (CASES[i].ok) {
            assert_int_equal(ms, CASES[i].ms);
        }
    }
}

static const char *nearest(const char *wanted)
{
    static const char *const KNOWN[] = {"ema", "fst_nam", "lst_nam", "create_candidate",
                                        "add_test"};
    struct bd_nearest nearest = {.wanted = wanted};
    for (size_t i = 0; i < sizeof KNOWN / sizeof *KNOWN; i++) {
        bd_nearest_offer(&nearest, KNOWN[i]);
    }
    return nearest.best;
}

static void test_nearest_names(void **state)
{
    (void)state;
    assert_string_equal(nearest("em"), "ema");
    assert_string_equal(nearest("fts_nam"), "fst_nam");
    assert_string_equal(nearest("lst_name"), "lst_nam");
    assert_string_equal(nearest("CREATE_CANDIDATE"), "create_candidate");
    assert_string_equal(nearest("creat_candidat"), "create_candidate");
    assert_null(nearest("something_else"));
    assert_null(nearest("a_name_that_is_longer_than_sixty_three_bytes_and_therefore_never_close"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_form_encoding),
        cmocka_unit_test(test_percent_encoding),
        cmocka_unit_test(test_decoding_reverses_encoding),
        cmocka_unit_test(test_broken_escapes_are_refused),
        cmocka_unit_test(test_base64_vectors),
        cmocka_unit_test(test_utf8),
        cmocka_unit_test(test_integers),
        cmocka_unit_test(test_parts_of_an_address),
        cmocka_unit_test(test_default_ports),
        cmocka_unit_test(test_bad_addresses_are_refused),
        cmocka_unit_test(test_references_are_resolved),
        cmocka_unit_test(test_origins),
        cmocka_unit_test(test_headers_are_found),
        cmocka_unit_test(test_header_values_and_names),
        cmocka_unit_test(test_retry_after),
        cmocka_unit_test(test_durations),
        cmocka_unit_test(test_nearest_names),
    };
    return RUN_TESTS(tests);
}
