// SPDX-License-Identifier: MIT
// A small SMTP server (RFC 5321) on the loop, for a mail sink: it takes mails and passes none on. Without TLS, so for
// this machine only. Whoever opens it decides about each recipient and each message.
#ifndef BD_SMTP_SERVER_H
#define BD_SMTP_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "mail.h"

struct bd_runtime;
struct bd_smtp_server;

// What a client is told.
struct bd_smtp_reply {
    int code;
    struct bd_buf words; // one line; freed by the server
    uint64_t delay;      // ms
    bool drop;           // instead: close without a reply
};

struct bd_smtp_server_options {
    const char *host; // "127.0.0.1" or "::1"
    unsigned port;    // 0: chosen by the system
    size_t max_message;
    unsigned idle_s;
    // The last recipient of the mail is new: may it have the mail? Refused ones are taken out again.
    void (*on_recipient)(void *arg, struct bd_mail *mail, struct bd_smtp_reply *reply);
    // The whole message has come, dots and all undone.
    void (*on_message)(void *arg, struct bd_mail *mail, const struct bd_buf *message,
                       struct bd_smtp_reply *reply);
    void *arg;
};

// Opens a server that ends with the runtime. NULL, with a sentence in `wrong`, when the port is taken.
struct bd_smtp_server *bd_smtp_server_open(struct bd_runtime *rt,
                                           const struct bd_smtp_server_options *options,
                                           char *wrong, size_t wrong_size);

unsigned bd_smtp_server_port(const struct bd_smtp_server *server);

#endif
