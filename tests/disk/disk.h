// SPDX-License-Identifier: MIT
// A disk that can lose its power, for tests. Calls of the program on the files of one folder are carried out, and
// recorded with their order: writes, sizes, syncs, names. From the record, what may lie on the disk after a loss of
// power at any moment can be made, as often as wanted.
//
// It lies below SQLite's unix VFS (the linker puts it in the place of pwrite(), fdatasync() and so on), so what SQLite
// does with its folder and what our own code writes beside it are in one order. Syncs are recorded only, so it is quick.
//
// The model: what was synced before the cut is there. Of each write after that: it is there, it is not, or some of its
// sectors of 512 bytes are, and the others are as they were, zero where the file grew, or garbage. No byte outside of a
// write is touched (sqlite.org/psow.html). A file's size is any that it had since the sync. A name that was made or
// removed since its folder was synced is there or not. A write that is there while an earlier one is not is what a
// reordering disk does.
#ifndef TEST_DISK_H
#define TEST_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum disk_kind { DISK_CREATE, DISK_UNLINK, DISK_SYNC_FOLDER, DISK_WRITE, DISK_SIZE, DISK_SYNC };

struct disk_op {
    enum disk_kind kind;
    int file;   // a number for each file that ever was
    char *name; // of a create or unlink
    size_t at;  // of a write; the new size
    size_t len; // of a write
    unsigned char *data;
};

struct disk_record {
    struct disk_op *ops;
    size_t count, room;
    size_t before; // so many of them tell what was there at first, all on the disk
};

// What goes wrong from now on: the call that comes as number `nth` (from 1), or that and all after it; 0: none.
enum disk_fault { DISK_EIO, DISK_ENOSPC, DISK_SHORT };
struct disk_faults {
    enum disk_fault fault;
    long nth;
    bool lasting;
};

// Watches the folder (an absolute path) with what lies in it now. One at a time.
void disk_watch(const char *folder);
// Ends it, and gives the record, which the caller frees.
struct disk_record disk_unwatch(void);
void disk_record_free(struct disk_record *record);
size_t disk_now(void); // how many operations there were

// Calls on the folder's files fail; gives how many did since the last call of it.
long disk_fail(const struct disk_faults *faults);
// The same of SQLite's allocations.
long disk_fail_memory(long nth, bool lasting);
void disk_memory_install(void); // before SQLite is first used

// Makes the folder `to`, which is empty, what may lie on the disk after the first `at` operations. The same seed makes
// the same. `lying`: the disk said of syncs what was not so.
bool disk_cut(const struct disk_record *record, size_t at, uint64_t seed, bool lying,
              const char *to);

#endif
