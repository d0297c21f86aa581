// SPDX-License-Identifier: MIT
// SQLite keeps no checksums of its pages: a flipped byte in a text is another text. These functions let a schema find
// that out.
#include <string.h>
#include <zlib.h>

#include "database_internal.h"

static uLong add_value(uLong sum, sqlite3_value *value)
{
    unsigned char type = (unsigned char)sqlite3_value_type(value);
    const void *bytes = sqlite3_value_blob(value); // a number's is its text
    uint32_t len = bytes != NULL ? (uint32_t)sqlite3_value_bytes(value) : 0;
    sum = crc32(sum, &type, 1);
    sum = crc32(sum, (const void *)&len, sizeof len);
    return len > 0 ? crc32(sum, bytes, len) : sum;
}

static void sum(sqlite3_context *context, int count, sqlite3_value **values)
{
    uLong sum = crc32(0, NULL, 0);
    for (int i = 0; i < count; i++) {
        sum = add_value(sum, values[i]);
    }
    sqlite3_result_int64(context, (sqlite3_int64)sum);
}

// The values of the row before; a text's bytes are a copy.
struct ascent {
    bool begun;
    bool wrong;
    int count;
    sqlite3_value *last[8];
};

static int compare_texts(sqlite3_value *a, sqlite3_value *b)
{
    int len_a = sqlite3_value_bytes(a);
    int len_b = sqlite3_value_bytes(b);
    int least = len_a < len_b ? len_a : len_b;
    const void *text_a = sqlite3_value_blob(a);
    const void *text_b = sqlite3_value_blob(b);
    int order = least > 0 ? memcmp(text_a, text_b, (size_t)least) : 0;
    return order != 0 ? order : len_a - len_b;
}

static int compare(sqlite3_value *a, sqlite3_value *b)
{
    bool integers =
        sqlite3_value_type(a) == SQLITE_INTEGER && sqlite3_value_type(b) == SQLITE_INTEGER;
    if (!integers) {
        return compare_texts(a, b);
    }
    sqlite3_int64 left = sqlite3_value_int64(a);
    sqlite3_int64 right = sqlite3_value_int64(b);
    return left < right ? -1 : left > right;
}

static void ascends_step(sqlite3_context *context, int count, sqlite3_value **values)
{
    struct ascent *ascent = sqlite3_aggregate_context(context, sizeof *ascent);
    if (ascent == NULL || count > (int)(sizeof ascent->last / sizeof *ascent->last)) {
        sqlite3_result_error_nomem(context);
        return;
    }
    int order = 0;
    for (int i = 0; ascent->begun && order == 0 && i < count; i++) {
        order = compare(ascent->last[i], values[i]);
    }
    ascent->wrong = ascent->wrong || (ascent->begun && order >= 0);
    for (int i = 0; i < count; i++) {
        sqlite3_value_free(ascent->last[i]);
        ascent->last[i] = sqlite3_value_dup(values[i]);
        ascent->wrong = ascent->wrong || ascent->last[i] == NULL;
    }
    ascent->begun = true;
    ascent->count = count;
}

static void ascends_final(sqlite3_context *context)
{
    struct ascent *ascent = sqlite3_aggregate_context(context, 0);
    sqlite3_result_int(context, ascent == NULL || !ascent->wrong);
    for (int i = 0; ascent != NULL && i < ascent->count; i++) {
        sqlite3_value_free(ascent->last[i]);
    }
}

bool bd_db_check_open(sqlite3 *db)
{
    static const int FLAGS = SQLITE_UTF8 | SQLITE_DETERMINISTIC;
    return sqlite3_create_function(db, "beadle_sum", -1, FLAGS, NULL, sum, NULL, NULL) ==
               SQLITE_OK &&
           sqlite3_create_function(db, "beadle_ascends", -1, FLAGS, NULL, NULL, ascends_step,
                                   ascends_final) == SQLITE_OK;
}
