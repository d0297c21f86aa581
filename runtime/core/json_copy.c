// SPDX-License-Identifier: MIT
// The copy of a text in which some values are marks.
#include "json_internal.h"

#include <string.h>

// A mark adds three bytes to a value of at least two, and a comma or bracket stands between values: the
// copy is never twice as long as the text, but for a text that is one value.
static void begin_copy(struct bd_json_scan *s)
{
    size_t room = 2 * (size_t)(s->end - s->text) + 8;
    s->copy = room <= sizeof s->json->scratch ? s->json->scratch : lua_newuserdatauv(s->L, room, 0);
    s->copied = s->text;
}

static void copy_bytes(struct bd_json_scan *s, const char *bytes, size_t len)
{
    memcpy(s->copy + s->copy_len, bytes, len);
    s->copy_len += len;
}

void bd_json_copy_mark(struct bd_json_scan *s, const char *from, const char *to, const char *text,
                       size_t len)
{
    if (s->copy == NULL) {
        begin_copy(s);
    }
    copy_bytes(s, s->copied, (size_t)(from - s->copied));
    copy_bytes(s, "\"" BD_JSON_MARK, 2);
    copy_bytes(s, text, len);
    copy_bytes(s, "\"", 1);
    s->copied = to;
    s->unmet++;
}

const char *bd_json_copy_token(struct bd_json_scan *s, const char *from, const char *to)
{
    bd_json_copy_mark(s, from, to, from, (size_t)(to - from));
    return to;
}

void bd_json_copy_finish(struct bd_json_scan *s)
{
    if (s->copy != NULL) {
        copy_bytes(s, s->copied, (size_t)(s->end - s->copied));
    }
}
