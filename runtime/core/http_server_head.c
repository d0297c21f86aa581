// SPDX-License-Identifier: MIT
// The head of a request: what two readers could understand in two ways is refused.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "head.h"
#include "check.h"
#include "http_server_internal.h"
#include "url.h"

static enum MHD_Result on_header(void *data, enum MHD_ValueKind kind, const char *name,
                                 size_t name_len, const char *value, size_t value_len)
{
    struct bd_incoming *incoming = data;
    struct bd_buf *headers = &incoming->request.headers;
    (void)kind;
    if (!bd_head_name_ok(name, name_len) ||
        (value != NULL && !bd_head_value_ok(value, value_len))) {
        incoming->refused = MHD_HTTP_BAD_REQUEST;
        return MHD_NO;
    }
    bd_buf_reserve(headers, name_len + value_len + 4);
    bd_buf_add(headers, name, name_len);
    bd_buf_add(headers, ": ", 2);
    bd_buf_add(headers, value != NULL ? value : "", value != NULL ? value_len : 0);
    bd_buf_add(headers, "\r\n", 2);
    return MHD_YES;
}

static const char *known_method(const char *method)
{
    static const char *const METHODS[] = {"GET",   "HEAD",   "POST",   "PUT",
                                          "PATCH", "DELETE", "OPTIONS"};
    for (size_t i = 0; i < BD_COUNT(METHODS); i++) {
        if (strcmp(METHODS[i], method) == 0) {
            return METHODS[i];
        }
    }
    return NULL;
}

// The absolute form is for proxies, but every server has to take it (RFC 9112, "absolute-form"); the host that it
// names counts, not the header.
static void split_absolute(struct bd_incoming *incoming)
{
    struct bd_url url;
    if (bd_url_parse(&url, incoming->target.data, incoming->target.len) != NULL) {
        return;
    }
    size_t scheme = url.tls ? sizeof "https://" - 1 : sizeof "http://" - 1;
    bd_buf_reset(&incoming->authority, 256);
    bd_buf_add(&incoming->authority, url.text + scheme, (size_t)(url.path - url.text) - scheme);
    char *rest = bd_alloc(url.len + 2);
    (void)snprintf(rest, url.len + 2, "%s%s", url.path_len == 0 ? "/" : "", url.path);
    bd_buf_reset(&incoming->target, SIZE_MAX);
    bd_buf_add_text(&incoming->target, rest);
    free(rest);
}

static bool target_ok(const char *target)
{
    if (target[0] != '/') {
        return false;
    }
    for (; *target != '\0'; target++) {
        unsigned char c = (unsigned char)*target;
        if (c <= ' ' || c >= 0x7f || c == '#') {
            return false;
        }
    }
    return true;
}

// The requests of a connection mostly name the same host, which is then not looked at again.
static bool authority_ok(struct bd_connection *connection, const struct bd_buf *authority)
{
    char url[BD_HOST_LONGEST + sizeof "http:///"];
    struct bd_url parsed;
    if (authority->len == 0 || authority->len >= BD_HOST_LONGEST) {
        return false;
    }
    if (connection->host_len == authority->len &&
        memcmp(connection->host, authority->data, authority->len) == 0) {
        return true;
    }
    int len = snprintf(url, sizeof url, "http://%.*s/", (int)authority->len, authority->data);
    if (bd_url_parse(&parsed, url, (size_t)len) != NULL || parsed.path_len != 1) {
        return false;
    }
    connection->host_len = authority->len;
    memcpy(connection->host, authority->data, authority->len);
    return true;
}

// Two lengths, or two ways to say one, are how one request is made to look like two (RFC 9112, "Request Smuggling").
static unsigned check_framing(struct bd_incoming *incoming)
{
    const struct bd_buf *headers = &incoming->request.headers;
    size_t len;
    size_t lengths = bd_head_count(headers, "content-length");
    size_t codings = bd_head_count(headers, "transfer-encoding");
    if (lengths > 1 || codings > 1 || (lengths > 0 && codings > 0)) {
        return MHD_HTTP_BAD_REQUEST;
    }
    const char *value = bd_head_find(headers, "transfer-encoding", &len);
    if (value != NULL && (len != 7 || strncasecmp(value, "chunked", len) != 0)) {
        return MHD_HTTP_NOT_IMPLEMENTED;
    }
    value = bd_head_find(headers, "content-length", &len);
    for (size_t i = 0; value != NULL && i < len; i++) {
        if (value[i] < '0' || value[i] > '9') {
            return MHD_HTTP_BAD_REQUEST;
        }
    }
    return value != NULL && len == 0 ? MHD_HTTP_BAD_REQUEST : 0;
}

// A body that is far too large is refused before it is sent, and so is one that its client asks about first. One that
// is a little too large is read: its client sees the answer only after sending.
static unsigned check_length(const struct bd_incoming *incoming)
{
    size_t len;
    const struct bd_buf *headers = &incoming->request.headers;
    const char *value = bd_head_find(headers, "content-length", &len);
    size_t most = incoming->server->options.max_body;
    if (value == NULL) {
        return 0;
    }
    double length = strtod(value, NULL); // digits only; as many as they like
    bool asks = bd_head_count(headers, "expect") > 0;
    return length > (double)most + (asks ? 0 : BD_SERVER_SWALLOWED) ? MHD_HTTP_CONTENT_TOO_LARGE
                                                                    : 0;
}

static unsigned check_host(struct bd_incoming *incoming, const char *version)
{
    struct bd_buf *headers = &incoming->request.headers;
    size_t len = 0;
    const char *host = bd_head_find(headers, "host", &len);
    size_t count = bd_head_count(headers, "host");
    if (count > 1 || (count == 0 && strcmp(version, MHD_HTTP_VERSION_1_0) != 0)) {
        return MHD_HTTP_BAD_REQUEST;
    }
    if (host != NULL) {
        bd_buf_add(&incoming->authority, host, len);
    } else {
        bd_buf_addf(&incoming->authority, "localhost:%u", incoming->server->port);
    }
    if (!authority_ok(incoming->connection, &incoming->authority)) {
        return MHD_HTTP_BAD_REQUEST;
    }
    if (incoming->target.data[0] != '/') {
        split_absolute(incoming);
    }
    return target_ok(bd_buf_text(&incoming->target)) && !incoming->cut ? 0 : MHD_HTTP_BAD_REQUEST;
}

unsigned bd_server_read_head(struct bd_incoming *incoming, const char *method, const char *version)
{
    struct bd_http_server *server = incoming->server;
    const union MHD_ConnectionInfo *info =
        server->api.get_connection_info(incoming->mhd, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
    if (strcmp(version, MHD_HTTP_VERSION_1_1) != 0 && strcmp(version, MHD_HTTP_VERSION_1_0) != 0) {
        return MHD_HTTP_HTTP_VERSION_NOT_SUPPORTED;
    }
    if (info != NULL && info->header_size > server->options.max_head) {
        return MHD_HTTP_REQUEST_HEADER_FIELDS_TOO_LARGE;
    }
    incoming->request.method = known_method(method);
    (void)server->api.get_connection_values(incoming->mhd, MHD_HEADER_KIND, on_header, incoming);
    unsigned refused = incoming->refused;
    refused = refused != 0 ? refused : check_host(incoming, version);
    refused = refused != 0 ? refused : check_framing(incoming);
    refused = refused != 0 ? refused : check_length(incoming);
    if (refused == 0 && incoming->request.method == NULL) {
        return MHD_HTTP_NOT_IMPLEMENTED;
    }
    return refused;
}
