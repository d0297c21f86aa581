// SPDX-License-Identifier: MIT
// Just enough HTTP/2 to be rude in it: the first request is answered by GOAWAY and a close, or each one by
// RST_STREAM.

#include "server.h"

#include <string.h>

#define FRAME_HEAD     9
#define FRAME_STREAM   5 // where its number stands
#define STREAM_LEN     4
#define FRAME_HEADERS  1
#define FRAME_SETTINGS 4
#define FLAG_ACK       1

static const char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
#define PREFACE_LEN (sizeof preface - 1)
#define LOOKS_LIKE  18 // as much of it as passes for the head of a request

bool ts_h2_preface(const char *bytes, size_t len)
{
    return len >= LOOKS_LIKE && memcmp(bytes, preface, LOOKS_LIKE) == 0;
}

static void refuse(struct ts_conn *conn)
{
    // Last stream 0, NO_ERROR: none of the client's requests has been or will be processed.
    static const char goaway[] = "\0\0\x08\x07\0\0\0\0\0"
                                 "\0\0\0\0\0\0\0\0";
    conn->requests++;
    ts_buffer_clear(&conn->head_bytes);
    ts_buffer_text(&conn->head_bytes, "HTTP/2");
    ts_log_add(&conn->server->log, conn, "an HTTP/2 request, answered by GOAWAY");
    ts_out_copy(conn, goaway, sizeof goaway - 1);
    ts_out_step(conn, TS_FIN, 0);
    ts_out_step(conn, TS_PAUSE, 1000);
    ts_out_step(conn, TS_CLOSE, 0);
    conn->state = TS_IGNORE;
}

static void reset_stream(struct ts_conn *conn, const unsigned char *stream)
{
    // The code's last byte is the one that C puts at the end of a text.
    char frame[] = "\0\0\x04\x03\0\0\0\0\0\0\0\0";
    memcpy(frame + FRAME_STREAM, stream, STREAM_LEN);
    frame[sizeof frame - 1] = (char)conn->server->options.h2_code;
    conn->requests++;
    ts_buffer_clear(&conn->head_bytes);
    ts_buffer_text(&conn->head_bytes, "HTTP/2");
    ts_log_add(&conn->server->log, conn, "an HTTP/2 request, answered by RST_STREAM");
    ts_out_copy(conn, frame, sizeof frame);
}

static void on_frame(struct ts_conn *conn, unsigned type, unsigned flags,
                     const unsigned char *stream)
{
    static const char ack[] = "\0\0\0\x04\x01\0\0\0\0";
    if (type == FRAME_HEADERS && conn->server->options.h2_reset) {
        reset_stream(conn, stream);
    } else if (type == FRAME_HEADERS) {
        refuse(conn);
    } else if (type == FRAME_SETTINGS && (flags & FLAG_ACK) == 0) {
        ts_out_copy(conn, ack, sizeof ack - 1);
    }
    (void)ts_out_run(conn);
}

static size_t start(struct ts_conn *conn)
{
    static const char settings[] = "\0\0\0\x04\0\0\0\0\0";
    conn->h2_started = true;
    ts_out_copy(conn, settings, sizeof settings - 1);
    (void)ts_out_run(conn);
    return PREFACE_LEN;
}

size_t ts_h2_consume(struct ts_conn *conn, const char *bytes, size_t len)
{
    if (!conn->h2_started) {
        return len >= PREFACE_LEN ? start(conn) : 0;
    }
    if (len < FRAME_HEAD) {
        return 0;
    }
    const unsigned char *frame = (const unsigned char *)bytes;
    const size_t size = (size_t)frame[0] << 16 | (size_t)frame[1] << 8 | frame[2];
    if (len < FRAME_HEAD + size) {
        return 0;
    }
    on_frame(conn, frame[3], frame[4], frame + FRAME_STREAM);
    return FRAME_HEAD + size;
}
