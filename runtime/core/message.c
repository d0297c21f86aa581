// SPDX-License-Identifier: MIT
#include "message.h"

#include <inttypes.h>

#include "mime.h"

// "=_" stands in no quoted-printable and in no base64 (RFC 2045, "Quoted-Printable Content-Transfer-Encoding"), and
// nobody guesses the number.
static void add_boundary(struct bd_buf *out, const struct bd_message *message, char which)
{
    bd_buf_addf(out, "=_%c%016" PRIx64, which, message->number);
}

static void begin_multipart(struct bd_buf *out, const struct bd_message *message,
                            const char *subtype, char which)
{
    bd_buf_addf(out, "Content-Type: multipart/%s; boundary=\"", subtype);
    add_boundary(out, message, which);
    bd_buf_add_text(out, "\"\r\n\r\n");
}

static void add_delimiter(struct bd_buf *out, const struct bd_message *message, char which,
                          const char *end)
{
    bd_buf_add_text(out, "--");
    add_boundary(out, message, which);
    bd_buf_addf(out, "%s\r\n", end);
}

static void add_words(struct bd_buf *out, const struct bd_message *message)
{
    const char WHICH = 'a';
    const struct bd_span *text = &message->text;
    const struct bd_span *html = &message->html;
    if (html->data == NULL) {
        bd_mime_add_text_part(out, "plain", text->data, text->len);
        return;
    }
    if (text->data == NULL) {
        bd_mime_add_text_part(out, "html", html->data, html->len);
        return;
    }
    begin_multipart(out, message, "alternative", WHICH); // the best comes last (RFC 2046)
    add_delimiter(out, message, WHICH, "");
    bd_mime_add_text_part(out, "plain", text->data, text->len);
    add_delimiter(out, message, WHICH, "");
    bd_mime_add_text_part(out, "html", html->data, html->len);
    add_delimiter(out, message, WHICH, "--");
}

static void add_file(struct bd_buf *out, const struct bd_message_file *file)
{
    bd_buf_add_text(out, "Content-Type: ");
    if (file->type.data != NULL) {
        bd_buf_add(out, file->type.data, file->type.len);
    } else {
        bd_buf_add_text(out, "application/octet-stream");
    }
    bd_buf_add_text(out, "\r\nContent-Transfer-Encoding: base64\r\n");
    bd_mime_add_disposition(out, file->name.data, file->name.len);
    bd_buf_add_text(out, "\r\n");
    bd_mime_add_base64(out, file->content.data, file->content.len);
}

static void add_mailboxes(struct bd_buf *out, const char *name, const struct bd_mailboxes *list)
{
    bd_mime_add_mailboxes(out, name, list->list, list->count);
}

void bd_message_write(struct bd_buf *out, const struct bd_message *message)
{
    const char WHICH = 'm';
    bd_mime_add_date(out, message->date);
    add_mailboxes(out, "From", &message->from);
    add_mailboxes(out, "Reply-To", &message->reply_to);
    add_mailboxes(out, "To", &message->to);
    add_mailboxes(out, "Cc", &message->cc);
    bd_mime_add_text(out, "Subject", message->subject.data, message->subject.len);
    bd_buf_addf(out, "Message-ID: %s\r\nMIME-Version: 1.0\r\n", message->id);
    if (message->file_count == 0) {
        add_words(out, message);
        return;
    }
    begin_multipart(out, message, "mixed", WHICH);
    add_delimiter(out, message, WHICH, "");
    add_words(out, message);
    for (size_t i = 0; i < message->file_count; i++) {
        add_delimiter(out, message, WHICH, "");
        add_file(out, &message->files[i]);
    }
    add_delimiter(out, message, WHICH, "--");
}
