// SPDX-License-Identifier: MIT
#include "session.h"

#include <errno.h>
#include <lauxlib.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "core/check.h"
#include "core/error.h"
#include "core/log.h"
#include "core/runtime.h"
#include "core/task.h"
#include "interrupt.h"
#include "line_editor.h"
#include "session_internal.h"

static const char KEY; // attachment

struct session {
    struct bd_runtime *rt;
    struct bd_editor *editor; // NULL: standard input is no terminal
    uv_async_t async;
    struct bd_waitlist waiting; // the main task, for events
    bool editing;               // a line is being edited: what is written goes above it
    uint64_t reading;           // the number of the line that is wanted now
    char ended_with;            // the last character that was written
};

// ------------------------------------------------------------------------------------------------
// Life

static bool on_write(void *arg, FILE *stream, const char *text, size_t len)
{
    struct session *session = arg;
    if (len == 0) {
        return true;
    }
    if (session->editing) {
        bd_editor_print(session->editor, text, len);
        return true;
    }
    session->ended_with = text[len - 1];
    return fwrite(text, 1, len, stream) == len;
}

static void on_interrupt(struct bd_runtime *rt)
{
    struct session *session = bd_runtime_attached(rt, &KEY);
    rt->line_interrupted = 0;
    if (bd_interrupt_signal() != 0) {
        bd_task_cancel(rt->main, BD_WHY_INTERRUPTED);
    } else if (rt->foreground != NULL) {
        bd_task_cancel(rt->foreground, BD_WHY_INTERRUPTED);
    } else if (session->editing) {
        bd_editor_interrupt(session->editor);
    } else { // between two lines: the prompt stands below what the terminal shows of it
        (void)on_write(session, stdout, "\n", 1);
    }
}

static void free_session(uv_handle_t *async)
{
    free(async->data);
}

static void detach(void *value)
{
    struct session *session = value;
    struct bd_runtime *rt = session->rt;
    rt->session = 0;
    rt->on_interrupt = NULL;
    rt->log->sink = NULL;
    if (session->editor != NULL) {
        bd_editor_close(session->editor);
    }
    uv_close((uv_handle_t *)&session->async, free_session);
}

static void on_async(uv_async_t *async)
{
    struct session *session = async->data;
    bd_waitlist_wake_all(&session->waiting);
}

// On the editor's thread.
static void on_event(void *arg)
{
    struct session *session = arg;
    (void)uv_async_send(&session->async);
}

static struct session *session_of(lua_State *L)
{
    struct bd_runtime *rt = bd_runtime_of(L);
    struct session *session = bd_runtime_attached(rt, &KEY);
    if (session != NULL) {
        return session;
    }
    session = bd_alloc(sizeof *session);
    session->rt = rt;
    session->ended_with = '\n';
    BD_CHECK(uv_async_init(&rt->loop.uv, &session->async, on_async) == 0);
    session->async.data = session;
    bd_runtime_attach(rt, &KEY, session, detach);
    return session;
}

static void on_resize(int number)
{
    int before = errno;
    (void)number;
    bd_editor_resized();
    errno = before;
}

// open(): begins a session on the terminal. True, or false and why not.
static int l_open(lua_State *L)
{
    struct session *session = session_of(L);
    char wrong[256];
    session->editor = bd_editor_open(on_event, session, wrong, sizeof wrong);
    if (session->editor == NULL) {
        lua_pushboolean(L, false);
        lua_pushstring(L, wrong);
        return 2;
    }
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = on_resize;
    action.sa_flags = SA_RESTART;
    sigemptyset(&action.sa_mask);
    (void)sigaction(SIGWINCH, &action, NULL);
    session->rt->log->sink_arg = session;
    session->rt->log->sink = on_write;
    session->rt->on_interrupt = on_interrupt;
    session->rt->session = 1;
    lua_pushboolean(L, true);
    return 1;
}

// ------------------------------------------------------------------------------------------------
// Lines

// read(prompt, more, from): begins to edit a line.
static int l_read(lua_State *L)
{
    struct session *session = session_of(L);
    const char *prompt = luaL_checkstring(L, 1);
    const char *more = luaL_checkstring(L, 2);
    const char *from = luaL_optstring(L, 3, "");
    luaL_argcheck(L, session->editor != NULL, 1, "there is no terminal");
    if (session->ended_with != '\n') {
        (void)fputc('\n', stdout);
        session->ended_with = '\n';
    }
    (void)fflush(stdout);
    (void)fflush(stderr);
    session->editing = true;
    session->reading = bd_editor_read(session->editor, prompt, more, from);
    return 0;
}

static void end_editing(struct session *session)
{
    struct bd_buf text = {0};
    session->editing = false;
    bd_editor_take_unshown(session->editor, &text);
    if (text.len > 0) {
        (void)on_write(session, stdout, text.data, text.len);
        (void)fflush(stdout);
    }
    bd_buf_free(&text);
}

static int push_event(lua_State *L, struct session *session)
{
    static const char *const KINDS[] = {[BD_EDITOR_LINE] = "line",
                                        [BD_EDITOR_END] = "end",
                                        [BD_EDITOR_INTERRUPT] = "interrupt",
                                        [BD_EDITOR_COMPLETE] = "complete"};
    struct bd_editor_event event;
    if (!bd_editor_take(session->editor, &event)) {
        return 0;
    }
    if (event.reading != session->reading) { // of a line that nobody wants any more
        bd_buf_free(&event.text);
        return 0;
    }
    if (event.kind != BD_EDITOR_COMPLETE) {
        end_editing(session);
    }
    lua_pushstring(L, KINDS[event.kind]);
    lua_pushlstring(L, event.text.len > 0 ? event.text.data : "", event.text.len);
    lua_pushinteger(L, (lua_Integer)event.id);
    bd_buf_free(&event.text);
    return 3;
}

static int wait_for_event(lua_State *L, struct session *session);

static int waited(lua_State *L, int status, lua_KContext context)
{
    struct session *session = (struct session *)context; // NOLINT
    (void)status;
    bd_loop_io_end(&session->rt->loop);
    if (bd_task_interrupted(L)) {
        bd_task_push_cancellation(L);
        return bd_error_raise(L);
    }
    int count = push_event(L, session);
    return count > 0 ? count : wait_for_event(L, session);
}

static int wait_for_event(lua_State *L, struct session *session)
{
    bd_loop_io_begin(&session->rt->loop);
    return bd_waitlist_wait(L, &session->waiting, (lua_KContext)session, waited);
}

// next(): "line", "end" or "interrupt", and the text; or "complete", the text before the cursor, and the question's
// number. Waits.
static int l_next(lua_State *L)
{
    struct session *session = session_of(L);
    luaL_argcheck(L, session->editor != NULL, 1, "there is no terminal");
    lua_settop(L, 0);
    bd_task_may_wait(L, "reading a line");
    int count = push_event(L, session);
    return count > 0 ? count : wait_for_event(L, session);
}

// answer(number, remove, insert, listing): completes: deletes characters before the cursor, inserts, shows below.
static int l_answer(lua_State *L)
{
    struct session *session = session_of(L);
    bd_editor_answer(session->editor, (uint64_t)luaL_checkinteger(L, 1),
                     (size_t)luaL_checkinteger(L, 2), luaL_checkstring(L, 3),
                     luaL_checkstring(L, 4));
    return 0;
}

// history(list): what the arrow keys lead to, the oldest first.
static int l_history(lua_State *L)
{
    struct session *session = session_of(L);
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_Integer count = (lua_Integer)lua_rawlen(L, 1);
    const char **lines = lua_newuserdatauv(L, (size_t)(count + 1) * sizeof *lines, 0);
    for (lua_Integer i = 0; i < count; i++) {
        lua_rawgeti(L, 1, i + 1);
        lines[i] = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "";
        lua_pop(L, 1); // the list keeps it
    }
    if (session->editor != NULL) {
        bd_editor_set_history(session->editor, lines, (size_t)count);
    }
    return 0;
}

// may_be_kept(text): whether it holds no secret value.
static int l_may_be_kept(lua_State *L)
{
    size_t len;
    const char *text = luaL_checklstring(L, 1, &len);
    lua_pushboolean(L, !bd_mask_hits(&bd_runtime_of(L)->log->mask, text, len));
    return 1;
}

// start(fn, ...): runs a line in a task of its own, which Ctrl-C ends. Gives the task.
static int l_start(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TFUNCTION);
    struct bd_runtime *rt = bd_runtime_of(L);
    rt->foreground = bd_task_spawn_apart(L, lua_gettop(L) - 1);
    return 1;
}

// ended(): the line that was started is over.
static int l_ended(lua_State *L)
{
    struct bd_runtime *rt = bd_runtime_of(L);
    rt->foreground = NULL;
    bd_interrupt_line_ended(rt);
    return 0;
}

// in_line(): whether the running task is the line, or was spawned by it.
static int l_in_line(lua_State *L)
{
    const struct bd_runtime *rt = bd_runtime_of(L);
    lua_pushboolean(L, rt->foreground != NULL && bd_task_is_within(rt->current, rt->foreground));
    return 1;
}

// release(): the tasks that the running one has spawned go on without it; a list of them.
static int l_release(lua_State *L)
{
    bd_task_release_children(L);
    return 1;
}

int bd_session_module(lua_State *L)
{
    static const luaL_Reg FUNCTIONS[] = {
        {"open", l_open},       {"read", l_read},
        {"next", l_next},       {"answer", l_answer},
        {"history", l_history}, {"may_be_kept", l_may_be_kept},
        {"start", l_start},     {"ended", l_ended},
        {"release", l_release}, {"input", bd_session_input},
        {"in_line", l_in_line}, {NULL, NULL},
    };
    luaL_newlib(L, FUNCTIONS);
    bd_session_add_code(L);
    return 1;
}
