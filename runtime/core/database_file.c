// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "check.h"
#include "database_internal.h"

static bool fail(char *wrong, size_t size, const char *path, const char *what)
{
    (void)snprintf(wrong, size, "%s: %s", path, what);
    return false;
}

static bool lock_path(char path[PATH_MAX], const char *of)
{
    return snprintf(path, PATH_MAX, "%s.lock", of) < PATH_MAX;
}

static bool sync_folder(const char *path)
{
    char copy[PATH_MAX];
    (void)snprintf(copy, sizeof copy, "%s", path);
    int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok = fd >= 0 && fsync(fd) == 0;
    int number = errno;
    if (fd >= 0) {
        (void)close(fd);
    }
    errno = number;
    return ok;
}

// ------------------------------------------------------------------------------------------------
// The lock

static void make_id(char id[BD_DB_ID_LEN + 1])
{
    unsigned char bytes[BD_DB_ID_LEN / 2];
    BD_CHECK(getrandom(bytes, sizeof bytes, 0) == (ssize_t)sizeof bytes);
    for (size_t i = 0; i < sizeof bytes; i++) {
        (void)snprintf(id + 2 * i, 3, "%02x", bytes[i]);
    }
}

// It is on the disk, with its name, before the database is made: a database without one has lost it.
static bool make_witness(struct bd_db_lock *lock, const struct bd_db_options *options)
{
    struct stat info;
    if (lstat(options->path, &info) == 0) { // whose witness this may be
        errno = EEXIST;
        return false;
    }
    lock->commits = 0;
    make_id(lock->id);
    return bd_db_witness_make(lock) && sync_folder(options->path);
}

static bool note_wrong(const struct bd_db_options *options, enum bd_db_wrong what)
{
    if (options->what != NULL) {
        *options->what = what;
    }
    return false;
}

static bool fill_lock(struct bd_db_lock *lock, const struct bd_db_options *options,
                      const char *path, char *wrong, size_t size)
{
    if (options->create) {
        if (!make_witness(lock, options)) {
            return fail(wrong, size, errno == EEXIST ? options->path : path, strerror(errno));
        }
    } else if (!bd_db_witness_read(lock)) {
        if (errno != 0) {
            return fail(wrong, size, path, strerror(errno));
        }
        lock->id[0] = '\0';
        lock->commits = 0;
        if (options->mend) {
            return true;
        }
        (void)snprintf(wrong, size,
                       "%s is damaged: so it cannot be told whether %s has all that was written",
                       path, options->path);
        return note_wrong(options, BD_DB_UNWITNESSED);
    }
    return bd_db_holder_write(lock->fd, options->note) || fail(wrong, size, path, strerror(errno));
}

static bool fail_missing(const struct bd_db_options *options, const char *path, char *wrong,
                         size_t size)
{
    (void)snprintf(wrong, size,
                   "%s is missing: so it cannot be told whether %s has all that was written", path,
                   options->path);
    return note_wrong(options, BD_DB_UNWITNESSED);
}

bool bd_db_lock_take(struct bd_db_lock *lock, const struct bd_db_options *options, char *wrong,
                     size_t size)
{
    char path[PATH_MAX];
    struct stat info;
    bool made = false;
    *lock = (struct bd_db_lock){.fd = -1};
    if (!lock_path(path, options->path)) {
        return fail(wrong, size, options->path, "the path is too long");
    }
    if (!options->create && lstat(options->path, &info) != 0) {
        return fail(wrong, size, options->path, strerror(errno));
    }
    int fd = open(path, O_RDWR | (options->create ? O_CREAT : 0) | O_NOFOLLOW | O_CLOEXEC,
                  S_IRUSR | S_IWUSR);
    if (fd < 0 && errno == ENOENT && options->mend) {
        fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR);
        made = true;
    }
    if (fd < 0) {
        return errno == ENOENT ? fail_missing(options, path, wrong, size)
                               : fail(wrong, size, path, strerror(errno));
    }
    bool taken = flock(fd, LOCK_EX | LOCK_NB) == 0;
    if (taken && fstat(fd, &info) == 0 && info.st_nlink == 0) { // swept away before it was locked
        (void)close(fd);
        return bd_db_lock_take(lock, options, wrong, size);
    }
    if (!taken) {
        char holder[BD_DB_HOLDER_LEN];
        bd_db_holder_read(fd, holder, sizeof holder);
        (void)snprintf(wrong, size, "%s is in use by %s", options->path,
                       *holder != '\0' ? holder : "another process");
        (void)close(fd);
        return false;
    }
    lock->fd = fd;
    lock->made = made ? bd_strdup(path) : NULL;
    if (!fill_lock(lock, options, path, wrong, size)) {
        bd_db_lock_drop(lock);
        return false;
    }
    return true;
}

bool bd_database_holder(const char *path, char *holder, size_t size)
{
    char lock[PATH_MAX];
    if (!lock_path(lock, path)) {
        return false;
    }
    int fd = open(lock, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) {
        return false;
    }
    bool held = flock(fd, LOCK_SH | LOCK_NB) != 0;
    if (held) {
        bd_db_holder_read(fd, holder, size);
    }
    (void)close(fd);
    return held;
}

void bd_db_lock_drop(struct bd_db_lock *lock)
{
    if (lock->fd >= 0) {
        if (*lock->id != '\0') { // else it is no witness, and stays what it is
            bd_db_holder_clear(lock->fd);
        }
        if (lock->made != NULL) {
            (void)unlink(lock->made);
        }
        free(lock->made);
        (void)close(lock->fd);
        *lock = (struct bd_db_lock){.fd = -1};
    }
}

// ------------------------------------------------------------------------------------------------
// The file

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
    char copy[PATH_MAX];
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
        return sync_folder(options->path) || fail(wrong, size, options->path, strerror(errno));
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
