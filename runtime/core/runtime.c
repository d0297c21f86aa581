// SPDX-License-Identifier: MIT
#include "runtime.h"

#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "alloc.h"
#include "buf.h"
#include "check.h"
#include "error.h"
#include "json.h"
#include "log.h"
#include "secret.h"
#include "task.h"

struct bd_attachment {
    const void *key;
    void *value;
    void (*detach)(void *value);
    struct bd_attachment *next;
};

void bd_runtime_attach(struct bd_runtime *rt, const void *key, void *value, void (*detach)(void *))
{
    BD_CHECK(bd_runtime_attached(rt, key) == NULL);
    struct bd_attachment *attachment = bd_alloc(sizeof *attachment);
    *attachment = (struct bd_attachment){
        .key = key, .value = value, .detach = detach, .next = rt->attachments};
    rt->attachments = attachment;
}

void bd_runtime_forget(struct bd_runtime *rt, const void *key)
{
    struct bd_attachment **place = &rt->attachments;
    while (*place != NULL && (*place)->key != key) {
        place = &(*place)->next;
    }
    BD_CHECK(*place != NULL);
    struct bd_attachment *attachment = *place;
    *place = attachment->next;
    free(attachment);
}

void *bd_runtime_attached(const struct bd_runtime *rt, const void *key)
{
    for (const struct bd_attachment *a = rt->attachments; a != NULL; a = a->next) {
        if (a->key == key) {
            return a->value;
        }
    }
    return NULL;
}

// Only memory errors outside any task come here: everything else runs in a protected call.
static int on_panic(lua_State *L)
{
    const char *text = lua_tostring(L, -1);
    fprintf(stderr, "beadle: internal error: %s\n",
            text != NULL ? text : "unprotected error in Lua");
    abort();
}

// Lua's warnings go to the log; "@on" and "@off" switch them, as in lua. A warning may come in pieces.
static void on_warning(void *data, const char *text, int to_be_continued)
{
    struct bd_runtime *rt = data;
    bool control = rt->warning.len == 0 && !to_be_continued && text[0] == '@';
    if (control) {
        rt->warnings_on =
            strcmp(text, "@off") != 0 && (rt->warnings_on || strcmp(text, "@on") == 0);
        return;
    }
    bd_buf_add_text(&rt->warning, text);
    if (to_be_continued) {
        return;
    }
    if (rt->warnings_on) {
        bd_log(rt->log, BD_LOG_WARN, "%s", bd_buf_text(&rt->warning));
    }
    bd_buf_reset(&rt->warning, 256);
}

static void drain(void *arg)
{
    bd_task_run_ready(arg);
}

static void on_wake(void *arg)
{
    struct bd_runtime *rt = arg;
    if (rt->on_interrupt != NULL) {
        rt->on_interrupt(rt);
    } else if (rt->main != NULL) {
        bd_task_cancel(rt->main, BD_WHY_INTERRUPTED);
    }
}

void bd_runtime_enter(struct bd_runtime *rt, lua_State *co)
{
    rt->running = co; // before the question: a signal between the two finds it here
    if (rt->interrupt != NULL && co != NULL) {
        rt->interrupt(co);
    }
}

struct bd_runtime *bd_runtime_open(const struct bd_options *options)
{
    struct bd_runtime *rt = bd_alloc(sizeof *rt);
    rt->options = *options;
    rt->log = bd_log_open();
    bd_loop_open(&rt->loop, drain, on_wake, rt);
    if (options->virtual_time) {
        bd_loop_use_virtual_time(&rt->loop, options->wall_start);
    }
    if (!options->seeded) {
        rt->options.seed = bd_random_fresh_seed();
    }
    bd_random_seed(&rt->random, rt->options.seed);
    rt->memory = bd_alloc_open();
    rt->L = lua_newstate(bd_alloc_lua, rt->memory);
    BD_CHECK(rt->L != NULL);
    lua_atpanic(rt->L, on_panic);
    lua_setwarnf(rt->L, on_warning, rt);
    *(struct bd_runtime **)lua_getextraspace(rt->L) = rt;
    bd_error_open(rt->L);
    bd_secret_open(rt->L);
    bd_json_open(rt->L);
    bd_task_open(rt);
    return rt;
}

void bd_runtime_run(struct bd_runtime *rt, struct bd_task *task)
{
    while (!bd_task_ended(task) && !rt->exiting) {
        if (!bd_loop_turn(&rt->loop)) {
            bd_task_cancel(rt->foreground != NULL ? rt->foreground : task, BD_WHY_STUCK);
        }
    }
}

// Gives cancelled tasks time to clean up.
static void let_tasks_end(struct bd_runtime *rt, uint64_t grace)
{
    bd_loop_set_alarm(&rt->loop, grace);
    do {
        rt->exiting = false; // another os.exit, by one of them, is not news
    } while (rt->tasks_live > 0 && !rt->loop.alarmed && bd_loop_turn(&rt->loop));
}

void bd_runtime_close(struct bd_runtime *rt, uint64_t grace)
{
    // 1. Tell every task to end, and let those that clean up do so.
    if (rt->tasks_live > 0) {
        bd_task_cancel_all(rt);
        let_tasks_end(rt, grace);
    }
    // 2. End the others without running them again. Their operations are stopped.
    bd_task_abandon_all(rt);
    // 3. Modules let go of their handles and transfers; the newest first, for it may use older ones.
    while (rt->attachments != NULL) {
        struct bd_attachment *attachment = rt->attachments;
        rt->attachments = attachment->next;
        attachment->detach(attachment->value);
        free(attachment);
    }
    // 4. Finalizers run; nothing they can reach uses the loop any more.
    lua_close(rt->L);
    bd_alloc_close(rt->memory);
    // 5. The loop runs its last close callbacks and must then be empty.
    bd_loop_close(&rt->loop);
    bd_log_close(rt->log);
    bd_buf_free(&rt->warning);
    free(rt);
}
