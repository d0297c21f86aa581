// SPDX-License-Identifier: MIT
// One delivery by libcurl, on a worker's thread. What the server says is read from libcurl's own log of the session,
// since its result tells neither the reply's words nor to which command it came.
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "address.h"
#include "check.h"
#include "smtp_internal.h"

#define SET(worker, option, value) \
    BD_CHECK((worker)->smtp->api.easy_setopt((worker)->easy, (option), (value)) == CURLE_OK)

static const uint64_t FAREWELL_NS = UINT64_C(2000000000);

static bool is_given_up(struct bd_smtp_worker *worker)
{
    uv_mutex_lock(&worker->smtp->lock);
    bool given_up = (worker->job != NULL && worker->job->given_up) || worker->smtp->stopping;
    uv_mutex_unlock(&worker->smtp->lock);
    return given_up;
}

// ------------------------------------------------------------------------------------------------
// Sockets

static curl_socket_t open_socket(void *data, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct bd_smtp_worker *worker = data;
    struct bd_smtp_job *job = worker->job;
    (void)purpose;
    bool may = job->tls || job->plain_away || bd_address_is_this_machine(&address->addr);
    if (!may) {
        job->refused = true;
        return CURL_SOCKET_BAD;
    }
    curl_socket_t fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
    uv_mutex_lock(&worker->smtp->lock);
    worker->fd = fd;
    uv_mutex_unlock(&worker->smtp->lock);
    worker->signed_in = false;
    job->ended = false; // that was the farewell of the connection before
    job->mail->step = BD_MAIL_GREETING;
    return fd;
}

// Under the lock, so that nobody shuts down a descriptor that is somebody else's by then.
static int close_socket(void *data, curl_socket_t fd)
{
    struct bd_smtp_worker *worker = data;
    uv_mutex_lock(&worker->smtp->lock);
    if (worker->fd == fd) {
        worker->fd = CURL_SOCKET_BAD;
    }
    int result = close(fd);
    uv_mutex_unlock(&worker->smtp->lock);
    return result;
}

// ------------------------------------------------------------------------------------------------
// What goes out

static bool has_signed_in(const struct bd_smtp_worker *worker)
{
    return worker->job->mail->user == NULL || worker->signed_in;
}

// libcurl sends the message's end when this gives nothing more.
static size_t give_message(char *buffer, size_t size, size_t count, void *data)
{
    struct bd_smtp_worker *worker = data;
    struct bd_smtp_job *job = worker->job;
    size_t room = size * count;
    size_t left = job->message.len - job->sent;
    if (!has_signed_in(worker)) {
        job->fault =
            BD_FAULT_NO_SIGN_IN; // libcurl goes on without, where the server offers nothing
        return CURL_READFUNC_ABORT;
    }
    if (left > 0) {
        size_t len = left < room ? left : room;
        memcpy(buffer, job->message.data + job->sent, len);
        job->sent += len;
        return len;
    }
    uv_mutex_lock(&worker->smtp->lock);
    bool may = !job->given_up && !worker->smtp->stopping;
    job->complete = may;
    uv_mutex_unlock(&worker->smtp->lock);
    return may ? 0 : CURL_READFUNC_ABORT;
}

static int on_progress(void *data, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
    struct bd_smtp_worker *worker = data;
    const struct bd_smtp_job *job = worker->job;
    (void)a;
    (void)b;
    (void)c;
    (void)d;
    // What came is no reply, and libcurl would wait for one; or the farewell takes its time.
    bool over = job != NULL && (job->fault != BD_FAULT_NONE ||
                                (job->ended && uv_hrtime() - job->ended_at > FAREWELL_NS));
    return over || is_given_up(worker) ? 1 : 0;
}

static size_t drop_body(char *bytes, // NOLINT(readability-non-const-parameter)
                        size_t size, size_t count, void *data)
{
    (void)bytes;
    (void)data;
    return size * count;
}

static void note_command(struct bd_smtp_job *job, const char *line, size_t len)
{
    enum { GO_ON = 334 };
    static const struct {
        const char *word;
        enum bd_mail_step step;
    } COMMANDS[] = {{"EHLO", BD_MAIL_HELLO},        {"HELO", BD_MAIL_HELLO},
                    {"STARTTLS", BD_MAIL_STARTTLS}, {"AUTH", BD_MAIL_SIGN_IN},
                    {"MAIL", BD_MAIL_SENDER},       {"RCPT", BD_MAIL_RECIPIENT},
                    {"DATA", BD_MAIL_DATA}};
    if (len == 6 && memcmp(line, "QUIT\r\n", 6) == 0 && job->status != GO_ON) {
        job->ended = true;
        job->ended_at = uv_hrtime();
        return;
    }
    if (job->mail->step == BD_MAIL_SIGN_IN && (len < 5 || memcmp(line, "MAIL ", 5) != 0)) {
        return; // what a mechanism says may look like anything
    }
    for (size_t i = 0; i < BD_COUNT(COMMANDS); i++) {
        size_t word = strlen(COMMANDS[i].word);
        if (len >= word && memcmp(line, COMMANDS[i].word, word) == 0) {
            job->mail->step = COMMANDS[i].step;
        }
    }
    if (job->mail->step == BD_MAIL_RECIPIENT) {
        job->mail->recipient = job->asked++;
    }
}

// ------------------------------------------------------------------------------------------------
// What comes back

static int code_of(const char *line, size_t len)
{
    if (len < 3) {
        return 0;
    }
    int code = 0;
    for (size_t i = 0; i < 3; i++) {
        if (line[i] < '0' || line[i] > '9') {
            return 0;
        }
        code = code * 10 + (line[i] - '0');
    }
    return code >= 200 && code <= 599 ? code : 0;
}

// RFC 5321, "Reply Codes": lines of one reply have a hyphen behind the code, but for the last.
static void note_reply(struct bd_smtp_worker *worker, const char *line, size_t len)
{
    enum { LONGEST = 2000, SIGNED_IN = 235 };
    struct bd_smtp_job *job = worker->job;
    if (job->ended) {
        return;
    }
    if (job->complete) {
        job->mail->step = BD_MAIL_MESSAGE;
    }
    if (!job->reply_open) {
        job->words.len = 0;
    }
    int code = code_of(line, len);
    job->status = code;
    job->fault = code == 0 ? BD_FAULT_REPLY : job->fault;
    job->reply_open = len > 3 && line[3] == '-';
    job->replies += job->reply_open ? 0 : 1;
    worker->signed_in = worker->signed_in || code == SIGNED_IN;
    size_t begin = code != 0 && len > 3 ? 4 : 0;
    if (job->words.len > 0) {
        bd_buf_add_char(&job->words, ' ');
    }
    for (size_t i = begin; i < len && job->words.len < LONGEST; i++) {
        if ((unsigned char)line[i] >= 0x20 && line[i] != 0x7f) {
            bd_buf_add_char(&job->words, line[i]);
        }
    }
}

static int on_log(CURL *easy, curl_infotype type, char *data, size_t size, void *arg)
{
    struct bd_smtp_worker *worker = arg;
    (void)easy;
    if (worker->job == NULL) {
        return 0;
    }
    if (type == CURLINFO_HEADER_OUT) {
        note_command(worker->job, data, size);
    } else if (type == CURLINFO_HEADER_IN) {
        note_reply(worker, data, size);
    }
    return 0;
}

// ------------------------------------------------------------------------------------------------
// What a result means

static enum bd_fault timeout_fault(const struct bd_smtp_job *job)
{
    if (strstr(job->error, "too slow") != NULL || strstr(job->error, "response timeout") != NULL ||
        strstr(job->error, "response reading") != NULL) {
        return BD_FAULT_IDLE_TIMEOUT;
    }
    return job->asked == 0 ? BD_FAULT_CONNECT_TIMEOUT : BD_FAULT_TIMEOUT;
}

static enum bd_fault fault_of(const struct bd_smtp_job *job, CURLcode code)
{
    switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
        return BD_FAULT_RESOLVE;
    case CURLE_COULDNT_CONNECT:
        return job->refused ? BD_FAULT_PLAIN_MAIL : BD_FAULT_CONNECT;
    case CURLE_OPERATION_TIMEDOUT:
        return timeout_fault(job);
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_USE_SSL_FAILED:
        return BD_FAULT_TLS;
    case CURLE_LOGIN_DENIED:
        return BD_FAULT_NO_SIGN_IN;
    case CURLE_WEIRD_SERVER_REPLY:
        return job->status == 0 || job->replies == 0 ? BD_FAULT_REPLY : BD_FAULT_RESET;
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:
    case CURLE_ABORTED_BY_CALLBACK:
        return job->replies == 0 ? BD_FAULT_EMPTY : BD_FAULT_RESET;
    default:
        return BD_FAULT_LOCAL;
    }
}

static void finish(struct bd_smtp_worker *worker, struct bd_smtp_job *job, CURLcode code)
{
    if (job->fault != BD_FAULT_NONE) {
        return; // the callback that gave up knew better
    }
    if (code == CURLE_OK) {
        job->fault = job->complete && job->status == 250 ? BD_FAULT_NONE : BD_FAULT_REPLY;
        return;
    }
    // A refusal in TLS's place is no answer to the mail; elsewhere the server has spoken.
    bool spoke = job->status >= 400 && !job->reply_open && job->mail->step != BD_MAIL_STARTTLS &&
                 code != CURLE_OPERATION_TIMEDOUT && code != CURLE_USE_SSL_FAILED;
    if (spoke) {
        return;
    }
    const struct bd_curl_api *api = &worker->smtp->api;
    const char *text = job->error[0] != '\0' ? job->error : api->easy_strerror(code);
    long number = 0;
    (void)api->easy_getinfo(worker->easy, CURLINFO_OS_ERRNO, &number);
    if (number != 0 && code == CURLE_COULDNT_CONNECT && !job->refused) {
        text = strerrordesc_np((int)number); // strerror is not for threads
        text = text != NULL ? text : api->easy_strerror(code);
    }
    job->fault = fault_of(job, code);
    job->status = 0;
    (void)snprintf(job->detail, sizeof job->detail, "%.280s (libcurl %d)", text, (int)code);
}

// ------------------------------------------------------------------------------------------------
// One delivery

static bool is_same(const char *one, const char *other)
{
    return one == other || (one != NULL && other != NULL && strcmp(one, other) == 0);
}

static void keep_copy(char **place, const char *text)
{
    if (*place != NULL) {
        explicit_bzero(*place, strlen(*place));
        free(*place);
    }
    *place = text != NULL ? bd_strdup(text) : NULL;
}

// Notes what the connection is for; false when the one that is kept was for something else.
static bool fits_connection(struct bd_smtp_worker *worker, struct bd_smtp_job *job)
{
    const char *url = bd_buf_text(&job->url);
    bool fits = is_same(worker->url, url) && is_same(worker->ca_file, job->ca_file) &&
                is_same(worker->user, job->mail->user) &&
                is_same(worker->password, job->mail->password) && worker->tls == job->tls;
    keep_copy(&worker->url, url);
    keep_copy(&worker->ca_file, job->ca_file);
    keep_copy(&worker->user, job->mail->user);
    keep_copy(&worker->password, job->mail->password);
    worker->tls = job->tls;
    return fits;
}

static void open_easy(struct bd_smtp_worker *worker)
{
    worker->easy = worker->smtp->api.easy_init();
    BD_CHECK(worker->easy != NULL);
    SET(worker, CURLOPT_NOSIGNAL, 1L);
    SET(worker, CURLOPT_QUICK_EXIT, 1L);
    SET(worker, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    SET(worker, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
    SET(worker, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    SET(worker, CURLOPT_SSL_VERIFYPEER, 1L);
    SET(worker, CURLOPT_SSL_VERIFYHOST, 2L);
    SET(worker, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    // Those that a name and a password are for, and no others: each sends the password once, under TLS.
    SET(worker, CURLOPT_LOGIN_OPTIONS, "AUTH=PLAIN;AUTH=LOGIN");
    SET(worker, CURLOPT_UPLOAD, 1L);
    SET(worker, CURLOPT_READFUNCTION, give_message);
    SET(worker, CURLOPT_READDATA, worker);
    SET(worker, CURLOPT_WRITEFUNCTION, drop_body);
    SET(worker, CURLOPT_VERBOSE, 1L);
    SET(worker, CURLOPT_DEBUGFUNCTION, on_log);
    SET(worker, CURLOPT_DEBUGDATA, worker);
    SET(worker, CURLOPT_NOPROGRESS, 0L);
    SET(worker, CURLOPT_XFERINFOFUNCTION, on_progress);
    SET(worker, CURLOPT_XFERINFODATA, worker);
    SET(worker, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    SET(worker, CURLOPT_OPENSOCKETDATA, worker);
    SET(worker, CURLOPT_CLOSESOCKETFUNCTION, close_socket);
    SET(worker, CURLOPT_CLOSESOCKETDATA, worker);
    SET(worker, CURLOPT_LOW_SPEED_LIMIT, 1L);
    SET(worker, CURLOPT_MAXCONNECTS, 1L);
    SET(worker, CURLOPT_MAXAGE_CONN, 60L);
    if (!worker->smtp->obey_proxy) {
        SET(worker, CURLOPT_PROXY, "");
    }
}

static long in_range(uint64_t value, long most)
{
    return value == 0 ? 1 : value < (uint64_t)most ? (long)value : most;
}

static void prepare(struct bd_smtp_worker *worker, struct bd_smtp_job *job)
{
    long idle = in_range((job->idle_ms + 999) / 1000, USHRT_MAX);
    bool fits = fits_connection(worker, job);
    const char *ca_file = job->ca_file != NULL ? job->ca_file : worker->smtp->system_ca_file;
    SET(worker, CURLOPT_FRESH_CONNECT, fits ? 0L : 1L);
    SET(worker, CURLOPT_ERRORBUFFER, job->error);
    SET(worker, CURLOPT_URL, bd_buf_text(&job->url));
    SET(worker, CURLOPT_USE_SSL, (long)(job->tls ? CURLUSESSL_ALL : CURLUSESSL_NONE));
    SET(worker, CURLOPT_USERNAME, job->mail->user);
    SET(worker, CURLOPT_PASSWORD, job->mail->password);
    SET(worker, CURLOPT_MAIL_FROM, job->mail->from);
    SET(worker, CURLOPT_CONNECTTIMEOUT_MS, in_range(job->connect_ms, INT_MAX));
    SET(worker, CURLOPT_SERVER_RESPONSE_TIMEOUT, idle);
    SET(worker, CURLOPT_LOW_SPEED_TIME, idle);
    SET(worker, CURLOPT_TIMEOUT_MS, in_range(job->time_limit, INT_MAX));
    if (ca_file != NULL) {
        SET(worker, CURLOPT_CAPATH, NULL);
        SET(worker, CURLOPT_CAINFO, ca_file);
    }
}

void bd_smtp_session_run(struct bd_smtp_worker *worker, struct bd_smtp_job *job)
{
    const struct bd_curl_api *api = &worker->smtp->api;
    if (worker->easy == NULL) {
        open_easy(worker);
    }
    worker->job = job;
    prepare(worker, job);
    struct curl_slist *recipients = NULL;
    for (size_t i = 0; i < job->mail->count; i++) {
        recipients = api->slist_append(recipients, job->mail->to[i]);
        BD_CHECK(recipients != NULL);
    }
    SET(worker, CURLOPT_MAIL_RCPT, recipients);
    CURLcode code = api->easy_perform(worker->easy);
    finish(worker, job, code);
    SET(worker, CURLOPT_MAIL_RCPT, NULL);
    SET(worker, CURLOPT_ERRORBUFFER, NULL);
    api->slist_free_all(recipients);
    worker->job = NULL;
}

void bd_smtp_session_close(struct bd_smtp_worker *worker)
{
    if (worker->easy != NULL) {
        worker->smtp->api.easy_cleanup(worker->easy);
    }
    keep_copy(&worker->url, NULL);
    keep_copy(&worker->ca_file, NULL);
    keep_copy(&worker->user, NULL);
    keep_copy(&worker->password, NULL);
}
