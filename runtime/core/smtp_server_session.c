// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "check.h"
#include "mailbox.h"
#include "smtp_server_internal.h"

enum { LINE_MOST = 2048, RECIPIENTS_MOST = 1000 };

static void say(struct bd_smtp_client *client, int code, const char *words)
{
    bd_smtp_client_say(client, code, words, 0);
}

static void forget_mail(struct bd_smtp_client *client)
{
    bd_mail_free(client->mail);
    client->mail = NULL;
    client->too_big = false;
    bd_buf_reset(&client->message, 65536);
}

// Passes on what whoever opened the server decided.
static void give_reply(struct bd_smtp_client *client, struct bd_smtp_reply *reply)
{
    if (reply->drop) {
        bd_buf_free(&reply->words);
        bd_smtp_client_close(client);
        return;
    }
    bd_smtp_client_say(client, reply->code, bd_buf_text(&reply->words), reply->delay);
    bd_buf_free(&reply->words);
}

// ------------------------------------------------------------------------------------------------
// Commands

static void say_hello(struct bd_smtp_client *client, bool extended)
{
    forget_mail(client);
    client->greeted = true;
    if (!extended) {
        say(client, 250, "beadle sandbox");
        return;
    }
    struct bd_buf text = {0};
    bd_buf_addf(&text, "250-beadle sandbox\r\n250-SIZE %zu\r\n",
                client->server->options.max_message);
    bd_buf_add_text(&text, "250-8BITMIME\r\n250-PIPELINING\r\n250-AUTH PLAIN LOGIN\r\n"
                           "250 ENHANCEDSTATUSCODES\r\n");
    bd_smtp_client_write(client, bd_buf_text(&text));
    bd_buf_free(&text);
}

// Anybody may sign in: there is nothing to guard. What they say is not kept.
static void sign_in(struct bd_smtp_client *client, const char *line)
{
    const char *mechanism = line + strlen("AUTH");
    mechanism += strspn(mechanism, " ");
    size_t len = strcspn(mechanism, " ");
    bool initial = mechanism[len] != '\0';
    bool login = len == 5 && strncasecmp(mechanism, "LOGIN", 5) == 0;
    if (!login && (len != 5 || strncasecmp(mechanism, "PLAIN", 5) != 0)) {
        say(client, 504, "5.5.4 AUTH PLAIN and AUTH LOGIN are known");
    } else if (initial && !login) {
        say(client, 235, "2.7.0 Welcome");
    } else {
        client->state = login && !initial ? BD_SMTP_USER : BD_SMTP_PASSWORD;
        bd_smtp_client_write(client, login ? (initial ? "334 UGFzc3dvcmQ6\r\n"  // "Password:"
                                                      : "334 VXNlcm5hbWU6\r\n") // "Username:"
                                           : "334 \r\n");
    }
}

// The address within "FROM:<...>" or "TO:<...>"; NULL: there is none. "<>" is the empty one.
static const char *read_path(const char *line, const char *word, size_t *len)
{
    size_t word_len = strlen(word);
    if (strncasecmp(line, word, word_len) != 0) {
        return NULL;
    }
    const char *open = line + word_len + strspn(line + word_len, " ");
    const char *close = strchr(open, '>');
    if (*open != '<' || close == NULL) {
        return NULL;
    }
    *len = (size_t)(close - open) - 1;
    return open + 1;
}

static bool is_address(const char *text, size_t len)
{
    struct bd_mailbox mailbox;
    return memchr(text, '<', len) == NULL && bd_mailbox_parse(&mailbox, text, len) == NULL;
}

static void begin_mail(struct bd_smtp_client *client, const char *line)
{
    size_t len = 0;
    const char *from = read_path(line, "MAIL FROM:", &len);
    if (!client->greeted) {
        say(client, 503, "5.5.1 Say EHLO first");
    } else if (client->mail != NULL) {
        say(client, 503, "5.5.1 There is a sender already");
    } else if (from == NULL || (len > 0 && !is_address(from, len))) {
        say(client, 501, "5.1.7 That is no sender's address");
    } else {
        client->mail = bd_mail_new();
        client->mail->from = bd_strndup(from, len);
        say(client, 250, "2.1.0 Ok");
    }
}

static void add_recipient(struct bd_smtp_client *client, const char *line)
{
    size_t len = 0;
    const char *to = read_path(line, "RCPT TO:", &len);
    struct bd_mail *mail = client->mail;
    if (mail == NULL) {
        say(client, 503, "5.5.1 Say MAIL first");
        return;
    }
    if (to == NULL || !is_address(to, len)) {
        say(client, 501, "5.1.3 That is no recipient's address");
        return;
    }
    size_t before = mail->count;
    if (before >= RECIPIENTS_MOST) {
        say(client, 452, "4.5.3 Too many recipients");
        return;
    }
    bd_mail_add_recipient(mail, to, len);
    if (mail->count == before) {
        say(client, 250, "2.1.5 Ok");
        return;
    }
    struct bd_smtp_reply reply = {.code = 250};
    client->server->options.on_recipient(client->server->options.arg, mail, &reply);
    if (reply.code >= 400 || reply.drop) {
        free(mail->to[--mail->count]);
    }
    give_reply(client, &reply);
}

static void begin_message(struct bd_smtp_client *client)
{
    if (client->mail == NULL || client->mail->count == 0) {
        say(client, 503, "5.5.1 Nobody is to have it");
        return;
    }
    client->state = BD_SMTP_MESSAGE;
    say(client, 354, "End with a dot on a line by itself");
}

static void run_command(struct bd_smtp_client *client, const char *line)
{
    size_t len = strcspn(line, " ");
    if (len == 4 && (strncasecmp(line, "EHLO", 4) == 0 || strncasecmp(line, "HELO", 4) == 0)) {
        say_hello(client, (line[0] | 0x20) == 'e');
    } else if (len == 4 && strncasecmp(line, "MAIL", 4) == 0) {
        begin_mail(client, line);
    } else if (len == 4 && strncasecmp(line, "RCPT", 4) == 0) {
        add_recipient(client, line);
    } else if (strcasecmp(line, "DATA") == 0) {
        begin_message(client);
    } else if (strcasecmp(line, "RSET") == 0) {
        forget_mail(client);
        say(client, 250, "2.0.0 Ok");
    } else if (len == 4 && strncasecmp(line, "NOOP", 4) == 0) {
        say(client, 250, "2.0.0 Ok");
    } else if (len == 4 && strncasecmp(line, "VRFY", 4) == 0) {
        say(client, 252, "2.1.5 Send something, and see");
    } else if (len == 4 && strncasecmp(line, "AUTH", 4) == 0) {
        sign_in(client, line);
    } else if (strcasecmp(line, "QUIT") == 0) {
        client->state = BD_SMTP_CLOSING;
        client->close_after = true;
        say(client, 221, "2.0.0 Bye");
    } else {
        say(client, 502, "5.5.1 The sandbox does not know this command");
    }
}

// ------------------------------------------------------------------------------------------------
// Messages

static void end_message(struct bd_smtp_client *client)
{
    struct bd_smtp_reply reply = {.code = 250};
    client->state = BD_SMTP_COMMAND;
    if (client->too_big) {
        forget_mail(client);
        say(client, 552, "5.3.4 Message too big");
        return;
    }
    client->mail->step = BD_MAIL_MESSAGE;
    client->server->options.on_message(client->server->options.arg, client->mail, &client->message,
                                       &reply);
    forget_mail(client);
    give_reply(client, &reply);
}

// A line of the message without its CRLF. A dot in front was put there by the client (RFC 5321, "Transparency").
static void take_line(struct bd_smtp_client *client, const char *line, size_t len)
{
    if (len == 1 && line[0] == '.') {
        end_message(client);
        return;
    }
    size_t first = len > 0 && line[0] == '.' ? 1 : 0;
    if (client->message.len + len + 2 > client->server->options.max_message) {
        client->too_big = true;
        return;
    }
    bd_buf_add(&client->message, line + first, len - first);
    bd_buf_add(&client->message, "\r\n", 2);
}

static void use_line(struct bd_smtp_client *client, char *line, size_t len)
{
    if (client->state == BD_SMTP_MESSAGE) {
        take_line(client, line, len);
        return;
    }
    if (client->state == BD_SMTP_CLOSING) {
        return;
    }
    if (client->state == BD_SMTP_USER) {
        client->state = BD_SMTP_PASSWORD;
        bd_smtp_client_write(client, "334 UGFzc3dvcmQ6\r\n");
        return;
    }
    if (client->state == BD_SMTP_PASSWORD) {
        client->state = BD_SMTP_COMMAND;
        say(client, 235, "2.7.0 Welcome");
        return;
    }
    if (memchr(line, '\0', len) != NULL || len > LINE_MOST) {
        say(client, 500, "5.5.2 That is no command");
        return;
    }
    line[len] = '\0'; // the CR
    run_command(client, line);
}

void bd_smtp_client_use(struct bd_smtp_client *client)
{
    size_t used = 0;
    while (!client->waits && client->open_handles > 0 && !client->close_after) {
        char *line = client->in.data + used;
        char *end = client->in.len > used ? memmem(line, client->in.len - used, "\r\n", 2) : NULL;
        if (end == NULL) {
            break;
        }
        used += (size_t)(end - line) + 2;
        use_line(client, line, (size_t)(end - line));
    }
    if (used > 0) {
        memmove(client->in.data, client->in.data + used, client->in.len - used);
        client->in.len -= used;
    }
    if (client->in.len > client->server->options.max_message && !client->waits) {
        bd_smtp_client_close(client); // a line without an end
    }
}

void bd_smtp_client_greet(struct bd_smtp_client *client)
{
    say(client, 220, "beadle sandbox ESMTP; no mail leaves it");
}
