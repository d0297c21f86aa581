// SPDX-License-Identifier: MIT
// The path to a value in a fault of the encoder, such as candidates[3].name. It is built from its end: when
// it is too long, the beginning is left out.
#include "json_internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "encode.h"

enum {
    KEY_SHOWN = 32, // bytes
    STEP_ROOM = KEY_SHOWN + 16,
    REASON_ROOM = 80,
};

static bool is_name(const char *key, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        char c = key[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        bool digit = c >= '0' && c <= '9' && i > 0;
        if (!letter && !digit) {
            return false;
        }
    }
    return len > 0 && len <= KEY_SHOWN;
}

// ["key"], shortened, without control characters, and in UTF-8 whatever the key is.
static int quoted_step(char step[STEP_ROOM], const char *key, size_t len)
{
    char shown[KEY_SHOWN + 1] = "";
    const char *dots = len > KEY_SHOWN ? "..." : "";
    bool utf8 = bd_utf8_valid(key, len);
    size_t count = len > KEY_SHOWN ? KEY_SHOWN : len;
    while (count > 0 && count < len && (key[count] & 0xC0) == 0x80) { // never a part of a character
        count--;
    }
    for (size_t i = 0; i < count; i++) {
        unsigned char c = (unsigned char)key[i];
        bool odd = c < 0x20 || c == 0x7f || c == '"' || (c >= 0x80 && !utf8);
        shown[i] = '?';
        if (!odd) {
            shown[i] = key[i];
        }
    }
    shown[count] = '\0';
    return snprintf(step, STEP_ROOM, "[\"%s%s\"]", shown, dots);
}

static size_t write_step(char step[STEP_ROOM], const struct bd_json_level *level)
{
    int len = 0;
    if (level->key == NULL) {
        len = snprintf(step, STEP_ROOM, "[%lld]", (long long)level->index);
    } else if (is_name(level->key, level->key_len)) {
        const char *dot = level->outer != NULL ? "." : "";
        len = snprintf(step, STEP_ROOM, "%s%.*s", dot, (int)level->key_len, level->key);
    } else {
        len = quoted_step(step, level->key, level->key_len);
    }
    return (size_t)len;
}

// Writes as much of the end of the path as there is room for. Returns where it begins.
static const char *write_path(const char *begin, char *end, const struct bd_json_level *level)
{
    static const char DOTS[] = "...";
    const size_t dots = sizeof DOTS - 1;
    for (; level != NULL; level = level->outer) {
        char step[STEP_ROOM];
        size_t len = write_step(step, level);
        if ((size_t)(end - begin) < len + dots) {
            end -= dots;
            memcpy(end, DOTS, dots);
            break;
        }
        end -= len;
        memcpy(end, step, len);
    }
    return end;
}

void bd_json_path_fault(struct bd_json_fault *fault, const struct bd_json_level *level,
                        const char *format, ...)
{
    char reason[REASON_ROOM];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(reason, sizeof reason, format, args);
    va_end(args);
    char path[sizeof fault->message - REASON_ROOM - 2];
    char *path_end = path + sizeof path;
    const char *begin = write_path(path, path_end, level);
    const char *colon = begin < path_end ? ": " : "";
    bd_json_set_fault(fault, 0, "%.*s%s%s", (int)(path_end - begin), begin, colon, reason);
}
