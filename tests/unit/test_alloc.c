// SPDX-License-Identifier: MIT
#include "unit.h"

#include <stdlib.h>

#include "core/alloc.h"
#include "core/random.h"

enum { BLOCKS = 500, ROUNDS = 20000, LARGEST = 2000 };

struct block {
    unsigned char *memory;
    size_t size;
    unsigned char mark;
};

static void check_content(const struct block *block, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        assert_int_equal(block->memory[i], block->mark);
    }
}

// Blocks of all sizes that grow, shrink and go keep what was written into them.
static void test_blocks_keep_their_content(void **state)
{
    static struct block blocks[BLOCKS];
    struct bd_alloc_state *alloc = bd_alloc_open();
    struct bd_random random;
    (void)state;
    bd_random_seed(&random, 3);
    for (int round = 0; round < ROUNDS; round++) {
        struct block *block = &blocks[bd_random_next(&random) % BLOCKS];
        size_t size = bd_random_next(&random) % LARGEST;
        size_t kept = size < block->size ? size : block->size;
        block->memory = bd_alloc_lua(alloc, block->memory, block->size, size);
        assert_true((size == 0) == (block->memory == NULL));
        check_content(block, kept);
        block->size = size;
        block->mark = (unsigned char)round;
        if (size > 0) {
            memset(block->memory, block->mark, size);
        }
    }
    for (int i = 0; i < BLOCKS; i++) {
        check_content(&blocks[i], blocks[i].size);
        (void)bd_alloc_lua(alloc, blocks[i].memory, blocks[i].size, 0);
    }
    bd_alloc_close(alloc);
}

static void test_blocks_are_aligned(void **state)
{
    struct bd_alloc_state *alloc = bd_alloc_open();
    (void)state;
    for (size_t size = 1; size <= 600; size++) {
        void *memory = bd_alloc_lua(alloc, NULL, 0, size);
        assert_int_equal((uintptr_t)memory % 16, 0);
        (void)bd_alloc_lua(alloc, memory, size, 0);
    }
    bd_alloc_close(alloc);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_blocks_keep_their_content),
        cmocka_unit_test(test_blocks_are_aligned),
    };
    return RUN_TESTS(tests);
}
