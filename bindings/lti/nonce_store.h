// SPDX-License-Identifier: MIT
// Nonces that were used, in a file that several processes share. What was said to be used is on the disk by
// then: a kill, or a loss of power, never lets one be used twice.
//
// The file is SQLite with a rollback journal, not a write-ahead log: that one needs a version of SQLite without the
// reset bug (3.7.0 to 3.51.2) as soon as two connections write.
#ifndef BD_LTI_NONCE_STORE_H
#define BD_LTI_NONCE_STORE_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    BD_NONCE_BUSY_MS = 5000,     // as long as another process may make us wait
    BD_NONCE_LONGEST = 4096,     // bytes of an owner, and of a nonce
    BD_NONCE_CLEAN_EVERY = 16,   // of so many that are added
    BD_NONCE_CLEAN_AT_ONCE = 64, // so many old ones are removed at once
};

struct bd_nonce_store {
    sqlite3 *db; // NULL: closed
    sqlite3_stmt *begin, *commit, *rollback, *cleaned, *add, *clean, *note;
    int turn; // the descriptor of the file beside it, which is locked while waiting for this one; -1: closed
    unsigned added;
};

enum bd_nonce_result {
    BD_NONCE_NEW,     // it was not used before, and is now
    BD_NONCE_USED,    // it was, or has expired
    BD_NONCE_UNKNOWN, // the clock went back: what would tell was removed already
    BD_NONCE_FAILED,  // nothing is known, nothing was changed; `wrong` says why
};

// Opens the file, and makes it (0600) and its folder (0700) when they are missing. False, with a sentence in
// `wrong`, when the file is a link, others may read it, others may write in its folder, or it is no store.
bool bd_nonce_store_open(struct bd_nonce_store *store, const char *path, char *wrong,
                         size_t wrong_size);

// `expires` and `now` are seconds since 1970.
enum bd_nonce_result bd_nonce_store_use(struct bd_nonce_store *store, const char *owner,
                                        size_t owner_len, const char *nonce, size_t nonce_len,
                                        int64_t expires, int64_t now, char *wrong,
                                        size_t wrong_size);

void bd_nonce_store_close(struct bd_nonce_store *store);

#endif
