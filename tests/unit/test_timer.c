// SPDX-License-Identifier: MIT
#include "unit.h"

#include "core/random.h"
#include "core/timer.h"

enum { MANY = 2000 };

struct fixture {
    struct bd_timer timer;
    struct bd_timers *timers;
    uint64_t deadline;
    int order;
    int *fired;
};

static void on_fire(struct bd_timer *timer)
{
    struct fixture *fixture = (struct fixture *)(void *)timer;
    fixture->order = (*fixture->fired)++;
}

static void test_fires_in_order_of_deadlines(void **state)
{
    static struct fixture fixtures[MANY];
    struct bd_timers timers = {0};
    struct bd_random random;
    int fired = 0;
    (void)state;
    bd_random_seed(&random, 1);
    for (int i = 0; i < MANY; i++) {
        fixtures[i] = (struct fixture){.timer = {.fire = on_fire},
                                       .deadline = bd_random_next(&random) % 500,
                                       .order = -1,
                                       .fired = &fired};
        bd_timers_add(&timers, &fixtures[i].timer, fixtures[i].deadline);
    }
    bd_timers_fire(&timers, 1000);
    assert_int_equal(fired, MANY);
    for (int i = 0; i < MANY; i++) {
        for (int k = i + 1; k < MANY; k += 37) {
            bool first = fixtures[i].deadline <= fixtures[k].deadline;
            assert_true(first == (fixtures[i].order < fixtures[k].order));
        }
    }
    bd_timers_free(&timers);
}

static void test_what_is_not_due_stays(void **state)
{
    struct bd_timers timers = {0};
    int fired = 0;
    struct fixture early = {.timer = {.fire = on_fire}, .fired = &fired};
    struct fixture late = {.timer = {.fire = on_fire}, .fired = &fired};
    uint64_t next = 0;
    (void)state;
    bd_timers_add(&timers, &late.timer, 20);
    bd_timers_add(&timers, &early.timer, 10);
    bd_timers_fire(&timers, 19);
    assert_int_equal(fired, 1);
    assert_true(bd_timers_next(&timers, &next));
    assert_int_equal(next, 20);
    bd_timers_free(&timers);
}

static void test_a_removed_timer_does_not_fire(void **state)
{
    static struct fixture fixtures[MANY];
    struct bd_timers timers = {0};
    struct bd_random random;
    int fired = 0;
    (void)state;
    bd_random_seed(&random, 2);
    for (int i = 0; i < MANY; i++) {
        fixtures[i] = (struct fixture){.timer = {.fire = on_fire}, .order = -1, .fired = &fired};
        bd_timers_add(&timers, &fixtures[i].timer, bd_random_next(&random) % 100);
    }
    for (int i = 0; i < MANY; i += 2) {
        bd_timers_remove(&timers, &fixtures[i].timer);
        bd_timers_remove(&timers, &fixtures[i].timer); // not armed any more: nothing happens
    }
    bd_timers_fire(&timers, 100);
    assert_int_equal(fired, MANY / 2);
    for (int i = 0; i < MANY; i++) {
        assert_true((fixtures[i].order >= 0) == (i % 2 == 1));
    }
    bd_timers_free(&timers);
}

static void rearm(struct bd_timer *timer)
{
    struct fixture *fixture = (struct fixture *)(void *)timer;
    (*fixture->fired)++;
    bd_timers_add(fixture->timers, timer, fixture->deadline + 10);
}

static void test_a_timer_may_arm_itself_again(void **state)
{
    struct bd_timers timers = {0};
    int fired = 0;
    struct fixture fixture = {
        .timer = {.fire = rearm}, .timers = &timers, .deadline = 10, .fired = &fired};
    uint64_t next = 0;
    (void)state;
    bd_timers_add(&timers, &fixture.timer, 10);
    bd_timers_fire(&timers, 10);
    assert_int_equal(fired, 1);
    assert_true(bd_timers_next(&timers, &next));
    assert_int_equal(next, 20);
    bd_timers_free(&timers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fires_in_order_of_deadlines),
        cmocka_unit_test(test_what_is_not_due_stays),
        cmocka_unit_test(test_a_removed_timer_does_not_fire),
        cmocka_unit_test(test_a_timer_may_arm_itself_again),
    };
    return RUN_TESTS(tests);
}
