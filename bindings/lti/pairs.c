// SPDX-License-Identifier: MIT
#include "pairs.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/encode.h"

void bd_pairs_add(struct bd_pairs *pairs, const char *name, size_t name_len, const char *value,
                  size_t value_len)
{
    enum { FIRST = 32 };
    if (pairs->count == pairs->cap) {
        pairs->cap = pairs->cap > 0 ? 2 * pairs->cap : FIRST;
        pairs->list = bd_realloc(pairs->list, pairs->cap * sizeof *pairs->list);
    }
    size_t at = pairs->text.len;
    bd_buf_add(&pairs->text, name, name_len);
    bd_buf_add(&pairs->text, value, value_len);
    bd_buf_reserve(&pairs->text, 1); // never NULL, also when all are empty
    pairs->list[pairs->count++] = (struct bd_pair){
        .name = at, .name_len = name_len, .value = at + name_len, .value_len = value_len};
}

void bd_pairs_free(struct bd_pairs *pairs)
{
    bd_buf_free(&pairs->text);
    free(pairs->list);
    memset(pairs, 0, sizeof *pairs);
}

const char *bd_pairs_name(const struct bd_pairs *pairs, size_t index)
{
    return pairs->text.data + pairs->list[index].name;
}

const char *bd_pairs_value(const struct bd_pairs *pairs, size_t index)
{
    return pairs->text.data + pairs->list[index].value;
}

// ------------------------------------------------------------------------------------------------
// Decoding

struct part {
    const char *text;
    size_t len;
};

static const char *add_decoded(struct bd_pairs *pairs, struct part name, struct part value,
                               bool plus)
{
    struct bd_buf decoded = {0};
    bd_buf_reserve(&decoded, name.len + value.len + 1);
    bool whole = bd_decode_percent(&decoded, name.text, name.len, plus);
    size_t split = decoded.len;
    whole = whole && bd_decode_percent(&decoded, value.text, value.len, plus);
    const char *wrong = NULL;
    if (!whole) {
        wrong = "an escape with % is broken";
    } else if (!bd_utf8_valid(decoded.data, split) ||
               !bd_utf8_valid(decoded.data + split, decoded.len - split)) {
        wrong = "it is not UTF-8";
    } else if (pairs->count == BD_PAIRS_MOST) {
        wrong = "it has too many parameters";
    } else {
        bd_pairs_add(pairs, decoded.data, split, decoded.data + split, decoded.len - split);
    }
    bd_buf_free(&decoded);
    return wrong;
}

const char *bd_pairs_read_query(struct bd_pairs *pairs, const char *query, size_t len)
{
    const char *end = query + len;
    const char *wrong = NULL;
    while (query < end && wrong == NULL) {
        const char *stop = memchr(query, '&', (size_t)(end - query));
        stop = stop != NULL ? stop : end;
        const char *equals = memchr(query, '=', (size_t)(stop - query));
        const char *value = equals != NULL ? equals + 1 : stop;
        const char *name_end = equals != NULL ? equals : stop;
        if (stop > query) {
            wrong = add_decoded(pairs, (struct part){query, (size_t)(name_end - query)},
                                (struct part){value, (size_t)(stop - value)}, true);
        }
        query = stop < end ? stop + 1 : end;
    }
    return wrong;
}

// ------------------------------------------------------------------------------------------------
// The header

static const char *skip_space(const char *p, const char *end)
{
    while (p < end && (*p == ' ' || *p == '\t')) {
        p++;
    }
    return p;
}

// The characters of a name: what percent-encoding leaves, and '%'.
static const char *skip_name(const char *p, const char *end)
{
    while (p < end && ((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') ||
                       (*p >= '0' && *p <= '9') || (*p != '\0' && strchr("-._~%", *p) != NULL))) {
        p++;
    }
    return p;
}

// Behind the closing quote of the value that begins at `p`, behind its opening quote; NULL when there is none.
// Only the realm may have escaped characters (RFC 7235, "Protection Space (Realm)").
static const char *skip_value(const char *p, const char *end, bool escapes)
{
    while (p < end && *p != '"') {
        bool control = (unsigned char)*p < 0x20 || *p == 0x7f;
        if (control || (*p == '\\' && !escapes)) {
            return NULL;
        }
        p += *p == '\\' && p + 1 < end ? 2 : 1;
    }
    return p < end ? p + 1 : NULL;
}

// Reads name="value" at *at and moves behind it.
static const char *read_parameter(struct bd_pairs *pairs, const char **at, const char *end,
                                  bool *has_realm)
{
    static const char REALM[] = "realm";
    const char *name = *at;
    const char *name_end = skip_name(name, end);
    struct part name_part = {name, (size_t)(name_end - name)};
    if (name_part.len == 0) {
        return "a parameter has no name";
    }
    if (end - name_end < 2 || name_end[0] != '=' || name_end[1] != '"') {
        return "a parameter has no value in quotes";
    }
    bool realm =
        name_part.len == sizeof REALM - 1 && strncasecmp(name, REALM, sizeof REALM - 1) == 0;
    const char *value = name_end + 2;
    const char *behind = skip_value(value, end, realm);
    if (behind == NULL) {
        return "a value does not end, or holds a character that must be escaped";
    }
    *at = behind;
    if (realm) {
        bool again = *has_realm;
        *has_realm = true;
        return again ? "it has two realms" : NULL;
    }
    return add_decoded(pairs, name_part, (struct part){value, (size_t)(behind - 1 - value)}, false);
}

const char *bd_pairs_read_authorization(struct bd_pairs *pairs, const char *header, size_t len)
{
    static const char SCHEME[] = "OAuth";
    const char *end = header + len;
    bool has_realm = false;
    if (len > BD_AUTHORIZATION_LONGEST) {
        return "it is too long";
    }
    if (len < sizeof SCHEME || strncasecmp(header, SCHEME, sizeof SCHEME - 1) != 0 ||
        (header[sizeof SCHEME - 1] != ' ' && header[sizeof SCHEME - 1] != '\t')) {
        return "its scheme is not OAuth";
    }
    const char *p = skip_space(header + sizeof SCHEME - 1, end);
    for (;;) {
        const char *wrong = read_parameter(pairs, &p, end, &has_realm);
        if (wrong != NULL) {
            return wrong;
        }
        p = skip_space(p, end);
        if (p == end) {
            return NULL;
        }
        if (*p != ',') {
            return "something stands between two parameters that is no comma";
        }
        p = skip_space(p + 1, end);
    }
}
