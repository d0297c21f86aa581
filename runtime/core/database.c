// SPDX-License-Identifier: MIT
#include "database.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <uv.h>

#include "check.h"
#include "database_internal.h"
#include "runtime.h"

enum { FIRST_SIZE = 4096 }; // of a database with one page, SQLite's default

static const uint64_t WITNESS_NS = 1000000000; // at most so long the witness on the disk is behind

struct queue {
    struct bd_db_job *first, *last;
};

struct bd_database {
    struct bd_runtime *rt;
    struct bd_db_lock lock;
    struct bd_db_connection connection; // the thread's, while it runs
    uint64_t witnessed; // when it last was on the disk, or was tried; the thread's too
    uv_thread_t thread;
    uv_async_t async;
    struct bd_loop_hook hook;
    struct queue submitted; // the loop's, in this turn
    uv_mutex_t mutex;       // over what follows
    uv_cond_t cond;
    struct queue asked;
    struct queue over;
    bool ending;
    bool trusted;
    bool closed; // the loop's
};

// ------------------------------------------------------------------------------------------------
// Values and jobs

static struct bd_db_value *add(struct bd_db_values *values, enum bd_db_type type)
{
    if (values->count == values->room) {
        values->room = values->room > 0 ? values->room * 2 : 8;
        values->list = bd_realloc(values->list, values->room * sizeof *values->list);
    }
    struct bd_db_value *value = &values->list[values->count++];
    *value = (struct bd_db_value){.type = type};
    return value;
}

void bd_db_add_null(struct bd_db_values *values)
{
    (void)add(values, BD_DB_NULL);
}

void bd_db_add_integer(struct bd_db_values *values, int64_t integer)
{
    add(values, BD_DB_INTEGER)->integer = integer;
}

void bd_db_add_real(struct bd_db_values *values, double real)
{
    add(values, BD_DB_REAL)->real = real;
}

void bd_db_add_text(struct bd_db_values *values, const char *text, size_t len)
{
    struct bd_db_value *value = add(values, BD_DB_TEXT);
    value->at = values->bytes.len;
    value->len = len;
    if (len > 0) {
        bd_buf_add(&values->bytes, text, len);
    }
}

static void free_values(struct bd_db_values *values)
{
    free(values->list);
    bd_buf_free(&values->bytes);
}

struct bd_db_job *bd_db_job_new(const char *sql)
{
    struct bd_db_job *job = bd_alloc(sizeof *job);
    job->sql = bd_strdup(sql);
    return job;
}

void bd_db_job_free(struct bd_db_job *job)
{
    if (job != NULL) {
        free(job->sql);
        free_values(&job->params);
        free_values(&job->rows);
        free_values(&job->names);
        free(job);
    }
}

void bd_db_reserve(struct bd_db_values *values, size_t count, size_t bytes)
{
    if (count > values->room) {
        values->room = count;
        values->list = bd_realloc(values->list, count * sizeof *values->list);
    }
    bd_buf_reserve(&values->bytes, bytes);
}

static void put(struct queue *queue, struct bd_db_job *first, struct bd_db_job *last)
{
    if (queue->last != NULL) {
        queue->last->next = first;
    } else {
        queue->first = first;
    }
    queue->last = last;
}

static struct queue take(struct queue *queue)
{
    struct queue taken = *queue;
    *queue = (struct queue){0};
    return taken;
}

// ------------------------------------------------------------------------------------------------
// The thread

// What was committed is witnessed: at once, and now and then until that is on the disk too.
static void witness(struct bd_database *database)
{
    uint64_t now = uv_hrtime();
    if (database->connection.commits > database->lock.commits) {
        bd_db_lock_note(&database->lock, database->connection.commits);
    }
    if (now - database->witnessed >= WITNESS_NS) {
        bd_db_lock_sync(&database->lock);
        database->witnessed = now;
    }
}

// Waits for jobs; while the witness is not on the disk, not for long.
static void wait_for_jobs(struct bd_database *database)
{
    while (database->asked.first == NULL && !database->ending) {
        if (!database->trusted || database->lock.synced == database->lock.commits) {
            uv_cond_wait(&database->cond, &database->mutex);
        } else if (uv_cond_timedwait(&database->cond, &database->mutex, WITNESS_NS) != 0) {
            uv_mutex_unlock(&database->mutex);
            witness(database);
            uv_mutex_lock(&database->mutex);
        }
    }
}

static void work(void *arg)
{
    struct bd_database *database = arg;
    uv_mutex_lock(&database->mutex);
    while (true) {
        wait_for_jobs(database);
        struct queue jobs = take(&database->asked);
        bool trusted = database->trusted;
        if (jobs.first == NULL) {
            break;
        }
        uv_mutex_unlock(&database->mutex);
        bd_db_connection_run(&database->connection, jobs.first);
        if (trusted) {
            witness(database);
        }
        uv_mutex_lock(&database->mutex);
        put(&database->over, jobs.first, jobs.last);
        BD_CHECK(uv_async_send(&database->async) == 0);
    }
    uv_mutex_unlock(&database->mutex);
}

// ------------------------------------------------------------------------------------------------
// The loop

static void deliver(struct bd_database *database)
{
    uv_mutex_lock(&database->mutex);
    struct queue jobs = take(&database->over);
    uv_mutex_unlock(&database->mutex);
    while (jobs.first != NULL) {
        struct bd_db_job *job = jobs.first;
        jobs.first = job->next;
        job->next = NULL;
        bd_loop_io_end(&database->rt->loop);
        job->done(job);
    }
}

static void on_async(uv_async_t *async)
{
    deliver(async->data);
}

static void hand_over(struct bd_database *database)
{
    struct queue jobs = take(&database->submitted);
    if (jobs.first != NULL) {
        uv_mutex_lock(&database->mutex);
        put(&database->asked, jobs.first, jobs.last);
        uv_cond_signal(&database->cond);
        uv_mutex_unlock(&database->mutex);
    }
}

static void on_hook(struct bd_loop_hook *hook)
{
    hand_over(BD_OUTER(hook, struct bd_database, hook));
}

// All of a turn of the loop is handed over at once, to be one transaction.
void bd_database_submit(struct bd_database *database, struct bd_db_job *job)
{
    BD_CHECK(!database->closed && job->next == NULL && job->done != NULL);
    bd_loop_io_begin(&database->rt->loop);
    put(&database->submitted, job, job);
    bd_loop_hook(&database->rt->loop, &database->hook);
}

static void shut(struct bd_database *database, bool settle)
{
    if (settle) {
        bd_db_lock_sync(&database->lock);
    }
    bd_db_connection_close(&database->connection, settle);
    bd_db_lock_drop(&database->lock);
}

// The structure lives as long as the runtime knows of it.
void bd_database_close(struct bd_database *database)
{
    if (database->closed) {
        return;
    }
    database->closed = true;
    bd_loop_unhook(&database->rt->loop, &database->hook);
    hand_over(database);
    uv_mutex_lock(&database->mutex);
    database->ending = true;
    uv_cond_signal(&database->cond);
    uv_mutex_unlock(&database->mutex);
    BD_CHECK(uv_thread_join(&database->thread) == 0);
    deliver(database);
    shut(database, database->trusted && database->connection.broken == 0);
}

static void on_closed(uv_handle_t *handle)
{
    struct bd_database *database = handle->data;
    uv_mutex_destroy(&database->mutex);
    uv_cond_destroy(&database->cond);
    free(database);
}

static void detach(void *value)
{
    struct bd_database *database = value;
    bd_database_close(database);
    uv_close((uv_handle_t *)&database->async, on_closed);
}

// ------------------------------------------------------------------------------------------------
// Opening

// Whether the file, of which no commit is known, is one that was never written to the end of its first one. Its log may
// be there, and holds no more than that commit.
static bool is_unborn(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && info.st_size <= FIRST_SIZE;
}

// Nobody knows how old a witness is that lies there after a loss of power: it is renewed at the first commit.
static void become_trusted(struct bd_database *database)
{
    if (*database->lock.id == '\0') {
        memcpy(database->lock.id, database->connection.id, sizeof database->lock.id);
        database->lock.commits = database->connection.commits;
        (void)bd_db_witness_make(&database->lock);
        free(database->lock.made);
        database->lock.made = NULL;
    } else if (database->connection.commits > database->lock.commits) {
        bd_db_lock_note(&database->lock, database->connection.commits);
    }
    bd_db_lock_sync(&database->lock);
    database->connection.lenient = false;
    database->trusted = true;
}

static bool note_wrong(const struct bd_db_options *options, enum bd_db_wrong what)
{
    if (options->what != NULL) {
        *options->what = what;
    }
    return false;
}

static bool is_damage(int code)
{
    code &= 0xFF; // of an extended code the plain one
    return code == SQLITE_CORRUPT || code == SQLITE_NOTADB || code == SQLITE_ERROR;
}

static bool is_emptied(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISREG(info.st_mode) && info.st_size == 0;
}

static bool open_connection(struct bd_database *database, const struct bd_db_options *options,
                            char *wrong, size_t size)
{
    struct bd_db_connection *connection = &database->connection;
    bool prepared = bd_db_file_prepare(options, wrong, size);
    if (prepared && bd_db_connection_open(connection, options, database->lock.id, wrong, size)) {
        return true;
    }
    bool unborn = !options->create && *database->lock.id != '\0' && database->lock.commits == 0 &&
                  is_unborn(options->path) && (!prepared || is_damage(connection->broken));
    if (unborn) {
        (void)snprintf(wrong, size, "%s was given up while it was made: nothing is in it",
                       options->path);
        return note_wrong(options, BD_DB_UNBORN);
    }
    bool damaged =
        !options->create && (prepared ? is_damage(connection->broken) : is_emptied(options->path));
    return damaged && note_wrong(options, BD_DB_DAMAGED);
}

// Whether the witness is of this database, and has seen no more commits than there are.
static bool is_witnessed(const struct bd_database *database, const struct bd_db_options *options,
                         char *wrong, size_t size)
{
    const struct bd_db_lock *lock = &database->lock;
    const struct bd_db_connection *connection = &database->connection;
    if (*lock->id == '\0') { // it is mended
        return true;
    }
    if (strcmp(lock->id, connection->id) != 0) {
        (void)snprintf(wrong, size,
                       "%s is not what it was: its log or %s.lock is of another one, or it is",
                       options->path, options->path);
        return note_wrong(options, BD_DB_DAMAGED);
    }
    if (connection->commits < lock->commits && !options->mend) {
        (void)snprintf(wrong, size,
                       "%s is damaged: it has %llu commits, and had %llu; what the last ones "
                       "recorded is lost",
                       options->path, (unsigned long long)connection->commits,
                       (unsigned long long)lock->commits);
        return note_wrong(options, BD_DB_DAMAGED);
    }
    return true;
}

static bool open_file(struct bd_database *database, const struct bd_db_options *options,
                      char *wrong, size_t size)
{
    (void)note_wrong(options, BD_DB_OTHER);
    if (!bd_db_lock_take(&database->lock, options, wrong, size)) {
        return false;
    }
    if (!open_connection(database, options, wrong, size)) {
        bd_db_lock_drop(&database->lock);
        return false;
    }
    if (!is_witnessed(database, options, wrong, size)) {
        shut(database, false);
        return false;
    }
    database->connection.lenient = options->mend;
    if (!options->examine) {
        become_trusted(database);
    }
    return true;
}

// No job is under way, so the thread uses neither the lock nor the connection.
void bd_database_trust(struct bd_database *database)
{
    uv_mutex_lock(&database->mutex);
    if (!database->trusted && database->connection.broken == 0) {
        become_trusted(database);
    }
    uv_mutex_unlock(&database->mutex);
}

// Signals are the main thread's: their handlers touch what it runs.
static void start_thread(struct bd_database *database)
{
    sigset_t all;
    sigset_t before;
    BD_CHECK(sigfillset(&all) == 0);
    BD_CHECK(pthread_sigmask(SIG_SETMASK, &all, &before) == 0);
    BD_CHECK(uv_thread_create(&database->thread, work, database) == 0);
    BD_CHECK(pthread_sigmask(SIG_SETMASK, &before, NULL) == 0);
}

struct bd_database *bd_database_open(struct bd_runtime *rt, const struct bd_db_options *options,
                                     char *wrong, size_t size)
{
    struct bd_database *database = bd_alloc(sizeof *database);
    database->rt = rt;
    if (!open_file(database, options, wrong, size)) {
        free(database);
        return NULL;
    }
    BD_CHECK(uv_async_init(&rt->loop.uv, &database->async, on_async) == 0);
    database->async.data = database;
    database->hook.call = on_hook;
    BD_CHECK(uv_mutex_init(&database->mutex) == 0);
    BD_CHECK(uv_cond_init(&database->cond) == 0);
    start_thread(database);
    bd_runtime_attach(rt, database, database, detach);
    return database;
}
