// SPDX-License-Identifier: MIT
// Shared by smtp_server.c (sockets) and smtp_server_session.c (the protocol) only.
#ifndef BD_SMTP_SERVER_INTERNAL_H
#define BD_SMTP_SERVER_INTERNAL_H

#include <uv.h>

#include "smtp_server.h"

enum bd_smtp_state {
    BD_SMTP_COMMAND,
    BD_SMTP_USER,     // AUTH LOGIN asked for the name
    BD_SMTP_PASSWORD, // ... for the password, or AUTH PLAIN for both
    BD_SMTP_MESSAGE,
    BD_SMTP_CLOSING, // what still comes is thrown away
};

struct bd_smtp_client {
    uv_tcp_t tcp;
    uv_timer_t idle;
    uv_timer_t later; // the reply's time
    struct bd_smtp_server *server;
    struct bd_smtp_client *next, **place;
    unsigned open_handles;
    bool waits;   // a reply's time has not come: nothing is read meanwhile
    bool too_big; // the message under way
    bool greeted; // it has said EHLO or HELO
    enum bd_smtp_state state;
    struct bd_mail *mail; // NULL: no MAIL was said
    struct bd_buf in, message, out;
    bool close_after;
};

struct bd_smtp_server {
    struct bd_runtime *rt;
    struct bd_smtp_server_options options;
    uv_tcp_t listener;
    unsigned port;
    unsigned count;
    struct bd_smtp_client *clients;
    bool closing;
    char piece[65536]; // what was just read
};

// smtp_server_session.c: uses the lines in client->in, as far as they are whole and no reply is awaited.
void bd_smtp_client_use(struct bd_smtp_client *client);
// Begins a session.
void bd_smtp_client_greet(struct bd_smtp_client *client);

// smtp_server.c: sends a reply after `delay` ms; the session goes on behind it.
void bd_smtp_client_say(struct bd_smtp_client *client, int code, const char *words, uint64_t delay);
// Sends bytes as they are.
void bd_smtp_client_write(struct bd_smtp_client *client, const char *text);
void bd_smtp_client_close(struct bd_smtp_client *client);

#endif
