// SPDX-License-Identifier: MIT
#include "smtp_server.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "runtime.h"
#include "smtp_server_internal.h"

enum { CLIENTS_MOST = 256, BACKLOG = 128 };

// ------------------------------------------------------------------------------------------------
// Closing

static void free_client(struct bd_smtp_client *client)
{
    bd_mail_free(client->mail);
    bd_buf_free(&client->in);
    bd_buf_free(&client->message);
    free(client);
}

static void on_client_closed(uv_handle_t *handle)
{
    struct bd_smtp_client *client = handle->data;
    if (--client->open_handles == 0) {
        free_client(client);
    }
}

void bd_smtp_client_close(struct bd_smtp_client *client)
{
    if (uv_is_closing((uv_handle_t *)&client->tcp)) {
        return;
    }
    *client->place = client->next;
    if (client->next != NULL) {
        client->next->place = client->place;
    }
    client->server->count--;
    client->state = BD_SMTP_CLOSING;
    client->close_after = true;
    uv_close((uv_handle_t *)&client->tcp, on_client_closed);
    uv_close((uv_handle_t *)&client->idle, on_client_closed);
    uv_close((uv_handle_t *)&client->later, on_client_closed);
}

// ------------------------------------------------------------------------------------------------
// Writing

struct writing {
    uv_write_t write;
    struct bd_smtp_client *client;
    bool close;
    char bytes[];
};

static void on_written(uv_write_t *write, int status)
{
    struct writing *writing = BD_OUTER(write, struct writing, write);
    if (status != UV_ECANCELED && (status < 0 || writing->close)) {
        bd_smtp_client_close(writing->client);
    }
    free(writing);
}

void bd_smtp_client_write(struct bd_smtp_client *client, const char *text)
{
    size_t len = strlen(text);
    struct writing *writing = bd_alloc(sizeof *writing + len);
    writing->client = client;
    writing->close = client->close_after;
    memcpy(writing->bytes, text, len);
    const uv_buf_t buf = uv_buf_init(writing->bytes, (unsigned)len);
    if (uv_is_closing((uv_handle_t *)&client->tcp) ||
        uv_write(&writing->write, (uv_stream_t *)&client->tcp, &buf, 1, on_written) != 0) {
        free(writing);
        bd_smtp_client_close(client);
    }
}

static void on_later(uv_timer_t *timer)
{
    struct bd_smtp_client *client = timer->data;
    client->waits = false;
    bd_smtp_client_write(client, bd_buf_text(&client->out));
    bd_buf_free(&client->out);
    client->out = (struct bd_buf){0};
    bd_smtp_client_use(client);
}

void bd_smtp_client_say(struct bd_smtp_client *client, int code, const char *words, uint64_t delay)
{
    struct bd_buf line = {0};
    bd_buf_addf(&line, "%d %s\r\n", code, words);
    if (delay == 0) {
        bd_smtp_client_write(client, bd_buf_text(&line));
        bd_buf_free(&line);
        return;
    }
    client->waits = true;
    client->out = line;
    BD_CHECK(uv_timer_start(&client->later, on_later, delay, 0) == 0);
}

// ------------------------------------------------------------------------------------------------
// Reading

static void on_idle(uv_timer_t *timer)
{
    struct bd_smtp_client *client = timer->data;
    if (client->waits) {
        return; // it is our turn
    }
    client->close_after = true;
    bd_smtp_client_say(client, 421, "4.4.2 Nothing came for too long", 0);
}

static void wait_for_more(struct bd_smtp_client *client)
{
    uint64_t idle = (uint64_t)client->server->options.idle_s * 1000;
    BD_CHECK(uv_timer_start(&client->idle, on_idle, idle, 0) == 0);
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    struct bd_smtp_client *client = handle->data;
    (void)suggested;
    *buf = uv_buf_init(client->server->piece, sizeof client->server->piece);
}

static void on_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *buf)
{
    struct bd_smtp_client *client = stream->data;
    if (count < 0) {
        bd_smtp_client_close(client);
        return;
    }
    if (count > 0 && client->state != BD_SMTP_CLOSING) {
        bd_buf_add(&client->in, buf->base, (size_t)count);
        wait_for_more(client);
        bd_smtp_client_use(client);
    }
}

static void accept_client(struct bd_smtp_server *server)
{
    uv_loop_t *loop = &server->rt->loop.uv;
    struct bd_smtp_client *client = bd_alloc(sizeof *client);
    client->server = server;
    client->open_handles = 3;
    BD_CHECK(uv_tcp_init(loop, &client->tcp) == 0);
    BD_CHECK(uv_timer_init(loop, &client->idle) == 0 && uv_timer_init(loop, &client->later) == 0);
    client->tcp.data = client->idle.data = client->later.data = client;
    client->next = server->clients;
    client->place = &server->clients;
    if (client->next != NULL) {
        client->next->place = &client->next;
    }
    server->clients = client;
    server->count++;
    if (uv_accept((uv_stream_t *)&server->listener, (uv_stream_t *)&client->tcp) != 0) {
        bd_smtp_client_close(client);
        return;
    }
    (void)uv_tcp_nodelay(&client->tcp, 1);
    BD_CHECK(uv_read_start((uv_stream_t *)&client->tcp, on_alloc, on_read) == 0);
    wait_for_more(client);
    if (server->count > CLIENTS_MOST) {
        client->close_after = true;
        bd_smtp_client_say(client, 421, "4.7.0 Too many connections", 0);
        return;
    }
    bd_smtp_client_greet(client);
}

static void on_connection(uv_stream_t *listener, int status)
{
    struct bd_smtp_server *server = listener->data;
    if (status == 0 && !server->closing) {
        accept_client(server);
    }
}

// ------------------------------------------------------------------------------------------------
// Opening and closing

static void on_listener_closed(uv_handle_t *handle)
{
    free(handle->data);
}

static void detach(void *value)
{
    struct bd_smtp_server *server = value;
    server->closing = true;
    while (server->clients != NULL) {
        bd_smtp_client_close(server->clients);
    }
    uv_close((uv_handle_t *)&server->listener, on_listener_closed);
    bd_loop_io_end(&server->rt->loop);
}

static int start_listening(struct bd_smtp_server *server)
{
    struct sockaddr_storage address = {0};
    int size = sizeof address;
    const char *host = server->options.host;
    int port = (int)server->options.port;
    bool v6 = strchr(host, ':') != NULL;
    int status = v6 ? uv_ip6_addr(host, port, (struct sockaddr_in6 *)(void *)&address)
                    : uv_ip4_addr(host, port, (struct sockaddr_in *)(void *)&address);
    status = status == 0
                 ? uv_tcp_bind(&server->listener, (const struct sockaddr *)(void *)&address, 0)
                 : status;
    status =
        status == 0 ? uv_listen((uv_stream_t *)&server->listener, BACKLOG, on_connection) : status;
    status = status == 0
                 ? uv_tcp_getsockname(&server->listener, (struct sockaddr *)(void *)&address, &size)
                 : status;
    if (status == 0) {
        server->port = ntohs(v6 ? ((struct sockaddr_in6 *)(void *)&address)->sin6_port
                                : ((struct sockaddr_in *)(void *)&address)->sin_port);
    }
    return status;
}

struct bd_smtp_server *bd_smtp_server_open(struct bd_runtime *rt,
                                           const struct bd_smtp_server_options *options,
                                           char *wrong, size_t wrong_size)
{
    struct bd_smtp_server *server = bd_alloc(sizeof *server);
    server->rt = rt;
    server->options = *options;
    BD_CHECK(uv_tcp_init(&rt->loop.uv, &server->listener) == 0);
    server->listener.data = server;
    int status = start_listening(server);
    server->options.host = NULL; // borrowed for the opening only
    if (status != 0) {
        (void)snprintf(wrong, wrong_size, "port %u: %s", options->port, uv_strerror(status));
        uv_close((uv_handle_t *)&server->listener, on_listener_closed);
        return NULL;
    }
    bd_loop_io_begin(&rt->loop);
    bd_runtime_attach(rt, server, server, detach);
    return server;
}

unsigned bd_smtp_server_port(const struct bd_smtp_server *server)
{
    return server->port;
}
