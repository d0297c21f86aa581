// SPDX-License-Identifier: MIT
// The rules of the lint about mails: the record of mail, broken in one place, and the line that says so.
#include "unit.h"

#include "bindings/catalogue/lint.h"
#include "bindings/catalogue/type.h"

enum { PARAMS_MOST = 16 };

struct fixture {
    struct bd_vendor vendor;
    struct bd_operation operations[2];
    struct bd_field params[PARAMS_MOST];
};

static struct bd_field *find(struct fixture *f, const char *name)
{
    struct bd_field *field = f->params;
    while (strcmp(field->name, name) != 0) {
        field++;
    }
    return field;
}

static void open_fixture(struct fixture *f)
{
    const struct bd_vendor *mail = bd_vendor_find("mail");
    *f = (struct fixture){.vendor = *mail};
    f->operations[0] = mail->operations[0];
    for (size_t i = 0; mail->operations[0].params[i].name != NULL; i++) {
        assert_true(i + 1 < PARAMS_MOST);
        f->params[i] = mail->operations[0].params[i];
    }
    f->operations[0].params = f->params;
    f->vendor.operations = f->operations;
}

static void check(const struct fixture *f, const char *wanted)
{
    struct bd_buf out = {0};
    (void)bd_lint_vendor(&f->vendor, &out);
    assert_string_equal(out.len > 0 ? bd_buf_text(&out) : "", wanted);
    bd_buf_free(&out);
}

static void test_the_record_has_no_fault(void **state)
{
    struct fixture f;
    (void)state;
    open_fixture(&f);
    check(&f, "");
}

static void test_every_parameter_is_a_part(void **state)
{
    struct fixture f;
    (void)state;
    open_fixture(&f);
    find(&f, "cc")->place = BD_IN_QUERY;
    check(&f, "mail.send: cc is no part of the mail\n");
}

static void test_a_part_has_its_place(void **state)
{
    struct fixture f;
    (void)state;
    open_fixture(&f);
    find(&f, "cc")->part = BD_PART_NONE;
    check(&f, "mail.send: cc does not say which part of the mail it is\n");
}

static void test_a_part_stands_there_once(void **state)
{
    struct fixture f;
    (void)state;
    open_fixture(&f);
    find(&f, "bcc")->part = BD_PART_CC;
    check(&f, "mail.send: bcc is the same part of the mail as another\n");
}

static void test_a_part_has_its_type(void **state)
{
    struct fixture f;
    (void)state;
    open_fixture(&f);
    find(&f, "from")->type = &bd_email;
    check(&f, "mail.send: from is not of the type that this part of a mail has\n");
}

static void test_somebody_sends_it(void **state)
{
    struct fixture f;
    (void)state;
    open_fixture(&f);
    find(&f, "from")->flags = 0;
    check(&f, "mail.send: its sender, recipient and subject are not required\n");
}

static void test_only_a_mail_has_parts(void **state)
{
    struct fixture f;
    (void)state;
    open_fixture(&f);
    f.vendor.protocol = BD_BY_HTTP;
    for (struct bd_field *field = f.params; field->name != NULL; field++) {
        if (strcmp(field->name, "attachments") != 0) {
            field->place = BD_IN_QUERY;
        }
    }
    struct bd_buf out = {0};
    assert_true(bd_lint_vendor(&f.vendor, &out) > 0);
    assert_non_null(
        strstr(bd_buf_text(&out), "mail.send: attachments is part of a mail, which this is not\n"));
    assert_non_null(
        strstr(bd_buf_text(&out), "mail.send: to does not say which part of the mail it is\n"));
    bd_buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_record_has_no_fault),
        cmocka_unit_test(test_every_parameter_is_a_part),
        cmocka_unit_test(test_a_part_has_its_place),
        cmocka_unit_test(test_a_part_stands_there_once),
        cmocka_unit_test(test_a_part_has_its_type),
        cmocka_unit_test(test_somebody_sends_it),
        cmocka_unit_test(test_only_a_mail_has_parts),
    };
    return RUN_TESTS(tests);
}
