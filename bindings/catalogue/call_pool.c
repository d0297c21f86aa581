// SPDX-License-Identifier: MIT
// Calls that are over keep their buffers for the next ones.
#include <stdlib.h>

#include "call.h"
#include "core/mail.h"
#include "core/runtime.h"

static const char POOL_KEY;

struct pool {
    struct bd_call *free;
    struct bd_call *made; // those under way too: a task that never runs again gives nothing back
};

static void detach_pool(void *value)
{
    struct pool *pool = value;
    while (pool->made != NULL) {
        struct bd_call *call = pool->made;
        pool->made = call->next_made;
        bd_exchange_free(&call->request.exchange);
        bd_buf_free(&call->scratch);
        free(call);
    }
    free(pool);
}

static struct pool *pool_of(struct bd_runtime *rt)
{
    struct pool *pool = bd_runtime_attached(rt, &POOL_KEY);
    if (pool == NULL) {
        pool = bd_alloc(sizeof *pool);
        bd_runtime_attach(rt, &POOL_KEY, pool, detach_pool);
    }
    return pool;
}

struct bd_call *bd_call_take(struct bd_runtime *rt)
{
    struct pool *pool = pool_of(rt);
    struct bd_call *call = pool->free;
    if (call != NULL) {
        pool->free = call->next;
        return call;
    }
    call = bd_alloc(sizeof *call);
    call->next_made = pool->made;
    pool->made = call;
    return call;
}

void bd_call_give(struct bd_runtime *rt, struct bd_call *call)
{
    struct pool *pool = pool_of(rt);
    bd_headers_drop(call->request.exchange.headers);
    call->request.exchange.headers = NULL;
    bd_mail_free(call->request.exchange.mail); // it holds a password
    call->request.exchange.mail = NULL;
    bd_buf_reset(&call->request.exchange.answer, 16384);
    bd_buf_reset(&call->scratch, 1024);
    call->next = pool->free;
    pool->free = call;
}
