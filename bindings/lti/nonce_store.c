// SPDX-License-Identifier: MIT
#include "nonce_store.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/check.h"
#include "core/sqlite_file.h"
#include "private_file.h"

// ------------------------------------------------------------------------------------------------
// The file and its folder

static bool say(char *wrong, size_t size, const char *what, const char *why)
{
    (void)snprintf(wrong, size, "%s: %s", what, why);
    return false;
}

// A file that is there is looked at and not opened: closing it would take away the locks of another store of
// this process.
static bool check_file(const char *path, const char *folder, char *wrong, size_t size)
{
    struct stat info;
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (fd >= 0) {
        (void)close(fd);
        bd_private_sync_folder(folder);
    } else if (errno != EEXIST) {
        return say(wrong, size, path, strerror(errno));
    }
    if (lstat(path, &info) != 0) {
        return say(wrong, size, path, strerror(errno));
    }
    if (!S_ISREG(info.st_mode)) {
        return say(wrong, size, path, "it is a link, or no file");
    }
    if (info.st_uid != geteuid() || (info.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
        return say(wrong, size, path, "it is not yours alone (chmod 600)");
    }
    return true;
}

// Writes the path to open, free of links, into `out`.
static bool prepare_path(const char *path, struct bd_buf *out, char *wrong, size_t size)
{
    char *for_folder = bd_strdup(path);
    char *for_name = bd_strdup(path);
    const char *folder = dirname(for_folder);
    char *real = bd_private_make_folders(folder) ? realpath(folder, NULL) : NULL;
    const char *why = real != NULL ? bd_private_check_folder(real) : strerror(errno);
    bool right = why == NULL || say(wrong, size, folder, why);
    if (right) {
        bd_buf_addf(out, "%s/%s", real, basename(for_name));
        right = check_file(bd_buf_text(out), real, wrong, size);
    }
    free(real);
    free(for_folder);
    free(for_name);
    return right;
}

// ------------------------------------------------------------------------------------------------
// Opening

static int64_t milliseconds(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

// Waits a little, and not at all when there has been waiting enough.
static bool wait_more(int64_t since)
{
    static const struct timespec PAUSE = {.tv_nsec = 50000}; // less than one use takes on a disk
    if (milliseconds() - since >= BD_NONCE_BUSY_MS) {
        return false;
    }
    (void)nanosleep(&PAUSE, NULL);
    return true;
}

// Another process has the file.
static int on_busy(void *begun, int count)
{
    int64_t *since = begun;
    if (count == 0) {
        *since = milliseconds();
    }
    return wait_more(*since);
}

static int set_busy_handler(sqlite3 *db)
{
    static int64_t begun; // of the one wait there can be at a time
    return sqlite3_busy_handler(db, on_busy, &begun);
}

static int read_number(void *number, int count, char **values, char **names)
{
    (void)names;
    *(long *)number = count > 0 && values[0] != NULL ? strtol(values[0], NULL, 10) : 0;
    return 0;
}

static int read_is_truncate(void *is, int count, char **values, char **names)
{
    (void)names;
    *(bool *)is = count > 0 && values[0] != NULL && strcmp(values[0], "truncate") == 0;
    return 0;
}

// 1, and so a file that is none of ours is not written to.
#define SCHEMA_VERSION "1"
#define APPLICATION    "1650748014" // "bdnn"

static bool run(sqlite3 *db, const char *sql)
{
    return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK;
}

static bool create(sqlite3 *db)
{
    return run(db, "CREATE TABLE used (owner BLOB NOT NULL, nonce BLOB NOT NULL,"
                   " expires INTEGER NOT NULL, PRIMARY KEY (owner, nonce)) WITHOUT ROWID;"
                   "CREATE INDEX used_expires ON used (expires);"
                   "CREATE TABLE cleaned (at INTEGER NOT NULL);"
                   "INSERT INTO cleaned VALUES (0);"
                   "PRAGMA application_id = " APPLICATION ";"
                   "PRAGMA user_version = " SCHEMA_VERSION);
}

// Makes the tables of a new file, or looks whether they are those of a store.
static const char *check_schema(sqlite3 *db)
{
    long version = 0;
    long application = 0;
    long tables = 0;
    if (!run(db, "BEGIN IMMEDIATE") ||
        sqlite3_exec(db, "PRAGMA user_version", read_number, &version, NULL) != SQLITE_OK ||
        sqlite3_exec(db, "PRAGMA application_id", read_number, &application, NULL) != SQLITE_OK ||
        sqlite3_exec(db, "SELECT count(*) FROM sqlite_schema", read_number, &tables, NULL) !=
            SQLITE_OK) {
        return sqlite3_errmsg(db);
    }
    if (version == 0 && application == 0 && tables == 0) {
        return create(db) && run(db, "COMMIT") ? NULL : sqlite3_errmsg(db);
    }
    if (application != strtol(APPLICATION, NULL, 10) ||
        version != strtol(SCHEMA_VERSION, NULL, 10)) {
        return "it is no file of nonces, or one of another version of beadle";
    }
    return run(db, "COMMIT") ? NULL : sqlite3_errmsg(db);
}

// Locks the file of turns: SQLite has no queue, so that one who uses many nonces in a row could keep all others out.
// Only the one whose turn is next waits for the store itself, and lets go of the turn when it has it.
static bool take_turn(const struct bd_nonce_store *store)
{
    int64_t since = milliseconds();
    while (flock(store->turn, LOCK_EX | LOCK_NB) != 0) {
        if ((errno != EWOULDBLOCK && errno != EINTR) || !wait_more(since)) {
            return false;
        }
    }
    return true;
}

static void give_turn(const struct bd_nonce_store *store)
{
    (void)flock(store->turn, LOCK_UN);
}

static const char BUSY[] = "another process keeps the nonces";

static const char *set_up_in_turn(sqlite3 *db)
{
    bool truncates = false;
    if (!bd_sqlite_harden(db) || set_busy_handler(db) != SQLITE_OK ||
        sqlite3_exec(db, "PRAGMA journal_mode = TRUNCATE", read_is_truncate, &truncates, NULL) !=
            SQLITE_OK ||
        !run(db, "PRAGMA synchronous = FULL;"
                 "PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0")) {
        return sqlite3_errmsg(db);
    }
    return truncates ? check_schema(db) : "its journal is of another kind";
}

static const char *set_up(const struct bd_nonce_store *store)
{
    if (!take_turn(store)) {
        return BUSY;
    }
    const char *wrong = set_up_in_turn(store->db);
    give_turn(store);
    return wrong;
}

static bool prepare(struct bd_nonce_store *store)
{
    const struct {
        sqlite3_stmt **statement;
        const char *sql;
    } statements[] = {
        {&store->begin, "BEGIN IMMEDIATE"},
        {&store->commit, "COMMIT"},
        {&store->rollback, "ROLLBACK"},
        {&store->cleaned, "SELECT at FROM cleaned"},
        {&store->add, "INSERT INTO used VALUES (?1, ?2, ?3) ON CONFLICT (owner, nonce)"
                      " DO UPDATE SET expires = excluded.expires WHERE expires < ?4"},
        {&store->clean, "DELETE FROM used WHERE (owner, nonce) IN"
                        " (SELECT owner, nonce FROM used WHERE expires < ?1 LIMIT ?2)"},
        {&store->note, "UPDATE cleaned SET at = max(at, ?1)"},
    };
    for (size_t i = 0; i < BD_COUNT(statements); i++) {
        if (sqlite3_prepare_v3(store->db, statements[i].sql, -1, SQLITE_PREPARE_PERSISTENT,
                               statements[i].statement, NULL) != SQLITE_OK) {
            return false;
        }
    }
    return true;
}

// Opens the file of turns beside the store.
static int open_turn(const char *path)
{
    struct bd_buf name = {0};
    bd_buf_addf(&name, "%s-turn", path);
    int fd = open(bd_buf_text(&name), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR);
    bd_buf_free(&name);
    return fd;
}

bool bd_nonce_store_open(struct bd_nonce_store *store, const char *path, char *wrong,
                         size_t wrong_size)
{
    enum { FLAGS = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_PRIVATECACHE };
    struct bd_buf real = {0};
    *store = (struct bd_nonce_store){.turn = -1};
    if (!prepare_path(path, &real, wrong, wrong_size)) {
        bd_buf_free(&real);
        return false;
    }
    store->turn = open_turn(bd_buf_text(&real));
    const char *why = store->turn < 0 ? strerror(errno) : NULL;
    if (why == NULL) {
        int code = sqlite3_open_v2(bd_buf_text(&real), &store->db, FLAGS, NULL);
        why = code == SQLITE_OK ? set_up(store) : sqlite3_errstr(code);
    }
    bd_buf_free(&real);
    if (why == NULL && !prepare(store)) {
        why = sqlite3_errmsg(store->db);
    }
    if (why != NULL) {
        (void)say(wrong, wrong_size, path, why);
        bd_nonce_store_close(store);
        return false;
    }
    return true;
}

void bd_nonce_store_close(struct bd_nonce_store *store)
{
    sqlite3_stmt *const statements[] = {store->begin,   store->commit, store->rollback,
                                        store->cleaned, store->add,    store->clean,
                                        store->note};
    for (size_t i = 0; i < BD_COUNT(statements); i++) {
        (void)sqlite3_finalize(statements[i]);
    }
    (void)sqlite3_close(store->db);
    if (store->turn >= 0) {
        (void)close(store->turn);
    }
    *store = (struct bd_nonce_store){.turn = -1};
}

// ------------------------------------------------------------------------------------------------
// Using

static bool step(sqlite3_stmt *statement)
{
    bool done = sqlite3_step(statement) == SQLITE_DONE;
    (void)sqlite3_reset(statement);
    return done;
}

// Begins a transaction that may write.
static bool begin(struct bd_nonce_store *store, char *wrong, size_t wrong_size)
{
    if (!take_turn(store)) {
        (void)snprintf(wrong, wrong_size, "%s", BUSY);
        return false;
    }
    bool begun = step(store->begin);
    give_turn(store);
    if (!begun) {
        (void)snprintf(wrong, wrong_size, "%s", sqlite3_errmsg(store->db));
    }
    return begun;
}

static bool read_cleaned(struct bd_nonce_store *store, int64_t *at)
{
    bool there = sqlite3_step(store->cleaned) == SQLITE_ROW;
    *at = there ? sqlite3_column_int64(store->cleaned, 0) : 0;
    (void)sqlite3_reset(store->cleaned);
    return there;
}

static bool add(struct bd_nonce_store *store, const char *owner, size_t owner_len,
                const char *nonce, size_t nonce_len, int64_t expires, int64_t now)
{
    sqlite3_bind_blob(store->add, 1, owner, (int)owner_len, SQLITE_STATIC);
    sqlite3_bind_blob(store->add, 2, nonce, (int)nonce_len, SQLITE_STATIC);
    sqlite3_bind_int64(store->add, 3, expires);
    sqlite3_bind_int64(store->add, 4, now);
    bool done = step(store->add);
    (void)sqlite3_clear_bindings(store->add);
    return done;
}

// Removes some that have expired, and notes up to when: what expired before that cannot be told any more.
static bool clean(struct bd_nonce_store *store, int64_t now)
{
    if (++store->added % BD_NONCE_CLEAN_EVERY != 0) {
        return true;
    }
    sqlite3_bind_int64(store->clean, 1, now);
    sqlite3_bind_int(store->clean, 2, BD_NONCE_CLEAN_AT_ONCE);
    if (!step(store->clean)) {
        return false;
    }
    if (sqlite3_changes(store->db) == 0) {
        return true;
    }
    sqlite3_bind_int64(store->note, 1, now);
    return step(store->note);
}

static enum bd_nonce_result failed(struct bd_nonce_store *store, char *wrong, size_t wrong_size)
{
    (void)snprintf(wrong, wrong_size, "%s", sqlite3_errmsg(store->db));
    if (sqlite3_get_autocommit(store->db) == 0) {
        (void)step(store->rollback);
    }
    return BD_NONCE_FAILED;
}

enum bd_nonce_result bd_nonce_store_use(struct bd_nonce_store *store, const char *owner,
                                        size_t owner_len, const char *nonce, size_t nonce_len,
                                        int64_t expires, int64_t now, char *wrong,
                                        size_t wrong_size)
{
    int64_t cleaned;
    if (expires < now) {
        return BD_NONCE_USED;
    }
    if (!begin(store, wrong, wrong_size)) {
        return BD_NONCE_FAILED;
    }
    if (!read_cleaned(store, &cleaned)) {
        return failed(store, wrong, wrong_size);
    }
    if (expires < cleaned) {
        (void)step(store->rollback);
        return BD_NONCE_UNKNOWN;
    }
    if (!add(store, owner, owner_len, nonce, nonce_len, expires, now)) {
        return failed(store, wrong, wrong_size);
    }
    if (sqlite3_changes(store->db) == 0) {
        return step(store->rollback) ? BD_NONCE_USED : failed(store, wrong, wrong_size);
    }
    if (!clean(store, now) || !step(store->commit)) {
        return failed(store, wrong, wrong_size);
    }
    return BD_NONCE_NEW;
}
