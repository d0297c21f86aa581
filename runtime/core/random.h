// SPDX-License-Identifier: MIT
// Random choices of one run: jitter, generated ids of the sandbox. With a seed the sequence is always the
// same. Not for keys or nonces.
#ifndef BD_RANDOM_H
#define BD_RANDOM_H

#include <stdint.h>

struct bd_random {
    uint64_t state;
};

void bd_random_seed(struct bd_random *random, uint64_t seed);
uint64_t bd_random_fresh_seed(void); // from the operating system

uint64_t bd_random_next(struct bd_random *random);
double bd_random_unit(struct bd_random *random); // 0 <= x < 1

#endif
