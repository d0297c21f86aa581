// SPDX-License-Identifier: MIT
// How often a second this machine brings a page of a file to the disk, one after the other: what no journal can exceed.
// usage: sync FILE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { PAGE = 4096, PAGES = 1000, SECONDS = 2 };

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void write_page(int fd, long count)
{
    static const char page[PAGE];
    if (pwrite(fd, page, PAGE, (off_t)(count % PAGES) * PAGE) != PAGE || fdatasync(fd) != 0) {
        perror("sync");
        exit(1);
    }
}

int main(int argc, char **argv)
{
    int fd = argc == 2 ? open(argv[1], O_RDWR | O_CREAT | O_EXCL, 0600) : -1;
    if (fd < 0) {
        fprintf(stderr, "usage: sync FILE, which is not there yet\n");
        return 2;
    }
    long count = 0;
    for (int i = 0; i < PAGES; i++) { // a log is written over again and again, and so does not grow
        write_page(fd, i);
    }
    double begin = now();
    while (now() - begin < SECONDS) {
        write_page(fd, count++);
    }
    printf("%.0f\n", (double)count / (now() - begin));
    return unlink(argv[1]) == 0 ? 0 : 1;
}
