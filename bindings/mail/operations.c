// SPDX-License-Identifier: MIT
// Mail: one operation, which hands a message to the profile's mail server. Facts: RFC 5321 (SMTP), RFC 5322 (the
// message), RFC 3463 (codes within replies), RFC 4954 (signing in); `section` names the heading.
#include "bindings/catalogue/operation.h"
#include "bindings/catalogue/type.h"

static const struct bd_field file[] = {
    {.name = "name",
     .type = &bd_string,
     .flags = BD_REQUIRED,
     .doc = "the file's name, in any letters"},
    {.name = "content",
     .type = &bd_content,
     .flags = BD_REQUIRED,
     .doc = "its bytes, such as fs.read gives"},
    {.name = "type",
     .type = &bd_media_type,
     .doc = "its media type; application/octet-stream when it is not given"},
    {.name = NULL}};

static const struct bd_field send_params[] = {
    {.name = "to",
     .type = &bd_mailbox_list,
     .place = BD_IN_MESSAGE,
     .part = BD_PART_TO,
     .flags = BD_REQUIRED | BD_PERSONAL,
     .doc = "whom it is for"},
    {.name = "subject",
     .type = &bd_string,
     .place = BD_IN_MESSAGE,
     .part = BD_PART_SUBJECT,
     .flags = BD_REQUIRED | BD_PERSONAL,
     .doc = "what it is about"},
    {.name = "text",
     .type = &bd_text,
     .place = BD_IN_MESSAGE,
     .part = BD_PART_TEXT,
     .flags = BD_PERSONAL,
     .doc = "its plain text; with html beside it, for readers who do not show that"},
    {.name = "html",
     .type = &bd_text,
     .place = BD_IN_MESSAGE,
     .part = BD_PART_HTML,
     .flags = BD_PERSONAL,
     .doc = "its text as a page of HTML"},
    {.name = "from",
     .type = &bd_mailbox_type,
     .place = BD_IN_MESSAGE,
     .part = BD_PART_FROM,
     .flags = BD_REQUIRED,
     .setting = "from",
     .doc = "who sends it; bounces go there"},
    {.name = "reply_to",
     .type = &bd_mailbox_list,
     .place = BD_IN_MESSAGE,
     .part = BD_PART_REPLY_TO,
     .doc = "where answers go, when not to the sender"},
    {.name = "cc",
     .type = &bd_mailbox_list,
     .place = BD_IN_MESSAGE,
     .part = BD_PART_CC,
     .flags = BD_PERSONAL,
     .doc = "who gets a copy, and is seen to"},
    {.name = "bcc",
     .type = &bd_mailbox_list,
     .place = BD_IN_MESSAGE,
     .part = BD_PART_BCC,
     .flags = BD_PERSONAL,
     .doc = "who gets a copy that nobody sees; it stands in no header"},
    {.name = "attachments",
     .type = &bd_list,
     .place = BD_IN_MESSAGE,
     .part = BD_PART_FILES,
     .flags = BD_PERSONAL,
     .fields = file,
     .doc = "files that go with it"},
    {.name = NULL}};

static const struct bd_rule send_rules[] = {
    {.kind = BD_ANY_OF, .names = {"text", "html"}, .doc = "text or html is required"},
    {.doc = NULL}};

static const struct bd_operation operations[] = {
    {.name = "send",
     .summary = "Send an e-mail",
     .doc = "The message goes to the profile's mail server, once for all who are named; who is "
            "named twice gets it "
            "once. When the server refuses one of them, nobody gets it. The server's word is that "
            "it took the mail: "
            "whether it arrives, only its bounces tell, and they go to the sender.",
     .section = "Mail Transactions",
     .method = "MAIL",
     .endpoint = "smtp",
     .params = send_params,
     .rules = send_rules,
     .result =
         (const struct bd_field[]){
             {.name = "message_id",
              .type = &bd_string,
              .doc = "the mail's own id, in angle brackets"},
             {.name = "recipients", .type = &bd_integer, .doc = "how many addresses it goes to"},
             {.name = "reply",
              .type = &bd_text,
              .doc = "the server's words, often with the number it has in its queue"},
             {.name = NULL}},
     .effect = BD_EFFECT_SEND,
     .budgets =
         (const struct bd_budget[]){
             {"mails", .persons = (const char *const[]){"to", "cc", "bcc", NULL}}, {NULL}},
     .key = (const char *const[]){"to", "subject", NULL},
     .probe = {.doc = "no mail server tells what it took before; when the reply to the message is "
                      "lost, look for "
                      "the message's id in the server's log, or in the mailbox"},
     .caution = "A mail that was sent cannot be taken back.",
     .example = "mail.send { to = \"Ada Lovelace <ada@example.org>\", subject = \"Your result\", "
                "text = \"742 "
                "points.\" }"},
    {.name = NULL}};

static const struct bd_field settings[] = {
    {.name = "smtp",
     .type = &bd_mail_server,
     .sandbox = "smtp://mail.example.org:587",
     .doc = "the mail server: smtp://host:587 (STARTTLS is demanded) or smtps://host:465"},
    {.name = "user", .type = &bd_string, .doc = "the name to sign in with; none: nobody signs in"},
    {.name = "password",
     .type = &bd_secret_text,
     .flags = BD_SECRET,
     .doc = "the password to sign in with"},
    {.name = "from",
     .type = &bd_mailbox_type,
     .sandbox = "Sandbox <sandbox@example.org>",
     .doc = "who sends mails that do not say so themselves"},
    {.name = NULL}};

// RFC 5321, "Reply Codes in Numeric Order"; RFC 4954, "Status Codes"; RFC 7504.
static const struct bd_vendor_error errors[] = {
    {421, BD_SERVER, "the server takes no mails just now", "Try again later."},
    {432, BD_AUTH, "the password must be changed first"},
    {450, BD_SERVER,
     "the mailbox cannot be used just now, or the server wants to be asked again later",
     "Try again in some minutes: many servers turn new senders away at first."},
    {451, BD_SERVER, "the server failed, or wants to be asked again later",
     "Try again in some minutes: many servers turn new senders away at first."},
    {452, BD_SERVER, "the server has no room just now", "Try again later."},
    {454, BD_SERVER, "signing in does not work just now", "Try again later."},
    {455, BD_SERVER, "the server cannot do what was asked just now", "Try again later."},
    {521, BD_REJECTED, "the server takes no mail at all"},
    {530, BD_AUTH, "the server wants its senders to sign in",
     "Set mail.user and mail.password in the profile."},
    {534, BD_AUTH, "the server wants another way to sign in",
     "Many providers want a password made for programs."},
    {535, BD_AUTH, "the server does not accept the user and the password",
     "Check mail.user and mail.password in the profile; many providers want a password made for "
     "programs."},
    {538, BD_AUTH, "the server wants TLS before somebody signs in",
     "Leave plain_smtp out of the profile."},
    {550, BD_REJECTED, "the mailbox does not exist, or the server does not send for this sender",
     "Read the server's words: they say which."},
    {551, BD_REJECTED, "the recipient is not at this server"},
    {552, BD_REJECTED, "the mail is too large, or the mailbox is full"},
    {553, BD_REJECTED, "the address is not allowed"},
    {554, BD_REJECTED, "the server refuses the mail", "Read the server's words: they say why."},
    {555, BD_REJECTED, "the server does not know what was asked of it"},
    {556, BD_REJECTED, "the recipient's domain takes no mail"},
    {0, BD_REJECTED, NULL}};

static const struct bd_enumeration *const enumerations[] = {NULL};

const struct bd_vendor bd_vendor_mail = {
    .name = "mail",
    .title = "Mail",
    .document = "RFC 5321, Simple Mail Transfer Protocol",
    .settings = settings,
    .enumerations = enumerations,
    .errors = errors,
    .operations = operations,
    .auth = {.user = "user", .password = "password"},
    .hosts = (const char *const[]){"mail.example.org", NULL},
    .helpers = "beadle.mail.template",
    .protocol = BD_BY_SMTP,
    .service = true,
    .hello = {.doc = "the only operation sends a message"},
};
