// SPDX-License-Identifier: MIT
#include "timer.h"

#include <stdlib.h>

#include "buf.h"
#include "check.h"

enum { COUNTER_BITS = 20 };

static void put(struct bd_timers *timers, uint32_t index, struct bd_timer_entry entry)
{
    timers->heap[index] = entry;
    entry.timer->slot = index + 1;
}

static void sift_up(struct bd_timers *timers, uint32_t index, struct bd_timer_entry entry)
{
    while (index > 0) {
        uint32_t parent = (index - 1) / 2;
        if (timers->heap[parent].key <= entry.key) {
            break;
        }
        put(timers, index, timers->heap[parent]);
        index = parent;
    }
    put(timers, index, entry);
}

static void sift_down(struct bd_timers *timers, uint32_t index, struct bd_timer_entry entry)
{
    for (;;) {
        uint32_t child = 2 * index + 1;
        if (child >= timers->len) {
            break;
        }
        if (child + 1 < timers->len && timers->heap[child + 1].key < timers->heap[child].key) {
            child++;
        }
        if (timers->heap[child].key >= entry.key) {
            break;
        }
        put(timers, index, timers->heap[child]);
        index = child;
    }
    put(timers, index, entry);
}

static void grow(struct bd_timers *timers)
{
    if (timers->len < timers->cap) {
        return;
    }
    timers->cap = timers->cap ? timers->cap + timers->cap / 2 : 16;
    timers->heap = bd_realloc(timers->heap, timers->cap * sizeof *timers->heap);
}

void bd_timers_add(struct bd_timers *timers, struct bd_timer *timer, uint64_t deadline)
{
    BD_CHECK(timer->slot == 0);
    BD_CHECK(deadline <= BD_TIMER_LAST);
    grow(timers);
    uint64_t order = timers->armed_count++ & ((1U << COUNTER_BITS) - 1);
    struct bd_timer_entry entry = {.key = deadline << COUNTER_BITS | order, .timer = timer};
    sift_up(timers, timers->len++, entry);
}

void bd_timers_remove(struct bd_timers *timers, struct bd_timer *timer)
{
    if (timer->slot == 0) {
        return;
    }
    uint32_t index = timer->slot - 1;
    timer->slot = 0;
    struct bd_timer_entry last = timers->heap[--timers->len];
    if (index == timers->len) {
        return;
    }
    if (index > 0 && timers->heap[(index - 1) / 2].key > last.key) {
        sift_up(timers, index, last);
    } else {
        sift_down(timers, index, last);
    }
}

bool bd_timers_next(const struct bd_timers *timers, uint64_t *deadline)
{
    if (timers->len == 0) {
        return false;
    }
    *deadline = timers->heap[0].key >> COUNTER_BITS;
    return true;
}

void bd_timers_fire(struct bd_timers *timers, uint64_t now)
{
    uint64_t deadline;
    while (bd_timers_next(timers, &deadline) && deadline <= now) {
        struct bd_timer *timer = timers->heap[0].timer;
        bd_timers_remove(timers, timer);
        timer->fire(timer);
    }
}

void bd_timers_free(struct bd_timers *timers)
{
    free(timers->heap);
    *timers = (struct bd_timers){0};
}
