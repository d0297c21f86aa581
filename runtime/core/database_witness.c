// SPDX-License-Identifier: MIT
// What FILE.lock holds: which database it is of, how many commits that had, and who has it now.
//
// Three places of one sector each keep the number, so that a loss of power while one is written leaves another. Two are
// written in turn and waited for: when the file is made, at the first commit after it is opened, about once a second,
// and at the end. The third is written after each commit and not waited for. A number is written when its commit is on
// the disk, so none is ever ahead of the database; the greatest one counts.
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "check.h"
#include "database_internal.h"

enum { PLACE_LEN = 512, PLACES = 3, QUICK = 2, HOLDER_AT = PLACE_LEN * PLACES };
enum { NUMBER_AT = 8, ID_AT = 32 }; // within a place

static unsigned sum_of(const char *text, size_t len)
{
    return (unsigned)crc32(crc32(0, NULL, 0), (const unsigned char *)text, (uInt)len);
}

// A line of text, filled up with spaces.
static void format(char place[PLACE_LEN + 1], uint64_t commits, const char *id)
{
    int len = snprintf(place, PLACE_LEN, "commits %020" PRIu64 " of %s", commits, id);
    len += snprintf(place + len, PLACE_LEN - (size_t)len, " %08x", sum_of(place, (size_t)len));
    memset(place + len, ' ', (size_t)(PLACE_LEN - len));
    place[PLACE_LEN - 1] = '\n';
    place[PLACE_LEN] = '\0';
}

static bool read_place(int fd, int index, uint64_t *commits, char id[BD_DB_ID_LEN + 1])
{
    char place[PLACE_LEN + 1] = "";
    char again[PLACE_LEN + 1];
    errno = 0;
    if (pread(fd, place, PLACE_LEN, (off_t)index * PLACE_LEN) != PLACE_LEN ||
        strncmp(place, "commits ", NUMBER_AT) != 0) {
        return false;
    }
    *commits = strtoull(place + NUMBER_AT, NULL, 10);
    memcpy(id, place + ID_AT, BD_DB_ID_LEN);
    id[BD_DB_ID_LEN] = '\0';
    format(again, *commits, id);
    return memcmp(place, again, PLACE_LEN) == 0;
}

static bool write_place(const struct bd_db_lock *lock, int index)
{
    char place[PLACE_LEN + 1];
    format(place, lock->commits, lock->id);
    return pwrite(lock->fd, place, PLACE_LEN, (off_t)index * PLACE_LEN) == PLACE_LEN;
}

bool bd_db_witness_make(struct bd_db_lock *lock)
{
    bool ok = ftruncate(lock->fd, 0) == 0;
    for (int i = 0; i < PLACES; i++) {
        ok = ok && write_place(lock, i);
    }
    lock->synced = lock->commits;
    return ok && fdatasync(lock->fd) == 0;
}

bool bd_db_witness_read(struct bd_db_lock *lock)
{
    bool found = false;
    lock->commits = lock->synced = 0;
    lock->turn = 0;
    for (int i = 0; i < PLACES; i++) {
        uint64_t commits = 0;
        char id[BD_DB_ID_LEN + 1] = "";
        if (!read_place(lock->fd, i, &commits, id)) {
            if (errno != 0) {
                return false;
            }
            lock->turn = i < QUICK ? i : lock->turn;
            continue;
        }
        if (found && strcmp(id, lock->id) != 0) {
            errno = 0;
            return false;
        }
        memcpy(lock->id, id, sizeof id);
        if (i < QUICK && commits > lock->synced) {
            lock->synced = commits;
            lock->turn = 1 - i;
        }
        lock->commits = commits > lock->commits ? commits : lock->commits;
        found = true;
    }
    errno = 0;
    return found;
}

void bd_db_lock_note(struct bd_db_lock *lock, uint64_t commits)
{
    lock->commits = commits;
    bool written = write_place(lock, QUICK);
    (void)written; // a number that is too small refuses nothing that is whole
}

void bd_db_lock_sync(struct bd_db_lock *lock)
{
    if (lock->fd < 0 || lock->synced == lock->commits) {
        return;
    }
    if (write_place(lock, lock->turn) && fdatasync(lock->fd) == 0) {
        lock->synced = lock->commits;
        lock->turn = 1 - lock->turn;
    }
}

void bd_db_holder_read(int fd, char *holder, size_t size)
{
    ssize_t len = pread(fd, holder, size - 1, HOLDER_AT);
    holder[len > 0 ? len : 0] = '\0';
    holder[strcspn(holder, "\n")] = '\0';
}

bool bd_db_holder_write(int fd, const char *note)
{
    char line[BD_DB_HOLDER_LEN];
    char host[128] = "";
    (void)gethostname(host, sizeof host - 1);
    int len = snprintf(line, sizeof line, "process %ld on %s%s%s", (long)getpid(), host,
                       note != NULL ? ": " : "", note != NULL ? note : "");
    len = len < (int)sizeof line - 1 ? len : (int)sizeof line - 2;
    line[len++] = '\n';
    return ftruncate(fd, HOLDER_AT) == 0 && pwrite(fd, line, (size_t)len, HOLDER_AT) == len;
}

void bd_db_holder_clear(int fd)
{
    int cut = ftruncate(fd, HOLDER_AT); // a name that stays harms nobody
    (void)cut;
}
