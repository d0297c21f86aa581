// SPDX-License-Identifier: MIT
// libcurl's sockets on libuv. A poll handle lives as long as its connection: libcurl says REMOVE after
// every transfer, but reopening the handle each time would cost half as much again as the whole call.
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "address.h"
#include "check.h"
#include "curl_internal.h"

static void on_closed(uv_handle_t *handle)
{
    struct bd_curl_socket *socket = handle->data;
    struct bd_curl *curl = socket->shard->curl;
    free(socket);
    bd_curl_handle_closed(curl);
}

static void on_poll(uv_poll_t *poll, int status, int events);

static void start_poll(struct bd_curl_socket *socket, int events)
{
    socket->events = events;
    BD_CHECK(uv_poll_start(&socket->poll, events, on_poll) == 0);
}

// Something happened on a kept connection that nobody uses. The other side closed it, or it speaks without
// being asked, and then libcurl would take what it says for the answer to the next request. So that
// connection is never used again: no request can be sent on it any more.
static void spoil(struct bd_curl_socket *socket)
{
    char rest[4096];
    while (recv(socket->fd, rest, sizeof rest, MSG_DONTWAIT) > 0) {}
    (void)shutdown(socket->fd, SHUT_RDWR);
}

static void on_idle_poll(struct bd_curl_socket *socket, int status, int events)
{
    (void)uv_poll_stop(&socket->poll);
    socket->events = 0;
    if (status == 0 && (events & UV_READABLE) == 0) {
        start_poll(socket, UV_READABLE);
    } else if (!socket->multiplexed && !socket->foreign) {
        spoil(socket);
    }
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
    struct bd_curl_socket *socket = poll->data;
    if (socket->wanted == 0) {
        on_idle_poll(socket, status, events);
        return;
    }
    if (status < 0) {
        // libuv has stopped the handle, and does not tell that an answer may have come before the error:
        // libcurl shall read, and find both.
        socket->events = 0;
        events = socket->wanted;
    }
    int action = events & UV_READABLE ? CURL_CSELECT_IN : 0;
    action |= events & UV_WRITABLE ? CURL_CSELECT_OUT : 0;
    bd_curl_act(socket->shard, socket->fd, action);
    if (!uv_is_closing((const uv_handle_t *)poll) && socket->wanted != 0 && socket->events == 0) {
        start_poll(socket, socket->wanted);
    }
}

static struct bd_curl_socket **place_of(struct bd_curl *curl, curl_socket_t fd)
{
    size_t index = (size_t)fd;
    if (index >= curl->fd_cap) {
        size_t cap = curl->fd_cap ? curl->fd_cap : 64;
        while (cap <= index) {
            cap *= 2;
        }
        curl->by_fd = bd_realloc(curl->by_fd, cap * sizeof *curl->by_fd);
        memset(curl->by_fd + curl->fd_cap, 0, (cap - curl->fd_cap) * sizeof *curl->by_fd);
        curl->fd_cap = cap;
    }
    return &curl->by_fd[index];
}

static void drop_socket(struct bd_curl *curl, struct bd_curl_socket *socket)
{
    *place_of(curl, socket->fd) = NULL;
    uv_close((uv_handle_t *)&socket->poll, on_closed);
}

// libcurl's resolver has sockets too, for waking up.
static bool is_connection(curl_socket_t fd)
{
    int domain = AF_UNSPEC;
    socklen_t len = sizeof domain;
    return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) == 0 &&
           (domain == AF_INET || domain == AF_INET6);
}

static struct bd_curl_socket *add_socket(struct bd_curl_shard *shard, curl_socket_t fd)
{
    struct bd_curl_socket *socket = bd_alloc(sizeof *socket);
    struct bd_curl *curl = shard->curl;
    *socket = (struct bd_curl_socket){.shard = shard, .fd = fd, .foreign = !is_connection(fd)};
    BD_CHECK(uv_poll_init_socket(shard->timer.loop, &socket->poll, fd) == 0);
    socket->poll.data = socket;
    curl->open_handles++;
    *place_of(curl, fd) = socket;
    return socket;
}

curl_socket_t bd_curl_open_socket(void *data, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct bd_curl_slot *slot = data;
    (void)purpose;
    // Checked on the address that is really connected to, whatever the name in the URL looks like.
    if (!bd_curl_may_use(slot, bd_address_is_this_machine(&address->addr))) {
        slot->refused = true;
        return CURL_SOCKET_BAD;
    }
    curl_socket_t fd = socket(address->family, address->socktype | SOCK_CLOEXEC | SOCK_NONBLOCK,
                              address->protocol);
    if (fd < 0) {
        slot->socket_error = errno;
        return CURL_SOCKET_BAD;
    }
    struct bd_curl_socket *stale = *place_of(slot->shard->curl, fd);
    if (stale != NULL) {
        drop_socket(slot->shard->curl, stale); // somebody closed that one without telling us
    }
    return fd;
}

int bd_curl_close_socket(void *data, curl_socket_t fd)
{
    struct bd_curl_shard *shard = data;
    struct bd_curl_socket *socket = *place_of(shard->curl, fd);
    shard->sockets_closed++;
    if (socket != NULL) {
        drop_socket(shard->curl, socket); // before the descriptor goes: it must leave epoll first
    }
    return close(fd);
}

// libcurl needs the socket no more, or not for the time being.
static void release_socket(struct bd_curl *curl, struct bd_curl_socket *socket)
{
    // A connection that was not made is closed behind our back: the close callback is for those that were.
    if (socket->foreign || !socket->connected) {
        drop_socket(curl, socket);
    } else {
        socket->wanted = 0;
    }
}

int bd_curl_on_socket(CURL *easy, curl_socket_t fd, int what, void *data, void *ignored)
{
    struct bd_curl_shard *shard = data;
    struct bd_curl_socket *socket = *place_of(shard->curl, fd);
    (void)easy;
    (void)ignored;
    if (what == CURL_POLL_REMOVE) {
        if (socket != NULL) {
            release_socket(shard->curl, socket);
        }
        return 0;
    }
    if (socket == NULL) {
        socket = add_socket(shard, fd);
    }
    socket->wanted = what & CURL_POLL_IN ? UV_READABLE : 0;
    socket->wanted |= what & CURL_POLL_OUT ? UV_WRITABLE : 0;
    socket->connected =
        socket->connected || (what & CURL_POLL_IN) != 0; // while connecting it only writes
    if (socket->wanted != 0 && socket->events != socket->wanted) {
        start_poll(socket, socket->wanted);
    }
    return 0;
}

void bd_curl_note_multiplexed(struct bd_curl *curl, curl_socket_t fd)
{
    struct bd_curl_socket *socket = fd >= 0 ? *place_of(curl, fd) : NULL;
    if (socket != NULL) {
        socket->multiplexed = true;
    }
}

void bd_curl_drop_sockets(struct bd_curl *curl)
{
    for (size_t fd = 0; fd < curl->fd_cap; fd++) {
        if (curl->by_fd[fd] != NULL) {
            drop_socket(curl, curl->by_fd[fd]);
        }
    }
}

static void act(struct bd_curl_shard *shard, curl_socket_t fd, int events)
{
    int running;
    (void)shard->curl->api.multi_socket_action(shard->multi, fd, events, &running);
}

static void act_on_used_sockets(struct bd_curl_shard *shard)
{
    struct bd_curl *curl = shard->curl;
    for (size_t fd = 0; fd < curl->fd_cap; fd++) {
        const struct bd_curl_socket *socket = curl->by_fd[fd];
        if (socket != NULL && socket->shard == shard && socket->connected && socket->wanted != 0) {
            act(shard, socket->fd, CURL_CSELECT_IN);
        }
    }
}

// Whichever stream of a connection is read takes in what has come for all of them, and libcurl 7.88 does not
// always wake the others for it: they would stand still until more comes, or a time limit. So it is made to
// look again until nothing comes out any more. Which connection a stream belongs to it tells only later.
static void read_other_streams(struct bd_curl_shard *shard, uint64_t before)
{
    while (shard->streamed != before) {
        before = shard->streamed;
        act_on_used_sockets(shard);
    }
}

void bd_curl_act(struct bd_curl_shard *shard, curl_socket_t fd, int events)
{
    unsigned closed_before = shard->sockets_closed;
    uint64_t streamed_before = shard->streamed;
    act(shard, fd, events);
    read_other_streams(shard, streamed_before);
    bd_curl_collect(shard, shard->sockets_closed != closed_before);
}
