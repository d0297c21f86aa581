// SPDX-License-Identifier: MIT
// What the server answers. Each path is one row of a table, which also is its documentation.

#ifndef TS_ROUTES_H
#define TS_ROUTES_H

#include "server.h"

// Exactly 200 bytes, so that literals can state their Content-Length.
#define TS_JSON_BODY                                                            \
    "{\"error_message\":null,\"success\":true,\"can_id\":1381134,\"lgn_url\":"  \
    "\"https://recette.isograd.com/continuelogin/CandidateContinueLogin?param=" \
    "b89dce3b3fe70abeb216e936f5a4168deed3526db0c6927acdf5a6644da8a7\"}"
#define TS_JSON_LENGTH "200"
#define TS_JSON_TYPE   "Content-Type: application/json\r\n"

_Static_assert(sizeof TS_JSON_BODY - 1 == 200, "TS_JSON_LENGTH states the length of TS_JSON_BODY");

typedef void ts_handler(struct ts_conn *conn);

// `name` is matched by whole path segments; what follows it are the arguments.
struct ts_route {
    const char *name;
    const char *args; // as shown by --list; empty means the path must end after the name
    const char *doc;  // one sentence
    ts_handler *run;
    bool early; // run once before the body is read too, with conn->early set
    // For routes that send fixed bytes: a head to be completed with the length, or NULL when the
    // bytes are all; the bytes; whether to close afterwards.
    const char *head;
    const char *bytes;
    size_t len;
    bool then_close;
};

// Fills conn->route and conn->args; route NULL when the path is unknown.
void ts_route_find(struct ts_conn *conn);
// Whether the request is one that is counted but not recorded.
bool ts_route_is_bench(const struct ts_conn *conn);
// What --list prints.
void ts_route_list(struct ts_buffer *out);

// The route of the table that the path names, or NULL; `args` is what follows its name.
const struct ts_route *ts_route_in(const struct ts_route *table, struct ts_slice path,
                                   struct ts_slice *args);
// The end of the table: {NULL}.
const struct ts_route *ts_faults(void);

// Argument `index` of the path. When it is absent `fallback` is used; TS_REQUIRED forbids that.
// False: the request has been refused.
#define TS_REQUIRED UINT64_MAX
bool ts_arg_number(struct ts_conn *conn, unsigned index, uint64_t fallback, uint64_t max,
                   uint64_t *out);
struct ts_slice ts_arg(const struct ts_conn *conn, unsigned index);
// The same for a query parameter.
bool ts_query_number(struct ts_conn *conn, const char *name, uint64_t fallback, uint64_t max,
                     uint64_t *out);
// False: the request has been refused, since the text is unusable or no header could carry it.
bool ts_query_text(struct ts_conn *conn, const char *name, char *out, size_t size);

// Answers. They mind HEAD, HTTP/1.0 and Connection: close; fixed bytes of faults do not.
struct ts_answer {
    unsigned status;
    const char *type;
    const char *headers; // further header lines with CRLF, or NULL
    struct ts_slice body;
};
void ts_answer(struct ts_conn *conn, struct ts_answer answer);
void ts_answer_text(struct ts_conn *conn, unsigned status, const char *text);
void ts_answer_json(struct ts_conn *conn); // what /json answers
// 400, and marks the request as bad. The text is static.
void ts_refuse(struct ts_conn *conn, const char *text);

#endif
