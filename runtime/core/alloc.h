// SPDX-License-Identifier: MIT
// The allocator of a Lua state. Lua says how large each block is that it gives back, so small blocks need
// no header: they come from free lists by size, the last one freed first. A call makes and drops some
// dozens of them; with malloc these were a tenth of its cost and 8 bytes each.
//
// With the sanitizers, and when BEADLE_ALLOCATOR=system is in the environment (for valgrind), every block
// comes from malloc.
#ifndef BD_ALLOC_H
#define BD_ALLOC_H

#include <stddef.h>

struct bd_alloc_state;

struct bd_alloc_state *bd_alloc_open(void);

// Frees everything; the Lua state must be closed.
void bd_alloc_close(struct bd_alloc_state *state);

// A lua_Alloc; `state` is its user data.
void *bd_alloc_lua(void *state, void *block, size_t old_size, size_t new_size);

#endif
