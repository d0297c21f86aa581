// SPDX-License-Identifier: MIT
// Reading HTTP/1.1 requests: the head, the query, the body. Nothing here owns memory.

#include "request.h"

#include <string.h>
#include <strings.h>

#define CHUNK_LINE_LIMIT 1024

static bool is_token_char(unsigned char c)
{
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')) {
        return true;
    }
    return c != 0 && strchr("!#$%&'*+-.^_`|~", c) != NULL;
}

static bool is_token(struct ts_slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (!is_token_char((unsigned char)text.p[i])) {
            return false;
        }
    }
    return text.len > 0;
}

static bool is_named(struct ts_slice name, const char *text)
{
    return strlen(text) == name.len && strncasecmp(name.p, text, name.len) == 0;
}

bool ts_number_parse(struct ts_slice text, uint64_t max, uint64_t *out)
{
    if (text.len == 0 || text.len > 18) {
        return false;
    }
    uint64_t number = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.p[i] < '0' || text.p[i] > '9') {
            return false;
        }
        number = number * 10 + (uint64_t)(text.p[i] - '0');
    }
    *out = number;
    return number <= max;
}

// Takes the text up to `end` off the front of `rest`, and `end` with it.
static bool split(struct ts_slice *rest, char end, struct ts_slice *first)
{
    const char *at = rest->len > 0 ? memchr(rest->p, end, rest->len) : NULL;
    if (at == NULL) {
        return false;
    }
    *first = (struct ts_slice){rest->p, (size_t)(at - rest->p)};
    rest->p += first->len + 1;
    rest->len -= first->len + 1;
    return true;
}

static struct ts_slice trim(struct ts_slice text)
{
    while (text.len > 0 && (text.p[0] == ' ' || text.p[0] == '\t')) {
        text.p++;
        text.len--;
    }
    while (text.len > 0 && (text.p[text.len - 1] == ' ' || text.p[text.len - 1] == '\t')) {
        text.len--;
    }
    return text;
}

static bool has_control(struct ts_slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        const unsigned char c = (unsigned char)text.p[i];
        if ((c < 0x20 && c != '\t') || c == 0x7f) {
            return true;
        }
    }
    return false;
}

static const char *parse_target(struct ts_head *head)
{
    const struct ts_slice target = head->target;
    if (target.len == 0 || target.p[0] != '/') {
        return "target does not begin with a slash";
    }
    for (size_t i = 0; i < target.len; i++) {
        const unsigned char c = (unsigned char)target.p[i];
        if (c <= 0x20 || c >= 0x7f || c == '#') {
            return "target holds a character that must be encoded";
        }
    }
    struct ts_slice rest = target;
    head->path = target;
    if (split(&rest, '?', &head->path)) {
        head->query = rest;
    }
    return NULL;
}

static const char *parse_first_line(struct ts_head *head, struct ts_slice line)
{
    if (!split(&line, ' ', &head->method) || !is_token(head->method)) {
        return "no method";
    }
    if (!split(&line, ' ', &head->target)) {
        return "no version";
    }
    head->http10 = ts_slice_is(line, "HTTP/1.0");
    if (!head->http10 && !ts_slice_is(line, "HTTP/1.1")) {
        return "version is neither HTTP/1.0 nor HTTP/1.1";
    }
    head->keep_alive = !head->http10;
    return parse_target(head);
}

// What has been seen of the headers that may come only once.
struct seen {
    bool host;
    bool length;
};

static const char *parse_length(struct ts_head *head, struct ts_slice value, struct seen *seen)
{
    if (seen->length) {
        return "two Content-Length headers";
    }
    seen->length = true;
    const bool good = ts_number_parse(value, UINT64_MAX, &head->content_length);
    return good ? NULL : "Content-Length is no number";
}

static bool has_word(struct ts_slice list, const char *word)
{
    struct ts_slice item = {0};
    while (split(&list, ',', &item)) {
        if (is_named(trim(item), word)) {
            return true;
        }
    }
    return is_named(trim(list), word);
}

static const char *parse_header(struct ts_head *head, struct ts_slice name, struct ts_slice value,
                                struct seen *seen)
{
    if (is_named(name, "Host")) {
        const bool again = seen->host;
        seen->host = true;
        return again ? "two Host headers" : NULL;
    }
    if (is_named(name, "Content-Length")) {
        return parse_length(head, value, seen);
    }
    if (is_named(name, "Transfer-Encoding")) {
        const bool good = is_named(value, "chunked") && !head->chunked;
        head->chunked = true;
        return good ? NULL : "Transfer-Encoding is not chunked alone";
    }
    if (is_named(name, "Connection")) {
        const bool kept = head->keep_alive || has_word(value, "keep-alive");
        head->keep_alive = kept && !has_word(value, "close");
        return NULL;
    }
    if (is_named(name, "Expect")) {
        head->expects_continue = is_named(value, "100-continue");
    }
    return NULL;
}

static const char *parse_line(struct ts_head *head, struct ts_slice line, struct seen *seen)
{
    struct ts_slice name = {0};
    if (!split(&line, ':', &name) || !is_token(name)) {
        return "header name is no token";
    }
    if (has_control(line)) {
        return "header value holds a control character";
    }
    return parse_header(head, name, trim(line), seen);
}

// One line without its CRLF; the bare CR or LF is left for the caller's checks to find.
static bool take_line(struct ts_slice *rest, struct ts_slice *line)
{
    if (!split(rest, '\n', line) || line->len == 0 || line->p[line->len - 1] != '\r') {
        return false;
    }
    line->len--;
    return true;
}

const char *ts_head_parse(struct ts_head *head, const char *bytes, size_t len)
{
    *head = (struct ts_head){0};
    struct ts_slice rest = {bytes, len - 2};
    struct ts_slice line = {0};
    if (!take_line(&rest, &line)) {
        return "line ends without CRLF";
    }
    const char *wrong = parse_first_line(head, line);
    head->lines = rest;
    struct seen seen = {0};
    while (wrong == NULL && rest.len > 0) {
        wrong = take_line(&rest, &line) ? parse_line(head, line, &seen) : "line ends without CRLF";
    }
    if (wrong != NULL) {
        return wrong;
    }
    if (seen.length && head->chunked) {
        return "Content-Length and Transfer-Encoding together";
    }
    return seen.host || head->http10 ? NULL : "no Host header";
}

bool ts_header_next(struct ts_slice *lines, struct ts_slice *name, struct ts_slice *value)
{
    struct ts_slice line = {0};
    if (!take_line(lines, &line) || !split(&line, ':', name)) {
        return false;
    }
    *value = trim(line);
    return true;
}

struct ts_slice ts_header_get(const struct ts_head *head, const char *name)
{
    struct ts_slice lines = head->lines;
    struct ts_slice found = {0};
    struct ts_slice value = {0};
    while (ts_header_next(&lines, &found, &value)) {
        if (is_named(found, name)) {
            return value;
        }
    }
    return (struct ts_slice){0};
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    const char lower = (char)(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// The byte at the front of an encoded text, -1 when there is none that a C string could hold.
static int decode_one(struct ts_slice *text)
{
    const char c = *text->p++;
    text->len--;
    if (c != '%') {
        return c == '+' ? ' ' : (unsigned char)c;
    }
    if (text->len < 2 || hex_digit(text->p[0]) < 0 || hex_digit(text->p[1]) < 0) {
        return -1;
    }
    const int byte = hex_digit(text->p[0]) * 16 + hex_digit(text->p[1]);
    text->p += 2;
    text->len -= 2;
    return byte == 0 ? -1 : byte;
}

static enum ts_found decode(struct ts_slice text, char *out, size_t size)
{
    size_t len = 0;
    while (text.len > 0) {
        const int byte = decode_one(&text);
        if (byte < 0 || len + 1 >= size) {
            return TS_UNUSABLE;
        }
        out[len++] = (char)byte;
    }
    out[len] = '\0';
    return TS_FOUND;
}

enum ts_found ts_query_get(const struct ts_head *head, const char *name, char *out, size_t size)
{
    struct ts_slice rest = head->query;
    while (rest.len > 0) {
        struct ts_slice pair = rest;
        if (!split(&rest, '&', &pair)) {
            rest.len = 0;
        }
        struct ts_slice key = pair;
        struct ts_slice value = pair;
        if (!split(&value, '=', &key)) {
            value.len = 0;
        }
        if (ts_slice_is(key, name)) {
            return decode(value, out, size);
        }
    }
    out[0] = '\0';
    return TS_ABSENT;
}

void ts_body_start(struct ts_body *body, const struct ts_head *head)
{
    *body = (struct ts_body){.chunked = head->chunked, .left = head->content_length};
    if (!head->chunked) {
        body->state = head->content_length > 0 ? TS_BODY_DATA : TS_BODY_DONE;
    }
}

static ssize_t read_data(struct ts_body *body, struct ts_slice in, struct ts_buffer *keep,
                         size_t limit)
{
    const size_t take = in.len < body->left ? in.len : (size_t)body->left;
    const size_t room = keep->len < limit ? limit - keep->len : 0;
    ts_buffer_add(keep, in.p, take < room ? take : room);
    body->left -= take;
    body->total += take;
    if (body->left == 0) {
        body->state = body->chunked ? TS_CHUNK_END : TS_BODY_DONE;
    }
    return (ssize_t)take;
}

static bool chunk_size(struct ts_body *body, struct ts_slice line)
{
    uint64_t size = 0;
    size_t i = 0;
    for (; i < line.len && hex_digit(line.p[i]) >= 0; i++) {
        size = size * 16 + (uint64_t)hex_digit(line.p[i]);
    }
    body->left = size;
    body->state = size > 0 ? TS_BODY_DATA : TS_TRAILER;
    return i > 0 && i < 16 && (i == line.len || line.p[i] == ';');
}

// Acts on a line of the chunk framing: a size, the end of a chunk, or a trailer.
static bool chunk_line(struct ts_body *body, struct ts_slice line)
{
    if (body->state == TS_CHUNK_SIZE) {
        return chunk_size(body, line);
    }
    if (body->state == TS_CHUNK_END) {
        body->state = TS_CHUNK_SIZE;
        return line.len == 0;
    }
    body->state = line.len == 0 ? TS_BODY_DONE : TS_TRAILER;
    return true;
}

static ssize_t read_line(struct ts_body *body, struct ts_slice in)
{
    if (memchr(in.p, '\n', in.len) == NULL) {
        return in.len > CHUNK_LINE_LIMIT ? -1 : 0;
    }
    struct ts_slice rest = in;
    struct ts_slice line = {0};
    if (!take_line(&rest, &line) || !chunk_line(body, line)) {
        return -1;
    }
    return (ssize_t)(in.len - rest.len);
}

ssize_t ts_body_read(struct ts_body *body, struct ts_slice in, struct ts_buffer *keep, size_t limit)
{
    if (in.len == 0 || body->state == TS_BODY_DONE) {
        return 0;
    }
    if (body->state == TS_BODY_DATA) {
        return read_data(body, in, keep, limit);
    }
    return read_line(body, in);
}
