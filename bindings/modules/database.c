// SPDX-License-Identifier: MIT
// beadle.database: an SQLite database that nothing is lost from (core/database.h). For journals.
#include <lauxlib.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "core/check.h"
#include "core/database.h"
#include "core/error.h"
#include "core/json.h"
#include "core/log.h"
#include "core/runtime.h"
#include "core/task.h"
#include "modules.h"

static const char DATABASE[] = "beadle.database";
static const char CALL[] = "beadle.database.call";

static const size_t BUFFER_KEPT = 1 << 16;

struct holder {
    struct bd_database *database; // NULL: closed
};

// One call that waits. A userdata on its stack; whatever happens to the task, the job lives until it is done.
struct call {
    struct bd_wait wait;
    struct bd_task *task;
    struct waiter *waiter;
};

// Between a job and the call that waits for it; freed when neither needs it.
struct waiter {
    struct bd_db_job *job;
    struct call *call; // NULL: nobody waits any more
    bool done;
};

static struct holder *check(lua_State *L)
{
    struct holder *holder = luaL_checkudata(L, 1, DATABASE);
    luaL_argcheck(L, holder->database != NULL, 1, "the database is closed");
    return holder;
}

// ------------------------------------------------------------------------------------------------
// Jobs

static void push_wrong(lua_State *L, const struct bd_db_job *job)
{
    int code = job->code & 0xFF;
    bool of_statement = code == SQLITE_ERROR || code == SQLITE_RANGE || code == SQLITE_MISMATCH;
    enum bd_kind kind = code == SQLITE_CONSTRAINT ? BD_CONFLICT
                        : of_statement            ? BD_INTERNAL
                                                  : BD_IO;
    bd_error_push(L, kind, "%s", job->message);
    bd_error_integer(L, "code", job->code);
    if (kind == BD_IO) {
        bd_error_text(L, "hint",
                      "Nothing more is recorded, so nothing more is done. Free space or mend the "
                      "disk, then go on.");
    }
}

static void add_param(lua_State *L, int index, struct bd_db_values *values)
{
    size_t len;
    switch (lua_type(L, index)) {
    case LUA_TNIL:
        bd_db_add_null(values);
        break;
    case LUA_TBOOLEAN:
        bd_db_add_integer(values, lua_toboolean(L, index));
        break;
    case LUA_TNUMBER:
        if (lua_isinteger(L, index)) {
            bd_db_add_integer(values, lua_tointeger(L, index));
        } else {
            bd_db_add_real(values, lua_tonumber(L, index));
        }
        break;
    default: {
        const char *text = lua_tolstring(L, index, &len);
        bd_db_add_text(values, text, len);
    }
    }
}

static void check_params(lua_State *L, int count)
{
    (void)luaL_checkstring(L, 2);
    for (int i = 3; i <= count; i++) {
        int type = lua_type(L, i);
        bool fits =
            type == LUA_TNIL || type == LUA_TBOOLEAN || type == LUA_TNUMBER || type == LUA_TSTRING;
        luaL_argcheck(L, fits, i, "a text, a number, a boolean or nil");
    }
}

// The job of the statement at 2 and the values from 3 to `count`, which were checked.
static struct bd_db_job *make_job(lua_State *L, int count)
{
    struct bd_db_job *job = bd_db_job_new(lua_tostring(L, 2));
    size_t bytes = 0;
    for (int i = 3; i <= count; i++) {
        bytes += lua_type(L, i) == LUA_TSTRING ? lua_rawlen(L, i) : 0;
    }
    bd_db_reserve(&job->params, (size_t)count - 2, bytes);
    for (int i = 3; i <= count; i++) {
        add_param(L, i, &job->params);
    }
    return job;
}

static void push_value(lua_State *L, const struct bd_db_values *values, size_t at)
{
    const struct bd_db_value *value = &values->list[at];
    switch (value->type) {
    case BD_DB_INTEGER:
        lua_pushinteger(L, value->integer);
        break;
    case BD_DB_REAL:
        lua_pushnumber(L, value->real);
        break;
    case BD_DB_TEXT:
        lua_pushlstring(L, value->len > 0 ? values->bytes.data + value->at : "", value->len);
        break;
    default:
        lua_pushnil(L);
    }
}

// A list of tables by the columns' names. [-0, +1]
static void push_rows(lua_State *L, const struct bd_db_job *job)
{
    size_t columns = job->names.count;
    size_t rows = columns > 0 ? job->rows.count / columns : 0;
    lua_createtable(L, (int)rows, 0);
    for (size_t row = 0; row < rows; row++) {
        lua_createtable(L, 0, (int)columns);
        for (size_t column = 0; column < columns; column++) {
            push_value(L, &job->names, column);
            push_value(L, &job->rows, row * columns + column);
            lua_rawset(L, -3);
        }
        lua_rawseti(L, -2, (lua_Integer)row + 1);
    }
}

// ------------------------------------------------------------------------------------------------
// Waiting for one

static void drop_waiter(struct waiter *waiter)
{
    bd_db_job_free(waiter->job);
    free(waiter);
}

static void on_done(struct bd_db_job *job)
{
    struct waiter *waiter = job->arg;
    waiter->done = true;
    if (waiter->call == NULL) {
        drop_waiter(waiter);
    } else {
        bd_task_wake(waiter->call->task);
    }
}

static void stop_waiting(struct bd_wait *wait)
{
    struct call *call = BD_OUTER(wait, struct call, wait);
    call->waiter->call = NULL; // the job goes on
    call->waiter = NULL;
}

static int l_call_gc(lua_State *L)
{
    struct call *call = luaL_checkudata(L, 1, CALL);
    if (call->waiter != NULL && call->waiter->done) {
        drop_waiter(call->waiter);
    } else if (call->waiter != NULL) {
        call->waiter->call = NULL;
    }
    call->waiter = NULL;
    return 0;
}

static int answered(lua_State *L, int status, lua_KContext context)
{
    struct call *call = (struct call *)context; // NOLINT
    (void)status;
    if (bd_task_interrupted(L)) {
        bd_task_push_cancellation(L);
        return bd_error_raise(L);
    }
    const struct bd_db_job *job = call->waiter->job;
    if (job->code != 0) {
        push_wrong(L, job);
        return bd_error_raise(L);
    }
    push_rows(L, job);
    lua_pushinteger(L, job->changes);
    return 2;
}

// db:run(sql, ...) -> rows, changes: runs one statement with values for its `?`, after all that were asked for
// before. Returns when what it changed is on the disk: a list of tables by column, and how many rows it changed. A
// cancelled task no longer waits; the statement is carried out all the same.
static int l_run(lua_State *L)
{
    struct holder *holder = check(L);
    int count = lua_gettop(L);
    check_params(L, count);
    bd_task_may_wait(L, "the journal");
    struct call *call = lua_newuserdatauv(L, sizeof *call, 0);
    memset(call, 0, sizeof *call);
    luaL_setmetatable(L, CALL);
    struct waiter *waiter = bd_alloc(sizeof *waiter);
    waiter->job = make_job(L, count);
    waiter->job->done = on_done;
    waiter->job->arg = waiter;
    waiter->call = call;
    call->waiter = waiter;
    call->task = bd_task_current(L);
    call->wait.stop = stop_waiting;
    bd_database_submit(holder->database, waiter->job);
    return bd_task_wait(L, &call->wait, (lua_KContext)call, answered);
}

// db:post(sql, ...): the same without waiting. When it fails, so does everything after it.
static int l_post(lua_State *L)
{
    struct holder *holder = check(L);
    int count = lua_gettop(L);
    check_params(L, count);
    struct bd_db_job *job = make_job(L, count);
    job->done = bd_db_job_free;
    bd_database_submit(holder->database, job);
    return 0;
}

// db:close(): waits until all is on the disk; blocks for that.
static int l_close(lua_State *L)
{
    struct holder *holder = luaL_checkudata(L, 1, DATABASE);
    if (holder->database != NULL) {
        bd_database_close(holder->database);
        holder->database = NULL;
    }
    return 0;
}

// ------------------------------------------------------------------------------------------------
// The module

static void raise_unopened(lua_State *L, enum bd_db_wrong what, const char *wrong)
{
    bd_error_push(L, BD_IO, "%s", wrong);
    bd_error_boolean(L, "empty", what == BD_DB_UNBORN);
    bd_error_boolean(L, "damaged", what == BD_DB_DAMAGED);
    bd_error_boolean(L, "unwitnessed", what == BD_DB_UNWITNESSED);
    (void)bd_error_raise(L);
}

static bool flag(lua_State *L, const char *name)
{
    lua_getfield(L, 1, name);
    bool set = lua_toboolean(L, -1);
    lua_pop(L, 1);
    return set;
}

// open{path, create, note, examine, mend} -> db. With `create` a new file, else one that is there. With `examine`
// nothing is written until db:trust(); with `mend` too, one without a witness is opened, and gets one then. Raises when
// somebody else has it, or it is damaged; the error's `empty` is true when it was given up before its first commit,
// `damaged` when something is lost, `unwitnessed` when nobody can tell.
static int l_open(lua_State *L)
{
    char wrong[512];
    enum bd_db_wrong what = BD_DB_OTHER;
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    lua_getfield(L, 1, "path");
    lua_getfield(L, 1, "note");
    const struct bd_db_options options = {.path = luaL_checkstring(L, 2),
                                          .create = flag(L, "create"),
                                          .examine = flag(L, "examine"),
                                          .mend = flag(L, "mend"),
                                          .note = luaL_optstring(L, 3, NULL),
                                          .what = &what};
    struct holder *holder = lua_newuserdatauv(L, sizeof *holder, 0);
    holder->database = NULL;
    luaL_setmetatable(L, DATABASE);
    holder->database = bd_database_open(bd_runtime_of(L), &options, wrong, sizeof wrong);
    if (holder->database == NULL) {
        raise_unopened(L, what, wrong);
    }
    return 1;
}

// db:trust(): what was examined is whole.
static int l_trust(lua_State *L)
{
    bd_database_trust(check(L)->database);
    return 0;
}

// holder(path): who has the database there now, as a text; nil when nobody has.
static int l_holder(lua_State *L)
{
    char holder[512];
    bool held = bd_database_holder(luaL_checkstring(L, 1), holder, sizeof holder);
    lua_pushstring(L, held ? holder : NULL);
    return 1;
}

// The buffer of l_text, which Lua may interrupt by an error.
static int l_free_text(lua_State *L)
{
    bd_buf_free(lua_touserdata(L, 1));
    return 0;
}

static void push_buffer(lua_State *L)
{
    struct bd_buf *buffer = lua_newuserdatauv(L, sizeof *buffer, 0);
    *buffer = (struct bd_buf){0};
    lua_createtable(L, 0, 1);
    lua_pushcfunction(L, l_free_text);
    lua_setfield(L, -2, "__gc");
    lua_setmetatable(L, -2);
}

// text(value): the value as JSON of one form (bd_json_canonical), without the secrets that are known.
static int l_text(lua_State *L)
{
    struct bd_buf *buffer = lua_touserdata(L, lua_upvalueindex(1));
    const struct bd_mask *mask = &bd_runtime_of(L)->log->mask;
    struct bd_json_fault fault;
    lua_settop(L, 1);
    bd_buf_reset(buffer, BUFFER_KEPT);
    if (!bd_json_canonical(L, 1, buffer, &fault)) {
        return bd_error(L, BD_ARGUMENT, "%s", fault.message);
    }
    if (bd_mask_hits(mask, buffer->data, buffer->len)) {
        struct bd_buf masked = {0};
        bd_mask_apply(mask, &masked, buffer->data, buffer->len);
        bd_buf_free(buffer);
        *buffer = masked;
    }
    lua_pushlstring(L, buffer->data, buffer->len);
    return 1;
}

int bd_database_module(lua_State *L)
{
    static const luaL_Reg METHODS[] = {{"run", l_run},     {"post", l_post},     {"trust", l_trust},
                                       {"close", l_close}, {"__close", l_close}, {NULL, NULL}};
    luaL_newmetatable(L, CALL);
    lua_pushcfunction(L, l_call_gc);
    lua_setfield(L, -2, "__gc");
    luaL_newmetatable(L, DATABASE);
    luaL_setfuncs(L, METHODS, 0);
    lua_pushvalue(L, -1);
    lua_setfield(L, -2, "__index");
    lua_pop(L, 2);
    lua_createtable(L, 0, 3);
    push_buffer(L);
    lua_pushcclosure(L, l_text, 1);
    lua_setfield(L, -2, "text");
    lua_pushcfunction(L, l_open);
    lua_setfield(L, -2, "open");
    lua_pushcfunction(L, l_holder);
    lua_setfield(L, -2, "holder");
    return 1;
}
