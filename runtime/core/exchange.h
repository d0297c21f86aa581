// SPDX-License-Identifier: MIT
// One HTTP request and its answer, or one mail and the server's reply, and the interface of what carries it: a
// transport. A transport never sees Lua values of the script; it moves bytes and calls `done` on the loop.
#ifndef BD_EXCHANGE_H
#define BD_EXCHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"

struct bd_mail;

// Header lines of a request, shared by all that send the same ones.
struct bd_headers {
    unsigned refs;
    size_t count;
    size_t room;
    char *lines[]; // "Name: value", owned
};

// Headers without lines yet, with room for `room` of them; one reference.
struct bd_headers *bd_headers_new(size_t room);
// Adds a line. Whoever calls it has checked the name and the value (head.h).
void bd_headers_add(struct bd_headers *headers, const char *name, const char *value, size_t len);
struct bd_headers *bd_headers_make(const char *const *lines, size_t count); // one reference
// The lines of `headers`, with room for `more`; one reference.
struct bd_headers *bd_headers_copy(const struct bd_headers *headers, size_t more);
struct bd_headers *bd_headers_keep(struct bd_headers *headers);
void bd_headers_drop(struct bd_headers *headers); // wipes and frees at the last; NULL is fine

// How to connect and what to bear; one per client, outlives its exchanges.
struct bd_http_options {
    uint64_t connect_ms; // to resolve, connect and finish the TLS handshake
    uint64_t idle_ms;    // slower than a byte a second in both directions; counted in whole seconds
    uint64_t total_ms;   // for one exchange
    size_t max_body;     // bytes, unpacked
    size_t max_head;
    const char *ca_file; // NULL: the system's
    bool plain_http;     // http, or mail without TLS, to hosts other than this machine
    bool demand_tls;     // mail: TLS, also to this machine
};

extern const struct bd_http_options bd_http_defaults;

// Why an exchange brought no whole answer.
enum bd_fault {
    BD_FAULT_NONE,
    BD_FAULT_TURN, // the time was over before it was its turn
    BD_FAULT_RESOLVE,
    BD_FAULT_CONNECT,
    BD_FAULT_TLS,
    BD_FAULT_REFUSED, // not permitted: plain http to another machine
    BD_FAULT_CONNECT_TIMEOUT,
    BD_FAULT_IDLE_TIMEOUT,
    BD_FAULT_TIMEOUT,
    BD_FAULT_SEND,
    BD_FAULT_RESET, // the connection broke
    BD_FAULT_EMPTY, // closed without an answer
    BD_FAULT_CUT,   // the answer ended too early
    BD_FAULT_PROTOCOL,
    BD_FAULT_HEAD_TOO_LARGE,
    BD_FAULT_BODY_TOO_LARGE,
    BD_FAULT_ENCODING,   // a packed body that cannot be unpacked
    BD_FAULT_LOCAL,      // a fault on this side
    BD_FAULT_PLAIN_MAIL, // not permitted: mail without TLS to another machine
    BD_FAULT_NO_SIGN_IN, // the mail server takes no user and password
    BD_FAULT_REPLY,      // what came is no reply of a mail server
    BD_FAULTS,
};

// What to tell a person about a fault.
const char *bd_fault_text(enum bd_fault fault);

bool bd_fault_is_timeout(enum bd_fault fault);
// True when the same may go well another time.
bool bd_fault_is_passing(enum bd_fault fault);

// When the phases of an exchange ended, in µs since it was handed over; -1: not known, or there was no such phase.
struct bd_times {
    int64_t resolved, connected, secured;
    int64_t sent; // the last byte of the request left; known to libcurl from 8.10 on
    int64_t answered;
};

struct bd_exchange {
    // The request; set by whoever sends it, unchanged until done.
    const char *method; // a literal
    struct bd_buf url;
    struct bd_headers *headers; // owns a reference; NULL: none
    struct bd_buf body;         // of a mail: the message
    struct bd_mail *mail;       // owned; NULL: HTTP
    bool has_body;
    bool repeatable;     // may be sent a second time when a kept connection turns out dead
    uint64_t time_limit; // ms for this exchange; at most options->total_ms
    bool timed;          // somebody wants to know where its time goes
    const struct bd_http_options *options; // borrowed

    // The answer.
    enum bd_fault fault;
    char detail[320]; // the transport's own words on a fault; may hold parts of the URL
    bool sent;        // bytes of the request may have reached the other side; of a mail: its end
    int status;       // of HTTP, or the code of the mail server's last reply; 0: none came
    struct bd_buf head;
    struct bd_buf answer;
    struct bd_times times; // only when `timed`
    const char *protocol;  // the same: "HTTP/1.1", a literal; NULL: not known
    bool length_unknown;   // the answer ended with the connection: nothing says that it is whole

    // Called once, on the loop, unless cancelled.
    void (*done)(struct bd_exchange *exchange);

    void *carrier; // the transport's own
};

// Makes the exchange ready for another request; memory is kept.
void bd_exchange_reset(struct bd_exchange *exchange);
// Forgets the answer, for another attempt.
void bd_exchange_clear_answer(struct bd_exchange *exchange);
void bd_exchange_free(struct bd_exchange *exchange);
// For transports whose answer is there before it shall arrive: takes away again what shall not.
void bd_exchange_break(struct bd_exchange *exchange, enum bd_fault fault);
// Appends the request's header lines as they go out, each with its line end.
void bd_exchange_request_head(const struct bd_exchange *exchange, struct bd_buf *out);

struct bd_transport {
    // Begins an exchange. `done` is never called before this returns.
    void (*send)(struct bd_transport *transport, struct bd_exchange *exchange);
    // Abandons it: `sent` is set, `done` is not called.
    void (*cancel)(struct bd_transport *transport, struct bd_exchange *exchange);
};

#endif
