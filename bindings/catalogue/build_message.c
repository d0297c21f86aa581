// SPDX-License-Identifier: MIT
// Builds the envelope and the message of a mail from values that passed the checks.
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "call.h"
#include "core/check.h"
#include "core/mail.h"
#include "core/message.h"
#include "core/runtime.h"
#include "core/secret.h"
#include "type.h"

struct build {
    lua_State *L;
    struct bd_call *call;
    int first;
    struct bd_mail *mail;
    struct bd_message message;
};

static struct bd_mailbox read_mailbox(lua_State *L, int index)
{
    struct bd_mailbox mailbox;
    size_t len;
    const char *text = lua_tolstring(L, index, &len);
    const char *wrong = bd_mailbox_parse(&mailbox, text, len);
    BD_CHECK(wrong == NULL); // the check has read it
    return mailbox;
}

static void add_mailbox(struct bd_mailboxes *mailboxes, const struct bd_mailbox *mailbox)
{
    mailboxes->list = bd_realloc(mailboxes->list, (mailboxes->count + 1) * sizeof *mailboxes->list);
    mailboxes->list[mailboxes->count++] = *mailbox;
}

// One address or a list of them; the table keeps the texts alive. `to`: they receive the mail.
static void take_mailboxes(struct build *build, int index, struct bd_mailboxes *mailboxes, bool to)
{
    lua_State *L = build->L;
    bool list = lua_istable(L, index);
    lua_Integer count = list ? (lua_Integer)lua_rawlen(L, index) : 1;
    for (lua_Integer i = 1; i <= count; i++) {
        if (list) {
            (void)lua_rawgeti(L, index, i);
        } else {
            lua_pushvalue(L, index);
        }
        const struct bd_mailbox mailbox = read_mailbox(L, lua_gettop(L));
        lua_pop(L, 1);
        if (mailboxes != NULL) {
            add_mailbox(mailboxes, &mailbox);
        }
        if (to) {
            bd_mail_add_recipient(build->mail, mailbox.address, mailbox.address_len);
        }
    }
}

static struct bd_span read_text(lua_State *L, int index)
{
    struct bd_span text = {0};
    text.data = lua_tolstring(L, index, &text.len);
    return text;
}

// Members are found by name: what the record lists for BD_PART_FILES.
static struct bd_span read_member(lua_State *L, const char *name)
{
    (void)lua_getfield(L, -1, name);
    struct bd_span text = lua_isnil(L, -1) ? (struct bd_span){0} : read_text(L, lua_gettop(L));
    lua_pop(L, 1);
    return text;
}

static void take_files(struct build *build, int index)
{
    lua_State *L = build->L;
    size_t count = (size_t)lua_rawlen(L, index);
    build->message.files = bd_alloc(count * sizeof *build->message.files + 1);
    build->message.file_count = count;
    for (size_t i = 0; i < count; i++) {
        (void)lua_rawgeti(L, index, (lua_Integer)i + 1);
        build->message.files[i] = (struct bd_message_file){.name = read_member(L, "name"),
                                                           .content = read_member(L, "content"),
                                                           .type = read_member(L, "type")};
        lua_pop(L, 1);
    }
}

static void take_part(struct build *build, enum bd_part part, int index)
{
    struct bd_message *message = &build->message;
    switch (part) {
    case BD_PART_FROM:
        take_mailboxes(build, index, &message->from, false);
        break;
    case BD_PART_TO:
        take_mailboxes(build, index, &message->to, true);
        break;
    case BD_PART_CC:
        take_mailboxes(build, index, &message->cc, true);
        break;
    case BD_PART_BCC:
        take_mailboxes(build, index, NULL, true);
        break;
    case BD_PART_REPLY_TO:
        take_mailboxes(build, index, &message->reply_to, false);
        break;
    case BD_PART_SUBJECT:
        message->subject = read_text(build->L, index);
        break;
    case BD_PART_TEXT:
        message->text = read_text(build->L, index);
        break;
    case BD_PART_HTML:
        message->html = read_text(build->L, index);
        break;
    case BD_PART_FILES:
        take_files(build, index);
        break;
    default:
        break;
    }
}

// The id stays the same for all attempts: whoever receives a mail twice can tell (RFC 5322, "Identification Fields").
static void set_id(struct build *build)
{
    struct bd_random *random = &bd_runtime_of(build->L)->random;
    const char *domain = strrchr(build->mail->from, '@');
    struct bd_buf id = {0};
    uint64_t high = bd_random_next(random);
    bd_buf_addf(&id, "<%016" PRIx64 "%016" PRIx64 "%s>", high, bd_random_next(random), domain);
    build->mail->message_id = bd_strdup(bd_buf_text(&id));
    bd_buf_free(&id);
}

static char *copy_setting(struct build *build, const char *name)
{
    size_t len;
    bd_account_push_setting(build->L, build->call->account, name);
    const char *text = bd_secret_or_text(build->L, -1, &len);
    char *copy = text != NULL ? bd_strndup(text, len) : NULL;
    lua_pop(build->L, 1);
    return copy;
}

void bd_build_message(lua_State *L, struct bd_call *call, int first)
{
    struct bd_exchange *exchange = &call->request.exchange;
    struct build build = {.L = L, .call = call, .first = first, .mail = bd_mail_new()};
    const struct bd_callable *callable = call->callable;
    exchange->mail = build.mail;
    for (uint64_t set = call->given; set != 0; set &= set - 1) {
        size_t i = (size_t)__builtin_ctzll(set);
        take_part(&build, callable->params[i]->part, first + (int)i);
    }
    const struct bd_mailbox *from = build.message.from.list;
    BD_CHECK(from != NULL); // it is required: lint
    build.mail->from = bd_strndup(from->address, from->address_len);
    build.mail->user = copy_setting(&build, callable->vendor->auth.user);
    build.mail->password = copy_setting(&build, callable->vendor->auth.password);
    set_id(&build);
    build.message.id = build.mail->message_id;
    build.message.date = bd_loop_wall(&bd_runtime_of(L)->loop);
    build.message.number = bd_random_next(&bd_runtime_of(L)->random);
    bd_message_write(&exchange->body, &build.message);
    exchange->has_body = true;
    free(build.message.from.list);
    free(build.message.to.list);
    free(build.message.cc.list);
    free(build.message.reply_to.list);
    free(build.message.files);
}
