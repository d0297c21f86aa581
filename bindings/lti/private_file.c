// SPDX-License-Identifier: MIT
#include "private_file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bindings/modules/modules.h"

bool bd_private_state_path(struct bd_buf *out, const char *name)
{
    const char *state = getenv("XDG_STATE_HOME");
    const char *home = getenv("HOME");
    if (state != NULL && state[0] == '/') { // others are to be ignored
        bd_buf_addf(out, "%s/beadle/%s", state, name);
        return true;
    }
    if (home != NULL && home[0] == '/') {
        bd_buf_addf(out, "%s/.local/state/beadle/%s", home, name);
        return true;
    }
    return false;
}

bool bd_private_make_folders(const char *path)
{
    char *copy = bd_strdup(path);
    bool there = true;
    for (char *p = copy + 1; there; p++) {
        if (*p != '/' && *p != '\0') {
            continue;
        }
        char kept = *p;
        *p = '\0';
        there = mkdir(copy, S_IRWXU) == 0 || errno == EEXIST;
        *p = kept;
        if (kept == '\0') {
            break;
        }
    }
    int number = errno;
    free(copy);
    errno = number;
    return there;
}

const char *bd_private_check_folder(const char *path)
{
    struct stat info;
    if (stat(path, &info) != 0) {
        return strerror(errno);
    }
    if (!S_ISDIR(info.st_mode)) {
        return "it is no folder";
    }
    bool own = info.st_uid == geteuid() && (info.st_mode & (S_IWGRP | S_IWOTH)) == 0;
    return own ? NULL : "others may write in this folder, or it is not yours";
}

void bd_private_sync_folder(const char *folder)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        (void)fsync(fd);
        (void)close(fd);
    }
}

static int read_all(int fd, size_t most, struct bd_buf *out)
{
    bd_buf_reserve(out, most + 1); // in one step: no copy is left behind
    size_t begin = out->len;
    ssize_t count;
    do {
        count = read(fd, out->data + out->len, most + 1 - (out->len - begin));
        out->len += count > 0 ? (size_t)count : 0;
    } while ((count > 0 && out->len - begin <= most) || (count < 0 && errno == EINTR));
    if (count < 0) {
        return errno;
    }
    return out->len - begin > most ? EFBIG : 0;
}

int bd_private_read(const char *path, size_t most, struct bd_buf *out)
{
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) {
        return errno;
    }
    struct stat info;
    int number = fstat(fd, &info) == 0 ? 0 : errno;
    if (number == 0 && (!S_ISREG(info.st_mode) || info.st_uid != geteuid() ||
                        (info.st_mode & (S_IRWXG | S_IRWXO)) != 0)) {
        number = EPERM;
    }
    number = number == 0 ? read_all(fd, most, out) : number;
    (void)close(fd);
    return number;
}

// Writes beside the file, then gives it its name.
static int create(const char *path, char *temporary, const char *bytes, size_t len)
{
    int fd = mkostemp(temporary, O_CLOEXEC); // 0600
    if (fd < 0) {
        return errno;
    }
    int number = bd_file_write_all(fd, bytes, len);
    number = close(fd) != 0 && number == 0 ? errno : number;
    if (number == 0 && link(temporary, path) != 0) {
        number = errno;
    }
    (void)unlink(temporary);
    return number;
}

int bd_private_create(const char *path, const char *bytes, size_t len)
{
    struct bd_buf temporary = {0};
    char *folder = bd_strdup(path);
    bd_buf_addf(&temporary, "%s.XXXXXX", path);
    (void)bd_buf_text(&temporary);
    int number = create(path, temporary.data, bytes, len);
    if (number == 0) {
        bd_private_sync_folder(dirname(folder));
    }
    bd_buf_free(&temporary);
    free(folder);
    return number;
}
