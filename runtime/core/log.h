// SPDX-License-Identifier: MIT
// Messages for people, and the one sink through which text leaves the program. Everything written here is
// masked (mask.h).
#ifndef BD_LOG_H
#define BD_LOG_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "mask.h"

enum bd_log_level {
    BD_LOG_ERROR,
    BD_LOG_WARN,
    BD_LOG_INFO,
    BD_LOG_DEBUG,
    BD_LOG_TRACE,
    BD_LOG_LEVELS,
};

// What is written meanwhile is kept instead; the newest keeps.
struct bd_capture {
    struct bd_buf out;
    struct bd_buf err;
    struct bd_capture *outer;
};

struct bd_log {
    enum bd_log_level level; // what is less important is not written
    struct bd_mask mask;
    FILE *stream; // stderr, but in tests
    struct bd_buf line;
    struct bd_capture *capture; // NULL: nothing is kept
    // Takes what is written to standard output and error instead of them, when it is not kept; NULL: nobody.
    // False: it could not.
    bool (*sink)(void *arg, FILE *stream, const char *text, size_t len);
    void *sink_arg;
};

struct bd_log *bd_log_open(void);
void bd_log_close(struct bd_log *log);

bool bd_log_level_parse(const char *name, enum bd_log_level *level);

// One line: "beadle: warning: text". `format` as in printf.
void bd_log(struct bd_log *log, enum bd_log_level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

// Replaces the control characters in a text for the terminal, which may hold a vendor's words.
void bd_log_disarm(struct bd_buf *text);

// From now on all text for standard output and error is kept, masked, until bd_log_release; of each the first
// mebibyte. Text that other libraries write themselves is not seen.
void bd_log_capture(struct bd_log *log);
// Ends the newest capture, which must be there; the caller frees `out` and `err`.
void bd_log_release(struct bd_log *log, struct bd_buf *out, struct bd_buf *err);
// Whether what is written to the stream is kept, or goes to the sink.
bool bd_log_diverts(const struct bd_log *log, const FILE *stream);

// Writes text as it is, but masked. False when the stream fails.
bool bd_log_write(struct bd_log *log, FILE *stream, const char *text, size_t len);

#endif
