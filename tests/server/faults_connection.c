// SPDX-License-Identifier: MIT
// Faults of the connection and of timing: each builds a script of steps (struct ts_step).

#include "faults.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DELAY_MAX  3600000
#define SIZE_LIMIT 1000000000
#define SETTLE_MS  20 // long enough for the client to have read what was sent before

static const char ok_json[] = "HTTP/1.1 200 OK\r\n" TS_JSON_TYPE;
static const char ok_length[] =
    "HTTP/1.1 200 OK\r\n" TS_JSON_TYPE "Content-Length: " TS_JSON_LENGTH "\r\n\r\n";
static const char json[] = TS_JSON_BODY;
#define HALF 100

static void send_half(struct ts_conn *conn)
{
    ts_out_text(conn, ok_length);
    ts_out_copy(conn, json, HALF);
    ts_out_step(conn, TS_PAUSE, SETTLE_MS);
}

void ts_fault_reset_before_answer(struct ts_conn *conn)
{
    ts_out_step(conn, TS_RESET, 0);
}

void ts_fault_reset_mid_body(struct ts_conn *conn)
{
    send_half(conn);
    ts_out_step(conn, TS_RESET, 0);
}

void ts_fault_close_without_answer(struct ts_conn *conn)
{
    ts_out_step(conn, TS_CLOSE, 0);
}

static void end_on_nth(struct ts_conn *conn, enum ts_step_kind how)
{
    uint64_t nth = 0;
    if (!ts_arg_number(conn, 0, TS_REQUIRED, SIZE_LIMIT, &nth)) {
        return;
    }
    if (conn->requests >= nth) {
        ts_out_step(conn, how, 0);
        return;
    }
    ts_answer_json(conn);
}

void ts_fault_close_on_nth(struct ts_conn *conn)
{
    end_on_nth(conn, TS_CLOSE);
}

void ts_fault_reset_on_nth(struct ts_conn *conn)
{
    end_on_nth(conn, TS_RESET);
}

static void end_idle(struct ts_conn *conn, enum ts_step_kind how)
{
    uint64_t ms = 0;
    if (ts_arg_number(conn, 0, 50, DELAY_MAX, &ms)) {
        ts_answer_json(conn);
        ts_out_step(conn, TS_PAUSE, ms);
        ts_out_step(conn, how, 0);
    }
}

void ts_fault_idle_close(struct ts_conn *conn)
{
    end_idle(conn, TS_CLOSE);
}

void ts_fault_idle_reset(struct ts_conn *conn)
{
    end_idle(conn, TS_RESET);
}

void ts_fault_silence(struct ts_conn *conn)
{
    ts_out_step(conn, TS_HOLD, 0);
}

void ts_fault_stall_upload(struct ts_conn *conn)
{
    if (!conn->early) {
        ts_answer_json(conn);
        return;
    }
    uint64_t ms = 0;
    if (ts_arg(conn, 0).p != NULL && !ts_arg_number(conn, 0, TS_REQUIRED, DELAY_MAX, &ms)) {
        conn->state = TS_IGNORE;
        ts_out_step(conn, TS_CLOSE, 0);
        return;
    }
    ts_conn_stall(conn);
    ts_out_step(conn, ts_arg(conn, 0).p != NULL ? TS_PAUSE : TS_HOLD, ms);
}

void ts_fault_early_413(struct ts_conn *conn)
{
    conn->head.keep_alive = false;
    ts_answer_text(conn, 413, "too large");
    if (ts_slice_is(ts_arg(conn, 0), "drain")) {
        ts_out_step(conn, TS_FIN, 0);
        ts_out_step(conn, TS_PAUSE, 10000);
    }
    ts_out_step(conn, TS_CLOSE, 0);
    conn->state = TS_IGNORE;
}

static void random_letters(char *out, size_t count)
{
    CHECK(uv_random(NULL, NULL, out, count, 0, NULL) == 0);
    for (size_t i = 0; i < count; i++) {
        out[i] = (char)('a' + (unsigned char)out[i] % 26);
    }
}

void ts_fault_answer_late(struct ts_conn *conn)
{
    char letters[1000];
    uint64_t ms = 0;
    uint64_t count = 0;
    if (!ts_arg_number(conn, 0, 1000, DELAY_MAX, &ms) ||
        !ts_arg_number(conn, 1, 100, sizeof letters, &count)) {
        return;
    }
    const char *rest = "\",\"error_message\":null,\"success\":true,\"can_id\":1381134}";
    random_letters(letters, (size_t)count);
    ts_out_text(conn, ok_json);
    ts_out_printf(conn, "Content-Length: %zu\r\n\r\n{\"noise\":\"",
                  strlen("{\"noise\":\"") + (size_t)count + strlen(rest));
    ts_out_copy(conn, letters, (size_t)count);
    ts_out_step(conn, TS_PAUSE, ms);
    ts_out_text(conn, rest);
}

void ts_fault_answer_twice(struct ts_conn *conn)
{
    uint64_t ms = 0;
    if (!ts_arg_number(conn, 0, 0, DELAY_MAX, &ms)) {
        return;
    }
    const char *other = "{\"error_message\":null,\"success\":true,\"can_id\":9999999}";
    ts_answer_json(conn);
    ts_out_step(conn, TS_PAUSE, ms);
    ts_out_text(conn, ok_json);
    ts_out_printf(conn, "Content-Length: %zu\r\n\r\n%s", strlen(other), other);
}

static bool needs_tls(struct ts_conn *conn)
{
    if (conn->ssl == NULL) {
        ts_refuse(conn, "this fault needs --tls");
    }
    return conn->ssl != NULL;
}

void ts_fault_tls_alert(struct ts_conn *conn)
{
    if (needs_tls(conn)) {
        send_half(conn);
        ts_out_step(conn, TS_ALERT, 0);
        ts_out_step(conn, TS_CUT, 0);
    }
}

void ts_fault_tls_garbage(struct ts_conn *conn)
{
    if (needs_tls(conn)) {
        send_half(conn);
        ts_out_raw(conn, json + HALF, HALF);
        ts_out_step(conn, TS_PAUSE, SETTLE_MS);
        ts_out_step(conn, TS_CUT, 0);
    }
}

void ts_fault_no_length_cut(struct ts_conn *conn)
{
    ts_out_text(conn, ok_json);
    ts_out_text(conn, "\r\n");
    ts_out_copy(conn, json, HALF);
    ts_out_step(conn, TS_CUT, 0);
}

void ts_fault_two_lengths(struct ts_conn *conn)
{
    uint64_t first = 0;
    uint64_t second = 0;
    if (!ts_arg_number(conn, 0, 200, SIZE_LIMIT, &first) ||
        !ts_arg_number(conn, 1, 300, SIZE_LIMIT, &second)) {
        return;
    }
    ts_out_text(conn, ok_json);
    ts_out_printf(conn, "Content-Length: %llu\r\nContent-Length: %llu\r\n\r\n%s",
                  (unsigned long long)first, (unsigned long long)second, json);
    ts_out_step(conn, TS_CLOSE, 0);
}

void ts_fault_garbage(struct ts_conn *conn)
{
    char noise[4096];
    uint64_t count = 0;
    if (ts_arg_number(conn, 0, 512, sizeof noise, &count)) {
        CHECK(uv_random(NULL, NULL, noise, sizeof noise, 0, NULL) == 0);
        noise[0] = '\x8f'; // certainly not the H of HTTP
        ts_out_copy(conn, noise, (size_t)count);
        ts_out_step(conn, TS_CLOSE, 0);
    }
}

void ts_fault_header_huge(struct ts_conn *conn)
{
    char filler[4096];
    uint64_t count = 0;
    if (ts_arg_number(conn, 0, 400000, SIZE_LIMIT, &count)) {
        memset(filler, 'a', sizeof filler);
        ts_out_text(conn, "HTTP/1.1 200 OK\r\nX-Huge: ");
        ts_out_repeat(conn, filler, sizeof filler, count);
        ts_out_text(conn, "\r\n");
        ts_out_text(conn, ok_length + strlen("HTTP/1.1 200 OK\r\n"));
        ts_out_text(conn, json);
    }
}

void ts_fault_headers_many(struct ts_conn *conn)
{
    static const char line[] = "X-Many: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n";
    _Static_assert(sizeof line - 1 == 64, "the documentation says so");
    char block[64 * 64];
    uint64_t count = 0;
    if (!ts_arg_number(conn, 0, 2000000, SIZE_LIMIT, &count)) {
        return;
    }
    for (size_t i = 0; i < sizeof block; i += sizeof line - 1) {
        memcpy(block + i, line, sizeof line - 1);
    }
    ts_out_text(conn, ok_json);
    ts_out_repeat(conn, block, sizeof block, (count + 63) / 64 * 64);
    ts_out_text(conn, ok_length + strlen(ok_json));
    ts_out_text(conn, json);
}

// One `piece` each MS, by the arguments: MS, and how many.
static bool drip(struct ts_conn *conn, const char *begin, const char *piece)
{
    uint64_t ms = 0;
    uint64_t count = 0;
    if (!ts_arg_number(conn, 0, 100, DELAY_MAX, &ms) ||
        !ts_arg_number(conn, 1, 0, SIZE_LIMIT, &count)) {
        return false;
    }
    ts_out_text(conn, begin);
    // Never without a pause, which for ever would be a busy loop.
    ts_out_step(conn, TS_PAUSE, ms > 0 ? ms : 1);
    ts_out_repeat(conn, piece, strlen(piece), strlen(piece));
    ts_out_loop(conn, 2, count);
    return true;
}

void ts_fault_header_drip(struct ts_conn *conn)
{
    if (drip(conn, "HTTP/1.1 200 OK\r\nX-Drip: ", "a")) {
        ts_out_text(conn, "\r\n");
        ts_out_text(conn, ok_length + strlen("HTTP/1.1 200 OK\r\n"));
        ts_out_text(conn, json);
    }
}

void ts_fault_body_drip(struct ts_conn *conn)
{
    if (drip(conn,
             "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n",
             "1\r\na\r\n")) {
        ts_out_text(conn, "0\r\n\r\n");
    }
}

void ts_fault_informational(struct ts_conn *conn)
{
    static const char early[] =
        "HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n";
    uint64_t count = 0;
    if (ts_arg_number(conn, 0, 50, SIZE_LIMIT, &count)) {
        ts_out_repeat(conn, early, sizeof early - 1, count * (sizeof early - 1));
        ts_answer_json(conn);
    }
}
