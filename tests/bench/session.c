// SPDX-License-Identifier: MIT
// How long a person waits for a session: from its start to the prompt on a terminal, and for Tab. Usage:
// session BEADLE SOURCE_FOLDER [ROUNDS]
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ROUNDS_MOST = 200, START_AIM_MS = 50, TAB_AIM_MS = 20 };

static double now_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static int compare(const void *a, const void *b)
{
    double left = *(const double *)a;
    double right = *(const double *)b;
    return left < right ? -1 : left > right;
}

// From the start of the program to its prompt; < 0: there was none.
static double start_once(const char *beadle)
{
    struct winsize size = {.ws_col = 80, .ws_row = 24};
    char text[8192];
    size_t len = 0;
    int fd;
    double begun = now_ms();
    pid_t pid = forkpty(&fd, NULL, NULL, &size);
    if (pid == 0) {
        (void)setenv("TERM", "xterm", 1);
        (void)execl(beadle, beadle, "repl", (char *)NULL);
        _exit(127);
    }
    double took = -1;
    ssize_t count;
    while (took < 0 && len < sizeof text - 1 &&
           (count = read(fd, text + len, sizeof text - 1 - len)) > 0) {
        len += (size_t)count;
        text[len] = '\0';
        took = strstr(text, "sandbox> ") != NULL ? now_ms() - begun : -1;
    }
    (void)kill(pid, SIGKILL);
    (void)waitpid(pid, NULL, 0);
    (void)close(fd);
    return took;
}

static const char *verdict(double ms, double aim)
{
    return ms <= aim ? "aim met" : "above the aim";
}

static int measure_start(const char *beadle, int rounds)
{
    double times[ROUNDS_MOST];
    for (int i = 0; i < rounds; i++) {
        times[i] = start_once(beadle);
        if (times[i] < 0) {
            fputs("bench: there was no prompt\n", stderr);
            return 1;
        }
    }
    qsort(times, (size_t)rounds, sizeof *times, compare);
    printf("%-44s %8.1f   %s (%d ms)\n", "a session, from start to prompt, ms", times[rounds / 2],
           verdict(times[rounds / 2], START_AIM_MS), START_AIM_MS);
    return 0;
}

static int measure_tab(const char *beadle, const char *source)
{
    char command[1024];
    double first;
    double worst;
    double median;
    int answers;
    (void)snprintf(command, sizeof command, "'%s' '%s/tests/bench/complete.lua' 2>/dev/null",
                   beadle, source);
    FILE *out = popen(command, "r");
    int fields = out != NULL ? fscanf(out, "%lf %lf %lf %d", &first, &worst, &median, &answers) : 0;
    if (out == NULL || pclose(out) != 0 || fields != 4) {
        fputs("bench: completion could not be measured\n", stderr);
        return 1;
    }
    printf("%-44s %8.1f   the first; median %.2f of %d\n", "Tab with all vendors, ms", first,
           median, answers);
    printf("%-44s %8.1f   %s (%d ms)\n", "the slowest of them", worst, verdict(worst, TAB_AIM_MS),
           TAB_AIM_MS);
    return 0;
}

int main(int argc, char **argv)
{
    int rounds = argc > 3 ? atoi(argv[3]) : 21;
    if (argc < 3 || rounds < 1 || rounds > ROUNDS_MOST) {
        fputs("usage: session BEADLE SOURCE_FOLDER [ROUNDS]\n", stderr);
        return 2;
    }
    int failed = measure_start(argv[1], rounds);
    return measure_tab(argv[1], argv[2]) || failed;
}
