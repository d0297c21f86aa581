// SPDX-License-Identifier: MIT
#include "smtp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define LATE_MS 300

// The rule's text behind "NAME" that ends there; NULL: there is none.
static const char *find_rule(const struct ts_server *server, const char *name, size_t *len)
{
    const size_t name_len = strlen(name);
    for (const char *rule = server->options.smtp; rule != NULL && *rule != '\0';) {
        const size_t size = strcspn(rule, ",");
        const bool same = size >= name_len && strncmp(rule, name, name_len) == 0;
        if (same && (size == name_len || rule[name_len] == '=')) {
            *len = size > name_len ? size - name_len - 1 : 0;
            return rule + name_len + (size > name_len);
        }
        rule += size + (rule[size] == ',');
    }
    return NULL;
}

bool ts_smtp_flag(const struct ts_server *server, const char *name)
{
    size_t len = 0;
    return find_rule(server, name, &len) != NULL;
}

static void note(struct ts_conn *conn, char sort, const char *line, size_t len)
{
    const char *path = conn->server->options.smtp_log;
    FILE *file = path != NULL ? fopen(path, "a") : NULL;
    if (file != NULL) {
        fprintf(file, "%llu %c %.*s\n", (unsigned long long)conn->number, sort, (int)len, line);
        (void)fclose(file);
    }
}

// True when a rule has answered, in its way.
static bool go_wrong(struct ts_conn *conn, const char *step)
{
    static const struct {
        const char *name;
        enum ts_step_kind kind;
    } ends[] = {{"cut", TS_CUT}, {"reset", TS_RESET}, {"hold", TS_HOLD}, {"fin", TS_FIN}};
    size_t len = 0;
    const bool over = conn->number > 1 && ts_smtp_flag(conn->server, "again");
    const char *action = over ? NULL : find_rule(conn->server, step, &len);
    if (action == NULL) {
        return false;
    }
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        if (strlen(ends[i].name) == len && strncmp(action, ends[i].name, len) == 0) {
            ts_out_step(conn, ends[i].kind, 0);
            return true;
        }
    }
    if (strncmp(action, "garbage", len) == 0) {
        ts_out_text(conn, "what is this\r\n");
    } else if (strncmp(action, "late", len) == 0) {
        ts_out_step(conn, TS_PAUSE, LATE_MS);
        return false;
    } else if (strncmp(action, "mute", len) != 0) {
        ts_out_printf(conn, "%.3s-%c.7.1 the first line\r\n%.3s %c.7.1 as the rules say\r\n",
                      action, action[0], action, action[0]);
    }
    return true;
}

static void answer(struct ts_conn *conn, const char *step, const char *text)
{
    if (!go_wrong(conn, step)) {
        ts_out_text(conn, text);
    }
    (void)ts_out_run(conn);
}

void ts_smtp_greet(struct ts_conn *conn)
{
    conn->greeted = true;
    answer(conn, "greeting", "220 testserver ready\r\n");
}

static void answer_hello(struct ts_conn *conn)
{
    const struct ts_server *server = conn->server;
    const bool tls =
        server->tls != NULL && conn->ssl == NULL && !ts_smtp_flag(server, "nostarttls");
    char text[200];
    (void)snprintf(text, sizeof text, "250-testserver\r\n%s%s250 SIZE 1000000\r\n",
                   tls ? "250-STARTTLS\r\n" : "",
                   ts_smtp_flag(server, "noauth") ? "" : "250-AUTH PLAIN LOGIN\r\n");
    answer(conn, "ehlo", text);
}

static void answer_starttls(struct ts_conn *conn)
{
    if (!go_wrong(conn, "starttls")) {
        const bool inject = ts_smtp_flag(conn->server, "inject");
        ts_out_text(conn, inject ? "220 go\r\n250-evil\r\n250 AUTH PLAIN\r\n" : "220 go\r\n");
        conn->tls_next = true;
    }
    (void)ts_out_run(conn);
}

static void answer_recipient(struct ts_conn *conn)
{
    char step[24];
    (void)snprintf(step, sizeof step, "rcpt%u", ++conn->recipients);
    size_t len = 0;
    answer(conn, find_rule(conn->server, step, &len) != NULL ? step : "rcpt", "250 ok\r\n");
}

static bool is_command(const char *line, size_t len, const char *word)
{
    return len >= strlen(word) && strncasecmp(line, word, strlen(word)) == 0;
}

// The mechanism asks for as much as it needs; what is answered is not looked at.
static void begin_sign_in(struct ts_conn *conn, const char *line, size_t len)
{
    const bool login = is_command(line, len, "AUTH LOGIN");
    const bool initial = memchr(line + 5, ' ', len > 5 ? len - 5 : 0) != NULL;
    conn->sign_in_lines = (login ? 2U : 1U) - (initial ? 1U : 0U);
    if (conn->sign_in_lines == 0 || ts_smtp_flag(conn->server, "auth")) {
        conn->sign_in_lines = 0;
        answer(conn, "auth", "235 welcome\r\n");
        return;
    }
    ts_out_text(conn, "334 \r\n");
    (void)ts_out_run(conn);
}

static void go_on_signing_in(struct ts_conn *conn)
{
    if (--conn->sign_in_lines > 0) {
        ts_out_text(conn, "334 \r\n");
        (void)ts_out_run(conn);
        return;
    }
    answer(conn, "auth", "235 welcome\r\n");
}

static void run_command(struct ts_conn *conn, const char *line, size_t len)
{
    if (conn->sign_in_lines > 0) {
        go_on_signing_in(conn);
    } else if (is_command(line, len, "EHLO") || is_command(line, len, "HELO")) {
        answer_hello(conn);
    } else if (is_command(line, len, "STARTTLS")) {
        answer_starttls(conn);
    } else if (is_command(line, len, "AUTH")) {
        begin_sign_in(conn, line, len);
    } else if (is_command(line, len, "MAIL")) {
        conn->recipients = 0;
        answer(conn, "mail", "250 ok\r\n");
    } else if (is_command(line, len, "RCPT")) {
        answer_recipient(conn);
    } else if (is_command(line, len, "DATA")) {
        size_t len_of_rule = 0;
        conn->in_data = find_rule(conn->server, "data", &len_of_rule) == NULL ||
                        (conn->number > 1 && ts_smtp_flag(conn->server, "again"));
        answer(conn, "data", "354 go on\r\n");
    } else if (is_command(line, len, "QUIT")) {
        answer(conn, "quit", "221 bye\r\n");
        ts_out_step(conn, TS_CLOSE, 0);
        (void)ts_out_run(conn);
    } else {
        ts_out_text(conn, "500 what?\r\n");
        (void)ts_out_run(conn);
    }
}

size_t ts_smtp_consume(struct ts_conn *conn, const char *bytes, size_t len)
{
    const char *end = len > 0 ? memmem(bytes, len, "\r\n", 2) : NULL;
    if (end == NULL) {
        return 0;
    }
    const size_t size = (size_t)(end - bytes);
    note(conn, conn->in_data ? 'D' : 'C', bytes, size);
    if (!conn->in_data) {
        run_command(conn, bytes, size);
    } else if (size == 1 && bytes[0] == '.') {
        conn->in_data = false;
        answer(conn, "end", "250 2.0.0 taken as number 1\r\n");
    }
    return size + 2;
}
