// SPDX-License-Identifier: MIT
// Faults of the content: encodings, and JSON of unusual size. The framing is always right.

#include "faults.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define GZIP_BITS 31 // window bits, as zlib wants them, for a gzip wrapper
#define ZLIB_BITS 15
#define RAW_BITS  (-15)
#define MIB       (1024 * 1024)

static const char json[] = TS_JSON_BODY;
#define JSON_LEN (sizeof json - 1)

// Appends the compressed text; `flush` is Z_FINISH, or Z_FULL_FLUSH for a piece to be repeated.
static void compress_to(struct ts_buffer *out, struct ts_slice text, int bits, int flush)
{
    z_stream stream = {0};
    CHECK(deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, bits, 9, Z_DEFAULT_STRATEGY) ==
          Z_OK);
    const size_t room = deflateBound(&stream, text.len) + 64;
    unsigned char *bytes = malloc(room);
    CHECK(bytes != NULL);
    stream.next_in = (unsigned char *)(uintptr_t)text.p;
    stream.avail_in = (unsigned)text.len;
    stream.next_out = bytes;
    stream.avail_out = (unsigned)room;
    CHECK(deflate(&stream, flush) == (flush == Z_FINISH ? Z_STREAM_END : Z_OK));
    ts_buffer_add(out, bytes, room - stream.avail_out);
    free(bytes);
    (void)deflateEnd(&stream);
}

static void compress_json(struct ts_buffer *out, int bits)
{
    compress_to(out, (struct ts_slice){json, JSON_LEN}, bits, Z_FINISH);
}

static void send_encoded(struct ts_conn *conn, const char *encoding, struct ts_buffer *body)
{
    ts_out_printf(conn, "HTTP/1.1 200 OK\r\n" TS_JSON_TYPE "Content-Encoding: %s\r\n", encoding);
    ts_out_printf(conn, "Content-Length: %zu\r\n\r\n", body->len);
    ts_out_copy(conn, body->data, body->len);
    ts_buffer_free(body);
}

void ts_fault_gzip(struct ts_conn *conn)
{
    struct ts_buffer body = {0};
    compress_json(&body, GZIP_BITS);
    send_encoded(conn, "gzip", &body);
}

void ts_fault_gzip_cut(struct ts_conn *conn)
{
    struct ts_buffer body = {0};
    compress_json(&body, GZIP_BITS);
    body.len /= 2;
    send_encoded(conn, "gzip", &body);
}

void ts_fault_gzip_broken(struct ts_conn *conn)
{
    struct ts_buffer body = {0};
    compress_json(&body, GZIP_BITS);
    // Right after the gzip header, so that the very block type is invalid.
    memset(body.data + 10, 0xff, 20);
    send_encoded(conn, "gzip", &body);
}

void ts_fault_gzip_bad_crc(struct ts_conn *conn)
{
    struct ts_buffer body = {0};
    compress_json(&body, GZIP_BITS);
    body.data[body.len - 8] = (char)(body.data[body.len - 8] ^ 1);
    send_encoded(conn, "gzip", &body);
}

void ts_fault_gzip_trailing(struct ts_conn *conn)
{
    struct ts_buffer body = {0};
    compress_json(&body, GZIP_BITS);
    ts_buffer_text(&body, "sixteen bytes...");
    send_encoded(conn, "gzip", &body);
}

void ts_fault_gzip_members(struct ts_conn *conn)
{
    struct ts_buffer body = {0};
    compress_to(&body, (struct ts_slice){json, JSON_LEN / 2}, GZIP_BITS, Z_FINISH);
    compress_to(&body, (struct ts_slice){json + JSON_LEN / 2, JSON_LEN - JSON_LEN / 2}, GZIP_BITS,
                Z_FINISH);
    send_encoded(conn, "gzip", &body);
}

void ts_fault_deflate(struct ts_conn *conn)
{
    struct ts_buffer body = {0};
    compress_json(&body, ts_slice_is(ts_arg(conn, 0), "raw") ? RAW_BITS : ZLIB_BITS);
    send_encoded(conn, "deflate", &body);
}

void ts_fault_encodings_7(struct ts_conn *conn)
{
    struct ts_buffer body = {0};
    ts_buffer_add(&body, json, JSON_LEN);
    for (int i = 0; i < 7; i++) {
        struct ts_buffer next = {0};
        compress_to(&next, (struct ts_slice){body.data, body.len}, GZIP_BITS, Z_FINISH);
        ts_buffer_free(&body);
        body = next;
    }
    send_encoded(conn, "gzip, gzip, gzip, gzip, gzip, gzip, gzip", &body);
}

static void add_little_endian(struct ts_buffer *out, uint32_t number)
{
    for (int shift = 0; shift < 32; shift += 8) {
        const unsigned char byte = (unsigned char)(number >> shift);
        ts_buffer_add(out, &byte, 1);
    }
}

// The end of the bomb: {} compressed, the checksum of everything, the length of everything.
static void add_bomb_end(struct ts_buffer *out, const char *mib, uint64_t count)
{
    uLong crc = 0;
    const uLong block_crc = crc32(0, (const unsigned char *)mib, MIB);
    for (uint64_t i = 0; i < count; i++) {
        crc = crc32_combine(crc, block_crc, MIB);
    }
    crc = crc32(crc, (const unsigned char *)"{}", 2);
    compress_to(out, (struct ts_slice){"{}", 2}, RAW_BITS, Z_FINISH);
    add_little_endian(out, (uint32_t)crc);
    add_little_endian(out, (uint32_t)(count * MIB + 2));
}

// One MiB is compressed and sent over and over; a full flush makes that valid.
void ts_fault_gzip_bomb(struct ts_conn *conn)
{
    static const char begin[10] = "\x1f\x8b\x08\0\0\0\0\0\0\x03";
    uint64_t count = 0;
    if (!ts_arg_number(conn, 0, 200, 100000, &count)) {
        return;
    }
    struct ts_buffer block = {0};
    struct ts_buffer end = {0};
    char *mib = malloc(MIB);
    CHECK(mib != NULL);
    memset(mib, ' ', MIB);
    compress_to(&block, (struct ts_slice){mib, MIB}, RAW_BITS, Z_FULL_FLUSH);
    add_bomb_end(&end, mib, count);
    ts_out_printf(conn, "HTTP/1.1 200 OK\r\n" TS_JSON_TYPE "Content-Encoding: gzip\r\n");
    ts_out_printf(conn, "Content-Length: %llu\r\n\r\n",
                  (unsigned long long)(sizeof begin + block.len * count + end.len));
    ts_out_copy(conn, begin, sizeof begin);
    ts_out_repeat(conn, block.data, block.len, block.len * count);
    ts_out_copy(conn, end.data, end.len);
    ts_buffer_free(&block);
    ts_buffer_free(&end);
    free(mib);
}

static void send_json_head(struct ts_conn *conn, uint64_t length)
{
    ts_out_printf(conn, "HTTP/1.1 200 OK\r\n" TS_JSON_TYPE "Content-Length: %llu\r\n\r\n",
                  (unsigned long long)length);
}

void ts_fault_json_deep(struct ts_conn *conn)
{
    char open[4096];
    char close[4096];
    uint64_t count = 0;
    if (ts_arg_number(conn, 0, 100000, 1000000000, &count)) {
        memset(open, '[', sizeof open);
        memset(close, ']', sizeof close);
        send_json_head(conn, 2 * count);
        ts_out_repeat(conn, open, sizeof open, count);
        ts_out_repeat(conn, close, sizeof close, count);
    }
}

void ts_fault_json_huge(struct ts_conn *conn)
{
    static const char item[] = "\"sixty-four bytes in the end, which is all that there is to it\",";
    static const char begin[] = "{\"success\":true,\"can_id\":1381134,\"items\":[";
    static const char end[] = "null]}";
    enum { ITEM = sizeof item - 1, EACH = 64 * 1024 / 64 };
    _Static_assert(ITEM == 64, "MiB come out even");
    char block[EACH * ITEM];
    uint64_t count = 0;
    if (!ts_arg_number(conn, 0, 64, 100000, &count)) {
        return;
    }
    for (size_t i = 0; i < EACH; i++) {
        memcpy(block + i * ITEM, item, ITEM);
    }
    send_json_head(conn, sizeof begin - 1 + count * MIB + sizeof end - 1);
    ts_out_text(conn, begin);
    ts_out_repeat(conn, block, sizeof block, count * MIB);
    ts_out_text(conn, end);
}

void ts_fault_json_long_number(struct ts_conn *conn)
{
    static const char begin[] = "{\"success\":true,\"can_id\":1";
    char zeros[1000];
    uint64_t count = 0;
    if (!ts_arg_number(conn, 0, 400, 100000000, &count)) {
        return;
    }
    count = count > 0 ? count : 1;
    memset(zeros, '0', sizeof zeros);
    send_json_head(conn, sizeof begin - 1 + (count - 1) + 1);
    ts_out_text(conn, begin);
    ts_out_repeat(conn, zeros, sizeof zeros, count - 1);
    ts_out_text(conn, "}");
}
