// SPDX-License-Identifier: MIT
// Request recording: a ring of entries, each one block of memory that the ring owns. Counting
// without recording costs a few additions, so that a benchmark does not measure the log.

#include "log.h"

#include "server.h"

#include <stdlib.h>
#include <string.h>

struct ts_entry {
    uint64_t seq;
    uint64_t at_ms; // of the monotonic clock
    uint64_t connection;
    uint64_t nth; // request of that connection
    uint64_t body_total;
    const char *bad; // static; NULL for a good request
    const char *tls; // static version name; NULL for plain TCP
    enum ts_outcome outcome;
    size_t head_len;
    size_t body_len;
    char bytes[]; // head, then body
};

void ts_log_start(struct ts_log *log)
{
    log->epoch = 1;
    log->next_seq = 1;
    log->first_seq = 1;
}

void ts_log_free(struct ts_log *log)
{
    for (size_t i = 0; i < TS_LOG_ENTRIES; i++) {
        free(log->ring[i]);
        log->ring[i] = NULL;
    }
}

void ts_log_reset(struct ts_log *log)
{
    ts_log_free(log);
    log->epoch++;
    log->first_seq = log->next_seq;
    log->requests = 0;
    log->connections = 0;
    log->unrecorded = 0;
    log->bad = 0;
    log->accepted = 0;
    log->tls_failures = 0;
}

void ts_log_count(struct ts_log *log, struct ts_conn *conn)
{
    log->requests++;
    if (conn->log_epoch != log->epoch) {
        conn->log_epoch = log->epoch;
        log->connections++;
    }
}

void ts_log_add(struct ts_log *log, struct ts_conn *conn, const char *bad)
{
    ts_log_count(log, conn);
    log->bad += bad != NULL;
    const struct ts_slice head = {conn->head_bytes.data, conn->head_bytes.len};
    const struct ts_slice all = {conn->body_bytes.data, conn->body_bytes.len};
    const size_t body_len = all.len < TS_LOG_BODY_KEPT ? all.len : TS_LOG_BODY_KEPT;
    struct ts_entry *entry = malloc(sizeof *entry + head.len + body_len);
    CHECK(entry != NULL);
    *entry = (struct ts_entry){
        .seq = log->next_seq++,
        .at_ms = uv_now(&conn->server->loop),
        .connection = conn->number,
        .nth = conn->requests,
        .body_total = conn->body.total,
        .bad = bad,
        .tls = conn->ssl != NULL ? SSL_get_version(conn->ssl) : NULL,
        .head_len = head.len,
        .body_len = body_len,
    };
    if (head.len > 0) {
        memcpy(entry->bytes, head.p, head.len);
    }
    if (body_len > 0) {
        memcpy(entry->bytes + head.len, all.p, body_len);
    }
    struct ts_entry **place = &log->ring[entry->seq % TS_LOG_ENTRIES];
    free(*place);
    *place = entry;
    conn->log_seq = entry->seq;
}

// NULL when it has been pushed out or reset away.
static struct ts_entry *find(const struct ts_log *log, uint64_t seq)
{
    struct ts_entry *entry = log->ring[seq % TS_LOG_ENTRIES];
    return entry != NULL && entry->seq == seq ? entry : NULL;
}

void ts_log_outcome(struct ts_log *log, const struct ts_conn *conn, enum ts_outcome outcome)
{
    struct ts_entry *entry = conn->log_seq != 0 ? find(log, conn->log_seq) : NULL;
    if (entry != NULL) {
        entry->outcome = outcome;
    }
}

void ts_log_mark_bad(struct ts_log *log, const struct ts_conn *conn, const char *reason)
{
    struct ts_entry *entry = conn->log_seq != 0 ? find(log, conn->log_seq) : NULL;
    if (entry != NULL && entry->bad == NULL) {
        entry->bad = reason;
        log->bad++;
    }
}

static bool holds(const struct ts_entry *entry, const char *text)
{
    return memmem(entry->bytes, entry->head_len + entry->body_len, text, strlen(text)) != NULL;
}

// The next entry at or after *seq that holds the text; NULL at the end.
static struct ts_entry *next_match(const struct ts_log *log, uint64_t *seq, const char *text)
{
    while (*seq < log->next_seq) {
        struct ts_entry *entry = find(log, (*seq)++);
        if (entry != NULL && holds(entry, text)) {
            return entry;
        }
    }
    return NULL;
}

static uint64_t oldest(const struct ts_log *log)
{
    const uint64_t kept = log->next_seq - log->first_seq;
    return kept > TS_LOG_ENTRIES ? log->next_seq - TS_LOG_ENTRIES : log->first_seq;
}

void ts_request_json(struct ts_buffer *out, const struct ts_head *head, struct ts_slice body)
{
    ts_buffer_text(out, "\"method\":");
    ts_buffer_json(out, head->method);
    ts_buffer_text(out, ",\"target\":");
    ts_buffer_json(out, head->target);
    ts_buffer_text(out, ",\"path\":");
    ts_buffer_json(out, head->path);
    ts_buffer_text(out, ",\"query\":");
    ts_buffer_json(out, head->query);
    ts_buffer_text(out, ",\"headers\":[");
    struct ts_slice lines = head->lines;
    struct ts_slice name = {0};
    struct ts_slice value = {0};
    for (const char *comma = ""; ts_header_next(&lines, &name, &value); comma = ",") {
        ts_buffer_printf(out, "%s[", comma);
        ts_buffer_json(out, name);
        ts_buffer_text(out, ",");
        ts_buffer_json(out, value);
        ts_buffer_text(out, "]");
    }
    if (ts_utf8_valid(body)) {
        ts_buffer_text(out, "],\"body\":");
        ts_buffer_json(out, body);
        return;
    }
    ts_buffer_text(out, "],\"body_base64\":\"");
    ts_buffer_base64(out, body);
    ts_buffer_text(out, "\"");
}

static void entry_json(const struct ts_entry *entry, struct ts_buffer *out)
{
    static const char *const outcomes[] = {"pending", "sent", "client-left"};
    const struct ts_slice body = {entry->bytes + entry->head_len, entry->body_len};
    struct ts_head head;
    ts_buffer_text(out, "{");
    if (entry->head_len >= 4 && ts_head_parse(&head, entry->bytes, entry->head_len) == NULL) {
        ts_request_json(out, &head, body);
    } else {
        ts_buffer_text(out, "\"raw\":");
        ts_buffer_json(out, (struct ts_slice){entry->bytes, entry->head_len});
    }
    ts_buffer_printf(out,
                     ",\"body_bytes\":%llu,\"connection\":%llu,\"request\":%llu,\"at_ms\":%llu",
                     (unsigned long long)entry->body_total, (unsigned long long)entry->connection,
                     (unsigned long long)entry->nth, (unsigned long long)entry->at_ms);
    ts_buffer_printf(out, ",\"answer\":\"%s\"", outcomes[entry->outcome]);
    if (entry->tls != NULL) {
        ts_buffer_printf(out, ",\"tls\":\"%s\"", entry->tls);
    }
    if (entry->bad != NULL) {
        ts_buffer_printf(out, ",\"bad\":\"%s\"", entry->bad);
    }
    ts_buffer_text(out, "}");
}

void ts_log_list(const struct ts_log *log, const char *text, struct ts_buffer *out)
{
    uint64_t seq = oldest(log);
    const char *comma = "";
    ts_buffer_text(out, "[");
    for (;;) {
        const struct ts_entry *entry = next_match(log, &seq, text);
        if (entry == NULL) {
            break;
        }
        ts_buffer_text(out, comma);
        entry_json(entry, out);
        comma = ",\n";
    }
    ts_buffer_text(out, "]\n");
}

static int compare_numbers(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a;
    const uint64_t y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static void count_matches(const struct ts_log *log, const char *text, struct ts_log *sum)
{
    uint64_t *conns = calloc(TS_LOG_ENTRIES, sizeof *conns);
    CHECK(conns != NULL);
    uint64_t seq = oldest(log);
    for (;;) {
        const struct ts_entry *entry = next_match(log, &seq, text);
        if (entry == NULL) {
            break;
        }
        conns[sum->requests++] = entry->connection;
        sum->bad += entry->bad != NULL;
    }
    qsort(conns, sum->requests, sizeof *conns, compare_numbers);
    for (uint64_t i = 0; i < sum->requests; i++) {
        sum->connections += i == 0 || conns[i] != conns[i - 1];
    }
    free(conns);
}

void ts_log_numbers(const struct ts_log *log, const char *text, uint64_t open,
                    struct ts_buffer *out)
{
    struct ts_log sum = {0};
    if (text[0] != '\0') {
        count_matches(log, text, &sum);
    }
    const struct ts_log *from = text[0] != '\0' ? &sum : log;
    ts_buffer_printf(out, "{\"requests\":%llu,\"connections\":%llu,\"bad\":%llu",
                     (unsigned long long)from->requests, (unsigned long long)from->connections,
                     (unsigned long long)from->bad);
    ts_buffer_printf(out, ",\"unrecorded\":%llu,\"forgotten\":%llu,\"accepted\":%llu",
                     (unsigned long long)log->unrecorded,
                     (unsigned long long)(oldest(log) - log->first_seq),
                     (unsigned long long)log->accepted);
    ts_buffer_printf(out, ",\"tls_failures\":%llu,\"open\":%llu}\n",
                     (unsigned long long)log->tls_failures, (unsigned long long)open);
}
