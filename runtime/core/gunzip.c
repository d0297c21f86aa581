// SPDX-License-Identifier: MIT
#include "gunzip.h"

#include <stdlib.h>
#include <zlib.h>

#include "check.h"

struct bd_gunzip {
    z_stream stream;
    bool ended;
};

struct bd_gunzip *bd_gunzip_open(void)
{
    enum { GZIP_OR_ZLIB = 32 };
    struct bd_gunzip *gunzip = bd_alloc(sizeof *gunzip);
    BD_CHECK(inflateInit2(&gunzip->stream, MAX_WBITS + GZIP_OR_ZLIB) == Z_OK);
    return gunzip;
}

void bd_gunzip_close(struct bd_gunzip *gunzip)
{
    if (gunzip != NULL) {
        (void)inflateEnd(&gunzip->stream);
        free(gunzip);
    }
}

// A gzip may have several members, one behind the other (RFC 1952, 2.2); anything else there is refused by
// inflate itself.
static void begin_member(struct bd_gunzip *gunzip)
{
    enum { GZIP_ONLY = 16 };
    BD_CHECK(inflateReset2(&gunzip->stream, MAX_WBITS + GZIP_ONLY) == Z_OK);
    gunzip->ended = false;
}

enum bd_gunzip_result bd_gunzip_add(struct bd_gunzip *gunzip, const char *bytes, size_t len,
                                    struct bd_buf *out, size_t limit)
{
    enum { PIECE = 16384 };
    z_stream *stream = &gunzip->stream;
    stream->next_in = (Bytef *)(uintptr_t)bytes; // zlib only reads it
    stream->avail_in = (uInt)len;
    while (stream->avail_in > 0) {
        if (gunzip->ended) {
            begin_member(gunzip);
        }
        bd_buf_reserve(out, PIECE);
        stream->next_out = (Bytef *)out->data + out->len;
        stream->avail_out = PIECE;
        int status = inflate(stream, Z_NO_FLUSH);
        out->len += PIECE - stream->avail_out;
        if (out->len > limit) {
            return BD_GUNZIP_TOO_LARGE;
        }
        gunzip->ended = status == Z_STREAM_END;
        if (status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR) {
            return BD_GUNZIP_BROKEN;
        }
    }
    return BD_GUNZIP_OK;
}

bool bd_gunzip_ended(const struct bd_gunzip *gunzip)
{
    return gunzip->ended;
}
