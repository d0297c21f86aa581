// SPDX-License-Identifier: MIT
// Connections: each has a bounded time to bring a whole request, the one that has taken longest makes room when
// there are too many, and that of a waiting handler is watched, for libmicrohttpd does not.
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "check.h"
#include "http_server_internal.h"
#include "runtime.h"

static uint64_t now_ms(const struct bd_http_server *server)
{
    return uv_now(&server->rt->loop.uv);
}

// ------------------------------------------------------------------------------------------------
// Those that owe us something

void bd_connection_owes(struct bd_connection *connection, uint64_t extra)
{
    enum { MS_PER_S = 1000 };
    struct bd_http_server *server = connection->server;
    bd_connection_settled(connection);
    connection->owes = true;
    connection->until = now_ms(server) + server->options.request_ms +
                        (uint64_t)server->options.idle_s * MS_PER_S + extra;
    connection->newer = NULL;
    connection->older = server->newest;
    if (server->newest != NULL) {
        server->newest->newer = connection;
    } else {
        server->oldest = connection;
    }
    server->newest = connection;
}

void bd_connection_settled(struct bd_connection *connection)
{
    struct bd_http_server *server = connection->server;
    if (!connection->owes) {
        return;
    }
    connection->owes = false;
    if (connection->older != NULL) {
        connection->older->newer = connection->newer;
    } else {
        server->oldest = connection->newer;
    }
    if (connection->newer != NULL) {
        connection->newer->older = connection->older;
    } else {
        server->newest = connection->older;
    }
    connection->older = connection->newer = NULL;
}

// libmicrohttpd sees the end of the stream and closes.
static void end(struct bd_connection *connection)
{
    bd_connection_settled(connection);
    (void)shutdown(connection->fd, SHUT_RDWR);
    bd_server_soon(connection->server);
}

uint64_t bd_connection_sweep_ms(const struct bd_http_server *server)
{
    enum { SLOWEST_MS = 1000, SHARE = 4 };
    uint64_t interval = server->options.request_ms / SHARE;
    return interval < 1 ? 1 : interval > SLOWEST_MS ? SLOWEST_MS : interval;
}

// A client that drips its request, or takes its answer, byte by byte is never silent for long, but never done either.
void bd_connection_on_sweep(uv_timer_t *timer)
{
    struct bd_http_server *server = timer->data;
    struct bd_connection *newer;
    for (struct bd_connection *each = server->oldest; each != NULL; each = newer) {
        newer = each->newer;
        if (now_ms(server) > each->until) {
            end(each);
        }
    }
}

// ------------------------------------------------------------------------------------------------
// Coming and going

static void read_remote(struct bd_connection *connection, const struct sockaddr *address)
{
    const void *ip =
        address->sa_family == AF_INET6
            ? (const void *)&((const struct sockaddr_in6 *)(const void *)address)->sin6_addr
            : (const void *)&((const struct sockaddr_in *)(const void *)address)->sin_addr;
    if (inet_ntop(address->sa_family, ip, connection->remote, sizeof connection->remote) == NULL) {
        connection->remote[0] = '\0';
    }
}

static void begin(struct bd_http_server *server, struct MHD_Connection *mhd, void **context)
{
    struct bd_connection *connection = bd_alloc(sizeof *connection);
    const union MHD_ConnectionInfo *info =
        server->api.get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD);
    BD_CHECK(info != NULL);
    connection->server = server;
    connection->fd = info->connect_fd;
    info = server->api.get_connection_info(mhd, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    if (info != NULL && info->client_addr != NULL) {
        read_remote(connection, info->client_addr);
    }
    *context = connection;
    if (server->connections++ == 0) {
        uint64_t interval = bd_connection_sweep_ms(server);
        BD_CHECK(uv_timer_start(&server->sweep, bd_connection_on_sweep, interval, interval) == 0);
    }
    if (server->connections > server->options.max_connections && server->oldest != NULL) {
        end(server->oldest);
    }
    bd_connection_owes(connection, 0);
}

void bd_connection_notify(void *data, struct MHD_Connection *mhd, void **context,
                          enum MHD_ConnectionNotificationCode what)
{
    struct bd_http_server *server = data;
    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        begin(server, mhd, context);
        return;
    }
    struct bd_connection *connection = *context;
    bd_connection_settled(connection);
    if (connection->spare != NULL) {
        bd_incoming_free(connection->spare);
    }
    free(connection);
    *context = NULL;
    if (--server->connections == 0) {
        BD_CHECK(uv_timer_stop(&server->sweep) == 0);
    }
}

// ------------------------------------------------------------------------------------------------
// Clients that leave while their handler waits

void bd_connection_watch(struct bd_incoming *incoming)
{
    struct epoll_event event = {.events = EPOLLRDHUP | EPOLLONESHOT, .data.ptr = incoming};
    BD_CHECK(
        epoll_ctl(incoming->server->gone_fd, EPOLL_CTL_ADD, incoming->connection->fd, &event) == 0);
}

void bd_connection_unwatch(struct bd_incoming *incoming)
{
    BD_CHECK(epoll_ctl(incoming->server->gone_fd, EPOLL_CTL_DEL, incoming->connection->fd, NULL) ==
             0);
}

void bd_connection_on_gone(uv_poll_t *poll, int status, int events)
{
    enum { AT_ONCE = 64 };
    struct bd_http_server *server = poll->data;
    struct epoll_event gone[AT_ONCE];
    (void)status;
    (void)events;
    int count = epoll_wait(server->gone_fd, gone, AT_ONCE, 0);
    for (int i = 0; i < count; i++) {
        bd_server_left(gone[i].data.ptr);
    }
}
