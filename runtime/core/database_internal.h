// SPDX-License-Identifier: MIT
// Shared by the files of the database only.
#ifndef BD_DATABASE_INTERNAL_H
#define BD_DATABASE_INTERNAL_H

#include <sqlite3.h>

#include "database.h"

// database_file.c -------------------------------------------------------------------------------

// FILE.lock: this process has it while the descriptor is open.
struct bd_db_lock {
    int fd; // -1: none
    uint64_t commits;
};

// Takes the lock. False, with a sentence, when somebody has it.
bool bd_db_lock_take(struct bd_db_lock *lock, const struct bd_db_options *options, char *wrong,
                     size_t size);
// Notes that so many commits are on the disk.
void bd_db_lock_note(struct bd_db_lock *lock, uint64_t commits);
void bd_db_lock_drop(struct bd_db_lock *lock);

// Makes the file, for its owner only, on the disk with its folder; or sees that it is a file of ours.
bool bd_db_file_prepare(const struct bd_db_options *options, char *wrong, size_t size);

// database_connection.c -------------------------------------------------------------------------

enum { BD_DB_STATEMENTS = 32 };

struct bd_db_connection {
    sqlite3 *db;
    uint64_t commits;
    struct {
        char *sql;
        sqlite3_stmt *stmt;
        uint64_t used;
    } statements[BD_DB_STATEMENTS];
    uint64_t uses;
    int broken; // result code after which nothing is done any more; 0: none
    char why[256];
};

bool bd_db_connection_open(struct bd_db_connection *connection, const struct bd_db_options *options,
                           char *wrong, size_t size);
// Runs jobs as one transaction; each has its outcome afterwards.
void bd_db_connection_run(struct bd_db_connection *connection, struct bd_db_job *jobs);
void bd_db_connection_close(struct bd_db_connection *connection);

// database_check.c ------------------------------------------------------------------------------

// SQL functions that find damage which SQLite does not see:
//   beadle_sum(a, b, ...)       a checksum of the values, for a column that keeps it
//   beadle_ascends(a, b, ...)   aggregate: 1 when each row's values are greater than those of the row before
//   beadle_words(a)             aggregate: how often each of a few short texts is there, as a JSON object; others are passed over
// and one that finds what is whole:
//   beadle_ranges(a)            aggregate: "2-990001 990007-1000001", the numbers of which 100 or more have no gap
bool bd_db_check_open(sqlite3 *db);

#endif
