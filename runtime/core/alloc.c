// SPDX-License-Identifier: MIT
#include "alloc.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"

enum { STEP = 16, LARGEST = 512, CLASSES = LARGEST / STEP, SLAB = 64 * 1024 };

struct block {
    struct block *next;
};

// Slabs are chained through their first bytes.
struct slab {
    struct slab *next;
    char padding[STEP - sizeof(struct slab *)];
    char blocks[];
};

struct bd_alloc_state {
    bool plain;
    struct slab *slabs;
    char *fresh; // not yet given out, in the newest slab
    char *fresh_end;
    struct block *free[CLASSES];
};

#if defined(__SANITIZE_ADDRESS__)
enum { SANITIZED = 1 };
#else
enum { SANITIZED = 0 };
#endif

struct bd_alloc_state *bd_alloc_open(void)
{
    struct bd_alloc_state *state = bd_alloc(sizeof *state);
    const char *wanted = getenv("BEADLE_ALLOCATOR");
    state->plain = SANITIZED || (wanted != NULL && strcmp(wanted, "system") == 0);
    return state;
}

void bd_alloc_close(struct bd_alloc_state *state)
{
    while (state->slabs != NULL) {
        struct slab *slab = state->slabs;
        state->slabs = slab->next;
        free(slab);
    }
    free(state);
}

static size_t class_of(size_t size)
{
    return (size - 1) / STEP;
}

static void *take_fresh(struct bd_alloc_state *state, size_t size)
{
    if ((size_t)(state->fresh_end - state->fresh) < size) {
        // The rest of the old slab is lost: less than a block.
        struct slab *slab = malloc(SLAB);
        if (slab == NULL) {
            return NULL; // Lua collects and asks again
        }
        slab->next = state->slabs;
        state->slabs = slab;
        state->fresh = slab->blocks;
        state->fresh_end = (char *)slab + SLAB;
    }
    void *block = state->fresh;
    state->fresh += size;
    return block;
}

static void *take(struct bd_alloc_state *state, size_t size)
{
    if (size > LARGEST || state->plain) {
        return malloc(size);
    }
    size_t class = class_of(size);
    struct block *block = state->free[class];
    if (block == NULL) {
        return take_fresh(state, (class + 1) * STEP);
    }
    state->free[class] = block->next;
    return block;
}

static void give(struct bd_alloc_state *state, void *memory, size_t size)
{
    if (size > LARGEST || state->plain) {
        free(memory);
        return;
    }
    struct block *block = memory;
    size_t class = class_of(size);
    block->next = state->free[class];
    state->free[class] = block;
}

void *bd_alloc_lua(void *data, void *block, size_t old_size, size_t new_size)
{
    struct bd_alloc_state *state = data;
    if (block == NULL) {
        return new_size > 0 ? take(state, new_size) : NULL;
    }
    if (new_size == 0) {
        give(state, block, old_size);
        return NULL;
    }
    bool both_large = (old_size > LARGEST && new_size > LARGEST) || state->plain;
    if (both_large) {
        return realloc(block, new_size);
    }
    if (old_size <= LARGEST && new_size <= LARGEST && class_of(old_size) == class_of(new_size)) {
        return block;
    }
    void *moved = take(state, new_size);
    if (moved == NULL) {
        return NULL;
    }
    memcpy(moved, block, old_size < new_size ? old_size : new_size);
    give(state, block, old_size);
    return moved;
}
