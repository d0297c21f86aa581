// SPDX-License-Identifier: MIT
// Runs a fuzzing target without a fuzzer, the same inputs every time: texts that are nearly right, made from
// seeds by a few random edits. Usage: PROGRAM COUNT
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/random.h"
#include "fuzz.h"

enum { LONGEST = 2048, MOST_EDITS = 6 };

static uint32_t below(struct bd_random *random, size_t limit)
{
    return (uint32_t)(bd_random_next(random) % limit);
}

static size_t edit(struct bd_random *random, uint8_t *input, size_t len)
{
    size_t at = below(random, len);
    switch (below(random, 4)) {
    case 0: // another byte
        input[at] = (uint8_t)fuzz_bytes.text[below(random, fuzz_bytes.len)];
        return len;
    case 1: // the rest is missing
        return at > 0 ? at : 1;
    case 2: // one byte more
        if (len < LONGEST) {
            memmove(input + at + 1, input + at, len - at);
            input[at] = (uint8_t)fuzz_bytes.text[below(random, fuzz_bytes.len)];
            return len + 1;
        }
        return len;
    default: // a part twice
        if (len + (len - at) <= LONGEST) {
            memcpy(input + len, input + at, len - at);
            return len + (len - at);
        }
        return len;
    }
}

int main(int argc, char **argv)
{
    long count = argc > 1 ? strtol(argv[1], NULL, 10) : 0;
    struct bd_random random;
    uint8_t input[LONGEST];
    size_t seeds = 0;
    while (fuzz_seeds[seeds].text != NULL) {
        seeds++;
    }
    bd_random_seed(&random, 1);
    for (long i = 0; i < count; i++) {
        const struct fuzz_seed *seed = &fuzz_seeds[(size_t)i % seeds];
        size_t len = seed->len < LONGEST ? seed->len : LONGEST;
        memcpy(input, seed->text, len);
        for (uint32_t edits = below(&random, MOST_EDITS); edits > 0; edits--) {
            len = edit(&random, input, len);
        }
        (void)LLVMFuzzerTestOneInput(input, len);
    }
    printf("%ld inputs\n", count);
    return count > 0 ? 0 : 2;
}
