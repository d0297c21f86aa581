// SPDX-License-Identifier: MIT
// A whole message as it travels: header, text, HTML and files.
#ifndef BD_MESSAGE_H
#define BD_MESSAGE_H

#include "buf.h"
#include "mailbox.h"

struct bd_span {
    const char *data; // NULL: none
    size_t len;
};

struct bd_message_file {
    struct bd_span name, content;
    struct bd_span type; // "application/pdf"; none: application/octet-stream
};

struct bd_mailboxes {
    struct bd_mailbox *list;
    size_t count;
};

// All texts are borrowed, are UTF-8 and passed the checks: a subject and a name are one line.
struct bd_message {
    struct bd_mailboxes from, to, cc, reply_to;
    struct bd_span subject, text, html;
    struct bd_message_file *files;
    size_t file_count;
    const char *id;  // with its angle brackets
    double date;     // seconds since 1970
    uint64_t number; // random: makes the boundaries
};

// Appends the message.
void bd_message_write(struct bd_buf *out, const struct bd_message *message);

#endif
