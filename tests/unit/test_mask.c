// SPDX-License-Identifier: MIT
#include "unit.h"

#include "core/buf.h"
#include "core/encode.h"
#include "core/mask.h"

static const char SECRET[] = "S3cr+t/\"v\xc3\xa9lo=9 x";

static void check_masked(const struct bd_mask *mask, const char *text, size_t len)
{
    struct bd_buf out = {0};
    bd_mask_apply(mask, &out, text, len);
    assert_non_null(strstr(bd_buf_text(&out), BD_MASKED));
    assert_true(bd_mask_hits(mask, text, len));
    bd_buf_free(&out);
}

static void test_raw_value(void **state)
{
    struct bd_mask mask = {0};
    struct bd_buf out = {0};
    (void)state;
    assert_true(bd_mask_add(&mask, SECRET, sizeof SECRET - 1));
    bd_buf_add_text(&out, "before ");
    struct bd_buf text = {0};
    bd_buf_add_text(&text, "token=");
    bd_buf_add_text(&text, SECRET);
    bd_buf_add_text(&text, "; twice ");
    bd_buf_add_text(&text, SECRET);
    bd_mask_apply(&mask, &out, text.data, text.len);
    assert_string_equal(bd_buf_text(&out), "before token=[secret]; twice [secret]");
    bd_buf_free(&text);
    bd_buf_free(&out);
    bd_mask_free(&mask);
}

static void test_encoded_forms(void **state)
{
    struct bd_mask mask = {0};
    struct bd_buf text = {0};
    (void)state;
    assert_true(bd_mask_add(&mask, SECRET, sizeof SECRET - 1));
    bd_encode_form(&text, SECRET, sizeof SECRET - 1);
    check_masked(&mask, text.data, text.len);
    bd_buf_reset(&text, 0);
    bd_encode_percent(&text, SECRET, sizeof SECRET - 1);
    check_masked(&mask, text.data, text.len);
    bd_buf_reset(&text, 0);
    bd_encode_json_string(&text, SECRET, sizeof SECRET - 1);
    check_masked(&mask, text.data, text.len);
    bd_buf_reset(&text, 0);
    for (size_t i = 0; i < sizeof SECRET - 1; i++) {
        bd_buf_addf(&text, "%02x", (unsigned char)SECRET[i]);
    }
    check_masked(&mask, text.data, text.len);
    bd_buf_free(&text);
    bd_mask_free(&mask);
}

// Whatever stands before and behind it in the encoded text.
static void test_base64_at_every_offset(void **state)
{
    struct bd_mask mask = {0};
    (void)state;
    assert_true(bd_mask_add(&mask, SECRET, sizeof SECRET - 1));
    for (size_t before = 0; before < 6; before++) {
        for (size_t behind = 0; behind < 6; behind++) {
            struct bd_buf plain = {0};
            struct bd_buf text = {0};
            bd_buf_add(&plain, "user:~", before);
            bd_buf_add(&plain, SECRET, sizeof SECRET - 1);
            bd_buf_add(&plain, "\xff|tail", behind);
            bd_encode_base64(&text, plain.data, plain.len);
            check_masked(&mask, text.data, text.len);
            bd_buf_free(&plain);
            bd_buf_free(&text);
        }
    }
    bd_mask_free(&mask);
}

static void test_slash_escaped_as_some_encoders_do(void **state)
{
    struct bd_mask mask = {0};
    static const char TEXT[] = "{\"t\":\"abc\\/def\\/ghi\"}";
    (void)state;
    assert_true(bd_mask_add(&mask, "abc/def/ghi", 11));
    check_masked(&mask, TEXT, sizeof TEXT - 1);
    bd_mask_free(&mask);
}

static void test_longest_form_wins(void **state)
{
    struct bd_mask mask = {0};
    struct bd_buf out = {0};
    (void)state;
    assert_true(bd_mask_add(&mask, "secret-1", 8));
    assert_true(bd_mask_add(&mask, "secret-1-and-more", 17));
    bd_mask_apply(&mask, &out, "x secret-1-and-more y", 21);
    assert_string_equal(bd_buf_text(&out), "x [secret] y");
    bd_buf_free(&out);
    bd_mask_free(&mask);
}

static void test_short_values_are_refused(void **state)
{
    struct bd_mask mask = {0};
    (void)state;
    assert_false(bd_mask_add(&mask, "", 0));
    assert_false(bd_mask_add(&mask, "12345", 5));
    assert_int_equal(mask.count, 0);
    bd_mask_free(&mask);
}

static void test_other_text_is_unchanged(void **state)
{
    struct bd_mask mask = {0};
    struct bd_buf out = {0};
    static const char TEXT[] = "nothing of it: S3cr t, c2VjcmV0, %73";
    (void)state;
    assert_true(bd_mask_add(&mask, SECRET, sizeof SECRET - 1));
    bd_mask_apply(&mask, &out, TEXT, sizeof TEXT - 1);
    assert_string_equal(bd_buf_text(&out), TEXT);
    bd_buf_free(&out);
    bd_mask_free(&mask);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_raw_value),
        cmocka_unit_test(test_encoded_forms),
        cmocka_unit_test(test_base64_at_every_offset),
        cmocka_unit_test(test_slash_escaped_as_some_encoders_do),
        cmocka_unit_test(test_longest_form_wins),
        cmocka_unit_test(test_short_values_are_refused),
        cmocka_unit_test(test_other_text_is_unchanged),
    };
    return RUN_TESTS(tests);
}
