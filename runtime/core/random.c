// SPDX-License-Identifier: MIT
// SplitMix64 (Steele, Lea, Flood: "Fast Splittable Pseudorandom Number Generators").
#include "random.h"

#include <sys/random.h>

#include "check.h"

void bd_random_seed(struct bd_random *random, uint64_t seed)
{
    random->state = seed;
}

uint64_t bd_random_fresh_seed(void)
{
    uint64_t seed = 0;
    BD_CHECK(getrandom(&seed, sizeof seed, 0) == (ssize_t)sizeof seed);
    return seed;
}

uint64_t bd_random_next(struct bd_random *random)
{
    uint64_t z = random->state += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

double bd_random_unit(struct bd_random *random)
{
    return (double)(bd_random_next(random) >> 11) * 0x1.0p-53;
}
