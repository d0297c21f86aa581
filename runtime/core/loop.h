// SPDX-License-Identifier: MIT
// The event loop: libuv, the timer heap, and the one clock everybody reads. Time is real, or virtual: then
// it jumps to the next timer whenever nothing else is to be done, and a wait of three days takes no time.
#ifndef BD_LOOP_H
#define BD_LOOP_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "timer.h"

// What is called once, after the tasks that were ready have run.
struct bd_loop_hook {
    void (*call)(struct bd_loop_hook *hook);
    struct bd_loop_hook *next; // the loop's
    bool waiting;
};

struct bd_loop {
    uv_loop_t uv;
    uv_prepare_t
        prepare; // always active, so that one turn of uv_run happens whenever we ask for it
    uv_check_t check;
    uv_idle_t idle; // active while tasks are ready: the next poll must not block
    uv_timer_t timer;
    uv_timer_t alarm; // in real time, also when the loop's is virtual
    uv_async_t wake;
    struct bd_timers timers;
    uint64_t armed_for;  // deadline that `timer` stands at; UINT64_MAX: not armed
    unsigned io_pending; // transfers and servers that the outside world may wake us for
    bool virtual_time;
    uint64_t virtual_now;     // ms
    double wall_start;        // seconds since 1970 at virtual time 0
    bool alarmed;             // the alarm rang
    bool ready;               // somebody called bd_loop_ready and was not drained yet
    void (*drain)(void *arg); // runs what is ready; called in every turn, before and after the poll
    void *drain_arg;
    void (*on_wake)(void *arg);
    struct bd_loop_hook *hooks;
};

// `drain` and `on_wake` get `arg`. The loop must stay where it is in memory.
void bd_loop_open(struct bd_loop *loop, void (*drain)(void *), void (*on_wake)(void *), void *arg);

// Virtual time from now on, beginning at `wall_start` seconds since 1970. Only before the first timer.
void bd_loop_use_virtual_time(struct bd_loop *loop, double wall_start);

// What virtual time it is, without letting time pass: timers stay where they are. For tests that all begin alike.
void bd_loop_set_wall(struct bd_loop *loop, double wall);

uint64_t bd_loop_now(const struct bd_loop *loop);         // ms, monotonic, cached for one turn
void bd_loop_update_now(struct bd_loop *loop);            // after work that took long
int64_t bd_loop_microseconds(const struct bd_loop *loop); // exact, not cached; virtual time has ms
double bd_loop_wall(const struct bd_loop *loop);          // seconds since 1970

// Arms a timer `delay` ms from now, but no later than BD_TIMER_LAST. It never fires earlier.
void bd_loop_arm(struct bd_loop *loop, struct bd_timer *timer, uint64_t delay);
void bd_loop_disarm(struct bd_loop *loop, struct bd_timer *timer);

// Says that something waits for the drain function.
void bd_loop_ready(struct bd_loop *loop);

// Has the hook called after the tasks that run now, before the loop waits for anything. Nothing when it waits already.
void bd_loop_hook(struct bd_loop *loop, struct bd_loop_hook *hook);
void bd_loop_unhook(struct bd_loop *loop, struct bd_loop_hook *hook); // it may not wait

// Wakes the loop from a signal handler or another thread; on_wake then runs on the loop.
void bd_loop_wake(struct bd_loop *loop);

void bd_loop_io_begin(struct bd_loop *loop);
void bd_loop_io_end(struct bd_loop *loop);

// One turn: waits for the next event, unless something is ready. False, without waiting, when nothing is
// left that could ever happen.
bool bd_loop_turn(struct bd_loop *loop);

// Sets `alarmed` after so many milliseconds of real time, and ends the poll that then waits.
void bd_loop_set_alarm(struct bd_loop *loop, uint64_t delay);

// Closes the loop's own handles, lets all close callbacks run, and closes the loop. Every other handle
// must be closing already. Ends the process when a handle is still open after 100 turns, after naming it.
void bd_loop_close(struct bd_loop *loop);

#endif
