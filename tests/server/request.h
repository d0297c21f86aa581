// SPDX-License-Identifier: MIT
// Reading HTTP/1.1 requests. Deliberately strict: a client under test that sends anything doubtful
// shall hear about it.

#ifndef TS_REQUEST_H
#define TS_REQUEST_H

#include "buffer.h"

#include <stdint.h>
#include <sys/types.h>

// A parsed request head. All slices point into the bytes given to ts_head_parse.
struct ts_head {
    struct ts_slice method;
    struct ts_slice target; // path, and query if any
    struct ts_slice path;
    struct ts_slice query; // without the question mark
    struct ts_slice lines; // header lines, each with its CRLF
    uint64_t content_length;
    bool http10;
    bool keep_alive;
    bool chunked;
    bool expects_continue;
};

enum ts_body_state { TS_CHUNK_SIZE, TS_BODY_DATA, TS_CHUNK_END, TS_TRAILER, TS_BODY_DONE };

// How far the body of the current request has been read.
struct ts_body {
    enum ts_body_state state;
    bool chunked;
    uint64_t left;  // of the body, or of the current chunk
    uint64_t total; // bytes of content so far
};

// `bytes` end with the empty line. Returns NULL, or a static text saying what is wrong.
const char *ts_head_parse(struct ts_head *head, const char *bytes, size_t len);

// Takes the next header off `lines`; false when none is left.
bool ts_header_next(struct ts_slice *lines, struct ts_slice *name, struct ts_slice *value);

// The value of the first header with that name, or an empty slice with p NULL.
struct ts_slice ts_header_get(const struct ts_head *head, const char *name);

enum ts_found { TS_ABSENT, TS_FOUND, TS_UNUSABLE };

// The decoded query parameter, as a C string. TS_UNUSABLE: too long, broken escape, or NUL in it.
enum ts_found ts_query_get(const struct ts_head *head, const char *name, char *out, size_t size);

// Digits only, at most `max`.
bool ts_number_parse(struct ts_slice text, uint64_t max, uint64_t *out);

void ts_body_start(struct ts_body *body, const struct ts_head *head);

// Reads body bytes, appending at most `limit` in all to `keep`. Returns how many it used, which is
// 0 when it needs to see more at once, or -1 when the chunk framing is broken.
ssize_t ts_body_read(struct ts_body *body, struct ts_slice in, struct ts_buffer *keep,
                     size_t limit);

#endif
