// SPDX-License-Identifier: MIT
// beadle.sqlite: an SQLite database in a file. One statement at a time, prepared, with values that are bound, never
// pasted into it. A commit is on the disk when exec returns. Nothing here waits for another task: a statement blocks
// the loop while it runs.
#include <errno.h>
#include <lauxlib.h>
#include <math.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/sqlite_file.h"
#include "modules.h"

static const char DATABASE[] = "beadle.sqlite.database";
static const char STATEMENT[] = "beadle.sqlite.statement";
enum { BUSY_MS = 1000 }; // how long another process may have the file locked

struct database {
    sqlite3 *db; // NULL: closed
};

// User value 1 is the database, which therefore lives longer.
struct statement {
    sqlite3_stmt *stmt; // NULL: over
};

// ------------------------------------------------------------------------------------------------
// Errors

static enum bd_kind kind_of(int code)
{
    switch (code & 0xFF) {
    case SQLITE_CONSTRAINT:
        return BD_CONFLICT;
    case SQLITE_ERROR: // of the statement's text
    case SQLITE_MISMATCH:
    case SQLITE_RANGE:
    case SQLITE_TOOBIG:
    case SQLITE_AUTH: // what the database is told to refuse
        return BD_ARGUMENT;
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
        return BD_DECODE;
    case SQLITE_MISUSE:
    case SQLITE_INTERNAL:
        return BD_INTERNAL;
    default:
        return BD_IO;
    }
}

// `message` is copied before anything is closed.
static void push_error(lua_State *L, const char *path, int code, const char *message)
{
    bd_error_push(L, kind_of(code), "%s: %s", path, message);
    bd_error_integer(L, "code", code);
    bool busy = (code & 0xFF) == SQLITE_BUSY || (code & 0xFF) == SQLITE_LOCKED;
    bd_error_boolean(L, "retryable", busy);
    if (busy) {
        bd_error_text(L, "hint",
                      "Another program, or a statement that is not over, has it locked.");
    }
}

static struct database *check(lua_State *L, int index)
{
    struct database *database = luaL_checkudata(L, index, DATABASE);
    luaL_argcheck(L, database->db != NULL, index, "the database is closed");
    return database;
}

static const char *path_of(lua_State *L, int database)
{
    lua_getiuservalue(L, database, 1);
    const char *path = lua_tostring(L, -1);
    lua_pop(L, 1); // the user value keeps it
    return path;
}

// Raises what the database last complained about. The statement, when there is one, is over.
static int fail_statement(lua_State *L, int index, struct statement *statement)
{
    sqlite3 *db = sqlite3_db_handle(statement->stmt);
    push_error(L, path_of(L, index), sqlite3_extended_errcode(db), sqlite3_errmsg(db));
    (void)sqlite3_finalize(statement->stmt);
    statement->stmt = NULL;
    return bd_error_raise(L);
}

// The same where there is no statement.
static int fail(lua_State *L, int index, sqlite3 *db)
{
    push_error(L, path_of(L, index), sqlite3_extended_errcode(db), sqlite3_errmsg(db));
    return bd_error_raise(L);
}

// ------------------------------------------------------------------------------------------------
// Opening

static bool set_up(sqlite3 *db)
{
    // EXTRA: the folder is synced too, when the rollback journal goes. Reading makes sure that it is a database.
    return bd_sqlite_harden(db) && sqlite3_busy_timeout(db, BUSY_MS) == SQLITE_OK &&
           sqlite3_exec(db, "pragma synchronous = extra", NULL, NULL, NULL) == SQLITE_OK &&
           sqlite3_exec(db, "select count(*) from sqlite_schema", NULL, NULL, NULL) == SQLITE_OK;
}

static struct database *push_database(lua_State *L, int path)
{
    struct database *database = lua_newuserdatauv(L, sizeof *database, 1);
    database->db = NULL;
    luaL_setmetatable(L, DATABASE);
    lua_pushvalue(L, path);
    lua_setiuservalue(L, -2, 1);
    return database;
}

// open(path): the database, made for its owner only (0600) when there is none. ":memory:" is one that is nowhere; "" a
// file that nobody else sees and that goes with the program, whatever ends that (SQLite, "Temporary On-disk Databases").
// Raises io where the file cannot be used, decode where it is no database.
static int l_open(lua_State *L)
{
    const char *path = luaL_checkstring(L, 1);
    lua_settop(L, 1);
    bool in_memory = strcmp(path, ":memory:") == 0 || *path == '\0';
    int number = in_memory ? 0 : bd_sqlite_make_file(path);
    if (number != 0) {
        return bd_error(L, BD_IO, "%s cannot be opened: %s", path,
                        number == ELOOP    ? "it is a link"
                        : number == EINVAL ? "it is no file"
                                           : strerror(number));
    }
    // A name of a file, never one that means something else to SQLite.
    const char *name = in_memory || path[0] == '/' ? path : lua_pushfstring(L, "./%s", path);
    struct database *database = push_database(L, 1);
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE |
                (in_memory ? SQLITE_OPEN_CREATE : 0);
    int code = sqlite3_open_v2(name, &database->db, flags, NULL);
    if (code == SQLITE_OK && set_up(database->db)) {
        return 1;
    }
    sqlite3 *db = database->db;
    push_error(L, path, code != SQLITE_OK ? code : sqlite3_extended_errcode(db),
               db != NULL ? sqlite3_errmsg(db) : sqlite3_errstr(code));
    (void)sqlite3_close_v2(db);
    database->db = NULL;
    return bd_error_raise(L);
}

// Statements that are not over give up their locks now, and are freed by their own __gc.
static int l_close(lua_State *L)
{
    struct database *database = luaL_checkudata(L, 1, DATABASE);
    if (database->db != NULL) {
        for (sqlite3_stmt *stmt = sqlite3_next_stmt(database->db, NULL); stmt != NULL;
             stmt = sqlite3_next_stmt(database->db, stmt)) {
            (void)sqlite3_reset(stmt);
        }
        (void)sqlite3_close_v2(database->db);
        database->db = NULL;
    }
    return 0;
}

// ------------------------------------------------------------------------------------------------
// Statements

static int l_end_statement(lua_State *L)
{
    struct statement *statement = luaL_checkudata(L, 1, STATEMENT);
    (void)sqlite3_finalize(statement->stmt); // an error of the last step was raised there
    statement->stmt = NULL;
    return 0;
}

// What follows the first statement may be blank only: a second one would be dropped without a word.
static bool is_blank(const char *text)
{
    return text[strspn(text, " \t\r\n;")] == '\0';
}

// Prepares the text at index 2 for the database at 1, and leaves the statement on top.
static struct statement *prepare(lua_State *L)
{
    struct database *database = check(L, 1);
    size_t len;
    const char *sql = luaL_checklstring(L, 2, &len);
    luaL_argcheck(L, strlen(sql) == len, 2, "the statement holds a zero byte");
    struct statement *statement = lua_newuserdatauv(L, sizeof *statement, 1);
    statement->stmt = NULL;
    luaL_setmetatable(L, STATEMENT);
    lua_pushvalue(L, 1);
    lua_setiuservalue(L, -2, 1);
    const char *rest = sql;
    if (sqlite3_prepare_v3(database->db, sql, -1, 0, &statement->stmt, &rest) != SQLITE_OK) {
        fail(L, 1, database->db);
    }
    if (statement->stmt == NULL) {
        bd_error(L, BD_ARGUMENT, "%s: there is no statement in the text", path_of(L, 1));
    }
    if (!is_blank(rest)) {
        bd_error(L, BD_ARGUMENT, "%s: one statement at a time; \"%s\" follows the first",
                 path_of(L, 1), rest);
    }
    return statement;
}

static bool is_text(const char *bytes, size_t len)
{
    if (memchr(bytes, '\0', len) != NULL) {
        return false;
    }
    for (size_t i = 0; i < len;) {
        unsigned char first = (unsigned char)bytes[i];
        size_t more = first < 0x80 ? 0 : first < 0xE0 ? 1 : first < 0xF0 ? 2 : 3;
        if ((first >= 0x80 && first < 0xC2) || first > 0xF4 || len - i <= more) {
            return false;
        }
        for (size_t k = 1; k <= more; k++) {
            if (((unsigned char)bytes[i + k] & 0xC0) != 0x80) {
                return false;
            }
        }
        i += more + 1;
    }
    return true;
}

static int bind_text(lua_State *L, sqlite3_stmt *stmt, int place, int index)
{
    size_t len;
    const char *bytes = lua_tolstring(L, index, &len);
    // Bytes that are no text are kept as what they are, and come back alike.
    return is_text(bytes, len)
               ? sqlite3_bind_text64(stmt, place, bytes, len, SQLITE_TRANSIENT, SQLITE_UTF8)
               : sqlite3_bind_blob64(stmt, place, bytes, len, SQLITE_TRANSIENT);
}

static int bind_number(lua_State *L, sqlite3_stmt *stmt, int place, int index)
{
    if (lua_isinteger(L, index)) {
        return sqlite3_bind_int64(stmt, place, lua_tointeger(L, index));
    }
    if (isnan(lua_tonumber(L, index))) { // SQLite would make it null
        bd_error(L, BD_ARGUMENT, "%s: value %d is not a number (NaN)", path_of(L, 1), place);
    }
    return sqlite3_bind_double(stmt, place, lua_tonumber(L, index));
}

static void bind(lua_State *L, sqlite3_stmt *stmt, int place, int index)
{
    int code = SQLITE_OK;
    switch (lua_type(L, index)) {
    case LUA_TNIL:
    case LUA_TNONE:
        code = sqlite3_bind_null(stmt, place);
        break;
    case LUA_TBOOLEAN:
        code = sqlite3_bind_int(stmt, place, lua_toboolean(L, index));
        break;
    case LUA_TNUMBER:
        code = bind_number(L, stmt, place, index);
        break;
    case LUA_TSTRING:
        code = bind_text(L, stmt, place, index);
        break;
    default:
        bd_error(L, BD_ARGUMENT, "%s: value %d is a %s, which cannot be kept", path_of(L, 1), place,
                 luaL_typename(L, index));
    }
    if (code != SQLITE_OK) {
        fail(L, 1, sqlite3_db_handle(stmt));
    }
}

// A name that the statement lacks is a mistake; one that the table lacks is null.
static void bind_names(lua_State *L, sqlite3_stmt *stmt, int table)
{
    lua_pushnil(L);
    while (lua_next(L, table) != 0) {
        const char *name = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "?";
        int place = sqlite3_bind_parameter_index(stmt, lua_pushfstring(L, ":%s", name));
        if (place == 0) {
            bd_error(L, BD_ARGUMENT, "%s: the statement has no :%s", path_of(L, 1), name);
        }
        bind(L, stmt, place, lua_gettop(L) - 1);
        lua_pop(L, 2);
    }
}

// Binds what stands at 3 to `last`: a table by names, else one value for each "?".
static void bind_all(lua_State *L, sqlite3_stmt *stmt, int last)
{
    int wanted = sqlite3_bind_parameter_count(stmt);
    int given = last - 2;
    if (given == 1 && lua_istable(L, 3)) {
        bind_names(L, stmt, 3);
        return;
    }
    if (given != wanted) {
        bd_error(L, BD_ARGUMENT, "%s: the statement takes %d value(s), and %d came", path_of(L, 1),
                 wanted, given);
    }
    for (int i = 0; i < given; i++) {
        bind(L, stmt, i + 1, i + 3);
    }
}

static struct statement *prepare_and_bind(lua_State *L)
{
    int last = lua_gettop(L);
    struct statement *statement = prepare(L);
    bind_all(L, statement->stmt, last);
    return statement;
}

// db:exec(sql, ...): runs a statement to its end; how many rows it changed. Values stand for "?" in order, or in a
// table for ":name". Rows that it gives are passed over.
static int l_exec(lua_State *L)
{
    struct statement *statement = prepare_and_bind(L);
    sqlite3 *db = sqlite3_db_handle(statement->stmt);
    bool changes = sqlite3_stmt_readonly(statement->stmt) == 0;
    int before = sqlite3_total_changes(db);
    int code;
    do {
        code = sqlite3_step(statement->stmt);
    } while (code == SQLITE_ROW);
    if (code != SQLITE_DONE) {
        return fail_statement(L, 1, statement);
    }
    (void)sqlite3_finalize(statement->stmt); // the last step went well
    statement->stmt = NULL;
    lua_pushinteger(L, changes && sqlite3_total_changes(db) != before ? sqlite3_changes(db) : 0);
    return 1;
}

// ------------------------------------------------------------------------------------------------
// Rows

static void push_column(lua_State *L, sqlite3_stmt *stmt, int column)
{
    const void *bytes;
    switch (sqlite3_column_type(stmt, column)) {
    case SQLITE_INTEGER:
        lua_pushinteger(L, sqlite3_column_int64(stmt, column));
        break;
    case SQLITE_FLOAT:
        lua_pushnumber(L, sqlite3_column_double(stmt, column));
        break;
    case SQLITE_NULL:
        lua_pushnil(L);
        break;
    default: // text and blob; the pointer first, then its length
        bytes = sqlite3_column_blob(stmt, column);
        lua_pushlstring(L, bytes != NULL ? bytes : "", (size_t)sqlite3_column_bytes(stmt, column));
        break;
    }
}

static void push_row(lua_State *L, sqlite3_stmt *stmt)
{
    int count = sqlite3_column_count(stmt);
    lua_createtable(L, 0, count);
    for (int i = 0; i < count; i++) {
        push_column(L, stmt, i);
        lua_setfield(L, -2, sqlite3_column_name(stmt, i));
    }
}

// The next row as a table by the names of columns; nil after the last.
static int l_next(lua_State *L)
{
    struct statement *statement = lua_touserdata(L, lua_upvalueindex(1));
    if (statement->stmt == NULL) {
        return 0;
    }
    lua_settop(L, 0);
    lua_getiuservalue(L, lua_upvalueindex(1), 1); // the database, at 1
    (void)check(L, 1);
    int code = sqlite3_step(statement->stmt);
    if (code == SQLITE_ROW) {
        push_row(L, statement->stmt);
        return 1;
    }
    if (code != SQLITE_DONE) {
        return fail_statement(L, 1, statement);
    }
    (void)sqlite3_finalize(statement->stmt);
    statement->stmt = NULL;
    return 0;
}

static void refuse_same_names(lua_State *L, sqlite3_stmt *stmt)
{
    int count = sqlite3_column_count(stmt);
    lua_createtable(L, 0, count);
    for (int i = 0; i < count; i++) {
        if (lua_getfield(L, -1, sqlite3_column_name(stmt, i)) != LUA_TNIL) {
            bd_error(L, BD_ARGUMENT, "%s: two columns have the name %s", path_of(L, 1),
                     sqlite3_column_name(stmt, i));
        }
        lua_pop(L, 1);
        lua_pushboolean(L, 1);
        lua_setfield(L, -2, sqlite3_column_name(stmt, i));
    }
    lua_pop(L, 1);
}

// for row in db:rows(sql, ...) do: each row as a table by the names of columns; null is nil. The statement is over
// when the loop is, however it ends.
static int l_rows(lua_State *L)
{
    struct statement *statement = prepare_and_bind(L);
    int place = lua_gettop(L);
    refuse_same_names(L, statement->stmt);
    lua_pushvalue(L, place);
    lua_pushcclosure(L, l_next, 1);
    lua_pushnil(L);
    lua_pushnil(L);
    lua_pushvalue(L, place); // closed by the loop
    return 4;
}

// ------------------------------------------------------------------------------------------------
// Transactions

static bool run(sqlite3 *db, const char *sql)
{
    return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK;
}

// db:transaction(fn, ...): all that fn does, or nothing; the results of fn. It must not wait: what other tasks do
// meanwhile would be part of it. When fn raises, nothing is kept and the error goes on.
static int l_transaction(lua_State *L)
{
    struct database *database = check(L, 1);
    luaL_checktype(L, 2, LUA_TFUNCTION);
    if (!run(database->db, "begin immediate")) {
        return fail(L, 1, database->db);
    }
    int ok = lua_pcall(L, lua_gettop(L) - 2, LUA_MULTRET, 0) == LUA_OK;
    if (database->db == NULL) { // fn closed it, and with that gave it up
        return bd_error(L, BD_ARGUMENT, "%s was closed within a transaction", path_of(L, 1));
    }
    if (ok && run(database->db, "commit")) {
        return lua_gettop(L) - 1;
    }
    if (ok) {
        push_error(L, path_of(L, 1), sqlite3_extended_errcode(database->db),
                   sqlite3_errmsg(database->db));
    }
    (void)run(database->db, "rollback"); // fails only where SQLite has done it itself
    return bd_error_rethrow(L);
}

// ------------------------------------------------------------------------------------------------

static void add_class(lua_State *L, const char *name, const luaL_Reg *methods, lua_CFunction end)
{
    luaL_newmetatable(L, name);
    lua_newtable(L);
    luaL_setfuncs(L, methods, 0);
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, end);
    lua_setfield(L, -2, "__gc");
    lua_pushcfunction(L, end);
    lua_setfield(L, -2, "__close");
    lua_pushstring(L, name);
    lua_setfield(L, -2, "__metatable");
    lua_pop(L, 1);
}

int bd_sqlite_module(lua_State *L)
{
    static const luaL_Reg METHODS[] = {{"exec", l_exec},
                                       {"rows", l_rows},
                                       {"transaction", l_transaction},
                                       {"close", l_close},
                                       {NULL, NULL}};
    static const luaL_Reg NONE[] = {{NULL, NULL}};
    static const luaL_Reg FUNCTIONS[] = {{"open", l_open}, {NULL, NULL}};
    add_class(L, DATABASE, METHODS, l_close);
    add_class(L, STATEMENT, NONE, l_end_statement);
    luaL_newlib(L, FUNCTIONS);
    return 1;
}
