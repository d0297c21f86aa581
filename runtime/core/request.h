// SPDX-License-Identifier: MIT
// One request as a script sees it: it waits its turn at the host, is sent, and is sent again where that is
// safe. What is safe: the request may be repeated, or the other side certainly did nothing.
#ifndef BD_REQUEST_H
#define BD_REQUEST_H

#include <lua.h>

#include "error.h"
#include "exchange.h"
#include "net.h"
#include "task.h"
#include "timer.h"

// Whether the other side carried a request out.
enum bd_outcome {
    BD_OUTCOME_NONE,
    BD_OUTCOME_DONE,
    BD_OUTCOME_UNKNOWN,
};

const char *bd_outcome_name(enum bd_outcome outcome);

enum { BD_ATTEMPTS_KEPT = 4 };

// One sending, for those who watch (observe.h). Times in µs since the request began.
struct bd_attempt {
    int64_t begun, ended; // -1: it has not ended
    int status;
    enum bd_fault fault;
    struct bd_times times;
};

struct bd_request {
    struct bd_exchange exchange; // method, url, headers, body, options are set by the caller
    struct bd_transport *transport;
    struct bd_host *host;
    bool repeatable;        // sending it twice does no more than sending it once
    unsigned most_attempts; // 1: never again
    uint64_t time_limit;    // ms for everything together

    // Results beside the exchange's.
    unsigned attempts;    // since bd_request_begin
    bool interrupted;     // the task was cancelled meanwhile
    bool maybe_done;      // some attempt may have been carried out
    bool has_retry_after; // the last answer asked for a pause
    uint64_t retry_after_ms;

    struct bd_attempt log[BD_ATTEMPTS_KEPT]; // the first ones, when `exchange.timed`

    // Own.
    int64_t begun; // µs
    struct bd_wait wait;
    struct bd_timer timer;
    struct bd_task *task;
    uint64_t deadline;
    double tokens_spent;
    int state;
    struct bd_turns *turns;          // that it stands in
    struct bd_request *left, *right; // its neighbours there
    bool late;                       // its time was over before its turn came
    lua_KFunction k;
    lua_KContext k_context;
};

extern const unsigned bd_request_attempts; // the usual most_attempts

// Starts the clock: everything up to the end of the last bd_request_run counts against `time_limit`.
void bd_request_begin(lua_State *L, struct bd_request *request);

// Milliseconds until the time is over; 0: it is.
uint64_t bd_request_time_left(lua_State *L, const struct bd_request *request);

// Performs the request in the running task, perhaps for another time after bd_request_begin. To be returned
// from a C function; `k` is entered once it is over, however it ended, with nothing pushed. The caller has
// called bd_task_may_wait.
int bd_request_run(lua_State *L, struct bd_request *request, lua_KContext context, lua_KFunction k);

// Waits for the request's turn, but no longer than its time. To be returned from a C function; `k` is entered
// afterwards and asks bd_request_turn_of.
int bd_request_queue(lua_State *L, struct bd_request *request, struct bd_turns *turns,
                     lua_KContext context, lua_KFunction k);
enum bd_turn { BD_TURN_CAME, BD_TURN_LATE, BD_TURN_STOPPED };
enum bd_turn bd_request_turn_of(lua_State *L, struct bd_request *request);
bool bd_turns_wake_first(struct bd_turns *turns); // false when nobody waits
void bd_turns_wake_all(struct bd_turns *turns);

// Makes it a request whose time was over before it could be sent.
void bd_request_end_late(struct bd_request *request);

// What the request did on the other side, as far as transport and status tell.
enum bd_outcome bd_request_outcome(const struct bd_request *request);

// The outcome of the last attempt alone.
enum bd_outcome bd_exchange_outcome(const struct bd_exchange *exchange);

// True when sending it once more may help and cannot do anything twice.
bool bd_request_retryable(const struct bd_request *request);

// Pushes the error of a request that brought no whole answer. [-0, +1]
void bd_request_push_fault(lua_State *L, const struct bd_request *request);

// Adds `attempts` and `retry_after`, where known, to the error value on top. [-0, +0]
void bd_request_error_fields(lua_State *L, const struct bd_request *request);

#endif
