// SPDX-License-Identifier: MIT
// Lua runs out of memory once, at each point of a call in turn: the call fails, and the next one works.
#include "unit.h"

#include "bindings/bindings.h"
#include "cli/sources.h"
#include "core/alloc.h"
#include "core/error.h"
#include "core/runtime.h"
#include "core/script.h"
#include "core/task.h"

// lua-cjson loses a buffer when Lua raises in it.
const char *__lsan_default_suppressions(void); // NOLINT: the sanitizer's name
const char *__lsan_default_suppressions(void)  // NOLINT
{
    return "leak:strbuf_new\n";
}

static struct {
    struct bd_runtime *rt;
    bool armed;
    size_t asked; // how often a task asked for memory since
    size_t refuse_at;
} memory;

// Refused twice: Lua collects its garbage and asks once more.
static void *allocate(void *data, void *block, size_t old_size, size_t new_size)
{
    bool more = new_size > (block != NULL ? old_size : 0);
    if (memory.armed && more && memory.rt->running != NULL) {
        memory.asked++;
        if (memory.asked == memory.refuse_at || memory.asked == memory.refuse_at + 1) {
            return NULL;
        }
    }
    return bd_alloc_lua(data, block, old_size, new_size);
}

static struct bd_task *run(struct bd_runtime *rt, const char *code)
{
    assert_int_equal(bd_script_load_text(rt->L, code, strlen(code), "=test"), LUA_OK);
    struct bd_task *task = bd_task_spawn(rt->L, 0);
    bd_runtime_run(rt, task);
    return task;
}

// Runs `before`, then `code` with one refusal, then `after`, which must end well. False when `code` ended
// before the refusal.
static bool survives(size_t refuse_at, const char *before, const char *code, const char *after)
{
    struct bd_options options = {
        .virtual_time = true, .wall_start = 1767225600, .seeded = true, .ignore_environment = true};
    struct bd_runtime *rt = bd_runtime_open(&options);
    lua_setallocf(rt->L, allocate, rt->memory);
    memory.rt = rt;
    bd_script_set_sources(rt, bd_sources);
    bd_script_open(rt->L);
    bd_bindings_open(rt);
    assert_int_equal(run(rt, before)->state, BD_TASK_DONE);
    memory.armed = true;
    memory.asked = 0;
    memory.refuse_at = refuse_at;
    (void)run(rt, code);
    memory.armed = false;
    struct bd_task *task = run(rt, after);
    if (task->state != BD_TASK_DONE) {
        print_message("refused at %zu: %s\n", refuse_at, bd_error_describe(task->co, -1));
    }
    assert_int_equal(task->state, BD_TASK_DONE);
    bd_runtime_close(rt, 0);
    return memory.asked >= refuse_at;
}

static void sweep(const char *before, const char *code, const char *after)
{
    size_t refuse_at = 1;
    while (survives(refuse_at, before, code, after)) {
        refuse_at++;
    }
    assert_true(refuse_at > 20); // it did ask for memory
}

static void test_a_call_with_its_token(void **state)
{
    (void)state;
    sweep("isograd = require 'beadle.isograd' "
          "pcall(isograd.list_available_tests, { no_such_parameter = 1 })", // makes the account
          "isograd.list_available_tests()", "isograd.list_available_tests()");
}

static void test_a_call_whose_token_is_refused(void **state)
{
    (void)state;
    sweep("isograd = require 'beadle.isograd' async = require 'beadle.async' "
          "pcall(isograd.list_available_tests, { no_such_parameter = 1 }) "
          "beadle.sandbox.isograd.fault { kind = 'status', status = 401, operation = "
          "'authenticate' }",
          "isograd.list_available_tests()",
          "pcall(isograd.list_available_tests) isograd.list_available_tests()");
}

static void test_a_request(void **state)
{
    (void)state;
    sweep("http = require 'beadle.http' url = 'https://app.isograd.com/none' http.get(url)",
          "http.post(url, { form = { a = 1, b = 'two' }, headers = { ['X-A'] = 'b' } })",
          "assert(http.get(url).status == 404)");
}

static void test_tasks_and_scopes(void **state)
{
    (void)state;
    sweep("async = require 'beadle.async'",
          "async.scope(function() async.map({ 1, 2 }, function() async.sleep(1) end) end) "
          "coroutine.wrap(function() async.sleep(1) end)()",
          "assert(#async.map({ 1, 2 }, function(x) async.sleep(1) return x end) == 2)");
}

static void test_signatures(void **state)
{
    (void)state;
    sweep("o, url = require 'beadle.lti.oauth1', 'https://tool.example.org/?a=1' "
          "request = { method = 'POST', url = url, lookup = function() return 's' end, "
          "nonces = require 'beadle.lti.nonces'.open {} }",
          "request.fields = o.sign_form { url = url, fields = { b = 2 }, key = 'k', secret = 's' } "
          "assert(o.verify(request)) "
          "pcall(o.verify, { method = 'POST', url = url, body = 'x', nonces = false, "
          "lookup = request.lookup, authorization = "
          "o.sign_body { url = url, body = 'x', key = 'k', secret = 's' } })",
          "request.fields = o.sign_form { url = url, fields = { b = 3 }, key = 'k', secret = 's' } "
          "assert(o.verify(request))");
}

static void test_tokens(void **state)
{
    (void)state;
    sweep("jwt, keys = require 'beadle.lti.jwt', require 'beadle.lti.keys' "
          "key = keys.load(beadle.fs.read 'tests/fixtures/lti/test_key.pem') "
          "now = math.floor(beadle.time.now()) "
          "claims = { iss = 'i', aud = 'a', exp = now + 9, iat = now, nonce = 'n' } "
          "function check(token) assert(jwt.verify(token, { keys = { keys = { key:jwk() } }, "
          "issuer = 'i', audience = 'a', nonce = 'n' })) end",
          "check(jwt.sign(claims, keys.load(key:pem())))", "check(jwt.sign(claims, key))");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_call_with_its_token),
        cmocka_unit_test(test_a_call_whose_token_is_refused),
        cmocka_unit_test(test_a_request),
        cmocka_unit_test(test_tasks_and_scopes),
        cmocka_unit_test(test_signatures),
        cmocka_unit_test(test_tokens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
