// SPDX-License-Identifier: MIT
// A client that is not polite, for tests and benchmarks of servers on this machine. Its socket is plain TCP.
//
//   testclient send PORT [--piece N] [--wait MS] [--shut]
//       Sends its standard input, N bytes at a time with a pause between, and prints what comes back until the
//       server closes. --shut ends the sending half after that. Prints "(closed)" on a line of its own when the
//       server closed, "(reset)" when it broke off, "(silent)" when nothing came for 30 s.
//   testclient slow PORT COUNT [WAIT_MS]
//       Opens COUNT connections, each of which sends the beginning of a request and then one byte each WAIT_MS (500).
//       Prints "ready" when all have begun, and how many were closed by the server when its standard input ends.
//   testclient deaf PORT COUNT PATH
//       Opens COUNT connections, each of which asks for PATH and never reads. Prints "ready"; ends with its input.
//   testclient latency PORT COUNT
//       Sends COUNT requests for /, one after the other, each on a connection of its own. Prints the median and the
//       99th percentile in milliseconds.
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CHECK(condition)                                                                        \
    do {                                                                                        \
        if (!(condition)) {                                                                     \
            fprintf(stderr, "testclient: %d: %s: %s\n", __LINE__, #condition, strerror(errno)); \
            exit(1);                                                                            \
        }                                                                                       \
    } while (0)

enum { SILENT_MS = 30000, INPUT_MOST = 8 << 20 };

static int receive_buffer; // bytes; 0: as the system likes

static int connect_to(const char *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    address.sin_port = htons((in_port_t)atoi(port));
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    CHECK(fd >= 0);
    CHECK(receive_buffer == 0 ||
          setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer) == 0);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
        printf("(refused)\n");
        exit(0);
    }
    return fd;
}

static void pause_ms(long ms)
{
    struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    nanosleep(&time, NULL);
}

static double now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1000 + (double)now.tv_nsec / 1e6;
}

// ------------------------------------------------------------------------------------------------

static void receive_rest(int fd)
{
    char piece[65536];
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
    for (;;) {
        if (poll(&poll_fd, 1, SILENT_MS) <= 0) {
            printf("\n(silent)\n");
            return;
        }
        ssize_t len = read(fd, piece, sizeof piece);
        if (len <= 0) {
            printf("\n(%s)\n", len == 0 ? "closed" : "reset");
            return;
        }
        fwrite(piece, 1, (size_t)len, stdout);
    }
}

static int send_input(int argc, char **argv)
{
    static char input[INPUT_MOST];
    size_t len = 0;
    size_t piece = INPUT_MOST;
    long wait = 0;
    bool shut = false;
    for (int i = 3; i < argc; i++) {
        if (strcmp(argv[i], "--shut") == 0) {
            shut = true;
        } else if (strcmp(argv[i], "--piece") == 0 && i + 1 < argc) {
            piece = (size_t)atol(argv[++i]);
        } else if (strcmp(argv[i], "--wait") == 0 && i + 1 < argc) {
            wait = atol(argv[++i]);
        } else {
            fprintf(stderr, "testclient: unknown option %s\n", argv[i]);
            return 2;
        }
    }
    for (ssize_t got = 1; got > 0 && len < sizeof input; len += (size_t)got) {
        got = read(0, input + len, sizeof input - len);
        CHECK(got >= 0);
    }
    int fd = connect_to(argv[2]);
    for (size_t at = 0; at < len;) {
        size_t part = len - at < piece ? len - at : piece;
        ssize_t sent = send(fd, input + at, part, MSG_NOSIGNAL);
        if (sent < 0) {
            break; // what it said before is still to be read
        }
        at += (size_t)sent;
        if (wait > 0 && at < len) {
            pause_ms(wait);
        }
    }
    if (shut) {
        shutdown(fd, SHUT_WR);
    }
    receive_rest(fd);
    return 0;
}

// ------------------------------------------------------------------------------------------------

static int slow(int argc, char **argv)
{
    static const char HEAD[] = "GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ";
    long count = atol(argv[3]);
    long wait = argc > 4 ? atol(argv[4]) : 500;
    struct rlimit limit;
    CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
    limit.rlim_cur = limit.rlim_max;
    CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
    int *fds = calloc((size_t)count, sizeof *fds);
    CHECK(fds != NULL);
    for (long i = 0; i < count; i++) {
        fds[i] = connect_to(argv[2]);
        CHECK(send(fds[i], HEAD, sizeof HEAD - 1, MSG_NOSIGNAL) == sizeof HEAD - 1);
    }
    printf("ready\n");
    fflush(stdout);
    struct pollfd input = {.fd = 0, .events = POLLIN};
    long closed = 0;
    while (poll(&input, 1, (int)wait) == 0) {
        for (long i = 0; i < count; i++) {
            char byte;
            bool gone = fds[i] >= 0 && (send(fds[i], "x", 1, MSG_NOSIGNAL) != 1 ||
                                        recv(fds[i], &byte, 1, MSG_DONTWAIT) == 0);
            if (gone) {
                close(fds[i]);
                fds[i] = -1;
                closed++;
            }
        }
    }
    printf("closed %ld\n", closed);
    free(fds);
    return 0;
}

static int deaf(char **argv)
{
    enum { SMALL = 4096 };
    long count = atol(argv[3]);
    char request[256];
    receive_buffer = SMALL;
    int len =
        snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", argv[4]);
    CHECK(len > 0 && (size_t)len < sizeof request);
    for (long i = 0; i < count; i++) {
        int fd = connect_to(argv[2]);
        CHECK(send(fd, request, (size_t)len, MSG_NOSIGNAL) == len);
    }
    printf("ready\n");
    fflush(stdout);
    while (read(0, request, sizeof request) > 0) {}
    return 0;
}

// ------------------------------------------------------------------------------------------------

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static int latency(char **argv)
{
    static const char REQUEST[] = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    long count = atol(argv[3]);
    double *times = calloc((size_t)count, sizeof *times);
    CHECK(count > 0 && times != NULL);
    for (long i = 0; i < count; i++) {
        char piece[4096];
        double start = now_ms();
        int fd = connect_to(argv[2]);
        CHECK(send(fd, REQUEST, sizeof REQUEST - 1, MSG_NOSIGNAL) == sizeof REQUEST - 1);
        ssize_t first = read(fd, piece, sizeof piece);
        CHECK(first > 12 && memcmp(piece, "HTTP/1.1 200", 12) == 0);
        while (read(fd, piece, sizeof piece) > 0) {}
        close(fd);
        times[i] = now_ms() - start;
    }
    qsort(times, (size_t)count, sizeof *times, by_value);
    printf("%.2f %.2f\n", times[count / 2], times[count * 99 / 100]);
    free(times);
    return 0;
}

int main(int argc, char **argv)
{
    signal(SIGPIPE, SIG_IGN);
    if (argc >= 3 && strcmp(argv[1], "send") == 0) {
        return send_input(argc, argv);
    } else if (argc >= 4 && strcmp(argv[1], "slow") == 0) {
        return slow(argc, argv);
    } else if (argc == 5 && strcmp(argv[1], "deaf") == 0) {
        return deaf(argv);
    } else if (argc == 4 && strcmp(argv[1], "latency") == 0) {
        return latency(argv);
    }
    fprintf(stderr, "usage: testclient send|slow|deaf|latency PORT ...\n");
    return 2;
}
