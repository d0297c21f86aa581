// SPDX-License-Identifier: MIT
// The pieces of a message (RFC 5322, MIME: RFC 2045, 2047, 2231): header fields folded and encoded, and bodies. Every
// byte that these functions write is ASCII, every line ends with CRLF and has at most 78 characters, or as many as its
// longest word where that cannot be parted.
#ifndef BD_MIME_H
#define BD_MIME_H

#include "buf.h"
#include "mailbox.h"

// "Subject: ..." and its like: one line of UTF-8.
void bd_mime_add_text(struct bd_buf *out, const char *name, const char *text, size_t len);

// "To: ..." and its like; nothing for an empty list.
void bd_mime_add_mailboxes(struct bd_buf *out, const char *name, const struct bd_mailbox *list,
                           size_t count);

// "Content-Disposition: attachment" with a file's name in UTF-8 (RFC 2183, RFC 2231).
void bd_mime_add_disposition(struct bd_buf *out, const char *file_name, size_t len);

// The header and the body of a part "text/SUBTYPE": as it is where mail servers pass that on, else quoted-printable.
void bd_mime_add_text_part(struct bd_buf *out, const char *subtype, const char *text, size_t len);

// A body in base64, in lines of 76.
void bd_mime_add_base64(struct bd_buf *out, const char *bytes, size_t len);

// "Date: ..." (RFC 5322, "Date and Time Specification"), seconds since 1970.
void bd_mime_add_date(struct bd_buf *out, double seconds);

#endif
