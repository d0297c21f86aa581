// SPDX-License-Identifier: MIT
#include "http_server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include "check.h"
#include "head.h"
#include "mhd_api.h"
#include "runtime.h"
#include "url.h"

enum { CONNECTIONS = 1000, CONNECTION_MEMORY = 64 * 1024 };

// A request as it comes in. The part that handlers see is first.
struct incoming {
    struct bd_server_request request;
    char *target;   // path and query as they were sent
    bool complete;  // handed to the handler
    bool suspended; // libmicrohttpd leaves the connection alone
    bool too_large;
    bool dropped;
    struct MHD_Response *response; // set once it is answered
    unsigned status;
    bool ready;                    // the answer's time has come
    struct bd_timer timer;         // until then
    struct incoming *left, *right; // among those that were handed over and not answered
};

struct bd_http_server {
    struct bd_runtime *rt;
    struct bd_mhd_api api;
    struct bd_server_options options;
    struct MHD_Daemon *daemon;
    unsigned port;
    uv_poll_t poll;
    uv_timer_t timer;
    unsigned open_handles;
    bool running; // inside MHD_run: a resume is seen by its next round
    bool closing;
    struct incoming *waiting;
};

static void run(struct bd_http_server *server);

// ------------------------------------------------------------------------------------------------
// Driving the library

static void on_timer(uv_timer_t *timer)
{
    run(timer->data);
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
    (void)status;
    (void)events;
    run(poll->data);
}

static void run(struct bd_http_server *server)
{
    MHD_UNSIGNED_LONG_LONG timeout = 0;
    server->running = true;
    (void)server->api.run(server->daemon);
    server->running = false;
    if (server->api.get_timeout(server->daemon, &timeout) == MHD_YES) {
        BD_CHECK(uv_timer_start(&server->timer, on_timer, timeout, 0) == 0); // 0: in the next turn
    } else {
        (void)uv_timer_stop(&server->timer);
    }
}

// ------------------------------------------------------------------------------------------------
// Requests

static void unlink_waiting(struct incoming *incoming)
{
    struct bd_http_server *server = incoming->request.server;
    if (incoming->left != NULL) {
        incoming->left->right = incoming->right;
    } else if (server->waiting == incoming) {
        server->waiting = incoming->right;
    }
    if (incoming->right != NULL) {
        incoming->right->left = incoming->left;
    }
    incoming->left = incoming->right = NULL;
}

static void free_incoming(struct incoming *incoming)
{
    struct bd_http_server *server = incoming->request.server;
    bd_loop_disarm(&server->rt->loop, &incoming->timer);
    if (incoming->response != NULL) {
        server->api.destroy_response(incoming->response);
    }
    bd_buf_free(&incoming->request.url);
    bd_buf_free(&incoming->request.headers);
    bd_buf_free(&incoming->request.body);
    free(incoming->target);
    free(incoming);
}

// The first that is heard of a request: its target before anything is decoded.
static void *on_target(void *data, const char *target, struct MHD_Connection *connection)
{
    struct incoming *incoming = bd_alloc(sizeof *incoming);
    incoming->request.server = data;
    incoming->request.connection = connection;
    incoming->target = bd_strdup(target);
    return incoming;
}

static enum MHD_Result on_header(void *data, enum MHD_ValueKind kind, const char *name,
                                 const char *value)
{
    struct bd_buf *headers = data;
    (void)kind;
    if (value != NULL && bd_head_value_ok(value, strlen(value))) {
        bd_buf_addf(headers, "%s: %s\r\n", name, value);
    }
    return MHD_YES;
}

static enum MHD_Result send_response(struct incoming *incoming)
{
    struct bd_http_server *server = incoming->request.server;
    enum MHD_Result result = server->api.queue_response(incoming->request.connection,
                                                        incoming->status, incoming->response);
    server->api.destroy_response(incoming->response);
    incoming->response = NULL;
    return result;
}

static void add_headers(struct bd_http_server *server, struct MHD_Response *response,
                        const struct bd_buf *head)
{
    struct bd_head_line line;
    for (size_t at = 0; head != NULL && bd_head_next(head, &at, &line);) {
        char *name = bd_strndup(line.name, line.name_len);
        char *value = bd_strndup(line.value, line.value_len);
        if (strcasecmp(name, "content-length") != 0) { // the library's own
            (void)server->api.add_response_header(response, name, value);
        }
        free(name);
        free(value);
    }
}

static struct MHD_Response *make_response(struct bd_http_server *server, const struct bd_buf *head,
                                          const struct bd_buf *body)
{
    struct MHD_Response *response = server->api.create_response(
        body != NULL ? body->len : 0, body != NULL && body->len > 0 ? body->data : (void *)"",
        MHD_RESPMEM_MUST_COPY);
    BD_CHECK(response != NULL);
    add_headers(server, response, head);
    return response;
}

static enum MHD_Result refuse(struct incoming *incoming, unsigned status)
{
    incoming->status = status;
    incoming->response = make_response(incoming->request.server, NULL, NULL);
    return send_response(incoming);
}

// Builds the absolute address from the Host header and the target.
static bool read_request(struct incoming *incoming, const char *method)
{
    struct bd_server_request *request = &incoming->request;
    struct bd_http_server *server = request->server;
    struct bd_url url;
    (void)server->api.get_connection_values(request->connection, MHD_HEADER_KIND, on_header,
                                            &request->headers);
    size_t len = 0;
    const char *host = bd_head_find(&request->headers, "host", &len);
    if (host == NULL || bd_head_count(&request->headers, "host") != 1 ||
        incoming->target[0] != '/') {
        return false;
    }
    request->method = method;
    bd_buf_add_text(&request->url, "http://");
    bd_buf_add(&request->url, host, len);
    bd_buf_add_text(&request->url, incoming->target);
    return bd_url_parse(&url, request->url.data, request->url.len) == NULL;
}

static const char *known_method(const char *method)
{
    static const char *const METHODS[] = {"GET",   "HEAD",   "POST",   "PUT",
                                          "PATCH", "DELETE", "OPTIONS"};
    for (size_t i = 0; i < BD_COUNT(METHODS); i++) {
        if (strcmp(METHODS[i], method) == 0) {
            return METHODS[i];
        }
    }
    return NULL;
}

static enum MHD_Result hand_over(struct incoming *incoming, const char *method)
{
    struct bd_http_server *server = incoming->request.server;
    if (incoming->too_large) {
        return refuse(incoming, MHD_HTTP_CONTENT_TOO_LARGE);
    }
    const char *known = known_method(method);
    if (known == NULL) {
        return refuse(incoming, MHD_HTTP_NOT_IMPLEMENTED);
    }
    if (!read_request(incoming, known)) {
        return refuse(incoming, MHD_HTTP_BAD_REQUEST);
    }
    incoming->complete = true;
    incoming->right = server->waiting;
    if (server->waiting != NULL) {
        server->waiting->left = incoming;
    }
    server->waiting = incoming;
    server->options.on_request(server->options.arg, &incoming->request);
    if (incoming->dropped) {
        return MHD_NO;
    }
    if (incoming->ready) {
        return send_response(incoming);
    }
    incoming->suspended = true;
    server->api.suspend_connection(incoming->request.connection);
    return MHD_YES;
}

static enum MHD_Result on_access(void *data, struct MHD_Connection *connection, const char *url,
                                 const char *method, const char *version, const char *upload,
                                 size_t *upload_size, void **state)
{
    struct bd_http_server *server = data;
    struct incoming *incoming = *state;
    (void)connection;
    (void)url;
    (void)version;
    if (incoming->dropped) {
        return MHD_NO;
    }
    if (incoming->ready) { // answered while suspended
        return send_response(incoming);
    }
    if (*upload_size > 0) {
        if (incoming->request.body.len + *upload_size > server->options.max_body) {
            incoming->too_large = true;
        } else {
            bd_buf_add(&incoming->request.body, upload, *upload_size);
        }
        *upload_size = 0;
        return MHD_YES;
    }
    if (!incoming->complete && incoming->status == 0) {
        incoming->status = MHD_HTTP_CONTINUE; // first call of this request: its body comes next
        return MHD_YES;
    }
    return incoming->complete ? MHD_YES : hand_over(incoming, method);
}

static void on_completed(void *data, struct MHD_Connection *connection, void **state,
                         enum MHD_RequestTerminationCode why)
{
    struct incoming *incoming = *state;
    (void)data;
    (void)connection;
    (void)why;
    if (incoming == NULL) {
        return;
    }
    unlink_waiting(incoming);
    free_incoming(incoming);
    *state = NULL;
}

static void wake(struct incoming *incoming)
{
    struct bd_http_server *server = incoming->request.server;
    unlink_waiting(incoming);
    if (!incoming->suspended) {
        return; // still inside on_request
    }
    incoming->suspended = false;
    server->api.resume_connection(incoming->request.connection);
    if (!server->running) {
        BD_CHECK(uv_timer_start(&server->timer, on_timer, 0, 0) == 0);
    }
}

static void on_time(struct bd_timer *timer)
{
    struct incoming *incoming = BD_OUTER(timer, struct incoming, timer);
    incoming->ready = true;
    wake(incoming);
}

void bd_server_reply(struct bd_server_request *request, int status, const struct bd_buf *head,
                     const struct bd_buf *body, uint64_t delay)
{
    struct incoming *incoming = BD_OUTER(request, struct incoming, request);
    BD_CHECK(incoming->complete && incoming->response == NULL);
    incoming->status = (unsigned)status;
    incoming->response = make_response(request->server, head, body);
    incoming->timer.fire = on_time;
    if (delay > 0) {
        bd_loop_arm(&request->server->rt->loop, &incoming->timer, delay);
    } else {
        on_time(&incoming->timer);
    }
}

void bd_server_drop(struct bd_server_request *request)
{
    struct incoming *incoming = BD_OUTER(request, struct incoming, request);
    incoming->dropped = true;
    wake(incoming);
}

// ------------------------------------------------------------------------------------------------
// Answers that break, for tests of clients

// An address of no family ends a connection with a reset (connect(2)), which closing would not do.
void bd_server_reset(struct bd_server_request *request)
{
    const union MHD_ConnectionInfo *info = request->server->api.get_connection_info(
        request->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    const struct sockaddr nobody = {.sa_family = AF_UNSPEC};
    if (info != NULL) {
        (void)connect(info->connect_fd, &nobody, sizeof nobody);
    }
    bd_server_drop(request);
}

static ssize_t read_cut(void *arg, uint64_t at, char *out, size_t room)
{
    const struct bd_buf *body = arg;
    size_t left = at < body->len ? body->len - (size_t)at : 0;
    if (left == 0) {
        return MHD_CONTENT_READER_END_WITH_ERROR;
    }
    size_t len = left < room ? left : room;
    memcpy(out, body->data + at, len);
    return (ssize_t)len;
}

static void free_cut(void *arg)
{
    bd_buf_free(arg);
    free(arg);
}

void bd_server_cut(struct bd_server_request *request, int status, const struct bd_buf *head,
                   const struct bd_buf *body, size_t promised)
{
    enum { PIECE = 4096 };
    struct incoming *incoming = BD_OUTER(request, struct incoming, request);
    struct bd_buf *kept = bd_alloc(sizeof *kept);
    bd_buf_add(kept, body->data, body->len);
    BD_CHECK(incoming->complete && incoming->response == NULL && body->len < promised);
    incoming->status = (unsigned)status;
    incoming->response =
        request->server->api.create_streamed(promised, PIECE, read_cut, kept, free_cut);
    BD_CHECK(incoming->response != NULL);
    add_headers(request->server, incoming->response, head);
    on_time(&incoming->timer);
}

// ------------------------------------------------------------------------------------------------
// Opening and closing

static int listen_on(const struct bd_server_options *options, unsigned *port, char *wrong,
                     size_t size)
{
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } address;
    memset(&address, 0, sizeof address);
    bool v6 = strchr(options->host, ':') != NULL;
    socklen_t len = v6 ? sizeof address.v6 : sizeof address.v4;
    address.any.sa_family = v6 ? AF_INET6 : AF_INET;
    void *ip = v6 ? (void *)&address.v6.sin6_addr : (void *)&address.v4.sin_addr;
    in_port_t *where = v6 ? &address.v6.sin6_port : &address.v4.sin_port;
    *where = htons((uint16_t)options->port);
    if (inet_pton(address.any.sa_family, options->host, ip) != 1) {
        (void)snprintf(wrong, size, "\"%s\" is no address", options->host);
        return -1;
    }
    int fd = socket(address.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int on = 1;
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        bind(fd, &address.any, len) != 0 || listen(fd, SOMAXCONN) != 0 ||
        getsockname(fd, &address.any, &len) != 0) {
        (void)snprintf(wrong, size, "port %u of %s: %s", options->port, options->host,
                       strerror(errno));
        if (fd >= 0) {
            (void)close(fd);
        }
        return -1;
    }
    *port = ntohs(*where);
    return fd;
}

static void on_closed(uv_handle_t *handle)
{
    struct bd_http_server *server = handle->data;
    if (--server->open_handles == 0) {
        free(server);
    }
}

// Stopping with a suspended connection would abort the process: all are dropped and run first.
static void detach(void *value)
{
    struct bd_http_server *server = value;
    server->closing = true;
    while (server->waiting != NULL) {
        bd_server_drop(&server->waiting->request);
    }
    (void)server->api.run(server->daemon);
    (void)uv_poll_stop(&server->poll);
    (void)uv_timer_stop(&server->timer);
    server->api.stop_daemon(server->daemon);
    uv_close((uv_handle_t *)&server->poll, on_closed);
    uv_close((uv_handle_t *)&server->timer, on_closed);
    bd_loop_io_end(&server->rt->loop);
}

static bool start_daemon(struct bd_http_server *server, int fd)
{
    server->daemon = server->api.start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, on_access, server,
        MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY,
        MHD_OPTION_CONNECTION_TIMEOUT, server->options.idle_s, MHD_OPTION_URI_LOG_CALLBACK,
        on_target, server, MHD_OPTION_NOTIFY_COMPLETED, on_completed, server, MHD_OPTION_END);
    return server->daemon != NULL;
}

struct bd_http_server *bd_http_server_open(struct bd_runtime *rt,
                                           const struct bd_server_options *options, char *wrong,
                                           size_t wrong_size)
{
    struct bd_http_server *server = bd_alloc(sizeof *server);
    server->rt = rt;
    server->options = *options;
    int fd = -1;
    bool ok = bd_mhd_api_load(&server->api, wrong, wrong_size);
    if (ok) {
        fd = listen_on(options, &server->port, wrong, wrong_size);
        ok = fd >= 0;
    }
    if (ok && !start_daemon(server, fd)) {
        (void)close(fd);
        (void)snprintf(wrong, wrong_size, "libmicrohttpd could not be started");
        ok = false;
    }
    if (!ok) {
        free(server);
        return NULL;
    }
    const union MHD_DaemonInfo *info =
        server->api.get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    BD_CHECK(info != NULL);
    BD_CHECK(uv_poll_init(&rt->loop.uv, &server->poll, info->epoll_fd) == 0);
    BD_CHECK(uv_timer_init(&rt->loop.uv, &server->timer) == 0);
    server->poll.data = server->timer.data = server;
    server->open_handles = 2;
    BD_CHECK(uv_poll_start(&server->poll, UV_READABLE, on_poll) == 0);
    bd_loop_io_begin(&rt->loop);
    bd_runtime_attach(rt, server, server,
                      detach); // the key is the server itself: there may be several
    return server;
}

unsigned bd_http_server_port(const struct bd_http_server *server)
{
    return server->port;
}
