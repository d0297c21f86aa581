// SPDX-License-Identifier: MIT
#include "request.h"

#include "check.h"
#include "error.h"
#include "head.h"
#include "log.h"
#include "runtime.h"

// The waits are those of the AWS SDKs' standard mode: full jitter, and a bucket that retries pay from.
const unsigned bd_request_attempts = 3;
static const double FIRST_WAIT_S = 0.5;
static const double LONGEST_WAIT_S = 20;
static const uint64_t LONGEST_RETRY_AFTER_MS = 120000;
static const double TOKENS_RETRY = 5;
static const double TOKENS_TIMEOUT = 10;
static const double TOKENS_SUCCESS = 1;
static const unsigned FAILURES_SPARED = 5; // as stdlib/breaker.lua

enum state { ENTERING, SENT, BACKING_OFF };

const char *bd_outcome_name(enum bd_outcome outcome)
{
    static const char *const NAMES[] = {"none", "done", "unknown"};
    return NAMES[outcome];
}

enum bd_outcome bd_exchange_outcome(const struct bd_exchange *exchange)
{
    if (exchange->fault != BD_FAULT_NONE || exchange->status == 0) {
        return exchange->sent ? BD_OUTCOME_UNKNOWN : BD_OUTCOME_NONE;
    }
    if (exchange->mail != NULL) { // a refusal of SMTP is final: the server has not taken the mail
        return exchange->status < 400 ? BD_OUTCOME_DONE : BD_OUTCOME_NONE;
    }
    if (exchange->status >= 500) {
        return BD_OUTCOME_UNKNOWN;
    }
    return exchange->status >= 400 ? BD_OUTCOME_NONE : BD_OUTCOME_DONE;
}

enum bd_outcome bd_request_outcome(const struct bd_request *request)
{
    if (request->interrupted) {
        return request->maybe_done ? BD_OUTCOME_UNKNOWN : BD_OUTCOME_NONE;
    }
    enum bd_outcome last = bd_exchange_outcome(&request->exchange);
    return last == BD_OUTCOME_NONE && request->maybe_done ? BD_OUTCOME_UNKNOWN : last;
}

static bool is_passing(const struct bd_exchange *exchange)
{
    if (exchange->fault != BD_FAULT_NONE) {
        return bd_fault_is_passing(exchange->fault);
    }
    if (exchange->mail != NULL) { // RFC 5321, "Theory of Reply Codes": 4yz may go well another time
        return exchange->status >= 400 && exchange->status < 500;
    }
    switch (exchange->status) {
    case 408:
    case 425:
    case 429:
    case 500:
    case 502:
    case 503:
    case 504:
        return true;
    default:
        return false;
    }
}

bool bd_request_retryable(const struct bd_request *request)
{
    bool safe = request->repeatable || bd_request_outcome(request) == BD_OUTCOME_NONE;
    return safe && is_passing(&request->exchange);
}

// ------------------------------------------------------------------------------------------------
// Retries

static void read_retry_after(struct bd_request *request)
{
    struct bd_runtime *rt = bd_runtime_of(request->task->co);
    size_t len = 0;
    const char *value = bd_head_find(&request->exchange.head, "retry-after", &len);
    request->has_retry_after =
        value != NULL &&
        bd_head_retry_after(value, len, bd_loop_wall(&rt->loop), &request->retry_after_ms);
}

static uint64_t choose_wait(struct bd_request *request, struct bd_runtime *rt)
{
    double unit = bd_random_unit(&rt->random);
    double most = FIRST_WAIT_S;
    for (unsigned i = 1; i < request->attempts && most < LONGEST_WAIT_S; i++) {
        most *= 2;
    }
    most = most < LONGEST_WAIT_S ? most : LONGEST_WAIT_S;
    uint64_t wait = (uint64_t)(unit * 1000 * most) + 1;
    if (!request->has_retry_after) {
        return wait;
    }
    // Never earlier than told; spread a little, for others were told the same.
    double told = (double)request->retry_after_ms;
    uint64_t asked =
        request->retry_after_ms + (uint64_t)(unit * (told / 10 < 1000 ? told / 10 : 1000));
    return asked > wait ? asked : wait;
}

// Counts the attempts in a row that show nothing of the host but that it is down.
static void count_failure(struct bd_request *request)
{
    const struct bd_exchange *exchange = &request->exchange;
    bool is_down = exchange->fault != BD_FAULT_NONE || exchange->status >= 500;
    request->host->failures = is_down && is_passing(exchange) ? request->host->failures + 1 : 0;
}

// Whether all calls there shall wait, and not this one alone.
static bool is_spared(const struct bd_request *request, struct bd_runtime *rt)
{
    return bd_net_spares_hosts(bd_net_of(rt)) &&
           (request->has_retry_after || request->host->failures >= FAILURES_SPARED);
}

// Decides whether the request is sent again, and after how many milliseconds.
static bool plan_retry(struct bd_request *request, uint64_t *wait)
{
    struct bd_runtime *rt = bd_runtime_of(request->task->co);
    const struct bd_exchange *exchange = &request->exchange;
    bool safe = request->repeatable || bd_exchange_outcome(exchange) == BD_OUTCOME_NONE;
    bool wanted = request->task->why == BD_WHY_NONE; // nobody cancelled it meanwhile
    if (!is_passing(exchange) || !safe || !wanted || request->attempts >= request->most_attempts) {
        return false;
    }
    bool too_long = request->has_retry_after && request->retry_after_ms > LONGEST_RETRY_AFTER_MS;
    if (too_long || is_spared(request, rt)) {
        return false;
    }
    *wait = choose_wait(request, rt);
    bd_loop_update_now(&rt->loop); // the wait counts from now, not from when this turn began
    if (bd_loop_now(&rt->loop) + *wait >= request->deadline) {
        return false;
    }
    double cost = bd_fault_is_timeout(exchange->fault) ? TOKENS_TIMEOUT : TOKENS_RETRY;
    if (request->host->retry_tokens < cost) {
        bd_log(rt->log, BD_LOG_INFO, "%s: no retry, too many of late", request->host->origin);
        return false;
    }
    request->host->retry_tokens -= cost;
    request->tokens_spent = cost;
    return true;
}

static void refund(struct bd_request *request)
{
    struct bd_host *host = request->host;
    if (is_passing(&request->exchange)) {
        return;
    }
    host->retry_tokens += request->tokens_spent > 0 ? request->tokens_spent : TOKENS_SUCCESS;
    request->tokens_spent = 0;
    host->retry_tokens =
        host->retry_tokens < BD_RETRY_TOKENS_MOST ? host->retry_tokens : BD_RETRY_TOKENS_MOST;
}

// ------------------------------------------------------------------------------------------------
// Turns at the host

static void leave_queue(struct bd_request *request)
{
    struct bd_turns *turns = request->turns;
    *(request->left != NULL ? &request->left->right : &turns->first) = request->right;
    *(request->right != NULL ? &request->right->left : &turns->last) = request->left;
    request->left = request->right = NULL;
    request->turns = NULL;
    bd_loop_disarm(&bd_runtime_of(request->task->co)->loop, &request->timer);
}

static void stop_queueing(struct bd_wait *wait)
{
    leave_queue(BD_OUTER(wait, struct bd_request, wait));
}

static void on_late(struct bd_timer *timer)
{
    struct bd_request *request = BD_OUTER(timer, struct bd_request, timer);
    leave_queue(request);
    request->late = true;
    bd_task_wake(request->task);
}

int bd_request_queue(lua_State *L, struct bd_request *request, struct bd_turns *turns,
                     lua_KContext context, lua_KFunction k)
{
    request->task = bd_task_current(L);
    request->turns = turns;
    request->left = turns->last;
    request->right = NULL;
    *(turns->last != NULL ? &turns->last->right : &turns->first) = request;
    turns->last = request;
    request->late = false;
    request->timer.fire = on_late;
    request->wait.stop = stop_queueing;
    bd_loop_arm(&bd_runtime_of(L)->loop, &request->timer, bd_request_time_left(L, request));
    return bd_task_wait(L, &request->wait, context, k);
}

enum bd_turn bd_request_turn_of(lua_State *L, struct bd_request *request)
{
    if (bd_task_interrupted(L)) {
        request->interrupted = true;
        return BD_TURN_STOPPED;
    }
    return request->late ? BD_TURN_LATE : BD_TURN_CAME;
}

bool bd_turns_wake_first(struct bd_turns *turns)
{
    struct bd_request *request = turns->first;
    if (request == NULL) {
        return false;
    }
    leave_queue(request);
    bd_task_wake(request->task);
    return true;
}

void bd_turns_wake_all(struct bd_turns *turns)
{
    while (bd_turns_wake_first(turns)) {}
}

// Gives the place at the host to the first that waits for one, or back.
static void leave(struct bd_host *host)
{
    if (!bd_turns_wake_first(&host->turns)) {
        host->in_flight--;
    }
}

// ------------------------------------------------------------------------------------------------
// Where the time goes

static void note_begin(struct bd_request *request)
{
    struct bd_runtime *rt = bd_runtime_of(request->task->co);
    unsigned at = request->attempts - 1;
    if (request->exchange.timed && at < BD_ATTEMPTS_KEPT) {
        request->log[at] = (struct bd_attempt){
            .begun = bd_loop_microseconds(&rt->loop) - request->begun, .ended = -1};
    }
}

static void note_end(struct bd_request *request)
{
    struct bd_runtime *rt = bd_runtime_of(request->task->co);
    unsigned at = request->attempts - 1;
    if (request->exchange.timed && at < BD_ATTEMPTS_KEPT) {
        struct bd_attempt *attempt = &request->log[at];
        attempt->ended = bd_loop_microseconds(&rt->loop) - request->begun;
        attempt->status = request->exchange.status;
        attempt->fault = request->exchange.fault;
        attempt->times = request->exchange.times;
    }
}

// ------------------------------------------------------------------------------------------------
// Steps

static int step(lua_State *L, struct bd_request *request);
static int send_it(lua_State *L, struct bd_request *request);

static int resumed(lua_State *L, int status, lua_KContext context)
{
    struct bd_request *request = (struct bd_request *)context; // NOLINT
    (void)status;
    if (bd_task_interrupted(L)) {
        request->interrupted = true;
        return request->k(L, LUA_OK, request->k_context);
    }
    return step(L, request);
}

static void on_done(struct bd_exchange *exchange)
{
    struct bd_request *request = BD_OUTER(exchange, struct bd_request, exchange);
    note_end(request);
    leave(request->host);
    bd_task_wake(request->task);
}

static void stop_exchange(struct bd_wait *wait)
{
    struct bd_request *request = BD_OUTER(wait, struct bd_request, wait);
    request->transport->cancel(request->transport, &request->exchange);
    request->maybe_done = request->maybe_done || request->exchange.sent;
    leave(request->host);
}

static void stop_backoff(struct bd_wait *wait)
{
    struct bd_request *request = BD_OUTER(wait, struct bd_request, wait);
    bd_loop_disarm(&bd_runtime_of(request->task->co)->loop, &request->timer);
}

static void on_backoff_over(struct bd_timer *timer)
{
    bd_task_wake(BD_OUTER(timer, struct bd_request, timer)->task);
}

void bd_request_end_late(struct bd_request *request)
{
    bd_exchange_clear_answer(&request->exchange);
    request->exchange.fault = BD_FAULT_TURN;
    request->has_retry_after = false;
}

static int end_late(lua_State *L, struct bd_request *request)
{
    bd_request_end_late(request);
    return request->k(L, LUA_OK, request->k_context);
}

static int end_interrupted(lua_State *L, struct bd_request *request)
{
    request->interrupted = true;
    return request->k(L, LUA_OK, request->k_context);
}

static int turn_over(lua_State *L, int status, lua_KContext context)
{
    struct bd_request *request = (struct bd_request *)context; // NOLINT
    (void)status;
    switch (bd_request_turn_of(L, request)) {
    case BD_TURN_CAME:
        return send_it(L, request); // the place was handed over
    case BD_TURN_LATE:
        return end_late(L, request);
    default:
        return request->k(L, LUA_OK, request->k_context);
    }
}

static int enter(lua_State *L, struct bd_request *request)
{
    struct bd_host *host = request->host;
    if (request->task->why != BD_WHY_NONE) { // cancelled after what it waited for was over
        return end_interrupted(L, request);
    }
    if (bd_request_time_left(L, request) == 0) {
        return end_late(L, request);
    }
    if (host->in_flight >= host->limit) {
        return bd_request_queue(L, request, &host->turns, (lua_KContext)request, turn_over);
    }
    host->in_flight++;
    return send_it(L, request);
}

static int send_it(lua_State *L, struct bd_request *request)
{
    struct bd_exchange *exchange = &request->exchange;
    uint64_t left = bd_request_time_left(L, request);
    if (request->task->why != BD_WHY_NONE) { // cancelled while its place was being handed over
        leave(request->host);
        return end_interrupted(L, request);
    }
    if (left == 0) {
        leave(request->host);
        return end_late(L, request);
    }
    bd_exchange_clear_answer(exchange);
    request->has_retry_after = false;
    request->attempts++;
    note_begin(request);
    exchange->time_limit = exchange->options->total_ms < left ? exchange->options->total_ms : left;
    exchange->repeatable = request->repeatable;
    exchange->done = on_done;
    request->state = SENT;
    request->transport->send(request->transport, exchange);
    request->wait.stop = stop_exchange;
    return bd_task_wait(L, &request->wait, (lua_KContext)request, resumed);
}

static int evaluate(lua_State *L, struct bd_request *request)
{
    struct bd_runtime *rt = bd_runtime_of(L);
    const struct bd_exchange *exchange = &request->exchange;
    uint64_t wait = 0;
    if (exchange->status >= 400) {
        read_retry_after(request);
    }
    count_failure(request);
    if (!plan_retry(request, &wait)) {
        refund(request);
        return request->k(L, LUA_OK, request->k_context);
    }
    request->maybe_done =
        request->maybe_done || bd_exchange_outcome(exchange) == BD_OUTCOME_UNKNOWN;
    bd_log(rt->log, BD_LOG_INFO, "%s %s: %s (%s %d); again in %u ms", exchange->method,
           request->host->origin, bd_fault_text(exchange->fault),
           exchange->mail != NULL ? "SMTP" : "HTTP", exchange->status, (unsigned)wait);
    request->state = BACKING_OFF;
    request->timer.fire = on_backoff_over;
    request->wait.stop = stop_backoff;
    bd_loop_arm(&rt->loop, &request->timer, wait);
    return bd_task_wait(L, &request->wait, (lua_KContext)request, resumed);
}

static int step(lua_State *L, struct bd_request *request)
{
    return request->state == SENT ? evaluate(L, request) : enter(L, request);
}

void bd_request_begin(lua_State *L, struct bd_request *request)
{
    struct bd_runtime *rt = bd_runtime_of(L);
    bd_loop_update_now(&rt->loop); // the script may have computed for long
    request->deadline = bd_loop_now(&rt->loop) + request->time_limit;
    request->begun = request->exchange.timed ? bd_loop_microseconds(&rt->loop) : 0;
    request->attempts = 0;
    request->interrupted = false;
    request->maybe_done = false;
    request->has_retry_after = false;
    request->tokens_spent = 0;
}

uint64_t bd_request_time_left(lua_State *L, const struct bd_request *request)
{
    uint64_t now = bd_loop_now(&bd_runtime_of(L)->loop);
    return request->deadline > now ? request->deadline - now : 0;
}

int bd_request_run(lua_State *L, struct bd_request *request, lua_KContext context, lua_KFunction k)
{
    request->task = bd_task_current(L);
    request->state = ENTERING;
    request->k = k;
    request->k_context = context;
    return step(L, request);
}
