// SPDX-License-Identifier: MIT
// Passing requests on. Each has a connection of its own to the other server, which ends with the answer.

#include "front.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define PREFIX    "/front/"
#define COUNT_MAX 1000000000000
#define NEVER     (UINT64_MAX - 1)

struct ts_rule {
    char key[64];
    char contains[64]; // of the request line: other requests are none of the rule's
    char fault[512];   // as it follows /fault/
    uint64_t port;
    uint64_t times; // so many requests go wrong
    uint64_t after; // after so many that do not
    uint64_t through;
    uint64_t hits;
    struct ts_rule *next;
};

struct ts_upstream {
    uv_tcp_t tcp;
    uv_connect_t connect;
    uv_write_t write;
    struct ts_server *server;
    struct ts_conn *conn; // NULL: the client has left
    struct ts_buffer request;
    struct ts_buffer answer;
    struct ts_upstream *next;
    char raw[4096];
};

// ------------------------------------------------------------------------------------------------
// Rules

static struct ts_rule *rule_of(const struct ts_server *server, struct ts_slice key)
{
    struct ts_rule *rule = server->rules;
    while (rule != NULL && !ts_slice_is(key, rule->key)) {
        rule = rule->next;
    }
    return rule;
}

static bool read_rule(struct ts_conn *conn, struct ts_rule *rule)
{
    return ts_query_text(conn, "key", rule->key, sizeof rule->key) &&
           ts_query_text(conn, "contains", rule->contains, sizeof rule->contains) &&
           ts_query_text(conn, "fault", rule->fault, sizeof rule->fault) &&
           ts_query_number(conn, "port", TS_REQUIRED, UINT16_MAX, &rule->port) &&
           ts_query_number(conn, "times", NEVER, COUNT_MAX, &rule->times) &&
           ts_query_number(conn, "after", 0, COUNT_MAX, &rule->after) &&
           ts_query_number(conn, "through", 0, 1, &rule->through);
}

void ts_front_rule(struct ts_conn *conn)
{
    struct ts_rule rule = {0};
    if (!read_rule(conn, &rule)) {
        return;
    }
    struct ts_rule *known = rule_of(conn->server, (struct ts_slice){rule.key, strlen(rule.key)});
    if (known == NULL) {
        known = calloc(1, sizeof *known);
        CHECK(known != NULL);
        known->next = conn->server->rules;
        conn->server->rules = known;
    }
    rule.next = known->next;
    *known = rule;
    ts_answer_text(conn, 200, "noted");
}

// The key in the path, and where it ends.
static struct ts_slice key_in(struct ts_slice path)
{
    const size_t at = sizeof PREFIX - 1;
    if (path.len < at || memcmp(path.p, PREFIX, at) != 0) {
        return (struct ts_slice){0};
    }
    const char *end = memchr(path.p + at, '/', path.len - at);
    const size_t len = end != NULL ? (size_t)(end - path.p) - at : path.len - at;
    return (struct ts_slice){path.p + at, len};
}

static bool concerns(const struct ts_rule *rule, const struct ts_head *head)
{
    const char *begin = head->method.p;
    const size_t len = (size_t)(head->target.p + head->target.len - begin);
    return memmem(begin, len, rule->contains, strlen(rule->contains)) != NULL;
}

// The fault's own arguments stand in the rule, and not in the request's query.
static const struct ts_route *fault_of(struct ts_conn *conn, const struct ts_rule *rule)
{
    ts_buffer_clear(&conn->fault_text);
    ts_buffer_text(&conn->fault_text, rule->fault);
    const struct ts_slice text = {conn->fault_text.data, conn->fault_text.len};
    const char *mark = memchr(text.p, '?', text.len);
    const size_t len = mark != NULL ? (size_t)(mark - text.p) : text.len;
    conn->head.query =
        mark != NULL ? (struct ts_slice){mark + 1, text.len - len - 1} : (struct ts_slice){0};
    return ts_route_in(ts_faults(), (struct ts_slice){text.p, len}, &conn->args);
}

const struct ts_route *ts_front_find(struct ts_conn *conn)
{
    static const struct ts_route pass_on = {.name = PREFIX, .args = "", .run = ts_front_pass_on};
    struct ts_rule *rule = rule_of(conn->server, key_in(conn->head.path));
    conn->let_through = false;
    if (rule == NULL) {
        return NULL;
    }
    conn->front_port = rule->port;
    if (rule->fault[0] == '\0' || !concerns(rule, &conn->head)) {
        return &pass_on;
    }
    rule->hits++;
    if (rule->hits <= rule->after || rule->hits - rule->after > rule->times) {
        return &pass_on;
    }
    conn->let_through = rule->through == 1;
    return fault_of(conn, rule);
}

void ts_front_pass_on(struct ts_conn *conn)
{
    ts_out_step(conn, TS_FORWARD, 1);
}

// ------------------------------------------------------------------------------------------------
// The request that is passed on

static bool is_hop_by_hop(struct ts_slice name)
{
    static const char *const names[] = {"Host", "Connection", "Expect", "Transfer-Encoding",
                                        "Content-Length"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (name.len == strlen(names[i]) && strncasecmp(name.p, names[i], name.len) == 0) {
            return true;
        }
    }
    return false;
}

static void write_request(struct ts_buffer *out, const struct ts_conn *conn)
{
    const struct ts_head *head = &conn->head;
    const struct ts_slice key = key_in(head->target);
    const size_t skip = (size_t)(key.p + key.len - head->target.p);
    struct ts_slice lines = head->lines;
    struct ts_slice name = {0};
    struct ts_slice value = {0};
    ts_buffer_add(out, head->method.p, head->method.len);
    ts_buffer_text(out, " ");
    ts_buffer_add(out, head->target.p + skip, head->target.len - skip);
    ts_buffer_printf(out, " HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nConnection: close\r\n",
                     (unsigned)conn->front_port);
    while (ts_header_next(&lines, &name, &value)) {
        if (!is_hop_by_hop(name)) {
            ts_buffer_add(out, name.p, name.len);
            ts_buffer_text(out, ": ");
            ts_buffer_add(out, value.p, value.len);
            ts_buffer_text(out, "\r\n");
        }
    }
    if (!ts_slice_is(head->method, "GET") && !ts_slice_is(head->method, "HEAD")) {
        ts_buffer_printf(out, "Content-Length: %zu\r\n", conn->body_bytes.len);
    }
    ts_buffer_text(out, "\r\n");
    ts_buffer_add(out, conn->body_bytes.data, conn->body_bytes.len);
}

// The other connection ends with the answer; this one need not.
static void drop_close(struct ts_buffer *answer)
{
    static const char line[] = "\r\nConnection: close\r\n";
    const size_t len = sizeof line - 3; // the next line begins with the last CRLF
    const char *end = memmem(answer->data, answer->len, "\r\n\r\n", 4);
    for (char *at = answer->data; end != NULL && at + len <= end; at++) {
        if (strncasecmp(at, line, len) == 0) {
            memmove(at, at + len, answer->len - (size_t)(at - answer->data) - len);
            answer->len -= len;
            return;
        }
    }
}

// ------------------------------------------------------------------------------------------------
// The connection to the other server

static void on_closed(uv_handle_t *handle)
{
    struct ts_upstream *up = handle->data;
    struct ts_upstream **place = &up->server->upstreams;
    while (*place != up) {
        place = &(*place)->next;
    }
    *place = up->next;
    ts_buffer_free(&up->request);
    ts_buffer_free(&up->answer);
    free(up);
}

static void close_up(struct ts_upstream *up)
{
    if (!uv_is_closing((uv_handle_t *)&up->tcp)) {
        uv_close((uv_handle_t *)&up->tcp, on_closed);
    }
}

static void over(struct ts_upstream *up)
{
    struct ts_conn *conn = up->conn;
    up->conn = NULL;
    if (conn != NULL) {
        ts_buffer_clear(&conn->passed);
        drop_close(&up->answer);
        ts_buffer_add(&conn->passed, up->answer.data, up->answer.len);
        conn->upstream = NULL;
        conn->forwarding = false;
        ts_out_resume(conn);
    }
    close_up(up);
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    (void)suggested;
    struct ts_upstream *up = handle->data;
    *buf = uv_buf_init(up->raw, sizeof up->raw);
}

static void on_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *buf)
{
    struct ts_upstream *up = stream->data;
    if (count > 0) {
        ts_buffer_add(&up->answer, buf->base, (size_t)count);
    } else if (count < 0) {
        over(up);
    }
}

static void on_written(uv_write_t *write, int status)
{
    (void)write;
    (void)status; // a failure shows when reading
}

static void on_connected(uv_connect_t *connect, int status)
{
    struct ts_upstream *up = connect->data;
    if (status == UV_ECANCELED) {
        return;
    }
    if (status != 0) {
        over(up);
        return;
    }
    uv_buf_t buf = uv_buf_init(up->request.data, (unsigned)up->request.len);
    uv_stream_t *stream = (uv_stream_t *)&up->tcp;
    CHECK(uv_write(&up->write, stream, &buf, 1, on_written) == 0);
    CHECK(uv_read_start(stream, on_alloc, on_read) == 0);
}

static void begin(struct ts_conn *conn)
{
    struct ts_server *server = conn->server;
    struct sockaddr_in address;
    struct ts_upstream *up = calloc(1, sizeof *up);
    CHECK(up != NULL);
    *up = (struct ts_upstream){.server = server, .conn = conn, .next = server->upstreams};
    server->upstreams = up;
    conn->upstream = up;
    conn->forwarding = true;
    write_request(&up->request, conn);
    CHECK(uv_tcp_init(&server->loop, &up->tcp) == 0);
    up->tcp.data = up;
    up->connect.data = up;
    CHECK(uv_ip4_addr("127.0.0.1", (int)conn->front_port, &address) == 0);
    CHECK(uv_tcp_connect(&up->connect, &up->tcp, (const struct sockaddr *)&address, on_connected) ==
          0);
}

// `number` 1: the answer is sent on; 0: it is dropped.
bool ts_front_step(struct ts_conn *conn, struct ts_step *step)
{
    if (step->done == 0) {
        step->done = 1;
        begin(conn);
        return false;
    }
    if (step->number == 0) {
        return true;
    }
    if (conn->passed.len == 0) { // the other server has said nothing, and neither do we
        *step = (struct ts_step){.kind = TS_CLOSE};
        return false;
    }
    *step = (struct ts_step){.kind = TS_BYTES,
                             .data = conn->passed.data,
                             .block = conn->passed.len,
                             .total = conn->passed.len};
    return false;
}

void ts_front_leave(struct ts_conn *conn)
{
    if (conn->upstream != NULL) {
        conn->upstream->conn = NULL;
        conn->upstream = NULL;
    }
}

void ts_front_stop(struct ts_server *server)
{
    for (struct ts_upstream *up = server->upstreams; up != NULL; up = up->next) {
        close_up(up);
    }
}

void ts_front_free(struct ts_server *server)
{
    while (server->rules != NULL) {
        struct ts_rule *rule = server->rules;
        server->rules = rule->next;
        free(rule);
    }
}
