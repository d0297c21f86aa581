// SPDX-License-Identifier: MIT
// A name look-up that takes for ever: libcurl does it in a thread that cannot be stopped. Neither a time limit
// nor a cancellation nor the end of the program waits for it.
#include "unit.h"

#include <dlfcn.h>
#include <lauxlib.h>
#include <netdb.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "bindings/bindings.h"
#include "cli/sources.h"
#include "core/runtime.h"
#include "core/script.h"
#include "core/task.h"

static atomic_int looking_up;
static atomic_bool released;

static void nap(void)
{
    const struct timespec short_while = {.tv_nsec = 1000000};
    (void)nanosleep(&short_while, NULL);
}

// Stands before the C library's: the program's symbols come first.
int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
                struct addrinfo **result)
{
    int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **) = NULL;
    if (node == NULL || strcmp(node, "slow.test") != 0) {
        *(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
        return real(node, service, hints, result);
    }
    looking_up++;
    while (!released) {
        nap();
    }
    looking_up--;
    return EAI_NONAME;
}

static char config[] = "/tmp/beadle-test-XXXXXX";

// In the sandbox nothing would be looked up.
static struct bd_runtime *open_runtime(void)
{
    struct bd_options options = {.seeded = true, .config_file = config};
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

static double seconds(void)
{
    struct timespec now;
    assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &now), 0);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void run_until_looking_up(struct bd_runtime *rt)
{
    double begun = seconds();
    while (looking_up == 0) {
        assert_true(seconds() - begun < 30);
        bd_loop_ready(&rt->loop);
        (void)bd_loop_turn(&rt->loop);
    }
}

static int set_up(void **state)
{
    (void)state;
    released = false;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    released = true;
    while (looking_up > 0) {
        nap();
    }
    return 0;
}

static const char POST[] =
    "local ok, err = pcall(require('beadle.http').post, 'https://slow.test/', { timeout = ... })\n"
    "return err.kind, err.outcome, err.message";

static void test_a_time_limit_ends_it(void **state)
{
    struct bd_runtime *rt = open_runtime();
    (void)state;
    assert_int_equal(bd_script_load_text(rt->L, POST, strlen(POST), "=test"), LUA_OK);
    lua_pushliteral(rt->L, "200 ms");
    struct bd_task *task = bd_task_spawn(rt->L, 1);
    double begun = seconds();
    bd_runtime_run(rt, task);
    assert_true(seconds() - begun < 10);
    assert_int_equal(looking_up, 1);
    assert_string_equal(lua_tostring(task->co, 1), "timeout");
    assert_string_equal(lua_tostring(task->co, 2), "none");
    bd_runtime_close(rt, 0);
}

static void test_a_cancellation_ends_it(void **state)
{
    struct bd_runtime *rt = open_runtime();
    (void)state;
    struct bd_task *task = spawn(rt, POST);
    run_until_looking_up(rt);
    double begun = seconds();
    bd_task_cancel(task, BD_WHY_CANCELLED);
    bd_runtime_run(rt, task);
    bd_runtime_close(rt, 0);
    assert_true(seconds() - begun < 10);
    assert_int_equal(looking_up, 1);
}

static void test_a_cancelled_one_was_not_sent(void **state)
{
    struct bd_runtime *rt = open_runtime();
    (void)state;
    struct bd_task *task = spawn(rt, POST);
    run_until_looking_up(rt);
    bd_task_cancel(task, BD_WHY_CANCELLED);
    bd_runtime_run(rt, task);
    assert_string_equal(lua_tostring(task->co, 1), "cancelled");
    assert_string_equal(lua_tostring(task->co, 2), "none");
    bd_runtime_close(rt, 0);
}

static void test_the_program_ends_meanwhile(void **state)
{
    struct bd_runtime *rt = open_runtime();
    (void)state;
    (void)spawn(rt, "while true do pcall(require('beadle.http').get, 'https://slow.test/') end");
    run_until_looking_up(rt);
    double begun = seconds();
    bd_runtime_close(rt, 50);
    assert_true(seconds() - begun < 10);
    assert_true(looking_up >= 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_time_limit_ends_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_cancellation_ends_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_cancelled_one_was_not_sent, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_the_program_ends_meanwhile, set_up, tear_down),
    };
    static const char CONFIG[] = "return { default = 'real', profiles = { real = {} } }\n";
    int fd = mkstemp(config);
    if (fd < 0 || write(fd, CONFIG, sizeof CONFIG - 1) != (ssize_t)(sizeof CONFIG - 1) ||
        close(fd) != 0) {
        return 1;
    }
    int failed = RUN_TESTS(tests);
    (void)unlink(config);
    return failed;
}
