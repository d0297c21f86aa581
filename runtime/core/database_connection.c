// SPDX-License-Identifier: MIT
// The connection: settings, prepared statements, and jobs as transactions. Runs on the database's thread.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "database_internal.h"
#include "sqlite_file.h"

// ------------------------------------------------------------------------------------------------
// Opening

static bool run(sqlite3 *db, const char *sql, char *wrong, size_t size)
{
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK) {
        return true;
    }
    (void)snprintf(wrong, size, "%s", sqlite3_errmsg(db));
    return false;
}

// Exclusive first: then the WAL's index lives in memory, not in a third file.
static const char SETTINGS[] = "PRAGMA locking_mode=EXCLUSIVE;"
                               "PRAGMA synchronous=FULL;"
                               "PRAGMA cell_size_check=ON;"
                               "PRAGMA mmap_size=0;"
                               "PRAGMA secure_delete=ON;"
                               "PRAGMA temp_store=MEMORY;"
                               "PRAGMA journal_size_limit=67108864;";

static int last_errno(sqlite3 *db)
{
    sqlite3_file *log = NULL;
    int number = 0;
    int of_log = 0;
    (void)sqlite3_file_control(db, "main", SQLITE_FCNTL_LAST_ERRNO, &number);
    (void)sqlite3_file_control(db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log);
    if (number == 0 && log != NULL && log->pMethods != NULL) {
        (void)log->pMethods->xFileControl(log, SQLITE_FCNTL_LAST_ERRNO, &of_log);
    }
    return number != 0 ? number : of_log;
}

// A page that cannot be read may be called damaged, and a log that cannot be written a database that is read-only.
static int true_code(sqlite3 *db, int code, char *message, size_t size)
{
    int plain = code & 0xFF;
    int number = last_errno(db);
    bool unread = plain == SQLITE_CORRUPT || plain == SQLITE_NOTADB || plain == SQLITE_ERROR;
    if (unread && number != 0) {
        (void)snprintf(message, size, "disk I/O error (%s)", strerror(number));
        return SQLITE_IOERR;
    }
    if (plain == SQLITE_READONLY) {
        (void)snprintf(message, size, "it or its log cannot be opened for writing");
    }
    return code;
}

static bool harden(sqlite3 *db)
{
    return bd_sqlite_harden(db) && sqlite3_busy_timeout(db, 0) == SQLITE_OK &&
           sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL) == SQLITE_OK &&
           bd_db_check_open(db);
}

// Without a rollback journal: one that could not be removed, or that came back after a loss of power because its folder
// was not synchronised, would undo all that was written to the log since. A file that is half made has no commit yet.
static bool make(sqlite3 *db, const char *id, char *wrong, size_t size)
{
    char insert[sizeof "INSERT INTO commits VALUES(0,'')" + BD_DB_ID_LEN];
    (void)snprintf(insert, sizeof insert, "INSERT INTO commits VALUES(0,'%s')", id);
    return run(db, "PRAGMA journal_mode=MEMORY;PRAGMA journal_mode=WAL", wrong, size) &&
           run(db, "BEGIN; CREATE TABLE commits(n INTEGER NOT NULL,id TEXT NOT NULL)", wrong,
               size) &&
           run(db, insert, wrong, size) && run(db, "COMMIT", wrong, size);
}

static bool read_commits(struct bd_db_connection *connection, char *wrong, size_t size)
{
    sqlite3_stmt *stmt = NULL;
    bool ok = sqlite3_prepare_v2(connection->db,
                                 "SELECT n,id,(SELECT journal_mode FROM pragma_journal_mode) "
                                 "FROM commits",
                                 -1, &stmt, NULL) == SQLITE_OK &&
              sqlite3_step(stmt) == SQLITE_ROW;
    if (ok) {
        const unsigned char *id = sqlite3_column_text(stmt, 1);
        const unsigned char *mode = sqlite3_column_text(stmt, 2);
        connection->commits = (uint64_t)sqlite3_column_int64(stmt, 0);
        (void)snprintf(connection->id, sizeof connection->id, "%s",
                       id != NULL ? (const char *)id : "");
        ok = mode != NULL && strcmp((const char *)mode, "wal") == 0;
        (void)snprintf(wrong, size, "it has no write-ahead log");
    } else {
        (void)snprintf(wrong, size, "%s", sqlite3_errmsg(connection->db));
    }
    (void)sqlite3_finalize(stmt);
    return ok;
}

static bool set_up(struct bd_db_connection *connection, const struct bd_db_options *options,
                   const char *id, char *wrong, size_t size)
{
    if (!harden(connection->db)) {
        (void)snprintf(wrong, size, "SQLite refuses a setting: %s", sqlite3_errmsg(connection->db));
        return false;
    }
    if (sqlite3_db_readonly(connection->db, "main") == 1) {
        (void)snprintf(wrong, size, "it cannot be opened for writing");
        return false;
    }
    return run(connection->db, SETTINGS, wrong, size) &&
           (!options->create || make(connection->db, id, wrong, size)) &&
           read_commits(connection, wrong, size);
}

bool bd_db_connection_open(struct bd_db_connection *connection, const struct bd_db_options *options,
                           const char *id, char *wrong, size_t size)
{
    char why[256] = "";
    memset(connection, 0, sizeof *connection);
    int code =
        sqlite3_open_v2(options->path, &connection->db,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_NOMUTEX, NULL);
    if (code != SQLITE_OK) {
        (void)snprintf(why, sizeof why, "%s",
                       connection->db != NULL ? sqlite3_errmsg(connection->db) : "out of memory");
    }
    if (code == SQLITE_OK && set_up(connection, options, id, why, sizeof why)) {
        return true;
    }
    connection->broken =
        connection->db != NULL
            ? true_code(connection->db, sqlite3_extended_errcode(connection->db), why, sizeof why)
            : SQLITE_NOMEM;
    (void)snprintf(wrong, size, "%s: %s%s", options->path,
                   options->create ? "it cannot be made: " : "", why);
    bd_db_connection_close(connection, false);
    return false;
}

// ------------------------------------------------------------------------------------------------
// Statements

// The prepared statement of a text; the one that was not used for longest makes room.
static sqlite3_stmt *statement(struct bd_db_connection *connection, const char *sql)
{
    size_t oldest = 0;
    for (size_t i = 0; i < BD_DB_STATEMENTS; i++) {
        if (connection->statements[i].sql != NULL &&
            strcmp(connection->statements[i].sql, sql) == 0) {
            connection->statements[i].used = ++connection->uses;
            return connection->statements[i].stmt;
        }
        if (connection->statements[i].used < connection->statements[oldest].used) {
            oldest = i;
        }
    }
    sqlite3_stmt *stmt = NULL;
    if (sqlite3_prepare_v3(connection->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &stmt, NULL) !=
            SQLITE_OK ||
        stmt == NULL) {
        return NULL;
    }
    (void)sqlite3_finalize(connection->statements[oldest].stmt);
    free(connection->statements[oldest].sql);
    connection->statements[oldest].stmt = stmt;
    connection->statements[oldest].sql = bd_strdup(sql);
    connection->statements[oldest].used = ++connection->uses;
    return stmt;
}

static int bind(sqlite3_stmt *stmt, const struct bd_db_values *params)
{
    int code = SQLITE_OK;
    if ((size_t)sqlite3_bind_parameter_count(stmt) != params->count) {
        return SQLITE_RANGE;
    }
    for (size_t i = 0; code == SQLITE_OK && i < params->count; i++) {
        const struct bd_db_value *value = &params->list[i];
        int place = (int)i + 1;
        switch (value->type) {
        case BD_DB_INTEGER:
            code = sqlite3_bind_int64(stmt, place, value->integer);
            break;
        case BD_DB_REAL:
            code = sqlite3_bind_double(stmt, place, value->real);
            break;
        case BD_DB_TEXT:
            code = sqlite3_bind_text64(stmt, place,
                                       value->len > 0 ? params->bytes.data + value->at : "",
                                       value->len, SQLITE_STATIC, SQLITE_UTF8);
            break;
        default:
            code = sqlite3_bind_null(stmt, place);
        }
    }
    return code;
}

static void take_value(struct bd_db_values *values, sqlite3_stmt *stmt, int column)
{
    switch (sqlite3_column_type(stmt, column)) {
    case SQLITE_INTEGER:
        bd_db_add_integer(values, sqlite3_column_int64(stmt, column));
        break;
    case SQLITE_FLOAT:
        bd_db_add_real(values, sqlite3_column_double(stmt, column));
        break;
    case SQLITE_NULL:
        bd_db_add_null(values);
        break;
    default: {
        const void *text = sqlite3_column_blob(stmt, column);
        bd_db_add_text(values, text, (size_t)sqlite3_column_bytes(stmt, column));
    }
    }
}

static int step(sqlite3_stmt *stmt, struct bd_db_job *job)
{
    int columns = sqlite3_column_count(stmt);
    int code;
    for (int i = 0; i < columns; i++) {
        const char *name = sqlite3_column_name(stmt, i);
        bd_db_add_text(&job->names, name, name != NULL ? strlen(name) : 0);
    }
    while ((code = sqlite3_step(stmt)) == SQLITE_ROW) {
        for (int i = 0; i < columns; i++) {
            take_value(&job->rows, stmt, i);
        }
    }
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

static void note(struct bd_db_connection *connection, struct bd_db_job *job, int code)
{
    job->code = code;
    if (code != SQLITE_OK) {
        (void)snprintf(job->message, sizeof job->message, "%s", sqlite3_errmsg(connection->db));
        job->code = true_code(connection->db, code, job->message, sizeof job->message);
    }
}

static void run_job(struct bd_db_connection *connection, struct bd_db_job *job)
{
    sqlite3_stmt *stmt = statement(connection, job->sql);
    if (stmt == NULL) {
        note(connection, job, sqlite3_extended_errcode(connection->db));
        return;
    }
    int64_t before = sqlite3_total_changes64(connection->db);
    int code = bind(stmt, &job->params);
    if (code == SQLITE_OK) {
        code = step(stmt, job);
    }
    note(connection, job, code);
    job->changes = sqlite3_total_changes64(connection->db) - before;
    (void)sqlite3_reset(stmt);
    (void)sqlite3_clear_bindings(stmt);
}

// ------------------------------------------------------------------------------------------------
// Transactions

// After these nothing is certain any more about what is on the disk.
static bool breaks(int code)
{
    switch (code & 0xFF) {
    case SQLITE_OK:
    case SQLITE_ERROR:
    case SQLITE_CONSTRAINT:
    case SQLITE_MISMATCH:
    case SQLITE_RANGE:
    case SQLITE_TOOBIG:
    case SQLITE_AUTH:
        return false;
    default:
        return true;
    }
}

static void break_down(struct bd_db_connection *connection, int code, const char *why)
{
    int number = sqlite3_system_errno(connection->db);
    bool of_disk = (code & 0xFF) == SQLITE_IOERR && number != 0 && strchr(why, '(') == NULL;
    connection->broken = code;
    (void)snprintf(connection->why, sizeof connection->why, "%s: %s%s%s%s",
                   sqlite3_db_filename(connection->db, "main"), why, of_disk ? " (" : "",
                   of_disk ? strerror(number) : "", of_disk ? ")" : "");
}

static bool control(struct bd_db_connection *connection, const char *sql)
{
    sqlite3_stmt *stmt = statement(connection, sql);
    int code = stmt != NULL ? sqlite3_step(stmt) : SQLITE_ERROR;
    while (code == SQLITE_ROW) {
        code = sqlite3_step(stmt);
    }
    if (code != SQLITE_DONE) {
        char why[256];
        (void)snprintf(why, sizeof why, "%s", sqlite3_errmsg(connection->db));
        code = true_code(connection->db, sqlite3_extended_errcode(connection->db), why, sizeof why);
        break_down(connection, code, why);
        code = SQLITE_ERROR;
    }
    (void)sqlite3_reset(stmt);
    return code == SQLITE_DONE;
}

// Of what is damaged, for looking: each by itself, whatever became of those before.
static bool run_each(struct bd_db_connection *connection, struct bd_db_job *jobs)
{
    for (struct bd_db_job *job = jobs; job != NULL; job = job->next) {
        run_job(connection, job);
    }
    return true;
}

static bool run_jobs(struct bd_db_connection *connection, struct bd_db_job *jobs)
{
    int64_t before = sqlite3_total_changes64(connection->db);
    if (!control(connection, "BEGIN IMMEDIATE")) {
        return false;
    }
    for (struct bd_db_job *job = jobs; job != NULL; job = job->next) {
        run_job(connection, job);
        if (breaks(job->code)) {
            break_down(connection, job->code, job->message);
            return false;
        }
    }
    if (sqlite3_total_changes64(connection->db) == before) {
        return control(connection, "COMMIT");
    }
    if (!control(connection, "UPDATE commits SET n=n+1") || !control(connection, "COMMIT")) {
        return false;
    }
    connection->commits++;
    return true;
}

// What was cut off comes back after a loss of power unless the log is synchronised.
static bool sync_log(struct bd_db_connection *connection)
{
    sqlite3_file *file = NULL;
    int code = sqlite3_file_control(connection->db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &file);
    if (code == SQLITE_OK && file != NULL && file->pMethods != NULL) {
        code = file->pMethods->xSync(file, SQLITE_SYNC_NORMAL);
    }
    if (code != SQLITE_OK) {
        break_down(connection, code, sqlite3_errstr(code));
    }
    return code == SQLITE_OK;
}

// What SQLite allows outside of a transaction only; it attaches a file for that. Afterwards no page and no log holds
// what was deleted: pages that were split keep copies that secure_delete does not see.
static bool run_vacuum(struct bd_db_connection *connection, struct bd_db_job *job)
{
    (void)sqlite3_limit(connection->db, SQLITE_LIMIT_ATTACHED, 1);
    run_job(connection, job);
    (void)sqlite3_limit(connection->db, SQLITE_LIMIT_ATTACHED, 0);
    if (job->code == SQLITE_OK && control(connection, "PRAGMA wal_checkpoint(TRUNCATE)") &&
        sync_log(connection)) {
        return true;
    }
    if (connection->broken == 0) {
        break_down(connection, job->code, job->message);
    }
    return false;
}

static bool is_vacuum(const struct bd_db_job *jobs)
{
    return jobs->next == NULL && strcmp(jobs->sql, "VACUUM") == 0;
}

void bd_db_connection_run(struct bd_db_connection *connection, struct bd_db_job *jobs)
{
    bool ok = connection->broken == 0 && (connection->lenient ? run_each(connection, jobs)
                                          : is_vacuum(jobs)   ? run_vacuum(connection, jobs)
                                                              : run_jobs(connection, jobs));
    if (ok) {
        return;
    }
    if (!sqlite3_get_autocommit(connection->db)) {
        (void)sqlite3_exec(connection->db, "ROLLBACK", NULL, NULL, NULL);
    }
    for (struct bd_db_job *job = jobs; job != NULL; job = job->next) {
        job->code = connection->broken;
        job->changes = 0;
        (void)snprintf(job->message, sizeof job->message, "%s", connection->why);
    }
}

void bd_db_connection_close(struct bd_db_connection *connection, bool settle)
{
    for (size_t i = 0; i < BD_DB_STATEMENTS; i++) {
        (void)sqlite3_finalize(connection->statements[i].stmt);
        free(connection->statements[i].sql);
    }
    if (settle) {
        (void)sqlite3_db_config(connection->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, NULL);
    }
    (void)sqlite3_close(connection->db);
    connection->db = NULL;
}
