// SPDX-License-Identifier: MIT
// Faults that are good HTTP with bad news: status codes, redirects, tokens that stop being accepted.
// What they remember is kept by key, see keys.h.

#include "faults.h"

#include "keys.h"

#include <stdio.h>
#include <string.h>

#define COUNT_MAX 1000000000000
#define DELAY_MAX 3600000
#define NEVER     (UINT64_MAX - 1) // UINT64_MAX itself is TS_REQUIRED

// The key of the request; the whole target where none is given. NULL: refused.
static struct ts_key *request_key(struct ts_conn *conn)
{
    char name[sizeof((struct ts_key *)0)->name];
    if (!ts_query_text(conn, "key", name, sizeof name)) {
        return NULL;
    }
    const struct ts_slice target = conn->head.target;
    if (name[0] == '\0') {
        if (target.len >= sizeof name) {
            ts_refuse(conn, "a target this long needs a key");
            return NULL;
        }
        memcpy(name, target.p, target.len);
        name[target.len] = '\0';
    }
    return ts_key_get(conn->server, name);
}

struct status_request {
    uint64_t code;
    uint64_t times;
    uint64_t after;
    char retry_after[512];
    char type[256];
    char body[8192]; // may hold any text, unlike what goes into headers
    enum ts_found has_body;
};

static bool read_status(struct ts_conn *conn, struct status_request *want)
{
    want->has_body = ts_query_get(&conn->head, "body", want->body, sizeof want->body);
    if (want->has_body == TS_UNUSABLE) {
        ts_refuse(conn, "the body is unusable");
        return false;
    }
    return ts_arg_number(conn, 0, TS_REQUIRED, 999, &want->code) &&
           ts_query_number(conn, "times", NEVER, COUNT_MAX, &want->times) &&
           ts_query_number(conn, "after", 0, COUNT_MAX, &want->after) &&
           ts_query_text(conn, "retry-after", want->retry_after, sizeof want->retry_after) &&
           ts_query_text(conn, "type", want->type, sizeof want->type);
}

static void answer_status(struct ts_conn *conn, struct status_request *want)
{
    char header[sizeof want->retry_after + 32] = "";
    if (want->retry_after[0] != '\0') {
        (void)snprintf(header, sizeof header, "Retry-After: %s\r\n", want->retry_after);
    }
    if (want->has_body == TS_ABSENT) {
        (void)snprintf(want->body, sizeof want->body,
                       "{\"error_message\":\"status %u\",\"success\":false}", (unsigned)want->code);
    }
    ts_answer(conn, (struct ts_answer){
                        .status = (unsigned)want->code,
                        .type = want->type[0] != '\0' ? want->type : "application/json",
                        .headers = header,
                        .body = {want->body, strlen(want->body)},
                    });
}

void ts_fault_status(struct ts_conn *conn)
{
    struct status_request want;
    if (!read_status(conn, &want)) {
        return;
    }
    struct ts_key *key = request_key(conn);
    if (key == NULL) {
        return;
    }
    key->hits++;
    const bool affected = key->hits > want.after && key->hits - want.after <= want.times;
    if (affected) {
        answer_status(conn, &want);
    } else {
        ts_answer_json(conn);
    }
}

void ts_fault_redirect(struct ts_conn *conn)
{
    char to[2048];
    char header[sizeof to + 32];
    uint64_t code = 0;
    if (!ts_query_number(conn, "code", 302, 999, &code) ||
        !ts_query_text(conn, "to", to, sizeof to)) {
        return;
    }
    (void)snprintf(header, sizeof header, "Location: %s\r\n", to);
    ts_answer(conn, (struct ts_answer){(unsigned)code, "text/plain", header, {"moved", 5}});
}

static void give_token(struct ts_conn *conn, struct ts_key *key)
{
    char json[128];
    uint64_t calls = 0;
    uint64_t ms = 0;
    if (!ts_query_number(conn, "calls", NEVER, COUNT_MAX, &calls) ||
        !ts_query_number(conn, "ms", NEVER, DELAY_MAX, &ms)) {
        return;
    }
    key->token++;
    key->calls_left = calls;
    key->expires_ms = ms == NEVER ? NEVER : uv_now(&conn->server->loop) + ms;
    // The hour it promises is the lie.
    const int len = snprintf(json, sizeof json,
                             "{\"access_token\":\"expiring-%llu\",\"token_type\":\"Bearer\","
                             "\"expires_in\":3600}",
                             (unsigned long long)key->token);
    ts_answer(conn, (struct ts_answer){200, "application/json", NULL, {json, (size_t)len}});
}

static bool token_is_good(const struct ts_conn *conn, const struct ts_key *key)
{
    char newest[64];
    (void)snprintf(newest, sizeof newest, "Bearer expiring-%llu", (unsigned long long)key->token);
    return key->token > 0 && ts_slice_is(ts_header_get(&conn->head, "Authorization"), newest) &&
           key->calls_left > 0 && uv_now(&conn->server->loop) < key->expires_ms;
}

static void call_with_token(struct ts_conn *conn, struct ts_key *key)
{
    uint64_t delay = 0;
    if (!ts_query_number(conn, "delay", 0, DELAY_MAX, &delay)) {
        return;
    }
    const bool good = token_is_good(conn, key);
    ts_out_step(conn, TS_PAUSE, delay);
    if (good) {
        key->calls_left--;
        ts_answer_json(conn);
        return;
    }
    static const char body[] = "{\"error\":\"invalid_token\"}";
    static const char header[] = "WWW-Authenticate: Bearer error=\"invalid_token\"\r\n";
    ts_answer(conn, (struct ts_answer){401, "application/json", header, {body, sizeof body - 1}});
}

static void revoke_token(struct ts_conn *conn, struct ts_key *key)
{
    key->calls_left = 0;
    ts_answer_text(conn, 200, "revoked");
}

void ts_fault_token(struct ts_conn *conn)
{
    static const struct {
        const char *name;
        void (*run)(struct ts_conn *conn, struct ts_key *key);
    } whats[] = {{"token", give_token}, {"api", call_with_token}, {"revoke", revoke_token}};
    char name[sizeof((struct ts_key *)0)->name];
    if (!ts_query_text(conn, "key", name, sizeof name)) {
        return;
    }
    for (size_t i = 0; i < sizeof whats / sizeof whats[0]; i++) {
        if (ts_slice_is(ts_arg(conn, 0), whats[i].name)) {
            // Without a key all three share the one of no name, unlike in request_key.
            whats[i].run(conn, ts_key_get(conn->server, name));
            return;
        }
    }
    ts_refuse(conn, "neither token nor api nor revoke");
}
