// SPDX-License-Identifier: MIT
#include "mail.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "buf.h"
#include "check.h"

struct bd_mail *bd_mail_new(void)
{
    return bd_alloc(sizeof(struct bd_mail));
}

static bool is_same(const char *one, const char *other, size_t len)
{
    const char *at = strrchr(one, '@');
    if (strlen(one) != len || at == NULL) {
        return false;
    }
    size_t local = (size_t)(at - one);
    return memcmp(one, other, local) == 0 && strncasecmp(at, other + local, len - local) == 0;
}

void bd_mail_add_recipient(struct bd_mail *mail, const char *address, size_t len)
{
    for (size_t i = 0; i < mail->count; i++) {
        if (is_same(mail->to[i], address, len)) {
            return;
        }
    }
    mail->to = bd_realloc(mail->to, (mail->count + 1) * sizeof *mail->to);
    mail->to[mail->count++] = bd_strndup(address, len);
}

void bd_mail_free(struct bd_mail *mail)
{
    if (mail == NULL) {
        return;
    }
    for (size_t i = 0; i < mail->count; i++) {
        free(mail->to[i]);
    }
    if (mail->password != NULL) {
        explicit_bzero(mail->password, strlen(mail->password));
    }
    free(mail->to);
    free(mail->from);
    free(mail->user);
    free(mail->password);
    free(mail->message_id);
    free(mail);
}

static const struct {
    const char *name;
    const char *text;
} STEPS[] = {
    [BD_MAIL_GREETING] = {"greeting", "the connection"},
    [BD_MAIL_HELLO] = {"hello", "the greeting"},
    [BD_MAIL_STARTTLS] = {"starttls", "TLS"},
    [BD_MAIL_SIGN_IN] = {"sign_in", "the user or the password"},
    [BD_MAIL_SENDER] = {"sender", "the sender"},
    [BD_MAIL_RECIPIENT] = {"recipient", "the recipient"},
    [BD_MAIL_DATA] = {"data", "to take a message"},
    [BD_MAIL_MESSAGE] = {"message", "the message"},
};

const char *bd_mail_step_text(enum bd_mail_step step)
{
    return STEPS[step].text;
}

const char *bd_mail_step_name(enum bd_mail_step step)
{
    return STEPS[step].name;
}

bool bd_mail_step_find(const char *name, enum bd_mail_step *step)
{
    for (size_t i = 0; i < BD_COUNT(STEPS); i++) {
        if (strcmp(STEPS[i].name, name) == 0) {
            *step = (enum bd_mail_step)i;
            return true;
        }
    }
    return false;
}
