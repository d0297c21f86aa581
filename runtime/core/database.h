// SPDX-License-Identifier: MIT
// An SQLite database that nothing may be lost from: one connection on a thread of its own, in WAL mode with full
// synchronisation. All that is asked for in one turn of the loop, or while a commit is under way, becomes the next
// transaction, and each job is done when it is on the disk. One process has it at a time. A second connection never
// exists: SQLite up to 3.51.2 can damage a WAL that two connections write ("The WAL-Reset Bug", sqlite.org/wal.html).
//
// Beside FILE lies FILE.lock, its witness: which database it is of, how many commits that had, and who has it. A
// database with fewer commits, or of another origin, has lost something, and is not opened.
#ifndef BD_DATABASE_H
#define BD_DATABASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"

struct bd_runtime;
struct bd_database;

enum bd_db_type { BD_DB_NULL, BD_DB_INTEGER, BD_DB_REAL, BD_DB_TEXT };

struct bd_db_value {
    enum bd_db_type type;
    int64_t integer;
    double real;
    size_t at, len; // of a text, in the job's bytes
};

struct bd_db_values {
    struct bd_db_value *list;
    size_t count, room;
    struct bd_buf bytes;
};

// Makes room for so many values and bytes of their texts.
void bd_db_reserve(struct bd_db_values *values, size_t count, size_t bytes);
void bd_db_add_null(struct bd_db_values *values);
void bd_db_add_integer(struct bd_db_values *values, int64_t integer);
void bd_db_add_real(struct bd_db_values *values, double real);
void bd_db_add_text(struct bd_db_values *values, const char *text, size_t len);

// One statement. Filled in by who asks, who also frees it, but not before `done`.
struct bd_db_job {
    char *sql; // owned
    struct bd_db_values params;
    void (*done)(struct bd_db_job *job); // called on the loop, once
    void *arg;                           // of who asks

    // What came of it.
    int code; // SQLite's extended result code; 0: it is on the disk
    char message[256];
    int64_t changes;           // rows that it changed
    struct bd_db_values rows;  // `columns` values a row
    struct bd_db_values names; // of the columns

    struct bd_db_job *next; // the database's
};

struct bd_db_job *bd_db_job_new(const char *sql);
void bd_db_job_free(struct bd_db_job *job);

// Why a database is not opened, where a caller does something about it.
enum bd_db_wrong {
    BD_DB_OTHER,       // held, not allowed, an I/O error, ...
    BD_DB_UNBORN,      // it was given up before its first commit: nothing is in it
    BD_DB_DAMAGED,     // it is no database, or not the one, or lacks commits
    BD_DB_UNWITNESSED, // its witness is missing or damaged
};

struct bd_db_options {
    const char *path;
    bool create;  // else it must be there; with it, it must not
    bool examine; // its owner looks at it before bd_database_trust; until then nothing is written
    // With examine: one that lacks its witness, or commits, is opened for what can be read, and a damaged page fails
    // what meets it, and nothing else. When it is trusted it gets a new witness.
    bool mend;
    const char *note;       // what the holder does, for whom it keeps waiting; one line
    enum bd_db_wrong *what; // set when it is not opened; or NULL
};

// Opens it, or says in `wrong` why not: it is held (by whom), damaged, no database, or cannot be made. Ends with the
// runtime, or earlier by bd_database_close. Of a database that is not opened nothing is changed, nor of one that is
// examined and not trusted.
struct bd_database *bd_database_open(struct bd_runtime *rt, const struct bd_db_options *options,
                                     char *wrong, size_t size);

// Says that what was examined is whole.
void bd_database_trust(struct bd_database *database);

// Has a job run after all that were submitted before. "VACUUM", submitted while no other job waits, is run outside of a
// transaction, and leaves nothing of what was deleted before in the file or its log. When one meets a full disk, an I/O
// error, a lack of memory or damage, it and all that come after it fail with that, and nothing of its transaction stays.
// After an I/O error in the commit itself nobody knows whether it is on the disk: the next opening does.
void bd_database_submit(struct bd_database *database, struct bd_db_job *job);

// Waits until what was submitted is done, and lets go of the file. Jobs end before it returns.
void bd_database_close(struct bd_database *database);

// Who has the database at the path now, in `holder`; false when nobody has.
bool bd_database_holder(const char *path, char *holder, size_t size);

#endif
