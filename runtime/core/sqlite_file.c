// SPDX-License-Identifier: MIT
#include "sqlite_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

// Files beside it get the same mode from SQLite. One that is there is not opened: closing it again would give up the
// locks that this process has on it (POSIX).
int bd_sqlite_make_file(const char *path)
{
    struct stat info;
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (fd >= 0) {
        return close(fd) == 0 ? 0 : errno;
    }
    if (errno != EEXIST) {
        return errno;
    }
    if (lstat(path, &info) != 0) {
        return errno;
    }
    if (S_ISLNK(info.st_mode)) {
        return ELOOP;
    }
    return S_ISREG(info.st_mode) ? 0 : EINVAL;
}

bool bd_sqlite_harden(sqlite3 *db)
{
    static const struct {
        int option;
        int value;
    } SWITCHES[] = {
        {SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0},
        {SQLITE_DBCONFIG_DEFENSIVE, 1},
        {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
        {SQLITE_DBCONFIG_ENABLE_FKEY, 1},
        {SQLITE_DBCONFIG_DQS_DML, 0}, // "x" is never a text
        {SQLITE_DBCONFIG_DQS_DDL, 0},
    };
    for (size_t i = 0; i < sizeof SWITCHES / sizeof *SWITCHES; i++) {
        if (sqlite3_db_config(db, SWITCHES[i].option, SWITCHES[i].value, NULL) != SQLITE_OK) {
            return false;
        }
    }
    (void)sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 0); // no other file by a statement
    return sqlite3_extended_result_codes(db, 1) == SQLITE_OK;
}
