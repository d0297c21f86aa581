// SPDX-License-Identifier: MIT
// What the clients did: exact totals, and the last requests in full.

#ifndef TS_LOG_H
#define TS_LOG_H

#include "buffer.h"
#include "request.h"

#include <stdint.h>

#define TS_LOG_ENTRIES   32768
#define TS_LOG_BODY_KEPT (64 * 1024)

struct ts_conn;
struct ts_entry;

// Totals since the start or the last reset. `epoch` counts the resets; a connection that carries
// the current epoch is already part of `connections`.
struct ts_log {
    struct ts_entry *ring[TS_LOG_ENTRIES]; // owned; entry `seq` is at seq modulo the size
    uint64_t next_seq;
    uint64_t first_seq; // after the last reset
    uint64_t epoch;
    uint64_t requests;
    uint64_t connections; // that carried a request
    uint64_t unrecorded;  // requests that were counted only
    uint64_t bad;
    uint64_t accepted;
    uint64_t tls_failures;
};

enum ts_outcome { TS_PENDING, TS_SENT, TS_CLIENT_LEFT };

void ts_log_start(struct ts_log *log);
void ts_log_reset(struct ts_log *log);
void ts_log_free(struct ts_log *log);

// Counts the connection's current request; the cheap half of recording.
void ts_log_count(struct ts_log *log, struct ts_conn *conn);

// Counts and records it, and makes it the connection's current entry. `bad` is NULL or a static
// text; a bad request is kept as it came.
void ts_log_add(struct ts_log *log, struct ts_conn *conn, const char *bad);

// What became of the connection's current entry; nothing happens if it has none.
void ts_log_outcome(struct ts_log *log, const struct ts_conn *conn, enum ts_outcome outcome);
void ts_log_mark_bad(struct ts_log *log, const struct ts_conn *conn, const char *reason);

// The entries whose head or body holds `text`, as a JSON list; "" means all.
void ts_log_list(const struct ts_log *log, const char *text, struct ts_buffer *out);

// The numbers as a JSON object. With a text: those of the recorded entries that hold it.
void ts_log_numbers(const struct ts_log *log, const char *text, uint64_t open,
                    struct ts_buffer *out);

// Writes the members "method" to "body" of the JSON object that describes a request.
void ts_request_json(struct ts_buffer *out, const struct ts_head *head, struct ts_slice body);

#endif
