// SPDX-License-Identifier: MIT
// The life of the server: listen, serve, stop. Stopping closes every handle, whereupon the loop ends
// by itself; that it then closes cleanly is asserted, so a forgotten handle is found at once.

#include "server.h"

#include "front.h"
#include "keys.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>

static void close_handle(uv_handle_t *handle)
{
    if (!uv_is_closing(handle)) {
        uv_close(handle, NULL);
    }
}

void ts_server_stop(struct ts_server *server)
{
    if (server->stopping) {
        return;
    }
    server->stopping = true;
    close_handle((uv_handle_t *)&server->listener);
    close_handle((uv_handle_t *)&server->sigterm);
    close_handle((uv_handle_t *)&server->sigint);
    close_handle((uv_handle_t *)&server->lifetime);
    close_handle((uv_handle_t *)&server->tiny_turn);
    close_handle((uv_handle_t *)&server->input);
    for (struct ts_conn *conn = server->conns; conn != NULL; conn = conn->next) {
        ts_conn_close(conn);
    }
    ts_front_stop(server);
}

static void on_signal(uv_signal_t *handle, int number)
{
    (void)number;
    ts_server_stop(handle->data);
}

static void on_lifetime(uv_timer_t *timer)
{
    ts_server_stop(timer->data);
}

static void on_input_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    (void)suggested;
    struct ts_server *server = handle->data;
    *buf = uv_buf_init(server->raw, sizeof server->raw);
}

static void on_input(uv_stream_t *stream, ssize_t count, const uv_buf_t *buf)
{
    (void)buf;
    if (count < 0) {
        ts_server_stop(stream->data);
    }
}

static void on_connection(uv_stream_t *listener, int status)
{
    if (status == 0) {
        ts_conn_accept(listener->data);
    }
}

static void init_handles(struct ts_server *server)
{
    uv_loop_t *loop = &server->loop;
    CHECK(uv_loop_init(loop) == 0);
    CHECK(uv_tcp_init(loop, &server->listener) == 0);
    CHECK(uv_signal_init(loop, &server->sigterm) == 0);
    CHECK(uv_signal_init(loop, &server->sigint) == 0);
    CHECK(uv_timer_init(loop, &server->lifetime) == 0);
    CHECK(uv_pipe_init(loop, &server->input, 0) == 0);
    CHECK(uv_idle_init(loop, &server->tiny_turn) == 0);
    server->listener.data = server;
    server->sigterm.data = server;
    server->sigint.data = server;
    server->lifetime.data = server;
    server->input.data = server;
    server->tiny_turn.data = server;
    CHECK(uv_signal_start(&server->sigterm, on_signal, SIGTERM) == 0);
    CHECK(uv_signal_start(&server->sigint, on_signal, SIGINT) == 0);
    CHECK(uv_timer_start(&server->lifetime, on_lifetime, server->options.lifetime_ms, 0) == 0);
}

static int watch_input(struct ts_server *server)
{
    // A file or /dev/null has no other end whose closing could mean anything.
    int status = uv_guess_handle(0) == UV_NAMED_PIPE ? 0 : UV_EINVAL;
    status = status == 0 ? uv_pipe_open(&server->input, 0) : status;
    return status == 0 ? uv_read_start((uv_stream_t *)&server->input, on_input_alloc, on_input)
                       : status;
}

static bool crowd_in(int *fd, const struct sockaddr_in *address)
{
    *fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    return *fd >= 0 && (connect(*fd, (const struct sockaddr *)address, sizeof *address) == 0 ||
                        errno == EINPROGRESS);
}

// A queue for one, and two that stand in it: the kernel answers nobody else.
static int listen_full(struct ts_server *server, const struct sockaddr_in *address)
{
    uv_os_fd_t fd = -1;
    CHECK(uv_fileno((const uv_handle_t *)&server->listener, &fd) == 0);
    if (listen(fd, 0) != 0) {
        return UV_EIO;
    }
    const bool crowded =
        crowd_in(&server->crowd[0], address) && crowd_in(&server->crowd[1], address);
    return crowded ? 0 : UV_EIO;
}

static int start_listening(struct ts_server *server)
{
    struct sockaddr_in address;
    struct sockaddr_storage bound;
    int size = sizeof bound;
    CHECK(uv_ip4_addr("127.0.0.1", 0, &address) == 0);
    int status = uv_tcp_bind(&server->listener, (const struct sockaddr *)&address, 0);
    if (status != 0) {
        return status;
    }
    CHECK(uv_tcp_getsockname(&server->listener, (struct sockaddr *)&bound, &size) == 0);
    status = server->options.full
                 ? listen_full(server, (const struct sockaddr_in *)&bound)
                 : uv_listen((uv_stream_t *)&server->listener, 4096, on_connection);
    if (status != 0) {
        return status;
    }
    printf("port %u\n", (unsigned)ntohs(((struct sockaddr_in *)&bound)->sin_port));
    return fflush(stdout) == 0 ? 0 : UV_EIO;
}

static int start(struct ts_server *server)
{
    if (server->options.cert != NULL) {
        server->tls = ts_tls_context(&server->options);
        if (server->tls == NULL) {
            return UV_EINVAL;
        }
    }
    if (server->options.until_eof) {
        const int status = watch_input(server);
        if (status != 0) {
            fprintf(stderr, "testserver: --until-eof needs a pipe as standard input\n");
            return status;
        }
    }
    return start_listening(server);
}

static void allow_many_sockets(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
}

int ts_server_run(struct ts_server *server)
{
    (void)signal(SIGPIPE, SIG_IGN);
    allow_many_sockets();
    ts_log_start(&server->log);
    init_handles(server);
    const int status = start(server);
    if (status != 0) {
        fprintf(stderr, "testserver: cannot start: %s\n", uv_strerror(status));
        ts_server_stop(server);
    }
    (void)uv_run(&server->loop, UV_RUN_DEFAULT);
    CHECK(uv_loop_close(&server->loop) == 0);
    CHECK(server->conns == NULL);
    SSL_CTX_free(server->tls);
    ts_log_free(&server->log);
    ts_keys_free(server);
    ts_front_free(server);
    return status == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
