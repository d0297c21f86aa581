// SPDX-License-Identifier: MIT
#include "url.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

static bool visible(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c <= 0x20 || c >= 0x7f || strchr("\\<>\"{}|^`", c) != NULL) {
            return false;
        }
    }
    return true;
}

static bool host_ok(const char *host, size_t len)
{
    if (len == 0 || len > 255) {
        return false;
    }
    bool bracketed = host[0] == '[';
    if (bracketed && (len < 4 || host[len - 1] != ']')) {
        return false;
    }
    size_t first = bracketed ? 1 : 0;
    size_t end = bracketed ? len - 1 : len;
    for (size_t i = first; i < end; i++) {
        unsigned char c = (unsigned char)host[i];
        bool ok = bracketed ? isxdigit(c) || c == ':' || c == '.'
                            : (isalnum(c) && c < 0x80) || c == '-' || c == '.' || c == '_';
        if (!ok) {
            return false;
        }
    }
    return true;
}

// The port behind ':'; 0 when it is none.
static unsigned port_of(const char *text, size_t len)
{
    unsigned port = 0;
    if (len == 0 || len > 5) {
        return 0;
    }
    for (size_t i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9') {
            return 0;
        }
        port = port * 10 + (unsigned)(text[i] - '0');
    }
    return port <= 65535 ? port : 0;
}

static const char *parse_authority(struct bd_url *url, const char *text, size_t len)
{
    if (memchr(text, '@', len) != NULL) {
        return "it carries user information before an '@'";
    }
    size_t host_len = len;
    for (size_t i = len; i > 0 && text[i - 1] != ']'; i--) {
        if (text[i - 1] == ':') {
            host_len = i - 1;
            break;
        }
    }
    url->host = text;
    url->host_len = host_len;
    if (!host_ok(text, host_len)) {
        return "its host is not a plain name or address";
    }
    if (host_len < len) {
        url->port = port_of(text + host_len + 1, len - host_len - 1);
        if (url->port == 0) {
            return "its port is not a number from 1 to 65535";
        }
    }
    return NULL;
}

struct scheme {
    const char *name;
    bool tls;
    unsigned port; // where none is written
};

static const struct scheme HTTP[] = {{"https", true, 443}, {"http", false, 80}};
static const struct scheme MAIL[] = {{"smtps", true, 465}, {"smtp", false, 587}};

// Takes the scheme of the address; returns where its host begins, 0: it has another one.
static size_t take_scheme(struct bd_url *url, const struct scheme schemes[2])
{
    for (size_t i = 0; i < 2; i++) {
        size_t len = strlen(schemes[i].name);
        if (url->len > len + 3 && strncasecmp(url->text, schemes[i].name, len) == 0 &&
            memcmp(url->text + len, "://", 3) == 0) {
            url->scheme = schemes[i].name;
            url->tls = schemes[i].tls;
            url->port = schemes[i].port;
            return len + 3;
        }
    }
    return 0;
}

static const char *parse(struct bd_url *url, const char *text, size_t len,
                         const struct scheme schemes[2], const char *unknown)
{
    *url = (struct bd_url){.text = text, .len = len};
    if (len > BD_URL_LONGEST) {
        return "it is longer than 65536 characters";
    }
    if (!visible(text, len)) {
        return "it holds a space, a control character or a character that must be percent-encoded";
    }
    size_t scheme = take_scheme(url, schemes);
    if (scheme == 0) {
        return unknown;
    }
    if (memchr(text, '#', len) != NULL) {
        return "it holds a fragment ('#')";
    }
    size_t authority_end = scheme;
    while (authority_end < len && text[authority_end] != '/' && text[authority_end] != '?') {
        authority_end++;
    }
    const char *wrong = parse_authority(url, text + scheme, authority_end - scheme);
    if (wrong != NULL) {
        return wrong;
    }
    const char *rest = text + authority_end;
    size_t rest_len = len - authority_end;
    const char *mark = memchr(rest, '?', rest_len);
    url->path = rest;
    url->path_len = mark != NULL ? (size_t)(mark - rest) : rest_len;
    if (mark != NULL) {
        url->query = mark + 1;
        url->query_len = rest_len - url->path_len - 1;
    }
    return NULL;
}

const char *bd_url_parse(struct bd_url *url, const char *text, size_t len)
{
    return parse(url, text, len, HTTP, "it does not begin with https:// or http://");
}

const char *bd_url_parse_mail(struct bd_url *url, const char *text, size_t len)
{
    const char *wrong = parse(url, text, len, MAIL, "it does not begin with smtp:// or smtps://");
    if (wrong == NULL && (url->path_len > 1 || url->query != NULL)) {
        return "it has a path or a query, which a mail server has not";
    }
    return wrong;
}

bool bd_url_same_origin(const struct bd_url *a, const struct bd_url *b)
{
    return a->tls == b->tls && a->port == b->port && a->host_len == b->host_len &&
           strncasecmp(a->host, b->host, a->host_len) == 0;
}

// Everything before the path: "https://host:port".
static size_t origin_len(const struct bd_url *url)
{
    return (size_t)(url->path - url->text);
}

static bool is_segment(const char *segment, size_t len, const char *what)
{
    return len == strlen(what) && memcmp(segment, what, len) == 0;
}

// Removes the segments "." and ".." from the path of `len` bytes at `at` (RFC 3986, 5.2.4).
static void remove_dots(struct bd_buf *out, size_t at, size_t len)
{
    char *path = out->data + at;
    size_t kept = 0;
    for (size_t i = 0; i < len;) { // path[i] is the slash before a segment
        size_t end = i + 1;
        while (end < len && path[end] != '/') {
            end++;
        }
        const char *segment = path + i + 1;
        size_t segment_len = end - i - 1;
        bool up = is_segment(segment, segment_len, "..");
        if (up || is_segment(segment, segment_len, ".")) {
            while (up && kept > 0 && path[--kept] != '/') {}
            if (end == len) {
                path[kept++] = '/';
            }
        } else {
            memmove(path + kept, path + i, end - i);
            kept += end - i;
        }
        i = end;
    }
    memmove(path + kept, path + len, out->len - at - len);
    out->len -= len - kept;
}

// True for "name:..." (RFC 3986, 3.1): what follows is not relative to anything.
static bool has_scheme(const char *reference, size_t len)
{
    size_t i = 0;
    while (i < len && reference[i] != '\0' &&
           (isalnum((unsigned char)reference[i]) || strchr("+-.", reference[i]) != NULL)) {
        i++;
    }
    return i > 0 && i < len && reference[i] == ':' && isalpha((unsigned char)reference[0]);
}

bool bd_url_resolve(struct bd_buf *out, const struct bd_url *base, const char *reference,
                    size_t len)
{
    size_t start = out->len;
    const char *fragment = memchr(reference, '#', len);
    size_t used = fragment != NULL ? (size_t)(fragment - reference) : len;
    bool absolute = has_scheme(reference, used);
    if (absolute) {
        bd_buf_add(out, reference, used);
    } else if (used == 0) {
        bd_buf_add(out, base->text, base->len);
    } else if (used > 1 && reference[0] == '/' && reference[1] == '/') {
        bd_buf_add_text(out, base->tls ? "https:" : "http:");
        bd_buf_add(out, reference, used);
    } else if (used > 0 && reference[0] == '/') {
        bd_buf_add(out, base->text, origin_len(base));
        bd_buf_add(out, reference, used);
    } else if (used > 0 && reference[0] == '?') {
        bd_buf_add(out, base->text, origin_len(base) + base->path_len);
        bd_buf_add(out, reference, used);
    } else {
        size_t folder = base->path_len;
        while (folder > 0 && base->path[folder - 1] != '/') {
            folder--;
        }
        bd_buf_add(out, base->text, origin_len(base) + folder);
        if (folder == 0) {
            bd_buf_add_char(out, '/');
        }
        bd_buf_add(out, reference, used);
    }
    struct bd_url result;
    if (bd_url_parse(&result, out->data + start, out->len - start) != NULL) {
        return false;
    }
    if (!absolute) {
        remove_dots(out, start + origin_len(&result), result.path_len);
    }
    return true;
}

void bd_url_host(struct bd_buf *out, const struct bd_url *url)
{
    bool bracketed = url->host[0] == '[';
    for (size_t i = bracketed ? 1 : 0; i < url->host_len - (bracketed ? 1 : 0); i++) {
        bd_buf_add_char(out, (char)tolower((unsigned char)url->host[i]));
    }
}
