// SPDX-License-Identifier: MIT
// The limit that the HTTP server is measured against: libmicrohttpd driven by libuv, no Lua, no routes, no checks.
// Each request is answered at once with 200 bytes. Prints "port N" and serves until its standard input ends.
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#define CHECK(condition)                                                          \
    do {                                                                          \
        if (!(condition)) {                                                       \
            fprintf(stderr, "bare: %s:%d: %s\n", __FILE__, __LINE__, #condition); \
            exit(1);                                                              \
        }                                                                         \
    } while (0)

enum { BODY = 200, CONNECTIONS = 4000 };

static struct MHD_Daemon *server;
static uv_timer_t timer;
static char body[BODY];

static enum MHD_Result on_access(void *data, struct MHD_Connection *connection, const char *url,
                                 const char *method, const char *version, const char *upload,
                                 size_t *upload_size, void **state)
{
    (void)data, (void)url, (void)method, (void)version, (void)upload;
    static int seen;
    if (*state == NULL) {
        *state = &seen;
        return MHD_YES;
    }
    *upload_size = 0;
    struct MHD_Response *response =
        MHD_create_response_from_buffer(sizeof body, body, MHD_RESPMEM_MUST_COPY);
    CHECK(MHD_add_response_header(response, "Content-Type", "text/plain; charset=utf-8") ==
          MHD_YES);
    enum MHD_Result result = MHD_queue_response(connection, MHD_HTTP_OK, response);
    MHD_destroy_response(response);
    return result;
}

static void run(void);

static void on_timer(uv_timer_t *unused)
{
    (void)unused;
    run();
}

static void run(void)
{
    MHD_UNSIGNED_LONG_LONG timeout;
    CHECK(MHD_run(server) == MHD_YES);
    if (MHD_get_timeout(server, &timeout) == MHD_YES) {
        uv_timer_start(&timer, on_timer, timeout, 0);
    } else {
        uv_timer_stop(&timer);
    }
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
    (void)poll, (void)status, (void)events;
    run();
}

static void on_input(uv_poll_t *poll, int status, int events)
{
    (void)status, (void)events;
    uv_stop(poll->loop);
}

int main(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    uv_loop_t loop;
    uv_poll_t poll, input;
    memset(body, 'x', sizeof body);
    CHECK(uv_loop_init(&loop) == 0 && uv_timer_init(&loop, &timer) == 0);
    server = MHD_start_daemon(MHD_USE_EPOLL, 0, NULL, NULL, on_access, NULL, MHD_OPTION_SOCK_ADDR,
                              &address, MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS,
                              MHD_OPTION_END);
    CHECK(server != NULL);
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(server, MHD_DAEMON_INFO_EPOLL_FD);
    CHECK(uv_poll_init(&loop, &poll, info->epoll_fd) == 0);
    CHECK(uv_poll_start(&poll, UV_READABLE, on_poll) == 0);
    CHECK(uv_poll_init(&loop, &input, 0) == 0);
    CHECK(uv_poll_start(&input, UV_READABLE | UV_DISCONNECT, on_input) == 0);
    info = MHD_get_daemon_info(server, MHD_DAEMON_INFO_BIND_PORT);
    printf("port %u\n", info->port);
    fflush(stdout);
    uv_run(&loop, UV_RUN_DEFAULT);
    uv_poll_stop(&poll);
    MHD_stop_daemon(server);
    return 0;
}
