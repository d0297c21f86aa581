// SPDX-License-Identifier: MIT
// Shared by transport_smtp.c, which lives on the loop, and smtp_session.c, which runs on a worker's thread.
#ifndef BD_SMTP_INTERNAL_H
#define BD_SMTP_INTERNAL_H

#include <stdbool.h>
#include <uv.h>

#include "curl_api.h"
#include "exchange.h"
#include "mail.h"

enum { BD_SMTP_WORKERS = 16 };

// One mail under way. Its worker fills in the answer; the loop takes it over once it is in the list of those that
// are done. `given_up` and `complete` are guarded by the lock: whoever sets one first has decided whether the
// message's end may leave.
struct bd_smtp_job {
    struct bd_smtp_job *next;
    struct bd_exchange *exchange; // for the loop only; NULL once given up
    struct bd_smtp_worker *worker;
    struct bd_mail *mail; // a copy
    struct bd_buf url;
    struct bd_buf message;
    char *ca_file;
    uint64_t connect_ms, idle_ms, time_limit;
    bool tls;        // demanded
    bool plain_away; // without TLS also to other machines
    bool given_up;
    bool complete; // the end of the message may have left
    // The answer.
    enum bd_fault fault;
    int status;
    struct bd_buf words;
    char detail[320];
    // The session.
    size_t sent;    // bytes of the message
    size_t replies; // whole ones
    size_t asked;   // recipients
    bool reply_open;
    bool ended;        // QUIT was sent: what comes is no answer to the mail
    uint64_t ended_at; // ns
    bool refused;      // an address was not connected to: another machine, without TLS
    char error[CURL_ERROR_SIZE];
};

struct bd_smtp_worker {
    struct bd_smtp *smtp;
    uv_thread_t thread;
    CURL *easy;
    curl_socket_t fd; // guarded by the lock; CURL_SOCKET_BAD: none
    struct bd_smtp_job *job;
    bool signed_in; // on the connection that is kept
    // What the kept connection was made for.
    char *url, *ca_file, *user, *password;
    bool tls;
};

struct bd_smtp {
    struct bd_transport transport; // first
    struct bd_runtime *rt;
    struct bd_curl_api api;
    char *system_ca_file;
    bool obey_proxy;
    uv_mutex_t lock;
    uv_cond_t work, over;
    uv_async_t wake;
    // Guarded by the lock.
    struct bd_smtp_job *first, *last; // that no worker has begun
    struct bd_smtp_job *done;
    unsigned idle;  // workers that wait
    unsigned alive; // workers whose thread has not ended
    bool stopping;
    // The loop's.
    struct bd_smtp_worker *workers[BD_SMTP_WORKERS];
    unsigned worker_count;
};

// smtp_session.c: makes the job's delivery, on the worker's thread.
void bd_smtp_session_run(struct bd_smtp_worker *worker, struct bd_smtp_job *job);
// Says farewell and closes.
void bd_smtp_session_close(struct bd_smtp_worker *worker);

#endif
