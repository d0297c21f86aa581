// SPDX-License-Identifier: MIT
// The sandbox's mail server over a real socket: what other programs send lands where mail.send's mails do.
#include <lauxlib.h>
#include <string.h>

#include "bindings/catalogue/operation.h"
#include "core/error.h"
#include "core/exchange.h"
#include "core/log.h"
#include "core/runtime.h"
#include "core/smtp_server.h"
#include "core/transport_twin.h"
#include "core/url.h"
#include "sandbox.h"
#include "serve.h"

// The twin that mail is for is found by its host, as that of any request.
static const char *find_host(void)
{
    for (const struct bd_vendor *const *vendor = bd_vendors; *vendor != NULL; vendor++) {
        if ((*vendor)->protocol == BD_BY_SMTP && (*vendor)->hosts[0] != NULL) {
            return (*vendor)->hosts[0];
        }
    }
    return NULL;
}

static void ask(struct bd_runtime *rt, const char *method, struct bd_mail *mail,
                const struct bd_buf *message, struct bd_smtp_reply *reply)
{
    const struct bd_buf headers = {0};
    struct bd_exchange exchange = {.options = &bd_http_defaults, .method = method, .mail = mail};
    bd_buf_addf(&exchange.url, "smtp://%s", find_host());
    if (message != NULL) {
        bd_buf_add(&exchange.body, message->data, message->len);
    }
    reply->drop = !bd_twin_answer(bd_sandbox_get(rt->L), &exchange, &headers, &reply->delay);
    reply->code = exchange.status;
    for (size_t i = 0; i < exchange.answer.len; i++) {
        char c = exchange.answer.data[i];
        bd_buf_add_char(&reply->words, (unsigned char)c < 0x20 || c == 0x7f ? ' ' : c);
    }
    bd_log(rt->log, BD_LOG_INFO, "%s: %d", method, reply->code);
    exchange.mail = NULL; // the server's
    bd_exchange_free(&exchange);
}

static void on_recipient(void *arg, struct bd_mail *mail, struct bd_smtp_reply *reply)
{
    struct bd_mail *one = bd_mail_new();
    const char *to = mail->to[mail->count - 1];
    one->from = bd_strdup(mail->from);
    bd_mail_add_recipient(one, to, strlen(to));
    ask(arg, "RCPT", one, NULL, reply);
    bd_mail_free(one);
}

static void on_message(void *arg, struct bd_mail *mail, const struct bd_buf *message,
                       struct bd_smtp_reply *reply)
{
    ask(arg, "MAIL", mail, message, reply);
}

// serve_mail{host, port} -> the port; nil when the sandbox has no mail server.
int bd_sandbox_serve_mail(lua_State *L)
{
    enum { MAX_MESSAGE = 32 << 20, IDLE_S = 300 };
    struct bd_runtime *rt = bd_runtime_of(L);
    char wrong[256];
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_getfield(L, 1, "host");
    lua_getfield(L, 1, "port");
    (void)bd_sandbox_get(L); // raises here rather than at the first mail
    if (find_host() == NULL) {
        return 0;
    }
    const struct bd_smtp_server_options options = {.host = luaL_checkstring(L, -2),
                                                   .port = (unsigned)luaL_checkinteger(L, -1),
                                                   .max_message = MAX_MESSAGE,
                                                   .idle_s = IDLE_S,
                                                   .on_recipient = on_recipient,
                                                   .on_message = on_message,
                                                   .arg = rt};
    struct bd_smtp_server *server = bd_smtp_server_open(rt, &options, wrong, sizeof wrong);
    if (server == NULL) {
        return bd_error(L, BD_IO, "the sandbox's mail server cannot be served: %s", wrong);
    }
    lua_pushinteger(L, (lua_Integer)bd_smtp_server_port(server));
    return 1;
}
