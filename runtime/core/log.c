// SPDX-License-Identifier: MIT
#include "log.h"

#include <stdlib.h>
#include <string.h>

#include "check.h"

static const char *const NAMES[BD_LOG_LEVELS] = {
    [BD_LOG_ERROR] = "error", [BD_LOG_WARN] = "warning", [BD_LOG_INFO] = "info",
    [BD_LOG_DEBUG] = "debug", [BD_LOG_TRACE] = "trace",
};

bool bd_log_level_parse(const char *name, enum bd_log_level *level)
{
    for (size_t i = 0; i < BD_LOG_LEVELS; i++) {
        if (strcmp(NAMES[i], name) == 0) {
            *level = (enum bd_log_level)i;
            return true;
        }
    }
    return false;
}

struct bd_log *bd_log_open(void)
{
    struct bd_log *log = bd_alloc(sizeof *log);
    log->level = BD_LOG_WARN;
    log->stream = stderr;
    return log;
}

void bd_log_capture(struct bd_log *log)
{
    struct bd_capture *capture = bd_alloc(sizeof *capture);
    capture->outer = log->capture;
    log->capture = capture;
}

void bd_log_release(struct bd_log *log, struct bd_buf *out, struct bd_buf *err)
{
    struct bd_capture *capture = log->capture;
    BD_CHECK(capture != NULL);
    log->capture = capture->outer;
    *out = capture->out;
    *err = capture->err;
    free(capture);
}

bool bd_log_diverts(const struct bd_log *log, const FILE *stream)
{
    return (log->capture != NULL || log->sink != NULL) && (stream == stdout || stream == stderr);
}

static bool keep(struct bd_log *log, const FILE *stream, const char *text, size_t len)
{
    enum { MOST = 1 << 20 };
    struct bd_buf *kept = stream == stdout ? &log->capture->out : &log->capture->err;
    size_t room = kept->len < MOST ? MOST - kept->len : 0;
    bd_buf_add(kept, text, len < room ? len : room);
    return true;
}

static bool put(struct bd_log *log, FILE *stream, const char *text, size_t len)
{
    if (!bd_log_diverts(log, stream)) {
        return fwrite(text, 1, len, stream) == len;
    }
    return log->capture != NULL ? keep(log, stream, text, len)
                                : log->sink(log->sink_arg, stream, text, len);
}

void bd_log_close(struct bd_log *log)
{
    while (log->capture != NULL) {
        struct bd_buf out, err;
        bd_log_release(log, &out, &err);
        bd_buf_free(&out);
        bd_buf_free(&err);
    }
    bd_mask_free(&log->mask);
    bd_buf_free(&log->line);
    free(log);
}

bool bd_log_write(struct bd_log *log, FILE *stream, const char *text, size_t len)
{
    if (log->mask.count == 0) {
        return put(log, stream, text, len);
    }
    struct bd_buf masked = {0};
    bd_mask_apply(&log->mask, &masked, text, len);
    bool written = put(log, stream, masked.data != NULL ? masked.data : "", masked.len);
    bd_buf_free(&masked);
    return written;
}

void bd_log_disarm(struct bd_buf *text)
{
    for (size_t i = 0; i < text->len; i++) {
        unsigned char c = (unsigned char)text->data[i];
        if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7f) {
            text->data[i] = '?';
        }
    }
}

void bd_log(struct bd_log *log, enum bd_log_level level, const char *format, ...)
{
    if (level > log->level) {
        return;
    }
    bd_buf_reset(&log->line, 4096);
    bd_buf_addf(&log->line, "beadle: %s: ", NAMES[level]);
    va_list args;
    va_start(args, format);
    bd_buf_addv(&log->line, format, args);
    va_end(args);
    bd_log_disarm(&log->line);
    bd_buf_add_char(&log->line, '\n');
    (void)bd_log_write(log, log->stream, log->line.data, log->line.len);
    (void)fflush(log->stream);
}
