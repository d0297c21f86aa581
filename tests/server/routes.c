// SPDX-License-Identifier: MIT
// Finding the handler of a path, what handlers need to read arguments and to answer, and the honest
// routes. The dishonest ones are in faults.c.

#include "routes.h"

#include "front.h"
#include "keys.h"

#include <stdio.h>
#include <string.h>

#define DELAY_MAX 3600000

static const char json_answer[] =
    "HTTP/1.1 200 OK\r\n" TS_JSON_TYPE "Content-Length: " TS_JSON_LENGTH "\r\n\r\n" TS_JSON_BODY;

static const char *status_text(unsigned status)
{
    static const struct {
        unsigned status;
        const char *text;
    } texts[] = {
        {200, "OK"},
        {201, "Created"},
        {204, "No Content"},
        {302, "Found"},
        {304, "Not Modified"},
        {307, "Temporary Redirect"},
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {409, "Conflict"},
        {413, "Content Too Large"},
        {429, "Too Many Requests"},
        {500, "Internal Server Error"},
        {502, "Bad Gateway"},
        {503, "Service Unavailable"},
        {504, "Gateway Timeout"},
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (texts[i].status == status) {
            return texts[i].text;
        }
    }
    return "Status";
}

static const char *connection_header(const struct ts_conn *conn)
{
    if (!conn->head.keep_alive) {
        return "Connection: close\r\n";
    }
    return conn->head.http10 ? "Connection: keep-alive\r\n" : "";
}

void ts_answer(struct ts_conn *conn, struct ts_answer answer)
{
    const unsigned status = answer.status;
    const bool bodiless = status < 200 || status == 204 || status == 304;
    ts_out_printf(conn, "HTTP/1.1 %03u %s\r\n%s", status, status_text(status),
                  connection_header(conn));
    if (!bodiless) {
        ts_out_printf(conn, "Content-Type: %s\r\nContent-Length: %zu\r\n", answer.type,
                      answer.body.len);
    }
    if (answer.headers != NULL) {
        ts_out_text(conn, answer.headers);
    }
    ts_out_text(conn, "\r\n");
    if (!bodiless && !ts_slice_is(conn->head.method, "HEAD")) {
        ts_out_copy(conn, answer.body.p, answer.body.len);
    }
}

void ts_answer_text(struct ts_conn *conn, unsigned status, const char *text)
{
    ts_answer(conn, (struct ts_answer){status, "text/plain", NULL, {text, strlen(text)}});
}

static void answer_json_text(struct ts_conn *conn, const char *text)
{
    ts_answer(conn, (struct ts_answer){200, "application/json", NULL, {text, strlen(text)}});
}

void ts_answer_json(struct ts_conn *conn)
{
    const struct ts_head *head = &conn->head;
    if (head->keep_alive && !head->http10 && !ts_slice_is(head->method, "HEAD")) {
        ts_out_static(conn, json_answer, sizeof json_answer - 1);
        return;
    }
    answer_json_text(conn, TS_JSON_BODY);
}

void ts_refuse(struct ts_conn *conn, const char *text)
{
    ts_log_mark_bad(&conn->server->log, conn, text);
    ts_answer_text(conn, 400, text);
}

struct ts_slice ts_arg(const struct ts_conn *conn, unsigned index)
{
    struct ts_slice rest = conn->args; // empty, or begins with a slash
    for (;;) {
        if (rest.len == 0) {
            return (struct ts_slice){0};
        }
        const struct ts_slice tail = {rest.p + 1, rest.len - 1};
        const char *slash = tail.len > 0 ? memchr(tail.p, '/', tail.len) : NULL;
        const size_t len = slash != NULL ? (size_t)(slash - tail.p) : tail.len;
        if (index-- == 0) {
            return (struct ts_slice){tail.p, len};
        }
        rest = (struct ts_slice){tail.p + len, tail.len - len};
    }
}

static bool take_number(struct ts_conn *conn, struct ts_slice text, uint64_t fallback, uint64_t max,
                        uint64_t *out)
{
    *out = fallback;
    const bool absent = text.p == NULL;
    if (absent ? fallback != TS_REQUIRED : ts_number_parse(text, max, out)) {
        return true;
    }
    ts_refuse(conn, absent ? "an argument is missing" : "an argument is no number, or too large");
    return false;
}

bool ts_arg_number(struct ts_conn *conn, unsigned index, uint64_t fallback, uint64_t max,
                   uint64_t *out)
{
    return take_number(conn, ts_arg(conn, index), fallback, max, out);
}

bool ts_query_number(struct ts_conn *conn, const char *name, uint64_t fallback, uint64_t max,
                     uint64_t *out)
{
    char text[32];
    const enum ts_found found = ts_query_get(&conn->head, name, text, sizeof text);
    if (found == TS_UNUSABLE) {
        ts_refuse(conn, "an argument is no number, or too large");
        return false;
    }
    const struct ts_slice given = {found == TS_FOUND ? text : NULL, strlen(text)};
    return take_number(conn, given, fallback, max, out);
}

bool ts_query_text(struct ts_conn *conn, const char *name, char *out, size_t size)
{
    const enum ts_found found = ts_query_get(&conn->head, name, out, size);
    if (found == TS_UNUSABLE || strpbrk(out, "\r\n") != NULL) {
        ts_refuse(conn, "a query parameter is unusable");
        return false;
    }
    return true;
}

static void json_delay(struct ts_conn *conn)
{
    uint64_t ms = 0;
    if (ts_arg_number(conn, 0, TS_REQUIRED, DELAY_MAX, &ms)) {
        ts_out_step(conn, TS_PAUSE, ms);
        ts_answer_json(conn);
    }
}

static void workflow_delay(struct ts_conn *conn)
{
    uint64_t ms = 0;
    if (ts_arg_number(conn, 0, TS_REQUIRED, DELAY_MAX, &ms)) {
        ts_out_step(conn, TS_PAUSE, ms);
        answer_json_text(conn, "{\"error_message\":null,\"success\":true,\"can_id\":1381134,"
                               "\"lgn_url\":\"https://recette.isograd.com/l\","
                               "\"pla_tst_id\":5512087,\"tst_url\":"
                               "\"https://recette.isograd.com/starttest/Start?param="
                               "3f9c1e70b2d84a56c7e1f0a9d8b36e42\"}");
    }
}

static void token(struct ts_conn *conn)
{
    answer_json_text(conn, "{\"access_token\":\"bench-access-token\",\"token_type\":\"Bearer\","
                           "\"expires_in\":3600}");
}

static void send_json_buffer(struct ts_conn *conn, struct ts_buffer *json)
{
    ts_answer(conn, (struct ts_answer){200, "application/json", NULL, {json->data, json->len}});
    ts_buffer_free(json);
}

static void echo(struct ts_conn *conn)
{
    struct ts_buffer json = {0};
    const struct ts_slice body = {conn->body_bytes.data, conn->body_bytes.len};
    ts_buffer_text(&json, "{");
    ts_request_json(&json, &conn->head, body);
    ts_buffer_printf(&json, ",\"body_bytes\":%llu}\n", (unsigned long long)conn->body.total);
    send_json_buffer(conn, &json);
}

static void bytes(struct ts_conn *conn)
{
    static const char line[] =
        "The quick brown fox jumps over the lazy dog, and then once again.\r\n";
    char block[960 * (sizeof line - 1)];
    uint64_t count = 0;
    if (!ts_arg_number(conn, 0, TS_REQUIRED, 1000000000000, &count)) {
        return;
    }
    for (size_t i = 0; i < sizeof block; i += sizeof line - 1) {
        memcpy(block + i, line, sizeof line - 1);
    }
    ts_out_printf(conn, "HTTP/1.1 200 OK\r\n%sContent-Type: text/plain\r\n",
                  connection_header(conn));
    ts_out_printf(conn, "Content-Length: %llu\r\n\r\n", (unsigned long long)count);
    if (ts_slice_is(conn->head.method, "HEAD")) {
        return;
    }
    if (count <= sizeof block) {
        ts_out_copy(conn, block, (size_t)count);
        return;
    }
    ts_out_repeat(conn, block, sizeof block, count);
}

static void list_log(struct ts_conn *conn)
{
    char text[1024];
    struct ts_buffer json = {0};
    if (ts_query_text(conn, "contains", text, sizeof text)) {
        ts_log_list(&conn->server->log, text, &json);
        send_json_buffer(conn, &json);
    }
}

static void count_log(struct ts_conn *conn)
{
    char text[1024];
    struct ts_buffer json = {0};
    if (ts_query_text(conn, "contains", text, sizeof text)) {
        ts_log_numbers(&conn->server->log, text, conn->server->open_conns, &json);
        send_json_buffer(conn, &json);
    }
}

static void reset_log(struct ts_conn *conn)
{
    if (!ts_slice_is(conn->head.method, "POST")) {
        ts_answer_text(conn, 405, "use POST");
        return;
    }
    ts_log_reset(&conn->server->log);
    ts_keys_free(conn->server);
    answer_json_text(conn, "{}\n");
}

static const struct ts_route honest[] = {
    {
        .name = "/json",
        .args = "",
        .doc = "A JSON object of 200 bytes: the fast path, counted, but recorded only if the "
               "target has a query or --record was given.",
        .run = ts_answer_json,
    },
    {
        .name = "/json/delay",
        .args = "/MS",
        .doc = "What /json answers, after a delay.",
        .run = json_delay,
    },
    {
        .name = "/oauth2/token",
        .args = "",
        .doc = "An OAuth 2 token answer.",
        .run = token,
    },
    {
        .name = "/workflow/delay",
        .args = "/MS",
        .doc = "What create_candidate and add_test answer, in one, after a delay.",
        .run = workflow_delay,
    },
    {
        .name = "/echo",
        .args = "[/ANYTHING]",
        .doc =
            "The request as JSON: method, target, path, query, headers, and body or body_base64.",
        .run = echo,
    },
    {
        .name = "/bytes",
        .args = "/N",
        .doc = "N bytes of text.",
        .run = bytes,
    },
    {
        .name = "/_rule",
        .args = "?key=K&port=P&fault=F&times=N&after=N&through=1&contains=TEXT",
        .doc = "Makes or replaces a rule: requests to /front/K/... go on to port P; of those whose "
               "first line has the text, N after the first N meet the fault, with through after "
               "they were passed on.",
        .run = ts_front_rule,
    },
    {
        .name = "/_log",
        .args = "?contains=TEXT",
        .doc = "The recorded requests as JSON: all, or those with the text in head or body.",
        .run = list_log,
    },
    {
        .name = "/_count",
        .args = "?contains=TEXT",
        .doc = "How many requests and connections: the totals, or those recorded with the text.",
        .run = count_log,
    },
    {
        .name = "/_reset",
        .args = "",
        .doc = "POST: forget the log, the counters and the keys.",
        .run = reset_log,
    },
    {0},
};

const struct ts_route *ts_route_in(const struct ts_route *table, struct ts_slice path,
                                   struct ts_slice *args)
{
    for (const struct ts_route *route = table; route->name != NULL; route++) {
        const size_t len = strlen(route->name);
        if (path.len < len || memcmp(path.p, route->name, len) != 0) {
            continue;
        }
        *args = (struct ts_slice){path.p + len, path.len - len};
        if (args->len == 0 || (args->p[0] == '/' && route->args[0] != '\0')) {
            return route;
        }
    }
    return NULL;
}

void ts_route_find(struct ts_conn *conn)
{
    static const char fault[] = "/fault/";
    static const char front[] = "/front/";
    const size_t len = sizeof fault - 1;
    struct ts_slice path = conn->head.path;
    conn->let_through = false;
    if (path.len > len && memcmp(path.p, front, len) == 0) {
        conn->route = ts_front_find(conn);
        return;
    }
    if (path.len > len && memcmp(path.p, fault, len) == 0) {
        path = (struct ts_slice){path.p + len, path.len - len};
        conn->route = ts_route_in(ts_faults(), path, &conn->args);
        return;
    }
    conn->route = ts_route_in(honest, path, &conn->args);
}

bool ts_route_is_bench(const struct ts_conn *conn)
{
    return ts_slice_is(conn->head.target, "/json");
}

static void list_table(struct ts_buffer *out, const char *prefix, const struct ts_route *table)
{
    for (const struct ts_route *route = table; route->name != NULL; route++) {
        ts_buffer_printf(out, "%s%s%s\n    %s\n", prefix, route->name, route->args, route->doc);
    }
}

void ts_route_list(struct ts_buffer *out)
{
    list_table(out, "", honest);
    list_table(out, "/fault/", ts_faults());
}
