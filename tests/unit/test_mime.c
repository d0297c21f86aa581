// SPDX-License-Identifier: MIT
#include "unit.h"

#include "core/mail.h"
#include "core/message.h"
#include "core/mime.h"

static void check(struct bd_buf *out, const char *wanted)
{
    assert_string_equal(bd_buf_text(out), wanted);
    bd_buf_free(out);
    *out = (struct bd_buf){0};
}

static void subject(const char *text, const char *wanted)
{
    struct bd_buf out = {0};
    bd_mime_add_text(&out, "Subject", text, strlen(text));
    check(&out, wanted);
}

static void test_subjects(void **state)
{
    (void)state;
    subject("Your result", "Subject: Your result\r\n");
    // RFC 2047, "Examples", in base64 and UTF-8
    subject("Résultat", "Subject: =?UTF-8?B?UsOpc3VsdGF0?=\r\n");
    subject("=?UTF-8?B?AA==?=", "Subject: =?UTF-8?B?PT9VVEYtOD9CP0FBPT0/PQ==?=\r\n");
    subject(" spaces ", "Subject: =?UTF-8?B?IHNwYWNlcyA=?=\r\n");
    subject("two  spaces", "Subject: =?UTF-8?B?dHdvICBzcGFjZXM=?=\r\n");
    // Folded before the word that does not fit, so that unfolding gives the text back.
    subject("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb ccccccccccc",
            "Subject: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb "
            "ccccccccccc\r\n");
}

// RFC 2047, "Encoded-word": at most 75 characters, on lines of at most 76, and no character is parted.
static void test_long_subject(void **state)
{
    (void)state;
    char text[1024] = "";
    for (int i = 0; i < 100; i++) {
        strcat(text, i % 3 == 0 ? "日" : i % 3 == 1 ? "é" : "😀");
    }
    struct bd_buf out = {0};
    bd_mime_add_text(&out, "Subject", text, strlen(text));
    size_t line = 0;
    int words = 0;
    for (size_t i = 0; i < out.len; i++) {
        line = out.data[i] == '\n' ? 0 : line + 1;
        assert_true(line <= 77); // with the CR
        assert_true((unsigned char)out.data[i] < 0x80);
        words += i > 0 && out.data[i - 1] == '=' && out.data[i] == '?' ? 1 : 0;
    }
    assert_true(words > 5);
    bd_buf_free(&out);
}

static void addresses(const char *one, const char *other, const char *wanted)
{
    struct bd_mailbox list[2];
    struct bd_buf out = {0};
    assert_null(bd_mailbox_parse(&list[0], one, strlen(one)));
    assert_null(bd_mailbox_parse(&list[1], other, strlen(other)));
    bd_mime_add_mailboxes(&out, "To", list, 2);
    check(&out, wanted);
}

static void test_addresses(void **state)
{
    (void)state;
    addresses("ada@example.org", "Bob B <bob@example.org>",
              "To: ada@example.org, Bob B <bob@example.org>\r\n");
    addresses("\"Lovelace, Ada\" <ada@example.org>", "J. Doe <j@example.org>",
              "To: \"Lovelace, Ada\" <ada@example.org>, \"J. Doe\" <j@example.org>\r\n");
    addresses("Zoë <zoe@example.org>", "<x@example.org>",
              "To: =?UTF-8?B?Wm/Dqw==?= <zoe@example.org>, x@example.org\r\n");
    addresses("A name that is as long as names sometimes are <somebody@example.org>",
              "Another one of those <another@example.org>",
              "To: A name that is as long as names sometimes are <somebody@example.org>,\r\n"
              " Another one of those <another@example.org>\r\n");
}

static void file(const char *name, const char *wanted)
{
    struct bd_buf out = {0};
    bd_mime_add_disposition(&out, name, strlen(name));
    check(&out, wanted);
}

// RFC 2231, "Parameter Value Continuations" and "... Character Set and Language Information".
static void test_file_names(void **state)
{
    (void)state;
    file("a b.pdf", "Content-Disposition: attachment;\r\n filename=\"a b.pdf\"\r\n");
    file("é.pdf", "Content-Disposition: attachment;\r\n filename*=UTF-8''%C3%A9.pdf\r\n");
    file("a\"b", "Content-Disposition: attachment;\r\n filename*=UTF-8''a%22b\r\n");
    file("ééééééééééééééé.pdf",
         "Content-Disposition: attachment;\r\n"
         " filename*0*=UTF-8''%C3%A9%C3%A9%C3%A9%C3%A9%C3%A9%C3%A9%C3%A9%C3%A9%C3%A9;\r\n"
         " filename*1*=%C3%A9%C3%A9%C3%A9%C3%A9%C3%A9%C3%A9.pdf\r\n");
}

static void body(const char *text, const char *encoding, const char *wanted)
{
    struct bd_buf out = {0};
    struct bd_buf whole = {0};
    bd_buf_addf(
        &whole,
        "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: %s\r\n\r\n%s",
        encoding, wanted);
    bd_mime_add_text_part(&out, "plain", text, strlen(text));
    check(&out, bd_buf_text(&whole));
    bd_buf_free(&whole);
}

static void test_bodies(void **state)
{
    (void)state;
    body("hello", "7bit", "hello\r\n");
    body("a\nb\r\nc\n", "7bit", "a\r\nb\r\nc\r\n");
    body("a\rb", "quoted-printable", "a\r\nb\r\n");
    body("", "7bit", "");
    // RFC 2045, "Quoted-Printable Content-Transfer-Encoding", rules 1 to 5.
    body("é = =", "quoted-printable", "=C3=A9 =3D =3D\r\n");
    body("end \n\tx\t", "quoted-printable", "end=20\r\n\tx=09\r\n");
    body("x\nFrom me", "quoted-printable", "x\r\n=46rom me\r\n");
    body("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
         "quoted-printable",
         "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa=\r\n"
         "aaaaaaaaaa\r\n");
}

static void test_base64(void **state)
{
    (void)state;
    struct bd_buf out = {0};
    char bytes[58];
    memset(bytes, 'x', sizeof bytes);
    bd_mime_add_base64(&out, bytes, sizeof bytes);
    check(&out, "eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4\r\n"
                "eA==\r\n");
}

static void test_date(void **state)
{
    (void)state;
    struct bd_buf out = {0};
    bd_mime_add_date(&out, 1794348000.9);
    check(&out, "Date: Tue, 10 Nov 2026 22:00:00 +0000\r\n");
    bd_mime_add_date(&out, 0);
    check(&out, "Date: Thu, 1 Jan 1970 00:00:00 +0000\r\n");
}

static void test_whole(void **state)
{
    (void)state;
    struct bd_mailbox from;
    struct bd_mailbox to;
    struct bd_message_file attached = {.name = {"a.bin", 5}, .content = {"\0\1", 2}};
    assert_null(bd_mailbox_parse(&from, "Ex <exams@example.org>", 22));
    assert_null(bd_mailbox_parse(&to, "ada@example.org", 15));
    const struct bd_message message = {.from = {&from, 1},
                                       .to = {&to, 1},
                                       .subject = {"Hi", 2},
                                       .text = {"text", 4},
                                       .html = {"<p>", 3},
                                       .files = &attached,
                                       .file_count = 1,
                                       .id = "<1@example.org>",
                                       .number = 0xabc};
    struct bd_buf out = {0};
    bd_message_write(&out, &message);
    check(&out, "Date: Thu, 1 Jan 1970 00:00:00 +0000\r\n"
                "From: Ex <exams@example.org>\r\n"
                "To: ada@example.org\r\n"
                "Subject: Hi\r\n"
                "Message-ID: <1@example.org>\r\n"
                "MIME-Version: 1.0\r\n"
                "Content-Type: multipart/mixed; boundary=\"=_m0000000000000abc\"\r\n\r\n"
                "--=_m0000000000000abc\r\n"
                "Content-Type: multipart/alternative; boundary=\"=_a0000000000000abc\"\r\n\r\n"
                "--=_a0000000000000abc\r\n"
                "Content-Type: text/plain; charset=utf-8\r\n"
                "Content-Transfer-Encoding: 7bit\r\n\r\n"
                "text\r\n"
                "--=_a0000000000000abc\r\n"
                "Content-Type: text/html; charset=utf-8\r\n"
                "Content-Transfer-Encoding: 7bit\r\n\r\n"
                "<p>\r\n"
                "--=_a0000000000000abc--\r\n"
                "--=_m0000000000000abc\r\n"
                "Content-Type: application/octet-stream\r\n"
                "Content-Transfer-Encoding: base64\r\n"
                "Content-Disposition: attachment;\r\n filename=\"a.bin\"\r\n\r\n"
                "AAE=\r\n"
                "--=_m0000000000000abc--\r\n");
}

static void test_mailboxes(void **state)
{
    (void)state;
    static const char *const WRONG[] = {"",
                                        "x",
                                        "@x",
                                        "x@",
                                        "a@b@c",
                                        "a b@c",
                                        "a@b,c@d",
                                        "a@b;",
                                        "a..b@c",
                                        ".a@b",
                                        "a.@b",
                                        "a@-b",
                                        "a@b..c",
                                        "a@[::1]",
                                        "<a@b>x",
                                        "A, B <a@b>",
                                        "A <a@b",
                                        "é@b.c",
                                        "a@é.c",
                                        "a\r\nX: y@b",
                                        "a@b\r\nX: y",
                                        "\"A\"B\" <a@b>",
                                        "\"A\\\" <a@b>",
                                        "A <<a@b>",
                                        "a@b_c",
                                        "\xff <a@b>"};
    struct bd_mailbox mailbox;
    for (size_t i = 0; i < sizeof WRONG / sizeof *WRONG; i++) {
        if (bd_mailbox_parse(&mailbox, WRONG[i], strlen(WRONG[i])) == NULL) {
            fail_msg("it was taken: %s", WRONG[i]);
        }
    }
    assert_non_null(bd_mailbox_parse(&mailbox, "a@b\0c", 5));
    static const char QUOTED[] = "\"Q <x>, é\" <a.b+c@d-e.f>";
    assert_null(bd_mailbox_parse(&mailbox, QUOTED, sizeof QUOTED - 1));
    assert_int_equal(mailbox.name_len, 9);
    assert_memory_equal(mailbox.name, "Q <x>, é", 9);
    assert_memory_equal(mailbox.address, "a.b+c@d-e.f", mailbox.address_len);
    assert_null(bd_mailbox_parse(&mailbox, "<a@b>", 5));
    assert_null(mailbox.name);
}

static void test_recipients(void **state)
{
    (void)state;
    struct bd_mail *mail = bd_mail_new();
    bd_mail_add_recipient(mail, "ada@example.org", 15);
    bd_mail_add_recipient(mail, "ada@EXAMPLE.org", 15);
    assert_int_equal(mail->count, 1);
    bd_mail_add_recipient(mail, "Ada@example.org", 15); // another mailbox, for all we know
    assert_int_equal(mail->count, 2);
    bd_mail_free(mail);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_subjects),  cmocka_unit_test(test_long_subject),
        cmocka_unit_test(test_addresses), cmocka_unit_test(test_file_names),
        cmocka_unit_test(test_bodies),    cmocka_unit_test(test_base64),
        cmocka_unit_test(test_date),      cmocka_unit_test(test_whole),
        cmocka_unit_test(test_mailboxes), cmocka_unit_test(test_recipients),
    };
    return RUN_TESTS(tests);
}
