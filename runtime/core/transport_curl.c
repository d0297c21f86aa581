// SPDX-License-Identifier: MIT
#include "transport_curl.h"

#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "curl_internal.h"
#include "log.h"
#include "runtime.h"

static const long CONNECTIONS_KEPT = 4096; // per shard; more than may ever be in flight in one

// ------------------------------------------------------------------------------------------------
// Shards

static void on_timer(uv_timer_t *timer)
{
    bd_curl_act(timer->data, CURL_SOCKET_TIMEOUT, 0);
}

// libcurl must not be driven from inside its callback: even "now" is left to the loop's next turn.
static int on_timeout_wanted(CURLM *multi, long ms, void *data)
{
    struct bd_curl_shard *shard = data;
    (void)multi;
    if (ms < 0) {
        (void)uv_timer_stop(&shard->timer);
    } else {
        BD_CHECK(uv_timer_start(&shard->timer, on_timer, (uint64_t)ms, 0) == 0);
    }
    return 0;
}

static struct bd_curl_shard *open_shard(struct bd_curl *curl)
{
    const struct bd_curl_api *api = &curl->api;
    struct bd_curl_shard *shard = bd_alloc(sizeof *shard);
    shard->curl = curl;
    shard->multi = api->multi_init();
    BD_CHECK(shard->multi != NULL);
    BD_CHECK(uv_timer_init(&curl->rt->loop.uv, &shard->timer) == 0);
    shard->timer.data = shard;
    curl->open_handles++;
    api->multi_setopt(shard->multi, CURLMOPT_SOCKETFUNCTION, bd_curl_on_socket);
    api->multi_setopt(shard->multi, CURLMOPT_SOCKETDATA, shard);
    api->multi_setopt(shard->multi, CURLMOPT_TIMERFUNCTION, on_timeout_wanted);
    api->multi_setopt(shard->multi, CURLMOPT_TIMERDATA, shard);
    api->multi_setopt(shard->multi, CURLMOPT_MAXCONNECTS, CONNECTIONS_KEPT);
    curl->shards[curl->shard_count++] = shard;
    return shard;
}

static struct bd_curl_shard *choose_shard(struct bd_curl *curl)
{
    struct bd_curl_shard *least = NULL;
    for (unsigned i = 0; i < curl->shard_count; i++) {
        struct bd_curl_shard *shard = curl->shards[i];
        if (shard->in_flight < BD_CURL_SHARD_FILL) {
            return shard;
        }
        least = least == NULL || shard->in_flight < least->in_flight ? shard : least;
    }
    return curl->shard_count < BD_CURL_SHARDS ? open_shard(curl) : least;
}

// ------------------------------------------------------------------------------------------------
// The transport

static void send_exchange(struct bd_transport *transport, struct bd_exchange *exchange)
{
    struct bd_curl *curl = (struct bd_curl *)transport;
    struct bd_curl_shard *shard = choose_shard(curl);
    struct bd_curl_slot *slot = bd_curl_slot_take(shard);
    bd_curl_slot_prepare(slot, exchange);
    exchange->carrier = slot;
    shard->in_flight++;
    bd_loop_io_begin(&curl->rt->loop);
    BD_CHECK(curl->api.multi_add_handle(shard->multi, slot->easy) == CURLM_OK);
}

static void release(struct bd_curl_slot *slot)
{
    struct bd_curl_shard *shard = slot->shard;
    struct bd_curl *curl = shard->curl;
    slot->exchange->carrier = NULL;
    BD_CHECK(curl->api.multi_remove_handle(shard->multi, slot->easy) == CURLM_OK);
    shard->in_flight--;
    bd_loop_io_end(&curl->rt->loop);
    bd_curl_slot_give(slot);
}

static void cancel_exchange(struct bd_transport *transport, struct bd_exchange *exchange)
{
    struct bd_curl *curl = (struct bd_curl *)transport;
    struct bd_curl_slot *slot = exchange->carrier;
    BD_CHECK(slot != NULL);
    long request_size = 0;
    (void)curl->api.easy_getinfo(slot->easy, CURLINFO_REQUEST_SIZE, &request_size);
    exchange->sent = request_size > 0;
    release(slot);
}

// What a server did beside its answer; said once a run.
static void note_oddities(struct bd_curl_slot *slot, bool closed_some)
{
    struct bd_curl *curl = slot->shard->curl;
    if (slot->reading.both_lengths && !curl->warned_both_lengths) {
        curl->warned_both_lengths = true;
        bd_log(curl->rt->log, BD_LOG_WARN,
               "an answer gave both a length and chunks; the chunks were followed");
    }
    if (!closed_some || !slot->reading.framed || !slot->reading.may_keep_alive ||
        slot->reading.http2 || curl->warned_excess) {
        return;
    }
    curl_socket_t fd = CURL_SOCKET_BAD;
    (void)curl->api.easy_getinfo(slot->easy, CURLINFO_ACTIVESOCKET, &fd);
    if (fd == CURL_SOCKET_BAD) {
        curl->warned_excess = true;
        bd_log(curl->rt->log, BD_LOG_WARN,
               "an answer was longer than it said; the rest was dropped with its connection");
    }
}

static void note_multiplexed(struct bd_curl_slot *slot)
{
    curl_socket_t fd = CURL_SOCKET_BAD;
    if (slot->reading.http2) {
        struct bd_curl *curl = slot->shard->curl;
        (void)curl->api.easy_getinfo(slot->easy, CURLINFO_ACTIVESOCKET, &fd);
        bd_curl_note_multiplexed(curl, fd);
    }
}

void bd_curl_collect(struct bd_curl_shard *shard, bool closed_some)
{
    const struct bd_curl_api *api = &shard->curl->api;
    int left;
    CURLMsg *message;
    while ((message = api->multi_info_read(shard->multi, &left)) != NULL) {
        struct bd_curl_slot *slot = NULL;
        CURLcode code = message->data.result;
        (void)api->easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &slot);
        struct bd_exchange *exchange = slot->exchange;
        bd_curl_slot_finish(slot, code);
        if (code == CURLE_OK) {
            note_multiplexed(slot);
            note_oddities(slot, closed_some);
        }
        release(slot);
        exchange->done(exchange);
    }
}

// ------------------------------------------------------------------------------------------------
// Opening and closing

static void free_curl(struct bd_curl *curl)
{
    for (unsigned i = 0; i < curl->shard_count; i++) {
        free(curl->shards[i]);
    }
    free(curl->by_fd);
    free(curl->system_ca_file);
    free(curl);
}

void bd_curl_handle_closed(struct bd_curl *curl)
{
    if (--curl->open_handles == 0 && curl->closing) {
        free_curl(curl);
    }
}

static void on_timer_closed(uv_handle_t *timer)
{
    struct bd_curl_shard *shard = timer->data;
    bd_curl_handle_closed(shard->curl);
}

// Every task is gone, and with it every exchange. Memory goes when the loop has closed the last handle.
static void detach(void *value)
{
    struct bd_curl *curl = value;
    curl->closing = true;
    curl->open_handles++; // this function
    for (unsigned i = 0; i < curl->shard_count; i++) {
        struct bd_curl_shard *shard = curl->shards[i];
        BD_CHECK(shard->in_flight == 0);
        while (shard->free_slots != NULL) {
            struct bd_curl_slot *slot = shard->free_slots;
            shard->free_slots = slot->next;
            bd_curl_slot_free(slot);
        }
        (void)curl->api.multi_cleanup(shard->multi);
        uv_close((uv_handle_t *)&shard->timer, on_timer_closed);
    }
    bd_curl_drop_sockets(curl);
    curl->api.global_cleanup();
    bd_curl_handle_closed(curl);
}

struct bd_transport *bd_transport_curl_open(struct bd_runtime *rt, char *wrong, size_t wrong_size)
{
    static const char KEY;
    struct bd_curl *curl = bd_alloc(sizeof *curl);
    curl->rt = rt;
    if (!bd_curl_api_load(&curl->api, wrong, wrong_size)) {
        free(curl);
        return NULL;
    }
    if (!(rt->options.permissions & BD_ALLOW_KEYLOG)) {
        (void)unsetenv("SSLKEYLOGFILE"); // libcurl would write the keys of every session there
    }
    curl->obey_proxy = (rt->options.permissions & BD_ALLOW_PROXY) != 0;
    BD_CHECK(curl->api.global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK);
    const curl_version_info_data *info = curl->api.version_info(CURLVERSION_NOW);
    curl->system_ca_file = info->cainfo != NULL ? bd_strdup(info->cainfo) : NULL;
    curl->transport.send = send_exchange;
    curl->transport.cancel = cancel_exchange;
    bd_runtime_attach(rt, &KEY, curl, detach);
    return &curl->transport;
}
