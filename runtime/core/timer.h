// SPDX-License-Identifier: MIT
// Many timers in one heap of 16-byte entries: a sleeping task costs an entry, not a libuv handle. The loop
// (loop.h) owns the heap and fires it.
#ifndef BD_TIMER_H
#define BD_TIMER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bd_timer {
    uint32_t slot; // place in the heap, counted from 1; 0: not armed
    void (*fire)(struct bd_timer *timer);
};

struct bd_timer_entry {
    uint64_t
        key; // deadline in ms << 20, the low bits an arming counter so that equal deadlines keep order
    struct bd_timer *timer;
};

// The last deadline: 557 years of running.
#define BD_TIMER_LAST ((UINT64_C(1) << 44) - 1)

struct bd_timers {
    struct bd_timer_entry *heap;
    uint32_t len;
    uint32_t cap;
    uint32_t armed_count;
};

// Arms a timer that is not armed. `deadline` in milliseconds of the loop's clock, below 2^44.
void bd_timers_add(struct bd_timers *timers, struct bd_timer *timer, uint64_t deadline);

// Takes a timer out; nothing happens when it is not armed.
void bd_timers_remove(struct bd_timers *timers, struct bd_timer *timer);

// The earliest deadline. False when no timer is armed.
bool bd_timers_next(const struct bd_timers *timers, uint64_t *deadline);

// Fires all timers due at `now`, in order. A timer is disarmed before its function runs.
void bd_timers_fire(struct bd_timers *timers, uint64_t now);

void bd_timers_free(struct bd_timers *timers);

#endif
