// SPDX-License-Identifier: MIT
#include "loop.h"

#include <time.h>

#include "check.h"

enum { CLOSE_TURNS = 100 };

// What becomes ready while this runs waits for the next half turn, so that nobody starves the poll.
static void run_ready(struct bd_loop *loop)
{
    if (!loop->ready) {
        return;
    }
    loop->ready = false;
    BD_CHECK(uv_idle_stop(&loop->idle) == 0);
    loop->drain(loop->drain_arg);
}

static void call_hooks(struct bd_loop *loop)
{
    while (loop->hooks != NULL) {
        struct bd_loop_hook *hook = loop->hooks;
        bd_loop_unhook(loop, hook);
        hook->call(hook);
    }
}

static void on_prepare(uv_prepare_t *prepare)
{
    run_ready(prepare->data);
    call_hooks(prepare->data);
}

static void on_check(uv_check_t *check)
{
    run_ready(check->data);
    call_hooks(check->data);
}

// Does nothing: an active idle handle is what keeps the poll from blocking.
static void on_idle(uv_idle_t *idle)
{
    (void)idle;
}

static void arm_uv_timer(struct bd_loop *loop);

static void on_timer(uv_timer_t *timer)
{
    struct bd_loop *loop = timer->data;
    loop->armed_for = UINT64_MAX;
    bd_timers_fire(&loop->timers, bd_loop_now(loop));
    arm_uv_timer(loop);
}

static void arm_uv_timer(struct bd_loop *loop)
{
    uint64_t deadline;
    if (loop->virtual_time || !bd_timers_next(&loop->timers, &deadline) ||
        deadline >= loop->armed_for) {
        return;
    }
    uint64_t now = uv_now(&loop->uv);
    BD_CHECK(uv_timer_start(&loop->timer, on_timer, deadline > now ? deadline - now : 0, 0) == 0);
    loop->armed_for = deadline;
}

static void on_alarm(uv_timer_t *alarm)
{
    struct bd_loop *loop = alarm->data;
    loop->alarmed = true;
}

static void on_async(uv_async_t *async)
{
    struct bd_loop *loop = async->data;
    loop->on_wake(loop->drain_arg);
}

void bd_loop_open(struct bd_loop *loop, void (*drain)(void *), void (*on_wake)(void *), void *arg)
{
    *loop = (struct bd_loop){
        .armed_for = UINT64_MAX, .drain = drain, .drain_arg = arg, .on_wake = on_wake};
    BD_CHECK(uv_loop_init(&loop->uv) == 0);
    BD_CHECK(uv_prepare_init(&loop->uv, &loop->prepare) == 0);
    BD_CHECK(uv_check_init(&loop->uv, &loop->check) == 0);
    BD_CHECK(uv_idle_init(&loop->uv, &loop->idle) == 0);
    BD_CHECK(uv_timer_init(&loop->uv, &loop->timer) == 0);
    BD_CHECK(uv_timer_init(&loop->uv, &loop->alarm) == 0);
    BD_CHECK(uv_async_init(&loop->uv, &loop->wake, on_async) == 0);
    loop->prepare.data = loop->check.data = loop->idle.data = loop;
    loop->timer.data = loop->alarm.data = loop->wake.data = loop;
    BD_CHECK(uv_prepare_start(&loop->prepare, on_prepare) == 0);
    BD_CHECK(uv_check_start(&loop->check, on_check) == 0);
}

void bd_loop_use_virtual_time(struct bd_loop *loop, double wall_start)
{
    BD_CHECK(loop->timers.len == 0);
    loop->virtual_time = true;
    loop->virtual_now = 0;
    loop->wall_start = wall_start;
}

void bd_loop_set_wall(struct bd_loop *loop, double wall)
{
    BD_CHECK(loop->virtual_time);
    loop->wall_start = wall - (double)loop->virtual_now / 1000.0;
}

uint64_t bd_loop_now(const struct bd_loop *loop)
{
    return loop->virtual_time ? loop->virtual_now : uv_now(&loop->uv);
}

void bd_loop_update_now(struct bd_loop *loop)
{
    uv_update_time(&loop->uv);
}

int64_t bd_loop_microseconds(const struct bd_loop *loop)
{
    return (int64_t)(loop->virtual_time ? loop->virtual_now * 1000 : uv_hrtime() / 1000);
}

double bd_loop_wall(const struct bd_loop *loop)
{
    if (loop->virtual_time) {
        return loop->wall_start + (double)loop->virtual_now / 1000.0;
    }
    struct timespec now;
    BD_CHECK(clock_gettime(CLOCK_REALTIME, &now) == 0);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

// The loop's clock stands still during a turn and leaves out the part of a millisecond, so a delay counted from
// what it shows would be over early: before the time that a server asked for, for one.
static uint64_t begin_of_delay(const struct bd_loop *loop, uint64_t delay)
{
    static const uint64_t NS_PER_MS = 1000000;
    if (loop->virtual_time || delay == 0) {
        return bd_loop_now(loop);
    }
    return (uv_hrtime() + NS_PER_MS - 1) / NS_PER_MS;
}

void bd_loop_arm(struct bd_loop *loop, struct bd_timer *timer, uint64_t delay)
{
    uint64_t begin = begin_of_delay(loop, delay);
    bd_timers_add(&loop->timers, timer,
                  delay < BD_TIMER_LAST - begin ? begin + delay : BD_TIMER_LAST);
    arm_uv_timer(loop);
}

void bd_loop_disarm(struct bd_loop *loop, struct bd_timer *timer)
{
    bd_timers_remove(&loop->timers, timer);
}

void bd_loop_ready(struct bd_loop *loop)
{
    if (!loop->ready) {
        loop->ready = true;
        BD_CHECK(uv_idle_start(&loop->idle, on_idle) == 0);
    }
}

void bd_loop_set_alarm(struct bd_loop *loop, uint64_t delay)
{
    loop->alarmed = false;
    uv_update_time(&loop->uv);
    BD_CHECK(uv_timer_start(&loop->alarm, on_alarm, delay, 0) == 0);
}

void bd_loop_hook(struct bd_loop *loop, struct bd_loop_hook *hook)
{
    if (!hook->waiting) {
        hook->waiting = true;
        hook->next = loop->hooks;
        loop->hooks = hook;
    }
}

void bd_loop_unhook(struct bd_loop *loop, struct bd_loop_hook *hook)
{
    struct bd_loop_hook **at = &loop->hooks;
    while (*at != NULL && *at != hook) {
        at = &(*at)->next;
    }
    if (*at == hook) {
        *at = hook->next;
    }
    hook->waiting = false;
}

void bd_loop_wake(struct bd_loop *loop)
{
    (void)uv_async_send(&loop->wake);
}

void bd_loop_io_begin(struct bd_loop *loop)
{
    loop->io_pending++;
}

void bd_loop_io_end(struct bd_loop *loop)
{
    BD_CHECK(loop->io_pending > 0);
    loop->io_pending--;
}

static bool jump_to_next_timer(struct bd_loop *loop)
{
    uint64_t deadline;
    if (!bd_timers_next(&loop->timers, &deadline)) {
        return false;
    }
    if (deadline > loop->virtual_now) {
        loop->virtual_now = deadline;
    }
    bd_timers_fire(&loop->timers, loop->virtual_now);
    return true;
}

bool bd_loop_turn(struct bd_loop *loop)
{
    if (!loop->ready && loop->io_pending == 0) {
        bool timer_left = loop->virtual_time ? jump_to_next_timer(loop) : loop->timers.len > 0;
        if (!timer_left) {
            return false;
        }
        if (loop->virtual_time) {
            uv_run(&loop->uv, UV_RUN_NOWAIT);
            return true;
        }
    }
    uv_run(&loop->uv, UV_RUN_ONCE);
    return true;
}

static void close_walked(uv_handle_t *handle, void *arg)
{
    (void)arg;
    fprintf(stderr, "beadle: internal error: handle left open: %s%s\n",
            uv_handle_type_name(handle->type), uv_is_closing(handle) ? " (closing)" : "");
}

void bd_loop_close(struct bd_loop *loop)
{
    uv_close((uv_handle_t *)&loop->prepare, NULL);
    uv_close((uv_handle_t *)&loop->check, NULL);
    uv_close((uv_handle_t *)&loop->idle, NULL);
    uv_close((uv_handle_t *)&loop->timer, NULL);
    uv_close((uv_handle_t *)&loop->alarm, NULL);
    uv_close((uv_handle_t *)&loop->wake, NULL);
    for (int turn = 0; turn < CLOSE_TURNS && uv_loop_alive(&loop->uv); turn++) {
        uv_run(&loop->uv, UV_RUN_NOWAIT);
    }
    int status = uv_loop_close(&loop->uv);
    if (status != 0) {
        uv_walk(&loop->uv, close_walked, NULL);
    }
    BD_CHECK(status == 0);
    bd_timers_free(&loop->timers);
}
