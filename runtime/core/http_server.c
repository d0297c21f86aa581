// SPDX-License-Identifier: MIT
// Requests: what libmicrohttpd tells us of them, checked and handed over whole, and how they are answered.
#include "http_server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "check.h"
#include "head.h"
#include "http_server_internal.h"
#include "log.h"
#include "runtime.h"

// ------------------------------------------------------------------------------------------------
// Driving the library
//
// It runs in the check phase of a turn, before the tasks do: a request that is handed over there reaches its handler
// in the same turn, and what the handler answers at once leaves in the next turn's check, without the connection
// having been suspended.

// Does nothing: an active idle handle is what keeps the poll from blocking.
static void on_idle(uv_idle_t *idle)
{
    (void)idle;
}

void bd_server_soon(struct bd_http_server *server)
{
    server->wanted = true;
    if (!uv_is_active((uv_handle_t *)&server->idle)) {
        BD_CHECK(uv_idle_start(&server->idle, on_idle) == 0);
    }
}

static void on_timer(uv_timer_t *timer)
{
    bd_server_soon(timer->data);
}

void bd_server_run(struct bd_http_server *server)
{
    MHD_UNSIGNED_LONG_LONG timeout = 0;
    server->wanted = false;
    BD_CHECK(uv_idle_stop(&server->idle) == 0);
    (void)server->api.run(server->daemon);
    if (server->api.get_timeout(server->daemon, &timeout) != MHD_YES) {
        (void)uv_timer_stop(&server->timer);
    } else if (timeout == 0) {
        bd_server_soon(server);
    } else {
        BD_CHECK(uv_timer_start(&server->timer, on_timer, timeout, 0) == 0);
    }
}

// ------------------------------------------------------------------------------------------------
// Those that wait for their answer

static void link_waiting(struct bd_incoming *incoming)
{
    struct bd_http_server *server = incoming->server;
    incoming->right = server->waiting;
    if (server->waiting != NULL) {
        server->waiting->left = incoming;
    }
    server->waiting = incoming;
}

static void unlink_waiting(struct bd_incoming *incoming)
{
    if (incoming->left != NULL) {
        incoming->left->right = incoming->right;
    } else if (incoming->server->waiting == incoming) {
        incoming->server->waiting = incoming->right;
    }
    if (incoming->right != NULL) {
        incoming->right->left = incoming->left;
    }
    incoming->left = incoming->right = NULL;
}

static void suspend(struct bd_incoming *incoming)
{
    incoming->suspended = true;
    incoming->server->api.suspend_connection(incoming->mhd);
    bd_connection_watch(incoming);
}

// Lets libmicrohttpd go on with a request: it is answered, or shall be dropped.
static void wake(struct bd_incoming *incoming)
{
    struct bd_http_server *server = incoming->server;
    unlink_waiting(incoming);
    if (incoming->suspended) {
        bd_connection_unwatch(incoming);
        incoming->suspended = false;
        server->api.resume_connection(incoming->mhd);
    }
    bd_server_soon(server);
}

// ------------------------------------------------------------------------------------------------
// Answers

static void add_headers(struct bd_http_server *server, struct MHD_Response *response,
                        const struct bd_buf *head)
{
    struct bd_head_line line;
    struct bd_buf text = {0};
    for (size_t at = 0; bd_head_next(head, &at, &line);) {
        bd_buf_reset(&text, 1024);
        bd_buf_add(&text, line.name, line.name_len);
        bd_buf_add_char(&text, '\0');
        bd_buf_add(&text, line.value, line.value_len);
        (void)bd_buf_text(&text);
        if (strcasecmp(text.data, "content-length") != 0) { // the library's own
            (void)server->api.add_response_header(response, text.data,
                                                  text.data + line.name_len + 1);
        }
    }
    bd_buf_free(&text);
}

static struct MHD_Response *make_response(struct bd_http_server *server, const struct bd_buf *head,
                                          const struct bd_buf *body)
{
    struct MHD_Response *response = server->api.create_response(
        body != NULL ? body->len : 0, body != NULL && body->len > 0 ? body->data : (void *)"",
        MHD_RESPMEM_MUST_COPY);
    BD_CHECK(response != NULL);
    if (head != NULL) {
        add_headers(server, response, head);
    }
    return response;
}

// A client that takes a long answer more slowly than this is given up.
enum { SLOWEST_BYTES_PER_MS = 4 };

static enum MHD_Result send_response(struct bd_incoming *incoming)
{
    struct bd_http_server *server = incoming->server;
    enum MHD_Result result =
        server->api.queue_response(incoming->mhd, incoming->status, incoming->response);
    bd_connection_owes(incoming->connection, incoming->answer_len / SLOWEST_BYTES_PER_MS);
    server->api.destroy_response(incoming->response);
    incoming->response = NULL;
    return result;
}

// Answers a request that no handler sees, and ends its connection: what follows on it may not be what it seems.
static enum MHD_Result refuse(struct bd_incoming *incoming)
{
    static const struct {
        unsigned status;
        const char *text;
    } TEXTS[] = {
        {MHD_HTTP_BAD_REQUEST, "This is no request that could be understood."},
        {MHD_HTTP_CONTENT_TOO_LARGE, "The body is too large."},
        {MHD_HTTP_REQUEST_HEADER_FIELDS_TOO_LARGE, "The headers are too large."},
        {MHD_HTTP_NOT_IMPLEMENTED, "This method or transfer coding is not known here."},
        {MHD_HTTP_HTTP_VERSION_NOT_SUPPORTED, "This server speaks HTTP/1.1."},
        {MHD_HTTP_SERVICE_UNAVAILABLE, "The server is about to end."},
    };
    struct bd_buf head = {0};
    struct bd_buf body = {0};
    bd_buf_add_text(&head, "Content-Type: text/plain; charset=utf-8\r\nConnection: close\r\n");
    for (size_t i = 0; i < BD_COUNT(TEXTS); i++) {
        if (TEXTS[i].status == incoming->refused) {
            bd_buf_addf(&body, "%u: %s\n", TEXTS[i].status, TEXTS[i].text);
        }
    }
    bd_log(incoming->server->rt->log, BD_LOG_INFO, "%s refused a request from %s: %u",
           incoming->server->options.name, incoming->connection->remote, incoming->refused);
    incoming->status = incoming->refused;
    incoming->response = make_response(incoming->server, &head, &body);
    bd_buf_free(&head);
    bd_buf_free(&body);
    incoming->complete = true;
    return send_response(incoming);
}

static void on_time(struct bd_timer *timer)
{
    struct bd_incoming *incoming = BD_OUTER(timer, struct bd_incoming, timer);
    incoming->ready = true;
    wake(incoming);
}

// Takes the answer that lies in `response`.
static void answer_with(struct bd_incoming *incoming, int status, size_t len, uint64_t delay)
{
    incoming->status = (unsigned)status;
    incoming->answer_len = len;
    incoming->server->sending++;
    incoming->sending = true;
    incoming->timer.fire = on_time;
    if (delay > 0) {
        bd_loop_arm(&incoming->server->rt->loop, &incoming->timer, delay);
    } else {
        on_time(&incoming->timer);
    }
}

static void reply(struct bd_server_request *request, int status, const struct bd_buf *head,
                  const struct bd_buf *body, uint64_t delay)
{
    struct bd_incoming *incoming = BD_OUTER(request, struct bd_incoming, request);
    BD_CHECK(incoming->complete && incoming->response == NULL && !incoming->dropped);
    incoming->response = make_response(incoming->server, head, body);
    answer_with(incoming, status, body != NULL ? body->len : 0, delay);
}

static void drop(struct bd_server_request *request)
{
    struct bd_incoming *incoming = BD_OUTER(request, struct bd_incoming, request);
    incoming->dropped = true;
    wake(incoming);
}

// ------------------------------------------------------------------------------------------------
// Answers that break

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

static void break_off(struct bd_server_request *request, int status, const struct bd_buf *head,
                      const struct bd_buf *body, size_t promised)
{
    enum { PIECE = 4096 };
    struct bd_incoming *incoming = BD_OUTER(request, struct bd_incoming, request);
    BD_CHECK(incoming->complete && incoming->response == NULL && !incoming->dropped);
    if (promised == 0) {
        // An address of no family ends a connection with a reset (connect(2)), which closing would not do.
        const struct sockaddr nobody = {.sa_family = AF_UNSPEC};
        (void)connect(incoming->connection->fd, &nobody, sizeof nobody);
        drop(request);
        return;
    }
    struct bd_buf *kept = bd_alloc(sizeof *kept);
    bd_buf_add(kept, body->data, body->len);
    incoming->response =
        incoming->server->api.create_streamed(promised, PIECE, read_cut, kept, free_cut);
    BD_CHECK(incoming->response != NULL);
    add_headers(incoming->server, incoming->response, head);
    answer_with(incoming, status, body->len, 0);
}

void bd_server_reset(struct bd_server_request *request)
{
    request->source->break_off(request, 0, NULL, NULL, 0);
}

void bd_server_cut(struct bd_server_request *request, int status, const struct bd_buf *head,
                   const struct bd_buf *body, size_t promised)
{
    BD_CHECK(body->len < promised);
    request->source->break_off(request, status, head, body, promised);
}

// ------------------------------------------------------------------------------------------------

// Tells the handler of a request that was not answered, and lets go of it.
void bd_server_left(struct bd_incoming *incoming)
{
    const struct bd_server_options *options = &incoming->server->options;
    if (incoming->complete && incoming->response == NULL && !incoming->ready &&
        !incoming->dropped && options->on_left != NULL) {
        options->on_left(options->arg, &incoming->request);
    }
    incoming->dropped = true;
    wake(incoming);
}

void bd_server_reply(struct bd_server_request *request, int status, const struct bd_buf *head,
                     const struct bd_buf *body, uint64_t delay)
{
    request->source->reply(request, status, head, body, delay);
}

void bd_server_drop(struct bd_server_request *request)
{
    request->source->drop(request);
}

void bd_server_url(const struct bd_server_request *request, struct bd_buf *out)
{
    bd_buf_add_text(out, "http://");
    bd_buf_add(out, request->authority, request->authority_len);
    bd_buf_add_text(out, request->target);
}

// ------------------------------------------------------------------------------------------------
// Requests

void bd_incoming_free(struct bd_incoming *incoming)
{
    bd_buf_free(&incoming->request.headers);
    bd_buf_free(&incoming->request.body);
    bd_buf_free(&incoming->authority);
    bd_buf_free(&incoming->target);
    free(incoming);
}

// Makes it ready for the next request of its connection, which has use for the same memory.
static struct bd_incoming *empty(struct bd_incoming *incoming)
{
    enum { KEPT = 2048 };
    struct bd_buf *const bufs[] = {&incoming->request.headers, &incoming->request.body,
                                   &incoming->authority, &incoming->target};
    for (size_t i = 0; i < BD_COUNT(bufs); i++) {
        bd_buf_reset(bufs[i], KEPT);
    }
    struct bd_incoming fresh = {.authority = incoming->authority, .target = incoming->target};
    fresh.request.headers = incoming->request.headers;
    fresh.request.body = incoming->request.body;
    *incoming = fresh;
    return incoming;
}

// A NUL ends the target for the library, not for whoever sent it. This version reads the request line in place, so
// what follows the end of the target tells; newer ones refuse it themselves.
static bool target_is_cut(const struct bd_http_server *server, const char *target)
{
    return strcmp(server->api.get_version(), "0.9.75") == 0 &&
           strncmp(target + strlen(target) + 1, "HTTP/", 5) != 0;
}

// The first that is heard of a request: its target before anything is decoded.
void *bd_server_on_target(void *data, const char *target, struct MHD_Connection *connection)
{
    static const struct bd_request_source SOURCE = {
        .reply = reply, .drop = drop, .break_off = break_off};
    struct bd_http_server *server = data;
    const union MHD_ConnectionInfo *info =
        server->api.get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    struct bd_connection *owner = info->socket_context;
    struct bd_incoming *incoming = owner->spare;
    owner->spare = NULL;
    if (incoming == NULL) {
        incoming = bd_alloc(sizeof *incoming);
    }
    incoming->server = server;
    incoming->mhd = connection;
    incoming->connection = owner;
    bd_buf_add_text(&incoming->target, target);
    (void)bd_buf_text(&incoming->target);
    incoming->cut = target_is_cut(server, target);
    incoming->request.source = &SOURCE;
    incoming->request.remote = incoming->connection->remote;
    return incoming;
}

static enum MHD_Result hand_over(struct bd_incoming *incoming)
{
    struct bd_http_server *server = incoming->server;
    struct bd_server_request *request = &incoming->request;
    if (incoming->body_len > server->options.max_body) {
        incoming->refused = MHD_HTTP_CONTENT_TOO_LARGE;
    } else if (server->closing) {
        incoming->refused = MHD_HTTP_SERVICE_UNAVAILABLE;
    }
    bd_connection_settled(incoming->connection);
    if (incoming->refused != 0) {
        return refuse(incoming);
    }
    request->target = incoming->target.data;
    request->authority = incoming->authority.data;
    request->authority_len = incoming->authority.len;
    request->began = bd_loop_now(&server->rt->loop);
    incoming->complete = true;
    incoming->turn = server->turn;
    link_waiting(incoming);
    server->options.on_request(server->options.arg, request);
    if (incoming->dropped) {
        return MHD_NO;
    }
    return incoming->ready ? send_response(incoming) : MHD_YES;
}

// A part of the body.
static enum MHD_Result take(struct bd_incoming *incoming, const char *upload, size_t len)
{
    size_t most = incoming->server->options.max_body;
    incoming->body_len += len;
    if (incoming->body_len > most + BD_SERVER_SWALLOWED) {
        return MHD_NO;
    }
    if (incoming->body_len <= most) {
        bd_buf_add(&incoming->request.body, upload, len);
    }
    return MHD_YES;
}

enum MHD_Result bd_server_on_access(void *data, struct MHD_Connection *connection, const char *url,
                                    const char *method, const char *version, const char *upload,
                                    size_t *upload_size, void **state)
{
    struct bd_http_server *server = data;
    struct bd_incoming *incoming = *state;
    (void)connection;
    (void)url;
    if (incoming->dropped) {
        return MHD_NO;
    }
    if (incoming->ready && incoming->response != NULL) {
        return send_response(incoming);
    }
    if (!incoming->seen) { // first call of this request: its body comes next
        incoming->seen = true;
        incoming->refused = bd_server_read_head(incoming, method, version);
        return incoming->refused != 0 ? refuse(incoming) : MHD_YES;
    }
    if (*upload_size > 0) {
        size_t len = *upload_size;
        *upload_size = 0;
        return take(incoming, upload, len);
    }
    if (!incoming->complete) {
        return hand_over(incoming);
    }
    // Its handler had its turn, and waits for something.
    if (!incoming->suspended && !incoming->ready && incoming->refused == 0 &&
        server->turn != incoming->turn) {
        suspend(incoming);
    }
    return MHD_YES;
}

void bd_server_on_completed(void *data, struct MHD_Connection *connection, void **state,
                            enum MHD_RequestTerminationCode why)
{
    struct bd_http_server *server = data;
    struct bd_incoming *incoming = *state;
    (void)connection;
    (void)why;
    if (incoming == NULL) {
        return;
    }
    *state = NULL;
    if (incoming->complete && !incoming->ready && incoming->refused == 0 && !incoming->dropped) {
        bd_server_left(incoming);
    }
    unlink_waiting(incoming);
    bd_loop_disarm(&server->rt->loop, &incoming->timer);
    if (incoming->response != NULL) {
        server->api.destroy_response(incoming->response);
    }
    bd_connection_owes(incoming->connection, 0); // its next request
    bool last = incoming->sending && --server->sending == 0;
    incoming->connection->spare = empty(incoming);
    if (last && server->options.on_sent != NULL) {
        server->options.on_sent(server->options.arg);
    }
}
