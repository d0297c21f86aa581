// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <unistd.h>

#include "cli.h"

// A descriptor that is missing would go to the next file or socket that is opened, and what is printed with
// it.
static void fill_standard_descriptors(void)
{
    int fd = open("/dev/null", O_RDWR);
    while (fd >= 0 && fd <= STDERR_FILENO) {
        fd = open("/dev/null", O_RDWR);
    }
    if (fd > STDERR_FILENO) {
        (void)close(fd);
    }
}

int main(int argc, char **argv)
{
    fill_standard_descriptors();
    return bd_cli_main(argc, argv);
}
