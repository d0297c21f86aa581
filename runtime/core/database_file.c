// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "check.h"
#include "database_internal.h"

// The lock file: two lines of a fixed form, so that the number is written in its place.
static const char COMMITS[] = "commits %020" PRIu64 "\n";
enum { COMMITS_LEN = 29, HOLDER_LEN = 400 };

static bool fail(char *wrong, size_t size, const char *path, const char *what)
{
    (void)snprintf(wrong, size, "%s: %s", path, what);
    return false;
}

// Reads who has it, without the line's end.
static void read_holder(int fd, char *holder, size_t size)
{
    ssize_t len = pread(fd, holder, size - 1, COMMITS_LEN);
    holder[len > 0 ? len : 0] = '\0';
    holder[strcspn(holder, "\n")] = '\0';
}

static bool write_holder(int fd, const char *note)
{
    char line[HOLDER_LEN];
    char host[128] = "";
    (void)gethostname(host, sizeof host - 1);
    int len = snprintf(line, sizeof line, "process %ld on %s%s%s", (long)getpid(), host,
                       note != NULL ? ": " : "", note != NULL ? note : "");
    len = len < (int)sizeof line - 1 ? len : (int)sizeof line - 2;
    line[len++] = '\n';
    return ftruncate(fd, COMMITS_LEN) == 0 && pwrite(fd, line, (size_t)len, COMMITS_LEN) == len;
}

// A lock file that is cut short or altered says nothing that could be trusted.
static bool read_commits(int fd, uint64_t *commits)
{
    char text[COMMITS_LEN + 1] = "";
    char again[COMMITS_LEN + 1];
    ssize_t len = pread(fd, text, COMMITS_LEN, 0);
    *commits = 0;
    if (len == 0) { // just made
        return true;
    }
    if (len != COMMITS_LEN || strncmp(text, "commits ", 8) != 0) {
        return false;
    }
    *commits = strtoull(text + 8, NULL, 10);
    (void)snprintf(again, sizeof again, COMMITS, *commits);
    return strcmp(text, again) == 0;
}

bool bd_db_lock_take(struct bd_db_lock *lock, const struct bd_db_options *options, char *wrong,
                     size_t size)
{
    char path[4096];
    lock->fd = -1;
    if (snprintf(path, sizeof path, "%s.lock", options->path) >= (int)sizeof path) {
        return fail(wrong, size, options->path, "the path is too long");
    }
    int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (fd < 0) {
        return fail(wrong, size, path, strerror(errno));
    }
    struct stat info;
    bool taken = flock(fd, LOCK_EX | LOCK_NB) == 0;
    if (taken && fstat(fd, &info) == 0 && info.st_nlink == 0) { // swept away before it was locked
        (void)close(fd);
        return bd_db_lock_take(lock, options, wrong, size);
    }
    if (!taken) {
        char holder[HOLDER_LEN];
        read_holder(fd, holder, sizeof holder);
        (void)snprintf(wrong, size, "%s is in use by %s", options->path,
                       *holder != '\0' ? holder : "another process");
        (void)close(fd);
        return false;
    }
    bool ok = read_commits(fd, &lock->commits);
    if (options->create) { // what lies there is of a file that is gone
        lock->commits = 0;
        ok = true;
    }
    if (ok) {
        lock->fd = fd;
        bd_db_lock_note(lock, lock->commits); // a new file gets its first line
        ok = write_holder(fd, options->note);
    }
    if (!ok) {
        (void)close(fd);
        lock->fd = -1;
        return fail(wrong, size, path, "it cannot be read or written as what it is");
    }
    return true;
}

bool bd_database_holder(const char *path, char *holder, size_t size)
{
    char lock[4096];
    if (snprintf(lock, sizeof lock, "%s.lock", path) >= (int)sizeof lock) {
        return false;
    }
    int fd = open(lock, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) {
        return false;
    }
    bool held = flock(fd, LOCK_SH | LOCK_NB) != 0;
    if (held) {
        read_holder(fd, holder, size);
    }
    (void)close(fd);
    return held;
}

// Not synchronised: after a loss of power an older number lies there, which refuses nothing that is whole.
void bd_db_lock_note(struct bd_db_lock *lock, uint64_t commits)
{
    char text[COMMITS_LEN + 1];
    lock->commits = commits;
    (void)snprintf(text, sizeof text, COMMITS, commits);
    ssize_t written = pwrite(lock->fd, text, COMMITS_LEN, 0);
    (void)written; // a number that is too small is harmless
}

void bd_db_lock_drop(struct bd_db_lock *lock)
{
    if (lock->fd >= 0) {
        int cut = ftruncate(lock->fd, COMMITS_LEN); // a holder's name that stays harms nobody
        (void)cut;
        (void)close(lock->fd);
        lock->fd = -1;
    }
}

static void sync_folder(const char *path)
{
    char copy[4096];
    (void)snprintf(copy, sizeof copy, "%s", path);
    int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        (void)fsync(fd);
        (void)close(fd);
    }
}

// Locks and syncs of these are not what SQLite needs ("SQLite Over a Network, Caveats and Considerations",
// sqlite.org/useovernet.html). The numbers are those of statfs(2).
static bool is_far(const char *path)
{
    static const unsigned long FAR[] = {
        0x6969,     // NFS
        0x517B,     // SMB
        0xFE534D42, // SMB 2
        0xFF534D42, // CIFS
        0x5346414F, // AFS
        0x73757245, // Coda
        0x00C36400, // Ceph
        0x0BD00BD0, // Lustre
        0x01021997, // 9P
    };
    char copy[4096];
    struct statfs info;
    (void)snprintf(copy, sizeof copy, "%s", path);
    if (statfs(dirname(copy), &info) != 0) {
        return false;
    }
    for (size_t i = 0; i < BD_COUNT(FAR); i++) {
        if ((unsigned long)info.f_type == FAR[i]) {
            return true;
        }
    }
    return false;
}

bool bd_db_file_prepare(const struct bd_db_options *options, char *wrong, size_t size)
{
    struct stat info;
    if (is_far(options->path)) {
        return fail(wrong, size, options->path,
                    "it lies on a network file system, where nothing that is written is certain");
    }
    if (options->create) {
        int fd = open(options->path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                      S_IRUSR | S_IWUSR);
        if (fd < 0) {
            return fail(wrong, size, options->path, strerror(errno));
        }
        (void)close(fd);
        sync_folder(options->path);
        return true;
    }
    if (lstat(options->path, &info) != 0) {
        return fail(wrong, size, options->path, strerror(errno));
    }
    if (!S_ISREG(info.st_mode)) {
        return fail(wrong, size, options->path, "it is no file");
    }
    if (info.st_uid != geteuid() || (info.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
        return fail(wrong, size, options->path, "others than you can read or write it");
    }
    return info.st_size > 0 || fail(wrong, size, options->path, "it is empty");
}
