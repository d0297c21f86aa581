// SPDX-License-Identifier: MIT
#include "path.h"

#include <string.h>

#include "core/check.h"
#include "core/encode.h"

// Appends a piece without groups. False, with a part appended, when a parameter has no value.
static bool expand_piece(struct bd_buf *out, const char *piece, const char *end,
                         bd_path_value *value, void *arg)
{
    while (piece < end) {
        const char *open = memchr(piece, '{', (size_t)(end - piece));
        if (open == NULL) {
            bd_buf_add(out, piece, (size_t)(end - piece));
            return true;
        }
        const char *close = memchr(open, '}', (size_t)(end - open));
        BD_CHECK(close != NULL); // lint
        bd_buf_add(out, piece, (size_t)(open - piece));
        size_t len;
        const char *text = value(arg, open + 1, (size_t)(close - open - 1), &len);
        if (text == NULL) {
            return false;
        }
        bd_encode_percent(out, text, len);
        piece = close + 1;
    }
    return true;
}

// The group's text behind its flag, or `group` itself when it has none; NULL when the flag is off.
static const char *chosen_group(const char *group, const char *end, bd_path_value *value, void *arg)
{
    if (*group != '?') {
        return group;
    }
    const char *colon = memchr(group, ':', (size_t)(end - group));
    BD_CHECK(colon != NULL); // lint
    size_t len;
    bool on = value(arg, group + 1, (size_t)(colon - group - 1), &len) != NULL;
    return on ? colon + 1 : NULL;
}

void bd_path_expand(struct bd_buf *out, const char *template, bd_path_value *value, void *arg)
{
    const char *end = template + strlen(template);
    while (template <end) {
        const char *open = memchr(template, '[', (size_t)(end - template));
        const char *stop = open != NULL ? open : end;
        bool whole = expand_piece(out, template, stop, value, arg);
        BD_CHECK(whole); // check.c has seen to that: outside of a group they are required
        if (open == NULL) {
            return;
        }
        const char *close = memchr(open, ']', (size_t)(end - open));
        BD_CHECK(close != NULL); // lint
        size_t before = out->len;
        const char *group = chosen_group(open + 1, close, value, arg);
        if (group != NULL && !expand_piece(out, group, close, value, arg)) {
            out->len = before;
        }
        template = close + 1;
    }
}

bool bd_path_names(const char *template,
                   void (*visit)(void *arg, const char *name, size_t len, bool in_group, bool flag),
                   void *arg)
{
    bool in_group = false;
    for (const char *at = template; *at != '\0'; at++) {
        bool flag = *at == '?' && in_group && at[-1] == '[';
        if (*at == '[' || *at == ']') {
            if (in_group != (*at == ']')) {
                return false;
            }
            in_group = !in_group;
        } else if (*at == '{' || flag) {
            size_t len = strcspn(at + 1, flag ? ":" : "}");
            if (len == 0 || strcspn(at + 1, "[]{") < len || at[len + 1] == '\0') {
                return false;
            }
            visit(arg, at + 1, len, in_group, flag);
            at += len + 1;
        } else if (*at == '}') {
            return false;
        }
    }
    return !in_group;
}
