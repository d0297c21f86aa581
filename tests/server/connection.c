// SPDX-License-Identifier: MIT
// Connections: accepting, reading requests one at a time, closing. A connection belongs to the
// server's list and frees itself when both of its handles have closed.
//
// While an answer is being sent, further requests wait in conn->in; so answers keep their order and
// a handler has the connection for itself.

#include "server.h"

#include "front.h"
#include "routes.h"
#include "smtp.h"

#include <stdlib.h>
#include <string.h>

#define IN_LIMIT   (256 * 1024)
#define ECHO_LIMIT (16 * 1024 * 1024) // body kept for /echo

// Small, or the kernel would swallow a good part of the upload; large again to get on with it.
#define STALL_BUFFER      4096
#define STALL_OVER_BUFFER (1024 * 1024)

static void unlink_conn(struct ts_conn *conn)
{
    struct ts_server *server = conn->server;
    if (conn->prev != NULL) {
        conn->prev->next = conn->next;
    } else {
        server->conns = conn->next;
    }
    if (conn->next != NULL) {
        conn->next->prev = conn->prev;
    }
    server->open_conns--;
}

static void on_closed(uv_handle_t *handle)
{
    struct ts_conn *conn = handle->data;
    if (--conn->open_handles > 0) {
        return;
    }
    unlink_conn(conn);
    SSL_free(conn->ssl);
    ts_buffer_free(&conn->in);
    ts_buffer_free(&conn->head_bytes);
    ts_buffer_free(&conn->body_bytes);
    ts_buffer_free(&conn->arena);
    ts_buffer_free(&conn->wire);
    ts_buffer_free(&conn->fault_text);
    ts_buffer_free(&conn->passed);
    free(conn);
}

// All but the socket. False: already closing.
static bool begin_close(struct ts_conn *conn)
{
    if (conn->closing) {
        return false;
    }
    conn->closing = true;
    ts_front_leave(conn);
    if (conn->tiny_wait) {
        conn->tiny_wait = false;
        conn->server->tiny_waiting--;
    }
    uv_close((uv_handle_t *)&conn->timer, on_closed);
    return true;
}

void ts_conn_close(struct ts_conn *conn)
{
    if (begin_close(conn)) {
        uv_close((uv_handle_t *)&conn->tcp, on_closed);
    }
}

void ts_conn_reset(struct ts_conn *conn)
{
    if (begin_close(conn) && uv_tcp_close_reset(&conn->tcp, on_closed) != 0) {
        uv_close((uv_handle_t *)&conn->tcp, on_closed);
    }
}

void ts_conn_left(struct ts_conn *conn)
{
    struct ts_log *log = &conn->server->log;
    if (ts_out_busy(conn)) {
        ts_log_outcome(log, conn, TS_CLIENT_LEFT);
    } else if (conn->state == TS_READ_BODY) {
        ts_log_add(log, conn, "the client left in the middle of the body");
    } else if (conn->state == TS_READ_HEAD && conn->in.len > 0) {
        ts_buffer_clear(&conn->head_bytes);
        ts_buffer_add(&conn->head_bytes, conn->in.data, conn->in.len);
        ts_buffer_clear(&conn->body_bytes);
        conn->body.total = 0;
        ts_log_add(log, conn, "the client left in the middle of the head");
    }
    ts_conn_close(conn);
}

void ts_conn_bad(struct ts_conn *conn, const char *reason)
{
    if (conn->log_seq == 0) {
        ts_log_add(&conn->server->log, conn, reason);
    } else {
        ts_log_mark_bad(&conn->server->log, conn, reason);
    }
    conn->head = (struct ts_head){0};
    ts_answer_text(conn, 400, reason);
    // Closing with unread input would reset the connection and could lose the answer.
    ts_out_step(conn, TS_FIN, 0);
    ts_out_step(conn, TS_PAUSE, 1000);
    ts_out_step(conn, TS_CLOSE, 0);
    conn->state = TS_IGNORE;
    (void)ts_out_run(conn);
}

static void record(struct ts_conn *conn)
{
    struct ts_log *log = &conn->server->log;
    if (conn->log_seq != 0 || (conn->head.path.len > 1 && conn->head.path.p[1] == '_')) {
        return;
    }
    if (ts_route_is_bench(conn) && !conn->server->options.record) {
        ts_log_count(log, conn);
        log->unrecorded++;
        return;
    }
    ts_log_add(log, conn, NULL);
}

static void run_handler(struct ts_conn *conn)
{
    record(conn);
    if (conn->route == NULL) {
        ts_log_mark_bad(&conn->server->log, conn, "no such path");
        ts_answer_text(conn, 404, "no such path");
        return;
    }
    if (conn->let_through && !conn->early) {
        ts_out_step(conn, TS_FORWARD, 0);
    }
    conn->route->run(conn);
}

static void answer_request(struct ts_conn *conn)
{
    conn->state = TS_READ_HEAD;
    run_handler(conn);
    if (!conn->head.keep_alive) {
        ts_out_step(conn, TS_CLOSE, 0);
    }
    (void)ts_out_run(conn);
}

// Before the body: the handlers that want it, or the interim answer.
static void start_body(struct ts_conn *conn, bool more_follows)
{
    ts_body_start(&conn->body, &conn->head);
    if (conn->route != NULL && conn->route->early) {
        conn->early = true;
        run_handler(conn);
        conn->early = false;
    } else if (conn->head.expects_continue && !more_follows && conn->body.state != TS_BODY_DONE) {
        ts_out_text(conn, "HTTP/1.1 100 Continue\r\n\r\n");
    }
    (void)ts_out_run(conn);
}

// An incomplete head: is there still hope for it?
static void check_partial_head(struct ts_conn *conn, const char *bytes, size_t len)
{
    const char *lf = memchr(bytes, '\n', len);
    const char *wrong = NULL;
    if (len > TS_HEAD_LIMIT) {
        wrong = "the head is too long";
    } else if ((unsigned char)bytes[0] <= ' ' || (unsigned char)bytes[0] >= 0x7f) {
        wrong = "no method";
    } else if (lf != NULL && (lf == bytes || lf[-1] != '\r')) {
        wrong = "line ends without CRLF";
    }
    if (wrong != NULL) {
        const size_t kept = len < TS_LOG_BODY_KEPT ? len : TS_LOG_BODY_KEPT;
        conn->requests++;
        ts_buffer_add(&conn->head_bytes, bytes, kept);
        ts_conn_bad(conn, wrong);
    }
}

static void forget_request(struct ts_conn *conn)
{
    conn->head_bytes.len = 0;
    ts_buffer_clear(&conn->body_bytes);
    conn->body = (struct ts_body){0};
    conn->log_seq = 0;
    conn->route = NULL;
    conn->front_port = 0;
}

// Each of these returns how many bytes it used. Bytes stay unused until a whole head is there.
static size_t read_head(struct ts_conn *conn, const char *bytes, size_t len)
{
    forget_request(conn);
    if (conn->requests == 0 && ts_h2_preface(bytes, len)) {
        conn->state = TS_HTTP2;
        return 0;
    }
    const char *end = memmem(bytes, len, "\r\n\r\n", 4);
    if (end == NULL) {
        check_partial_head(conn, bytes, len);
        return 0;
    }
    const size_t used = (size_t)(end - bytes) + 4;
    conn->requests++;
    ts_buffer_add(&conn->head_bytes, bytes, used);
    const char *wrong = ts_head_parse(&conn->head, conn->head_bytes.data, used);
    if (wrong != NULL) {
        ts_conn_bad(conn, wrong);
        return used;
    }
    ts_route_find(conn);
    conn->state = TS_READ_BODY;
    start_body(conn, len > used);
    return used;
}

static size_t read_body(struct ts_conn *conn, const char *bytes, size_t len)
{
    const bool echo = ts_slice_is(conn->head.path, "/echo") || conn->front_port != 0;
    const size_t limit = echo ? ECHO_LIMIT : TS_LOG_BODY_KEPT;
    const ssize_t used =
        ts_body_read(&conn->body, (struct ts_slice){bytes, len}, &conn->body_bytes, limit);
    if (used < 0) {
        ts_conn_bad(conn, "broken chunk framing");
        return len;
    }
    if (conn->body.state == TS_BODY_DONE) {
        answer_request(conn);
    }
    return (size_t)used;
}

static size_t use_some(struct ts_conn *conn, const char *bytes, size_t len)
{
    if (conn->state == TS_IGNORE) {
        return len;
    }
    if (conn->server->options.smtp != NULL) {
        return ts_smtp_consume(conn, bytes, len);
    }
    if (conn->state == TS_HTTP2) {
        return ts_h2_consume(conn, bytes, len);
    }
    if (conn->state == TS_READ_BODY) {
        return read_body(conn, bytes, len);
    }
    return len > 0 ? read_head(conn, bytes, len) : 0;
}

// Uses bytes until it needs more of them or an answer is on its way.
static size_t use(struct ts_conn *conn, const char *bytes, size_t len)
{
    size_t used = 0;
    while (!conn->closing && (conn->state == TS_IGNORE || !ts_out_busy(conn))) {
        const enum ts_conn_state state = conn->state;
        const size_t step = use_some(conn, bytes + used, len - used);
        used += step;
        if (step == 0 && state == conn->state) {
            break;
        }
    }
    return used;
}

static void pause_reading(struct ts_conn *conn)
{
    conn->paused = true;
    (void)uv_read_stop((uv_stream_t *)&conn->tcp);
}

void ts_conn_feed(struct ts_conn *conn, const char *bytes, size_t len)
{
    if (conn->in.len == 0) {
        const size_t used = use(conn, bytes, len);
        ts_buffer_add(&conn->in, bytes + used, len - used);
    } else {
        ts_buffer_add(&conn->in, bytes, len);
        ts_buffer_drop(&conn->in, use(conn, conn->in.data, conn->in.len));
    }
    if (ts_out_busy(conn) && conn->in.len > IN_LIMIT && !conn->closing) {
        pause_reading(conn);
    }
}

// How much the kernel takes in while nobody reads. Errors would only make a fault less sharp.
static void set_receive_buffer(struct ts_conn *conn, int size)
{
    (void)uv_recv_buffer_size((uv_handle_t *)&conn->tcp, &size);
}

void ts_conn_stall(struct ts_conn *conn)
{
    conn->stalled = true;
    set_receive_buffer(conn, STALL_BUFFER);
    pause_reading(conn);
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    (void)suggested;
    struct ts_conn *conn = handle->data;
    const size_t tiny = conn->server->options.tiny;
    const size_t size = tiny > 0 && tiny < TS_READ_SIZE ? tiny : TS_READ_SIZE;
    *buf = uv_buf_init(conn->server->raw, (unsigned)size);
}

static void on_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *buf)
{
    struct ts_conn *conn = stream->data;
    if (conn->closing || count == 0) {
        return;
    }
    if (conn->tls_next && count > 0) {
        conn->tls_next = false;
        ts_tls_start(conn);
    }
    if (count < 0) {
        ts_conn_left(conn);
    } else if (conn->ssl != NULL) {
        ts_tls_input(conn, buf->base, (size_t)count);
    } else {
        ts_conn_feed(conn, buf->base, (size_t)count);
    }
}

static void start_reading(struct ts_conn *conn)
{
    if (conn->stalled) {
        set_receive_buffer(conn, STALL_OVER_BUFFER);
    }
    conn->stalled = false;
    conn->paused = false;
    CHECK(uv_read_start((uv_stream_t *)&conn->tcp, on_alloc, on_read) == 0);
}

void ts_conn_continue(struct ts_conn *conn)
{
    ts_buffer_drop(&conn->in, use(conn, conn->in.data, conn->in.len));
    if (conn->paused && !conn->closing && !ts_out_busy(conn)) {
        start_reading(conn);
    }
}

static struct ts_conn *new_conn(struct ts_server *server)
{
    struct ts_conn *conn = calloc(1, sizeof *conn);
    CHECK(conn != NULL);
    conn->server = server;
    conn->number = ++server->last_conn_number;
    conn->open_handles = 2;
    conn->next = server->conns;
    if (conn->next != NULL) {
        conn->next->prev = conn;
    }
    server->conns = conn;
    server->open_conns++;
    server->log.accepted++;
    CHECK(uv_tcp_init(&server->loop, &conn->tcp) == 0);
    CHECK(uv_timer_init(&server->loop, &conn->timer) == 0);
    conn->tcp.data = conn;
    conn->timer.data = conn;
    return conn;
}

void ts_conn_accept(struct ts_server *server)
{
    struct ts_conn *conn = new_conn(server);
    if (uv_accept((uv_stream_t *)&server->listener, (uv_stream_t *)&conn->tcp) != 0) {
        ts_conn_close(conn);
        return;
    }
    (void)uv_tcp_nodelay(&conn->tcp, 1);
    const bool smtp = server->options.smtp != NULL;
    if (server->tls != NULL && (!smtp || ts_smtp_flag(server, "implicit"))) {
        ts_tls_start(conn);
    }
    if (!server->options.silent) {
        start_reading(conn);
    }
    if (smtp && conn->ssl == NULL) {
        ts_smtp_greet(conn);
    }
}
