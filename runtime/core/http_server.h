// SPDX-License-Identifier: MIT
// An HTTP/1.1 server on the loop: libmicrohttpd without threads, its epoll descriptor watched by libuv. A
// request is handed over whole; it may be answered at once, in the same turn of the loop, or later.
//
// A request is answered by whoever brought it in: bd_server_reply and bd_server_drop go through `source`, so
// that a request may also come from within the process.
#ifndef BD_HTTP_SERVER_H
#define BD_HTTP_SERVER_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"

struct bd_runtime;
struct bd_http_server;
struct bd_server_request;

// How the requests of one origin are answered. Each is called once for a request, which is gone afterwards.
struct bd_request_source {
    void (*reply)(struct bd_server_request *request, int status, const struct bd_buf *head,
                  const struct bd_buf *body, uint64_t delay);
    void (*drop)(struct bd_server_request *request);
    // For tests of clients: as bd_server_cut; a promise of 0 bytes is a reset.
    void (*break_off)(struct bd_server_request *request, int status, const struct bd_buf *head,
                      const struct bd_buf *body, size_t promised);
};

// One request. Belongs to its source; valid until it is answered, dropped, or on_left was called.
struct bd_server_request {
    const char *method;    // one of GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS
    const char *target;    // path and query as they were sent; begins with '/'
    const char *remote;    // address of the client, "127.0.0.1"
    const char *authority; // host and port that the client named; never NULL
    size_t authority_len;
    struct bd_buf headers; // lines "Name: value\r\n"
    struct bd_buf body;
    uint64_t began; // ms of the loop's clock at which it was handed over
    const struct bd_request_source *source;
    // For whoever handles it.
    void *handler;
    struct bd_server_request *left, *right;
};

struct bd_server_options {
    const char *name;         // for the log; a literal
    const char *host;         // an IPv4 or IPv6 address; borrowed while the server is opened
    unsigned port;            // 0: chosen by the system
    size_t max_body;          // bytes; a larger request gets 413
    size_t max_head;          // bytes of the request line and the headers; 431
    unsigned max_connections; // at once; the one that has idled longest makes room for a new one
    unsigned idle_s;          // seconds after which a silent connection is closed
    uint64_t request_ms; // for a request to come in whole, and an answer to be taken, beyond idle_s
    const char *cert_file; // PEM; both or neither: then it speaks TLS only. Borrowed like `host`
    const char *key_file;  // nobody but its owner and group may be able to read it
    void (*on_request)(void *arg, struct bd_server_request *request);
    // The client of a request that was not answered has left, or the server closes: it is gone now. May be NULL.
    void (*on_left)(void *arg, struct bd_server_request *request);
    void (*on_sent)(void *arg);   // the last answer that was on its way has left. May be NULL
    void (*on_closed)(void *arg); // the server is gone: the runtime ends. May be NULL
    void *arg;
};

// What every server has unless it is asked for something else.
extern const struct bd_server_options bd_server_defaults;

// Opens a server that ends with the runtime, or earlier by bd_http_server_close. NULL, with a sentence in
// `wrong`, when the library is missing, the port is taken, or the certificate cannot be used.
struct bd_http_server *bd_http_server_open(struct bd_runtime *rt,
                                           const struct bd_server_options *options, char *wrong,
                                           size_t wrong_size);

// While time is virtual there is no socket: the port is made up, and requests of this process are handed over in
// it (transport_local.h). What a socket, a client and TLS are needed for is not checked then.
unsigned bd_http_server_port(const struct bd_http_server *server);

// How others reach it, "https://hooks.example.org"; NULL: by its port only.
void bd_http_server_set_origin(struct bd_http_server *server, const char *origin);

// Whether an answer is on its way that its client has not received in whole.
bool bd_http_server_sending(const struct bd_http_server *server);

// Takes no new connection from here on; a request that comes on an old one gets 503.
void bd_http_server_stop(struct bd_http_server *server);

// Sends what is answered as far as the sockets take it at once, drops everything else, and frees the server. Not
// from within on_request.
void bd_http_server_close(struct bd_http_server *server);

// Answers a request, from within on_request or later; the answer leaves after `delay` ms. `head` holds
// lines "Name: value\r\n"; it and `body` may be NULL.
void bd_server_reply(struct bd_server_request *request, int status, const struct bd_buf *head,
                     const struct bd_buf *body, uint64_t delay);

// Drops the connection without an answer.
void bd_server_drop(struct bd_server_request *request);

// The same, so that the client sees its connection reset.
void bd_server_reset(struct bd_server_request *request);

// Promises a body of `promised` bytes, sends those of `body`, which are fewer, and drops the connection.
void bd_server_cut(struct bd_server_request *request, int status, const struct bd_buf *head,
                   const struct bd_buf *body, size_t promised);

// Appends the request's absolute address as its client wrote it, "http://host:port/path?query".
void bd_server_url(const struct bd_server_request *request, struct bd_buf *out);

#endif
