// SPDX-License-Identifier: MIT
// JSON both ways: what is accepted with which Lua type, what is refused with which fault, and that nothing
// leaks when memory runs out.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <inttypes.h>
#include <lauxlib.h>
#include <lualib.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "core/error.h"
#include "core/json.h"

// The package's lua-cjson leaks the buffer of a decoding that a Lua memory error leaves; that is known and
// no fault of the code under test. Called by the leak checker, if there is one.
const char *__lsan_default_suppressions(void); // NOLINT(bugprone-reserved-identifier)
const char *__lsan_default_suppressions(void)  // NOLINT(bugprone-reserved-identifier)
{
    return "leak:lua5.4-cjson\nleak:strbuf_new\n";
}

// ------------------------------------------------------------------------------------------------
// Helpers

static int l_array(lua_State *L)
{
    lua_settop(L, 1);
    bd_json_mark_array(L, 1);
    return 1;
}

static int l_object(lua_State *L)
{
    lua_settop(L, 1);
    bd_json_mark_object(L, 1);
    return 1;
}

static int l_is_array(lua_State *L)
{
    lua_pushboolean(L, bd_json_is_array(L, 1));
    return 1;
}

// nest(depth) -> tables in tables; the innermost is empty
static int l_nest(lua_State *L)
{
    lua_Integer depth = luaL_checkinteger(L, 1);
    lua_newtable(L);
    for (lua_Integer i = 1; i < depth; i++) {
        lua_createtable(L, 1, 0);
        lua_insert(L, -2);
        lua_rawseti(L, -2, 1);
    }
    return 1;
}

static int setup(void **state)
{
    lua_State *L = luaL_newstate();
    assert_non_null(L);
    luaL_openlibs(L);
    bd_error_open(L);
    bd_json_open(L);
    bd_json_push_null(L);
    lua_setglobal(L, "null");
    lua_register(L, "array", l_array);
    lua_register(L, "object", l_object);
    lua_register(L, "is_array", l_is_array);
    lua_register(L, "nest", l_nest);
    assert_int_equal(lua_gettop(L), 0);
    *state = L;
    return 0;
}

static int teardown(void **state)
{
    lua_State *L = *state;
    assert_int_equal(lua_gettop(L), 0);
    lua_close(L);
    return 0;
}

// Pushes the value of a Lua expression.
static void eval(lua_State *L, const char *expression)
{
    lua_pushfstring(L, "return %s", expression);
    if (luaL_dostring(L, lua_tostring(L, -1)) != LUA_OK) {
        fail_msg("%s: %s", expression, lua_tostring(L, -1));
    }
    lua_remove(L, 1);
    assert_int_equal(lua_gettop(L), 1);
}

// Decodes a copy without a byte behind it, so that reading there is found.
static bool decode_exactly(lua_State *L, const char *text, size_t len, unsigned flags,
                           struct bd_json_fault *fault)
{
    char *copy = NULL;
    if (text != NULL) {
        copy = malloc(len > 0 ? len : 1);
        assert_non_null(copy);
        memcpy(copy, text, len);
    }
    bool decoded = bd_json_decode(L, copy, len, flags, fault);
    free(copy);
    return decoded;
}

static void decode_bytes(lua_State *L, const char *text, size_t len, unsigned flags)
{
    struct bd_json_fault fault;
    if (!decode_exactly(L, text, len, flags, &fault)) {
        fail_msg("%.80s: %s at %zu", text, fault.message, fault.offset);
    }
    assert_int_equal(lua_gettop(L), 1);
}

// The text decodes to a value `v` of which the Lua expression is true.
static void decodes_with(lua_State *L, const char *text, unsigned flags, const char *expression)
{
    decode_bytes(L, text, strlen(text), flags);
    lua_setglobal(L, "v");
    eval(L, expression);
    if (!lua_toboolean(L, -1)) {
        fail_msg("%s: not true that %s", text, expression);
    }
    lua_pop(L, 1);
}

static void decodes(lua_State *L, const char *text, const char *expression)
{
    decodes_with(L, text, 0, expression);
}

static void refuses_bytes(lua_State *L, const char *text, size_t len, unsigned flags, size_t offset,
                          const char *message)
{
    struct bd_json_fault fault = {.offset = 9999};
    if (decode_exactly(L, text, len, flags, &fault)) {
        fail_msg("%s: accepted", text);
    }
    assert_int_equal(lua_gettop(L), 0);
    assert_string_equal(fault.message, message);
    assert_int_equal(fault.offset, offset);
}

static void refuses(lua_State *L, const char *text, size_t offset, const char *message)
{
    refuses_bytes(L, text, strlen(text), 0, offset, message);
}

static void encodes_with(lua_State *L, const char *expression, unsigned flags, const char *expected)
{
    struct bd_buf out = {0};
    struct bd_json_fault fault;
    eval(L, expression);
    if (!bd_json_encode(L, -1, flags, &out, &fault)) {
        fail_msg("%s: %s", expression, fault.message);
    }
    assert_int_equal(lua_gettop(L), 1);
    assert_string_equal(bd_buf_text(&out), expected);
    bd_buf_free(&out);
    lua_pop(L, 1);
}

static void encodes(lua_State *L, const char *expression, const char *expected)
{
    encodes_with(L, expression, 0, expected);
}

static void cannot_encode(lua_State *L, const char *expression, const char *message)
{
    struct bd_buf out = {0};
    struct bd_json_fault fault = {.offset = 9999};
    eval(L, expression);
    if (bd_json_encode(L, -1, 0, &out, &fault)) {
        fail_msg("%s: encoded as %s", expression, bd_buf_text(&out));
    }
    assert_int_equal(lua_gettop(L), 1);
    assert_int_equal(out.len, 0);
    assert_int_equal(fault.offset, 0);
    assert_string_equal(fault.message, message);
    bd_buf_free(&out);
    lua_pop(L, 1);
}

// ------------------------------------------------------------------------------------------------
// Decoding: numbers

static void an_integer_arrives_as_an_integer(void **state)
{
    decodes(*state, "1", "math.type(v) == 'integer' and v == 1");
    decodes(*state, "{\"a\":-12,\"b\":[3]}",
            "math.type(v.a) == 'integer' and v.a == -12 and math.type(v.b[1]) == 'integer'");
}

static void an_integral_float_stays_a_float(void **state)
{
    decodes(*state, "1.0", "math.type(v) == 'float' and v == 1");
    decodes(*state, "[15.00]", "math.type(v[1]) == 'float' and v[1] == 15");
}

static void an_exponent_makes_a_float(void **state)
{
    decodes(*state, "1e3", "math.type(v) == 'float' and v == 1000");
    decodes(*state, "[1E+2,5e-1]", "math.type(v[1]) == 'float' and v[1] == 100 and v[2] == 0.5");
}

static void a_fraction_arrives_as_a_float(void **state)
{
    decodes(*state, "{\"a\":12.5}", "v.a == 12.5");
    decodes(*state, "0.99999999999999999999", "math.type(v) == 'float' and v == 1.0");
}

static void integers_beyond_2_to_53_are_exact(void **state)
{
    decodes(*state, "9007199254740993", "v == 9007199254740993");
    decodes(*state, "[100000000000001]", "v[1] == 100000000000001");
    decodes(*state, "[999999999999999,1000000000000000]",
            "v[1] == 999999999999999 and v[2] == 1000000000000000");
}

static void the_limits_of_64_bits_are_exact(void **state)
{
    decodes(*state, "[9223372036854775807,-9223372036854775808]",
            "v[1] == math.maxinteger and v[2] == math.mininteger");
}

static void an_integer_outside_64_bits_is_a_fault(void **state)
{
    refuses(*state, "[1, 9223372036854775808]", 4, "an integer outside 64 bits");
    refuses(*state, "-9223372036854775809", 0, "an integer outside 64 bits");
    refuses(*state, "10000000000000000000", 0, "an integer outside 64 bits");
}

static void an_integer_outside_64_bits_may_become_text(void **state)
{
    decodes_with(*state, "{\"a\":9223372036854775808,\"b\":-123456789012345678901234567890}",
                 BD_JSON_BIG_AS_TEXT,
                 "v.a == '9223372036854775808' and v.b == '-123456789012345678901234567890'");
    decodes_with(*state, "9223372036854775807", BD_JSON_BIG_AS_TEXT, "v == math.maxinteger");
}

static void minus_zero_is_an_integer_without_a_point_and_a_float_with_one(void **state)
{
    decodes(*state, "-0", "math.type(v) == 'integer' and v == 0");
    decodes(*state, "-0.0", "math.type(v) == 'float' and 1 / v == -math.huge");
}

static void floats_of_17_digits_are_exact(void **state)
{
    decodes(*state, "[3.141592653589793,0.30000000000000004,5e-324,1.7976931348623157e308]",
            "v[1] == math.pi and v[2] == 0.1 + 0.2 and v[3] == 0x1p-1074 and "
            "v[4] == 0x1.fffffffffffffp1023");
}

static void a_number_that_overflows_is_a_fault(void **state)
{
    refuses(*state, "[1e400]", 1, "a number too large for a float");
    refuses(*state, "-1e99999999999999999999", 0, "a number too large for a float");
    refuses(*state, "1.7976931348623159e308", 0, "a number too large for a float");
}

static void a_number_with_a_large_exponent_that_does_not_overflow_is_read(void **state)
{
    decodes(*state, "[0e999,0.00001e312,1e-99999]", "v[1] == 0 and v[2] == 1e307 and v[3] == 0");
}

static void a_number_of_more_than_400_characters_is_a_fault(void **state)
{
    char text[BD_JSON_NUMBER + 2];
    memset(text, '1', sizeof text);
    memcpy(text, "0.", 2);
    text[BD_JSON_NUMBER] = '\0';
    decodes(*state, text, "v > 0.1 and v < 0.2");
    text[BD_JSON_NUMBER] = '1';
    text[BD_JSON_NUMBER + 1] = '\0';
    refuses(*state, text, 0, "a number of more than 400 characters");
}

static void an_integer_of_more_than_400_characters_is_a_fault_even_as_text(void **state)
{
    char text[BD_JSON_NUMBER + 1];
    memset(text, '1', sizeof text);
    refuses_bytes(*state, text, sizeof text, BD_JSON_BIG_AS_TEXT, 0,
                  "a number of more than 400 characters");
}

static void nan_and_infinity_are_faults(void **state)
{
    refuses(*state, "NaN", 0, "NaN and Infinity are not JSON");
    refuses(*state, "[1,Infinity]", 3, "NaN and Infinity are not JSON");
    refuses(*state, "{\"a\":-Infinity}", 5, "NaN and Infinity are not JSON");
}

static void nan_and_infinity_may_be_allowed(void **state)
{
    decodes_with(*state, "{\"a\":NaN,\"b\":[Infinity,-Infinity]}", BD_JSON_ALLOW_NAN,
                 "v.a ~= v.a and v.b[1] == math.huge and v.b[2] == -math.huge");
    refuses_bytes(*state, "[nan]", 5, BD_JSON_ALLOW_NAN, 1, "expected a value, found 'n'");
}

static void numbers_of_other_languages_are_faults(void **state)
{
    refuses(*state, "[0x10]", 2, "expected ',' or ']', found 'x'");
    refuses(*state, "01", 0, "a number that begins with 0");
    refuses(*state, "-01", 0, "a number that begins with 0");
    refuses(*state, "+1", 0, "expected a value, found '+'");
    refuses(*state, ".5", 0, "expected a value, found '.'");
    refuses(*state, "1.", 2, "expected a digit, but the text ends");
    refuses(*state, "[1.e5]", 3, "expected a digit, found 'e'");
    refuses(*state, "[1e+]", 4, "expected a digit, found ']'");
    refuses(*state, "-", 1, "expected a digit, but the text ends");
}

// ------------------------------------------------------------------------------------------------
// Decoding: arrays, objects, null

static void an_empty_array_is_an_array(void **state)
{
    decodes(*state, "[]", "is_array(v) and next(v) == nil");
    decodes(*state, "{\"a\":[ \n],\"b\":[[],[]]}", "is_array(v.a) and is_array(v.b[2])");
}

static void every_array_is_marked(void **state)
{
    decodes(*state, "[1,[\"a\"],[[null]]]",
            "is_array(v) and is_array(v[2]) and is_array(v[3]) and is_array(v[3][1])");
}

static void an_array_behind_the_last_number_is_marked(void **state)
{
    decodes(*state, "[1,\"a\",\"b\",[\"c\"]]", "is_array(v[4])");
}

static void an_object_is_no_array(void **state)
{
    decodes(*state, "{}", "type(v) == 'table' and not is_array(v)");
    decodes(*state, "{\"1\":true}", "not is_array(v) and v['1'] == true");
}

static void an_emptied_array_is_written_as_one(void **state)
{
    lua_State *L = *state;
    decode_bytes(L, "{\"a\":[1]}", 9, 0);
    lua_setglobal(L, "v");
    encodes(L, "(function() table.remove(v.a) return v end)()", "{\"a\":[]}");
}

static void a_null_member_is_left_out(void **state)
{
    decodes(*state, "{\"a\":null,\"b\":{\"c\":null},\"d\":1}",
            "v.a == nil and next(v.b) == nil and v.d == 1");
}

static void a_null_member_may_be_kept(void **state)
{
    decodes_with(*state, "{\"a\":null}", BD_JSON_KEEP_NULL, "v.a == null");
}

static void a_null_element_is_kept(void **state)
{
    decodes(*state, "[null,1,null]", "#v == 3 and v[1] == null and v[3] == null");
}

static void a_null_that_is_the_whole_text_is_kept(void **state)
{
    decodes(*state, "null", "v == null");
}

static void literals_are_read(void **state)
{
    decodes(*state, " [true , false] ", "v[1] == true and v[2] == false");
    refuses(*state, "[tru]", 1, "expected a value, found 't'");
    refuses(*state, "nul", 0, "expected a value, found 'n'");
    refuses(*state, "[falsey]", 6, "expected ',' or ']', found 'y'");
}

static void a_duplicate_key_is_a_fault(void **state)
{
    refuses(*state, "{\"a\":1,\"b\":2,\"a\":1}", 13, "the key \"a\" appears twice in one object");
    refuses(*state, "{\"x\":[{\"a\":null, \"a\" :null}]}", 17,
            "the key \"a\" appears twice in one object");
    refuses(*state, "[1.0,{\"\":[],\"\":[]}]", 12, "the key \"\" appears twice in one object");
}

static void a_duplicate_key_that_is_escaped_is_a_fault(void **state)
{
    refuses(*state, "{\"a\":\"}\\\"{\",\"\\u0061\":2}", 12,
            "the key \"\\u0061\" appears twice in one object");
}

static void a_long_duplicate_key_is_shortened_between_characters(void **state)
{
    char key[128] = "";
    for (int i = 0; i < 31; i++) {
        strcat(key, i == 0 ? "a" : "\xC3\xA9");
    }
    char text[512];
    char message[160];
    (void)snprintf(text, sizeof text, "{\"%s\":1,\"%s\":1}", key, key);
    (void)snprintf(message, sizeof message, "the key \"%.59s...\" appears twice in one object",
                   key);
    refuses(*state, text, strlen(key) + 6, message);
}

static void the_same_key_in_different_objects_is_no_duplicate(void **state)
{
    decodes(*state, "{\"a\":{\"a\":[{\"a\":1},{\"a\":2}]},\"A\":1}", "v.a.a[2].a == 2");
}

static void a_number_is_no_key(void **state)
{
    refuses(*state, "{1e5:106}", 1, "expected a key in quotes, found '1'");
    refuses(*state, "{\"a\":1,[]:2}", 7, "expected a key in quotes, found '['");
}

// ------------------------------------------------------------------------------------------------
// Decoding: strings

static void utf8_is_kept(void **state)
{
    decodes(*state, "\"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80 abcdefghijkl\"",
            "v == '\\u{e9}\\u{20ac}\\u{1f600} abcdefghijkl'");
}

static void malformed_utf8_is_a_fault(void **state)
{
    static const char *const MALFORMED[] = {"\x80",
                                            "\xBF",
                                            "\xC0\x80",
                                            "\xC1\xBF",
                                            "\xC3",
                                            "\xC3(",
                                            "\xE0\x80\x80",
                                            "\xE0\x9F\xBF",
                                            "\xE2\x82",
                                            "\xE2\x28\xA1",
                                            "\xED\xA0\x80",
                                            "\xED\xBF\xBF",
                                            "\xF0\x80\x80\x80",
                                            "\xF0\x8F\xBF\xBF",
                                            "\xF0\x9F\x98",
                                            "\xF4\x90\x80\x80",
                                            "\xF5\x80\x80",
                                            "\xFE",
                                            "\xFF",
                                            "\xFF[]"};
    for (size_t i = 0; i < sizeof MALFORMED / sizeof MALFORMED[0]; i++) {
        char text[32];
        (void)snprintf(text, sizeof text, "[\"ab%s\"]", MALFORMED[i]);
        refuses(*state, text, 4, "a string that is not UTF-8");
        (void)snprintf(text, sizeof text, "{\"ab%s\":1}", MALFORMED[i]);
        refuses(*state, text, 4, "a string that is not UTF-8");
    }
}

static void a_character_that_the_end_cuts_is_a_fault(void **state)
{
    refuses(*state, "\"\xC3", 1, "a string that is not UTF-8");
    refuses(*state, "\"\xE2\x82", 1, "a string that is not UTF-8");
    refuses(*state, "\"\xF0\x9F\x98", 1, "a string that is not UTF-8");
}

static void escapes_are_undone(void **state)
{
    decodes(*state, "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u20AC\\ud83d\\ude00\"",
            "v == '\"\\\\/\\b\\f\\n\\r\\t\\u{20ac}\\u{1f600}'");
    refuses(*state, "\"ab\\x41\"", 3, "an unknown escape in a string");
    refuses(*state, "\"ab\\", 4, "the text ends inside a string");
    refuses(*state, "\"\\u12g4\"", 1, "\\u without four hexadecimal digits");
    refuses(*state, "\"\\u12", 1, "\\u without four hexadecimal digits");
}

static void half_a_surrogate_pair_is_a_fault(void **state)
{
    refuses(*state, "\"a\\ud83d\"", 2, "the first half of a surrogate pair without the second");
    refuses(*state, "\"\\ud83d\\u0041\"", 1,
            "the first half of a surrogate pair without the second");
    refuses(*state, "\"\\ude00\"", 1, "the second half of a surrogate pair without the first");
}

static void an_escaped_nul_is_kept(void **state)
{
    decodes(*state, "[\"a\\u0000b\"]", "v[1] == 'a\\0b'");
}

static void a_raw_nul_is_a_fault(void **state)
{
    refuses_bytes(*state, "\"a\0b\"", 5, 0, 2, "a NUL byte in a string");
    refuses_bytes(*state, "[1]\0 garbage", 12, 0, 3, "a NUL byte behind the value");
    refuses_bytes(*state, "[\0]", 3, 0, 1, "expected a value, found the byte 0x00");
}

static void a_raw_control_character_is_a_fault(void **state)
{
    refuses(*state, "[\"line\nline\"]", 6, "a raw control character in a string");
}

// The strings are read by words of eight bytes: all lengths before, and behind, the odd character.
static void an_odd_character_is_found_at_any_place(void **state)
{
    static const char ODD[] = {'\x01', '\x1F', '\x80', '\xFF'};
    for (size_t before = 0; before < 20; before++) {
        for (size_t behind = 0; behind < 20; behind++) {
            char text[64];
            memset(text, 'x', sizeof text);
            text[0] = '"';
            text[1 + before + 1 + behind] = '"';
            size_t len = 1 + before + 1 + behind + 1;
            decode_bytes(*state, text, len, 0);
            assert_int_equal(lua_rawlen(*state, -1), len - 2);
            lua_pop((lua_State *)*state, 1);
            text[1 + before] = ODD[(before + behind) % sizeof ODD];
            struct bd_json_fault fault;
            assert_false(bd_json_decode(*state, text, len, 0, &fault));
            assert_int_equal(fault.offset, 1 + before);
        }
    }
}

// ------------------------------------------------------------------------------------------------
// Decoding: the whole text

static void more_text_behind_the_value_is_a_fault(void **state)
{
    refuses(*state, "{} {}", 3, "more text behind the value");
    refuses(*state, "1 2", 2, "more text behind the value");
    refuses(*state, "[1],", 3, "more text behind the value");
}

static void a_comma_too_many_is_a_fault(void **state)
{
    refuses(*state, "[1,]", 3, "expected a value, found ']'");
    refuses(*state, "{\"a\":1,}", 7, "expected a key in quotes, found '}'");
    refuses(*state, "[,1]", 1, "expected a value, found ','");
}

static void a_comment_is_a_fault(void **state)
{
    refuses(*state, "[1 /* one */]", 3, "expected ',' or ']', found '/'");
}

static void html_is_a_fault(void **state)
{
    refuses(*state, "<html>", 0, "expected a value, found '<'");
}

static void an_empty_text_is_a_fault(void **state)
{
    refuses(*state, "", 0, "the text is empty");
    refuses(*state, " \r\n\t", 4, "the text is empty");
    refuses_bytes(*state, NULL, 0, 0, 0, "the text is empty");
}

static void a_text_that_is_cut_is_a_fault_at_its_end(void **state)
{
    refuses(*state, "{\"a\":[1,", 8, "expected a value, but the text ends");
    refuses(*state, "{\"a\":[1", 7, "expected ',' or ']', but the text ends");
    refuses(*state, "{\"a", 3, "the text ends inside a string");
    refuses(*state, "{\"a\"", 4, "expected ':', but the text ends");
    refuses(*state, "{", 1, "expected a key in quotes, but the text ends");
    refuses(*state, "[", 1, "expected a value, but the text ends");
}

static void brackets_must_match(void **state)
{
    refuses(*state, "[1}", 2, "expected ',' or ']', found '}'");
    refuses(*state, "{\"a\":1]", 6, "expected ',' or '}', found ']'");
    refuses(*state, "]", 0, "expected a value, found ']'");
}

static void a_byte_order_mark_is_a_fault(void **state)
{
    refuses(*state, "\xEF\xBB\xBF{}", 0, "begins with a byte order mark");
}

static void nested_text(char *text, size_t depth, const char *open, const char *close)
{
    text[0] = '\0';
    for (size_t i = 0; i < depth; i++) {
        strcat(text, open);
    }
    for (size_t i = 0; i < depth; i++) {
        strcat(text, close);
    }
}

static void arrays_512_deep_are_read_and_513_are_a_fault(void **state)
{
    char text[2 * BD_JSON_DEPTH + 3];
    nested_text(text, BD_JSON_DEPTH, "[", "]");
    decodes(*state, text, "is_array(v[1][1][1])");
    nested_text(text, BD_JSON_DEPTH + 1, "[", "]");
    refuses(*state, text, BD_JSON_DEPTH, "more than 512 levels of arrays and objects");
}

static void objects_512_deep_are_read_and_513_are_a_fault(void **state)
{
    const size_t depth = BD_JSON_DEPTH;
    char text[8 * BD_JSON_DEPTH];
    nested_text(text, depth - 1, "{\"\":", "}");
    memmove(text + 4 * (depth - 1) + 2, text + 4 * (depth - 1), depth);
    memcpy(text + 4 * (depth - 1), "{}", 2);
    decodes(*state, text, "v['']['']");
    nested_text(text, depth + 1, "{\"\":", "}");
    refuses(*state, text, 4 * depth, "more than 512 levels of arrays and objects");
}

static void a_text_of_more_than_256_mib_is_a_fault(void **state)
{
    size_t len = (size_t)BD_JSON_LONGEST_READ + 1;
    char *text = calloc(len, 1); // never touched
    assert_non_null(text);
    struct bd_json_fault fault;
    assert_false(bd_json_decode(*state, text, len, 0, &fault));
    assert_string_equal(fault.message, "a text of more than 256 MiB");
    free(text);
}

// The copy with marks is kept in a fixed room, or in a new one when that is too small.
static void a_marked_text_may_have_any_length(void **state)
{
    lua_State *L = *state;
    for (size_t count = 1; count < 3000; count += count < 1340 || count > 1390 ? 97 : 1) {
        struct bd_buf text = {0};
        bd_buf_add_char(&text, '[');
        for (size_t i = 0; i < count; i++) {
            bd_buf_add_text(&text, i == 0 ? "[]" : ",[]");
        }
        bd_buf_add_char(&text, ']');
        decode_bytes(L, text.data, text.len, 0);
        assert_int_equal(lua_rawlen(L, -1), count);
        lua_rawgeti(L, -1, (lua_Integer)count);
        assert_true(bd_json_is_array(L, -1));
        lua_pop(L, 2);
        bd_buf_free(&text);
    }
}

static void decoding_works_in_a_coroutine(void **state)
{
    lua_State *L = *state;
    lua_State *co = lua_newthread(L);
    struct bd_json_fault fault;
    assert_true(bd_json_decode(co, "[1.0]", 5, 0, &fault));
    assert_int_equal(lua_gettop(co), 1);
    assert_true(bd_json_is_array(co, -1));
    lua_pop(L, 1);
}

// descend(levels) -> the message of a decoding that many C calls deep, or true when it succeeded
static int l_descend(lua_State *L)
{
    lua_Integer levels = luaL_checkinteger(L, 1);
    struct bd_json_fault fault;
    if (levels > 0) {
        lua_pushcfunction(L, l_descend);
        lua_pushinteger(L, levels - 1);
        lua_call(L, 1, 1);
    } else if (bd_json_decode(L, "[1]", 3, 0, &fault)) {
        lua_pushboolean(L, true);
    } else {
        lua_pushstring(L, fault.message);
    }
    return 1;
}

// Where C calls can go no deeper, lua-cjson is not even entered.
static void an_error_behind_the_scan_becomes_a_fault(void **state)
{
    lua_State *L = *state;
    int faults = 0;
    for (int levels = 150; levels < 220; levels++) {
        lua_pushcfunction(L, l_descend);
        lua_pushinteger(L, levels);
        if (lua_pcall(L, 1, 1, 0) == LUA_OK && lua_type(L, -1) == LUA_TSTRING) {
            assert_string_equal(lua_tostring(L, -1), "C stack overflow");
            faults++;
        }
        lua_pop(L, 1);
    }
    assert_true(faults > 0);
}

// ------------------------------------------------------------------------------------------------
// Encoding

static void integers_are_written_exactly(void **state)
{
    encodes(*state, "1", "1");
    encodes(*state, "{100000000000001, -99999999999999, 99999999999999, -100000000000000}",
            "[100000000000001,-99999999999999,99999999999999,-100000000000000]");
    encodes(*state, "{a = 9007199254740993}", "{\"a\":9007199254740993}");
    encodes(*state, "{math.maxinteger, math.mininteger}",
            "[9223372036854775807,-9223372036854775808]");
}

static void floats_are_written_as_briefly_as_they_read_back(void **state)
{
    encodes(
        *state, "{0.1, 0.1 + 0.2, 12.5, 1 / 3, math.pi, -2.675, 1234567.125}",
        "[0.1,0.30000000000000004,12.5,0.3333333333333333,3.141592653589793,-2.675,1234567.125]");
    encodes(*state, "{5e-324, 0x1.fffffffffffffp1023, 1e-7, 123456789.123456}",
            "[4.94065645841247e-324,1.7976931348623157e+308,1e-07,123456789.123456]");
}

static void integral_floats_are_written_as_floats(void **state)
{
    encodes(*state, "{5.0, 10 / 2, -0.0, 1e14, 1e15, 1e300}",
            "[5.0,5.0,-0.0,100000000000000.0,1e+15,1e+300]");
}

static void integral_floats_may_be_written_as_integers(void **state)
{
    encodes_with(*state, "{5.0, -0.0, 0.0, 1e15, 2.0^62, -2.0^63, 0.5}", BD_JSON_INTEGRAL_FLOATS,
                 "[5,0,0,1000000000000000,4611686018427387904,-9223372036854775808,0.5]");
    encodes_with(*state, "{2.0^63}", BD_JSON_INTEGRAL_FLOATS, "[9.223372036854776e+18]");
}

static void nan_and_infinity_cannot_be_encoded(void **state)
{
    cannot_encode(*state, "0/0", "NaN has no JSON form");
    cannot_encode(*state, "{a = {1, -math.huge}}", "a[2]: infinity has no JSON form");
    cannot_encode(*state, "{math.huge}", "[1]: infinity has no JSON form");
}

static void a_slash_is_not_escaped(void **state)
{
    encodes(*state, "'http://a/'", "\"http://a/\"");
    encodes(*state, "{['a/b'] = '\\\\/\\\\\\\\/'}", "{\"a/b\":\"\\\\/\\\\\\\\/\"}");
    encodes(*state, "{'/', 1.0, '/', {}, array{}}", "[\"/\",1.0,\"/\",{},[]]");
}

static void what_must_be_escaped_is(void **state)
{
    encodes(*state, "'\"\\\\\\b\\f\\n\\r\\t\\0\\x1f\\x7f'",
            "\"\\\"\\\\\\b\\f\\n\\r\\t\\u0000\\u001f\\u007f\"");
}

static void utf8_is_written_as_it_is(void **state)
{
    encodes(*state, "{'\\u{e9}\\u{20ac}\\u{1f600}'}", "[\"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\"]");
}

static void malformed_utf8_cannot_be_encoded(void **state)
{
    cannot_encode(*state, "'\\xff'", "the string is not UTF-8 from byte 1 on");
    cannot_encode(*state, "{name = 'J\\xe9r\\xf4me'}",
                  "name: the string is not UTF-8 from byte 2 on");
    cannot_encode(*state, "{'abcdefgh\\xed\\xa0\\x80'}",
                  "[1]: the string is not UTF-8 from byte 9 on");
}

static void a_string_that_looks_like_a_mark_cannot_be_encoded(void **state)
{
    cannot_encode(*state, "{'\\xff[]', array{}}", "[1]: the string is not UTF-8 from byte 1 on");
}

static void a_key_that_is_not_utf8_cannot_be_encoded(void **state)
{
    cannot_encode(*state, "{{['a\\xff'] = 1}}", "[1][\"a?\"]: the key is not UTF-8 from byte 2 on");
}

static void an_empty_table_is_an_object_unless_it_is_marked(void **state)
{
    encodes(*state, "{}", "{}");
    encodes(*state, "object{}", "{}");
    encodes(*state, "array{}", "[]");
    encodes(*state, "{a = array{}}", "{\"a\":[]}");
    encodes(*state, "{{}, array{}, object{}}", "[{},[],{}]");
}

static void a_marked_array_with_elements_is_an_array(void **state)
{
    encodes(*state, "array{1, 'a', null}", "[1,\"a\",null]");
}

static void an_array_that_was_filled_backwards_is_an_array(void **state)
{
    encodes(*state, "(function() local t = {} for i = 5, 1, -1 do t[i] = i end return t end)()",
            "[1,2,3,4,5]");
}

static void a_marked_array_cannot_have_a_named_field(void **state)
{
    cannot_encode(*state, "{list = array{a = 1}}", "list.a: an array cannot have a named field");
}

static void a_marked_object_cannot_have_elements(void **state)
{
    cannot_encode(*state, "object{5}", "[1]: an object cannot have an integer as a key");
}

static void an_array_with_a_hole_cannot_be_encoded(void **state)
{
    cannot_encode(*state, "{rows = {1, 2, nil, 4}}", "rows[3]: the array has a hole here");
    cannot_encode(*state, "{[2] = 1}", "[1]: the array has a hole here");
    cannot_encode(*state, "{[1] = 1, [1000] = 1}", "[2]: the array has a hole here");
}

static void an_index_below_1_cannot_be_encoded(void **state)
{
    cannot_encode(*state, "{a = {[0] = 1}}", "a[0]: the keys of an array begin with 1");
    cannot_encode(*state, "{[-3] = 1}", "[-3]: the keys of an array begin with 1");
}

static void a_table_that_is_both_cannot_be_encoded(void **state)
{
    cannot_encode(*state, "{a = {1, 2, b = 3}}",
                  "a: a table with both elements (1 to n) and named fields");
}

static void other_keys_cannot_be_encoded(void **state)
{
    cannot_encode(*state, "{a = {[1.5] = 1}}", "a: a float cannot be a key");
    cannot_encode(*state, "{[true] = 1}", "a boolean cannot be a key");
    cannot_encode(*state, "{[print] = 1}", "a function cannot be a key");
}

static void values_without_a_json_form_cannot_be_encoded(void **state)
{
    cannot_encode(*state, "print", "a function has no JSON form");
    cannot_encode(*state, "{candidates = {{}, {}, {name = print}}}",
                  "candidates[3].name: a function has no JSON form");
    cannot_encode(*state, "{[1] = coroutine.create(print)}", "[1]: a thread has no JSON form");
    cannot_encode(*state, "nil", "nil has no JSON form");
}

static void a_userdata_cannot_be_encoded_and_is_named(void **state)
{
    lua_State *L = *state;
    lua_newuserdatauv(L, 1, 0);
    luaL_newmetatable(L, "beadle.secret");
    lua_setmetatable(L, -2);
    lua_setglobal(L, "secret");
    lua_newuserdatauv(L, 1, 0);
    lua_setglobal(L, "plain");
    cannot_encode(L, "{token = secret}", "token: a userdata (beadle.secret) has no JSON form");
    cannot_encode(L, "{plain}", "[1]: a userdata has no JSON form");
}

static void a_light_userdata_other_than_null_cannot_be_encoded(void **state)
{
    lua_State *L = *state;
    lua_pushlightuserdata(L, L);
    lua_setglobal(L, "light");
    cannot_encode(L, "{light}", "[1]: a userdata has no JSON form");
}

static void a_cycle_cannot_be_encoded(void **state)
{
    cannot_encode(*state, "(function() local t = {} t.self = t return t end)()",
                  "self: the table contains itself");
    cannot_encode(*state,
                  "(function() local t = {a = {}} t.a.list = {{b = t.a}} return {x = t} end)()",
                  "x.a.list[1].b: the table contains itself");
}

static void a_table_that_appears_twice_is_written_twice(void **state)
{
    encodes(*state, "(function() local t = {1.0} return {t, t} end)()", "[[1.0],[1.0]]");
}

static void depth_512_is_written_and_513_is_a_fault(void **state)
{
    lua_State *L = *state;
    struct bd_buf out = {0};
    struct bd_json_fault fault;
    eval(L, "nest(512)");
    assert_true(bd_json_encode(L, -1, 0, &out, &fault));
    assert_int_equal(out.len, 2 * 512);
    lua_pop(L, 1);
    eval(L, "nest(513)");
    assert_false(bd_json_encode(L, -1, 0, &out, &fault));
    assert_non_null(strstr(fault.message, "[1][1]: more than 512 levels of arrays and objects"));
    assert_int_equal(out.len, 2 * 512);
    lua_pop(L, 1);
    bd_buf_free(&out);
}

static void an_odd_key_in_a_path_is_quoted(void **state)
{
    cannot_encode(*state, "{['a b'] = {['1'] = {[''] = print}}}",
                  "[\"a b\"][\"1\"][\"\"]: a function has no JSON form");
    cannot_encode(*state, "{['a\\n\"'] = print}", "[\"a??\"]: a function has no JSON form");
}

static void a_long_key_in_a_path_is_shortened_between_characters(void **state)
{
    cannot_encode(*state, "{[('\\u{e9}'):rep(17)] = print}",
                  "[\"\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9"
                  "\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9...\"]: "
                  "a function has no JSON form");
    cannot_encode(*state, "{['a' .. ('\\u{e9}'):rep(17)] = print}",
                  "[\"a\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9"
                  "\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9...\"]: "
                  "a function has no JSON form");
}

static void a_long_path_loses_its_beginning(void **state)
{
    cannot_encode(*state,
                  "{aaaaaaaaaaaaaaaaaaaaaaaaa = {bbbbbbbbbbbbbbbbbbbbbbbbb = "
                  "{ccccccccccccccccccccccccc = {ddddddddddddddddddddddddd = print}}}}",
                  "....ccccccccccccccccccccccccc.ddddddddddddddddddddddddd: "
                  "a function has no JSON form");
}

static void a_text_that_could_burst_the_buffer_is_a_fault(void **state)
{
    cannot_encode(*state,
                  "(function() local s = ('x'):rep(1 << 20) local t = {} "
                  "for i = 1, 200 do t[i] = s end return t end)()",
                  "[171]: the text would be too long");
}

static void encoding_appends(void **state)
{
    lua_State *L = *state;
    struct bd_buf out = {0};
    struct bd_json_fault fault;
    bd_buf_add_text(&out, "data=");
    eval(L, "{a = 1.0}");
    assert_true(bd_json_encode(L, 1, 0, &out, &fault));
    assert_true(bd_json_encode(L, -1, 0, &out, &fault));
    assert_string_equal(bd_buf_text(&out), "data={\"a\":1.0}{\"a\":1.0}");
    lua_pop(L, 1);
    bd_buf_free(&out);
}

static void encoding_goes_on_after_a_large_text(void **state)
{
    lua_State *L = *state;
    struct bd_buf out = {0};
    struct bd_json_fault fault;
    for (int i = 0; i < 2; i++) {
        out.len = 0;
        eval(L, "('/'):rep(3000000)");
        assert_true(bd_json_encode(L, -1, 0, &out, &fault));
        assert_int_equal(out.len, 3000002);
        lua_pop(L, 1);
        encodes(L, "{'/'}", "[\"/\"]");
    }
    bd_buf_free(&out);
}

static void encoding_leaves_the_tables_as_they_are(void **state)
{
    lua_State *L = *state;
    assert_int_equal(luaL_dostring(L, "inner = array{} list = {1.0, 2, inner, math.maxinteger} "
                                      "doc = {a = 0.1 + 0.2, list = list, o = object{x = 1.0}}"),
                     LUA_OK);
    struct bd_buf out = {0};
    struct bd_json_fault fault;
    lua_getglobal(L, "doc");
    assert_true(bd_json_encode(L, -1, 0, &out, &fault));
    lua_pop(L, 1);
    bd_buf_free(&out);
    eval(L, "doc.a == 0.1 + 0.2 and doc.list == list and doc.o.x == 1.0 and "
            "math.type(doc.o.x) == 'float' and #list == 4 and math.type(list[1]) == 'float' and "
            "list[2] == 2 and list[3] == inner and next(inner) == nil and is_array(inner) and "
            "list[4] == math.maxinteger and getmetatable(list) == nil");
    assert_true(lua_toboolean(L, -1));
    lua_pop(L, 1);
}

static void metamethods_are_not_called(void **state)
{
    encodes(*state, "setmetatable({a = 1}, {__pairs = error, __index = error, __len = error})",
            "{\"a\":1}");
}

// ------------------------------------------------------------------------------------------------
// json.null and marks

static void null_is_told_from_other_values(void **state)
{
    lua_State *L = *state;
    bd_json_push_null(L);
    lua_pushnil(L);
    lua_pushlightuserdata(L, L);
    assert_true(bd_json_is_null(L, 1));
    assert_false(bd_json_is_null(L, 2));
    assert_false(bd_json_is_null(L, 3));
    lua_settop(L, 0);
}

static void null_prints_as_null(void **state)
{
    lua_State *L = *state;
    eval(L, "tostring(null)");
    assert_string_equal(lua_tostring(L, -1), "null");
    lua_pop(L, 1);
}

static void indexing_null_is_an_error_that_says_so(void **state)
{
    lua_State *L = *state;
    eval(L, "select(2, pcall(function() return null.name end)).message");
    assert_string_equal(lua_tostring(L, -1), "json.null has no field 'name'");
    lua_pop(L, 1);
    eval(L, "select(2, pcall(function() null[1] = 2 end)).message");
    assert_string_equal(lua_tostring(L, -1), "json.null has no fields or elements");
    lua_pop(L, 1);
}

static void a_mark_can_be_changed(void **state)
{
    encodes(*state, "object(array{})", "{}");
    encodes(*state, "array(object{})", "[]");
}

static void only_marked_tables_are_arrays(void **state)
{
    lua_State *L = *state;
    eval(L, "is_array(array{}) and not is_array(object{}) and not is_array{1} and not is_array(1) "
            "and not is_array(setmetatable({}, {}))");
    assert_true(lua_toboolean(L, -1));
    lua_pop(L, 1);
}

static void the_metatables_cannot_be_reached(void **state)
{
    lua_State *L = *state;
    eval(L, "getmetatable(array{}) == 'json.array' and getmetatable(null) == 'json.null'");
    assert_true(lua_toboolean(L, -1));
    lua_pop(L, 1);
}

// ------------------------------------------------------------------------------------------------
// Random documents

enum node_type {
    NODE_NULL,
    NODE_BOOLEAN,
    NODE_INTEGER,
    NODE_FLOAT,
    NODE_STRING,
    NODE_ARRAY,
    NODE_OBJECT
};

struct node {
    enum node_type type;
    int64_t integer; // or the boolean
    double number;
    char text[64]; // a string; it holds no NUL
    char key[96];
    size_t count;
    struct node *members;
};

static uint64_t next_random(uint64_t *seed)
{
    *seed += UINT64_C(0x9E3779B97F4A7C15);
    uint64_t z = *seed;
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

static size_t below(uint64_t *seed, size_t limit)
{
    return (size_t)(next_random(seed) % limit);
}

static int64_t random_integer(uint64_t *seed)
{
    uint64_t bits = next_random(seed) >> below(seed, 64);
    int64_t value = (int64_t)(bits & INT64_MAX);
    return below(seed, 2) ? value : -value - (int64_t)below(seed, 2);
}

static double random_float(uint64_t *seed)
{
    switch (below(seed, 4)) {
    case 0: // any finite bits
        for (;;) {
            uint64_t bits = next_random(seed);
            double value = 0;
            memcpy(&value, &bits, sizeof value);
            if (isfinite(value)) {
                return value;
            }
        }
    case 1: // integral
        return (double)(random_integer(seed) >> below(seed, 50));
    case 2: // a decimal of few digits
        return (double)(int64_t)below(seed, 100000000) / 100.0;
    default:
        return (double)(int64_t)below(seed, 1000) * 0.1;
    }
}

static void random_text(uint64_t *seed, char text[64])
{
    static const char *const PIECES[] = {
        "a",        "/",    "\"",   "\\",           "\n",
        "\x7f",     "\x01", "[]",   "1.0",          "candidate",
        "\xC3\xA9", " ",    "\\u0", "\xE2\x82\xAC", "\xF0\x9F\x98\x80",
        "\t",       "{",    "]",    "null",         "\xEE\x80\x80"};
    text[0] = '\0';
    for (size_t count = below(seed, 6); count > 0; count--) {
        strcat(text, PIECES[below(seed, sizeof PIECES / sizeof PIECES[0])]);
    }
}

static void random_node(uint64_t *seed, struct node *node, int depth)
{
    size_t types = depth < 5 ? NODE_OBJECT + 1 : NODE_STRING + 1;
    memset(node, 0, sizeof *node);
    node->type = depth == 0 ? NODE_ARRAY + (enum node_type)below(seed, 2)
                            : (enum node_type)below(seed, types);
    node->integer = node->type == NODE_BOOLEAN ? (int64_t)below(seed, 2) : random_integer(seed);
    node->number = random_float(seed);
    random_text(seed, node->text);
    if (node->type != NODE_ARRAY && node->type != NODE_OBJECT) {
        return;
    }
    node->count = below(seed, 6);
    node->members = calloc(node->count + 1, sizeof *node->members);
    assert_non_null(node->members);
    for (size_t i = 0; i < node->count; i++) {
        random_node(seed, &node->members[i], depth + 1);
        char text[64];
        random_text(seed, text);
        (void)snprintf(node->members[i].key, sizeof node->members[i].key, "%s%zu", text, i);
    }
}

static void free_node(struct node *node)
{
    for (size_t i = 0; i < node->count; i++) {
        free_node(&node->members[i]);
    }
    free(node->members);
}

static void write_space(uint64_t *seed, struct bd_buf *out)
{
    static const char *const SPACES[] = {"", "", "", " ", "\n  ", "\t", "\r\n"};
    bd_buf_add_text(out, SPACES[below(seed, sizeof SPACES / sizeof SPACES[0])]);
}

static void write_string(uint64_t *seed, struct bd_buf *out, const char *text)
{
    bd_buf_add_char(out, '"');
    for (const char *p = text; *p != '\0'; p++) {
        unsigned char c = (unsigned char)*p;
        if (c < 0x20 || c == '"' || c == '\\' || (c < 0x80 && below(seed, 10) == 0)) {
            bd_buf_addf(out, below(seed, 2) ? "\\u%04x" : "\\u%04X", c);
        } else {
            bd_buf_add_char(out, *p);
        }
    }
    bd_buf_add_char(out, '"');
}

static void write_float(struct bd_buf *out, double value)
{
    size_t begin = out->len;
    bd_buf_addf(out, "%.17g", value);
    if (strpbrk(bd_buf_text(out) + begin, ".e") == NULL) {
        bd_buf_add_text(out, ".0");
    }
}

static void write_node(uint64_t *seed, struct bd_buf *out, const struct node *node);

static void write_members(uint64_t *seed, struct bd_buf *out, const struct node *node)
{
    bool object = node->type == NODE_OBJECT;
    bd_buf_add_char(out, object ? '{' : '[');
    for (size_t i = 0; i < node->count; i++) {
        bd_buf_add_text(out, i > 0 ? "," : "");
        write_space(seed, out);
        if (object) {
            write_string(seed, out, node->members[i].key);
            write_space(seed, out);
            bd_buf_add_char(out, ':');
        }
        write_node(seed, out, &node->members[i]);
    }
    write_space(seed, out);
    bd_buf_add_char(out, object ? '}' : ']');
}

static void write_node(uint64_t *seed, struct bd_buf *out, const struct node *node)
{
    write_space(seed, out);
    switch (node->type) {
    case NODE_NULL:
        bd_buf_add_text(out, "null");
        break;
    case NODE_BOOLEAN:
        bd_buf_add_text(out, node->integer ? "true" : "false");
        break;
    case NODE_INTEGER:
        bd_buf_addf(out, "%" PRId64, node->integer);
        break;
    case NODE_FLOAT:
        write_float(out, node->number);
        break;
    case NODE_STRING:
        write_string(seed, out, node->text);
        break;
    default:
        write_members(seed, out, node);
    }
    write_space(seed, out);
}

static bool same(lua_State *L, const struct node *node);

static bool same_members(lua_State *L, const struct node *node)
{
    size_t count = 0;
    for (lua_pushnil(L); lua_next(L, -2) != 0; lua_pop(L, 1)) {
        count++;
    }
    bool equal = lua_istable(L, -1) && count == node->count &&
                 bd_json_is_array(L, -1) == (node->type == NODE_ARRAY);
    for (size_t i = 0; i < node->count && equal; i++) {
        if (node->type == NODE_ARRAY) {
            lua_rawgeti(L, -1, (lua_Integer)i + 1);
        } else {
            lua_pushstring(L, node->members[i].key);
            lua_rawget(L, -2);
        }
        equal = same(L, &node->members[i]);
        lua_pop(L, 1);
    }
    return equal;
}

// True when the value on top is that of the node, with its type.
static bool same(lua_State *L, const struct node *node)
{
    luaL_checkstack(L, 8, NULL);
    switch (node->type) {
    case NODE_NULL:
        return bd_json_is_null(L, -1);
    case NODE_BOOLEAN:
        return lua_isboolean(L, -1) && lua_toboolean(L, -1) == (int)node->integer;
    case NODE_INTEGER:
        return lua_isinteger(L, -1) && lua_tointeger(L, -1) == node->integer;
    case NODE_FLOAT: {
        lua_Number number = lua_tonumber(L, -1);
        return lua_type(L, -1) == LUA_TNUMBER && !lua_isinteger(L, -1) &&
               memcmp(&number, &node->number, sizeof number) == 0; // NOLINT: the sign of zero
    }
    case NODE_STRING:
        return lua_type(L, -1) == LUA_TSTRING && strcmp(lua_tostring(L, -1), node->text) == 0;
    default:
        return lua_istable(L, -1) && same_members(L, node);
    }
}

static void check_document(lua_State *L, uint64_t *seed)
{
    struct node node;
    struct bd_buf text = {0};
    struct bd_buf out = {0};
    struct bd_json_fault fault;
    random_node(seed, &node, 0);
    write_node(seed, &text, &node);
    if (!bd_json_decode(L, text.data, text.len, BD_JSON_KEEP_NULL, &fault)) {
        fail_msg("%s at %zu in %s", fault.message, fault.offset, bd_buf_text(&text));
    }
    if (!same(L, &node)) {
        fail_msg("decoded wrongly: %s", bd_buf_text(&text));
    }
    if (!bd_json_encode(L, -1, 0, &out, &fault)) {
        fail_msg("%s in %s", fault.message, bd_buf_text(&text));
    }
    if (!same(L, &node)) {
        fail_msg("changed by encoding: %s", bd_buf_text(&text));
    }
    if (!bd_json_decode(L, out.data, out.len, BD_JSON_KEEP_NULL, &fault) || !same(L, &node)) {
        fail_msg("encoded %s as %s", bd_buf_text(&text), bd_buf_text(&out));
    }
    lua_pop(L, 2);
    free_node(&node);
    bd_buf_free(&text);
    bd_buf_free(&out);
}

static void random_documents_keep_values_and_types(void **state)
{
    uint64_t seed = 20240229;
    for (int i = 0; i < 20000; i++) {
        check_document(*state, &seed);
    }
}

// ------------------------------------------------------------------------------------------------
// Want of memory

struct allocator {
    size_t bytes; // in use
    long left;    // requests until memory runs out for good
};

static void *allocate(void *context, void *memory, size_t old_size, size_t size)
{
    struct allocator *allocator = context;
    if (memory == NULL) {
        old_size = 0; // says what it is for
    }
    if (size > old_size) {
        if (allocator->left == 0) {
            return NULL;
        }
        allocator->left--;
    }
    allocator->bytes += size - old_size;
    if (size == 0) {
        free(memory);
        return NULL;
    }
    void *moved = realloc(memory, size);
    assert_non_null(moved);
    return moved;
}

// Opens, decodes and encodes; with marks that need a larger room, copies of tables, and faults.
static int use_all(lua_State *L)
{
    struct bd_buf *out = lua_touserdata(L, 1);
    const char *text = lua_touserdata(L, 2);
    struct bd_json_fault fault;
    bd_error_open(L);
    bd_json_open(L);
    assert_true(bd_json_decode(L, text, strlen(text), 0, &fault));
    assert_true(bd_json_encode(L, -1, 0, out, &fault));
    assert_false(bd_json_decode(L, "{\"a\":{\"\\u0061\":1.0,\"a\":2}}", 26, 0, &fault));
    lua_pushcfunction(L, use_all);
    lua_setfield(L, -2, "f");
    assert_false(bd_json_encode(L, -1, 0, out, &fault));
    bd_json_push_null(L);
    bd_json_mark_array(L, -2);
    return 0;
}

// False when it ran to its end before memory ran out.
static bool runs_out(long requests, const char *text)
{
    struct allocator allocator = {.left = requests};
    struct bd_buf out = {0};
    int status = LUA_ERRMEM;
    lua_State *L = lua_newstate(allocate, &allocator);
    if (L != NULL) {
        lua_pushcfunction(L, use_all);
        lua_pushlightuserdata(L, &out);
        lua_pushlightuserdata(L, (char *)(uintptr_t)text);
        status = lua_pcall(L, 2, 0, 0);
        if (status != LUA_OK) {
            assert_int_equal(status, LUA_ERRMEM);
            assert_string_equal(lua_tostring(L, -1), "not enough memory");
        }
        lua_close(L);
    }
    assert_int_equal(allocator.bytes, 0);
    bd_buf_free(&out);
    return status != LUA_OK;
}

static void memory_that_runs_out_anywhere_is_an_error_without_a_leak(void **state)
{
    (void)state;
    static char text[9000];
    strcpy(text, "{\"a\":[1,2.0,[],9007199254740993],\"b\":{\"c\":null,\"d\":[[[1e5]]]},\"e\":\"");
    size_t len = strlen(text);
    memset(text + len, 'x', sizeof text - len);
    strcpy(text + sizeof text - 3, "\"}");
    long requests = 0;
    while (runs_out(requests, text)) {
        requests++;
    }
    assert_true(requests > 100);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_integer_arrives_as_an_integer),
        TEST(an_integral_float_stays_a_float),
        TEST(an_exponent_makes_a_float),
        TEST(a_fraction_arrives_as_a_float),
        TEST(integers_beyond_2_to_53_are_exact),
        TEST(the_limits_of_64_bits_are_exact),
        TEST(an_integer_outside_64_bits_is_a_fault),
        TEST(an_integer_outside_64_bits_may_become_text),
        TEST(minus_zero_is_an_integer_without_a_point_and_a_float_with_one),
        TEST(floats_of_17_digits_are_exact),
        TEST(a_number_that_overflows_is_a_fault),
        TEST(a_number_with_a_large_exponent_that_does_not_overflow_is_read),
        TEST(a_number_of_more_than_400_characters_is_a_fault),
        TEST(an_integer_of_more_than_400_characters_is_a_fault_even_as_text),
        TEST(nan_and_infinity_are_faults),
        TEST(nan_and_infinity_may_be_allowed),
        TEST(numbers_of_other_languages_are_faults),
        TEST(an_empty_array_is_an_array),
        TEST(every_array_is_marked),
        TEST(an_array_behind_the_last_number_is_marked),
        TEST(an_object_is_no_array),
        TEST(an_emptied_array_is_written_as_one),
        TEST(a_null_member_is_left_out),
        TEST(a_null_member_may_be_kept),
        TEST(a_null_element_is_kept),
        TEST(a_null_that_is_the_whole_text_is_kept),
        TEST(literals_are_read),
        TEST(a_duplicate_key_is_a_fault),
        TEST(a_duplicate_key_that_is_escaped_is_a_fault),
        TEST(a_long_duplicate_key_is_shortened_between_characters),
        TEST(the_same_key_in_different_objects_is_no_duplicate),
        TEST(a_number_is_no_key),
        TEST(utf8_is_kept),
        TEST(malformed_utf8_is_a_fault),
        TEST(a_character_that_the_end_cuts_is_a_fault),
        TEST(escapes_are_undone),
        TEST(half_a_surrogate_pair_is_a_fault),
        TEST(an_escaped_nul_is_kept),
        TEST(a_raw_nul_is_a_fault),
        TEST(a_raw_control_character_is_a_fault),
        TEST(an_odd_character_is_found_at_any_place),
        TEST(more_text_behind_the_value_is_a_fault),
        TEST(a_comma_too_many_is_a_fault),
        TEST(a_comment_is_a_fault),
        TEST(html_is_a_fault),
        TEST(an_empty_text_is_a_fault),
        TEST(a_text_that_is_cut_is_a_fault_at_its_end),
        TEST(brackets_must_match),
        TEST(a_byte_order_mark_is_a_fault),
        TEST(arrays_512_deep_are_read_and_513_are_a_fault),
        TEST(objects_512_deep_are_read_and_513_are_a_fault),
        TEST(a_text_of_more_than_256_mib_is_a_fault),
        TEST(a_marked_text_may_have_any_length),
        TEST(decoding_works_in_a_coroutine),
        TEST(an_error_behind_the_scan_becomes_a_fault),
        TEST(integers_are_written_exactly),
        TEST(floats_are_written_as_briefly_as_they_read_back),
        TEST(integral_floats_are_written_as_floats),
        TEST(integral_floats_may_be_written_as_integers),
        TEST(nan_and_infinity_cannot_be_encoded),
        TEST(a_slash_is_not_escaped),
        TEST(what_must_be_escaped_is),
        TEST(utf8_is_written_as_it_is),
        TEST(malformed_utf8_cannot_be_encoded),
        TEST(a_string_that_looks_like_a_mark_cannot_be_encoded),
        TEST(a_key_that_is_not_utf8_cannot_be_encoded),
        TEST(an_empty_table_is_an_object_unless_it_is_marked),
        TEST(a_marked_array_with_elements_is_an_array),
        TEST(an_array_that_was_filled_backwards_is_an_array),
        TEST(a_marked_array_cannot_have_a_named_field),
        TEST(a_marked_object_cannot_have_elements),
        TEST(an_array_with_a_hole_cannot_be_encoded),
        TEST(an_index_below_1_cannot_be_encoded),
        TEST(a_table_that_is_both_cannot_be_encoded),
        TEST(other_keys_cannot_be_encoded),
        TEST(values_without_a_json_form_cannot_be_encoded),
        TEST(a_userdata_cannot_be_encoded_and_is_named),
        TEST(a_light_userdata_other_than_null_cannot_be_encoded),
        TEST(a_cycle_cannot_be_encoded),
        TEST(a_table_that_appears_twice_is_written_twice),
        TEST(depth_512_is_written_and_513_is_a_fault),
        TEST(an_odd_key_in_a_path_is_quoted),
        TEST(a_long_key_in_a_path_is_shortened_between_characters),
        TEST(a_long_path_loses_its_beginning),
        TEST(a_text_that_could_burst_the_buffer_is_a_fault),
        TEST(encoding_appends),
        TEST(encoding_goes_on_after_a_large_text),
        TEST(encoding_leaves_the_tables_as_they_are),
        TEST(metamethods_are_not_called),
        TEST(null_is_told_from_other_values),
        TEST(null_prints_as_null),
        TEST(indexing_null_is_an_error_that_says_so),
        TEST(a_mark_can_be_changed),
        TEST(only_marked_tables_are_arrays),
        TEST(the_metatables_cannot_be_reached),
        TEST(random_documents_keep_values_and_types),
        cmocka_unit_test(memory_that_runs_out_anywhere_is_an_error_without_a_leak),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
