// SPDX-License-Identifier: MIT
// Measures beadle against the limit (limit.c): both do the same work against the same server, in turn, in
// one run; what is printed are ratios of medians. Usage: bench BEADLE LIMIT TESTSERVER SOURCE_FOLDER [ROUNDS]
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CHECK(condition)                                                              \
    do {                                                                              \
        if (!(condition)) {                                                           \
            fprintf(stderr, "bench: %s:%d: %s: %s\n", __FILE__, __LINE__, #condition, \
                    strerror(errno));                                                 \
            exit(1);                                                                  \
        }                                                                             \
    } while (0)

enum { ROUNDS_MOST = 200, WORDS = 12 };

struct tools {
    const char *beadle, *limit, *server, *source;
    char folder[64];
    int rounds;
    bool pinned;
};

struct server {
    pid_t pid;
    int port;
    int keep; // our end of its standard input: it ends when we do
};

struct sample {
    double cpu_ms, wall_ms;
    long peak_kib;
    char said[64];
};

static void pin(int cpu)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    (void)sched_setaffinity(0, sizeof set, &set);
}

static struct server start_server(const struct tools *tools, const char *cert, const char *key)
{
    struct server server = {0};
    int out[2], in[2];
    CHECK(pipe(out) == 0 && pipe(in) == 0);
    server.pid = fork();
    CHECK(server.pid >= 0);
    if (server.pid == 0) {
        dup2(in[0], 0);
        dup2(out[1], 1);
        close(in[1]);
        close(out[0]);
        if (tools->pinned) {
            pin(1);
        }
        if (cert != NULL) {
            execl(tools->server, "testserver", "--until-eof", "--tls", cert, key, (char *)NULL);
        } else {
            execl(tools->server, "testserver", "--until-eof", (char *)NULL);
        }
        _exit(127);
    }
    close(in[0]);
    close(out[1]);
    server.keep = in[1];
    FILE *said = fdopen(out[0], "r");
    CHECK(said != NULL && fscanf(said, "port %d", &server.port) == 1);
    fclose(said);
    return server;
}

static void stop_server(struct server *server)
{
    close(server->keep);
    kill(server->pid, SIGTERM);
    waitpid(server->pid, NULL, 0);
}

static double now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1000 + (double)now.tv_nsec / 1e6;
}

static struct sample run(const struct tools *tools, char *const words[])
{
    struct sample sample = {0};
    struct rusage usage;
    int out[2], status;
    CHECK(pipe(out) == 0);
    double start = now_ms();
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        dup2(out[1], 1);
        close(out[0]);
        if (tools->pinned) {
            pin(0);
        }
        execvp(words[0], words);
        _exit(127);
    }
    close(out[1]);
    ssize_t len = read(out[0], sample.said, sizeof sample.said - 1);
    sample.said[len > 0 ? len : 0] = '\0';
    sample.said[strcspn(sample.said, "\n")] = '\0';
    CHECK(wait4(pid, &status, 0, &usage) == pid);
    sample.wall_ms = now_ms() - start;
    close(out[0]);
    if (status != 0) {
        fprintf(stderr, "bench: %s failed with status %d\n", words[0], status);
        exit(1);
    }
    sample.cpu_ms = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000 +
                    (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1000;
    sample.peak_kib = usage.ru_maxrss;
    return sample;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static double median(double *values, int count)
{
    qsort(values, (size_t)count, sizeof *values, by_value);
    return count % 2 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

struct result {
    double cpu[2], wall[2], ratio; // limit, beadle; the median of the pairs' ratios
    long peak[2];
    char said[2][64];
};

static struct result compare(const struct tools *tools, char *const limit[], char *const beadle[],
                             int rounds)
{
    static double cpu[2][ROUNDS_MOST], wall[2][ROUNDS_MOST], ratio[ROUNDS_MOST];
    struct result result = {0};
    for (int round = -1; round < rounds; round++) { // the first is a warm-up
        for (int side = 0; side < 2; side++) {
            struct sample sample = run(tools, side == 0 ? limit : beadle);
            if (round >= 0) {
                cpu[side][round] = sample.cpu_ms;
                wall[side][round] = sample.wall_ms;
            }
            result.peak[side] =
                sample.peak_kib > result.peak[side] ? sample.peak_kib : result.peak[side];
            strcpy(result.said[side], sample.said);
        }
        if (round >= 0) {
            ratio[round] = cpu[1][round] / cpu[0][round];
        }
    }
    for (int side = 0; side < 2; side++) {
        result.cpu[side] = median(cpu[side], rounds);
        result.wall[side] = median(wall[side], rounds);
    }
    result.ratio = median(ratio, rounds);
    return result;
}

static void print_line(const char *what, const struct result *result, double aim)
{
    printf("%-44s %8.1f %8.1f   %5.2f   %5.2f   %4.1f %5.1f   %s\n", what, result->cpu[0],
           result->cpu[1], result->ratio, result->wall[1] / result->wall[0],
           (double)result->peak[0] / 1024, (double)result->peak[1] / 1024,
           aim == 0               ? ""
           : result->ratio <= aim ? "aim met"
                                  : "above the aim");
    fflush(stdout);
}

static void write_config(const struct tools *tools, const char *name, const char *base,
                         const char *auth, const char *ca_file, char *path, size_t size)
{
    snprintf(path, size, "%s/%s.conf.lua", tools->folder, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    CHECK(fd >= 0);
    dprintf(
        fd,
        "return { default = 'bench', profiles = { bench = { isograd = {\n"
        "  base_url = '%s', auth_url = '%s', client_id = 'bench', client_secret = 'bench-secret',\n"
        "  max_in_flight = 1000, %s%s%s\n} } } }\n",
        base, auth, ca_file ? "ca_file = '" : "", ca_file ? ca_file : "", ca_file ? "'" : "");
    close(fd);
}

struct work {
    const char *title, *kind, *script, *path, *count, *in_flight;
    double aim;
};

static void measure(const struct tools *tools, const struct work *work, const char *scheme,
                    int port, const char *ca_file)
{
    char base[128], auth[128], limit_url[128], config[128], script[512];
    snprintf(base, sizeof base, "%s://localhost:%d%s", scheme, port, work->path);
    snprintf(auth, sizeof auth, "%s://localhost:%d/oauth2/token", scheme, port);
    bool workflows = strcmp(work->kind, "workflows") == 0;
    snprintf(limit_url, sizeof limit_url, "%s://localhost:%d%s", scheme, port,
             workflows ? "" : work->path);
    snprintf(script, sizeof script, "%s/tests/bench/%s", tools->source, work->script);
    write_config(tools, work->kind, base, auth, ca_file, config, sizeof config);
    char *limit[WORDS] = {(char *)tools->limit, (char *)work->kind,      limit_url,
                          (char *)work->count,  (char *)work->in_flight, NULL};
    char *beadle[WORDS] = {(char *)tools->beadle,   "--config", config, script, (char *)work->count,
                           (char *)work->in_flight, NULL};
    if (ca_file != NULL) {
        setenv("BENCH_CA_FILE", ca_file, 1);
    }
    struct result result = compare(tools, limit, beadle, tools->rounds);
    unsetenv("BENCH_CA_FILE");
    if (strcmp(result.said[0], result.said[1]) != 0) {
        fprintf(stderr, "bench: %s: the two sides differ: %s and %s\n", work->title, result.said[0],
                result.said[1]);
        exit(1);
    }
    print_line(work->title, &result, work->aim);
}

static void measure_calls(const struct tools *tools)
{
    static const struct work WORKS[] = {
        {"20,000 form POSTs, 64 in flight", "post", "post.lua", "/json", "20000", "64", 1.3},
        {"20,000 form POSTs, 256 in flight", "post", "post.lua", "/json", "20000", "256", 1.3},
        {"5,000 POSTs one after the other", "post", "post.lua", "/json", "5000", "1", 1.3},
        {"2,000 workflows x 3 calls of 50 ms, 1,000 at once", "workflows", "workflows.lua",
         "/workflow/delay/50", "2000", "1000", 1.3},
    };
    struct server server = start_server(tools, NULL, NULL);
    for (size_t i = 0; i < sizeof WORKS / sizeof *WORKS; i++) {
        measure(tools, &WORKS[i], "http", server.port, NULL);
    }
    stop_server(&server);
}

static void measure_tls(const struct tools *tools)
{
    static const struct work WORK = {"20,000 form POSTs over TLS, 64 in flight",
                                     "post",
                                     "post.lua",
                                     "/json",
                                     "20000",
                                     "64",
                                     1.0};
    char cert[128], key[128], command[512];
    snprintf(cert, sizeof cert, "%s/cert.pem", tools->folder);
    snprintf(key, sizeof key, "%s/key.pem", tools->folder);
    snprintf(command, sizeof command,
             "openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=localhost "
             "-addext subjectAltName=DNS:localhost -keyout %s -out %s 2>/dev/null",
             key, cert);
    if (system(command) != 0) {
        puts("(no TLS figures: openssl is not installed)");
        return;
    }
    struct server server = start_server(tools, cert, key);
    measure(tools, &WORK, "https", server.port, cert);
    stop_server(&server);
}

static void measure_sleepers(const struct tools *tools)
{
    char script[512];
    snprintf(script, sizeof script, "%s/tests/bench/sleep.lua", tools->source);
    char *limit[WORDS] = {(char *)tools->limit, "sleep", "100000", NULL};
    char *beadle[WORDS] = {(char *)tools->beadle, script, "100000", NULL};
    struct result result = compare(tools, limit, beadle, 3);
    double bytes = atof(result.said[1]);
    printf("%-44s %8s %8.0f   (a libuv timer alone: %s)   %s\n",
           "100,000 sleeping tasks, bytes each", "", bytes, result.said[0],
           bytes <= 1536 ? "aim met" : "above the aim of 1,536");
}

static void measure_start(const struct tools *tools)
{
    char *lua[WORDS] = {"lua5.4", "-e", "", NULL};
    char *beadle[WORDS] = {(char *)tools->beadle, "-e", "", NULL};
    struct result result = compare(tools, lua, beadle, 100);
    double more = result.wall[1] - result.wall[0];
    printf("%-44s %8.2f %8.2f   %+.2f ms   %s\n", "start of an empty script, ms (lua5.4, beadle)",
           result.wall[0], result.wall[1], more, more <= 2 ? "aim met" : "above the aim of +2");
}

int main(int argc, char **argv)
{
    struct tools tools = {.rounds = argc > 5 ? atoi(argv[5]) : 5};
    CHECK(argc >= 5 && tools.rounds > 0 && tools.rounds <= ROUNDS_MOST);
    tools.beadle = argv[1];
    tools.limit = argv[2];
    tools.server = argv[3];
    tools.source = argv[4];
    tools.pinned = sysconf(_SC_NPROCESSORS_ONLN) > 1;
    strcpy(tools.folder, "/tmp/beadle-bench-XXXXXX");
    CHECK(mkdtemp(tools.folder) != NULL);
    signal(SIGPIPE, SIG_IGN);
    printf("Medians of %d runs of each side in turn%s. Client CPU in ms, ratio of CPU, ratio of "
           "time,\n"
           "peak memory in MiB. The limit is the same work in C on libcurl and libuv, without "
           "Lua.\n\n",
           tools.rounds, tools.pinned ? ", client and server on a core each" : "");
    printf("%-44s %8s %8s   %5s   %5s   %4s %5s\n", "", "limit", "beadle", "cpu", "time", "MiB",
           "");
    measure_calls(&tools);
    measure_tls(&tools);
    measure_sleepers(&tools);
    measure_start(&tools);
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", tools.folder);
    return system(command) == 0 ? 0 : 1;
}
