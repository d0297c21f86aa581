// SPDX-License-Identifier: MIT
// TLS over two memory BIOs: received bytes go in at one end, encrypted ones are collected from the
// other. The BIOs belong to the SSL object, which belongs to the connection.

#include "server.h"
#include "smtp.h"

#include <openssl/err.h>
#include <stdio.h>
#include <string.h>

int ts_tls_version(const char *text)
{
    static const struct {
        const char *text;
        int number;
    } versions[] = {
        {"1.0", TLS1_VERSION},
        {"1.1", TLS1_1_VERSION},
        {"1.2", TLS1_2_VERSION},
        {"1.3", TLS1_3_VERSION},
    };
    for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++) {
        if (strcmp(versions[i].text, text) == 0) {
            return versions[i].number;
        }
    }
    return -1;
}

static int choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *out_len,
                           const unsigned char *offered, unsigned offered_len, void *arg)
{
    static const unsigned char ours[] = "\x02h2\x08http/1.1";
    (void)ssl;
    (void)arg;
    unsigned char *chosen = NULL;
    const int found =
        SSL_select_next_proto(&chosen, out_len, ours, sizeof ours - 1, offered, offered_len);
    *out = chosen;
    return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
}

static bool set_up(SSL_CTX *ctx, const struct ts_options *options)
{
    // Level 0: old protocols, weak keys and expired certificates are what the client is tested with.
    SSL_CTX_set_security_level(ctx, 0);
    SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
    if (options->h2) {
        SSL_CTX_set_alpn_select_cb(ctx, choose_protocol, NULL);
    }
    return SSL_CTX_set_cipher_list(ctx, "DEFAULT:@SECLEVEL=0") == 1 &&
           SSL_CTX_set_min_proto_version(ctx, options->tls_min) == 1 &&
           SSL_CTX_set_max_proto_version(ctx, options->tls_max) == 1 &&
           SSL_CTX_use_certificate_chain_file(ctx, options->cert) == 1 &&
           SSL_CTX_use_PrivateKey_file(ctx, options->key, SSL_FILETYPE_PEM) == 1;
}

SSL_CTX *ts_tls_context(const struct ts_options *options)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    CHECK(ctx != NULL);
    if (!set_up(ctx, options)) {
        ERR_print_errors_fp(stderr);
        SSL_CTX_free(ctx);
        return NULL;
    }
    return ctx;
}

void ts_tls_start(struct ts_conn *conn)
{
    conn->ssl = SSL_new(conn->server->tls);
    BIO *in = BIO_new(BIO_s_mem());
    BIO *out = BIO_new(BIO_s_mem());
    CHECK(conn->ssl != NULL && in != NULL && out != NULL);
    BIO_set_mem_eof_return(in, -1);
    SSL_set_bio(conn->ssl, in, out);
    SSL_set_accept_state(conn->ssl);
}

static void on_input_end(struct ts_conn *conn, int result)
{
    const int error = SSL_get_error(conn->ssl, result);
    ts_out_flush_wire(conn);
    if (error == SSL_ERROR_WANT_READ && conn->server->options.smtp != NULL && !conn->greeted &&
        SSL_is_init_finished(conn->ssl)) {
        ts_smtp_greet(conn);
    }
    if (error == SSL_ERROR_WANT_READ || conn->closing) {
        return;
    }
    if (error != SSL_ERROR_ZERO_RETURN && !SSL_is_init_finished(conn->ssl)) {
        conn->server->log.tls_failures++;
    }
    ts_conn_left(conn);
}

void ts_tls_input(struct ts_conn *conn, const char *bytes, size_t len)
{
    char *plain = conn->server->plain;
    CHECK(BIO_write(SSL_get_rbio(conn->ssl), bytes, (int)len) == (int)len);
    for (;;) {
        ERR_clear_error();
        const int got = SSL_read(conn->ssl, plain, sizeof conn->server->plain);
        if (got <= 0) {
            on_input_end(conn, got);
            return;
        }
        ts_conn_feed(conn, plain, (size_t)got);
        if (conn->closing) {
            return;
        }
    }
}

bool ts_tls_encrypt(struct ts_conn *conn, const char *bytes, size_t len)
{
    ERR_clear_error();
    return SSL_write(conn->ssl, bytes, (int)len) == (int)len;
}

void ts_tls_notify(struct ts_conn *conn)
{
    ERR_clear_error();
    (void)SSL_shutdown(conn->ssl);
}

// OpenSSL has no call for sending a fatal alert of one's choice, but sends one by itself on
// receiving a record that does not decrypt: so it is shown one.
void ts_tls_alert(struct ts_conn *conn)
{
    if (conn->ssl == NULL) {
        return;
    }
    static const char forged[] = "\x17\x03\x03\x00\x20"
                                 "a record that was never encrypted";
    char byte = 0;
    ERR_clear_error();
    (void)BIO_write(SSL_get_rbio(conn->ssl), forged, 5 + 32);
    (void)SSL_read(conn->ssl, &byte, 1);
}

void ts_tls_collect(struct ts_conn *conn)
{
    BIO *out = SSL_get_wbio(conn->ssl);
    char *bytes = NULL;
    const long len = BIO_get_mem_data(out, &bytes);
    if (len > 0) {
        ts_buffer_add(&conn->wire, bytes, (size_t)len);
        (void)BIO_reset(out);
    }
}
