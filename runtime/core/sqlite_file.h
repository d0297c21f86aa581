// SPDX-License-Identifier: MIT
// What every SQLite database of ours has in common: its file is its owner's alone, and SQL cannot reach beyond it.
#ifndef BD_SQLITE_FILE_H
#define BD_SQLITE_FILE_H

#include <sqlite3.h>
#include <stdbool.h>

// Makes the file (0600) where there is none, and looks at one that is there. Gives 0, ELOOP for a link, EINVAL for what
// is no file, or errno.
int bd_sqlite_make_file(const char *path);

// Foreign keys on; no extensions, no attached files, no schema that runs code, no "x" that means a text. False where
// SQLite refuses one of them: then the database is not used.
bool bd_sqlite_harden(sqlite3 *db);

#endif
