// SPDX-License-Identifier: MIT
// What cannot happen unless beadle itself is wrong ends the process at once, with the place.
#ifndef BD_CHECK_H
#define BD_CHECK_H

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#define BD_CHECK(condition)                                                              \
    do {                                                                                 \
        if (!(condition)) {                                                              \
            fprintf(stderr, "beadle: internal error at %s:%d: %s\n", __FILE__, __LINE__, \
                    #condition);                                                         \
            abort();                                                                     \
        }                                                                                \
    } while (0)

#define BD_COUNT(array) (sizeof(array) / sizeof((array)[0]))

// The structure that `member` is embedded in.
#define BD_OUTER(pointer, type, member) ((type *)(void *)((char *)(pointer)-offsetof(type, member)))

#endif
