// SPDX-License-Identifier: MIT
// SQLite keeps no checksums of its pages: a flipped byte in a text is another text. These functions let a schema find
// that out. A journal of a million rows is read with them before its first use, so they take no memory per value.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "database_internal.h"
#include "encode.h"

// ------------------------------------------------------------------------------------------------
// A checksum of values: the CRC-32 of their types, lengths and bytes

// What was not yet added: one call for many small values.
struct summing {
    uLong sum;
    size_t len;
    unsigned char bytes[512];
};

static void flush_sum(struct summing *summing)
{
    summing->sum = crc32(summing->sum, summing->bytes, (uInt)summing->len);
    summing->len = 0;
}

static void add_bytes(struct summing *summing, const void *bytes, size_t len)
{
    if (len > sizeof summing->bytes - summing->len) {
        flush_sum(summing);
    }
    if (len > sizeof summing->bytes) {
        summing->sum = crc32_z(summing->sum, bytes, len);
    } else if (len > 0) {
        memcpy(summing->bytes + summing->len, bytes, len);
        summing->len += len;
    }
}

static void add_value(struct summing *summing, sqlite3_value *value)
{
    int type = sqlite3_value_type(value);
    int64_t integer = 0;
    double real = 0;
    const void *bytes = &integer;
    size_t len = 0;
    if (type == SQLITE_INTEGER) {
        integer = sqlite3_value_int64(value);
        len = sizeof integer;
    } else if (type == SQLITE_FLOAT) { // its text would take most of the time
        real = sqlite3_value_double(value);
        bytes = &real;
        len = sizeof real;
    } else if (type != SQLITE_NULL) {
        bytes = sqlite3_value_blob(value);
        len = bytes != NULL ? (size_t)sqlite3_value_bytes(value) : 0;
    }
    unsigned char head[5] = {(unsigned char)type, (unsigned char)len, (unsigned char)(len >> 8),
                             (unsigned char)(len >> 16), (unsigned char)(len >> 24)};
    add_bytes(summing, head, sizeof head);
    add_bytes(summing, bytes, len);
}

static void sum(sqlite3_context *context, int count, sqlite3_value **values)
{
    struct summing summing;
    summing.sum = crc32(0, NULL, 0);
    summing.len = 0;
    for (int i = 0; i < count; i++) {
        add_value(&summing, values[i]);
    }
    flush_sum(&summing);
    sqlite3_result_int64(context, (sqlite3_int64)summing.sum);
}

// ------------------------------------------------------------------------------------------------
// Whether rows ascend

// The values of a row as bytes whose order is that of the values; and those of the row before.
struct ascent {
    bool begun;
    bool wrong;
    struct bd_buf row, last;
};

static void add_integer(struct bd_buf *out, int64_t value)
{
    uint64_t biased = (uint64_t)value ^ (UINT64_C(1) << 63);
    for (int shift = 56; shift >= 0; shift -= 8) {
        bd_buf_add_char(out, (char)(biased >> shift));
    }
}

// Ends with two zero bytes; a zero byte in it is followed by 255, so that a text and its beginning are in order.
static void add_text(struct bd_buf *out, const char *text, size_t len)
{
    while (len > 0) {
        const char *zero = memchr(text, '\0', len);
        size_t part = zero != NULL ? (size_t)(zero - text) : len;
        bd_buf_add(out, text, part);
        if (zero != NULL) {
            bd_buf_add(out, "\0\377", 2);
            part++;
        }
        text += part;
        len -= part;
    }
    bd_buf_add(out, "\0\0", 2);
}

static void add_key(struct bd_buf *out, sqlite3_value *value)
{
    if (sqlite3_value_type(value) == SQLITE_INTEGER) {
        add_integer(out, sqlite3_value_int64(value));
        return;
    }
    const char *text = sqlite3_value_blob(value);
    add_text(out, text, text != NULL ? (size_t)sqlite3_value_bytes(value) : 0);
}

static int compare(const struct bd_buf *a, const struct bd_buf *b)
{
    size_t least = a->len < b->len ? a->len : b->len;
    int order = least > 0 ? memcmp(a->data, b->data, least) : 0;
    return order != 0 ? order : (a->len > b->len) - (a->len < b->len);
}

static void ascends_step(sqlite3_context *context, int count, sqlite3_value **values)
{
    struct ascent *ascent = sqlite3_aggregate_context(context, sizeof *ascent);
    if (ascent == NULL) {
        sqlite3_result_error_nomem(context);
        return;
    }
    struct bd_buf before = ascent->last;
    ascent->last = ascent->row;
    ascent->row = before;
    ascent->row.len = 0;
    for (int i = 0; i < count; i++) {
        add_key(&ascent->row, values[i]);
    }
    ascent->wrong = ascent->wrong || (ascent->begun && compare(&ascent->last, &ascent->row) >= 0);
    ascent->begun = true;
}

static void ascends_final(sqlite3_context *context)
{
    struct ascent *ascent = sqlite3_aggregate_context(context, 0);
    sqlite3_result_int(context, ascent == NULL || !ascent->wrong);
    if (ascent != NULL) {
        bd_buf_free(&ascent->row);
        bd_buf_free(&ascent->last);
    }
}

// ------------------------------------------------------------------------------------------------
// How often each text is there

enum { MOST_WORDS = 16, LONGEST_WORD = 24 };

struct words {
    size_t count;
    struct {
        char text[LONGEST_WORD];
        int64_t times;
    } list[MOST_WORDS];
};

static void words_step(sqlite3_context *context, int count, sqlite3_value **values)
{
    struct words *words = sqlite3_aggregate_context(context, sizeof *words);
    const char *text = (const char *)sqlite3_value_text(values[0]);
    (void)count;
    if (words == NULL || text == NULL) {
        return;
    }
    size_t at = 0;
    while (at < words->count && strcmp(words->list[at].text, text) != 0) {
        at++;
    }
    if (at == MOST_WORDS || strlen(text) >= LONGEST_WORD) {
        return;
    }
    if (at == words->count) {
        words->count++;
        (void)snprintf(words->list[at].text, LONGEST_WORD, "%s", text);
    }
    words->list[at].times++;
}

static void words_final(sqlite3_context *context)
{
    const struct words *words = sqlite3_aggregate_context(context, 0);
    struct bd_buf out = {0};
    bd_buf_add_char(&out, '{');
    for (size_t i = 0; words != NULL && i < words->count; i++) {
        if (i > 0) {
            bd_buf_add_char(&out, ',');
        }
        bd_encode_json_string(&out, words->list[i].text, strlen(words->list[i].text));
        bd_buf_addf(&out, ":%lld", (long long)words->list[i].times);
    }
    bd_buf_add_char(&out, '}');
    sqlite3_result_text(context, out.data, (int)out.len, SQLITE_TRANSIENT);
    bd_buf_free(&out);
}

// ------------------------------------------------------------------------------------------------
// Numbers without a gap between them

// A bit for each number that came.
struct numbers {
    unsigned char *bits;
    size_t room; // bytes
};

enum { LARGEST_NUMBER = 1 << 30 };

static void ranges_step(sqlite3_context *context, int count, sqlite3_value **values)
{
    struct numbers *numbers = sqlite3_aggregate_context(context, sizeof *numbers);
    int64_t number = sqlite3_value_int64(values[0]);
    (void)count;
    if (numbers == NULL || number < 0 || number > LARGEST_NUMBER) {
        return;
    }
    size_t at = (size_t)number / 8;
    if (at >= numbers->room) {
        size_t room = (at + 1) * 2;
        numbers->bits = bd_realloc(numbers->bits, room);
        memset(numbers->bits + numbers->room, 0, room - numbers->room);
        numbers->room = room;
    }
    numbers->bits[at] |= (unsigned char)(1 << number % 8);
}

static bool is_set(const struct numbers *numbers, size_t number)
{
    return (numbers->bits[number / 8] >> number % 8 & 1) != 0;
}

static void ranges_final(sqlite3_context *context)
{
    static const size_t LEAST = 100; // shorter ones are not worth a word
    struct numbers *numbers = sqlite3_aggregate_context(context, 0);
    struct bd_buf out = {0};
    size_t end = numbers != NULL ? numbers->room * 8 : 0;
    for (size_t from = 0; from < end; from++) {
        size_t to = from;
        while (to < end && is_set(numbers, to)) {
            to++;
        }
        if (to - from >= LEAST) {
            bd_buf_addf(&out, "%zu-%zu ", from, to - 1);
        }
        from = to;
    }
    sqlite3_result_text(context, out.len > 0 ? out.data : "", (int)out.len, SQLITE_TRANSIENT);
    bd_buf_free(&out);
    if (numbers != NULL) {
        free(numbers->bits);
    }
}

bool bd_db_check_open(sqlite3 *db)
{
    static const int FLAGS = SQLITE_UTF8 | SQLITE_DETERMINISTIC;
    return sqlite3_create_function(db, "beadle_sum", -1, FLAGS, NULL, sum, NULL, NULL) ==
               SQLITE_OK &&
           sqlite3_create_function(db, "beadle_ascends", -1, FLAGS, NULL, NULL, ascends_step,
                                   ascends_final) == SQLITE_OK &&
           sqlite3_create_function(db, "beadle_words", 1, FLAGS, NULL, NULL, words_step,
                                   words_final) == SQLITE_OK &&
           sqlite3_create_function(db, "beadle_ranges", 1, FLAGS, NULL, NULL, ranges_step,
                                   ranges_final) == SQLITE_OK;
}
