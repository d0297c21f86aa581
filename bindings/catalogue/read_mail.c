// SPDX-License-Identifier: MIT
// Reads a mail server's last reply: the result of a mail that was taken, or an error value.
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/mail.h"
#include "read_internal.h"

static void push_words(struct reading *reading)
{
    const struct bd_exchange *exchange = &reading->call->request.exchange;
    bd_excerpt_push_masked(reading->L, exchange->answer.len > 0 ? exchange->answer.data : "",
                           exchange->answer.len);
}

static void push_result(struct reading *reading)
{
    lua_State *L = reading->L;
    const struct bd_mail *mail = reading->call->request.exchange.mail;
    lua_createtable(L, 0, 3);
    lua_pushstring(L, mail->message_id);
    lua_setfield(L, -2, "message_id");
    lua_pushinteger(L, (lua_Integer)mail->count);
    lua_setfield(L, -2, "recipients");
    push_words(reading);
    lua_setfield(L, -2, "reply");
}

// Whether the server says that it gets too much. RFC 3463 has 4.4.5 for that; the words are our assumption.
static bool is_too_much(const char *words)
{
    static const char *const SIGNS[] = {"4.4.5 ",        "rate limit",    "too many mess",
                                        "too many mail", "too many conn", "too fast",
                                        "try again in"};
    for (size_t i = 0; i < sizeof SIGNS / sizeof *SIGNS; i++) {
        if (strcasestr(words, SIGNS[i]) != NULL) {
            return true;
        }
    }
    return false;
}

static enum bd_kind kind_of(const struct reading *reading, const struct bd_vendor_error *known,
                            const char *words)
{
    const struct bd_exchange *exchange = &reading->call->request.exchange;
    if (exchange->status < 500) {
        return is_too_much(words) ? BD_RATE_LIMIT : BD_SERVER;
    }
    if (exchange->mail->step == BD_MAIL_SIGN_IN) {
        return BD_AUTH;
    }
    return known != NULL ? known->kind : BD_REJECTED;
}

// "the mail server refused the recipient ada@example.org: 550 5.1.1 No such user"
static void push_refusal(struct reading *reading)
{
    lua_State *L = reading->L;
    const struct bd_callable *callable = reading->call->callable;
    const struct bd_exchange *exchange = &reading->call->request.exchange;
    const struct bd_mail *mail = exchange->mail;
    const struct bd_vendor_error *known =
        bd_operation_error(callable->vendor, callable->op, exchange->status);
    bool recipient = mail->step == BD_MAIL_RECIPIENT && mail->recipient < mail->count;
    push_words(reading);
    const char *words = lua_tostring(L, -1);
    bd_error_push(L, kind_of(reading, known, words), "the mail server refused %s%s%s: %d %s",
                  bd_mail_step_text(mail->step), recipient ? " " : "",
                  recipient ? mail->to[mail->recipient] : "", exchange->status, words);
    bd_read_set_context(reading);
    bd_read_set_outcome(reading, bd_request_outcome(&reading->call->request));
    bd_error_integer(L, "code", exchange->status);
    bd_error_text(L, "vendor_message", words);
    bd_error_text(L, "step", bd_mail_step_name(mail->step));
    bd_error_text(L, "recipient", recipient ? mail->to[mail->recipient] : NULL);
    bd_error_boolean(L, "retryable", bd_request_retryable(&reading->call->request));
    if (known != NULL) {
        bd_error_text(L, "meaning", known->meaning);
        bd_error_text(L, "hint", known->hint);
    }
    lua_remove(L, -2);
}

static void push_fault(struct reading *reading)
{
    lua_State *L = reading->L;
    const struct bd_exchange *exchange = &reading->call->request.exchange;
    bd_read_push_fault(reading);
    bd_error_text(L, "step", bd_mail_step_name(exchange->mail->step));
    if (exchange->sent) {
        bd_error_text(L, "message_id", exchange->mail->message_id);
        lua_pushfstring(L,
                        "The server may have taken the mail: look for %s in its log or the mailbox "
                        "before you send "
                        "it again.",
                        exchange->mail->message_id);
        bd_error_value(L, "hint");
    }
}

bool bd_read_mail(struct reading *reading)
{
    const struct bd_exchange *exchange = &reading->call->request.exchange;
    if (exchange->fault != BD_FAULT_NONE) {
        push_fault(reading);
        return false;
    }
    if (exchange->status >= 400) {
        push_refusal(reading);
        return false;
    }
    push_result(reading);
    return true;
}
