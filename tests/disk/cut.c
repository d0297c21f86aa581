// SPDX-License-Identifier: MIT
// What may lie on the disk after a loss of power.
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/check.h"
#include "disk.h"

enum { SECTOR = 512, MAX_FILES = 256 };

struct content {
    unsigned char *data;
    size_t len, room;
};

struct file {
    struct content content;
    size_t *pending; // operations after its last sync
    size_t count, room;
};

struct image {
    const struct disk_record *record;
    struct file files[MAX_FILES];
    uint64_t random;
    size_t *folder; // operations after the folder's last sync
    size_t folder_count;
    struct {
        const char *name;
        int file; // 0: it is gone
    } names[MAX_FILES];
    size_t name_count;
};

// SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014).
static uint64_t next(struct image *image)
{
    uint64_t z = image->random += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

static bool chance(struct image *image, unsigned one_in)
{
    return next(image) % one_in == 0;
}

// ------------------------------------------------------------------------------------------------
// A file's bytes

static void set_len(struct content *content, size_t len)
{
    if (len > content->room) {
        content->room = len * 2;
        content->data = realloc(content->data, content->room);
        BD_CHECK(content->data != NULL);
    }
    if (len > content->len) {
        memset(content->data + content->len, 0, len - content->len);
    }
    content->len = len;
}

static void put(struct content *content, size_t at, const unsigned char *data, size_t len)
{
    if (at + len > content->len) {
        set_len(content, at + len);
    }
    if (len > 0) {
        memcpy(content->data + at, data, len);
    }
}

static void apply(struct content *content, const struct disk_op *op)
{
    if (op->kind == DISK_SIZE) {
        set_len(content, op->at);
    } else {
        put(content, op->at, op->data, op->len);
    }
}

// Some sectors of a write are there; the others are as before, or garbage.
static void tear(struct image *image, struct content *content, const struct disk_op *op)
{
    size_t end = op->at + op->len;
    bool garbage = chance(image, 2);
    if (end > content->len) {
        set_len(content, end);
    }
    for (size_t at = op->at; at < end;) {
        size_t stop = at - at % SECTOR + SECTOR;
        stop = stop < end ? stop : end;
        if (chance(image, 2)) {
            memcpy(content->data + at, op->data + (at - op->at), stop - at);
        } else if (garbage) {
            for (size_t i = at; i < stop; i++) {
                content->data[i] = (unsigned char)next(image);
            }
        }
        at = stop;
    }
}

enum style { ALL_LOST, ALL_KEPT, FIRST_KEPT, SOME_KEPT, TORN, STYLES };

static void resolve_op(struct image *image, struct content *content, const struct disk_op *op,
                       enum style style)
{
    uint64_t die = next(image) % 4;
    if (style == ALL_KEPT || (style != ALL_LOST && die < 2)) {
        apply(content, op);
    } else if (style == TORN && op->kind == DISK_WRITE && die == 2) {
        tear(image, content, op);
    }
}

// A size that the file had since its last sync.
static size_t some_size(struct image *image, const struct file *file, size_t first)
{
    size_t wanted = next(image) % (file->count + 1);
    size_t len = first;
    for (size_t i = 0; i < wanted; i++) {
        const struct disk_op *op = &image->record->ops[file->pending[i]];
        if (op->kind == DISK_SIZE) {
            len = op->at;
        } else if (op->at + op->len > len) {
            len = op->at + op->len;
        }
    }
    return len;
}

static void resolve_file(struct image *image, struct file *file, enum style style)
{
    size_t first = file->content.len;
    size_t kept = file->count;
    if (file->count == 0) {
        return;
    }
    if (style == FIRST_KEPT) { // the last of them torn
        kept = next(image) % (file->count + 1);
    }
    for (size_t i = 0; i < kept; i++) {
        const struct disk_op *op = &image->record->ops[file->pending[i]];
        bool torn = style == FIRST_KEPT && i + 1 == kept && op->kind == DISK_WRITE;
        if (torn) {
            tear(image, &file->content, op);
        } else {
            resolve_op(image, &file->content, op, style == FIRST_KEPT ? ALL_KEPT : style);
        }
    }
    if (style >= SOME_KEPT && chance(image, 2)) {
        set_len(&file->content, some_size(image, file, first));
    }
    file->count = 0;
}

// ------------------------------------------------------------------------------------------------
// Names

static void apply_name(struct image *image, const struct disk_op *op)
{
    size_t i = 0;
    while (i < image->name_count && strcmp(image->names[i].name, op->name) != 0) {
        i++;
    }
    BD_CHECK(i < MAX_FILES);
    if (i == image->name_count) {
        image->names[image->name_count++].name = op->name;
    }
    image->names[i].file = op->kind == DISK_CREATE ? op->file : 0;
}

static void resolve_folder(struct image *image, enum style style)
{
    for (size_t i = 0; i < image->folder_count; i++) {
        bool kept = style == ALL_KEPT || (style != ALL_LOST && chance(image, 2));
        if (kept) {
            apply_name(image, &image->record->ops[image->folder[i]]);
        }
    }
    image->folder_count = 0;
}

// ------------------------------------------------------------------------------------------------
// The whole

static void settle_file(struct image *image, struct file *file)
{
    for (size_t i = 0; i < file->count; i++) {
        apply(&file->content, &image->record->ops[file->pending[i]]);
    }
    file->count = 0;
}

static void wait_for(struct file *file, size_t op)
{
    if (file->count == file->room) {
        file->room = file->room > 0 ? file->room * 2 : 64;
        file->pending = realloc(file->pending, file->room * sizeof *file->pending);
        BD_CHECK(file->pending != NULL);
    }
    file->pending[file->count++] = op;
}

static void replay(struct image *image, size_t at, bool lying)
{
    for (size_t i = 0; i < at; i++) {
        const struct disk_op *op = &image->record->ops[i];
        bool believed = !lying || i < image->record->before;
        BD_CHECK(op->file < MAX_FILES);
        switch (op->kind) {
        case DISK_CREATE:
        case DISK_UNLINK:
            image->folder[image->folder_count++] = i;
            break;
        case DISK_SYNC_FOLDER:
            if (believed) {
                resolve_folder(image, ALL_KEPT);
            }
            break;
        case DISK_SYNC:
            if (believed) {
                settle_file(image, &image->files[op->file]);
            }
            break;
        default:
            wait_for(&image->files[op->file], i);
        }
    }
}

static bool write_file(const struct content *content, const char *folder, const char *name)
{
    char path[PATH_MAX];
    if (snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path) {
        return false;
    }
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
    bool ok = fd >= 0 && pwrite(fd, content->data, content->len, 0) == (ssize_t)content->len;
    return fd >= 0 && close(fd) == 0 && ok;
}

bool disk_cut(const struct disk_record *record, size_t at, uint64_t seed, bool lying,
              const char *to)
{
    struct image *image = calloc(1, sizeof *image);
    BD_CHECK(image != NULL && at <= record->count);
    image->record = record;
    image->random = seed * UINT64_C(0x9E3779B97F4A7C15) + at;
    image->folder = malloc((at + 1) * sizeof *image->folder);
    BD_CHECK(image->folder != NULL);
    replay(image, at, lying);
    // The first two seeds are the plain ones: all is lost, or all is there, as when a process is killed.
    bool plain = seed <= ALL_KEPT;
    for (size_t i = 0; i < MAX_FILES; i++) {
        enum style style = plain ? (enum style)seed : (enum style)(next(image) % STYLES);
        resolve_file(image, &image->files[i], style);
    }
    resolve_folder(image, plain ? (enum style)seed : (enum style)(next(image) % STYLES));
    bool ok = true;
    for (size_t i = 0; i < image->name_count; i++) {
        int file = image->names[i].file;
        ok = ok && (file == 0 || write_file(&image->files[file].content, to, image->names[i].name));
    }
    for (size_t i = 0; i < MAX_FILES; i++) {
        free(image->files[i].content.data);
        free(image->files[i].pending);
    }
    free(image->folder);
    free(image);
    return ok;
}
