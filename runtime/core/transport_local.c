// SPDX-License-Identifier: MIT
#include "transport_local.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "address.h"
#include "check.h"
#include "head.h"
#include "runtime.h"

enum { FIRST_MADE_UP_PORT = 49152, LAST_PORT = 65535 }; // IANA's dynamic ports

struct local {
    struct bd_transport transport; // first
    struct bd_runtime *rt;
    struct bd_local_server *servers;
};

struct bd_local_server {
    struct local *local;
    struct bd_server_options options;
    unsigned port;
    bool made_up; // no socket leads to the port
    bool stopped;
    char *origin; // NULL: none but its port
    struct delivery *deliveries;
    struct bd_local_server *next;
};

// A request on its way. The server sees the first part.
struct delivery {
    struct bd_server_request request;
    struct bd_timer timer; // what comes next, or the end of the time limit
    struct bd_exchange *exchange;
    struct bd_runtime *rt;
    struct bd_local_server *server; // NULL: not any more, or there is none
    bool handed_over;               // and not answered
    uint64_t deadline;              // ms of the loop's clock
    char *target;
    struct bd_buf authority;
    struct delivery *left, *right;
};

static void detach(void *value)
{
    struct local *local = value;
    BD_CHECK(local->servers == NULL);
    free(local);
}

static void send_exchange(struct bd_transport *transport, struct bd_exchange *exchange);
static void cancel_exchange(struct bd_transport *transport, struct bd_exchange *exchange);

static struct local *find_local(const struct bd_runtime *rt, struct bd_runtime *make_in)
{
    static const char KEY;
    struct local *local = bd_runtime_attached(rt, &KEY);
    if (local == NULL && make_in != NULL) {
        local = bd_alloc(sizeof *local);
        local->rt = make_in;
        local->transport.send = send_exchange;
        local->transport.cancel = cancel_exchange;
        bd_runtime_attach(make_in, &KEY, local, detach);
    }
    return local;
}

// ------------------------------------------------------------------------------------------------
// Whose address it is

static bool is_origin_of(const struct bd_local_server *server, const struct bd_url *url)
{
    struct bd_url origin;
    return server->origin != NULL &&
           bd_url_parse(&origin, server->origin, strlen(server->origin)) == NULL &&
           bd_url_same_origin(&origin, url);
}

static struct bd_local_server *find_server(const struct local *local, const struct bd_url *url)
{
    bool this_machine = bd_address_url_is_this_machine(url);
    for (struct bd_local_server *server = local->servers; server != NULL; server = server->next) {
        bool by_port = server->made_up && this_machine && server->port == url->port;
        if (!server->stopped && (by_port || is_origin_of(server, url))) {
            return server;
        }
    }
    return NULL;
}

struct bd_transport *bd_local_transport(struct bd_runtime *rt, const struct bd_url *url)
{
    struct local *local = find_local(rt, NULL);
    return local != NULL && find_server(local, url) != NULL ? &local->transport : NULL;
}

// ------------------------------------------------------------------------------------------------
// Delivering

static void link_delivery(struct bd_local_server *server, struct delivery *delivery)
{
    delivery->server = server;
    delivery->left = NULL;
    delivery->right = server->deliveries;
    if (delivery->right != NULL) {
        delivery->right->left = delivery;
    }
    server->deliveries = delivery;
}

static void unlink_delivery(struct delivery *delivery)
{
    struct bd_local_server *server = delivery->server;
    if (server == NULL) {
        return;
    }
    *(delivery->left != NULL ? &delivery->left->right : &server->deliveries) = delivery->right;
    if (delivery->right != NULL) {
        delivery->right->left = delivery->left;
    }
    delivery->server = NULL;
}

static void free_delivery(struct delivery *delivery)
{
    bd_loop_disarm(&delivery->rt->loop, &delivery->timer);
    delivery->exchange->carrier = NULL;
    bd_buf_free(&delivery->request.headers);
    bd_buf_free(&delivery->request.body);
    bd_buf_free(&delivery->authority);
    free(delivery->target);
    free(delivery);
}

static void on_over(struct bd_timer *timer)
{
    struct delivery *delivery = BD_OUTER(timer, struct delivery, timer);
    struct bd_exchange *exchange = delivery->exchange;
    free_delivery(delivery);
    exchange->done(exchange);
}

// The exchange ends so many milliseconds from now, or with its time limit.
static void end_after(struct delivery *delivery, uint64_t delay)
{
    struct bd_loop *loop = &delivery->rt->loop;
    uint64_t now = bd_loop_now(loop);
    uint64_t left = delivery->deadline > now ? delivery->deadline - now : 0;
    delivery->handed_over = false;
    unlink_delivery(delivery);
    if (delay > left) {
        delay = left;
        bd_exchange_break(delivery->exchange, BD_FAULT_TIMEOUT);
    }
    bd_loop_disarm(loop, &delivery->timer);
    delivery->timer.fire = on_over;
    bd_loop_arm(loop, &delivery->timer, delay);
}

// Nobody wants the server's answer any more.
static void leave(struct delivery *delivery)
{
    const struct bd_server_options *options = &delivery->server->options;
    delivery->handed_over = false;
    if (options->on_left != NULL) {
        options->on_left(options->arg, &delivery->request);
    }
}

static void on_late(struct bd_timer *timer)
{
    struct delivery *delivery = BD_OUTER(timer, struct delivery, timer);
    leave(delivery);
    bd_exchange_break(delivery->exchange, BD_FAULT_TIMEOUT);
    end_after(delivery, 0);
}

static void reply(struct bd_server_request *request, int status, const struct bd_buf *head,
                  const struct bd_buf *body, uint64_t delay)
{
    struct delivery *delivery = BD_OUTER(request, struct delivery, request);
    struct bd_exchange *exchange = delivery->exchange;
    const struct bd_http_options *options = exchange->options;
    exchange->status = status;
    if (head != NULL) {
        bd_buf_add(&exchange->head, head->data, head->len);
    }
    bd_buf_addf(&exchange->head, "Content-Length: %zu\r\n", body != NULL ? body->len : 0);
    if (body != NULL && strcmp(exchange->method, "HEAD") != 0) {
        bd_buf_add(&exchange->answer, body->data, body->len);
    }
    if (exchange->head.len > options->max_head) {
        bd_exchange_break(exchange, BD_FAULT_HEAD_TOO_LARGE);
    } else if (exchange->answer.len > options->max_body) {
        bd_exchange_break(exchange, BD_FAULT_BODY_TOO_LARGE);
    }
    end_after(delivery, delay);
}

static void drop(struct bd_server_request *request)
{
    struct delivery *delivery = BD_OUTER(request, struct delivery, request);
    bd_exchange_break(delivery->exchange, BD_FAULT_EMPTY);
    end_after(delivery, 0);
}

static void break_off(struct bd_server_request *request, int status, const struct bd_buf *head,
                      const struct bd_buf *body, size_t promised)
{
    struct delivery *delivery = BD_OUTER(request, struct delivery, request);
    (void)status;
    (void)head;
    (void)body;
    bd_exchange_break(delivery->exchange, promised == 0 ? BD_FAULT_RESET : BD_FAULT_CUT);
    end_after(delivery, 0);
}

// The request comes in, in a turn of the loop of its own: whoever sent it may be a task that runs.
static void on_arrival(struct bd_timer *timer)
{
    struct delivery *delivery = BD_OUTER(timer, struct delivery, timer);
    struct bd_exchange *exchange = delivery->exchange;
    struct bd_local_server *server = delivery->server;
    struct bd_loop *loop = &delivery->rt->loop;
    if (server == NULL || server->stopped) {
        exchange->fault = BD_FAULT_CONNECT;
        end_after(delivery, 0);
        return;
    }
    exchange->sent = true;
    delivery->handed_over = true;
    delivery->request.began = bd_loop_now(loop);
    delivery->timer.fire = on_late;
    bd_loop_arm(loop, &delivery->timer,
                delivery->deadline > delivery->request.began
                    ? delivery->deadline - delivery->request.began
                    : 0);
    if (delivery->request.body.len > server->options.max_body) {
        reply(&delivery->request, 413, NULL, NULL, 0);
    } else {
        server->options.on_request(server->options.arg, &delivery->request);
    }
}

static void read_request(struct delivery *delivery, const struct bd_url *url)
{
    static const struct bd_request_source SOURCE = {
        .reply = reply, .drop = drop, .break_off = break_off};
    struct bd_server_request *request = &delivery->request;
    const struct bd_exchange *exchange = delivery->exchange;
    struct bd_buf target = {0};
    bd_buf_add_text(&target, url->path_len == 0 ? "/" : "");
    bd_buf_add(&target, url->path, url->len - (size_t)(url->path - url->text));
    delivery->target = bd_strdup(bd_buf_text(&target));
    bd_buf_free(&target);
    const char *host = url->text + (url->tls ? sizeof "https://" : sizeof "http://") - 1;
    bd_buf_add(&delivery->authority, host, (size_t)(url->path - host));
    request->method = exchange->method;
    request->target = delivery->target;
    request->remote = "127.0.0.1";
    request->authority = delivery->authority.data;
    request->authority_len = delivery->authority.len;
    request->source = &SOURCE;
    bd_buf_addf(&request->headers, "Host: %s\r\n", bd_buf_text(&delivery->authority));
    bd_exchange_request_head(exchange, &request->headers);
    if (exchange->has_body) {
        bd_buf_addf(&request->headers, "Content-Length: %zu\r\n", exchange->body.len);
        bd_buf_add(&request->body, exchange->body.data, exchange->body.len);
    }
}

static void send_exchange(struct bd_transport *transport, struct bd_exchange *exchange)
{
    struct local *local = (struct local *)transport;
    struct bd_loop *loop = &local->rt->loop;
    struct delivery *delivery = bd_alloc(sizeof *delivery);
    struct bd_url url;
    BD_CHECK(bd_url_parse(&url, exchange->url.data, exchange->url.len) == NULL);
    delivery->exchange = exchange;
    delivery->rt = local->rt;
    delivery->deadline = bd_loop_now(loop) + exchange->time_limit;
    exchange->carrier = delivery;
    struct bd_local_server *server = find_server(local, &url);
    if (server != NULL) { // it may have been closed since the transport was chosen
        link_delivery(server, delivery);
        read_request(delivery, &url);
    }
    delivery->timer.fire = on_arrival;
    bd_loop_arm(loop, &delivery->timer, 0);
}

static void cancel_exchange(struct bd_transport *transport, struct bd_exchange *exchange)
{
    struct delivery *delivery = exchange->carrier;
    bool sent = exchange->sent;
    (void)transport;
    if (delivery->handed_over) {
        leave(delivery);
    }
    unlink_delivery(delivery);
    free_delivery(delivery);
    bd_exchange_break(exchange, BD_FAULT_NONE);
    exchange->sent = sent;
}

// ------------------------------------------------------------------------------------------------
// Servers

static bool port_is_free(const struct local *local, unsigned port)
{
    for (const struct bd_local_server *server = local->servers; server != NULL;
         server = server->next) {
        if (server->made_up && !server->stopped && server->port == port) {
            return false;
        }
    }
    return true;
}

static unsigned choose_port(const struct local *local, unsigned wanted)
{
    if (wanted != 0) {
        return port_is_free(local, wanted) ? wanted : 0;
    }
    unsigned port = FIRST_MADE_UP_PORT;
    while (port <= LAST_PORT && !port_is_free(local, port)) {
        port++;
    }
    return port <= LAST_PORT ? port : 0;
}

struct bd_local_server *bd_local_open(struct bd_runtime *rt,
                                      const struct bd_server_options *options, unsigned port,
                                      char *wrong, size_t wrong_size)
{
    struct local *local = find_local(rt, rt);
    bool made_up = port == 0;
    if (made_up) {
        port = choose_port(local, options->port);
    }
    if (port == 0) {
        (void)snprintf(wrong, wrong_size, "port %u of %s: another server of this program has it",
                       options->port, options->host);
        return NULL;
    }
    struct bd_local_server *server = bd_alloc(sizeof *server);
    server->local = local;
    server->options = *options;
    server->options.host = server->options.cert_file = server->options.key_file = NULL;
    server->port = port;
    server->made_up = made_up;
    server->next = local->servers;
    local->servers = server;
    return server;
}

unsigned bd_local_port(const struct bd_local_server *server)
{
    return server->port;
}

void bd_local_set_origin(struct bd_local_server *server, const char *origin)
{
    free(server->origin);
    server->origin = origin != NULL ? bd_strdup(origin) : NULL;
}

void bd_local_stop(struct bd_local_server *server)
{
    server->stopped = true;
}

void bd_local_close(struct bd_local_server *server)
{
    struct bd_local_server **place = &server->local->servers;
    server->stopped = true;
    while (server->deliveries != NULL) {
        struct delivery *delivery = server->deliveries;
        if (delivery->handed_over) {
            leave(delivery);
            bd_exchange_break(delivery->exchange, BD_FAULT_EMPTY);
            end_after(delivery, 0);
        } else {
            unlink_delivery(delivery); // on_arrival tells
        }
    }
    while (*place != server) {
        place = &(*place)->next;
    }
    *place = server->next;
    free(server->origin);
    free(server);
}
