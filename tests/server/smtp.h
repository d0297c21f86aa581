// SPDX-License-Identifier: MIT
// With --smtp the server speaks SMTP (RFC 5321) instead of HTTP, and goes wrong where it is told to:
//
//   --smtp RULES     what goes wrong, as STEP=ACTION with a comma between; "none": nothing
//   --smtp-log FILE  every line that clients send is appended there: "C line" for a command, "D line" of a message
//
// Steps: greeting, ehlo, starttls, auth, mail, rcpt, rcpt2 (the second), data, end (of the message), quit.
// Actions: a code (451), cut, reset, hold, fin, garbage, mute (no answer, but the connection goes on), late (after
// 300 ms). Rules without an action: nostarttls, noauth, implicit (TLS from the first byte), inject (a command's
// answer stands behind that of STARTTLS, in clear), again (all rules but the flags hold for the first connection
// only).

#ifndef TS_SMTP_H
#define TS_SMTP_H

#include "server.h"

// The client has connected, or TLS is ready where it was there from the beginning.
void ts_smtp_greet(struct ts_conn *conn);
// Uses bytes; returns how many.
size_t ts_smtp_consume(struct ts_conn *conn, const char *bytes, size_t len);
// Whether the rules have that flag.
bool ts_smtp_flag(const struct ts_server *server, const char *name);

#endif
