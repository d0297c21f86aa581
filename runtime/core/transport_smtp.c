// SPDX-License-Identifier: MIT
#include "transport_smtp.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "address.h"
#include "check.h"
#include "runtime.h"
#include "smtp_internal.h"
#include "url.h"

static const uint64_t FAREWELL_MS = 2000; // for QUIT and its reply, when the run ends

// ------------------------------------------------------------------------------------------------
// Jobs

static struct bd_mail *copy_mail(const struct bd_mail *mail)
{
    struct bd_mail *copy = bd_mail_new();
    copy->from = bd_strdup(mail->from);
    copy->user = mail->user != NULL ? bd_strdup(mail->user) : NULL;
    copy->password = mail->password != NULL ? bd_strdup(mail->password) : NULL;
    for (size_t i = 0; i < mail->count; i++) {
        bd_mail_add_recipient(copy, mail->to[i], strlen(mail->to[i]));
    }
    return copy;
}

// Without TLS only when asked for, or when the address names this machine and nobody asks for TLS.
static bool demands_tls(const struct bd_http_options *options, const struct bd_url *url)
{
    bool plain =
        options->plain_http || (!options->demand_tls && bd_address_url_is_this_machine(url));
    return url->tls || !plain;
}

static struct bd_smtp_job *make_job(struct bd_exchange *exchange)
{
    const struct bd_http_options *options = exchange->options;
    struct bd_smtp_job *job = bd_alloc(sizeof *job);
    struct bd_url url;
    BD_CHECK(bd_url_parse_mail(&url, exchange->url.data, exchange->url.len) == NULL);
    job->exchange = exchange;
    job->mail = copy_mail(exchange->mail);
    bd_buf_addf(&job->url, "%s://%.*s:%u", url.scheme, (int)url.host_len, url.host, url.port);
    bd_buf_add(&job->message, exchange->body.data, exchange->body.len);
    job->ca_file = options->ca_file != NULL ? bd_strdup(options->ca_file) : NULL;
    job->connect_ms = options->connect_ms;
    job->idle_ms = options->idle_ms;
    job->time_limit = exchange->time_limit;
    job->tls = demands_tls(options, &url);
    job->plain_away = options->plain_http;
    return job;
}

static void free_job(struct bd_smtp_job *job)
{
    bd_mail_free(job->mail);
    bd_buf_free(&job->url);
    bd_buf_free(&job->message);
    bd_buf_free(&job->words);
    free(job->ca_file);
    free(job);
}

// ------------------------------------------------------------------------------------------------
// Threads

static struct bd_smtp_job *next_job(struct bd_smtp *smtp)
{
    smtp->idle++;
    while (smtp->first == NULL && !smtp->stopping) {
        uv_cond_wait(&smtp->work, &smtp->lock);
    }
    smtp->idle--;
    struct bd_smtp_job *job = smtp->first;
    if (job != NULL) {
        smtp->first = job->next;
        smtp->last = smtp->first != NULL ? smtp->last : NULL;
    }
    return job;
}

static void work(void *arg)
{
    struct bd_smtp_worker *worker = arg;
    struct bd_smtp *smtp = worker->smtp;
    uv_mutex_lock(&smtp->lock);
    for (struct bd_smtp_job *job; (job = next_job(smtp)) != NULL;) {
        job->worker = worker;
        uv_mutex_unlock(&smtp->lock);
        bd_smtp_session_run(worker, job);
        uv_mutex_lock(&smtp->lock);
        job->worker = NULL;
        job->next = smtp->done;
        smtp->done = job;
        (void)uv_async_send(&smtp->wake);
    }
    uv_mutex_unlock(&smtp->lock);
    bd_smtp_session_close(worker);
    uv_mutex_lock(&smtp->lock);
    smtp->alive--;
    uv_cond_signal(&smtp->over);
    uv_mutex_unlock(&smtp->lock);
}

static void add_worker(struct bd_smtp *smtp)
{
    struct bd_smtp_worker *worker = bd_alloc(sizeof *worker);
    worker->smtp = smtp;
    worker->fd = CURL_SOCKET_BAD;
    // Signals are the loop's affair.
    sigset_t all;
    sigset_t before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_BLOCK, &all, &before);
    smtp->alive++;
    BD_CHECK(uv_thread_create(&worker->thread, work, worker) == 0);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    smtp->workers[smtp->worker_count++] = worker;
}

// ------------------------------------------------------------------------------------------------
// The transport

static void send_exchange(struct bd_transport *transport, struct bd_exchange *exchange)
{
    struct bd_smtp *smtp = (struct bd_smtp *)transport;
    struct bd_smtp_job *job = make_job(exchange);
    exchange->carrier = job;
    bd_loop_io_begin(&smtp->rt->loop);
    uv_mutex_lock(&smtp->lock);
    *(smtp->last != NULL ? &smtp->last->next : &smtp->first) = job;
    smtp->last = job;
    unsigned waiting = 0;
    for (const struct bd_smtp_job *j = smtp->first; j != NULL; j = j->next) {
        waiting++;
    }
    if (waiting > smtp->idle && smtp->worker_count < BD_SMTP_WORKERS) {
        add_worker(smtp);
    }
    uv_cond_signal(&smtp->work);
    uv_mutex_unlock(&smtp->lock);
}

static void take_answer(struct bd_exchange *exchange, struct bd_smtp_job *job)
{
    exchange->fault = job->fault;
    exchange->status = job->status;
    exchange->sent = job->complete;
    exchange->mail->step = job->complete ? BD_MAIL_MESSAGE : job->mail->step;
    exchange->mail->recipient = job->mail->recipient;
    memcpy(exchange->detail, job->detail, sizeof exchange->detail);
    bd_buf_add(&exchange->answer, job->words.data, job->words.len);
}

static void on_wake(uv_async_t *wake)
{
    struct bd_smtp *smtp = wake->data;
    uv_mutex_lock(&smtp->lock);
    struct bd_smtp_job *done = smtp->done;
    smtp->done = NULL;
    uv_mutex_unlock(&smtp->lock);
    while (done != NULL) {
        struct bd_smtp_job *job = done;
        struct bd_exchange *exchange = job->exchange;
        done = job->next;
        if (exchange != NULL) {
            take_answer(exchange, job);
            exchange->carrier = NULL;
            bd_loop_io_end(&smtp->rt->loop);
        }
        free_job(job);
        if (exchange != NULL) {
            exchange->done(exchange);
        }
    }
}

// True when the job was waiting for a worker, and waits no more.
static bool unqueue(struct bd_smtp *smtp, struct bd_smtp_job *job)
{
    struct bd_smtp_job *before = NULL;
    struct bd_smtp_job *each = smtp->first;
    for (; each != NULL && each != job; each = each->next) {
        before = each;
    }
    if (each == NULL) {
        return false;
    }
    *(before != NULL ? &before->next : &smtp->first) = job->next;
    smtp->last = smtp->last == job ? before : smtp->last;
    return true;
}

static void cancel_exchange(struct bd_transport *transport, struct bd_exchange *exchange)
{
    struct bd_smtp *smtp = (struct bd_smtp *)transport;
    struct bd_smtp_job *job = exchange->carrier;
    BD_CHECK(job != NULL);
    uv_mutex_lock(&smtp->lock);
    bool waits = unqueue(smtp, job);
    exchange->sent = job->complete;
    job->given_up = true;
    job->exchange = NULL;
    if (job->worker != NULL && job->worker->fd != CURL_SOCKET_BAD) {
        (void)shutdown(job->worker->fd, SHUT_RDWR); // whoever waits for a reply is woken
    }
    uv_mutex_unlock(&smtp->lock);
    if (waits) {
        free_job(job);
    }
    exchange->carrier = NULL;
    bd_loop_io_end(&smtp->rt->loop);
}

// ------------------------------------------------------------------------------------------------
// Opening and closing

// Connections that were kept get a moment to say farewell.
static void end_workers(struct bd_smtp *smtp)
{
    uint64_t end = uv_hrtime() + FAREWELL_MS * 1000000;
    uv_mutex_lock(&smtp->lock);
    smtp->stopping = true;
    uv_cond_broadcast(&smtp->work);
    for (uint64_t now; smtp->alive > 0 && (now = uv_hrtime()) < end;) {
        (void)uv_cond_timedwait(&smtp->over, &smtp->lock, end - now);
    }
    for (unsigned i = 0; i < smtp->worker_count; i++) {
        if (smtp->workers[i]->fd != CURL_SOCKET_BAD) {
            (void)shutdown(smtp->workers[i]->fd, SHUT_RDWR);
        }
    }
    uv_mutex_unlock(&smtp->lock);
    for (unsigned i = 0; i < smtp->worker_count; i++) {
        BD_CHECK(uv_thread_join(&smtp->workers[i]->thread) == 0);
        free(smtp->workers[i]);
    }
}

static void on_closed(uv_handle_t *handle)
{
    struct bd_smtp *smtp = handle->data;
    uv_cond_destroy(&smtp->work);
    uv_cond_destroy(&smtp->over);
    uv_mutex_destroy(&smtp->lock);
    free(smtp->system_ca_file);
    free(smtp);
}

// Every task is gone, and with it every exchange.
static void detach(void *value)
{
    struct bd_smtp *smtp = value;
    end_workers(smtp);
    while (smtp->done != NULL) {
        struct bd_smtp_job *job = smtp->done;
        smtp->done = job->next;
        free_job(job);
    }
    smtp->api.global_cleanup();
    uv_close((uv_handle_t *)&smtp->wake, on_closed);
}

struct bd_transport *bd_transport_smtp_open(struct bd_runtime *rt, char *wrong, size_t wrong_size)
{
    static const char KEY;
    struct bd_smtp *smtp = bd_alloc(sizeof *smtp);
    smtp->rt = rt;
    if (!bd_curl_api_load(&smtp->api, wrong, wrong_size)) {
        free(smtp);
        return NULL;
    }
    if (!(rt->options.permissions & BD_ALLOW_KEYLOG)) {
        (void)unsetenv("SSLKEYLOGFILE");
    }
    smtp->obey_proxy = (rt->options.permissions & BD_ALLOW_PROXY) != 0;
    BD_CHECK(smtp->api.global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK);
    const curl_version_info_data *info = smtp->api.version_info(CURLVERSION_NOW);
    smtp->system_ca_file = info->cainfo != NULL ? bd_strdup(info->cainfo) : NULL;
    BD_CHECK(uv_mutex_init(&smtp->lock) == 0);
    BD_CHECK(uv_cond_init(&smtp->work) == 0 && uv_cond_init(&smtp->over) == 0);
    BD_CHECK(uv_async_init(&rt->loop.uv, &smtp->wake, on_wake) == 0);
    smtp->wake.data = smtp;
    uv_unref((uv_handle_t *)&smtp->wake);
    smtp->transport.send = send_exchange;
    smtp->transport.cancel = cancel_exchange;
    bd_runtime_attach(rt, &KEY, smtp, detach);
    return &smtp->transport;
}
