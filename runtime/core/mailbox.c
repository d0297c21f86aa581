// SPDX-License-Identifier: MIT
#include "mailbox.h"

#include <string.h>

#include "encode.h"

// RFC 5321, "Size Limits and Minimums".
enum { LOCAL_MOST = 64, ADDRESS_MOST = 254, LABEL_MOST = 63, NAME_MOST = 500 };

static bool is_letter_or_digit(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// RFC 5322, "Atom".
static bool is_atext(char c)
{
    return is_letter_or_digit(c) || (c != '\0' && strchr("!#$%&'*+-/=?^_`{|}~", c) != NULL);
}

static bool has_foreign_letter(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if ((unsigned char)text[i] >= 0x80) {
            return true;
        }
    }
    return false;
}

static bool local_ok(const char *text, size_t len)
{
    if (len == 0 || len > LOCAL_MOST || text[0] == '.' || text[len - 1] == '.') {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        bool ok = text[i] == '.' ? text[i - 1] != '.' : is_atext(text[i]);
        if (!ok) {
            return false;
        }
    }
    return true;
}

static bool label_ok(const char *text, size_t len)
{
    if (len == 0 || len > LABEL_MOST || text[0] == '-' || text[len - 1] == '-') {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        if (!is_letter_or_digit(text[i]) && text[i] != '-') {
            return false;
        }
    }
    return true;
}

static bool domain_ok(const char *text, size_t len)
{
    for (size_t start = 0; start <= len;) {
        const char *dot = memchr(text + start, '.', len - start);
        size_t end = dot != NULL ? (size_t)(dot - text) : len;
        if (!label_ok(text + start, end - start)) {
            return false;
        }
        start = end + 1;
    }
    return true;
}

static const char *check_address(const char *text, size_t len)
{
    const char *at = memchr(text, '@', len);
    if (at == NULL) {
        return "it has no '@'";
    }
    size_t local = (size_t)(at - text);
    size_t domain = len - local - 1;
    if (memchr(at + 1, '@', domain) != NULL) {
        return "it has more than one '@'";
    }
    if (has_foreign_letter(text, local)) {
        return "what stands before its '@' has letters that are not ASCII";
    }
    if (has_foreign_letter(at + 1, domain)) {
        return "its domain has letters that are not ASCII: give the domain as xn--...";
    }
    if (len > ADDRESS_MOST || !local_ok(text, local)) {
        return "what stands before its '@' is no name of a mailbox";
    }
    return domain_ok(at + 1, domain) ? NULL : "its domain is none";
}

static bool is_line(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f) {
            return false;
        }
    }
    return bd_utf8_valid(text, len);
}

static const char *take_name(struct bd_mailbox *mailbox, const char *text, size_t len)
{
    while (len > 0 && text[len - 1] == ' ') {
        len--;
    }
    bool quoted = len >= 2 && text[0] == '"' && text[len - 1] == '"';
    if (quoted) {
        text++;
        len -= 2;
    }
    for (size_t i = 0; i < len; i++) {
        if (strchr(quoted ? "\"\\" : "\"\\,;:<>()@[]", text[i]) != NULL) {
            return quoted ? "the name before its '<' has a quote or a backslash"
                          : "the name before its '<' has a comma, a quote or a bracket: put the "
                            "name in quotes";
        }
    }
    if (len > NAME_MOST) {
        return "the name before its '<' is too long";
    }
    mailbox->name = len > 0 ? text : NULL;
    mailbox->name_len = len;
    return NULL;
}

const char *bd_mailbox_parse(struct bd_mailbox *mailbox, const char *text, size_t len)
{
    *mailbox = (struct bd_mailbox){.address = text, .address_len = len};
    if (!is_line(text, len)) {
        return "it has a line break or another control character, or is no UTF-8";
    }
    const char *open = NULL; // the last: a quoted name may have one too
    for (size_t i = 0; i < len; i++) {
        open = text[i] == '<' ? text + i : open;
    }
    if (open != NULL) {
        if (text[len - 1] != '>') {
            return "nothing may stand behind its '>'";
        }
        const char *wrong = take_name(mailbox, text, (size_t)(open - text));
        if (wrong != NULL) {
            return wrong;
        }
        mailbox->address = open + 1;
        mailbox->address_len = len - (size_t)(open - text) - 2;
    }
    return check_address(mailbox->address, mailbox->address_len);
}
