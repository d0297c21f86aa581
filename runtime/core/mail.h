// SPDX-License-Identifier: MIT
// The envelope of a mail: what SMTP (RFC 5321) says beside the message, and how far its server got with it.
#ifndef BD_MAIL_H
#define BD_MAIL_H

#include <stdbool.h>
#include <stddef.h>

// What the server's last reply is to, in the order of a session.
enum bd_mail_step {
    BD_MAIL_GREETING,
    BD_MAIL_HELLO,
    BD_MAIL_STARTTLS,
    BD_MAIL_SIGN_IN,
    BD_MAIL_SENDER,
    BD_MAIL_RECIPIENT,
    BD_MAIL_DATA,    // the wish to send the message
    BD_MAIL_MESSAGE, // the message itself, once its end was sent
};

struct bd_mail {
    char *from; // addresses alone, without names
    char **to;
    size_t count;
    char *user, *password; // NULL: nobody signs in
    char *message_id;
    // The answer.
    enum bd_mail_step step;
    size_t recipient; // RECIPIENT: which, from 0
};

struct bd_mail *bd_mail_new(void);
// Adds a recipient, once: the local part in its very spelling, the domain in any (RFC 5321, "General Syntax
// Principles and Transaction Model").
void bd_mail_add_recipient(struct bd_mail *mail, const char *address, size_t len);
void bd_mail_free(struct bd_mail *mail); // wipes the password; NULL is fine

// The step as the end of "the mail server refused ..."; "the recipient" without saying which.
const char *bd_mail_step_text(enum bd_mail_step step);
// Its one word, for programs.
const char *bd_mail_step_name(enum bd_mail_step step);
// The step of that word; false: there is none.
bool bd_mail_step_find(const char *name, enum bd_mail_step *step);

#endif
