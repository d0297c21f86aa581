// SPDX-License-Identifier: MIT
// A runtime's life: every test opens one and closes it, which ends the process when a handle of the loop is
// left (bd_loop_close).
#include "unit.h"

#include <lauxlib.h>
#include <signal.h>
#include <unistd.h>

#include "bindings/bindings.h"
#include "cli/interrupt.h"
#include "cli/sources.h"
#include "core/runtime.h"
#include "core/script.h"
#include "core/task.h"

static struct bd_runtime *open_runtime(bool virtual_time)
{
    struct bd_options options = {
        .virtual_time = virtual_time, .wall_start = 1767225600, .seeded = true};
    struct bd_runtime *rt = bd_runtime_open(&options);
    bd_script_set_sources(rt, bd_sources);
    bd_script_open(rt->L);
    bd_bindings_open(rt);
    return rt;
}

static struct bd_task *spawn(struct bd_runtime *rt, const char *code)
{
    assert_int_equal(bd_script_load_text(rt->L, code, strlen(code), "=test"), LUA_OK);
    return bd_task_spawn(rt->L, 0); // its userdata stays on the stack
}

static struct bd_task *run(struct bd_runtime *rt, const char *code)
{
    struct bd_task *task = spawn(rt, code);
    bd_runtime_run(rt, task);
    return task;
}

static void test_opens_and_closes(void **state)
{
    (void)state;
    bd_runtime_close(open_runtime(false), 0);
    bd_runtime_close(open_runtime(true), 0);
}

static void test_a_task_gives_its_results(void **state)
{
    struct bd_runtime *rt = open_runtime(false);
    struct bd_task *task = run(rt, "return 1, 'two'");
    (void)state;
    assert_int_equal(task->state, BD_TASK_DONE);
    assert_int_equal(lua_tointeger(task->co, 1), 1);
    assert_string_equal(lua_tostring(task->co, 2), "two");
    assert_int_equal(rt->tasks_live, 0);
    bd_runtime_close(rt, 0);
}

static void test_closes_with_every_kind_of_work_in_flight(void **state)
{
    static const char *const CODES[] = {
        "beadle.async.sleep(1000)",
        "beadle.async.event():wait()",
        "beadle.async.spawn(beadle.async.sleep, 1000)",
        "beadle.async.scope(function() beadle.async.spawn(beadle.async.sleep, 1000) end)",
        "beadle.async.map({1, 2, 3}, {concurrency = 2}, function() beadle.async.sleep(1000) end)",
        "for x in coroutine.wrap(function() beadle.async.sleep(1000) end) do end",
        "beadle.sandbox.isograd.set { latency = 1000 } "
        "require('beadle.isograd').list_available_tests()",
        "local c <close> = setmetatable({}, {__close = function() beadle.async.sleep(1000) end}) "
        "beadle.async.sleep(1000)",
        "while true do pcall(beadle.async.sleep, 1000) end",
        "local task task = beadle.async.spawn(function() local c <close> = setmetatable({}, "
        "{__close = function() task:cancel() end}) while true do pcall(beadle.async.sleep, 1000) "
        "end end)",
        "coroutine.wrap(function() beadle.async.scope(function() "
        "beadle.async.spawn(beadle.async.sleep, 1000) coroutine.yield() end) end)()",
        "require('beadle.sandbox.native').serve { host = '127.0.0.1', port = 0 } "
        "beadle.async.sleep(1000)",
    };
    (void)state;
    for (size_t i = 0; i < sizeof CODES / sizeof *CODES; i++) {
        struct bd_runtime *rt = open_runtime(false);
        struct bd_task *task = spawn(rt, CODES[i]);
        for (int turn = 0; turn < 3; turn++) {
            bd_loop_ready(&rt->loop);
            (void)bd_loop_turn(&rt->loop);
        }
        assert_false(bd_task_ended(task));
        bd_runtime_close(rt, 10);
    }
}

static void test_a_swallowed_cancellation_does_not_keep_it_open(void **state)
{
    struct bd_runtime *rt = open_runtime(false);
    (void)spawn(rt, "while true do pcall(beadle.async.sleep, 0.001) end");
    (void)state;
    (void)bd_loop_turn(&rt->loop);
    uint64_t start = uv_hrtime();
    bd_runtime_close(rt, 50);
    assert_true(uv_hrtime() - start < UINT64_C(5000000000));
}

// The loop's clock stands still between turns; the time that tasks have left must not.
static void test_closes_in_time_after_work_that_took_long(void **state)
{
    struct bd_runtime *rt = open_runtime(false);
    (void)spawn(rt, "while true do pcall(beadle.async.sleep, 1000) end");
    (void)state;
    bd_loop_ready(&rt->loop);
    (void)bd_loop_turn(&rt->loop);
    (void)usleep(60000);
    bd_runtime_close(rt, 30);
}

static void test_close_runs_close_variables(void **state)
{
    struct bd_runtime *rt = open_runtime(false);
    struct bd_task *task = spawn(rt, "local c <close> = setmetatable({}, {__close = function() "
                                     "closed = true end}) beadle.async.sleep(1000)");
    (void)state;
    (void)bd_loop_turn(&rt->loop);
    bd_task_cancel(task, BD_WHY_CANCELLED);
    bd_runtime_run(rt, task);
    assert_int_equal(task->state, BD_TASK_FAILED);
    lua_getglobal(rt->L, "closed");
    assert_true(lua_toboolean(rt->L, -1));
    bd_runtime_close(rt, 0);
}

// The signal comes when no task runs, but one is about to: it never waits.
static void test_a_signal_between_tasks_ends_a_loop(void **state)
{
    static const char *const CODES[] = {
        "while true do end",
        "while true do pcall(function() while true do end end) end",
        "while true do pcall(coroutine.wrap(function() while true do end end)) end",
    };
    (void)state;
    for (size_t i = 0; i < sizeof CODES / sizeof *CODES; i++) {
        struct bd_runtime *rt = open_runtime(false);
        rt->main = spawn(rt, CODES[i]);
        bd_interrupt_install(rt);
        assert_int_equal(raise(SIGTERM), 0);
        bd_runtime_run(rt, rt->main);
        assert_int_equal(rt->main->state, BD_TASK_FAILED);
        assert_int_equal(bd_interrupt_signal(), SIGTERM);
        lua_sethook(rt->main->co, NULL, 0, 0);
        rt->main = NULL;
        bd_runtime_close(rt, 0);
    }
}

static void test_a_signal_leaves_time_to_clean_up(void **state)
{
    struct bd_runtime *rt = open_runtime(false);
    (void)state;
    rt->main = spawn(rt, "pcall(beadle.async.sleep, 1000) for i = 1, 1e6 do n = i end");
    (void)bd_loop_turn(&rt->loop);
    bd_interrupt_install(rt);
    assert_int_equal(raise(SIGTERM), 0);
    bd_runtime_run(rt, rt->main);
    assert_int_equal(rt->main->state, BD_TASK_DONE);
    rt->main = NULL;
    bd_runtime_close(rt, 0);
}

static void test_virtual_time_jumps(void **state)
{
    struct bd_runtime *rt = open_runtime(true);
    uint64_t start = uv_hrtime();
    struct bd_task *task = run(rt, "local t = beadle.time.now() beadle.async.sleep('3 days') "
                                   "return beadle.time.now() - t");
    (void)state;
    assert_int_equal(task->state, BD_TASK_DONE);
    assert_true(lua_tonumber(task->co, 1) == 3 * 86400);
    assert_true(uv_hrtime() - start < UINT64_C(10000000000));
    bd_runtime_close(rt, 0);
}

static void test_virtual_time_has_an_end(void **state)
{
    struct bd_runtime *rt = open_runtime(true);
    struct bd_task *task = run(rt, "for _ = 1, 8 do beadle.async.sleep('36600 days') end");
    (void)state;
    assert_int_equal(task->state, BD_TASK_DONE);
    bd_runtime_close(rt, 0);
}

static void test_what_nothing_can_wake_is_cancelled(void **state)
{
    struct bd_runtime *rt = open_runtime(false);
    struct bd_task *task = run(rt, "beadle.async.event():wait()");
    (void)state;
    assert_int_equal(task->state, BD_TASK_FAILED);
    lua_getfield(task->co, -1, "message");
    assert_string_equal(lua_tostring(task->co, -1),
                        "it waits for something that can no longer happen");
    bd_runtime_close(rt, 0);
}

static void test_a_cancelled_task_that_never_began_does_not_run(void **state)
{
    struct bd_runtime *rt = open_runtime(false);
    struct bd_task *task = spawn(rt, "ran = true");
    (void)state;
    bd_task_cancel(task, BD_WHY_CANCELLED);
    bd_runtime_run(rt, task);
    assert_int_equal(task->state, BD_TASK_FAILED);
    lua_getglobal(rt->L, "ran");
    assert_true(lua_isnil(rt->L, -1));
    bd_runtime_close(rt, 0);
}

static void test_cancelling_an_ended_task_does_nothing(void **state)
{
    struct bd_runtime *rt = open_runtime(false);
    struct bd_task *task = run(rt, "return 1");
    (void)state;
    bd_task_cancel(task, BD_WHY_CANCELLED);
    assert_int_equal(task->state, BD_TASK_DONE);
    bd_runtime_close(rt, 0);
}

static void test_two_runtimes_side_by_side(void **state)
{
    struct bd_runtime *one = open_runtime(false);
    struct bd_runtime *two = open_runtime(true);
    (void)state;
    lua_pushinteger(one->L, 1);
    lua_setglobal(one->L, "mine");
    struct bd_task *task = run(two, "return mine");
    assert_true(lua_isnil(task->co, 1));
    bd_runtime_close(one, 0);
    bd_runtime_close(two, 0);
}

static void test_memory_of_ended_tasks_is_collected(void **state)
{
    struct bd_runtime *rt = open_runtime(false);
    (void)state;
    (void)run(rt, "for i = 1, 1000 do beadle.async.spawn(function() end) end");
    (void)run(rt, "collectgarbage() before = collectgarbage('count') "
                  "beadle.async.scope(function() for i = 1, 10000 do "
                  "beadle.async.spawn(beadle.async.sleep, 0.001) end end) collectgarbage() "
                  "after = collectgarbage('count')");
    lua_getglobal(rt->L, "before");
    lua_getglobal(rt->L, "after");
    // The table of live tasks keeps its size; 10,000 coroutines would be some 10,000 KiB.
    assert_true(lua_tonumber(rt->L, -1) - lua_tonumber(rt->L, -2) < 1000);
    bd_runtime_close(rt, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_opens_and_closes),
        cmocka_unit_test(test_a_task_gives_its_results),
        cmocka_unit_test(test_closes_with_every_kind_of_work_in_flight),
        cmocka_unit_test(test_a_swallowed_cancellation_does_not_keep_it_open),
        cmocka_unit_test(test_closes_in_time_after_work_that_took_long),
        cmocka_unit_test(test_close_runs_close_variables),
        cmocka_unit_test(test_a_signal_between_tasks_ends_a_loop),
        cmocka_unit_test(test_a_signal_leaves_time_to_clean_up),
        cmocka_unit_test(test_virtual_time_jumps),
        cmocka_unit_test(test_virtual_time_has_an_end),
        cmocka_unit_test(test_what_nothing_can_wake_is_cancelled),
        cmocka_unit_test(test_a_cancelled_task_that_never_began_does_not_run),
        cmocka_unit_test(test_cancelling_an_ended_task_does_nothing),
        cmocka_unit_test(test_two_runtimes_side_by_side),
        cmocka_unit_test(test_memory_of_ended_tasks_is_collected),
    };
    return RUN_TESTS(tests);
}
