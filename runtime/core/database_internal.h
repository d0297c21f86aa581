// SPDX-License-Identifier: MIT
// Shared by the files of the database only.
#ifndef BD_DATABASE_INTERNAL_H
#define BD_DATABASE_INTERNAL_H

#include <sqlite3.h>

#include "database.h"

enum { BD_DB_ID_LEN = 32, BD_DB_HOLDER_LEN = 400 };

// database_file.c -------------------------------------------------------------------------------

// FILE.lock: this process has it while the descriptor is open.
struct bd_db_lock {
    int fd; // -1: none
    uint64_t commits;
    uint64_t synced; // so many are known to be witnessed on the disk
    int turn;        // which place is written next for that
    char id[BD_DB_ID_LEN + 1];
    char *made; // its path, where there was none: it goes again unless the database is trusted
};

// Takes the lock. False, with a sentence, when somebody has it, or it is not one.
bool bd_db_lock_take(struct bd_db_lock *lock, const struct bd_db_options *options, char *wrong,
                     size_t size);
void bd_db_lock_drop(struct bd_db_lock *lock);

// Makes the file, for its owner only, on the disk with its folder; or sees that it is a file of ours.
bool bd_db_file_prepare(const struct bd_db_options *options, char *wrong, size_t size);

// database_witness.c ----------------------------------------------------------------------------

bool bd_db_witness_make(
    struct bd_db_lock *lock); // anew, with the lock's id; on the disk when it returns
// False with errno; 0: it says nothing that could be trusted.
bool bd_db_witness_read(struct bd_db_lock *lock);
// Notes that so many commits are on the disk. Sync waits until the note is there too.
void bd_db_lock_note(struct bd_db_lock *lock, uint64_t commits);
void bd_db_lock_sync(struct bd_db_lock *lock);

void bd_db_holder_read(int fd, char *holder, size_t size); // without the line's end
bool bd_db_holder_write(int fd, const char *note);
void bd_db_holder_clear(int fd);

// database_connection.c -------------------------------------------------------------------------

enum { BD_DB_STATEMENTS = 32 };

struct bd_db_connection {
    sqlite3 *db;
    uint64_t commits;
    char id[BD_DB_ID_LEN + 1];
    struct {
        char *sql;
        sqlite3_stmt *stmt;
        uint64_t used;
    } statements[BD_DB_STATEMENTS];
    uint64_t uses;
    bool lenient; // what fails breaks nothing
    int broken;   // result code after which nothing is done any more; 0: none
    char why[256];
};

// The id is that of a database that is made. Writes nothing to one that is there. When it fails, `broken` says with
// which of SQLite's codes.
bool bd_db_connection_open(struct bd_db_connection *connection, const struct bd_db_options *options,
                           const char *id, char *wrong, size_t size);
// Runs jobs as one transaction; each has its outcome afterwards.
void bd_db_connection_run(struct bd_db_connection *connection, struct bd_db_job *jobs);
// With `settle` what the log holds goes into the file; else both stay as they are.
void bd_db_connection_close(struct bd_db_connection *connection, bool settle);

// database_check.c ------------------------------------------------------------------------------

// SQL functions that find damage which SQLite does not see:
//   beadle_sum(a, b, ...)       a checksum of the values, for a column that keeps it
//   beadle_ascends(a, b, ...)   aggregate: 1 when each row's values are greater than those of the row before
//   beadle_words(a)             aggregate: how often each of a few short texts is there, as a JSON object; others are passed over
// and one that finds what is whole:
//   beadle_ranges(a)            aggregate: "2-990001 990007-1000001", the numbers of which 100 or more have no gap
bool bd_db_check_open(sqlite3 *db);

#endif
