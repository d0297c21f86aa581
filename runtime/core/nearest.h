// SPDX-License-Identifier: MIT
// "Did you mean": the known name closest to an unknown one.
#ifndef BD_NEAREST_H
#define BD_NEAREST_H

#include <stddef.h>

struct bd_nearest {
    const char *wanted;
    const char *best; // borrowed from the caller's candidates; NULL while nothing is close enough
    size_t best_distance;
};

// Start with wanted set and the rest zero, offer each known name, read `best`. Close enough means: at
// most a third of the longer name changed, counting inserted, dropped, changed and swapped neighbouring
// letters, upper and lower case alike. Names longer than 63 bytes are never close.
void bd_nearest_offer(struct bd_nearest *nearest, const char *known);

#endif
