// SPDX-License-Identifier: MIT
// Runs a fuzzing target without a fuzzer, the same inputs every time: texts that are nearly right, made from
// seeds by a few random edits. Usage: PROGRAM COUNT
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/random.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LONGEST = 512, MOST_EDITS = 6 };

// The first byte is the flags.
static const char *const SEEDS[] = {
    "\1{\"res\":true,\"can_id\":123,\"err_cod\":0,\"err_msg\":\"\"}",
    "\2[1,-0,1.5e300,9007199254740993,18446744073709551616,1E400,-1e-7]",
    "\4{\"a\":{\"a\":[[[]]],\"b\":{}},\"c\":null,\"d\":[null,false]}",
    "\3\"\\u00e9\\ud83d\\ude00\\n\\/ \xc3\xa9 \xf0\x9f\x98\x80\"",
    "\7{\"NaN\":NaN,\"i\":-Infinity,\"x\":\"\\u0000\"}",
    "\0 { \"res\" : \"1\" , \"res\" : 2 } \t\r\n",
};

static const char TOKENS[] = "{}[]:,\"\\/0123456789+-.eEntfu \t\n\xc3\xa9\xff";

static uint32_t below(struct bd_random *random, size_t limit)
{
    return (uint32_t)(bd_random_next(random) % limit);
}

static size_t edit(struct bd_random *random, uint8_t *input, size_t len)
{
    size_t at = below(random, len);
    switch (below(random, 4)) {
    case 0: // another byte
        input[at] = (uint8_t)TOKENS[below(random, sizeof TOKENS)];
        return len;
    case 1: // the rest is missing
        return at > 0 ? at : 1;
    case 2: // one byte more
        if (len < LONGEST) {
            memmove(input + at + 1, input + at, len - at);
            input[at] = (uint8_t)TOKENS[below(random, sizeof TOKENS)];
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
    bd_random_seed(&random, 1);
    for (long i = 0; i < count; i++) {
        const char *seed = SEEDS[(size_t)i % (sizeof SEEDS / sizeof *SEEDS)];
        size_t len = strlen(seed + 1) + 1; // the flags may be zero
        memcpy(input, seed, len);
        for (uint32_t edits = below(&random, MOST_EDITS); edits > 0; edits--) {
            len = edit(&random, input, len);
        }
        (void)LLVMFuzzerTestOneInput(input, len);
    }
    printf("%ld inputs\n", count);
    return count > 0 ? 0 : 2;
}
