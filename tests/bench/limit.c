// SPDX-License-Identifier: MIT
// The limit that beadle is measured against: the same work by a bare C program on libcurl's multi interface
// and libuv, no Lua, no checks, the answer only scanned for the one number. It does what makes such a
// program fast: poll handles live as long as their connection, easy handles are reused and changed only
// where they differ, the connection cache is larger than what is in flight.
//
//   limit post URL COUNT IN_FLIGHT          form POSTs
//   limit workflows BASE COUNT IN_FLIGHT    workflows of three POSTs each
//   limit sleep COUNT                       timers; prints bytes each
#include <curl/curl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#define CHECK(condition)                                                           \
    do {                                                                           \
        if (!(condition)) {                                                        \
            fprintf(stderr, "limit: %s:%d: %s\n", __FILE__, __LINE__, #condition); \
            exit(1);                                                               \
        }                                                                          \
    } while (0)

enum { STEPS_MOST = 3, BODY = 512, ANSWER = 4096 };

struct bench;

struct sock {
    uv_poll_t poll;
    struct bench *bench;
    curl_socket_t fd;
    int events, wanted;
};

struct worker {
    CURL *easy;
    struct bench *bench;
    char body[BODY];
    char answer[ANSWER];
    size_t len;
    int step;
};

struct bench {
    uv_loop_t loop;
    uv_timer_t timer;
    CURLM *multi;
    struct sock *by_fd[65536];
    const char *urls[STEPS_MOST];
    int steps;
    long left, running;
    long long sum;
};

static void collect(struct bench *bench);

static void act(struct bench *bench, curl_socket_t fd, int events)
{
    int running;
    CHECK(curl_multi_socket_action(bench->multi, fd, events, &running) == CURLM_OK);
    collect(bench);
}

static void on_timer(uv_timer_t *timer)
{
    act(timer->data, CURL_SOCKET_TIMEOUT, 0);
}

static int on_timeout(CURLM *multi, long ms, void *data)
{
    struct bench *bench = data;
    (void)multi;
    if (ms < 0) {
        uv_timer_stop(&bench->timer);
    } else {
        uv_timer_start(&bench->timer, on_timer, (uint64_t)ms, 0);
    }
    return 0;
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
    struct sock *sock = poll->data;
    (void)status;
    if (sock->wanted == 0) {
        uv_poll_stop(poll);
        sock->events = 0;
        return;
    }
    act(sock->bench, sock->fd,
        (events & UV_READABLE ? CURL_CSELECT_IN : 0) |
            (events & UV_WRITABLE ? CURL_CSELECT_OUT : 0));
}

static void on_closed(uv_handle_t *handle)
{
    free(handle->data);
}

static curl_socket_t open_socket(void *data, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct worker *worker = data;
    (void)purpose;
    curl_socket_t fd = socket(address->family, address->socktype | SOCK_CLOEXEC | SOCK_NONBLOCK,
                              address->protocol);
    CHECK(fd >= 0 && fd < 65536);
    struct sock *sock = calloc(1, sizeof *sock);
    CHECK(sock != NULL);
    sock->bench = worker->bench;
    sock->fd = fd;
    CHECK(uv_poll_init_socket(&worker->bench->loop, &sock->poll, fd) == 0);
    sock->poll.data = sock;
    worker->bench->by_fd[fd] = sock;
    return fd;
}

static int close_socket(void *data, curl_socket_t fd)
{
    struct bench *bench = data;
    uv_close((uv_handle_t *)&bench->by_fd[fd]->poll, on_closed);
    bench->by_fd[fd] = NULL;
    return close(fd);
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *data, void *ignored)
{
    struct bench *bench = data;
    struct sock *sock = bench->by_fd[fd];
    (void)easy;
    (void)ignored;
    CHECK(sock != NULL);
    sock->wanted = what == CURL_POLL_REMOVE ? 0
                                            : (what & CURL_POLL_IN ? UV_READABLE : 0) |
                                                  (what & CURL_POLL_OUT ? UV_WRITABLE : 0);
    if (sock->wanted != 0 && sock->wanted != sock->events) {
        sock->events = sock->wanted;
        uv_poll_start(&sock->poll, sock->events, on_poll);
    }
    return 0;
}

static size_t on_body(char *bytes, size_t size, size_t count, void *data)
{
    struct worker *worker = data;
    size_t len = size * count;
    if (worker->len + len < ANSWER) {
        memcpy(worker->answer + worker->len, bytes, len);
        worker->len += len;
    }
    return len;
}

static void begin(struct worker *worker)
{
    struct bench *bench = worker->bench;
    int len = snprintf(worker->body, BODY,
                       "act_id=1&gen_id=3&ema=ada%ld%%40example.org&fst_nam=Ada&lst_nam=Lovelace",
                       bench->left);
    worker->len = 0;
    if (bench->steps > 1) {
        curl_easy_setopt(worker->easy, CURLOPT_URL, bench->urls[worker->step]);
    }
    curl_easy_setopt(worker->easy, CURLOPT_POSTFIELDS, worker->body);
    curl_easy_setopt(worker->easy, CURLOPT_POSTFIELDSIZE, (long)len);
    CHECK(curl_multi_add_handle(bench->multi, worker->easy) == CURLM_OK);
    bench->running++;
}

static bool next(struct worker *worker)
{
    struct bench *bench = worker->bench;
    if (worker->step + 1 < bench->steps) {
        worker->step++;
        return true;
    }
    worker->step = 0;
    return bench->left-- > 0;
}

static void collect(struct bench *bench)
{
    CURLMsg *message;
    int left;
    while ((message = curl_multi_info_read(bench->multi, &left)) != NULL) {
        struct worker *worker;
        CHECK(message->data.result == CURLE_OK);
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &worker);
        curl_multi_remove_handle(bench->multi, worker->easy);
        bench->running--;
        worker->answer[worker->len] = '\0';
        const char *found = strstr(worker->answer, "\"can_id\":");
        CHECK(found != NULL);
        bench->sum += worker->step == 0 ? strtoll(found + 9, NULL, 10) : 0;
        if (next(worker)) {
            begin(worker);
        }
    }
}

static void make_worker(struct bench *bench, struct curl_slist *headers)
{
    struct worker *worker = calloc(1, sizeof *worker);
    CHECK(worker != NULL);
    worker->bench = bench;
    worker->easy = curl_easy_init();
    curl_easy_setopt(worker->easy, CURLOPT_PRIVATE, worker);
    curl_easy_setopt(worker->easy, CURLOPT_URL, bench->urls[0]);
    curl_easy_setopt(worker->easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(worker->easy, CURLOPT_POST, 1L);
    curl_easy_setopt(worker->easy, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(worker->easy, CURLOPT_USERAGENT, "limit/1");
    curl_easy_setopt(worker->easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(worker->easy, CURLOPT_WRITEDATA, worker);
    curl_easy_setopt(worker->easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    curl_easy_setopt(worker->easy, CURLOPT_OPENSOCKETDATA, worker);
    curl_easy_setopt(worker->easy, CURLOPT_CLOSESOCKETFUNCTION, close_socket);
    curl_easy_setopt(worker->easy, CURLOPT_CLOSESOCKETDATA, bench);
    curl_easy_setopt(worker->easy, CURLOPT_TIMEOUT_MS, 60000L);
    curl_easy_setopt(worker->easy, CURLOPT_CAPATH, NULL);
    const char *ca_file = getenv("BENCH_CA_FILE");
    if (ca_file != NULL) {
        curl_easy_setopt(worker->easy, CURLOPT_CAINFO, ca_file);
    }
    bench->left--;
    begin(worker);
}

static int post(struct bench *bench, long count, long in_flight)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
    uv_loop_init(&bench->loop);
    uv_timer_init(&bench->loop, &bench->timer);
    bench->timer.data = bench;
    bench->multi = curl_multi_init();
    curl_multi_setopt(bench->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(bench->multi, CURLMOPT_SOCKETDATA, bench);
    curl_multi_setopt(bench->multi, CURLMOPT_TIMERFUNCTION, on_timeout);
    curl_multi_setopt(bench->multi, CURLMOPT_TIMERDATA, bench);
    curl_multi_setopt(bench->multi, CURLMOPT_MAXCONNECTS, 4096L);
    struct curl_slist *headers = curl_slist_append(NULL, "Expect:");
    headers = curl_slist_append(headers, "Accept: application/json");
    headers = curl_slist_append(headers, "Accept-Encoding: gzip");
    headers = curl_slist_append(headers, "Authorization: Bearer bench-access-token");
    bench->left = count;
    for (long i = 0; i < in_flight && i < count; i++) {
        make_worker(bench, headers);
    }
    while (bench->running > 0) {
        uv_run(&bench->loop, UV_RUN_ONCE);
    }
    printf("%lld\n", bench->sum);
    return 0;
}

static long resident(void)
{
    long size, pages;
    FILE *file = fopen("/proc/self/statm", "r");
    CHECK(file != NULL && fscanf(file, "%ld %ld", &size, &pages) == 2);
    fclose(file);
    return pages * sysconf(_SC_PAGESIZE);
}

static void on_sleeper(uv_timer_t *timer)
{
    (void)timer;
}

static int sleepers(long count)
{
    uv_loop_t loop;
    uv_loop_init(&loop);
    long before = resident();
    uv_timer_t *timers = calloc((size_t)count, sizeof *timers);
    CHECK(timers != NULL);
    for (long i = 0; i < count; i++) {
        uv_timer_init(&loop, &timers[i]);
        uv_timer_start(&timers[i], on_sleeper, 1000, 0);
    }
    printf("%.0f\n", (double)(resident() - before) / (double)count);
    uv_run(&loop, UV_RUN_DEFAULT);
    return 0;
}

int main(int argc, char **argv)
{
    static struct bench bench;
    static char urls[STEPS_MOST][256];
    if (argc == 3 && strcmp(argv[1], "sleep") == 0) {
        return sleepers(atol(argv[2]));
    }
    CHECK(argc == 5);
    bool workflows = strcmp(argv[1], "workflows") == 0;
    bench.steps = workflows ? 3 : 1;
    for (int i = 0; i < bench.steps; i++) {
        snprintf(urls[i], sizeof urls[i], workflows ? "%s/workflow/delay/50" : "%s", argv[2]);
        bench.urls[i] = urls[i];
    }
    return post(&bench, atol(argv[3]), atol(argv[4]));
}
