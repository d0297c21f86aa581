// SPDX-License-Identifier: MIT
#include "unit.h"

#include <zlib.h>

#include "core/buf.h"
#include "core/gunzip.h"

enum { LIMIT = 1 << 20 };

static void pack(struct bd_buf *out, const char *text, size_t len)
{
    z_stream stream = {0};
    assert_int_equal(deflateInit2(&stream, 9, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY),
                     Z_OK);
    bd_buf_reserve(out, deflateBound(&stream, len));
    stream.next_in = (Bytef *)(uintptr_t)text;
    stream.avail_in = (uInt)len;
    stream.next_out = (Bytef *)out->data;
    stream.avail_out = (uInt)out->cap;
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    out->len = out->cap - stream.avail_out;
    deflateEnd(&stream);
}

static void test_pieces_of_one_byte(void **state)
{
    static const char TEXT[] = "{\"success\":true,\"can_id\":1381134}";
    struct bd_buf packed = {0};
    struct bd_buf out = {0};
    struct bd_gunzip *gunzip = bd_gunzip_open();
    (void)state;
    pack(&packed, TEXT, sizeof TEXT - 1);
    for (size_t i = 0; i < packed.len; i++) {
        assert_false(bd_gunzip_ended(gunzip));
        assert_int_equal(bd_gunzip_add(gunzip, packed.data + i, 1, &out, LIMIT), BD_GUNZIP_OK);
    }
    assert_true(bd_gunzip_ended(gunzip));
    assert_string_equal(bd_buf_text(&out), TEXT);
    bd_gunzip_close(gunzip);
    bd_buf_free(&packed);
    bd_buf_free(&out);
}

static void test_a_cut_stream_has_not_ended(void **state)
{
    struct bd_buf packed = {0};
    struct bd_buf out = {0};
    struct bd_gunzip *gunzip = bd_gunzip_open();
    (void)state;
    pack(&packed, "some text that is cut", 21);
    assert_int_equal(bd_gunzip_add(gunzip, packed.data, packed.len - 1, &out, LIMIT), BD_GUNZIP_OK);
    assert_false(bd_gunzip_ended(gunzip));
    bd_gunzip_close(gunzip);
    bd_buf_free(&packed);
    bd_buf_free(&out);
}

static void test_damage_is_seen(void **state)
{
    struct bd_buf packed = {0};
    struct bd_buf out = {0};
    struct bd_gunzip *gunzip = bd_gunzip_open();
    (void)state;
    pack(&packed, "some text that is damaged", 25);
    packed.data[packed.len - 6] ^= 1; // its check sum
    assert_int_equal(bd_gunzip_add(gunzip, packed.data, packed.len, &out, LIMIT), BD_GUNZIP_BROKEN);
    bd_gunzip_close(gunzip);
    bd_buf_free(&packed);
    bd_buf_free(&out);
}

static void test_bytes_behind_the_end_are_refused(void **state)
{
    struct bd_buf packed = {0};
    struct bd_buf out = {0};
    struct bd_gunzip *gunzip = bd_gunzip_open();
    (void)state;
    pack(&packed, "text", 4);
    bd_buf_add_text(&packed, "more");
    assert_int_equal(bd_gunzip_add(gunzip, packed.data, packed.len, &out, LIMIT), BD_GUNZIP_BROKEN);
    bd_gunzip_close(gunzip);
    bd_buf_free(&packed);
    bd_buf_free(&out);
}

static void test_a_bomb_stops_at_the_limit(void **state)
{
    enum { HUGE_LEN = 64 << 20 };
    struct bd_buf text = {0};
    struct bd_buf packed = {0};
    struct bd_buf out = {0};
    struct bd_gunzip *gunzip = bd_gunzip_open();
    (void)state;
    bd_buf_reserve(&text, HUGE_LEN);
    memset(text.data, 'a', HUGE_LEN);
    pack(&packed, text.data, HUGE_LEN);
    assert_int_equal(bd_gunzip_add(gunzip, packed.data, packed.len, &out, LIMIT),
                     BD_GUNZIP_TOO_LARGE);
    assert_true(out.cap < 4 * LIMIT);
    bd_gunzip_close(gunzip);
    bd_buf_free(&text);
    bd_buf_free(&packed);
    bd_buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pieces_of_one_byte),
        cmocka_unit_test(test_a_cut_stream_has_not_ended),
        cmocka_unit_test(test_damage_is_seen),
        cmocka_unit_test(test_bytes_behind_the_end_are_refused),
        cmocka_unit_test(test_a_bomb_stops_at_the_limit),
    };
    return RUN_TESTS(tests);
}
