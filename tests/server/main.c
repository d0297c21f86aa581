// SPDX-License-Identifier: MIT
// testserver: a loopback HTTP server that can delay, cut, reset, drip and lie, for the transport
// tests, and answer fast, for the benchmarks. Prints "port NNNNN" once it listens. `--help` shows
// the options, `--list` the paths.

#include "routes.h"
#include "server.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "usage: testserver [OPTION]...\n"
    "  --list                what can be requested\n"
    "  --tls CERT KEY        TLS with these PEM files\n"
    "  --tls-min VERSION     1.0, 1.1, 1.2 or 1.3\n"
    "  --tls-max VERSION     the same\n"
    "  --h2                  offer HTTP/2 by ALPN; its first request is answered by GOAWAY\n"
    "  --h2-reset CODE       offer HTTP/2; every request is answered by RST_STREAM with that code\n"
    "  --smtp RULES          speak SMTP instead, and go wrong as they say (see smtp.h); \"none\"\n"
    "  --smtp-log FILE       append there what clients of SMTP send\n"
    "  --silent              accept connections and never read from them\n"
    "  --full                accept no connection, and have no room for one that waits\n"
    "  --tiny-io N           read and write N bytes at a time, one write a loop turn\n"
    "  --record              record plain /json requests too, which are else only counted\n"
    "  --until-eof           exit when standard input, a pipe, ends\n"
    "  --lifetime SECONDS    exit after that long in any case (600)\n"
    "  --workers 1           event loops; there is one\n";

enum outcome { GO_ON, DONE, WRONG };

static bool read_number(const char *text, uint64_t max, uint64_t *out)
{
    return ts_number_parse((struct ts_slice){text, strlen(text)}, max, out) && *out > 0;
}

// The options without a value; the rest is for read_value.
static bool *flag_of(struct ts_options *options, int letter)
{
    switch (letter) {
    case '2':
        return &options->h2;
    case 's':
        return &options->silent;
    case 'f':
        return &options->full;
    case 'r':
        return &options->record;
    case 'e':
        return &options->until_eof;
    default:
        return NULL;
    }
}

// False: the value is wrong, or the letter unknown.
static bool read_value(struct ts_options *options, int letter, char **argv)
{
    uint64_t number = 0;
    switch (letter) {
    case 't':
        options->cert = optarg;
        options->key = argv[optind]; // argv ends with NULL
        optind += options->key != NULL;
        return options->key != NULL;
    case 'm':
        options->tls_min = ts_tls_version(optarg);
        return options->tls_min > 0;
    case 'M':
        options->tls_max = ts_tls_version(optarg);
        return options->tls_max > 0;
    case 'i':
        options->tiny = read_number(optarg, TS_READ_SIZE, &number) ? (size_t)number : 0;
        return options->tiny > 0;
    case 'R':
        options->h2 = options->h2_reset = read_number(optarg, UINT8_MAX, &number);
        options->h2_code = (unsigned char)number;
        return options->h2;
    case 'L':
        options->lifetime_ms = read_number(optarg, 1000000, &number) ? number * 1000 : 0;
        return options->lifetime_ms > 0;
    case 'S':
        options->smtp = optarg;
        return true;
    case 'O':
        options->smtp_log = optarg;
        return true;
    case 'w':
        return strcmp(optarg, "1") == 0;
    default:
        return false;
    }
}

static enum outcome print(struct ts_buffer text)
{
    (void)fwrite(text.data, 1, text.len, stdout);
    ts_buffer_free(&text);
    return DONE;
}

static enum outcome read_option(struct ts_options *options, int letter, char **argv)
{
    struct ts_buffer text = {0};
    if (letter == 'h') {
        ts_buffer_text(&text, usage);
        return print(text);
    }
    if (letter == 'l') {
        ts_route_list(&text);
        return print(text);
    }
    bool *flag = flag_of(options, letter);
    if (flag != NULL) {
        *flag = true;
        return GO_ON;
    }
    return read_value(options, letter, argv) ? GO_ON : WRONG;
}

static enum outcome read_options(struct ts_options *options, int argc, char **argv)
{
    static const struct option known[] = {
        {"list", no_argument, NULL, 'l'},
        {"help", no_argument, NULL, 'h'},
        {"tls", required_argument, NULL, 't'},
        {"tls-min", required_argument, NULL, 'm'},
        {"tls-max", required_argument, NULL, 'M'},
        {"tiny-io", required_argument, NULL, 'i'},
        {"lifetime", required_argument, NULL, 'L'},
        {"workers", required_argument, NULL, 'w'},
        {"h2", no_argument, NULL, '2'},
        {"h2-reset", required_argument, NULL, 'R'},
        {"smtp", required_argument, NULL, 'S'},
        {"smtp-log", required_argument, NULL, 'O'},
        {"silent", no_argument, NULL, 's'},
        {"full", no_argument, NULL, 'f'},
        {"record", no_argument, NULL, 'r'},
        {"until-eof", no_argument, NULL, 'e'},
        {0},
    };
    for (;;) {
        // The plus sign keeps getopt from moving the second argument of --tls.
        const int letter = getopt_long(argc, argv, "+", known, NULL);
        if (letter == -1) {
            return optind == argc ? GO_ON : WRONG;
        }
        const enum outcome outcome = read_option(options, letter, argv);
        if (outcome != GO_ON) {
            return outcome;
        }
    }
}

int main(int argc, char **argv)
{
    struct ts_server *server = calloc(1, sizeof *server);
    CHECK(server != NULL);
    server->options.lifetime_ms = 600 * 1000;
    int status = EXIT_SUCCESS;
    switch (read_options(&server->options, argc, argv)) {
    case GO_ON:
        status = ts_server_run(server);
        break;
    case DONE:
        break;
    case WRONG:
        fputs(usage, stderr);
        status = 2;
        break;
    }
    free(server);
    return status;
}
