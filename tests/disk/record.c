// SPDX-License-Identifier: MIT
// The calls that are watched. The linker gives the program's own calls of NAME to __wrap_NAME (ld, --wrap).
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/check.h"
#include "disk.h"

enum { MAX_FD = 4096, MAX_FILES = 64, NOT_WATCHED = 0, FOLDER = -1 };

#define WRAPPED(result, name, ...)         \
    result __real_##name(__VA_ARGS__);     \
    result __wrap_##name(__VA_ARGS__);     \
    result __real_##name##64(__VA_ARGS__); \
    result __wrap_##name##64(__VA_ARGS__)

WRAPPED(int, open, const char *, int, ...);
WRAPPED(ssize_t, pwrite, int, const void *, size_t, off_t);
WRAPPED(ssize_t, pread, int, void *, size_t, off_t);
WRAPPED(int, ftruncate, int, off_t);
WRAPPED(void *, mmap, void *, size_t, int, int, int, off_t);
int __real_close(int fd);
int __wrap_close(int fd);
int __wrap_fsync(int fd);
int __wrap_fdatasync(int fd);
int __real_unlink(const char *path);
int __wrap_unlink(const char *path);
ssize_t __real_write(int fd, const void *data, size_t len);
ssize_t __wrap_write(int fd, const void *data, size_t len);

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER; // over all that follows
static char watched[PATH_MAX];                            // empty: nothing
static struct disk_record record;
static int files;              // how many there were; they count from 1
static int file_of_fd[MAX_FD]; // NOT_WATCHED, FOLDER, or the file's number
static struct {
    char *name; // NULL: the place is free
    int file;
} names[MAX_FILES]; // as they are now
static struct disk_faults wanted;
static long calls, failed;

// ------------------------------------------------------------------------------------------------
// The record

static struct disk_op *add(enum disk_kind kind, int file)
{
    if (record.count == record.room) {
        record.room = record.room > 0 ? record.room * 2 : 1024;
        record.ops = realloc(record.ops, record.room * sizeof *record.ops);
        BD_CHECK(record.ops != NULL);
    }
    struct disk_op *op = &record.ops[record.count++];
    *op = (struct disk_op){.kind = kind, .file = file};
    return op;
}

static void add_write(int file, const void *data, size_t len, size_t at)
{
    struct disk_op *op = add(DISK_WRITE, file);
    op->at = at;
    op->len = len;
    op->data = malloc(len > 0 ? len : 1);
    BD_CHECK(op->data != NULL);
    memcpy(op->data, data, len);
}

static void add_name(enum disk_kind kind, int file, const char *name)
{
    add(kind, file)->name = strdup(name);
}

void disk_record_free(struct disk_record *old)
{
    for (size_t i = 0; i < old->count; i++) {
        free(old->ops[i].name);
        free(old->ops[i].data);
    }
    free(old->ops);
    *old = (struct disk_record){0};
}

static int find_name(const char *name)
{
    for (int i = 0; i < MAX_FILES; i++) {
        if (names[i].name != NULL && strcmp(names[i].name, name) == 0) {
            return i;
        }
    }
    return -1;
}

static int make_file(const char *name)
{
    int place = 0;
    while (place < MAX_FILES && names[place].name != NULL) {
        place++;
    }
    BD_CHECK(place < MAX_FILES);
    names[place].name = strdup(name);
    names[place].file = ++files;
    add_name(DISK_CREATE, files, name);
    return files;
}

static void read_file(int file, int folder, const char *name)
{
    struct stat info;
    int fd = openat(folder, name, O_RDONLY | O_CLOEXEC);
    BD_CHECK(fd >= 0 && fstat(fd, &info) == 0);
    size_t len = (size_t)info.st_size;
    unsigned char *data = malloc(len + 1);
    BD_CHECK(data != NULL && __real_pread(fd, data, len, 0) == (ssize_t)len);
    add_write(file, data, len, 0);
    add(DISK_SYNC, file);
    free(data);
    (void)__real_close(fd);
}

void disk_watch(const char *folder)
{
    (void)pthread_mutex_lock(&mutex);
    BD_CHECK(watched[0] == '\0');
    DIR *list = opendir(folder);
    BD_CHECK(list != NULL && strlen(folder) < sizeof watched);
    for (struct dirent *entry = readdir(list); entry != NULL; entry = readdir(list)) {
        if (entry->d_name[0] != '.') {
            read_file(make_file(entry->d_name), dirfd(list), entry->d_name);
        }
    }
    (void)closedir(list);
    add(DISK_SYNC_FOLDER, 0);
    record.before = record.count;
    strcpy(watched, folder); // NOLINT: it fits
    (void)pthread_mutex_unlock(&mutex);
}

struct disk_record disk_unwatch(void)
{
    (void)pthread_mutex_lock(&mutex);
    struct disk_record taken = record;
    record = (struct disk_record){0};
    for (size_t i = 0; i < MAX_FILES; i++) {
        free(names[i].name);
        names[i].name = NULL;
    }
    files = 0;
    memset(file_of_fd, 0, sizeof file_of_fd);
    watched[0] = '\0';
    (void)pthread_mutex_unlock(&mutex);
    return taken;
}

size_t disk_now(void)
{
    (void)pthread_mutex_lock(&mutex);
    size_t count = record.count;
    (void)pthread_mutex_unlock(&mutex);
    return count;
}

// ------------------------------------------------------------------------------------------------
// Faults

long disk_fail(const struct disk_faults *faults)
{
    (void)pthread_mutex_lock(&mutex);
    long before = failed;
    wanted = *faults;
    calls = failed = 0;
    (void)pthread_mutex_unlock(&mutex);
    return before;
}

// Whether this call fails; errno says how. A short one does less than it was asked for, and says so.
static bool fails(void)
{
    calls++;
    if (wanted.nth == 0 || (wanted.lasting ? calls < wanted.nth : calls != wanted.nth)) {
        return false;
    }
    failed++;
    errno = wanted.fault == DISK_ENOSPC ? ENOSPC : EIO;
    return true;
}

// ------------------------------------------------------------------------------------------------
// The calls

// The name within the folder, "" for the folder itself; NULL for what is elsewhere.
static const char *name_of(const char *path)
{
    size_t len = strlen(watched);
    if (len == 0 || strncmp(path, watched, len) != 0) {
        return NULL;
    }
    if (path[len] == '\0') {
        return "";
    }
    return path[len] == '/' && strchr(path + len + 1, '/') == NULL ? path + len + 1 : NULL;
}

static int file_of(int fd)
{
    return fd >= 0 && fd < MAX_FD ? file_of_fd[fd] : NOT_WATCHED;
}

static int open_file(const char *path, const char *name, int flags, mode_t mode)
{
    int place = find_name(name);
    if ((flags & O_CREAT) != 0 || place >= 0) {
        if (fails()) {
            return -1;
        }
    }
    int fd = __real_open(path, flags, mode);
    if (fd < 0) {
        return fd;
    }
    BD_CHECK(fd < MAX_FD);
    file_of_fd[fd] = place >= 0 ? names[place].file : make_file(name);
    if ((flags & O_TRUNC) != 0) {
        add(DISK_SIZE, file_of_fd[fd])->at = 0;
    }
    return fd;
}

static int open_any(const char *path, int flags, mode_t mode)
{
    (void)pthread_mutex_lock(&mutex);
    const char *name = name_of(path);
    int fd;
    if (name == NULL) {
        fd = __real_open(path, flags, mode);
    } else if (*name != '\0') {
        fd = open_file(path, name, flags, mode);
    } else {
        fd = __real_open(path, flags, mode);
        if (fd >= 0) {
            BD_CHECK(fd < MAX_FD);
            file_of_fd[fd] = FOLDER;
        }
    }
    (void)pthread_mutex_unlock(&mutex);
    return fd;
}

#define OPEN(name)                                      \
    int __wrap_##name(const char *path, int flags, ...) \
    {                                                   \
        va_list args;                                   \
        va_start(args, flags);                          \
        mode_t mode = va_arg(args, mode_t);             \
        va_end(args);                                   \
        return open_any(path, flags, mode);             \
    }
OPEN(open)
OPEN(open64)

int __wrap_close(int fd)
{
    (void)pthread_mutex_lock(&mutex);
    if (fd >= 0 && fd < MAX_FD) {
        file_of_fd[fd] = NOT_WATCHED;
    }
    (void)pthread_mutex_unlock(&mutex);
    return __real_close(fd);
}

static ssize_t write_at(int fd, const void *data, size_t len, off_t at)
{
    (void)pthread_mutex_lock(&mutex);
    int file = file_of(fd);
    ssize_t written = -1;
    bool wrong = file != NOT_WATCHED && fails();
    if (wrong && wanted.fault == DISK_SHORT &&
        len > 1) { // the rest meets a full disk when it is tried
        len /= 2;
        wrong = false;
    }
    if (!wrong) {
        written = __real_pwrite(fd, data, len, at);
    }
    if (file != NOT_WATCHED && written > 0) {
        add_write(file, data, (size_t)written, (size_t)at);
    }
    (void)pthread_mutex_unlock(&mutex);
    return written;
}

ssize_t __wrap_pwrite(int fd, const void *data, size_t len, off_t at)
{
    return write_at(fd, data, len, at);
}

ssize_t __wrap_pwrite64(int fd, const void *data, size_t len, off_t at)
{
    return write_at(fd, data, len, at);
}

static ssize_t read_at(int fd, void *data, size_t len, off_t at)
{
    (void)pthread_mutex_lock(&mutex);
    bool wrong = file_of(fd) != NOT_WATCHED && fails();
    (void)pthread_mutex_unlock(&mutex);
    if (wrong && wanted.fault != DISK_SHORT) {
        return -1;
    }
    return __real_pread(fd, data, wrong ? len / 2 : len, at);
}

ssize_t __wrap_pread(int fd, void *data, size_t len, off_t at)
{
    return read_at(fd, data, len, at);
}

ssize_t __wrap_pread64(int fd, void *data, size_t len, off_t at)
{
    return read_at(fd, data, len, at);
}

static int set_size(int fd, off_t size)
{
    (void)pthread_mutex_lock(&mutex);
    int file = file_of(fd);
    int code = file != NOT_WATCHED && fails() ? -1 : __real_ftruncate(fd, size);
    if (file != NOT_WATCHED && code == 0) {
        add(DISK_SIZE, file)->at = (size_t)size;
    }
    (void)pthread_mutex_unlock(&mutex);
    return code;
}

int __wrap_ftruncate(int fd, off_t size)
{
    return set_size(fd, size);
}

int __wrap_ftruncate64(int fd, off_t size)
{
    return set_size(fd, size);
}

// The disk that this runs on has nothing to do with it.
static int sync_file(int fd)
{
    (void)pthread_mutex_lock(&mutex);
    int file = file_of(fd);
    int code = file != NOT_WATCHED && fails() ? -1 : 0;
    if (file != NOT_WATCHED && code == 0) {
        add(file == FOLDER ? DISK_SYNC_FOLDER : DISK_SYNC, file);
    }
    (void)pthread_mutex_unlock(&mutex);
    return code;
}

int __wrap_fsync(int fd)
{
    return sync_file(fd);
}

int __wrap_fdatasync(int fd)
{
    return sync_file(fd);
}

int __wrap_unlink(const char *path)
{
    (void)pthread_mutex_lock(&mutex);
    const char *name = name_of(path);
    int place = name != NULL ? find_name(name) : -1;
    int code = place >= 0 && fails() ? -1 : __real_unlink(path);
    if (place >= 0 && code == 0) {
        add_name(DISK_UNLINK, names[place].file, name);
        free(names[place].name);
        names[place].name = NULL;
    }
    (void)pthread_mutex_unlock(&mutex);
    return code;
}

// ------------------------------------------------------------------------------------------------
// What nobody does on these files; else it would be missing from the record.

ssize_t __wrap_write(int fd, const void *data, size_t len)
{
    BD_CHECK(file_of(fd) == NOT_WATCHED);
    return __real_write(fd, data, len);
}

void *__wrap_mmap(void *place, size_t len, int protection, int flags, int fd, off_t at)
{
    BD_CHECK(file_of(fd) == NOT_WATCHED);
    return __real_mmap(place, len, protection, flags, fd, at);
}

void *__wrap_mmap64(void *place, size_t len, int protection, int flags, int fd, off_t at)
{
    return __wrap_mmap(place, len, protection, flags, fd, at);
}
