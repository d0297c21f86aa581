// SPDX-License-Identifier: MIT
// The server and its connections. One struct ts_server per process, reached from every uv handle
// through handle->data; nothing is global.

#ifndef TS_SERVER_H
#define TS_SERVER_H

#include "buffer.h"
#include "log.h"
#include "request.h"

#include <openssl/ssl.h>
#include <uv.h>

#define TS_READ_SIZE  (64 * 1024)
#define TS_HEAD_LIMIT (256 * 1024) // of a request; more is a bad request
#define TS_MAX_STEPS  12

struct ts_conn;
struct ts_key;
struct ts_rule;
struct ts_upstream;

struct ts_options {
    const char *cert; // PEM files; NULL means plain TCP
    const char *key;
    int tls_min; // OpenSSL's version numbers, 0 for its default
    int tls_max;
    size_t tiny; // bytes a write, 0 for no splitting
    uint64_t lifetime_ms;
    bool until_eof;
    bool record;
    bool h2;
    bool h2_reset;
    unsigned char h2_code;
    bool silent;
    bool full;
    const char *smtp; // rules (smtp.h); NULL: HTTP
    const char *smtp_log;
};

struct ts_server {
    struct ts_options options;
    uv_loop_t loop;
    uv_tcp_t listener;
    int crowd[2]; // with --full: connections that fill the listener's queue
    uv_signal_t sigterm;
    uv_signal_t sigint;
    uv_timer_t lifetime;
    uv_pipe_t input;       // stdin, opened with --until-eof only
    uv_idle_t tiny_turn;   // runs while a connection waits for the next loop turn
    SSL_CTX *tls;          // NULL without --tls
    struct ts_conn *conns; // newest first; each conn frees itself when its handles have closed
    uint64_t last_conn_number;
    uint64_t open_conns;
    size_t tiny_waiting;
    bool stopping;
    struct ts_log log;
    struct ts_key *keys; // owned; counters and tokens that requests name by key=
    size_t key_count;
    struct ts_rule *rules;         // owned; of requests that are passed on (front.h)
    struct ts_upstream *upstreams; // each frees itself
    char raw[TS_READ_SIZE];        // what the read callback was given; used up before it returns
    char plain[TS_READ_SIZE];      // the same after decryption
};

// An answer is a script of steps, run in order. Each may wait for the socket or for time.
enum ts_step_kind {
    TS_BYTES,   // send `block` bytes over and over until `total` are sent
    TS_RAW,     // the same, but past TLS: unencrypted bytes into the encrypted stream
    TS_PAUSE,   // for `number` milliseconds
    TS_LOOP,    // run the `back` steps before this one `number` times in all, 0 for ever
    TS_HOLD,    // nothing more, for ever
    TS_FIN,     // shut the sending side, keep reading
    TS_ALERT,   // a fatal TLS alert
    TS_CLOSE,   // close_notify if TLS, then close
    TS_CUT,     // close without close_notify
    TS_RESET,   // close with RST
    TS_FORWARD, // pass the request on; `number` 1: and then the answer (front.h)
};

struct ts_step {
    enum ts_step_kind kind;
    unsigned back;
    const char *data; // borrowed static bytes; NULL means conn->arena from `offset` on
    size_t offset;
    size_t block;
    uint64_t total;
    uint64_t done; // bytes sent, rounds run, or 1 when the wait is over
    uint64_t number;
};

struct ts_route;

enum ts_conn_state {
    TS_READ_HEAD,
    TS_READ_BODY,
    TS_HTTP2,
    TS_IGNORE, // throw away whatever comes
};

struct ts_conn {
    uv_tcp_t tcp;
    uv_timer_t timer; // for TS_PAUSE
    uv_write_t write;
    uv_shutdown_t shutdown;
    struct ts_server *server;
    struct ts_conn *prev;
    struct ts_conn *next;
    SSL *ssl; // NULL without TLS
    unsigned open_handles;
    bool closing;
    bool write_pending; // `write` is in use
    bool paused;        // reading is stopped
    bool stalled;       // the same by ts_conn_stall
    bool timer_running;
    bool held;      // by TS_HOLD
    bool tiny_wait; // to be continued in the next loop turn

    uint64_t number;    // of the connection, from 1
    uint64_t requests;  // begun on this connection
    uint64_t log_epoch; // when it was last counted, see struct ts_log
    uint64_t log_seq;   // entry of the current request, 0 if not recorded

    enum ts_conn_state state;
    struct ts_buffer in; // received, not used yet
    struct ts_buffer head_bytes;
    struct ts_head head; // points into head_bytes
    struct ts_body body;
    struct ts_buffer body_bytes;
    const struct ts_route *route;
    struct ts_slice args; // of the path, what follows the route's name
    bool early;           // the handler runs before the body has been read
    bool h2_started;

    // Of a request that is passed on.
    struct ts_upstream *upstream;
    struct ts_buffer fault_text; // the fault that it meets, with arguments
    struct ts_buffer passed;     // the other server's answer
    uint64_t front_port;
    bool let_through; // the other server gets it before the fault
    bool forwarding;

    // With --smtp.
    bool greeted;
    bool tls_next; // STARTTLS was agreed on: the next byte is TLS
    bool in_data;
    unsigned recipients;
    unsigned sign_in_lines; // that are still to come

    struct ts_step steps[TS_MAX_STEPS];
    unsigned step_count;
    unsigned step_next;
    struct ts_buffer arena; // bytes of the current answer
    struct ts_buffer wire;  // encrypted, to be written before anything else
};

// server.c
int ts_server_run(struct ts_server *server);
void ts_server_stop(struct ts_server *server);

// connection.c
void ts_conn_accept(struct ts_server *server);
void ts_conn_close(struct ts_conn *conn);
void ts_conn_reset(struct ts_conn *conn);
// The client is gone: closes, and notes it in the log if an answer was on its way.
void ts_conn_left(struct ts_conn *conn);
// Received bytes, decrypted.
void ts_conn_feed(struct ts_conn *conn, const char *bytes, size_t len);
// The script has ended outside of ts_conn_feed: goes on with what has been received meanwhile.
void ts_conn_continue(struct ts_conn *conn);
// Stops reading until the script has ended, with as little buffer in the kernel as can be had.
void ts_conn_stall(struct ts_conn *conn);
// Answers 400, notes the reason (static text) in the log, and closes.
void ts_conn_bad(struct ts_conn *conn, const char *reason);

// output.c: building the script; nothing is sent before ts_out_run
void ts_out_static(struct ts_conn *conn, const char *bytes, size_t len);
void ts_out_copy(struct ts_conn *conn, const void *bytes, size_t len);
void ts_out_text(struct ts_conn *conn, const char *text);
void ts_out_printf(struct ts_conn *conn, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void ts_out_repeat(struct ts_conn *conn, const void *block, size_t len, uint64_t total);
void ts_out_step(struct ts_conn *conn, enum ts_step_kind kind, uint64_t number);
void ts_out_loop(struct ts_conn *conn, unsigned back, uint64_t times);
// The unencrypted bytes go out between two records.
void ts_out_raw(struct ts_conn *conn, const void *bytes, size_t len);
// Runs steps until one must wait. True when the script has ended and the connection lives.
bool ts_out_run(struct ts_conn *conn);
// What kept the script waiting has ended.
void ts_out_resume(struct ts_conn *conn);
bool ts_out_busy(const struct ts_conn *conn);
// Writes what TLS has produced outside of a step: handshake, alerts.
void ts_out_flush_wire(struct ts_conn *conn);

// tls.c
SSL_CTX *ts_tls_context(const struct ts_options *options);
int ts_tls_version(const char *text); // "1.2" and so on; -1 if unknown
void ts_tls_start(struct ts_conn *conn);
void ts_tls_input(struct ts_conn *conn, const char *bytes, size_t len);
// False: the TLS connection is broken.
bool ts_tls_encrypt(struct ts_conn *conn, const char *bytes, size_t len);
void ts_tls_notify(struct ts_conn *conn);
void ts_tls_alert(struct ts_conn *conn);
// Moves what OpenSSL wants sent to conn->wire.
void ts_tls_collect(struct ts_conn *conn);

// http2.c
bool ts_h2_preface(const char *bytes, size_t len);
size_t ts_h2_consume(struct ts_conn *conn, const char *bytes, size_t len);

#endif
