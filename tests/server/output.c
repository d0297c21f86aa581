// SPDX-License-Identifier: MIT
// Sending. An answer is a script of steps (struct ts_step); handlers append steps, ts_out_run
// performs them. At most one uv_write is under way on a connection, so nothing piles up in libuv
// and a step's bytes stay put until they are written.

#include "front.h"
#include "server.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TLS_RECORD 16384

static struct ts_step *new_step(struct ts_conn *conn, enum ts_step_kind kind)
{
    CHECK(conn->step_count < TS_MAX_STEPS);
    struct ts_step *step = &conn->steps[conn->step_count++];
    *step = (struct ts_step){.kind = kind};
    return step;
}

void ts_out_step(struct ts_conn *conn, enum ts_step_kind kind, uint64_t number)
{
    new_step(conn, kind)->number = number;
}

void ts_out_loop(struct ts_conn *conn, unsigned back, uint64_t times)
{
    CHECK(back <= conn->step_count);
    struct ts_step *step = new_step(conn, TS_LOOP);
    step->back = back;
    step->number = times;
}

void ts_out_static(struct ts_conn *conn, const char *bytes, size_t len)
{
    if (len == 0) {
        return;
    }
    struct ts_step *step = new_step(conn, TS_BYTES);
    step->data = bytes;
    step->block = len;
    step->total = len;
}

void ts_out_repeat(struct ts_conn *conn, const void *block, size_t len, uint64_t total)
{
    if (len == 0 || total == 0) {
        return;
    }
    struct ts_step *step = new_step(conn, TS_BYTES);
    step->offset = conn->arena.len;
    step->block = len;
    step->total = total;
    ts_buffer_add(&conn->arena, block, len);
}

void ts_out_raw(struct ts_conn *conn, const void *bytes, size_t len)
{
    ts_out_repeat(conn, bytes, len, len);
    conn->steps[conn->step_count - 1].kind = TS_RAW;
}

// The step that the bytes at the end of the arena belong to, if it can take more; one step is one
// write, and a head and a body should leave together.
static struct ts_step *open_step(struct ts_conn *conn)
{
    if (conn->step_count == 0) {
        return NULL;
    }
    struct ts_step *step = &conn->steps[conn->step_count - 1];
    const bool single = step->kind == TS_BYTES && step->data == NULL && step->block == step->total;
    return single && step->offset + step->block == conn->arena.len && step->done == 0 ? step : NULL;
}

void ts_out_copy(struct ts_conn *conn, const void *bytes, size_t len)
{
    struct ts_step *step = open_step(conn);
    if (step == NULL) {
        ts_out_repeat(conn, bytes, len, len);
        return;
    }
    ts_buffer_add(&conn->arena, bytes, len);
    step->block += len;
    step->total += len;
}

void ts_out_text(struct ts_conn *conn, const char *text)
{
    ts_out_copy(conn, text, strlen(text));
}

void ts_out_printf(struct ts_conn *conn, const char *format, ...)
{
    char text[1024];
    va_list list;
    va_start(list, format);
    const int len = vsnprintf(text, sizeof text, format, list);
    va_end(list);
    CHECK(len >= 0 && (size_t)len < sizeof text);
    ts_out_copy(conn, text, (size_t)len);
}

bool ts_out_busy(const struct ts_conn *conn)
{
    return conn->step_count > 0;
}

// What kept the script waiting has ended; if that was the last of it, the connection goes on.
void ts_out_resume(struct ts_conn *conn)
{
    if (!conn->closing && ts_out_run(conn)) {
        ts_conn_continue(conn);
    }
}

static void on_write(uv_write_t *write, int status)
{
    struct ts_conn *conn = write->data;
    conn->write_pending = false;
    conn->wire.len = 0;
    if (conn->closing) {
        return;
    }
    if (status < 0) {
        ts_conn_left(conn);
        return;
    }
    ts_out_flush_wire(conn);
    ts_out_resume(conn);
}

// Hands the bytes to the socket; what it does not take now is left to on_write. They must stay in
// place until then.
static void send_bytes(struct ts_conn *conn, const char *bytes, size_t len)
{
    CHECK(!conn->write_pending);
    uv_stream_t *stream = (uv_stream_t *)&conn->tcp;
    uv_buf_t buf = uv_buf_init((char *)(uintptr_t)bytes, (unsigned)len);
    const int sent = uv_try_write(stream, &buf, 1);
    if (sent < 0 && sent != UV_EAGAIN) {
        ts_conn_left(conn);
        return;
    }
    const size_t gone = sent > 0 ? (size_t)sent : 0;
    if (gone == len) {
        return;
    }
    buf = uv_buf_init(buf.base + gone, (unsigned)(len - gone));
    conn->write.data = conn;
    conn->write_pending = true;
    CHECK(uv_write(&conn->write, stream, &buf, 1, on_write) == 0);
}

void ts_out_flush_wire(struct ts_conn *conn)
{
    if (conn->ssl == NULL || conn->write_pending || conn->closing) {
        return;
    }
    ts_tls_collect(conn);
    if (conn->wire.len == 0) {
        return;
    }
    send_bytes(conn, conn->wire.data, conn->wire.len);
    if (!conn->write_pending) {
        conn->wire.len = 0;
    }
}

// True: the step is over and the next may follow at once.
typedef bool run_step(struct ts_conn *conn, struct ts_step *step);

static size_t piece_size(const struct ts_conn *conn, const struct ts_step *step, size_t at)
{
    const uint64_t left = step->total - step->done;
    size_t size = step->block - at;
    size = left < size ? (size_t)left : size;
    const size_t tiny = conn->server->options.tiny;
    size = tiny > 0 && tiny < size ? tiny : size;
    return conn->ssl != NULL && size > TLS_RECORD ? TLS_RECORD : size;
}

// One piece for every connection that waits for one.
static void on_turn(uv_idle_t *idle)
{
    struct ts_server *server = idle->data;
    for (struct ts_conn *conn = server->conns; conn != NULL; conn = conn->next) {
        if (conn->tiny_wait) {
            conn->tiny_wait = false;
            server->tiny_waiting--;
            ts_out_resume(conn);
        }
    }
    if (server->tiny_waiting == 0) {
        uv_idle_stop(idle);
    }
}

static void wait_for_turn(struct ts_conn *conn)
{
    conn->tiny_wait = true;
    if (conn->server->tiny_waiting++ == 0) {
        CHECK(uv_idle_start(&conn->server->tiny_turn, on_turn) == 0);
    }
}

static bool run_bytes(struct ts_conn *conn, struct ts_step *step)
{
    const size_t at = (size_t)(step->done % step->block);
    const char *data = step->data != NULL ? step->data : conn->arena.data + step->offset;
    const size_t size = piece_size(conn, step, at);
    step->done += size;
    if (conn->ssl == NULL) {
        send_bytes(conn, data + at, size);
    } else if (step->kind == TS_RAW) {
        ts_buffer_add(&conn->wire, data + at, size);
    } else if (!ts_tls_encrypt(conn, data + at, size)) {
        ts_conn_close(conn);
    }
    ts_out_flush_wire(conn);
    if (conn->server->options.tiny > 0 && !conn->closing) {
        wait_for_turn(conn);
    }
    return step->done == step->total;
}

static void on_timer(uv_timer_t *timer)
{
    struct ts_conn *conn = timer->data;
    conn->timer_running = false;
    ts_out_resume(conn);
}

static bool run_pause(struct ts_conn *conn, struct ts_step *step)
{
    if (step->done == 1 || step->number == 0) {
        return true;
    }
    step->done = 1;
    conn->timer_running = true;
    CHECK(uv_timer_start(&conn->timer, on_timer, step->number, 0) == 0);
    return false;
}

static bool run_loop(struct ts_conn *conn, struct ts_step *step)
{
    step->done++;
    if (step->number != 0 && step->done >= step->number) {
        return true;
    }
    for (unsigned i = 1; i <= step->back; i++) {
        (step - i)->done = 0;
    }
    conn->step_next -= step->back;
    return false;
}

static bool run_hold(struct ts_conn *conn, struct ts_step *step)
{
    (void)step;
    conn->held = true;
    return false;
}

// True once the farewell has been handed to the socket.
static bool say_goodbye(struct ts_conn *conn, struct ts_step *step)
{
    if (conn->ssl != NULL && step->done == 0) {
        step->done = 1;
        ts_tls_notify(conn);
        ts_out_flush_wire(conn);
    }
    return !conn->write_pending;
}

static void on_shutdown(uv_shutdown_t *shutdown, int status)
{
    (void)shutdown;
    (void)status;
}

static bool run_fin(struct ts_conn *conn, struct ts_step *step)
{
    if (!say_goodbye(conn, step)) {
        return false;
    }
    (void)uv_shutdown(&conn->shutdown, (uv_stream_t *)&conn->tcp, on_shutdown);
    return true;
}

static bool run_alert(struct ts_conn *conn, struct ts_step *step)
{
    (void)step;
    ts_tls_alert(conn);
    ts_out_flush_wire(conn);
    return true;
}

static bool run_close(struct ts_conn *conn, struct ts_step *step)
{
    if (say_goodbye(conn, step)) {
        ts_log_outcome(&conn->server->log, conn, TS_SENT);
        ts_conn_close(conn);
    }
    return false;
}

static bool run_cut(struct ts_conn *conn, struct ts_step *step)
{
    (void)step;
    ts_log_outcome(&conn->server->log, conn, TS_SENT);
    ts_conn_close(conn);
    return false;
}

static bool run_reset(struct ts_conn *conn, struct ts_step *step)
{
    (void)step;
    ts_log_outcome(&conn->server->log, conn, TS_SENT);
    ts_conn_reset(conn);
    return false;
}

static bool may_run(const struct ts_conn *conn)
{
    return !conn->closing && !conn->write_pending && !conn->tiny_wait && !conn->timer_running &&
           !conn->held && !conn->forwarding;
}

bool ts_out_run(struct ts_conn *conn)
{
    static run_step *const runners[] = {
        [TS_BYTES] = run_bytes, [TS_RAW] = run_bytes,         [TS_PAUSE] = run_pause,
        [TS_LOOP] = run_loop,   [TS_HOLD] = run_hold,         [TS_FIN] = run_fin,
        [TS_ALERT] = run_alert, [TS_CLOSE] = run_close,       [TS_CUT] = run_cut,
        [TS_RESET] = run_reset, [TS_FORWARD] = ts_front_step,
    };
    while (may_run(conn) && conn->step_next < conn->step_count) {
        struct ts_step *step = &conn->steps[conn->step_next];
        if (runners[step->kind](conn, step)) {
            conn->step_next++;
        }
    }
    if (!may_run(conn) || conn->step_next < conn->step_count) {
        return false;
    }
    // While the body is still to be read, the script was not the answer yet.
    if (conn->state != TS_READ_BODY) {
        ts_log_outcome(&conn->server->log, conn, TS_SENT);
    }
    conn->step_next = 0;
    conn->step_count = 0;
    ts_buffer_clear(&conn->arena);
    return true;
}
