// SPDX-License-Identifier: MIT
// The error value of a request without a whole answer: what vendors' calls and beadle.http have in common.
#include <stdio.h>
#include <string.h>

#include "log.h"
#include "request.h"
#include "runtime.h"

static enum bd_kind kind_of_fault(enum bd_fault fault)
{
    switch (fault) {
    case BD_FAULT_REFUSED:
    case BD_FAULT_PLAIN_MAIL:
        return BD_PERMISSION;
    case BD_FAULT_NO_SIGN_IN:
        return BD_AUTH;
    case BD_FAULT_REPLY:
    case BD_FAULT_PROTOCOL:
    case BD_FAULT_HEAD_TOO_LARGE:
    case BD_FAULT_BODY_TOO_LARGE:
    case BD_FAULT_ENCODING:
        return BD_DECODE;
    case BD_FAULT_LOCAL:
        return BD_INTERNAL;
    default:
        return bd_fault_is_timeout(fault) ? BD_TIMEOUT : BD_NETWORK;
    }
}

static const char *hint_of_fault(const struct bd_exchange *exchange)
{
    switch (exchange->fault) {
    case BD_FAULT_RESOLVE:
    case BD_FAULT_CONNECT:
        return "Check the address, and whether this machine reaches it.";
    case BD_FAULT_TLS:
        if (exchange->mail != NULL && strstr(exchange->detail, "STARTTLS") != NULL) {
            return "Use smtps:// where the server has it; only with plain_smtp mail goes without "
                   "TLS.";
        }
        return exchange->options->ca_file != NULL ? "Only the authorities in ca_file are trusted: "
                                                    "check that it holds the right ones."
                                                  : "For a private authority, set ca_file.";
    case BD_FAULT_REFUSED:
        return "Use https://, or set plain_http in the profile.";
    case BD_FAULT_PLAIN_MAIL:
        return "Use a server with TLS, or set plain_smtp in the profile.";
    case BD_FAULT_NO_SIGN_IN:
        return "Leave user and password out of the profile, or ask whoever runs the server.";
    default:
        return NULL;
    }
}

void bd_request_error_fields(lua_State *L, const struct bd_request *request)
{
    if (request->attempts > 0) {
        bd_error_integer(L, "attempts", (lua_Integer)request->attempts);
    }
    if (request->has_retry_after) {
        lua_pushnumber(L, (lua_Number)request->retry_after_ms / 1000);
        bd_error_value(L, "retry_after");
    }
}

// The transport's own words, without secrets and without libcurl's number; empty when it has none.
static void copy_detail(lua_State *L, const struct bd_exchange *exchange, char *copy, size_t size)
{
    struct bd_buf masked = {0};
    bd_mask_apply(&bd_runtime_of(L)->log->mask, &masked, exchange->detail,
                  strlen(exchange->detail));
    (void)snprintf(copy, size, "%s", bd_buf_text(&masked));
    bd_buf_free(&masked);
}

// The limit that was reached, in milliseconds; 0: none.
static uint64_t reached_limit(const struct bd_request *request)
{
    const struct bd_http_options *options = request->exchange.options;
    switch (request->exchange.fault) {
    case BD_FAULT_CONNECT_TIMEOUT:
        return options->connect_ms;
    case BD_FAULT_IDLE_TIMEOUT:
        return options->idle_ms;
    case BD_FAULT_TIMEOUT:
        return request->exchange.time_limit;
    default:
        return 0;
    }
}

// Why there was no connection is what a person needs to mend it; elsewhere the words are libcurl's affair.
static bool detail_helps(enum bd_fault fault)
{
    return fault == BD_FAULT_CONNECT || fault == BD_FAULT_TLS;
}

void bd_request_push_fault(lua_State *L, const struct bd_request *request)
{
    const struct bd_exchange *exchange = &request->exchange;
    enum bd_fault fault = exchange->fault;
    char detail[sizeof exchange->detail]; // nothing of C's may be held while Lua may raise
    copy_detail(L, exchange, detail, sizeof detail);
    uint64_t limit = reached_limit(request);
    if (limit > 0) {
        bool whole = limit % 1000 == 0;
        lua_pushfstring(L, "%s of %I %s", bd_fault_text(fault),
                        (LUAI_UACINT)(whole ? limit / 1000 : limit), whole ? "s" : "ms");
    } else if (detail_helps(fault) && detail[0] != '\0') {
        const char *end = strstr(detail, " (libcurl");
        lua_pushfstring(L, "%s: ", bd_fault_text(fault));
        lua_pushlstring(L, detail, end != NULL ? (size_t)(end - detail) : strlen(detail));
        lua_concat(L, 2);
    } else {
        lua_pushstring(L, bd_fault_text(fault));
    }
    bd_error_push(L, kind_of_fault(fault), "%s: %s", request->host->origin, lua_tostring(L, -1));
    lua_remove(L, -2);
    bd_request_error_fields(L, request);
    bd_error_boolean(L, "retryable", bd_request_retryable(request));
    bd_error_text(L, "hint", hint_of_fault(exchange));
    bd_error_text(L, "detail", detail[0] != '\0' ? detail : NULL);
}
