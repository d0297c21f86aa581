// SPDX-License-Identifier: MIT
#include "mime.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "encode.h"

enum {
    LINE = 76
}; // of lines with encoded words (RFC 2047, "Syntax of encoded-words"), and of quoted-printable

// How far the line that is being written has come.
static size_t column(const struct bd_buf *out)
{
    size_t i = out->len;
    while (i > 0 && out->data[i - 1] != '\n') {
        i--;
    }
    return out->len - i;
}

static void add_break(struct bd_buf *out)
{
    bd_buf_add_text(out, "\r\n");
}

static bool is_ascii_line(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if ((unsigned char)text[i] < 0x20 || (unsigned char)text[i] >= 0x7f) {
            return false;
        }
    }
    return true;
}

// The bytes of the character that begins here.
static size_t character(const char *text, size_t len)
{
    size_t n = 1;
    while (n < len && ((unsigned char)text[n] & 0xC0) == 0x80) {
        n++;
    }
    return n;
}

// ------------------------------------------------------------------------------------------------
// Header fields

static const char WORD_BEGIN[] = "=?UTF-8?B?";
static const char WORD_END[] = "?=";
enum { WORD_AROUND = sizeof WORD_BEGIN + sizeof WORD_END - 2, WORD_LEAST = WORD_AROUND + 12 };

// As encoded words, none of which parts a character; spaces between them do not count for the reader.
static void add_encoded_words(struct bd_buf *out, const char *text, size_t len)
{
    for (size_t at = 0; at < len;) {
        if (at > 0 || column(out) + WORD_LEAST > LINE) {
            bd_buf_add_text(out, "\r\n ");
        }
        size_t room = (LINE - WORD_AROUND - column(out)) / 4 * 3;
        size_t count = 0;
        for (size_t n; at + count < len; count += n) {
            n = character(text + at + count, len - at - count);
            if (count + n > room) {
                break;
            }
        }
        bd_buf_add_text(out, WORD_BEGIN);
        bd_encode_base64(out, text + at, count);
        bd_buf_add_text(out, WORD_END);
        at += count;
    }
}

// Breaks the line before a word that does not fit any more. Of several spaces the last begins the next line, so
// that unfolding gives the text back.
static void add_folded(struct bd_buf *out, const char *text, size_t len)
{
    for (size_t at = 0; at < len;) {
        size_t end = at + 1;
        while (end < len && !(text[end] == ' ' && text[end - 1] != ' ')) {
            end++;
        }
        if (text[at] == ' ' && column(out) + end - at > LINE + 2) {
            add_break(out);
        }
        bd_buf_add(out, text + at, end - at);
        at = end;
    }
}

// Whether a text may stand in a header as it is: in ASCII, without what looks like an encoded word, with spaces where
// a reader leaves them alone, and without a word too long for a line.
static bool is_plain(const char *text, size_t len)
{
    enum { WORD_MOST = 60 };
    size_t word = 0;
    for (size_t i = 0; i < len; i++) {
        word = text[i] == ' ' ? 0 : word + 1;
        bool marks = text[i] == '=' && i + 1 < len && text[i + 1] == '?';
        bool spaces = text[i] == ' ' && (i == 0 || i + 1 == len || text[i + 1] == ' ');
        if (word > WORD_MOST || marks || spaces) {
            return false;
        }
    }
    return is_ascii_line(text, len);
}

void bd_mime_add_text(struct bd_buf *out, const char *name, const char *text, size_t len)
{
    bd_buf_addf(out, "%s: ", name);
    if (is_plain(text, len)) {
        add_folded(out, text, len);
    } else {
        add_encoded_words(out, text, len);
    }
    add_break(out);
}

// RFC 5322, "Miscellaneous Tokens": words of letters and digits need no quotes.
static bool is_phrase(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (strchr("()<>[]:;@\\,.\"", text[i]) != NULL) {
            return false;
        }
    }
    return true;
}

static bool needs_encoding(const struct bd_mailbox *mailbox)
{
    return mailbox->name != NULL &&
           (!is_plain(mailbox->name, mailbox->name_len) || mailbox->name_len > LINE - 4);
}

static void add_name(struct bd_buf *out, const struct bd_mailbox *mailbox)
{
    if (needs_encoding(mailbox)) {
        add_encoded_words(out, mailbox->name, mailbox->name_len);
    } else if (is_phrase(mailbox->name, mailbox->name_len)) {
        bd_buf_add(out, mailbox->name, mailbox->name_len);
    } else {
        bd_buf_add_char(out, '"'); // it has neither a quote nor a backslash: mailbox.h
        bd_buf_add(out, mailbox->name, mailbox->name_len);
        bd_buf_add_char(out, '"');
    }
}

static void add_mailbox(struct bd_buf *out, const struct bd_mailbox *mailbox)
{
    size_t around = sizeof " <>" - 1;
    if (mailbox->name == NULL) {
        bd_buf_add(out, mailbox->address, mailbox->address_len);
        return;
    }
    add_name(out, mailbox);
    bool fits = column(out) + mailbox->address_len + around <= LINE;
    bd_buf_add_text(out, fits ? " <" : "\r\n <");
    bd_buf_add(out, mailbox->address, mailbox->address_len);
    bd_buf_add_char(out, '>');
}

void bd_mime_add_mailboxes(struct bd_buf *out, const char *name, const struct bd_mailbox *list,
                           size_t count)
{
    if (count == 0) {
        return;
    }
    bd_buf_addf(out, "%s:", name);
    for (size_t i = 0; i < count; i++) {
        size_t len = needs_encoding(&list[i])
                         ? WORD_LEAST + 1
                         : list[i].name_len + list[i].address_len + sizeof "\"\" <>,";
        bd_buf_add_text(out, i > 0 ? "," : "");
        bd_buf_add_text(out, column(out) + len > LINE && i > 0 ? "\r\n " : " ");
        add_mailbox(out, &list[i]);
    }
    add_break(out);
}

// RFC 2231, "Parameter Value Character Set and Language Information"; and its continuations, for long names.
static void add_extended_name(struct bd_buf *out, const char *name, size_t len)
{
    static const char PLAIN[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    enum { PIECE = 54 }; // beside "filename*NN*=UTF-8''" and ";"
    struct bd_buf encoded = {0};
    for (size_t i = 0; i < len; i++) {
        if (name[i] != '\0' && strchr(PLAIN, name[i]) != NULL) {
            bd_buf_add_char(&encoded, name[i]);
        } else {
            bd_buf_addf(&encoded, "%%%02X", (unsigned char)name[i]);
        }
    }
    bool whole = encoded.len <= PIECE;
    unsigned number = 0;
    for (size_t at = 0; at < encoded.len; number++) {
        size_t end = encoded.len - at <= PIECE ? encoded.len : at + PIECE;
        while (end < encoded.len &&
               (encoded.data[end - 1] == '%' || encoded.data[end - 2] == '%')) {
            end--;
        }
        bd_buf_add_text(out, ";\r\n filename*");
        if (!whole) {
            bd_buf_addf(out, "%u*", number);
        }
        bd_buf_add_text(out, number == 0 ? "=UTF-8''" : "=");
        bd_buf_add(out, encoded.data + at, end - at);
        at = end;
    }
    bd_buf_free(&encoded);
}

void bd_mime_add_disposition(struct bd_buf *out, const char *file_name, size_t len)
{
    enum { QUOTED_MOST = 60 };
    bool plain = len <= QUOTED_MOST && is_ascii_line(file_name, len) &&
                 memchr(file_name, '"', len) == NULL && memchr(file_name, '\\', len) == NULL;
    bd_buf_add_text(out, "Content-Disposition: attachment");
    if (plain) {
        bd_buf_addf(out, ";\r\n filename=\"%.*s\"", (int)len, file_name);
    } else {
        add_extended_name(out, file_name, len);
    }
    add_break(out);
}

void bd_mime_add_date(struct bd_buf *out, double seconds)
{
    static const char DAYS[] = "SunMonTueWedThuFriSat";
    static const char MONTHS[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    time_t now = (time_t)seconds;
    struct tm utc;
    (void)gmtime_r(&now, &utc);
    bd_buf_addf(out, "Date: %.3s, %d %.3s %d %02d:%02d:%02d +0000\r\n",
                DAYS + (size_t)utc.tm_wday * 3, utc.tm_mday, MONTHS + (size_t)utc.tm_mon * 3,
                utc.tm_year + 1900, utc.tm_hour, utc.tm_min, utc.tm_sec);
}

// ------------------------------------------------------------------------------------------------
// Bodies

// Where mails are kept in one file, such a line begins the next: servers change it.
static bool begins_mail(const char *text, size_t len)
{
    return len >= 5 && memcmp(text, "From ", 5) == 0;
}

// Whether every server passes the text on as it is: ASCII in lines of a screen's width.
static bool may_go_bare(const char *text, size_t len)
{
    size_t line = 0;
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c == '\n') {
            line = 0;
            continue;
        }
        bool end = i + 1 == len || text[i + 1] == '\n' || text[i + 1] == '\r';
        bool from = line == 0 && begins_mail(text + i, len - i);
        bool odd = c >= 0x7f || (c < 0x20 && c != '\t' && c != '\r') || (c == ' ' && end) || from;
        bool bare = c == '\r' && (i + 1 == len || text[i + 1] != '\n');
        if (odd || bare || ++line > LINE + 2) {
            return false;
        }
    }
    return true;
}

// The next line of a text, without its end, which is LF, CRLF or CR. False behind the last.
static bool next_line(const char *text, size_t len, size_t *at, size_t *start, size_t *end)
{
    if (*at >= len) {
        return false;
    }
    *start = *at;
    while (*at < len && text[*at] != '\n' && text[*at] != '\r') {
        (*at)++;
    }
    *end = *at;
    if (*at < len) {
        *at += text[*at] == '\r' && *at + 1 < len && text[*at + 1] == '\n' ? 2 : 1;
    }
    return true;
}

// RFC 2045, "Quoted-Printable Content-Transfer-Encoding".
static void add_quoted_line(struct bd_buf *out, const char *text, size_t len)
{
    size_t used = 0;
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        bool last = i + 1 == len;
        bool blank = (c == ' ' || c == '\t') && !last;
        bool plain =
            ((c > 0x20 && c < 0x7f && c != '=') || blank) && (i > 0 || !begins_mail(text, len));
        size_t size = plain ? 1 : 3;
        if (used + size > LINE - (last ? 0 : 1)) {
            bd_buf_add_text(out, "=\r\n");
            used = 0;
        }
        if (plain) {
            bd_buf_add_char(out, (char)c);
        } else {
            bd_buf_addf(out, "=%02X", c);
        }
        used += size;
    }
    add_break(out);
}

void bd_mime_add_text_part(struct bd_buf *out, const char *subtype, const char *text, size_t len)
{
    bool bare = may_go_bare(text, len);
    bd_buf_addf(out,
                "Content-Type: text/%s; charset=utf-8\r\nContent-Transfer-Encoding: %s\r\n\r\n",
                subtype, bare ? "7bit" : "quoted-printable");
    size_t start;
    size_t end;
    for (size_t at = 0; next_line(text, len, &at, &start, &end);) {
        if (bare) {
            bd_buf_add(out, text + start, end - start);
            add_break(out);
        } else {
            add_quoted_line(out, text + start, end - start);
        }
    }
}

void bd_mime_add_base64(struct bd_buf *out, const char *bytes, size_t len)
{
    enum { PIECE = LINE / 4 * 3 };
    for (size_t at = 0; at < len; at += PIECE) {
        bd_encode_base64(out, bytes + at, len - at < PIECE ? len - at : PIECE);
        add_break(out);
    }
}
