// SPDX-License-Identifier: MIT
// Easy handles: set once, changed only where a request differs from the one before.
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "check.h"
#include "curl_internal.h"

#define SET(slot, option, value) \
    BD_CHECK((slot)->shard->curl->api.easy_setopt((slot)->easy, (option), (value)) == CURLE_OK)

static void set_lasting_options(struct bd_curl_slot *slot)
{
    SET(slot, CURLOPT_PRIVATE, slot);
    SET(slot, CURLOPT_ERRORBUFFER, slot->error);
    SET(slot, CURLOPT_NOSIGNAL, 1L);
    SET(slot, CURLOPT_QUICK_EXIT, 1L); // a cancelled name look-up must not hold the loop up
    SET(slot, CURLOPT_PROTOCOLS_STR, "http,https");
    SET(slot, CURLOPT_FOLLOWLOCATION, 0L);
    SET(slot, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
    SET(slot, CURLOPT_PATH_AS_IS, 1L);
    SET(slot, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    SET(slot, CURLOPT_USERAGENT, "beadle/" BD_VERSION);
    SET(slot, CURLOPT_HTTP_CONTENT_DECODING, 0L);
    SET(slot, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
    SET(slot, CURLOPT_SSL_VERIFYPEER, 1L);
    SET(slot, CURLOPT_SSL_VERIFYHOST, 2L);
    SET(slot, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    SET(slot, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L); // a proxy's
    SET(slot, CURLOPT_HEADERFUNCTION, bd_curl_on_header);
    SET(slot, CURLOPT_HEADERDATA, slot);
    SET(slot, CURLOPT_WRITEFUNCTION, bd_curl_on_body);
    SET(slot, CURLOPT_WRITEDATA, slot);
    SET(slot, CURLOPT_PREREQFUNCTION, bd_curl_on_request);
    SET(slot, CURLOPT_PREREQDATA, slot);
    SET(slot, CURLOPT_OPENSOCKETFUNCTION, bd_curl_open_socket);
    SET(slot, CURLOPT_OPENSOCKETDATA, slot);
    SET(slot, CURLOPT_CLOSESOCKETFUNCTION, bd_curl_close_socket);
    SET(slot, CURLOPT_CLOSESOCKETDATA, slot->shard);
    SET(slot, CURLOPT_LOW_SPEED_LIMIT, 1L);
    SET(slot, CURLOPT_MAXAGE_CONN, 60L); // a connection idle for longer is likely to be dead
    if (!slot->shard->curl->obey_proxy) {
        SET(slot, CURLOPT_PROXY, "");
    }
}

struct bd_curl_slot *bd_curl_slot_take(struct bd_curl_shard *shard)
{
    struct bd_curl_slot *slot = shard->free_slots;
    if (slot != NULL) {
        shard->free_slots = slot->next;
        return slot;
    }
    slot = bd_alloc(sizeof *slot);
    slot->shard = shard;
    slot->easy = shard->curl->api.easy_init();
    BD_CHECK(slot->easy != NULL);
    set_lasting_options(slot);
    return slot;
}

void bd_curl_slot_give(struct bd_curl_slot *slot)
{
    bd_gunzip_close(slot->gunzip);
    slot->gunzip = NULL;
    slot->exchange = NULL;
    slot->next = slot->shard->free_slots;
    slot->shard->free_slots = slot;
}

void bd_curl_slot_free(struct bd_curl_slot *slot)
{
    const struct bd_curl_api *api = &slot->shard->curl->api;
    api->easy_cleanup(slot->easy);
    api->slist_free_all(slot->list);
    bd_headers_drop(slot->headers);
    bd_gunzip_close(slot->gunzip);
    bd_buf_free(&slot->url);
    free(slot->ca_file);
    free(slot);
}

// A request that finds no connection waits for the first one to tell whether it can be shared, which only
// HTTP/2 can, and that only over TLS: elsewhere it would wait for the first answer.
static void wait_for_http2(struct bd_curl_slot *slot, bool wait)
{
    if (slot->waits_for_http2 != wait) {
        slot->waits_for_http2 = wait;
        SET(slot, CURLOPT_PIPEWAIT, wait ? 1L : 0L);
    }
}

static void set_url(struct bd_curl_slot *slot, const struct bd_exchange *exchange)
{
    if (slot->url.len == exchange->url.len &&
        memcmp(slot->url.data, exchange->url.data, slot->url.len) == 0) {
        return;
    }
    slot->url.len = 0;
    bd_buf_add(&slot->url, exchange->url.data, exchange->url.len);
    SET(slot, CURLOPT_URL, bd_buf_text(&slot->url));
    slot->plain = slot->url.len > 5 && strncasecmp(slot->url.data, "http:", 5) == 0;
    wait_for_http2(slot, !slot->plain);
}

static void set_method(struct bd_curl_slot *slot, const struct bd_exchange *exchange)
{
    if (exchange->has_body) {
        SET(slot, CURLOPT_POSTFIELDS, exchange->body.len > 0 ? exchange->body.data : "");
        SET(slot, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)exchange->body.len);
    }
    if (slot->method == exchange->method && slot->has_body == exchange->has_body) {
        return;
    }
    slot->method = exchange->method;
    slot->has_body = exchange->has_body;
    bool head = strcmp(exchange->method, "HEAD") == 0;
    if (exchange->has_body) {
        SET(slot, CURLOPT_POST, 1L);
    } else {
        SET(slot, CURLOPT_POSTFIELDS, NULL);
        SET(slot, CURLOPT_HTTPGET, 1L);
    }
    SET(slot, CURLOPT_NOBODY, head ? 1L : 0L);
    bool plain = exchange->has_body ? strcmp(exchange->method, "POST") == 0
                                    : strcmp(exchange->method, "GET") == 0 || head;
    SET(slot, CURLOPT_CUSTOMREQUEST, plain ? NULL : exchange->method);
}

// libcurl takes "Name:" for the wish to leave that header out; an empty one is written "Name;".
static struct curl_slist *add_line(struct bd_curl_slot *slot, const char *line)
{
    const struct bd_curl_api *api = &slot->shard->curl->api;
    const char *colon = strchr(line, ':');
    if (colon == NULL || colon[1 + strspn(colon + 1, " \t")] != '\0') {
        return api->slist_append(slot->list, line);
    }
    struct bd_buf empty = {0};
    bd_buf_add(&empty, line, (size_t)(colon - line));
    bd_buf_add_char(&empty, ';');
    struct curl_slist *list = api->slist_append(slot->list, bd_buf_text(&empty));
    bd_buf_free(&empty);
    return list;
}

static void set_headers(struct bd_curl_slot *slot, const struct bd_exchange *exchange)
{
    const struct bd_curl_api *api = &slot->shard->curl->api;
    if (slot->list != NULL && slot->headers == exchange->headers) {
        return;
    }
    SET(slot, CURLOPT_HTTPHEADER, NULL);
    api->slist_free_all(slot->list);
    bd_headers_drop(slot->headers);
    slot->headers = bd_headers_keep(exchange->headers);
    slot->list = api->slist_append(NULL, "Expect:"); // never wait for a 100
    for (size_t i = 0; exchange->headers != NULL && i < exchange->headers->count; i++) {
        slot->list = add_line(slot, exchange->headers->lines[i]);
        BD_CHECK(slot->list != NULL);
    }
    SET(slot, CURLOPT_HTTPHEADER, slot->list);
}

static void set_ca_file(struct bd_curl_slot *slot, const char *ca_file)
{
    const char *wanted = ca_file != NULL ? ca_file : slot->shard->curl->system_ca_file;
    if (slot->ca_file != NULL && wanted != NULL && strcmp(slot->ca_file, wanted) == 0) {
        return;
    }
    free(slot->ca_file);
    slot->ca_file = wanted != NULL ? bd_strdup(wanted) : NULL;
    if (wanted != NULL) {
        // With a CAPATH libcurl parses the whole bundle again for every connection.
        SET(slot, CURLOPT_CAPATH, NULL);
        SET(slot, CURLOPT_CAINFO, wanted);
    }
}

// 0 would mean the library's default or no limit at all.
static long in_range(uint64_t value, long most)
{
    return value == 0 ? 1 : value < (uint64_t)most ? (long)value : most;
}

static void set_options(struct bd_curl_slot *slot, const struct bd_exchange *exchange)
{
    const struct bd_http_options *options = exchange->options;
    if (slot->set.connect_ms != options->connect_ms) {
        SET(slot, CURLOPT_CONNECTTIMEOUT_MS, in_range(options->connect_ms, INT_MAX));
    }
    if (slot->set.idle_ms != options->idle_ms) {
        SET(slot, CURLOPT_LOW_SPEED_TIME, in_range((options->idle_ms + 999) / 1000, USHRT_MAX));
    }
    set_ca_file(slot, options->ca_file);
    slot->set = *options;
}

void bd_curl_slot_prepare(struct bd_curl_slot *slot, struct bd_exchange *exchange)
{
    slot->exchange = exchange;
    slot->requests = 0;
    slot->refused = false;
    slot->socket_error = 0;
    slot->reading = (struct bd_curl_reading){0};
    slot->error[0] = '\0';
    set_url(slot, exchange);
    set_method(slot, exchange);
    set_headers(slot, exchange);
    set_options(slot, exchange);
    if (slot->time_limit != exchange->time_limit) {
        slot->time_limit = exchange->time_limit;
        SET(slot, CURLOPT_TIMEOUT_MS, in_range(exchange->time_limit, INT_MAX));
    }
}
