// SPDX-License-Identifier: MIT
#include "exchange.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "head.h"
#include "mail.h"

const struct bd_http_options bd_http_defaults = {
    .connect_ms = 10000,
    .idle_ms = 30000,
    .total_ms = 60000,
    .max_body = 32U << 20,
    .max_head = 256U << 10,
};

static const char *const FAULT_TEXTS[BD_FAULTS] = {
    [BD_FAULT_NONE] = "nothing is wrong",
    [BD_FAULT_TURN] = "the time limit was reached before it could be sent",
    [BD_FAULT_RESOLVE] = "the host's name could not be resolved",
    [BD_FAULT_CONNECT] = "the host could not be reached",
    [BD_FAULT_TLS] = "no secure connection could be made",
    [BD_FAULT_REFUSED] = "plain http is allowed to this machine only",
    [BD_FAULT_CONNECT_TIMEOUT] = "the connection was not made within the time limit",
    [BD_FAULT_IDLE_TIMEOUT] = "the connection stood still for longer than the idle time limit",
    [BD_FAULT_TIMEOUT] = "the answer did not come within the time limit",
    [BD_FAULT_SEND] = "the request could not be sent whole",
    [BD_FAULT_RESET] = "the connection broke",
    [BD_FAULT_EMPTY] = "the connection was closed without an answer",
    [BD_FAULT_CUT] = "the answer ended too early",
    [BD_FAULT_PROTOCOL] = "the answer is no valid HTTP",
    [BD_FAULT_HEAD_TOO_LARGE] = "the answer's headers are larger than the limit",
    [BD_FAULT_BODY_TOO_LARGE] = "the answer's body is larger than the limit",
    [BD_FAULT_ENCODING] = "the answer's body is packed in a way that cannot be unpacked",
    [BD_FAULT_LOCAL] = "the request could not be started",
    [BD_FAULT_PLAIN_MAIL] = "mail without TLS is allowed to this machine only",
    [BD_FAULT_NO_SIGN_IN] = "the mail server offers no way to sign in that can be used",
    [BD_FAULT_REPLY] = "what came back is no reply of a mail server",
};

const char *bd_fault_text(enum bd_fault fault)
{
    BD_CHECK((size_t)fault < BD_FAULTS);
    return FAULT_TEXTS[fault];
}

bool bd_fault_is_timeout(enum bd_fault fault)
{
    return fault == BD_FAULT_TURN || fault == BD_FAULT_CONNECT_TIMEOUT ||
           fault == BD_FAULT_IDLE_TIMEOUT || fault == BD_FAULT_TIMEOUT;
}

bool bd_fault_is_passing(enum bd_fault fault)
{
    switch (fault) {
    case BD_FAULT_RESOLVE:
    case BD_FAULT_CONNECT:
    case BD_FAULT_SEND:
    case BD_FAULT_RESET:
    case BD_FAULT_EMPTY:
    case BD_FAULT_CUT:
        return true;
    default:
        return bd_fault_is_timeout(fault);
    }
}

struct bd_headers *bd_headers_new(size_t room)
{
    struct bd_headers *headers = bd_alloc(sizeof *headers + room * sizeof *headers->lines);
    headers->refs = 1;
    headers->room = room;
    return headers;
}

void bd_headers_add(struct bd_headers *headers, const char *name, const char *value, size_t len)
{
    size_t name_len = strlen(name);
    BD_CHECK(headers->count < headers->room && bd_head_value_ok(value, len));
    size_t size = name_len + len + sizeof ": ";
    char *line = bd_alloc(size);
    (void)snprintf(line, size, "%s: %.*s", name, (int)len, value);
    headers->lines[headers->count++] = line;
}

struct bd_headers *bd_headers_make(const char *const *lines, size_t count)
{
    struct bd_headers *headers = bd_headers_new(count);
    for (size_t i = 0; i < count; i++) {
        BD_CHECK(bd_head_value_ok(lines[i], strlen(lines[i])));
        headers->lines[headers->count++] = bd_strdup(lines[i]);
    }
    return headers;
}

struct bd_headers *bd_headers_copy(const struct bd_headers *headers, size_t more)
{
    struct bd_headers *copy = bd_headers_new(headers->count + more);
    for (size_t i = 0; i < headers->count; i++) {
        copy->lines[copy->count++] = bd_strdup(headers->lines[i]);
    }
    return copy;
}

struct bd_headers *bd_headers_keep(struct bd_headers *headers)
{
    if (headers != NULL) {
        headers->refs++;
    }
    return headers;
}

void bd_headers_drop(struct bd_headers *headers)
{
    if (headers == NULL || --headers->refs > 0) {
        return;
    }
    for (size_t i = 0; i < headers->count; i++) {
        explicit_bzero(headers->lines[i], strlen(headers->lines[i])); // may carry a token
        free(headers->lines[i]);
    }
    free(headers);
}

void bd_exchange_clear_answer(struct bd_exchange *exchange)
{
    exchange->fault = BD_FAULT_NONE;
    exchange->status = 0;
    exchange->sent = false;
    exchange->length_unknown = false;
    exchange->times = (struct bd_times){-1, -1, -1, -1, -1};
    exchange->protocol = NULL;
    exchange->head.len = 0;
    exchange->answer.len = 0;
    exchange->detail[0] = '\0';
    if (exchange->mail != NULL) {
        exchange->mail->step = BD_MAIL_GREETING;
        exchange->mail->recipient = 0;
    }
}

void bd_exchange_reset(struct bd_exchange *exchange)
{
    enum { KEEP = 16384 };
    bd_headers_drop(exchange->headers);
    exchange->headers = NULL;
    bd_mail_free(exchange->mail);
    exchange->mail = NULL;
    exchange->method = NULL;
    exchange->has_body = false;
    exchange->repeatable = false;
    exchange->options = &bd_http_defaults;
    exchange->carrier = NULL;
    bd_buf_reset(&exchange->url, KEEP);
    bd_buf_reset(&exchange->body, KEEP);
    bd_buf_reset(&exchange->head, KEEP);
    bd_buf_reset(&exchange->answer, KEEP);
    bd_exchange_clear_answer(exchange);
}

void bd_exchange_free(struct bd_exchange *exchange)
{
    bd_exchange_reset(exchange);
    bd_buf_free(&exchange->url);
    bd_buf_free(&exchange->body);
    bd_buf_free(&exchange->head);
    bd_buf_free(&exchange->answer);
}

void bd_exchange_break(struct bd_exchange *exchange, enum bd_fault fault)
{
    bd_exchange_clear_answer(exchange);
    exchange->fault = fault;
    exchange->sent = true;
}

void bd_exchange_request_head(const struct bd_exchange *exchange, struct bd_buf *out)
{
    for (size_t i = 0; exchange->headers != NULL && i < exchange->headers->count; i++) {
        bd_buf_addf(out, "%s\r\n", exchange->headers->lines[i]);
    }
    if (exchange->has_body && bd_head_count(out, "content-type") == 0) {
        bd_buf_add_text(out,
                        "Content-Type: application/x-www-form-urlencoded\r\n"); // as libcurl does
    }
}
