// SPDX-License-Identifier: MIT
#include "client.h"

#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>

#include "core/check.h"
#include "core/duration.h"
#include "core/encode.h"
#include "core/head.h"
#include "core/runtime.h"
#include "core/secret.h"
#include "core/url.h"
#include "type.h"

static const uint64_t CALL_LIMIT_MS = 120000;
static const char ACCOUNTS_KEY;

#define CONNECTION_SETTINGS(idle, total, deadline_of_all)                             \
    {.name = "ca_file",                                                               \
     .type = &bd_file,                                                                \
     .doc = "certificates of the authorities to trust, PEM; default: the system's"},  \
        {.name = "connect_timeout",                                                   \
         .type = &bd_duration_type,                                                   \
         .fallback = "10 s",                                                          \
         .doc = "time to resolve the name, connect and agree on TLS"},                \
        {.name = "idle_timeout",                                                      \
         .type = &bd_duration_type,                                                   \
         .fallback = (idle),                                                          \
         .doc = "time without a byte in either direction"},                           \
        {.name = "timeout",                                                           \
         .type = &bd_duration_type,                                                   \
         .fallback = (total),                                                         \
         .doc = "time for one request and its answer"},                               \
    {                                                                                 \
        .name = "deadline", .type = &bd_duration_type, .fallback = (deadline_of_all), \
        .doc = "time for a call with all its attempts"                                \
    }

// Without it, the vendor's own.
#define SETTLE_SETTING                                                                           \
    {                                                                                            \
        .name = "settle", .type = &bd_duration_type,                                             \
        .doc = "time that a request whose answer was lost may still be worked on: before that, " \
               "nobody asks whether it was carried out"                                          \
    }

static const struct bd_field http_settings[] = {
    CONNECTION_SETTINGS("30 s", "60 s", "120 s"),
    SETTLE_SETTING,
    {.name = "max_body",
     .type = &bd_integer,
     .min = 1024,
     .max = INT64_MAX,
     .fallback = "33554432",
     .doc = "bytes that an answer may have, unpacked"},
    {.name = "max_in_flight",
     .type = &bd_integer,
     .min = 1,
     .max = 10000,
     .fallback = "64",
     .doc = "requests to the host at once; more wait their turn"},
    {.name = "plain_http",
     .type = &bd_boolean,
     .fallback = "false",
     .doc = "allow http:// to other machines; without it only to this one"},
    {.name = NULL},
};

// Times after RFC 5321, "Timeouts": a server may look at a message for minutes before it answers.
static const struct bd_field smtp_settings[] = {
    CONNECTION_SETTINGS("5 min", "12 min", "15 min"),
    SETTLE_SETTING,
    {.name = "max_in_flight",
     .type = &bd_integer,
     .min = 1,
     .max = 16,
     .fallback = "4",
     .doc = "connections to the server at once; more mails wait their turn"},
    {.name = "plain_smtp",
     .type = &bd_boolean,
     .doc = "true: without TLS, also to other machines; false: never without TLS; when it is not "
            "set, without "
            "TLS to this machine only"},
    {.name = NULL},
};

const struct bd_field *bd_common_settings(const struct bd_vendor *vendor)
{
    return vendor->protocol == BD_BY_SMTP ? smtp_settings : http_settings;
}

// ------------------------------------------------------------------------------------------------
// Settings

void bd_account_push_setting(lua_State *L, const struct bd_account *account, const char *name)
{
    lua_rawgeti(L, LUA_REGISTRYINDEX, account->settings_ref);
    lua_getfield(L, -1, name);
    lua_remove(L, -2);
}

static uint64_t duration_setting(lua_State *L, const struct bd_account *account, const char *name,
                                 uint64_t fallback)
{
    bd_account_push_setting(L, account, name);
    uint64_t ms = lua_isnil(L, -1) ? fallback : bd_duration_check(L, -1, name);
    lua_pop(L, 1);
    return ms;
}

uint64_t bd_account_settle(lua_State *L, const struct bd_account *account)
{
    uint64_t usual = account->sandbox ? 0 : (uint64_t)account->vendor->settle * 1000;
    return duration_setting(L, account, "settle", usual);
}

static lua_Integer integer_setting(lua_State *L, const struct bd_account *account, const char *name,
                                   lua_Integer fallback)
{
    bd_account_push_setting(L, account, name);
    lua_Integer value = lua_isinteger(L, -1) ? lua_tointeger(L, -1) : fallback;
    lua_pop(L, 1);
    return value;
}

static void read_settings(lua_State *L, struct bd_account *account)
{
    struct bd_http_options *options = &account->options;
    options->connect_ms =
        duration_setting(L, account, "connect_timeout", bd_http_defaults.connect_ms);
    options->idle_ms = duration_setting(L, account, "idle_timeout", bd_http_defaults.idle_ms);
    options->total_ms = duration_setting(L, account, "timeout", bd_http_defaults.total_ms);
    options->max_body =
        (size_t)integer_setting(L, account, "max_body", (lua_Integer)bd_http_defaults.max_body);
    options->max_head = bd_http_defaults.max_head;
    account->time_limit = duration_setting(L, account, "deadline", CALL_LIMIT_MS);
    account->in_flight_most = (unsigned)integer_setting(L, account, "max_in_flight", 64);
    bool smtp = account->vendor->protocol == BD_BY_SMTP;
    bd_account_push_setting(L, account, smtp ? "plain_smtp" : "plain_http");
    options->plain_http = lua_toboolean(L, -1);
    options->demand_tls = smtp && lua_isboolean(L, -1) && !lua_toboolean(L, -1);
    bd_account_push_setting(L, account, "ca_file");
    if (lua_isstring(L, -1)) {
        account->ca_file = bd_strdup(lua_tostring(L, -1));
        options->ca_file = account->ca_file;
    }
    lua_pop(L, 2);
}

// ------------------------------------------------------------------------------------------------
// Accounts

static void drop_headers(struct bd_headers *headers[2])
{
    bd_headers_drop(headers[0]);
    bd_headers_drop(headers[1]);
    headers[0] = headers[1] = NULL;
}

static void detach(void *value)
{
    struct bd_account **list = value;
    while (*list != NULL) {
        struct bd_account *account = *list;
        *list = account->next;
        while (account->endpoints != NULL) {
            struct bd_endpoint *endpoint = account->endpoints;
            account->endpoints = endpoint->next;
            free(endpoint->url);
            free(endpoint);
        }
        drop_headers(account->plain_headers);
        drop_headers(account->signed_headers);
        free(account->ca_file);
        free(account->file);
        free(account->profile);
        free(account);
    }
    free(list);
}

static struct bd_account **accounts_of(struct bd_runtime *rt)
{
    struct bd_account **list = bd_runtime_attached(rt, &ACCOUNTS_KEY);
    if (list == NULL) {
        (void)bd_net_of(rt); // attached before us, so detached after us
        list = bd_alloc(sizeof *list);
        bd_runtime_attach(rt, &ACCOUNTS_KEY, list, detach);
    }
    return list;
}

// `signature`: a line that signs, or NULL.
static void make_headers(struct bd_headers *headers[2], const char *signature)
{
    const char *lines[] = {"Content-Type: application/json", "Accept: application/json",
                           "Accept-Encoding: gzip", signature};
    size_t count = signature != NULL ? 4 : 3;
    drop_headers(headers);
    headers[0] = bd_headers_make(lines + 1, count - 1);
    headers[1] = bd_headers_make(lines, count);
}

// Calls beadle.config.settings(vendor, profile): pushes the settings, the profile's name, whether it is the
// sandbox, and the file that says so or nil. [-0, +4]
static void load_settings(lua_State *L, const struct bd_vendor *vendor, const char *profile)
{
    lua_getglobal(L, "require");
    lua_pushliteral(L, "beadle.config");
    lua_call(L, 1, 1);
    lua_getfield(L, -1, "settings");
    lua_remove(L, -2);
    lua_pushstring(L, vendor->name);
    lua_pushstring(L, profile);
    lua_call(L, 2, 4);
}

static struct bd_account *make_account(lua_State *L, const struct bd_vendor *vendor)
{
    struct bd_runtime *rt = bd_runtime_of(L);
    struct bd_account **list = accounts_of(rt);
    struct bd_account *account = bd_alloc(sizeof *account);
    account->next = *list;
    *list = account; // owned by the list from here on, whatever is raised below
    account->vendor = vendor;
    account->settings_ref = account->failure_ref = LUA_NOREF;
    account->profile = bd_strdup(lua_tostring(L, -3));
    account->file = lua_isstring(L, -1) ? bd_strdup(lua_tostring(L, -1)) : NULL;
    account->sandbox = lua_toboolean(L, -2);
    lua_pushvalue(L, -4);
    account->settings_ref = luaL_ref(L, LUA_REGISTRYINDEX);
    read_settings(L, account);
    if (account->sandbox) {
        account->transport = bd_net_twin(L);
    } else {
        account->transport = vendor->protocol == BD_BY_SMTP ? bd_net_smtp(L) : bd_net_curl(L);
    }
    return account;
}

struct bd_account *bd_account_get(lua_State *L, const struct bd_vendor *vendor, const char *profile)
{
    struct bd_runtime *rt = bd_runtime_of(L);
    load_settings(L, vendor, profile);
    const char *name = lua_tostring(L, -3);
    struct bd_account *account = *accounts_of(rt);
    while (account != NULL && (account->vendor != vendor || strcmp(account->profile, name) != 0 ||
                               account->transport == NULL)) {
        account = account->next;
    }
    if (account == NULL) {
        account = make_account(L, vendor);
    }
    lua_pop(L, 4);
    return account;
}

void bd_account_refuse_missing(lua_State *L, const struct bd_account *account, const char *setting)
{
    bd_error_push(L, BD_CONFIGURATION, "profile %s does not say %s.%s", account->profile,
                  account->vendor->name, setting);
    bd_error_text(L, "vendor", account->vendor->name);
    bd_error_text(L, "outcome", "none");
    for (const struct bd_field *field = account->vendor->settings; field->name != NULL; field++) {
        if (strcmp(field->name, setting) == 0) {
            lua_pushfstring(L, "Set it in %s: %s.",
                            account->file != NULL ? account->file : "the configuration",
                            field->doc);
            bd_error_value(L, "hint");
        }
    }
    bd_error_raise(L);
}

struct bd_endpoint *bd_account_endpoint(lua_State *L, struct bd_account *account,
                                        const char *setting)
{
    struct bd_endpoint *endpoint = account->endpoints;
    while (endpoint != NULL && endpoint->setting != setting &&
           strcmp(endpoint->setting, setting) != 0) {
        endpoint = endpoint->next;
    }
    if (endpoint != NULL) {
        return endpoint;
    }
    bd_account_push_setting(L, account, setting);
    size_t len = 0;
    const char *text = lua_tolstring(L, -1, &len);
    struct bd_url url;
    if (text == NULL) {
        bd_account_refuse_missing(L, account, setting);
    }
    bool smtp = account->vendor->protocol == BD_BY_SMTP;
    const char *wrong = smtp ? bd_url_parse_mail(&url, text, len) : bd_url_parse(&url, text, len);
    if (wrong != NULL || url.query != NULL) {
        bd_error(L, BD_CONFIGURATION, "profile %s: %s.%s is no usable address: %s",
                 account->profile, account->vendor->name, setting,
                 wrong != NULL ? wrong : "it has a query");
    }
    endpoint = bd_alloc(sizeof *endpoint);
    endpoint->setting = setting;
    endpoint->url = bd_strdup(text);
    endpoint->host = bd_net_host(bd_net_of(bd_runtime_of(L)), &url);
    endpoint->host->limit = account->in_flight_most;
    endpoint->next = account->endpoints;
    account->endpoints = endpoint;
    lua_pop(L, 1);
    return endpoint;
}

// ------------------------------------------------------------------------------------------------
// What the profile signs with

// Makes headers with that line, and wipes it.
static void sign_headers(struct bd_headers *headers[2], struct bd_buf *line)
{
    make_headers(headers, bd_buf_text(line));
    explicit_bzero(line->data, line->cap);
    bd_buf_free(line);
}

// Pushes a setting that calls are signed with; raises when there is none. [-0, +1]
static const char *push_credential(lua_State *L, const struct bd_account *account,
                                   const char *setting, size_t *len)
{
    bd_account_push_setting(L, account, setting);
    const char *text = bd_secret_or_text(L, -1, len);
    if (text == NULL) {
        bd_account_refuse_missing(L, account, setting);
    }
    if (!bd_head_value_ok(text, *len)) {
        bd_error(L, BD_CONFIGURATION,
                 "profile %s: %s.%s holds a line break or another control character",
                 account->profile, account->vendor->name, setting);
    }
    return text;
}

static void add_basic(lua_State *L, const struct bd_account *account, struct bd_buf *line)
{
    const struct bd_auth *auth = &account->vendor->auth;
    size_t user_len;
    size_t password_len;
    const char *user = push_credential(L, account, auth->user, &user_len);
    const char *password = push_credential(L, account, auth->password, &password_len);
    if (memchr(user, ':', user_len) != NULL) {
        bd_error(L, BD_CONFIGURATION,
                 "profile %s: %s.%s holds a colon, which HTTP Basic cannot carry", account->profile,
                 account->vendor->name, auth->user);
    }
    struct bd_buf pair = {0};
    bd_buf_add(&pair, user, user_len);
    bd_buf_add_char(&pair, ':');
    bd_buf_add(&pair, password, password_len);
    bd_buf_add_text(line, "Authorization: Basic ");
    bd_encode_base64(line, pair.data, pair.len);
    explicit_bzero(pair.data, pair.cap);
    bd_buf_free(&pair);
    lua_pop(L, 2);
}

static void add_key(lua_State *L, const struct bd_account *account, struct bd_buf *line)
{
    size_t len;
    const char *key = push_credential(L, account, account->vendor->auth.key, &len);
    bd_buf_add_text(line, account->vendor->auth.header);
    bd_buf_add(line, key, len);
    lua_pop(L, 1);
}

// A mail server is signed in to with both, or not at all.
static void check_sign_in(lua_State *L, const struct bd_account *account)
{
    const struct bd_auth *auth = &account->vendor->auth;
    size_t len;
    bd_account_push_setting(L, account, auth->user);
    bd_account_push_setting(L, account, auth->password);
    bool none = lua_isnil(L, -1) && lua_isnil(L, -2);
    lua_pop(L, 2);
    if (!none) {
        (void)push_credential(L, account, auth->user, &len);
        (void)push_credential(L, account, auth->password, &len);
        lua_pop(L, 2);
    }
}

struct bd_headers *bd_account_headers(lua_State *L, struct bd_account *account, bool json)
{
    const struct bd_auth *auth = &account->vendor->auth;
    struct bd_buf line = {0};
    if (account->plain_headers[0] != NULL) {
        return account->plain_headers[json];
    }
    if (account->vendor->protocol == BD_BY_SMTP) {
        check_sign_in(L, account);
        make_headers(account->plain_headers, NULL); // it signs in by itself
    } else if (auth->user != NULL) {
        add_basic(L, account, &line);
        sign_headers(account->plain_headers, &line);
    } else if (auth->key != NULL) {
        add_key(L, account, &line);
        sign_headers(account->plain_headers, &line);
    } else {
        make_headers(account->plain_headers, NULL);
    }
    return account->plain_headers[json];
}

// ------------------------------------------------------------------------------------------------
// Token

bool bd_account_token_fresh(lua_State *L, const struct bd_account *account)
{
    return account->signed_headers[0] != NULL &&
           bd_loop_now(&bd_runtime_of(L)->loop) < account->fresh_until;
}

// Refreshed a little before it ends, so that no request carries one that ends on the way.
static uint64_t usable_ms(int64_t lifetime_s)
{
    static const uint64_t MARGIN_MS = 60000;
    uint64_t lifetime = lifetime_s > 0 ? (uint64_t)lifetime_s * 1000 : 0;
    uint64_t margin = lifetime / 10 < MARGIN_MS ? lifetime / 10 : MARGIN_MS;
    return lifetime - margin;
}

void bd_account_set_token(lua_State *L, struct bd_account *account, int answer)
{
    const struct bd_auth *auth = &account->vendor->auth;
    int64_t lifetime = auth->default_lifetime;
    if (auth->lifetime != NULL && lua_getfield(L, answer, auth->lifetime) == LUA_TNUMBER) {
        lifetime = (int64_t)lua_tonumber(L, -1);
    }
    lua_getfield(L, answer, auth->token);
    size_t len = 0;
    const char *token = bd_secret_value(L, -1, &len);
    BD_CHECK(token != NULL); // the catalogue says that it is a secret and always there
    struct bd_buf line = {0};
    bd_buf_add_text(&line, auth->header);
    bd_buf_add(&line, token, len);
    sign_headers(account->signed_headers, &line);
    account->fresh_until = bd_loop_now(&bd_runtime_of(L)->loop) + usable_ms(lifetime);
    account->generation++;
    lua_settop(L, answer);
}

void bd_account_drop_token(struct bd_account *account, unsigned generation)
{
    if (account->generation == generation) {
        drop_headers(account->signed_headers);
    }
}

void bd_account_forget_sandbox_tokens(struct bd_runtime *rt)
{
    struct bd_account **list = bd_runtime_attached(rt, &ACCOUNTS_KEY);
    for (struct bd_account *each = list != NULL ? *list : NULL; each != NULL; each = each->next) {
        if (each->sandbox) {
            bd_account_drop_token(each, each->generation);
        }
    }
}
