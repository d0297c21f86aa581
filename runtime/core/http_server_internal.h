// SPDX-License-Identifier: MIT
// What the files of the HTTP server share. Nobody else includes this.
//
//   http_server.c             requests: taking them in, answering them, driving libmicrohttpd
//   http_server_head.c        what a request's head may be
//   http_server_connection.c  connections: how many, how long they may take, whether their client is there
//   http_server_open.c        sockets and TLS; opening and closing
#ifndef BD_HTTP_SERVER_INTERNAL_H
#define BD_HTTP_SERVER_INTERNAL_H

#include <netinet/in.h>
#include <uv.h>

#include "http_server.h"
#include "mhd_api.h"
#include "timer.h"

enum { BD_HOST_LONGEST = 300 }; // a name of 255 bytes, and a port

// What is read beyond the largest body before the connection is dropped: a client that is still sending does not see
// an answer.
enum { BD_SERVER_SWALLOWED = 16 << 20 };

struct bd_incoming;

// One connection, from accept to close. It stands in the server's list while its client owes us something: to bring a
// whole request, or to take a whole answer.
struct bd_connection {
    struct bd_http_server *server;
    int fd;
    uint64_t until; // ms of libuv's clock: how long it may
    bool owes;      // stands in the list
    char remote[INET6_ADDRSTRLEN];
    char host[BD_HOST_LONGEST]; // the last Host header that was in order
    size_t host_len;
    struct bd_incoming *spare; // of the last request, with its memory; NULL: none
    struct bd_connection *older, *newer;
};

// A request as it comes in. The part that handlers see is first.
struct bd_incoming {
    struct bd_server_request request;
    struct bd_http_server *server;
    struct MHD_Connection *mhd;
    struct bd_connection *connection;
    struct bd_buf target; // path and query as they were sent, terminated
    struct bd_buf authority;
    uint64_t turn;   // the server's when it was handed over
    size_t body_len; // also of what was not kept
    bool seen;       // its head was
    bool complete;   // handed to the handler
    bool suspended;  // libmicrohttpd leaves the connection alone
    bool dropped;
    size_t answer_len;             // of its body
    bool sending;                  // counted among the server's
    bool cut;                      // a NUL stands in its target
    unsigned refused;              // status of what we answer ourselves; 0: nothing
    struct MHD_Response *response; // set once it is answered
    unsigned status;
    bool ready;                       // the answer's time has come
    struct bd_timer timer;            // until then
    struct bd_incoming *left, *right; // among those that were handed over and not answered
};

struct bd_http_server {
    struct bd_runtime *rt;
    struct bd_mhd_api api;
    struct bd_server_options options;
    struct MHD_Daemon *daemon;     // NULL while time is virtual
    struct bd_local_server *local; // for requests of this process
    unsigned port;
    uv_poll_t poll;
    uv_check_t check;
    uv_idle_t idle; // active while libmicrohttpd is to be run: the next poll must not block
    uv_timer_t timer;
    uv_poll_t gone; // watches `gone_fd`
    uv_timer_t sweep;
    int gone_fd; // epoll: the sockets of suspended connections
    unsigned open_handles;
    uint64_t turn;
    bool wanted; // libmicrohttpd is to be run in this turn's check
    bool closing;
    struct bd_incoming *waiting;
    unsigned sending;                      // answers that have not left yet
    struct bd_connection *oldest, *newest; // those that owe us something
    unsigned connections;
};

// http_server.c
void bd_server_soon(struct bd_http_server *server); // runs libmicrohttpd in this turn or the next
void bd_server_run(struct bd_http_server *server);
void bd_server_left(struct bd_incoming *incoming); // its client is gone, or shall be
void bd_incoming_free(struct bd_incoming *incoming);
void *bd_server_on_target(void *data, const char *target, struct MHD_Connection *connection);
enum MHD_Result bd_server_on_access(void *data, struct MHD_Connection *connection, const char *url,
                                    const char *method, const char *version, const char *upload,
                                    size_t *upload_size, void **state);
void bd_server_on_completed(void *data, struct MHD_Connection *connection, void **state,
                            enum MHD_RequestTerminationCode why);

// http_server_head.c: reads the head. Gives the status to refuse it with, or 0.
unsigned bd_server_read_head(struct bd_incoming *incoming, const char *method, const char *version);

// http_server_connection.c
void bd_connection_notify(void *data, struct MHD_Connection *connection, void **context,
                          enum MHD_ConnectionNotificationCode what);
void bd_connection_owes(struct bd_connection *connection,
                        uint64_t extra); // from now on; ms beyond the usual
void bd_connection_settled(struct bd_connection *connection);
void bd_connection_watch(struct bd_incoming *incoming); // tells us when the client leaves
void bd_connection_unwatch(struct bd_incoming *incoming);
void bd_connection_on_gone(uv_poll_t *poll, int status, int events);
void bd_connection_on_sweep(uv_timer_t *timer);
uint64_t bd_connection_sweep_ms(const struct bd_http_server *server);

#endif
