// SPDX-License-Identifier: MIT
// Opening and closing the HTTP server: its socket, its certificate, and an end that drops nobody by surprise.
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "http_server_internal.h"
#include "log.h"
#include "runtime.h"
#include "transport_local.h"

const struct bd_server_options bd_server_defaults = {.name = "the server",
                                                     .host = "127.0.0.1",
                                                     .max_body = 1 << 20,
                                                     .max_head = 32 << 10,
                                                     .max_connections = 4000,
                                                     .idle_s = 10,
                                                     .request_ms = 30000};

// Beyond our own limit: while one is on its way out, another may come in.
enum { CONNECTIONS_SPARE = 100, DESCRIPTORS_SPARE = 200 };

// ------------------------------------------------------------------------------------------------
// The socket

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
        (void)snprintf(wrong, size, "\"%s\" is no IPv4 or IPv6 address", options->host);
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

// Every connection is a descriptor. The limit that a program begins with is often 1,024, the one it may ask for far
// higher.
static void raise_descriptors(struct bd_http_server *server)
{
    struct rlimit limit;
    rlim_t wanted = (rlim_t)server->options.max_connections + CONNECTIONS_SPARE + DESCRIPTORS_SPARE;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted) {
        return;
    }
    limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < wanted) {
        rlim_t rest = limit.rlim_cur > CONNECTIONS_SPARE + DESCRIPTORS_SPARE
                          ? limit.rlim_cur - CONNECTIONS_SPARE - DESCRIPTORS_SPARE
                          : 1;
        bd_log(server->rt->log, BD_LOG_WARN,
               "%s takes %lu connections at once, not %u: the process may have %lu open files",
               server->options.name, (unsigned long)rest, server->options.max_connections,
               (unsigned long)limit.rlim_cur);
        server->options.max_connections = (unsigned)rest;
    }
}

// ------------------------------------------------------------------------------------------------
// TLS

// Reads a small file as a terminated text. Empty, with a sentence in `wrong`, when that fails.
static bool read_file(struct bd_buf *out, const char *path, bool secret, char *wrong, size_t size)
{
    enum { LONGEST = 1 << 20, PIECE = 4096 };
    char piece[PIECE];
    struct stat info;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &info) != 0 || !S_ISREG(info.st_mode) || info.st_size > LONGEST) {
        (void)snprintf(wrong, size, "%s cannot be read: %s", path,
                       fd < 0 ? strerror(errno) : "it is no file of a sensible size");
    } else if (secret && (info.st_mode & S_IRWXO) != 0) {
        (void)snprintf(wrong, size, "everybody on this machine can read %s: chmod 600 it", path);
    } else {
        ssize_t len;
        while ((len = read(fd, piece, sizeof piece)) > 0) {
            bd_buf_add(out, piece, (size_t)len);
        }
        if (len < 0) {
            (void)snprintf(wrong, size, "%s cannot be read: %s", path, strerror(errno));
            out->len = 0;
        } else if (out->len == 0) {
            (void)snprintf(wrong, size, "%s is empty", path);
        }
    }
    if (fd >= 0) {
        (void)close(fd);
    }
    (void)bd_buf_text(out);
    return out->len > 0;
}

static struct MHD_Daemon *start_daemon(struct bd_http_server *server, int fd, const char *cert,
                                       const char *key)
{
    // The library keeps the head of a request, and what it makes of it, in one block, which it clears for each
    // request: more than needed costs time.
    enum { MEMORY_SHARE = 8, MEMORY_SPARE = 4 << 10 };
    const struct bd_server_options *options = &server->options;
    struct MHD_OptionItem tls[] = {
        {MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)(uintptr_t)cert},
        {MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)(uintptr_t)key},
        {MHD_OPTION_HTTPS_PRIORITIES, 0, "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"},
        {MHD_OPTION_END, 0, NULL},
    };
    struct MHD_OptionItem plain[] = {{MHD_OPTION_END, 0, NULL}};
    return server->api.start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | (cert != NULL ? MHD_USE_TLS : 0), 0, NULL, NULL,
        bd_server_on_access, server, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT,
        options->max_connections + CONNECTIONS_SPARE, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        options->max_head + options->max_head / MEMORY_SHARE + MEMORY_SPARE,
        MHD_OPTION_CONNECTION_TIMEOUT, options->idle_s, MHD_OPTION_URI_LOG_CALLBACK,
        bd_server_on_target, server, MHD_OPTION_NOTIFY_COMPLETED, bd_server_on_completed, server,
        MHD_OPTION_NOTIFY_CONNECTION, bd_connection_notify, server, MHD_OPTION_ARRAY,
        cert != NULL ? tls : plain, MHD_OPTION_END);
}

static bool start(struct bd_http_server *server, int fd, char *wrong, size_t size)
{
    const struct bd_server_options *options = &server->options;
    if (options->cert_file == NULL) {
        server->daemon = start_daemon(server, fd, NULL, NULL);
        (void)snprintf(wrong, size, "libmicrohttpd could not be started");
        return server->daemon != NULL;
    }
    struct bd_buf cert = {0};
    struct bd_buf key = {0};
    if (server->api.is_feature_supported(MHD_FEATURE_TLS) != MHD_YES) {
        (void)snprintf(wrong, size, "this libmicrohttpd was built without TLS");
    } else if (read_file(&cert, options->cert_file, false, wrong, size) &&
               read_file(&key, options->key_file, true, wrong, size)) {
        server->daemon = start_daemon(server, fd, cert.data, key.data);
        (void)snprintf(wrong, size, "%s and %s are no certificate and its key", options->cert_file,
                       options->key_file);
    }
    if (key.len > 0) {
        explicit_bzero(key.data, key.len);
    }
    bd_buf_free(&cert);
    bd_buf_free(&key);
    return server->daemon != NULL;
}

// ------------------------------------------------------------------------------------------------
// On the loop

static void on_poll(uv_poll_t *poll, int status, int events)
{
    struct bd_http_server *server = poll->data;
    (void)status;
    (void)events;
    server->wanted = true; // this turn's check comes next
}

static void on_check(uv_check_t *check)
{
    struct bd_http_server *server = check->data;
    server->turn++;
    if (server->wanted) {
        bd_server_run(server);
    }
}

static void put_on_loop(struct bd_http_server *server)
{
    uv_loop_t *uv = &server->rt->loop.uv;
    const union MHD_DaemonInfo *info =
        server->api.get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    BD_CHECK(info != NULL);
    server->gone_fd = epoll_create1(EPOLL_CLOEXEC);
    BD_CHECK(server->gone_fd >= 0);
    BD_CHECK(uv_poll_init(uv, &server->poll, info->epoll_fd) == 0);
    BD_CHECK(uv_poll_init(uv, &server->gone, server->gone_fd) == 0);
    BD_CHECK(uv_check_init(uv, &server->check) == 0);
    BD_CHECK(uv_idle_init(uv, &server->idle) == 0);
    BD_CHECK(uv_timer_init(uv, &server->timer) == 0);
    BD_CHECK(uv_timer_init(uv, &server->sweep) == 0);
    server->poll.data = server->check.data = server->idle.data = server->timer.data = server;
    server->gone.data = server->sweep.data = server;
    BD_CHECK(uv_poll_start(&server->poll, UV_READABLE, on_poll) == 0);
    BD_CHECK(uv_poll_start(&server->gone, UV_READABLE, bd_connection_on_gone) == 0);
    BD_CHECK(uv_check_start(&server->check, on_check) == 0);
    bd_loop_io_begin(&server->rt->loop);
}

static void on_handle_closed(uv_handle_t *handle)
{
    struct bd_http_server *server = handle->data;
    if (--server->open_handles == 0) {
        (void)close(server->gone_fd);
        free(server);
    }
}

static void take_off_loop(struct bd_http_server *server)
{
    uv_handle_t *const handles[] = {(uv_handle_t *)&server->poll,  (uv_handle_t *)&server->gone,
                                    (uv_handle_t *)&server->check, (uv_handle_t *)&server->idle,
                                    (uv_handle_t *)&server->timer, (uv_handle_t *)&server->sweep};
    server->open_handles = BD_COUNT(handles);
    (void)uv_poll_stop(&server->poll); // before its descriptor is closed
    (void)uv_poll_stop(&server->gone);
    server->api.stop_daemon(server->daemon);
    for (size_t i = 0; i < BD_COUNT(handles); i++) {
        uv_close(handles[i], on_handle_closed);
    }
    bd_loop_io_end(&server->rt->loop);
}

// Stopping with a suspended connection would abort the process: all are let go and run first.
static void end(struct bd_http_server *server)
{
    enum { LAST_RUNS = 3 };
    bd_http_server_stop(server);
    bd_local_close(server->local);
    if (server->daemon == NULL) {
        free(server);
        return;
    }
    while (server->waiting != NULL) {
        bd_server_left(server->waiting);
    }
    for (int i = 0; i < LAST_RUNS; i++) {
        (void)server->api.run(server->daemon);
    }
    take_off_loop(server);
}

static void detach(void *value)
{
    struct bd_http_server *server = value;
    void (*on_closed)(void *) = server->options.on_closed;
    void *arg = server->options.arg;
    end(server);
    if (on_closed != NULL) {
        on_closed(arg);
    }
}

void bd_http_server_stop(struct bd_http_server *server)
{
    if (server->closing) {
        return;
    }
    server->closing = true;
    bd_local_stop(server->local);
    if (server->daemon == NULL) {
        return;
    }
    int fd = server->api.quiesce_daemon(server->daemon);
    if (fd >= 0) {
        (void)close(fd);
    }
}

void bd_http_server_close(struct bd_http_server *server)
{
    bd_runtime_forget(server->rt, server);
    end(server);
}

// A socket, and the library that reads from it.
static bool listen_and_start(struct bd_http_server *server, const struct bd_server_options *options,
                             char *wrong, size_t size)
{
    if (!bd_mhd_api_load(&server->api, wrong, size)) {
        return false;
    }
    raise_descriptors(server);
    int fd = listen_on(options, &server->port, wrong, size);
    if (fd >= 0 && !start(server, fd, wrong, size)) {
        (void)close(fd);
        return false;
    }
    return fd >= 0;
}

struct bd_http_server *bd_http_server_open(struct bd_runtime *rt,
                                           const struct bd_server_options *options, char *wrong,
                                           size_t wrong_size)
{
    struct bd_http_server *server = bd_alloc(sizeof *server);
    server->rt = rt;
    server->options = *options;
    bool ok = rt->loop.virtual_time || listen_and_start(server, options, wrong, wrong_size);
    if (ok) {
        server->local = bd_local_open(rt, options, server->port, wrong, wrong_size);
        ok = server->local != NULL;
    }
    if (!ok) {
        free(server);
        return NULL;
    }
    server->options.host = server->options.cert_file = server->options.key_file = NULL;
    if (server->daemon != NULL) {
        put_on_loop(server);
    }
    bd_runtime_attach(rt, server, server, detach); // the key is the server: there may be several
    return server;
}

void bd_http_server_set_origin(struct bd_http_server *server, const char *origin)
{
    bd_local_set_origin(server->local, origin);
}

bool bd_http_server_sending(const struct bd_http_server *server)
{
    return server->sending > 0;
}

unsigned bd_http_server_port(const struct bd_http_server *server)
{
    return bd_local_port(server->local);
}
