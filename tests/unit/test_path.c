// SPDX-License-Identifier: MIT
// Path templates: placeholders, groups, flags, encoding, and what is malformed.
#include "unit.h"

#include <stdio.h>

#include "bindings/catalogue/path.h"

struct value {
    const char *name;
    const char *text;
};

// The text of the parameter of that name, from an array that ends with a NULL name.
static const char *find(void *arg, const char *name, size_t name_len, size_t *len)
{
    for (const struct value *value = arg; value->name != NULL; value++) {
        if (strlen(value->name) == name_len && memcmp(value->name, name, name_len) == 0) {
            *len = value->text != NULL ? strlen(value->text) : 0;
            return value->text;
        }
    }
    return NULL;
}

#define VALUES(...)    \
    ((struct value[]){ \
        __VA_ARGS__,   \
        {NULL, NULL},  \
    })

static void expands(const char *template, struct value *values, const char *expected)
{
    struct bd_buf out = {0};
    bd_buf_add_text(&out, "https://host");
    bd_path_expand(&out, template, find, values);
    assert_memory_equal(bd_buf_text(&out), "https://host", 12);
    assert_string_equal(bd_buf_text(&out) + 12, expected);
    bd_buf_free(&out);
}

static void literal_text_stays_as_it_is(void **state)
{
    (void)state;
    expands("", VALUES({"x", NULL}), "");
    expands("/v1/test/", VALUES({"x", NULL}), "/v1/test/");
    expands("/a%20b?c=d&e", VALUES({"x", NULL}), "/a%20b?c=d&e");
}

static void placeholders_take_their_values(void **state)
{
    (void)state;
    expands("/test/{testId}/committees", VALUES({"testId", "3437420"}), "/test/3437420/committees");
    expands("{a}{b}", VALUES({"a", "1"}, {"b", "2"}), "12");
    expands("/{ab}/{a}", VALUES({"a", "1"}, {"ab", "2"}), "/2/1");
    expands("/{a}/{a}", VALUES({"a", "x"}), "/x/x");
}

static void values_cannot_leave_their_place(void **state)
{
    (void)state;
    expands("/t/{id}/x", VALUES({"id", "a/b?c#d"}), "/t/a%2Fb%3Fc%23d/x");
    expands("/t/{id}", VALUES({"id", "%2F {}[]"}), "/t/%252F%20%7B%7D%5B%5D");
    expands("/t/{id}", VALUES({"id", "Zo\xc3\xa9"}), "/t/Zo%C3%A9");
    expands("/t/{id}", VALUES({"id", "a\r\nb"}), "/t/a%0D%0Ab");
    expands("/t/{id}/x", VALUES({"id", ""}), "/t//x");
}

static void a_group_stands_when_all_in_it_have_values(void **state)
{
    static const char BY_ID_OR_NAME[] = "/user[/id/{id}][/name/{name}]";
    (void)state;
    expands(BY_ID_OR_NAME, VALUES({"id", "7"}), "/user/id/7");
    expands(BY_ID_OR_NAME, VALUES({"name", "ada"}), "/user/name/ada");
    expands(BY_ID_OR_NAME, VALUES({"id", "7"}, {"name", "ada"}), "/user/id/7/name/ada");
    expands(BY_ID_OR_NAME, VALUES({"id", NULL}), "/user");
    expands("/a[/{b}/{c}]/d", VALUES({"b", "1"}), "/a/d");
    expands("/a[/{b}/{c}]/d", VALUES({"c", "1"}), "/a/d");
    expands("/a[/{b}/{c}]/d", VALUES({"b", "1"}, {"c", "2"}), "/a/1/2/d");
    expands("[{a}]", VALUES({"a", "x"}), "x");
    expands("/a[]/b[/c]", VALUES({"x", NULL}), "/a/b/c");
}

static void a_flag_chooses_a_group(void **state)
{
    (void)state;
    expands("/a[?long:/long]/b", VALUES({"long", "1"}), "/a/long/b");
    expands("/a[?long:/long]/b", VALUES({"long", NULL}), "/a/b");
    expands("/a[?long:/{id}]/b", VALUES({"long", "1"}, {"id", "7"}), "/a/7/b");
    expands("/a[?long:/{id}]/b", VALUES({"long", "1"}), "/a/b");
    expands("/a[?long:/{id}]/b", VALUES({"id", "7"}), "/a/b");
    expands("/a[?one:/1][?two:/2]", VALUES({"two", "1"}), "/a/2");
    expands("/a[?long:]", VALUES({"long", "1"}), "/a");
}

// ------------------------------------------------------------------------------------------------
// Names

static void note(void *arg, const char *name, size_t len, bool in_group, bool flag)
{
    bd_buf_addf(arg, "%.*s%s%s ", (int)len, name, in_group ? "*" : "", flag ? "?" : "");
}

static void names(const char *template, const char *expected)
{
    struct bd_buf out = {0};
    assert_true(bd_path_names(template, note, &out));
    assert_string_equal(bd_buf_text(&out), expected);
    bd_buf_free(&out);
}

static void names_are_visited_with_where_they_stand(void **state)
{
    (void)state;
    names("", "");
    names("/v1/test", "");
    names("/test/{testId}/committees", "testId ");
    names("/user[/id/{id}][/name/{name}][?long:/long]/{x}", "id* name* long*? x ");
    names("[?a:{b}{c}]", "a*? b* c* ");
    names("/a?b={c}", "c "); // a question mark elsewhere is no flag
    names("[a?b:{c}]", "c* ");
}

static void malformed_templates_are_known(void **state)
{
    static const char *const WRONG[] = {
        "/a[/b",     "/a]/b",  "/a[[b]]", "/a[b[c]d]", "/{a",     "/a}",      "/{}",
        "/{a{b}}",   "/{[a]}", "/[{a]}",  "/{a}}",     "[?a]",    "[?a",      "[?:b]",
        "[?a[b]:c]", "[?",     "[{",      "/{a}[",     "[/{a}/{", "[?{a}:b]", "{a}]",
    };
    struct bd_buf out = {0};
    (void)state;
    for (size_t i = 0; i < sizeof WRONG / sizeof *WRONG; i++) {
        if (bd_path_names(WRONG[i], note, &out)) {
            fail_msg("\"%s\" is taken for well-formed", WRONG[i]);
        }
    }
    bd_buf_free(&out);
}

static const char *always(void *arg, const char *name, size_t name_len, size_t *len)
{
    (void)arg;
    (void)name;
    assert_true(name_len > 0);
    *len = 1;
    return "1";
}

// Whatever is well-formed can be expanded, and leaves no sign of the template.
static void every_short_template_is_malformed_or_expands(void **state)
{
    static const char LETTERS[] = "a{}[]?:";
    enum { LETTER_COUNT = 7, LONGEST = 6 };
    (void)state;
    for (unsigned length = 1, most = LETTER_COUNT; length <= LONGEST;
         length++, most *= LETTER_COUNT) {
        for (unsigned code = 0; code < most; code++) {
            char template[LONGEST + 1] = "";
            struct bd_buf out = {0};
            for (unsigned i = 0, rest = code; i < length; i++, rest /= LETTER_COUNT) {
                template[i] = LETTERS[rest % LETTER_COUNT];
            }
            if (bd_path_names(template, note, &out)) {
                bd_buf_reset(&out, 64);
                bd_path_expand(&out, template, always, NULL);
                assert_null(strpbrk(bd_buf_text(&out), "{}[]"));
            }
            bd_buf_free(&out);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(literal_text_stays_as_it_is),
        cmocka_unit_test(placeholders_take_their_values),
        cmocka_unit_test(values_cannot_leave_their_place),
        cmocka_unit_test(a_group_stands_when_all_in_it_have_values),
        cmocka_unit_test(a_flag_chooses_a_group),
        cmocka_unit_test(names_are_visited_with_where_they_stand),
        cmocka_unit_test(malformed_templates_are_known),
        cmocka_unit_test(every_short_template_is_malformed_or_expands),
    };
    return RUN_TESTS(tests);
}
