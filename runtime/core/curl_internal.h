// SPDX-License-Identifier: MIT
// Shared by transport_curl.c, curl_socket.c, curl_slot.c and curl_answer.c only.
//
// Measured: what decides the cost of a call is that poll handles live as long as their connection, that
// handles are reused and changed only where they differ, and that the connection cache is larger than what
// is in flight. From a few hundred transfers on, libcurl's own loops over all connections show, so
// transfers are dealt over several multi handles: shards. A shard is filled before the next is used,
// therefore a sequence of calls stays on one connection.
#ifndef BD_CURL_INTERNAL_H
#define BD_CURL_INTERNAL_H

#include <stdbool.h>
#include <uv.h>

#include "curl_api.h"
#include "exchange.h"
#include "gunzip.h"

enum { BD_CURL_SHARDS = 16, BD_CURL_SHARD_FILL = 32 };

struct bd_curl;
struct bd_curl_shard;

// One connection's poll handle, or that of a helper socket of libcurl's (`foreign`), which has no close
// callback of ours. Freed in the handle's close callback.
struct bd_curl_socket {
    uv_poll_t poll;
    struct bd_curl_shard *shard;
    curl_socket_t fd;
    int events; // what the poll is started for; 0: stopped
    int wanted; // what libcurl wants now
    bool foreign;
    bool connected;
    bool multiplexed; // HTTP/2: the other side may speak at any time
};

// How far an answer has been read. Begins anew with each informational answer and with the real one.
struct bd_curl_reading {
    unsigned informational; // how many came
    bool in_head;           // its first line was read
    bool head_done;         // of the real answer
    bool http2;
    bool body_began;
    bool encoded;    // it has a Content-Encoding
    bool framed;     // it says how long it is
    bool has_length; // by a Content-Length, and that is `length`
    uint64_t length;
    bool may_keep_alive; // it does not say that the connection closes
    bool both_lengths;   // Content-Length and chunked together
};

// A reused easy handle and what is set on it.
struct bd_curl_slot {
    CURL *easy;
    struct bd_curl_shard *shard;
    struct bd_exchange *exchange;
    struct bd_curl_slot *next;  // among the free ones
    struct bd_gunzip *gunzip;   // for the body under way
    struct bd_headers *headers; // those that `list` was made from; a reference
    struct curl_slist *list;
    struct bd_http_options set; // values as they were set
    char *ca_file;              // owned copy of what is set
    struct bd_buf url;          // terminated
    const char *method;
    bool has_body;
    uint64_t time_limit;
    bool plain;           // the URL's scheme is http
    bool waits_for_http2; // CURLOPT_PIPEWAIT as it is set
    // The transfer under way.
    unsigned requests; // how often libcurl began to send this one
    bool refused;      // an address was not connected to: plain http to another machine
    int socket_error;  // why there was no socket; 0: there was
    struct bd_curl_reading reading;
    char error[CURL_ERROR_SIZE];
};

struct bd_curl_shard {
    struct bd_curl *curl;
    CURLM *multi;
    uv_timer_t timer;
    struct bd_curl_slot *free_slots;
    unsigned in_flight;
    unsigned sockets_closed; // counts up: tells whether a transfer's end closed its connection
    uint64_t streamed;       // counts up with each piece of an answer by HTTP/2
};

struct bd_curl {
    struct bd_transport transport; // first: what others hold a pointer to
    struct bd_runtime *rt;
    struct bd_curl_api api;
    struct bd_curl_shard *shards[BD_CURL_SHARDS];
    unsigned shard_count;
    struct bd_curl_socket **by_fd;
    size_t fd_cap;
    unsigned open_handles; // libuv handles whose close callback has not run
    bool closing;
    bool obey_proxy;
    char *system_ca_file;
    bool warned_excess, warned_both_lengths; // once a run is enough
};

// curl_socket.c
curl_socket_t bd_curl_open_socket(void *slot, curlsocktype purpose, struct curl_sockaddr *address);
int bd_curl_close_socket(void *shard, curl_socket_t fd);
int bd_curl_on_socket(CURL *easy, curl_socket_t fd, int what, void *shard, void *socket);
void bd_curl_act(struct bd_curl_shard *shard, curl_socket_t fd, int events);
void bd_curl_drop_sockets(struct bd_curl *curl);
// Notes that the socket carries HTTP/2.
void bd_curl_note_multiplexed(struct bd_curl *curl, curl_socket_t fd);

// curl_slot.c
struct bd_curl_slot *bd_curl_slot_take(struct bd_curl_shard *shard);
void bd_curl_slot_give(struct bd_curl_slot *slot);
void bd_curl_slot_free(struct bd_curl_slot *slot);
void bd_curl_slot_prepare(struct bd_curl_slot *slot, struct bd_exchange *exchange);

// curl_answer.c
int bd_curl_on_request(void *slot, char *remote_ip, char *local_ip, int remote_port,
                       int local_port);
size_t bd_curl_on_header(char *line, size_t size, size_t count, void *slot);
size_t bd_curl_on_body(char *bytes, size_t size, size_t count, void *slot);
// Whether the slot's request may go to an address, which is this machine's or another's.
bool bd_curl_may_use(const struct bd_curl_slot *slot, bool this_machine);
// Fills in the exchange's result.
void bd_curl_slot_finish(struct bd_curl_slot *slot, CURLcode code);

// transport_curl.c
void bd_curl_handle_closed(struct bd_curl *curl);
void bd_curl_collect(struct bd_curl_shard *shard, bool closed_some);

#endif
