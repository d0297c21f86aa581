// SPDX-License-Identifier: MIT
// What each fuzzing target gives, and what the replay without a fuzzer makes its inputs from.
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct fuzz_seed {
    const char *text;
    size_t len;
};
#define FUZZ_SEED(literal)           \
    {                                \
        literal, sizeof(literal) - 1 \
    }

extern const struct fuzz_seed fuzz_seeds[]; // up to one without text
extern const struct fuzz_seed fuzz_bytes;   // that edits choose from

#endif
