// SPDX-License-Identifier: MIT
#include "worker.h"

#include <lauxlib.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "core/buf.h"
#include "core/check.h"
#include "core/error.h"
#include "core/runtime.h"
#include "core/task.h"

static const char WORKER[] = "beadle.worker";

enum { EVENTS, OUT, ERR, STREAMS };
static const char *const STREAM_NAMES[STREAMS] = {"events", "out", "err"};
static const int STREAM_FDS[STREAMS] = {3, 1, 2};

struct worker;

struct stream {
    uv_pipe_t pipe;
    struct bd_buf bytes; // that nobody has taken yet
    struct worker *worker;
    bool ended;
};

// Owned by the runtime; freed when the runtime has let go of it and its handles are closed.
struct worker {
    struct bd_runtime *rt;
    uv_process_t process;
    struct stream streams[STREAMS];
    unsigned open_handles;
    bool detached;
    bool exited;
    int64_t status;
    int signal;
    struct bd_waitlist waiting;
};

static void free_when_unused(struct worker *worker)
{
    if (worker->open_handles > 0 || !worker->detached) {
        return;
    }
    for (int i = 0; i < STREAMS; i++) {
        bd_buf_free(&worker->streams[i].bytes);
    }
    free(worker);
}

static bool is_over(const struct worker *worker)
{
    bool over = worker->exited;
    for (int i = 0; i < STREAMS; i++) {
        over = over && worker->streams[i].ended;
    }
    return over;
}

static void tell(struct worker *worker)
{
    if (!worker->detached) {
        bd_waitlist_wake_all(&worker->waiting);
    }
}

static void on_process_closed(uv_handle_t *handle)
{
    struct worker *worker = handle->data;
    worker->open_handles--;
    free_when_unused(worker);
}

static void on_pipe_closed(uv_handle_t *handle)
{
    struct stream *stream = handle->data;
    stream->worker->open_handles--;
    free_when_unused(stream->worker);
}

static void end_stream(struct stream *stream)
{
    if (stream->ended) {
        return;
    }
    stream->ended = true;
    uv_close((uv_handle_t *)&stream->pipe, on_pipe_closed);
    if (!stream->worker->detached && is_over(stream->worker)) {
        bd_loop_io_end(&stream->worker->rt->loop);
    }
    tell(stream->worker);
}

static void on_room(uv_handle_t *handle, size_t suggested, uv_buf_t *room)
{
    enum { PIECE = 16384 };
    struct stream *stream = handle->data;
    (void)suggested;
    bd_buf_reserve(&stream->bytes, PIECE);
    *room = uv_buf_init(stream->bytes.data + stream->bytes.len, PIECE);
}

static void on_bytes(uv_stream_t *from, ssize_t count, const uv_buf_t *room)
{
    struct stream *stream = from->data;
    (void)room;
    if (count < 0) {
        end_stream(stream);
    } else if (count > 0) {
        stream->bytes.len += (size_t)count;
        tell(stream->worker);
    }
}

static void on_exit_of(uv_process_t *process, int64_t status, int signal)
{
    struct worker *worker = process->data;
    worker->exited = true;
    worker->status = status;
    worker->signal = signal;
    uv_close((uv_handle_t *)process, on_process_closed);
    if (!worker->detached && is_over(worker)) {
        bd_loop_io_end(&worker->rt->loop);
    }
    tell(worker);
}

// The runtime ends: so does the process.
static void detach(void *value)
{
    struct worker *worker = value;
    bool over = is_over(worker);
    worker->detached = true;
    if (!worker->exited) {
        (void)uv_process_kill(&worker->process, SIGKILL);
        worker->exited = true;
        uv_close((uv_handle_t *)&worker->process, on_process_closed);
    }
    for (int i = 0; i < STREAMS; i++) {
        end_stream(&worker->streams[i]);
    }
    if (!over) {
        bd_loop_io_end(&worker->rt->loop);
    }
    free_when_unused(worker);
}

// ------------------------------------------------------------------------------------------------
// Starting

enum { MOST_ARGUMENTS = 256, MOST_VARIABLES = 16 };

static int add_permissions(const struct bd_runtime *rt, char **arguments, int count)
{
    static const struct {
        unsigned permission;
        const char *flag;
    } FLAGS[] = {{BD_ALLOW_PROCESS, "--allow-process"},
                 {BD_ALLOW_NATIVE, "--allow-native"},
                 {BD_ALLOW_DEBUG, "--allow-debug"}};
    for (size_t i = 0; i < BD_COUNT(FLAGS); i++) {
        if ((rt->options.permissions & FLAGS[i].permission) != 0) {
            arguments[count++] = (char *)(uintptr_t)FLAGS[i].flag;
        }
    }
    return count;
}

static int take_arguments(lua_State *L, const struct bd_runtime *rt, char **arguments)
{
    int count = 0;
    lua_Integer given = (lua_Integer)lua_rawlen(L, 1);
    luaL_argcheck(L, given < MOST_ARGUMENTS - 8, 1, "too many arguments");
    arguments[count++] = (char *)(uintptr_t) "beadle";
    count = add_permissions(rt, arguments, count);
    for (lua_Integer i = 1; i <= given; i++) {
        lua_rawgeti(L, 1, i); // stays on the stack until the process has started
        arguments[count++] = (char *)(uintptr_t)luaL_checkstring(L, -1);
    }
    arguments[count] = NULL;
    return count;
}

static bool is_replaced(const char *variable, char **ours, int count)
{
    for (int i = 0; i < count; i++) {
        size_t name = (size_t)(strchr(ours[i], '=') - ours[i]) + 1;
        if (strncmp(variable, ours[i], name) == 0) {
            return true;
        }
    }
    return false;
}

// The environment of this process with some variables set: for the field "environment" of the options at `index`, else
// NULL. The list is a userdata that stays on the stack, and so do the texts.
static char **take_environment(lua_State *L, int index)
{
    char *ours[MOST_VARIABLES];
    int count = 0;
    size_t all = 0;
    if (!lua_istable(L, index) || lua_getfield(L, index, "environment") != LUA_TTABLE) {
        return NULL;
    }
    int variables = lua_gettop(L);
    luaL_checkstack(L, 2 * MOST_VARIABLES, "variables");
    lua_pushnil(L);
    while (lua_next(L, variables) != 0) {
        luaL_argcheck(L, count < MOST_VARIABLES, index, "too many variables");
        lua_pushfstring(L, "%s=%s", luaL_checkstring(L, -2), luaL_checkstring(L, -1));
        ours[count++] = (char *)(uintptr_t)lua_tostring(L, -1);
        lua_replace(L, -2); // below the name, with which lua_next goes on
        lua_insert(L, -2);
    }
    while (environ[all] != NULL) {
        all++;
    }
    char **list = lua_newuserdatauv(L, (all + (size_t)count + 1) * sizeof *list, 0);
    size_t used = 0;
    for (size_t i = 0; i < all; i++) {
        if (!is_replaced(environ[i], ours, count)) {
            list[used++] = environ[i];
        }
    }
    for (int i = 0; i < count; i++) {
        list[used++] = ours[i];
    }
    list[used] = NULL;
    return list;
}

static const char *take_folder(lua_State *L, int index)
{
    if (!lua_istable(L, index)) {
        return NULL;
    }
    lua_getfield(L, index, "folder"); // stays on the stack until the process has started
    return luaL_optstring(L, -1, NULL);
}

static int start(struct worker *worker, char **arguments, const char *folder, char **environment)
{
    struct bd_runtime *rt = worker->rt;
    uv_stdio_container_t stdio[4] = {{.flags = UV_IGNORE}};
    for (int i = 0; i < STREAMS; i++) {
        struct stream *stream = &worker->streams[i];
        BD_CHECK(uv_pipe_init(&rt->loop.uv, &stream->pipe, 0) == 0);
        stream->pipe.data = stream;
        stream->worker = worker;
        worker->open_handles++;
        stdio[STREAM_FDS[i]].flags = (uv_stdio_flags)(UV_CREATE_PIPE | UV_WRITABLE_PIPE);
        stdio[STREAM_FDS[i]].data.stream = (uv_stream_t *)&stream->pipe;
    }
    // In a session of its own: Ctrl-C is for the runner, which then ends its workers.
    const uv_process_options_t options = {.file = "/proc/self/exe",
                                          .args = arguments,
                                          .env = environment,
                                          .cwd = folder,
                                          .stdio = stdio,
                                          .stdio_count = 4,
                                          .flags = UV_PROCESS_DETACHED,
                                          .exit_cb = on_exit_of};
    worker->process.data = worker;
    worker->open_handles++;
    return uv_spawn(&rt->loop.uv, &worker->process, &options);
}

static const char ALLOWED_KEY;

static void detach_nothing(void *value)
{
    (void)value;
}

void bd_worker_allow(struct bd_runtime *rt)
{
    bd_runtime_attach(rt, &ALLOWED_KEY, rt, detach_nothing);
}

// spawn(arguments [, {folder, environment}]): a worker; it has the permissions of this process, and unless told
// otherwise its folder. `environment`: variables that differ from those of this process.
static int l_spawn(lua_State *L)
{
    struct bd_runtime *rt = bd_runtime_of(L);
    if (bd_runtime_attached(rt, &ALLOWED_KEY) == NULL) {
        return bd_error(L, BD_PERMISSION, "only `beadle test` starts workers");
    }
    char *arguments[MOST_ARGUMENTS];
    luaL_checktype(L, 1, LUA_TTABLE);
    luaL_checkstack(L, MOST_ARGUMENTS, "arguments");
    lua_settop(L, 2);
    (void)take_arguments(L, rt, arguments);
    const char *folder = take_folder(L, 2);
    char **environment = take_environment(L, 2);
    struct worker **holder = lua_newuserdatauv(L, sizeof(struct worker *), 0);
    struct worker *worker = bd_alloc(sizeof *worker);
    *holder = worker;
    worker->rt = rt;
    int failed = start(worker, arguments, folder, environment);
    bd_loop_io_begin(&rt->loop);
    bd_runtime_attach(rt, worker, worker, detach);
    if (failed != 0) {
        worker->exited = true;
        uv_close((uv_handle_t *)&worker->process, on_process_closed);
        for (int i = 0; i < STREAMS; i++) {
            end_stream(&worker->streams[i]);
        }
        return bd_error(L, BD_IO, "a worker cannot be started: %s", uv_strerror(failed));
    }
    for (int i = 0; i < STREAMS; i++) {
        BD_CHECK(uv_read_start((uv_stream_t *)&worker->streams[i].pipe, on_room, on_bytes) == 0);
    }
    luaL_setmetatable(L, WORKER);
    return 1;
}

// ------------------------------------------------------------------------------------------------
// A worker

static struct worker *check(lua_State *L)
{
    return *(struct worker **)luaL_checkudata(L, 1, WORKER);
}

static int push_next(lua_State *L, struct worker *worker)
{
    for (int i = 0; i < STREAMS; i++) {
        struct bd_buf *bytes = &worker->streams[i].bytes;
        if (bytes->len > 0) {
            lua_pushstring(L, STREAM_NAMES[i]);
            lua_pushlstring(L, bytes->data, bytes->len);
            bytes->len = 0;
            return 2;
        }
    }
    lua_pushnil(L);
    return 1;
}

static bool has_news(const struct worker *worker)
{
    bool news = is_over(worker);
    for (int i = 0; i < STREAMS; i++) {
        news = news || worker->streams[i].bytes.len > 0;
    }
    return news;
}

static int next_waited(lua_State *L, int status, lua_KContext context)
{
    struct worker *worker = check(L);
    (void)status;
    (void)context;
    if (bd_task_interrupted(L)) {
        bd_task_push_cancellation(L);
        return bd_error_raise(L);
    }
    if (!has_news(worker)) {
        return bd_waitlist_wait(L, &worker->waiting, 0, next_waited);
    }
    return push_next(L, worker);
}

// worker:next(): "events", "out" or "err", and the bytes that came; nil when it has ended and all was taken.
static int l_next(lua_State *L)
{
    struct worker *worker = check(L);
    lua_settop(L, 1);
    if (has_news(worker)) {
        return push_next(L, worker);
    }
    bd_task_may_wait(L, "waiting for a worker");
    return bd_waitlist_wait(L, &worker->waiting, 0, next_waited);
}

// worker:kill()
static int l_kill(lua_State *L)
{
    struct worker *worker = check(L);
    if (!worker->exited) {
        (void)uv_process_kill(&worker->process, SIGKILL);
    }
    return 0;
}

// worker:ended(): its exit status, and the signal that killed it or nil; nothing while it runs.
static int l_ended(lua_State *L)
{
    const struct worker *worker = check(L);
    if (!worker->exited) {
        return 0;
    }
    lua_pushinteger(L, (lua_Integer)worker->status);
    if (worker->signal == 0) {
        lua_pushnil(L);
    } else {
        lua_pushstring(L, strsignal(worker->signal));
    }
    return 2;
}

// processors(): how many there are.
static int l_processors(lua_State *L)
{
    lua_pushinteger(L, (lua_Integer)uv_available_parallelism());
    return 1;
}

int bd_worker_module(lua_State *L)
{
    static const luaL_Reg METHODS[] = {
        {"next", l_next}, {"kill", l_kill}, {"ended", l_ended}, {NULL, NULL}};
    static const luaL_Reg FUNCTIONS[] = {
        {"spawn", l_spawn}, {"processors", l_processors}, {NULL, NULL}};
    luaL_newmetatable(L, WORKER);
    luaL_newlib(L, METHODS);
    lua_setfield(L, -2, "__index");
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    luaL_newlib(L, FUNCTIONS);
    return 1;
}
