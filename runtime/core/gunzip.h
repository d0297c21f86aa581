// SPDX-License-Identifier: MIT
// Unpacks gzip and deflate bodies piece by piece. libcurl's own decoding takes a body that was cut in half
// for whole and counts its size limit before unpacking, so we unpack ourselves and demand the stream's end.
#ifndef BD_GUNZIP_H
#define BD_GUNZIP_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"

struct bd_gunzip;

enum bd_gunzip_result {
    BD_GUNZIP_OK,
    BD_GUNZIP_BROKEN,    // not gzip, or damaged, or bytes behind its end
    BD_GUNZIP_TOO_LARGE, // more than `limit` bytes came out
};

struct bd_gunzip *bd_gunzip_open(void);
void bd_gunzip_close(struct bd_gunzip *gunzip); // NULL is fine

// Appends the unpacked bytes to `out`, which may grow to `limit` bytes in all.
enum bd_gunzip_result bd_gunzip_add(struct bd_gunzip *gunzip, const char *bytes, size_t len,
                                    struct bd_buf *out, size_t limit);

// True when the stream has ended as it should.
bool bd_gunzip_ended(const struct bd_gunzip *gunzip);

#endif
