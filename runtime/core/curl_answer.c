// SPDX-License-Identifier: MIT
// What libcurl hands over while a transfer runs, and what its result means. The callbacks only move bytes.
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "check.h"
#include "address.h"
#include "curl_internal.h"
#include "head.h"
#include "url.h"

static const unsigned INFORMATIONAL_MOST = 20;

static size_t fail(struct bd_curl_slot *slot, enum bd_fault fault)
{
    slot->exchange->fault = fault;
    return 0; // no callback's data has this length: libcurl gives up
}

static long request_size(const struct bd_curl_slot *slot)
{
    long size = 0;
    (void)slot->shard->curl->api.easy_getinfo(slot->easy, CURLINFO_REQUEST_SIZE, &size);
    return size;
}

// ------------------------------------------------------------------------------------------------
// Before the request

// True when the host in the URL is this machine by its very name.
static bool names_this_machine(const struct bd_exchange *exchange)
{
    struct bd_url url;
    return bd_url_parse(&url, exchange->url.data, exchange->url.len) == NULL &&
           bd_address_url_is_this_machine(&url);
}

bool bd_curl_may_use(const struct bd_curl_slot *slot, bool this_machine)
{
    const struct bd_exchange *exchange = slot->exchange;
    if (!slot->plain || exchange->options->plain_http) {
        return true;
    }
    // A proxy on this machine says nothing about where it sends the request.
    return this_machine && (!slot->shard->curl->obey_proxy || names_this_machine(exchange));
}

// When a kept connection is closed before the first byte of an answer, libcurl sends the request again by
// itself, POST or not; the first may have been carried out. The second sending is refused unless the
// request may be repeated, or nothing of it had left.
static bool may_send_again(const struct bd_curl_slot *slot)
{
    return (slot->exchange->repeatable && slot->requests == 2) || request_size(slot) == 0;
}

int bd_curl_on_request(void *data, char *remote_ip,
                       char *local_ip, // NOLINT(readability-non-const-parameter)
                       int remote_port, int local_port)
{
    struct bd_curl_slot *slot = data;
    (void)local_ip;
    (void)remote_port;
    (void)local_port;
    slot->requests++;
    if (slot->plain && !bd_curl_may_use(slot, bd_address_text_is_this_machine(remote_ip))) {
        slot->exchange->fault = BD_FAULT_REFUSED; // a connection kept by somebody who may
        return CURL_PREREQFUNC_ABORT;
    }
    if (slot->requests > 1 && !may_send_again(slot)) {
        slot->exchange->fault = BD_FAULT_EMPTY;
        return CURL_PREREQFUNC_ABORT;
    }
    return CURL_PREREQFUNC_OK;
}

// ------------------------------------------------------------------------------------------------
// The head of the answer

// The status of "HTTP/1.1 200 OK" or "HTTP/2 200"; 0 when the line is none.
static int status_of(const char *line, size_t len)
{
    const char *space = len > 5 && memcmp(line, "HTTP/", 5) == 0 ? memchr(line, ' ', len) : NULL;
    if (space == NULL || line + len - space < 5) {
        return 0;
    }
    int status = 0;
    for (int i = 1; i <= 3; i++) {
        if (space[i] < '0' || space[i] > '9') {
            return 0;
        }
        status = status * 10 + (space[i] - '0');
    }
    return strchr(" \r\n", space[4]) != NULL ? status : 0;
}

static bool begin_answer(struct bd_curl_slot *slot, const char *line, size_t len)
{
    struct bd_curl_reading *reading = &slot->reading;
    enum { SWITCHING_PROTOCOLS = 101 };
    int status = status_of(line, len);
    if (status < 100 || status == SWITCHING_PROTOCOLS ||
        (status < 200 && ++reading->informational > INFORMATIONAL_MOST)) {
        return false;
    }
    slot->exchange->status = status;
    slot->exchange->head.len = 0;
    *reading = (struct bd_curl_reading){
        .informational = reading->informational,
        .in_head = true,
        .http2 = line[5] == '2',
        .framed = line[5] == '2', // by the protocol itself
        .may_keep_alive = line[5] == '2' || (len > 7 && line[7] != '0'),
    };
    return true;
}

static bool value_holds(const struct bd_head_line *header, const char *word)
{
    size_t word_len = strlen(word);
    for (size_t i = 0; i + word_len <= header->value_len; i++) {
        if (strncasecmp(header->value + i, word, word_len) == 0) {
            return true;
        }
    }
    return false;
}

// libcurl reads a number and ignores what follows, and of two lengths it takes the last: then the answer's
// end is wherever a proxy or the next answer on the connection makes it.
static bool note_length(struct bd_curl_reading *reading, const struct bd_head_line *header)
{
    uint64_t length = 0;
    if (header->value_len == 0 || header->value_len > 18) {
        return false;
    }
    for (size_t i = 0; i < header->value_len; i++) {
        if (header->value[i] < '0' || header->value[i] > '9') {
            return false;
        }
        length = length * 10 + (uint64_t)(header->value[i] - '0');
    }
    bool contradicts = reading->has_length && reading->length != length;
    reading->both_lengths = reading->framed && !reading->has_length && !reading->http2;
    reading->has_length = reading->framed = true;
    reading->length = length;
    return !contradicts;
}

static bool is_named(const struct bd_head_line *header, const char *name)
{
    return header->name_len == strlen(name) &&
           strncasecmp(header->name, name, header->name_len) == 0;
}

static bool note_header(struct bd_curl_reading *reading, const char *line, size_t len)
{
    const struct bd_buf one = {.data = (char *)(uintptr_t)line, .len = len};
    struct bd_head_line header;
    size_t at = 0;
    char first = (char)(line[0] | 0x20);
    if ((first != 'c' && first != 't') || !bd_head_next(&one, &at, &header)) {
        return true;
    }
    if (is_named(&header, "content-length")) {
        return note_length(reading, &header);
    }
    if (is_named(&header, "content-encoding")) {
        reading->encoded = true;
    } else if (is_named(&header, "connection") && value_holds(&header, "close")) {
        reading->may_keep_alive = false;
    } else if (is_named(&header, "transfer-encoding")) {
        reading->both_lengths = reading->has_length;
        reading->framed = true;
    }
    return true;
}

size_t bd_curl_on_header(char *line, size_t size, size_t count, void *data)
{
    struct bd_curl_slot *slot = data;
    struct bd_curl_reading *reading = &slot->reading;
    struct bd_exchange *exchange = slot->exchange;
    size_t len = size * count;
    slot->shard->streamed += reading->http2;
    if (reading->head_done) {
        return len; // trailers of a chunked answer say nothing we use
    }
    if (!reading->in_head) {
        return begin_answer(slot, line, len) ? len : fail(slot, BD_FAULT_PROTOCOL);
    }
    if (line[0] == '\r' || line[0] == '\n') {
        reading->in_head = false;
        reading->head_done = exchange->status >= 200;
        return len;
    }
    if (exchange->head.len + len > exchange->options->max_head) {
        return fail(slot, BD_FAULT_HEAD_TOO_LARGE);
    }
    if (!note_header(reading, line, len)) {
        return fail(slot, BD_FAULT_PROTOCOL);
    }
    bd_buf_add(&exchange->head, line, len);
    return len;
}

// ------------------------------------------------------------------------------------------------
// Its body

static bool begin_body(struct bd_curl_slot *slot)
{
    struct bd_exchange *exchange = slot->exchange;
    size_t len = 0;
    slot->reading.body_began = true;
    const char *encoding =
        slot->reading.encoded ? bd_head_find(&exchange->head, "content-encoding", &len) : NULL;
    if (encoding == NULL || len == 0 || (len == 8 && strncasecmp(encoding, "identity", 8) == 0)) {
        return true;
    }
    bool known = (len == 4 && strncasecmp(encoding, "gzip", 4) == 0) ||
                 (len == 6 && strncasecmp(encoding, "x-gzip", 6) == 0) ||
                 (len == 7 && strncasecmp(encoding, "deflate", 7) == 0);
    if (!known || bd_head_count(&exchange->head, "content-encoding") != 1) {
        return false;
    }
    slot->gunzip = bd_gunzip_open();
    return true;
}

size_t bd_curl_on_body(char *bytes, size_t size, size_t count, void *data)
{
    struct bd_curl_slot *slot = data;
    struct bd_exchange *exchange = slot->exchange;
    size_t len = size * count;
    size_t limit = exchange->options->max_body;
    slot->shard->streamed += slot->reading.http2;
    if (!slot->reading.body_began && !begin_body(slot)) {
        return fail(slot, BD_FAULT_ENCODING);
    }
    if (slot->gunzip == NULL) {
        if (exchange->answer.len + len > limit) {
            return fail(slot, BD_FAULT_BODY_TOO_LARGE);
        }
        bd_buf_add(&exchange->answer, bytes, len);
        return len;
    }
    switch (bd_gunzip_add(slot->gunzip, bytes, len, &exchange->answer, limit)) {
    case BD_GUNZIP_OK:
        return len;
    case BD_GUNZIP_TOO_LARGE:
        return fail(slot, BD_FAULT_BODY_TOO_LARGE);
    default:
        return fail(slot, BD_FAULT_ENCODING);
    }
}

// ------------------------------------------------------------------------------------------------
// What a result means

static bool says(const struct bd_curl_slot *slot, const char *words)
{
    return strstr(slot->error, words) != NULL;
}

static enum bd_fault timeout_fault(const struct bd_curl_slot *slot)
{
    const struct bd_curl_api *api = &slot->shard->curl->api;
    curl_off_t pretransfer = 0;
    curl_off_t total = 0;
    (void)api->easy_getinfo(slot->easy, CURLINFO_PRETRANSFER_TIME_T, &pretransfer);
    (void)api->easy_getinfo(slot->easy, CURLINFO_TOTAL_TIME_T, &total);
    if (says(slot, "Operation too slow")) {
        return BD_FAULT_IDLE_TIMEOUT;
    }
    bool connecting = pretransfer == 0 && total / 1000 < (curl_off_t)slot->time_limit;
    return connecting ? BD_FAULT_CONNECT_TIMEOUT : BD_FAULT_TIMEOUT;
}

// One code stands for a broken connection, for broken chunks and for a head that is too long.
static enum bd_fault receive_fault(const struct bd_curl_slot *slot)
{
    if (says(slot, "chunked-encoding")) {
        return BD_FAULT_PROTOCOL;
    }
    return says(slot, "Too large response headers") ? BD_FAULT_HEAD_TOO_LARGE : BD_FAULT_RESET;
}

// A handshake that the network broke may go well another time, unlike one that was refused.
static enum bd_fault handshake_fault(const struct bd_curl_slot *slot)
{
    long number = 0;
    (void)slot->shard->curl->api.easy_getinfo(slot->easy, CURLINFO_OS_ERRNO, &number);
    return number != 0 || says(slot, "SSL_ERROR_SYSCALL") ? BD_FAULT_CONNECT : BD_FAULT_TLS;
}

static enum bd_fault fault_of(const struct bd_curl_slot *slot, CURLcode code)
{
    switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
        return BD_FAULT_RESOLVE;
    case CURLE_COULDNT_CONNECT:
        return slot->refused ? BD_FAULT_REFUSED : BD_FAULT_CONNECT;
    case CURLE_PROXY:
        return BD_FAULT_CONNECT;
    case CURLE_OPERATION_TIMEDOUT:
        return timeout_fault(slot);
    case CURLE_SSL_CONNECT_ERROR:
        return handshake_fault(slot);
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_USE_SSL_FAILED:
        return BD_FAULT_TLS;
    case CURLE_SEND_ERROR:
    case CURLE_SEND_FAIL_REWIND:
        return BD_FAULT_SEND;
    case CURLE_RECV_ERROR:
        return receive_fault(slot);
    case CURLE_HTTP2: // a server that goes away says so by this
    case CURLE_HTTP2_STREAM:
        return BD_FAULT_RESET;
    case CURLE_GOT_NOTHING:
        return BD_FAULT_EMPTY;
    case CURLE_PARTIAL_FILE:
        return BD_FAULT_CUT;
    case CURLE_OUT_OF_MEMORY: // what libcurl says of one header line that is too long
        return request_size(slot) > 0 ? BD_FAULT_HEAD_TOO_LARGE : BD_FAULT_LOCAL;
    case CURLE_UNSUPPORTED_PROTOCOL: // HTTP/0.9 or garbage instead of a status line
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_BAD_CONTENT_ENCODING:
        return BD_FAULT_PROTOCOL;
    default:
        return BD_FAULT_LOCAL;
    }
}

static void finish_well(struct bd_curl_slot *slot)
{
    struct bd_exchange *exchange = slot->exchange;
    if (exchange->status < 200) {
        exchange->fault = BD_FAULT_PROTOCOL; // it ended before the answer
    } else if (slot->gunzip != NULL && !bd_gunzip_ended(slot->gunzip)) {
        exchange->fault = BD_FAULT_CUT;
    }
    exchange->length_unknown = slot->reading.body_began && !slot->reading.framed;
}

static void describe(struct bd_curl_slot *slot, CURLcode code)
{
    struct bd_exchange *exchange = slot->exchange;
    const char *text = slot->error;
    long number = slot->socket_error;
    if (number == 0) {
        (void)slot->shard->curl->api.easy_getinfo(slot->easy, CURLINFO_OS_ERRNO, &number);
    }
    if (number != 0 && code == CURLE_COULDNT_CONNECT) {
        text = strerror((int)number);
    } else if (text[0] == '\0') {
        text = slot->shard->curl->api.easy_strerror(code);
    }
    (void)snprintf(exchange->detail, sizeof exchange->detail, "%s (libcurl %d)", text, (int)code);
}

// A phase that a kept connection did not need has the time 0, or that of the phase before.
static int64_t time_of(const struct bd_curl_slot *slot, CURLINFO what)
{
    curl_off_t time = 0;
    (void)slot->shard->curl->api.easy_getinfo(slot->easy, what, &time);
    return time > 0 ? (int64_t)time : -1;
}

static const char *protocol_of(const struct bd_curl_slot *slot)
{
    long version = 0;
    (void)slot->shard->curl->api.easy_getinfo(slot->easy, CURLINFO_HTTP_VERSION, &version);
    switch (version) {
    case CURL_HTTP_VERSION_1_0:
        return "HTTP/1.0";
    case CURL_HTTP_VERSION_1_1:
        return "HTTP/1.1";
    case CURL_HTTP_VERSION_2_0:
        return "HTTP/2";
    default:
        return NULL;
    }
}

static void note_times(const struct bd_curl_slot *slot, struct bd_times *times)
{
    long connections = 0;
    (void)slot->shard->curl->api.easy_getinfo(slot->easy, CURLINFO_NUM_CONNECTS, &connections);
    times->answered = time_of(slot, CURLINFO_STARTTRANSFER_TIME_T);
#if LIBCURL_VERSION_NUM >= 0x080a00
    times->sent = time_of(slot, CURLINFO_POSTTRANSFER_TIME_T);
#endif
    if (connections > 0) {
        times->resolved = time_of(slot, CURLINFO_NAMELOOKUP_TIME_T);
        times->connected = time_of(slot, CURLINFO_CONNECT_TIME_T);
        times->secured = time_of(slot, CURLINFO_APPCONNECT_TIME_T);
    }
}

void bd_curl_slot_finish(struct bd_curl_slot *slot, CURLcode code)
{
    struct bd_exchange *exchange = slot->exchange;
    if (exchange->timed) {
        note_times(slot, &exchange->times);
        exchange->protocol = protocol_of(slot);
    }
    exchange->sent = true;
    if (code == CURLE_OK) {
        finish_well(slot);
        return;
    }
    exchange->sent = request_size(slot) > 0;
    if (exchange->fault == BD_FAULT_NONE) { // else a callback knew better
        exchange->fault = fault_of(slot, code);
        describe(slot, code);
    }
}
