// SPDX-License-Identifier: MIT
// An HTTP/1.1 server on the loop: libmicrohttpd without threads, its epoll descriptor watched by libuv. A
// request is handed over whole; it may be answered at once or later.
#ifndef BD_HTTP_SERVER_H
#define BD_HTTP_SERVER_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"

struct bd_runtime;
struct bd_http_server;

// One request. Belongs to the server; valid until it is answered or its client has left.
struct bd_server_request {
    const char *method;
    struct bd_buf url;     // absolute, "http://host:port/path?query", as bd_url_parse accepts it
    struct bd_buf headers; // lines "Name: value\r\n"
    struct bd_buf body;
    void *connection;
    struct bd_http_server *server;
};

struct bd_server_options {
    const char *host; // "127.0.0.1" or "::1"
    unsigned port;    // 0: chosen by the system
    size_t max_body;  // bytes; a larger request gets 413
    unsigned idle_s;  // seconds after which a silent connection is closed
    void (*on_request)(void *arg, struct bd_server_request *request);
    void *arg;
};

// Opens a server that ends with the runtime, or earlier by bd_http_server_close. NULL, with a sentence in
// `wrong`, when the library is missing or the port is taken.
struct bd_http_server *bd_http_server_open(struct bd_runtime *rt,
                                           const struct bd_server_options *options, char *wrong,
                                           size_t wrong_size);

unsigned bd_http_server_port(const struct bd_http_server *server);

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

#endif
